#!/usr/bin/env bash
# limits.sh - each limit of include/limit.h, lowered by its option: what was asked for is unknown by
# reason `limit`, or the target ends with status 70, and either names the option. Without it the
# node is judged as always. Prints TAP.
. tests/support/nodes.sh
have mke2fs

# A drop-in in a large directory, behind two links, in pieces: comments that do not compress, holes.
units=tree/etc/systemd/system/kubelet.service.d
dropin=$units/10-kubeadm.conf
mv "$dropin" "$dropin.real" && ln -s 10-kubeadm.conf.link "$dropin" && ln -s 10-kubeadm.conf.real "$dropin.link"
python3 - "$dropin.real" <<'PY'
import random, sys
random.seed(1)
with open(sys.argv[1], "r+b") as f:
    f.seek(0, 2)
    for i in range(4):
        f.write(b"\n" + b"".join(b"#%0128x\n" % random.getrandbits(512) for _ in range(80)))
        f.seek(-(-f.tell() // 65536) * 65536 + 65536)
    f.write(b"\n")
PY
(cd "$units" && touch $(seq -f 'a-name-that-takes-some-room-in-its-directory-%g' 300))

limited() { # limited OPTION VALUE TARGET [NAME]: what it says names the option
	"$OFFNODE" scan -v -c 4.2.6 -f json "--max-$1=$2" "$3" >said 2>&1 </dev/null
	local status=$?
	case $status in
	2) grep -q '"reason": "limit"' said && grep -q -e "--max-$1" said && ! grep -q '"verdict": "pass"' said ;;
	70) grep -q -e "--max-$1" said ;;
	*) false ;;
	esac
	status=$?
	[ $status = 0 ] || grep -E 'verdict|reason|limit|detail|offnode:' said | sed 's/^/# /'
	result $status "--max-$1=$2 ${4:-${3%%:*}}"
}
plain() { # plain TARGET: judged as always
	says "$1 as it is" 1 '4.2.6' scan -c 4.2.6 "$1"
}
on_disk() { # on_disk SCHEME:IMAGE
	plain "$1" && limited directory 500 "$1" && limited extents 2 "$1"
}
mounted() { # mounted IMAGE: filled through a mount of Linux
	mkdir -p mnt && mount -o loop "$1" mnt 2>said || return 1
	cp -a --sparse=always tree/. mnt
	umount mnt
}

tar -C tree -cf node.tar . && gzip -k node.tar
plain tar:node.tar.gz
limited entries 20 tar:node.tar
limited entries 20 dir:tree
limited memory 100K tar:node.tar
limited links 1 dir:tree
limited links 1 tar:node.tar
says 'one link more would do' 1 4.2.6 scan -c 4.2.6 --max-links=2 dir:tree
says 'past 40 Linux gives up, whatever is allowed' 1 4.2.6 scan -c 4.2.6 --max-links=1K dir:tree
head -c 80M /dev/zero >tree/zeros && tar -C tree -czf zeros.tar.gz . && rm tree/zeros
plain tar:zeros.tar.gz
limited ratio 100 tar:zeros.tar.gz
says 'a file that is not kept' 70 'max-file allows 1024' cat --max-file=1K tar:zeros.tar.gz /zeros

boot=many/ostree/deploy/os/deploy && mkdir -p $boot && cp -a tree $boot/aa.0 && mkdir -p many/ostree/deploy/os/var
cp -a tree/var/. many/ostree/deploy/os/var/ && mkdir -p $boot/bb.0/etc $boot/cc.0/etc
plain dir:many
limited deployments 2 dir:many
ext4 node.ext4 tree 8
on_disk ext4:node.ext4
limited links 1 ext4:node.ext4
limited reads 8 ext4:node.ext4
limited read-bytes 100K ext4:node.ext4
gzip -k node.ext4 && gzip -c node.ext4.gz >node.ext4.gz.gz
limited spill 4K node.ext4.gz 'a compressed disk'
limited depth 1 node.ext4.gz.gz 'wrappers'
if command -v qemu-img >/dev/null; then
	qemu-img create -q -f qcow2 -b node.ext4 -F raw one.qcow2 && qemu-img create -q -f qcow2 -b one.qcow2 -F qcow2 two.qcow2 &&
		qemu-img create -q -f qcow2 -b two.qcow2 -F qcow2 three.qcow2
	says 'two files behind a disk' 1 4.2.6 scan -c 4.2.6 --allow-backing --max-depth=2 two.qcow2
	says 'three are past a limit of two' 70 'see --max-depth' scan --allow-backing --max-depth=2 three.qcow2
else
	skip 'files behind a disk' 'qemu-img is not installed'
fi
for kind in xfs btrfs; do
	if [ "$(id -u)" = 0 ] && command -v mkfs.$kind >/dev/null && truncate -s 304M node.$kind &&
		mkfs.$kind -q node.$kind >/dev/null && mounted node.$kind; then
		on_disk $kind:node.$kind
	else
		skip "limits of $kind" "no mkfs.$kind, or no mount"
	fi
done
if command -v mksquashfs >/dev/null; then
	mksquashfs tree node.squashfs -quiet -no-progress -b 4K >/dev/null
	on_disk squashfs:node.squashfs
else
	skip 'limits of squashfs' 'mksquashfs is not installed'
fi
if command -v mkfs.erofs >/dev/null; then
	mkfs.erofs -zlz4 node.erofs tree >/dev/null 2>&1
	on_disk erofs:node.erofs
else
	skip 'limits of erofs' 'mkfs.erofs is not installed'
fi
if command -v xorriso >/dev/null; then
	xorriso -as mkisofs -quiet -R -o node.iso tree 2>/dev/null
	plain iso:node.iso && limited directory 2000 iso:node.iso
else
	skip 'limits of iso9660' 'xorriso is not installed'
fi
if command -v mkfs.vfat >/dev/null && command -v mcopy >/dev/null; then
	truncate -s 8M node.fat && mkfs.vfat node.fat >/dev/null && mcopy -i node.fat "$dropin.real" ::file
	says 'a directory of vfat' 70 'see --max-directory' ls --max-directory=16 node.fat /
	says 'a file of vfat' 70 'see --max-extents' cat --max-extents=2 node.fat /file
else
	skip 'limits of vfat' 'dosfstools or mtools is not installed'
fi

# ---- what help says is what holds ----

"$OFFNODE" help >help
sed -n 's/^\tX(\([a-z_]*\), \(.*\)) *\/\*.*/\1 \2/p' "$top/include/limit.h" | while read -r name usual; do
	said=$(grep -e "--max-${name//_/-} " help | sed -n 's/.*(\([0-9]*\)\([KMG]\{0,1\}\))$/\1 \2/p')
	case ${said#* } in K) unit=10 ;; M) unit=20 ;; G) unit=30 ;; *) unit=0 ;; esac
	[ "$((${said% *} << unit))" = "$((${usual//ull/}))" ] || echo "$name: help says $said, it is $usual"
done >said
test ! -s said && [ "$(grep -c -e --max- help)" = "$(grep -c '^	X(' "$top/include/limit.h")" ]
result $? 'help names each limit with what it usually is'

plan
