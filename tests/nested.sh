#!/usr/bin/env bash
# nested.sh - systems in files of volumes: the image that COS boots, live systems on ISO images, initial
# RAM disks; extensions that the boot lays over /usr and /etc; trees whose files are objects of a store.
# Each is built by real tools from the sample node, and must give what its directory gives. Prints TAP.
. tests/support/trees.sh
have mke2fs
have sfdisk
have mksquashfs
have python3

cat >same.py <<'PY'
# A report without what names the container the node came in.
import json, sys
DROP = {"target", "kind", "trail", "digest", "platform", "labels", "layer", "layers", "read", "readAs", "notes"}
def strip(v):
    if isinstance(v, dict):
        return {k: strip(x) for k, x in v.items() if k not in DROP}
    return [strip(x) for x in v] if isinstance(v, list) else v
json.dump(strip(json.load(sys.stdin)), sys.stdout, indent=1, sort_keys=True)
PY

facts() { # facts TARGET
	"$OFFNODE" scan -f json "$1" >report.json 2>report.err </dev/null
	echo "status $?"
	cat report.err
	python3 same.py <report.json 2>/dev/null
}
same() { # same NAME TARGET [READ-AS]: what the directory gives, and it was read as that
	facts "$2" >got
	diff -u want got >difference && { [ -z "${3:-}" ] || grep -qF "\"readAs\": \"$3\"" report.json; }
	local status=$?
	[ $status = 0 ] || { sed -n '1,30s/^/# /p' difference && grep readAs report.json | sed 's/^/# /'; }
	result $status "$1"
}
says() { # says NAME STATUS TEXT VERB TARGET...: on either output
	"$OFFNODE" "${@:4}" >said 2>&1 </dev/null
	local status=$?
	[ $status = "$2" ] && grep -q -e "$3" said
	status=$?
	[ $status = 0 ] || { echo "# wanted status $2: $3" && sed 's/^/# /' said | head -20; }
	result $status "$1"
}
ext4() { # ext4 IMAGE DIRECTORY MIB OPTION...
	rm -f "$1" && truncate -s "$3M" "$1" && mke2fs -q -F -t ext4 -d "$2" "${@:4}" "$1" >mke2fs.log 2>&1 ||
		sed 's/^/# /' mke2fs.log
}
squash() { # squash IMAGE DIRECTORY
	rm -f "$1" && mksquashfs "$2" "$1" -quiet -no-progress -all-root >mksquashfs.log 2>&1 || sed 's/^/# /' mksquashfs.log
}
disk() { # disk IMAGE MIB < script of sfdisk
	rm -f "$1" && truncate -s "$2M" "$1" && sfdisk -q "$1" >sfdisk.log 2>&1 || sed 's/^/# /' sfdisk.log
}
put() { # put IMAGE MIB PART: the part's bytes at that place
	dd if="$3" of="$1" bs=1M seek="$2" conv=notrunc,sparse status=none
}
iso() { # iso IMAGE DIRECTORY
	xorriso -as mkisofs -quiet -R -V LIVE -o "$1" "$2" >xorriso.log 2>&1 || sed 's/^/# /' xorriso.log
}

mkdir tree && tar -C tree -xzf "$top/testdata/images/node-fail.tar.gz"
facts dir:tree >want
grep -q '^status 1$' want && grep -q '"verdict": "fail"' want
result $? 'the directory fails'

# ---- COS, Elemental, Kairos ----

cos() { # cos IMAGE ACTIVE: a disk with the state partition that holds it
	rm -rf state && mkdir -p state/cOS state/grub2 && cp --sparse=always "$2" state/cOS/active.img
	ext4 state.ext4 state 24 -L COS_STATE
	disk "$1" 40 <<-TABLE
		label: gpt
		start=1MiB,size=2MiB,name=oem
		start=4MiB,size=24MiB,name=state
	TABLE
	put "$1" 4 state.ext4
}
ext4 active.img tree 12 -L COS_ACTIVE
cos cos.raw active.img
same 'COS: an ext4 in a file of the state partition' cos.raw \
	'gpt > p2 ext4 \"COS_STATE\" > cOS/active.img > ext4 \"COS_ACTIVE\"'
same '# names it' 'cos.raw#p2/cOS/active.img'
says '# may name what holds it' 0 'cOS' ls 'cos.raw#p2' /
says 'a file that is not there' 64 'p2/cOS/active.img' scan 'cos.raw#p2/cOS/nothing.img'
squash active.sqfs tree
cos cosq.raw active.sqfs
same 'COS: a squashfs' cosq.raw
head -c 4096 active.img >short.img && dd if=/dev/urandom of=short.img bs=1 seek=1024 count=2048 conv=notrunc status=none
cos rotten.raw short.img
says 'COS: what cannot be read is told, and nothing passes' 2 'p2/cOS/active.img' scan -c 4.2.7 rotten.raw

# ---- live systems ----

if command -v xorriso >/dev/null; then
	mkdir -p live/LiveOS inner/LiveOS && ext4 inner/LiveOS/rootfs.img tree 12
	squash live/LiveOS/squashfs.img inner
	iso live.iso live
	same 'an ext4 in a squashfs in an ISO image' live.iso \
		'iso9660 \"LIVE\" > LiveOS/squashfs.img > squashfs > LiveOS/rootfs.img > ext4'
	says 'two files deep is too deep for one' 2 'LiveOS/rootfs.img: .*--max-depth' scan -c 4.2.7 --max-depth=1 live.iso
	for place in casper/filesystem.squashfs live/filesystem.squashfs rootfs.squashfs; do
		rm -rf live && mkdir -p "live/$(dirname $place)" && cp active.sqfs live/$place
		iso live.iso live
		same "a squashfs at $place" live.iso
	done
	for place in boot/initrd boot/initrd.gz; do
		rm -rf live && mkdir -p live/boot
		(cd tree && find . | cpio -o -H newc --quiet) >initrd
		case $place in *.gz) gzip -c initrd ;; *) cat initrd ;; esac >live/$place
		iso live.iso live
		same "an initial RAM disk at $place" live.iso
	done
	if command -v objcopy >/dev/null && echo 'int _start(void) { return 0; }' | "${CC:-cc}" -c -ffreestanding -x c -o program.o - &&
		objcopy -I elf64-x86-64 -O pei-x86-64 --remove-section .comment --add-section .initrd=initrd \
			--set-section-flags .initrd=contents,alloc,load,data,readonly \
			--change-section-vma .initrd=0x3000000 program.o node.efi 2>said; then
		rm -rf live && mkdir -p live/EFI/Linux && cp node.efi live/EFI/Linux/
		iso live.iso live
		same 'the initial RAM disk of a unified kernel image' live.iso
	else
		skip 'unified kernel image' 'objcopy makes none here'
	fi
else
	skip 'live systems' 'xorriso is not installed'
fi
plan
