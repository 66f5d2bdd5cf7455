#!/usr/bin/env bash
# disks.sh - the sample node on disks of every shape, made by the tools that make disks: whatever the
# table, the volumes and what is wrapped around them, offnode must say what it says of the directory.
# Then disks of which a part cannot be read: nothing is passed over in silence. Prints TAP.
. tests/support/nodes.sh
have mke2fs
have sfdisk

part() { # part NAME PATH: what is below PATH in the sample becomes a directory of its own
	mkdir -p "$1" && mv "split/$2"/* "$1"/
}

root=4f68bce3-e8cd-4db1-96e7-fbcaf984b709
ext4 root.ext4 tree 8 -L node

# ---- tables ----

same 'a file system on the whole disk' root.ext4 'ext4 \"node\"'
disk mbr.raw 12 <<-'E'
	label: dos
	start=2MiB,type=83,bootable
E
put mbr.raw 2 root.ext4
same 'an MBR' mbr.raw 'mbr > p1 ext4 \"node\"'
disk logical.raw 20 <<-'E'
	label: dos
	start=1MiB,size=2MiB,type=c
	start=4MiB,type=5
	start=5MiB,size=1MiB,type=83
	start=8MiB,size=8MiB,type=83
E
put logical.raw 8 root.ext4
same 'a logical partition' logical.raw 'mbr > p6 ext4 \"node\"'
disk gpt.raw 16 <<-E
	label: gpt
	start=1MiB,size=1MiB,type=21686148-6449-6E6F-744E-656564454649
	start=4MiB,size=8MiB,type=$root,name=root
E
put gpt.raw 4 root.ext4
same 'a GPT' gpt.raw 'gpt > p2 ext4 \"node\"'
cp gpt.raw backup.raw && dd if=/dev/zero of=backup.raw bs=512 seek=1 count=1 conv=notrunc status=none
same 'a GPT of which the backup is left' backup.raw 'gpt > p2 ext4 \"node\"'
cp gpt.raw rotten.raw && printf x | dd of=rotten.raw bs=1 seek=1100 conv=notrunc status=none
same 'a GPT with a damaged entry, and its backup' rotten.raw 'gpt > p2 ext4 \"node\"'
dd if=/dev/zero of=rotten.raw bs=512 seek=$((16 * 2048 - 1)) count=1 conv=notrunc status=none
says 'a GPT of which neither copy is whole' 65 'gpt: neither of its two copies is whole' scan rotten.raw
if command -v losetup >/dev/null && [ "$(id -u)" = 0 ] && truncate -s 16M 4k.raw &&
	loop=$(losetup --find --show --sector-size 4096 4k.raw 2>/dev/null); then
	printf 'label: gpt\nstart=1024,size=2048,type=%s\n' $root | sfdisk -q "$loop" >sfdisk.log 2>&1
	losetup -d "$loop"
	put 4k.raw 4 root.ext4
	same 'a GPT of 4096-byte sectors' 4k.raw 'gpt > p1 ext4 \"node\"'
else
	skip 'a GPT of 4096-byte sectors' 'no loop device with such sectors'
fi

# ---- one root out of several volumes ----

sample split
mkdir -p split/srv
part usr usr && part var var
cat >>split/etc/fstab <<-'E'
	# what the installer wrote
	LABEL=node / ext4 defaults 0 1
	UUID="11111111-2222-3333-4444-555555555555" /usr ext4 ro 0 2
	LABEL=var\040lib /var ext4 defaults 0 2
	/dev/sda9 /srv ext4 nofail 0 2
	proc /proc proc defaults 0 0
	tmpfs /tmp tmpfs defaults 0 0
E
ext4 split.ext4 split 4 -L node
ext4 usr.ext4 usr 4 -U 11111111-2222-3333-4444-555555555555
ext4 var.ext4 var 4 -L 'var lib'
disk fstab.raw 24 <<-'E'
	label: gpt
	start=2MiB,size=4MiB,type=linux
	start=6MiB,size=4MiB,type=linux
	start=10MiB,size=4MiB,type=linux
E
put fstab.raw 2 var.ext4 && put fstab.raw 6 split.ext4 && put fstab.raw 10 usr.ext4
same '/usr and /var of their own, by UUID and LABEL' fstab.raw 'gpt > p2 ext4 \"node\"'
says 'what is not on the disk is unreadable' 65 '/dev/sda9 is not on the disk' ls fstab.raw /srv

sample etc
cp -a etc/etc etc.moved && rm -rf etc/etc/*
printf 'PARTLABEL=configuration /etc ext4 defaults 0 0\n' >etc/etc/fstab
ext4 etc.ext4 etc 4
ext4 moved.ext4 etc.moved 4
disk etc.raw 16 <<-'E'
	label: gpt
	start=2MiB,size=4MiB,type=linux,name=system
	start=6MiB,size=4MiB,type=linux,name=configuration
E
put etc.raw 2 etc.ext4 && put etc.raw 6 moved.ext4
same '/etc of its own, by PARTLABEL' etc.raw

rm split/etc/fstab && ext4 split.ext4 split 4 -L node
disk types.raw 24 <<-E
	label: gpt
	start=2MiB,size=4MiB,type=$root
	start=6MiB,size=4MiB,type=8484680c-9521-48c6-9c11-b0720656f69e
	start=10MiB,size=4MiB,type=4d21b016-b534-45c2-a9fb-5c16e091fd2d
E
put types.raw 2 split.ext4 && put types.raw 6 usr.ext4 && put types.raw 10 var.ext4
same '/usr and /var by the types of their partitions' types.raw 'gpt > p1 ext4 \"node\"'

# ---- wrapped ----

gzip -1 -c gpt.raw >gpt.raw.gz && same 'a disk in gzip' gpt.raw.gz 'gzip > gpt > p2 ext4 \"node\"'
xz -0 -c gpt.raw >gpt.raw.xz && same 'a disk in xz' gpt.raw.xz 'xz > gpt > p2 ext4 \"node\"'
zstd -q -1 -c gpt.raw >gpt.raw.zst && same 'a disk in zstd' gpt.raw.zst 'zstd > gpt > p2 ext4 \"node\"'
cp gpt.raw disk.raw && tar -Sczf gce.tar.gz --format=oldgnu disk.raw
same 'a sparse disk in a tar.gz' gce.tar.gz 'gzip > tar > gpt > p2 ext4 \"node\"'
tar -cf plain.tar disk.raw && same 'a disk in a tar' plain.tar 'tar > gpt > p2 ext4 \"node\"'
python3 -c 'import zipfile
for name, method in (("deflated.zip", 8), ("stored.zip", 0)):
    with zipfile.ZipFile(name, "w", method) as z:
        z.write("disk.raw"), z.writestr("LICENSE", "free")
with zipfile.ZipFile("none.zip", "w") as z:
    z.writestr("etc/os-release", "ID=x")'
same 'a disk in a zip' deflated.zip 'zip > gpt > p2 ext4 \"node\"'
same 'a disk stored in a zip' stored.zip 'zip > gpt > p2 ext4 \"node\"'
mkdir -p docs && : >docs/README && tar -cSf beside.tar docs disk.raw
same 'a disk beside a directory' beside.tar 'tar > gpt > p2 ext4 \"node\"'
python3 -c 'import zipfile
with zipfile.ZipFile("tar.zip", "w", 8) as z:
    z.write("plain.tar")'
same 'a disk in a tar in a zip' tar.zip 'zip > tar > gpt > p2 ext4 \"node\"'
says 'a zip of something else' 3 'no kubelet is launched' scan none.zip
head -c -100 deflated.zip >cut.zip && says 'a zip without its end' 65 'zip' scan cut.zip
if command -v qemu-img >/dev/null; then
	qemu-img convert -q -c -O qcow2 gpt.raw gpt.qcow2
	same 'qcow2' gpt.qcow2 'qcow2 > gpt > p2 ext4 \"node\"'
	same 'the scheme qcow2:' qcow2:gpt.qcow2
	gzip -c gpt.qcow2 >gpt.qcow2.gz && same 'qcow2 in gzip' gpt.qcow2.gz 'gzip > qcow2 > gpt > p2 ext4 \"node\"'
	head -c 300000 gpt.qcow2 >cut.img && says 'a cut qcow2 is named once' 65 'cut.img: qcow2: [^q]' scan cut.img
	gzip -c cut.img >cut.img.gz && says 'in gzip too' 65 'cut.img.gz: gzip > qcow2: [^q]' scan cut.img.gz
	qemu-img convert -q -O vmdk -o subformat=streamOptimized gpt.raw node.vmdk
	printf '<Envelope xmlns:ovf="x"><References><File ovf:href="node.vmdk" ovf:id="f"/></References>%s</Envelope>' \
		'<DiskSection><Disk ovf:diskId="d" ovf:fileRef="f"/></DiskSection>' >node.ovf
	tar -cf node.ova node.ovf node.vmdk
	same 'an appliance' node.ova 'ova > vmdk > gpt > p2 ext4 \"node\"'
	tar -cf inner.tar node.ova && same 'an appliance in a tar' inner.tar 'tar > ova > vmdk > gpt > p2 ext4 \"node\"'
	mkdir -p appliance/disks && cp node.vmdk appliance/disks/ && sed 's,node.vmdk,disks/node.vmdk,' node.ovf >appliance/node.ovf
	tar -cf node.ova -C appliance node.ovf disks/node.vmdk
	same 'an appliance with its disk in a directory' node.ova 'ova > vmdk > gpt > p2 ext4 \"node\"'
	tar -cf node.ova appliance
	same 'an appliance in a directory' node.ova 'ova > vmdk > gpt > p2 ext4 \"node\"'
	split -n 3 -d -a 9 node.vmdk node.vmdk.
	sed "s,ovf:href,ovf:chunkSize=\"$(stat -c %s node.vmdk.000000000)\" &," node.ovf >chunks.ovf
	tar -cf node.ova chunks.ovf node.vmdk.0*
	same 'an appliance with its disk in chunks' node.ova 'ova > vmdk > gpt > p2 ext4 \"node\"'
	tar -cf node.ova chunks.ovf node.vmdk.000000001
	says 'a chunk that is not there' 65 "its disk 'node.vmdk' is not in the archive" scan -c 4.2.6 node.ova
	truncate -s 4M blank.raw && mke2fs -q -F -t ext4 blank.raw && qemu-img convert -q -O vmdk -o subformat=streamOptimized blank.raw blank.vmdk
	sed 's,<References>,&<File ovf:href="blank.vmdk" ovf:id="b"/>,; s,<DiskSection>,&<Disk ovf:diskId="b" ovf:fileRef="b"/>,' node.ovf >two.ovf
	tar -cf node.ova two.ovf blank.vmdk node.vmdk
	says 'an appliance of which a further disk may hold the root' 2 'node.vmdk: a further disk of the appliance is not read' scan -c 4.2.6 node.ova
	qemu-img convert -q -O vhdx gpt.raw gpt.vhdx && python3 "$top/tests/vhdx_log.py" craft gpt.vhdx log.vhdx several
	says 'a vhdx of which all metadata is in its log' 1 'note  p2: read with the log of the vhdx replayed' scan -c 4.2.6 log.vhdx
	python3 "$top/tests/vhdx_log.py" craft gpt.vhdx gone.vhdx gone
	says 'a vhdx whose log is lost' 65 'gone.vhdx: vhdx: log: is in use' scan -c 4.2.6 gone.vhdx
else
	skip 'qcow2 and appliances' 'qemu-img is not installed'
fi
same 'the scheme raw:' raw:gpt.raw
same 'the scheme ext4:' ext4:root.ext4

# ---- partitions in a tar of their own ----

if command -v zstd >/dev/null; then
	mkdir -p cosi/images
	for name in split usr var; do zstd -q -f "$name.ext4" -o "cosi/images/$name.raw.zst"; done
	cat >cosi/metadata.json <<-'E'
		{"version": "1.0", "osArch": "x86_64", "images": [
		 {"image": {"path": "images/split.raw.zst"}, "mountPoint": "/", "fsType": "ext4", "partType": "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"},
		 {"image": {"path": "images/usr.raw.zst"}, "mountPoint": "/usr", "fsType": "ext4", "partType": "8484680C-9521-48C6-9C11-B0720656F69E"},
		 {"image": {"path": "images/var.raw.zst"}, "mountPoint": "/var", "fsType": "ext4", "partType": "4d21b016-b534-45c2-a9fb-5c16e091fd2d"}]}
	E
	tar -cf node.cosi -C cosi metadata.json images
	same 'COSI: partitions, each compressed, by their metadata' node.cosi 'cosi > images/split.raw.zst ext4 \"node\"'
	rm cosi/images/usr.raw.zst && tar -cf gone.cosi -C cosi metadata.json images
	says 'COSI: a partition that is not there is told' 2 'usr.raw.zst' scan -c 4.2.7 gone.cosi
	printf '{"images": 7}' >cosi/metadata.json && tar -cf odd.cosi -C cosi metadata.json images
	says 'COSI: metadata that is none' 65 'no list of images' scan odd.cosi
else
	skip 'COSI' 'zstd is not installed'
fi

# ---- logical volumes ----

# Made without device-mapper: inactive, and filled where lvs says that they lie.
lvm() { # lvm COMMAND ARGUMENT...: on the loop device alone
	"$1" -q -q --driverloaded n --config "devices{scan=[\"/dev\"] filter=[\"a|$loop|\",\"r|.*|\"] use_devicesfile=0}
		global{use_lvmpolld=0}" "${@:2}" 2>>lvm.log
}
place() { # place LV: the first byte of it in the physical volume, where it is in one piece
	echo $((1048576 + 1048576 * $(lvm lvs --noheadings -o seg_pe_ranges "vg-0/$1" | sed 's/.*:\([0-9]*\)-.*/\1/')))
}
make_lvm() {
	truncate -s 40M lvm.raw && printf 'label: gpt\nstart=2MiB,size=36MiB,type=lvm\n' | sfdisk -q lvm.raw &&
		loop=$(losetup --find --show -o 2097152 --sizelimit $((36 << 20)) lvm.raw) || return 1
	lvm pvcreate -ff -y --dataalignment 1m "$loop" && lvm vgcreate -s 1m vg-0 "$loop" &&
		lvm lvcreate -an -y -Wn -Zn -L 4m -n root vg-0 && lvm lvcreate -an -y -Wn -Zn -L 2m -n usr vg-0 &&
		lvm lvcreate -an -y -Wn -Zn -L 4m -n var vg-0 && lvm lvextend -L +2m vg-0/usr &&
		root_at=$(place root) var_at=$(place var) && usr=$(lvm lvs --noheadings -o seg_pe_ranges vg-0/usr)
	local status=$?
	losetup -d "$loop"
	return $status
}
write_lv() { # write_lv AT IMAGE
	dd if="$2" of=lvm.raw bs=64K oflag=seek_bytes seek=$((2097152 + $1)) conv=notrunc,sparse status=none
}
if [ "$(id -u)" = 0 ] && command -v lvcreate >/dev/null && make_lvm >lvm.out; then
	cat >split/etc/fstab <<-'E'
		/dev/mapper/vg--0-root / ext4 defaults 0 1
		/dev/vg-0/usr /usr ext4 defaults 0 2
		/dev/mapper/vg--0-var /var ext4 defaults 0 2
	E
	ext4 split.ext4 split 4 && write_lv "$root_at" split.ext4 && write_lv "$var_at" var.ext4
	# /usr lies in two segments.
	set -- $(echo $usr | grep -o ':[0-9]*-[0-9]*' | tr -d : | tr - ' ')
	head -c $((2 << 20)) usr.ext4 >usr.head && tail -c +$(((2 << 20) + 1)) usr.ext4 >usr.tail
	write_lv $((1048576 + $1 * 1048576)) usr.head && write_lv $((1048576 + $3 * 1048576)) usr.tail
	same 'logical volumes for /, /usr and /var' lvm.raw 'gpt > vg-0/root ext4'
	says 'a logical volume is chosen' 0 'lib' ls 'lvm.raw#vg-0/usr' /
	rm split/etc/fstab && ext4 split.ext4 split 4 -L node
