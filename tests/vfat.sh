#!/usr/bin/env bash
# vfat.sh - volumes of FAT12, FAT16 and FAT32 that mkfs.vfat makes and mtools fills read back as the tree
# that went in: long names, other alphabets, entries that are gone, files in pieces. Prints TAP.
. tests/support/trees.sh
have mkfs.vfat
have mcopy
export MTOOLS_SKIP_CHECK=1 LC_ALL=C.UTF-8 # mtools writes 16 bits of a character

mkdir -p tree/EFI/Linux tree/loader/entries tree/many
python3 - <<'PY'
for i in range(300):
    open(f'tree/many/a name that is long enough {i:03}.conf', 'w').write(f'{i}\n' * (i % 7))
for n in (0, 1, 511, 512, 513, 4096, 70000, 300001):
    open(f'tree/EFI/Linux/{n}.efi', 'w').write(''.join(f'{i:015}\n' for i in range(n // 16 + 1))[:n])
PY
echo options root=LABEL=x >tree/loader/entries/node.conf
for name in lower.txt UPPER.TXT Mixed.Txt lower.EXT 'two words' noext .hidden a.b.c.d 'Größe.text' '日本語' "$(printf 'n%.0s' {1..255})"; do
	echo "$name" >"tree/$name"
done
python3 "$top/tests/stress_tree.py" manifest tree | sed -E 's/ (regular|directory) [0-7]+ [0-9]+ [0-9]+/ \1 0755 0 0/' >tree.manifest

volume() { # volume NAME SIZE OPTION...
	rm -f image && truncate -s "$2" image && mkfs.vfat -i 1234abcd -n 'A LABEL' "${@:3}" image >said 2>&1
	for i in 1 2 3 4 5 6 7 8; do head -c 9000 /dev/zero | mcopy -i image - "::gone$i"; done
	mdel -i image ::gone1 ::gone3 ::gone5 ::gone7
	mcopy -s -Q -i image tree/* tree/.hidden :: >said 2>&1 || sed 's/^/# /' said
	mdel -i image ::gone2 ::gone4 ::gone6 ::gone8
	same_tree image "$1"
	grep -qx 'vfat label=A LABEL uuid=1234-ABCD' said
	result $? "$1: label and serial number"
}
volume 'FAT12' 8M -F 12 -s 8
volume 'FAT16' 32M -F 16
volume 'FAT16, sectors of 4096' 64M -F 16 -S 4096 -s 1
volume 'FAT32' 64M -F 32 -s 1

head -c 1M image >short
refused short 'a truncated volume is refused' 'ends at byte'
python3 - image <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(f.read().index(b".          \x10"))  # the first entry of some directory but the root
    f.write(b"\0")
PY
refused image 'a directory without its first entries is refused' 'a directory has lost its entries'
rm -rf tree/many tree/EFI/Linux/[37]*
for small in '12 8M 4' '16 16M 1' '32 64M 1'; do
	read -r bits size cluster <<<"$small"
	rm -f "small.$bits" && truncate -s "$size" "small.$bits" && mkfs.vfat -F "$bits" -s "$cluster" "small.$bits" >said 2>&1 &&
		mcopy -s -Q -i "small.$bits" tree/* :: >said 2>&1 || result 1 "an image for mutations, FAT$bits"
done
mutations 60 small.*
plan
