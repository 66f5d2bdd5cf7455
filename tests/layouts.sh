#!/usr/bin/env bash
# layouts.sh - systems that lay their root together in ways of their own: banks of which one boots,
# a /usr from elsewhere, an /etc that is an overlay, subvolumes, deployments. Each is built by real
# mkfs tools from the sample node, and must give what its directory gives. Prints TAP.
differs=notes
. tests/support/nodes.sh
have mke2fs
have sfdisk

# ---- banks ----

# The other bank holds a node that passes.
mkdir other && cp -a tree/. other/ && rm other/etc/systemd/system/kubelet.service.d/10-kubeadm.conf
sed -i 's/--make-iptables-util-chains=false//' other/etc/systemd/system/kubelet.service.d/* 2>/dev/null
ext4 a.ext4 other 8
ext4 b.ext4 tree 8
banks() { # banks IMAGE ATTRIBUTES-OF-A ATTRIBUTES-OF-B
	disk "$1" 20 <<-E
		label: gpt
		start=1MiB,size=8MiB,name=ROOT-A,attrs="$2"
		start=10MiB,size=8MiB,name=ROOT-B,attrs="$3"
	E
	put "$1" 1 a.ext4
	put "$1" 10 b.ext4
}
banks ab.raw 'GUID:48,56' 'GUID:49,56'
same 'the bank of the higher priority boots' ab.raw
banks untried.raw 'GUID:49' 'GUID:48,56'
same 'unless it has neither started nor tries left' untried.raw
banks tries.raw 'GUID:48,56' 'GUID:49,52'
same 'tries are enough' tries.raw
banks none.raw '' ''
same '#slot=B chooses' 'none.raw#slot=B'
"$OFFNODE" scan none.raw >said 2>&1
[ "$(grep -c ROOT- said)" -le 1 ] && ! grep -q 'none.raw#' said
result $? 'only one of them is scanned'
says 'a bank that there is not' 64 "no bank 'C', choose one of A, B" scan 'none.raw#slot=C'
says 'a disk without banks' 64 "no bank 'A', the disk has none" scan 'a.ext4#slot=A'
says 'a choice of nothing' 64 'slot=, subvol= or deploy=' scan 'none.raw#bank=A'

# ---- Flatcar ----

usr=5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6
mkdir -p flatcar/usr/share/flatcar flatcar/root
cp -a tree/usr/. flatcar/usr/
cp -a tree/etc flatcar/usr/share/flatcar/etc
cp -a tree/var flatcar/root/
# What an administrator changed lies in the root partition, and what he deleted is a device there.
mkdir -p flatcar/root/etc/systemd/system/kubelet.service.d
mv flatcar/usr/share/flatcar/etc/systemd/system/kubelet.service.d/10-kubeadm.conf flatcar/root/etc/systemd/system/kubelet.service.d/
printf '[Service]\nEnvironment=KUBELET_EXTRA_ARGS=--v=9\n' >flatcar/usr/share/flatcar/etc/systemd/system/kubelet.service.d/99-gone.conf
mknod flatcar/root/etc/systemd/system/kubelet.service.d/99-gone.conf c 0 0 2>/dev/null
ext4 usr-a.ext4 flatcar/usr 8
ext4 flatcar.ext4 flatcar/root 8 -L ROOT
disk flatcar.raw 40 <<-TABLE
	label: gpt
	start=1MiB,size=8MiB,name=USR-A,type=$usr,attrs="GUID:48,56"
	start=10MiB,size=8MiB,name=USR-B,type=$usr
	start=20MiB,size=8MiB,name=ROOT
TABLE
put flatcar.raw 1 usr-a.ext4
put flatcar.raw 20 flatcar.ext4
if [ -c flatcar/root/etc/systemd/system/kubelet.service.d/99-gone.conf ]; then
	same 'Flatcar: /usr of its bank, /etc over what /usr brings' flatcar.raw
else
	skip 'Flatcar: /usr of its bank, /etc over what /usr brings' 'devices cannot be made here'
fi

# ---- a /usr alone: systemd-repart makes the root at the first boot ----

disk repart.raw 20 <<-TABLE
	label: gpt
	start=1MiB,size=8MiB,type=8484680c-9521-48c6-9c11-b0720656f69e
TABLE
mkdir repart && cp -a tree/usr/. repart/ && cp -L tree/etc/os-release repart/lib/
ext4 repart.ext4 repart 8
put repart.raw 1 repart.ext4
says 'a /usr without its root is not a disk without a kubelet' 2 'whose root is made at the first boot' scan -c 4.2.7 repart.raw

# ---- COS ----

mkdir -p cos/root cos/state
cp -a tree/. cos/root/ && rm -rf cos/root/var && mkdir cos/root/var
mkdir cos/state/var && cp -a tree/var/. cos/state/var/
ext4 cos-root.ext4 cos/root 8
ext4 cos-state.ext4 cos/state 8
disk cos.raw 40 <<-TABLE
	label: gpt
	start=1MiB,size=8MiB,name=STATE
	start=10MiB,size=8MiB,name=ROOT-A
	start=20MiB,size=8MiB,name=ROOT-B
TABLE
put cos.raw 1 cos-state.ext4
put cos.raw 10 cos-root.ext4
same 'COS: /var on the stateful partition' cos.raw

# ---- an /etc that fstab overlays ----

mkdir -p micro/root && cp -a tree/. micro/root/
mkdir -p micro/root/var/lib/overlay/1/etc/systemd/system
mv micro/root/etc/systemd/system/kubelet.service.d micro/root/var/lib/overlay/1/etc/systemd/system/
echo 'overlay /etc overlay defaults,lowerdir=/sysroot/etc,upperdir=/sysroot/var/lib/overlay/1/etc,workdir=/sysroot/var/lib/overlay/1/work 0 0' \
	>>micro/root/etc/fstab
ext4 micro.ext4 micro/root 8
same 'an overlay of fstab: its upper directory counts' micro.ext4
sed -i 's,lowerdir=/sysroot/etc,lowerdir=/sysroot/nothing,' micro/root/etc/fstab
ext4 broken.ext4 micro/root 8
says 'an overlay of what is not there hides what it may hold' 2 'nothing: no such directory' scan -c 4.2.7 broken.ext4

# Of older MicroOS each snapshot has one that lies over those before it.
mkdir -p many/root && cp -a tree/. many/root/
mkdir -p many/root/var/lib/overlay/{1,2,3}/etc/systemd/system/kubelet.service.d
mv many/root/etc/systemd/system/kubelet.service.d/10-kubeadm.conf many/root/var/lib/overlay/1/etc/systemd/system/kubelet.service.d/
printf '[Service]\nEnvironment=KUBELET_EXTRA_ARGS=--v=9\n' >many/root/var/lib/overlay/2/etc/systemd/system/kubelet.service.d/99-gone.conf
mknod many/root/var/lib/overlay/3/etc/systemd/system/kubelet.service.d/99-gone.conf c 0 0 2>/dev/null
echo 'overlay /etc overlay defaults,upperdir=/sysroot/var/lib/overlay/3/etc,lowerdir=/sysroot/var/lib/overlay/2/etc:/sysroot/var/lib/overlay/1/etc:/sysroot/etc,workdir=/sysroot/var/lib/overlay/3/work-etc,x-systemd.requires-mounts-for=/sysroot/var,x-initrd.mount 0 0' \
	>>many/root/etc/fstab
ext4 many.ext4 many/root 8
if [ -c many/root/var/lib/overlay/3/etc/systemd/system/kubelet.service.d/99-gone.conf ]; then
	same 'MicroOS: overlays of several snapshots' many.ext4
else
	skip 'MicroOS: overlays of several snapshots' 'devices cannot be made here'
fi

# A directory that was removed and made anew hides what was in it: overlayfs marks it, here Linux's own.
anew() { # anew FILE-SYSTEM
	local dir=etc/systemd/system/kubelet.service.d
	truncate -s 320M "anew.$1" && "mkfs.$1" -q "anew.$1" >mkfs.log 2>&1 && mkdir -p anew merged && mount -o loop "anew.$1" anew || return
	cp -a tree/. anew/ && mkdir -p anew/upper anew/work
	printf '[Service]\nEnvironment=KUBELET_EXTRA_ARGS=--v=9\n' >"anew/$dir/99-old.conf"
	mount -t overlay overlay -o lowerdir=anew/etc,upperdir=anew/upper,workdir=anew/work merged &&
		rm -r "merged/${dir#etc/}" && cp -a "tree/$dir" "merged/${dir#etc/}" && umount merged
	echo 'overlay /etc overlay lowerdir=/etc,upperdir=/upper,workdir=/work 0 0' >>anew/etc/fstab
	umount anew
}
for fs in ext4 xfs btrfs; do
	if [ "$(id -u)" = 0 ] && command -v mkfs.$fs >/dev/null && anew $fs; then
		same "an overlay on $fs: a directory made anew hides the old one" anew.$fs
	else
		skip "an overlay on $fs: a directory made anew hides the old one" 'needs root, mounts and mkfs'
	fi
done

# ---- what units mount ----

mkdir -p units/root && cp -a tree/. units/root/ && rm -rf units/root/var && mkdir units/root/var units/root/data
cat >units/root/etc/systemd/system/data.mount <<-'E'
	[Mount]
	What=/dev/disk/by-label/DATA
	Where=/data
	Type=ext4
	[Install]
	WantedBy=local-fs.target
E
printf '[Mount]\nWhat=/data/var\nWhere=/var\nType=none\nOptions=bind\n' >units/root/etc/systemd/system/var.mount
mkdir -p units/root/etc/systemd/system/local-fs.target.{wants,requires} units/data && cp -a tree/var units/data/var
ln -s ../data.mount units/root/etc/systemd/system/local-fs.target.wants/
ln -s ../var.mount units/root/etc/systemd/system/local-fs.target.requires/
ext4 units.ext4 units/root 8
ext4 data.ext4 units/data 8 -L DATA
disk units.raw 20 <<-E
	label: gpt
	start=1MiB,size=8MiB
	start=10MiB,size=8MiB
E
put units.raw 1 units.ext4
put units.raw 10 data.ext4
same 'mount units: /var is a directory of another volume' units.raw
says 'a volume of theirs that is not there hides what it may hold' 2 'DATA is not on the disk' scan -c 4.2.7 units.ext4

# ---- subvolumes ----

if [ "$(id -u)" = 0 ] && command -v mkfs.btrfs >/dev/null; then
	truncate -s 130M sub.btrfs && mkfs.btrfs -q -f -L node sub.btrfs >mkfs.log 2>&1 && mkdir mnt && mount -o loop sub.btrfs mnt
	btrfs -q subvolume create mnt/@ && btrfs -q subvolume create mnt/@var && btrfs -q subvolume create mnt/old
	cp -a tree/. mnt/@/ && rm -rf mnt/@/var && mkdir mnt/@/var && cp -a tree/var/. mnt/@var/
	echo 'LABEL=node /var btrfs subvol=/@var 0 0' >>mnt/@/etc/fstab
	cp -a other/. mnt/old/
	umount mnt
	same 'btrfs: a root in the subvolume @, /var in another' sub.btrfs
	same '#subvol=@ chooses' 'sub.btrfs#subvol=@'
	says '#subvol=old is another root' 0 'PASS  4.2' scan -c 4.2.7 'sub.btrfs#subvol=old'
	says 'a subvolume that there is not' 64 'no subvolume nothing among subvolid=256 (@), subvolid=257 (@var)' scan 'sub.btrfs#subvol=nothing'
else
	skip 'btrfs: subvolumes' 'needs root and mkfs.btrfs'
fi

# ---- one file system over several partitions ----

parts() { # loop devices of three fresh files, in `loops`
	loops=()
	for n in 0 1 2; do
		rm -f "part$n" && truncate -s 160M "part$n" && loops[n]=$(losetup --find --show "part$n") || return 1
	done
}
release() {
	umount -q "$work/mnt"
	[ -z "${loops[*]:-}" ] || losetup -d "${loops[@]}"
	loops=()
	btrfs device scan --forget >/dev/null 2>&1
}
together() { # together IMAGE: a disk of the three
	release
	disk "$1" 500 <<<$'label: gpt\nsize=160MiB\nsize=160MiB\nsize=160MiB'
	for n in 0 1 2; do put "$1" $((1 + 160 * n)) "part$n"; done
}
erase() { # erase IMAGE N: what its nth partition holds
	dd if=/dev/zero of="$1" bs=1M seek=$((1 + 160 * ($2 - 1))) count=160 conv=notrunc status=none
}
one_root() { # one_root NAME IMAGE: and that is as the directory's
	same "$1" "$2"
	! "$OFFNODE" scan "$2" 2>&1 | grep -q "$2#"
	result $? "$1: one root"
}
if [ "$(id -u)" = 0 ] && command -v mkfs.btrfs >/dev/null && mkdir -p mnt && parts; then
	trap 'release; rm -rf "${work:?}"' EXIT
	mkfs.btrfs -q -f -d raid5 -m raid5 "${loops[@]}" >mkfs.log 2>&1 && btrfs -q device scan "${loops[@]}" &&
		mount -t btrfs "${loops[0]}" mnt && cp -a tree/. mnt/
	together raid5.raw
	one_root 'btrfs: raid5 over three partitions' raid5.raw
	says 'btrfs: what shows the other devices' 0 'device of p1 > btrfs' inspect raid5.raw
	erase raid5.raw 1
	one_root 'btrfs: raid5 without a device' raid5.raw
	says 'btrfs: that a device is missing' 1 'lacks 1 of its 3 devices' scan -v raid5.raw
	erase raid5.raw 3
	says 'btrfs: raid5 without two devices' 2 'is missing' scan raid5.raw

	parts && mkfs.btrfs -q -f "${loops[0]}" >mkfs.log 2>&1 && mount "${loops[0]}" mnt && cp -a other/. mnt/ &&
		umount mnt && btrfstune -f -S 1 "${loops[0]}" && mount "${loops[0]}" mnt 2>mount.log &&
		btrfs -q device add -f "${loops[1]}" mnt >mount.log 2>&1 && mount -o remount,rw mnt && cp -a tree/. mnt/
	together seed.raw
	one_root 'btrfs: a system grown out of a seed' seed.raw
	says 'btrfs: the seed itself' 0 'PASS  4.2' scan -c 4.2.7 'seed.raw#p1'
	erase seed.raw 1
	says 'btrfs: a system without its seed' 1 'lacks 1 of its 2 devices' scan -v seed.raw
else
	skip 'btrfs: several devices' 'needs root and mkfs.btrfs'
fi

# ---- deployments ----

deployment() { # deployment NUMBER DIRECTORY
	local to
	to=ostree/ostree/deploy/os/deploy/$(printf "$1%.0s" {1..64}).0
	mkdir -p "$to" ostree/ostree/deploy/os/var
	cp -a "$2/usr" "$2/etc" "$to/" && mkdir -p "$to/var" "$to/sysroot"
	mkdir -p "ostree/ostree/boot.1/os/$1" ostree/boot/loader/entries
	ln -s "../../../deploy/os/deploy/$(basename "$to")" "ostree/ostree/boot.1/os/$1/0"
	printf 'title %s\nversion %s\noptions root=x ostree=/ostree/boot.1/os/%s/0\n' "$1" "$1" "$1" \
		>"ostree/boot/loader/entries/ostree-$1.conf"
}
deployment 1 other
deployment 2 tree
cp -a tree/var/. ostree/ostree/deploy/os/var/
ext4 ostree.ext4 ostree 16
same 'ostree: the deployment of the highest version boots' 'ostree.ext4#deploy=0'
says 'ostree: both are scanned' 1 'ostree.ext4#deploy=1' scan ostree.ext4
says '#deploy=1 is the other' 0 'PASS  4.2' scan -c 4.2.7 'ostree.ext4#deploy=1'
says 'a deployment that there is not' 64 "no deployment '7'" scan 'ostree.ext4#deploy=7'
plan
