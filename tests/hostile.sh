#!/usr/bin/env bash
# hostile.sh - a node that fails on disks of every kind: changed at random, COUNT times a kind, it never
# passes; cut short anywhere, it is never a node without a kubelet. No crash, no hang. Prints TAP.
#
# Bytes without a checksum may be changed into something that is true. So the node fails twice, by its
# configuration and by a flag of its only unit, in quotes: a byte that ends the line early, as a NUL does,
# leaves one open, and no `$false` is a variable. A change that finds both, and leaves them valid, is not
# what chance brings about. COUNT=10000 is what is run by hand; KINDS names some of them.
. tests/support/trees.sh
. "$top/tests/support/uki.sh"
: "${COUNT:=40}" "${CUTS:=$((COUNT / 4))}" "${KINDS:=}" "${SEED:=1}"
have mke2fs
have sfdisk

mkdir -p tree/etc/systemd/system tree/var/lib/kubelet tree/usr/bin tree/var/lib/dpkg
cat >tree/etc/systemd/system/kubelet.service <<'E'
[Service]
ExecStart=/bin/sh -c "exec /usr/bin/kubelet --config=/var/lib/kubelet/config.yaml '--make-iptables-util-chains=false'"
[Install]
WantedBy=multi-user.target
E
cat >tree/var/lib/kubelet/config.yaml <<'E'
{"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "makeIPTablesUtilChains": false}
E
printf 'ID=debian\nVERSION_ID="12"\n' >tree/etc/os-release
printf 'Package: kubelet\nStatus: install ok installed\nVersion: 1.29.3-1.1\n' >tree/var/lib/dpkg/status
head -c 3000 "$OFFNODE" >tree/usr/bin/kubelet && chmod +x tree/usr/bin/kubelet

# ---- the kinds: each makes a file of its name ----

extended() { # extended NAME SIZE OPTION...
	truncate -s "$2" "$1" && mke2fs -q -F -d tree -b 1024 "${@:3}" "$1"
}
make_ext2() { extended ext2 2M -t ext2; }
make_ext3() { extended ext3 5M -t ext3 -J size=1; }
make_ext4() { extended ext4 2M -t ext4 -O ^has_journal; }
make_unsummed() { extended unsummed 2M -t ext4 -O ^has_journal,^metadata_csum,inline_data; }
prototype() { # prototype NAME OPTION...
	python3 "$top/tests/xfs_proto.py" tree >proto &&
		truncate -s 304M "$1" && mkfs.xfs -q -f -p proto "${@:2}" "$1"
}
make_xfs() { prototype xfs; }
make_xfs4() { prototype xfs4 -m crc=0,reflink=0,bigtime=0,finobt=0; }
make_btrfs() { truncate -s 120M btrfs && mkfs.btrfs -q --rootdir tree btrfs; }
make_squashfs() { mksquashfs tree squashfs -quiet -no-progress; }
make_erofs() { mkfs.erofs -zlz4 erofs tree; }
make_iso() { xorriso -as mkisofs -quiet -R -o iso tree; }
make_vfat() { truncate -s 1M vfat && mkfs.vfat vfat && mcopy -s -i vfat tree/* ::; }

make_gpt() {
	truncate -s 5M gpt && printf 'label: gpt\nstart=1MiB,size=2MiB,type=linux\n' | sfdisk -q gpt &&
		dd if=ext4 of=gpt bs=1M seek=1 conv=notrunc,sparse status=none
}
make_gpt4k() {
	[ "$(id -u)" = 0 ] && truncate -s 5M gpt4k && loop=$(losetup --find --show --sector-size 4096 gpt4k) || return
	printf 'label: gpt\nstart=256,size=512,type=linux\n' | sfdisk -q "$loop"
	losetup -d "$loop" && dd if=ext4 of=gpt4k bs=1M seek=1 conv=notrunc,sparse status=none
}
make_mbr() {
	truncate -s 8M mbr && dd if=ext4 of=mbr bs=1M seek=5 conv=notrunc,sparse status=none &&
		printf '%s\n' 'label: dos' 'start=1MiB,size=1MiB,type=c' 'start=2MiB,type=5' \
			'start=3MiB,size=1MiB,type=83' 'start=5MiB,size=2MiB,type=83' | sfdisk -q mbr
}
lvm() { # lvm COMMAND ARGUMENT...: on the loop device alone
	"$1" -q -q --driverloaded n --config "devices{scan=[\"/dev\"] filter=[\"a|$loop|\",\"r|.*|\"] use_devicesfile=0}
		global{use_lvmpolld=0}" "${@:2}"
}
make_lvm() {
	[ "$(id -u)" = 0 ] && truncate -s 8M lvm && loop=$(losetup --find --show lvm) || return
	lvm pvcreate -ff -y --dataalignment 1m "$loop" && lvm vgcreate -s 1m vg "$loop" &&
		lvm lvcreate -an -y -Wn -Zn -L 2m -n root vg
	status=$?
	losetup -d "$loop" && dd if=ext4 of=lvm bs=1M seek=1 conv=notrunc,sparse status=none
	return $status
}
converted() { qemu-img convert -q "${@:2}" gpt "$1"; }
make_qcow2() { converted qcow2 -O qcow2; }
make_qcow2_compressed() { converted qcow2_compressed -c -O qcow2; }
make_vmdk() { converted vmdk -O vmdk; }
make_vmdk_stream() { converted vmdk_stream -O vmdk -o subformat=streamOptimized; }
make_vhd() { converted vhd -O vpc; }
make_vhdx() { converted vhdx -O vhdx -o block_size=1M,log_size=1M; }
make_vdi() { converted vdi -O vdi; }
make_gz() { gzip -c gpt >gz; }
make_xz() { xz -0 -c gpt >xz; }
make_zst() { zstd -q -c gpt >zst; }
make_tar() { cp gpt disk.raw && tar -cf tar disk.raw; }
make_sparse_tar() { cp gpt disk.raw && tar -Sczf sparse_tar --format=oldgnu disk.raw; }
make_zip() { python3 -c 'import zipfile; zipfile.ZipFile("zip", "w", 8).write("gpt", "disk.raw")'; }
make_ova() {
	printf '<Envelope xmlns:ovf="x"><References><File ovf:href="node.vmdk" ovf:id="f"/></References>%s</Envelope>' \
		'<DiskSection><Disk ovf:diskId="d" ovf:fileRef="f"/></DiskSection>' >node.ovf
	cp vmdk_stream node.vmdk && tar -cf ova node.ovf node.vmdk
}
make_cosi() {
	mkdir -p cosi.d/images && zstd -q -f ext4 -o cosi.d/images/root.zst &&
		printf '{"version": "1.0", "images": [{"image": {"path": "images/root.zst"}, "mountPoint": "/"}]}' >cosi.d/metadata.json &&
		tar -cf cosi -C cosi.d metadata.json images
}
make_uki() {
	(cd tree && find . | sort | cpio -o -H newc --quiet) | gzip >initrd && unified uki .initrd=initrd
}

all=$(sed -n 's/^make_\([a-z0-9_]*\)().*/\1/p' "$top/tests/hostile.sh")
made=()
for kind in $all; do
	if "make_$kind" >"$kind.log" 2>&1; then
		made+=("$kind")
	else
		skip "$kind" "cannot be made: $(tail -n 1 "$kind.log")"
	fi
done
chosen=()
for kind in "${made[@]}"; do
	case " ${KINDS:-$kind} " in *" $kind "*) chosen+=("$kind") ;; esac
done
tell() { # tell OPTION COUNT: its lines are results
	for kind in "${chosen[@]}"; do "$mutate" "$1" "$2" "$SEED" "$kind"; done >said 2>&1
	cat said
	tests=$((tests + $(grep -c -e '^ok' -e '^not ok' said)))
	[ "$(grep -c '^ok' said)" = ${#chosen[@]} ]
	result $? "$2 times of each of ${#chosen[@]} kinds"
}
tell -s "$COUNT"
tell -c "$CUTS"
plan
