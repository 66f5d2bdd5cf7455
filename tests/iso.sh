#!/usr/bin/env bash
# iso.sh - CD images that xorriso makes read back as the tree they were made of: by Rock Ridge whole, by
# Joliet and by plain names as far as those go; a squashfs in an image is read in place. Prints TAP.
. tests/support/trees.sh
have xorriso
stress_tree || exit 1

iso() { # iso FILE OPTION...
	xorriso -as mkisofs -quiet -o "$@" >said 2>&1 || sed 's/^/# /' said
}
iso image -R -V 'A LABEL' tree
same_tree image 'Rock Ridge'
grep -q '^iso9660 label=A LABEL uuid=....-..-..-..-..-..-..$' said
result $? 'label and date'
[ "$(sed -n 's/.*uuid=//p' said)" = "$(blkid -o value -s UUID -p image)" ]
result $? 'the date is the UUID that blkid tells'
mkdir -p one/directory && echo file >one/directory/file && iso lost -R one
python3 - lost <<'PY'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    image = f.read()
    at = struct.unpack_from("<I", image, 16 * 2048 + 156 + 2)[0] * 2048  # the root
    at += image[at] + image[at + image[at]]  # behind itself and its parent
    f.seek(struct.unpack_from("<I", image, at + 2)[0] * 2048)
    f.write(b"\0")
PY
refused lost 'a directory without its first record is refused' 'a directory does not begin with itself'
iso image -R -J -joliet-long tree
same_tree image 'Rock Ridge before Joliet'
rm image && xorriso -outdev image -compliance deep_paths_off -rr_reloc_dir moved -map tree / -commit >said 2>&1
same_tree image 'directories more than eight deep, which are moved up'
rm image && xorriso -outdev image -map tree / -set_filter_r --zisofs / -- -commit >said 2>&1
[ "$(stat -c %s image)" -lt 30000000 ] && same_tree image 'files compressed by zisofs'
python3 - <<'PY'
iso, magic = open('image', 'rb').read(), bytes.fromhex('37e45396c9dbd607')
at = iso.rindex(magic)
open('torn', 'wb').write(iso[:at + 20] + bytes([255]) * 4 + iso[at + 24:])
open('other', 'wb').write(iso.replace(magic, bytes(8)))
PY
refused torn 'a compressed file with a block outside of it' 'a block lies outside of it'
refused other 'a compressed file without its header' 'its header is not what its directory says'

# What the names of all three can say; owners and modes are lost without Rock Ridge.
mkdir -p names/dir/sub && echo a >names/dir/file.txt && echo b >names/dir/sub/other.cfg && : >names/empty
unowned() {
	sed -E 's/ (regular|directory) [0-7]+ [0-9]+ [0-9]+/ \1/' "$1"
}
python3 "$top/tests/stress_tree.py" manifest names >names.manifest
iso image --norock names
"$manifest" image 2>said >plain.manifest
cmp -s <(unowned names.manifest) <(unowned plain.manifest)
result $? 'plain names are in small letters, without versions'
cp names/dir/file.txt 'names/dir/Größe von allem, 2 €.Text'
python3 "$top/tests/stress_tree.py" manifest names >names.manifest
LC_ALL=C.UTF-8 iso image --norock -J -joliet-long -input-charset utf-8 names
"$manifest" image 2>said >joliet.manifest
cmp -s <(unowned names.manifest) <(unowned joliet.manifest)
result $? 'Joliet names'

# A file of more than 4 GiB has a record for each of its sections: here two files are made one.
mkdir sections && seq 1 2000 | head -c 4096 >sections/one.txt && seq 5000 5600 >sections/two.txt && echo a >sections/x.txt
iso cut --norock sections
python3 - <<'PY'
iso = bytearray(open('cut', 'rb').read())
for name, flags in (b'ONE', 0x80), (b'TWO', 0):
    at = iso.index(name + b'.TXT;1') - 33
    iso[at + 25] |= flags
    iso[at + 33:at + 36] = b'ONE'
open('cut', 'wb').write(iso)
PY
xorriso -osirrox on -indev cut -extract /ONE.TXT joined >said 2>&1
cat sections/{one,two}.txt | cmp - joined
result $? 'a file in two sections is one for xorriso'
chmod u+w joined && mv joined sections/one.txt && rm sections/two.txt && python3 "$top/tests/stress_tree.py" manifest sections >sections.manifest
"$manifest" cut 2>said >cut.manifest
cmp -s <(unowned sections.manifest) <(unowned cut.manifest)
result $? 'a file in two sections'

head -c 40000 image >short
refused short 'a truncated image is refused' 'ends at byte'

mkdir small && cp -a tree/links tree/modes tree/hard tree/names small
iso small.iso -R small
iso small.joliet --norock -J names
mutations 60 small.iso small.joliet "$top/testdata/fuzz/iso9660/zisofs.iso"
plan