else
	sed 's/^/# /' lvm.log 2>/dev/null
	skip 'logical volumes' 'lvm2 and root are needed'
fi

# ---- more roots than one ----

sample other && tar -C other -xzf "$top/testdata/images/node-pass.tar.gz" && ext4 other.ext4 other 8
ext4 recovery.ext4 tree 8 -L RECOVERY
disk two.raw 32 <<-'E'
	label: gpt
	start=2MiB,size=8MiB,type=linux
	start=10MiB,size=8MiB,type=linux
	start=18MiB,size=8MiB,type=linux
E
put two.raw 2 root.ext4 && put two.raw 10 other.ext4 && put two.raw 18 recovery.ext4
"$OFFNODE" scan -c 4.2.6 -f json two.raw >report.json 2>&1
[ "$(grep -c '"target": "two.raw#p[12]"' report.json)" = 2 ] && grep -q '"verdict": "fail"' report.json &&
	grep -q '"verdict": "pass"' report.json
result $? 'each of two roots is scanned, a recovery system is not'
same '#p1 chooses' two.raw#p1
says '#p2 chooses the other' 0 '"verdict": "pass"' scan -c 4.2.6 -f json two.raw#p2
says 'what prints files wants a choice' 64 'more roots than one, choose as in two.raw#p1' ls two.raw /
says 'a volume that is not there' 64 "no volume is named 'p9', choose one of p1, p2, p3" scan two.raw#p9
cp root.ext4 'root#p9' && same 'an existing path with a # in it' 'root#p9'
says 'a choice in what is no disk' 64 "'#p1' chooses in a disk" scan "$top/testdata/images/node-fail.tar.gz#p1"

# ---- what cannot be read ----

if command -v cryptsetup >/dev/null; then
	truncate -s 20M luks.img && printf x | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 luks.img - 2>/dev/null
	disk luks.raw 32 <<-'E'
		label: gpt
		start=2MiB,size=4MiB,type=linux
		start=6MiB,size=4MiB,type=linux
		start=10MiB,size=20MiB,type=linux
	E
	printf '/dev/mapper/var /var ext4 defaults 0 0\nPARTUUID=%s /usr ext4 defaults 0 0\n' \
		"$(sfdisk --part-uuid luks.raw 2)" >split/etc/fstab
	printf 'var PARTUUID=%s none luks\n' "$(sfdisk --part-uuid luks.raw 3)" >split/etc/crypttab
	ext4 split.ext4 split 4 && put luks.raw 2 split.ext4 && put luks.raw 6 usr.ext4 && put luks.raw 10 luks.img
	says 'an encrypted /var is unknown' 2 '"reason": "encrypted"' scan -c 4.2.1 -f json luks.raw
	says 'it says which volume that is' 2 'p3: LUKS2: only its key opens it' scan -c 4.2.1 luks.raw
	says 'a file below it is unreadable' 65 'LUKS2' cat luks.raw /var/lib/kubelet/config.yaml
	says 'the rest is there' 0 'NAME' cat luks.raw /etc/os-release
	says 'inspect names it' 0 'p3 .* LUKS2' inspect luks.raw
	"$OFFNODE" capture luks.raw >luks.txtar 2>said
	says 'so does a capture of it' 2 '"reason": "encrypted"' scan -c 4.2.1 -f json luks.txtar
	says 'an encrypted disk is not read' 69 'LUKS2: only its key opens it' scan luks.img
	dd if=/dev/zero of=luks.raw bs=1M seek=2 count=4 conv=notrunc status=none
	says 'a disk with no root but an encrypted volume is unknown' 2 '"reason": "encrypted"' scan -c 4.2.6 -f json luks.raw
	rm split/etc/fstab split/etc/crypttab
else
	skip 'encrypted volumes' 'cryptsetup is not installed'
fi
mkdir data && : >data/file && ext4 data.ext4 data 4
disk data.raw 12 <<-'E'
	label: gpt
	start=2MiB,size=4MiB,type=linux
E
put data.raw 2 data.ext4
says 'a disk that was read whole and has no root' 3 'no volume of the disk holds the root' scan -v data.raw
says 'nor anything to list' 66 'no volume of the disk holds the root of a system, see inspect' ls data.raw /
cp gpt.raw damaged.raw && head -c 65536 /dev/urandom | dd of=damaged.raw bs=4K seek=1024 conv=notrunc status=none
says 'a damaged root is no disk without a kubelet' 2 '"verdict": "unknown"' scan -c 4.2.6 -f json damaged.raw
head -c 2M gpt.raw >cut.raw && says 'a disk cut in front of its root' 2 'the disk ends before it does' scan cut.raw
cp mbr.raw cut.raw && truncate -s 1M cut.raw && says 'by an MBR too' 2 'the disk ends before it does' scan cut.raw
python3 - <<'PY'
import struct, zlib
disk = bytearray(open("data.raw", "rb").read())
good = zlib.compressobj(1, zlib.DEFLATED, -15)
packed = good.compress(disk) + good.flush()
head = b"\x1f\x8b\x08" + bytes(7)
open("sum.gz", "wb").write(head + packed + struct.pack("<II", zlib.crc32(disk) ^ 1, len(disk)))
PY
says 'a packed disk without a root whose checksum is wrong' 2 'gzip' scan sum.gz
says 'a budget of reads' 70 'see --max-reads' scan --max-reads 8 gpt.raw
says 'a budget that ends on the root' 2 '"reason": "limit"' scan -c 4.2.6 -f json --max-reads 24 gpt.raw
says 'a budget of wrappers' 70 'see --max-depth' scan --max-depth 1 gpt.qcow2.gz

# ---- nothing else is opened ----

if command -v strace >/dev/null; then
	# A sanitizer looks into /proc/self; its search for leaks cannot work under strace.
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
		strace -f -e trace=open,openat,creat,execve -o opened "$OFFNODE" scan fstab.raw >said 2>&1
	! grep -e 'open' -e creat opened | grep -v -e ENOENT -e '"/etc/ld.so' -e '\.so' -e '"fstab.raw"' -e '"/etc/localtime"' -e '"/dev/null"' \
		-e '"/proc/self/\(maps\|cmdline\|environ\)"'
	result $? 'no second file is opened'
else
	skip 'no second file is opened' 'strace is not installed'
fi

plan
