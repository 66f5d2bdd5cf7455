#!/usr/bin/env bash
# elemental.sh - systems of Elemental: images in files of the state partition, one of which is active, and
# snapshots of btrfs; what is kept on the persistent partition, by the configuration in its forms.
# Built from the sample node, each must give what its directory gives. Prints TAP.
differs=notes
. tests/support/nodes.sh
have mke2fs
have sfdisk

elemental() { # elemental IMAGE [var|kept]: of the directories oem/, persistent/ and layouts/, with two snapshots of
	# which the second boots: tree/ without what persists, with its /var, or whole
	rm -rf image states && cp -a tree image && mkdir -p image/system/oem image/etc/elemental states/.snapshots/1 states/.snapshots/2
	cp -a layouts/. image/system/oem/ && [ ! -e config.yaml ] || cp config.yaml image/etc/elemental/
	[ "${2:-}" = kept ] || rm -r image/etc/systemd/system/kubelet.service.d
	[ -n "${2:-}" ] || rm -r image/var/lib/kubelet/*
	ext4 snapshot.img image 12 -L EL_SNAP2 && cp --sparse=always snapshot.img states/.snapshots/2/
	mkdir -p states/.snapshots/passives && ln -s ../1/snapshot.img states/.snapshots/passives/passive_1
	head -c 4096 /dev/zero >states/.snapshots/1/snapshot.img && ln -s 2/snapshot.img states/.snapshots/active
	ext4 states.ext4 states 24 -L COS_STATE
	elemental_disk "$1" states.ext4 24
}
elemental_disk() { # elemental_disk IMAGE STATE MIB
	ext4 oem.ext4 oem 2 -L COS_OEM
	ext4 persistent.ext4 persistent 8 -L COS_PERSISTENT
	disk "$1" $(($3 + 24)) <<-TABLE
		label: gpt
		start=1MiB,size=2MiB,name=oem
		start=4MiB,size=8MiB,name=persistent
		start=16MiB,size=$3MiB,name=state
	TABLE
	put "$1" 1 oem.ext4
	put "$1" 4 persistent.ext4
	put "$1" 16 "$2"
}
mounts() { # mounts FILE MODE PATH...: a configuration that keeps these
	mkdir -p "$(dirname "$1")" && printf 'mount:\n  persistent:\n    mode: %s\n    paths:\n' "$2" >"$1"
	printf '    - %s\n' "${@:3}" >>"$1"
}
mkdir -p layouts oem persistent/.state
for path in etc-systemd var-lib-kubelet; do
	mkdir -p persistent/.state/$path.overlay/upper
done
cp -a tree/var/lib/kubelet/. persistent/.state/var-lib-kubelet.overlay/upper/
mkdir persistent/.state/etc-systemd.overlay/upper/system && cp -a tree/etc/systemd/system/kubelet.service.d persistent/.state/etc-systemd.overlay/upper/system/
mounts config.yaml overlay /etc/systemd /var/lib/kubelet
elemental elemental.raw
same 'Elemental: the active snapshot, and what is kept in overlays' elemental.raw \
	'gpt > p3 ext4 \"COS_STATE\" > .snapshots/active > ext4 \"EL_SNAP2\"'
says 'Elemental: inspect tells where it is kept' 0 '/etc/systemd.*/run/elemental/persistent/.state/etc-systemd.overlay/upper' inspect elemental.raw
rm config.yaml && printf 'name: x\nstages:\n  rootfs:\n  - files:\n    - path: /etc/elemental/config.d/90.yaml\n      content: |\n' >oem/91.yaml
mounts said overlay /etc/systemd /var/lib/kubelet && sed 's/^/        /' said >>oem/91.yaml
elemental written.raw
same 'Elemental: a configuration that the boot writes' written.raw
mv persistent/.state/var-lib-kubelet.overlay . && sed -i 's/- files:/- if: "grep x \/proc\/cmdline"\n    files:/' oem/91.yaml
elemental untold.raw kept
says 'Elemental: and one that it may write' 2 '/etc/elemental/config.d/90.yaml: .*cannot be told' scan -c 4.2.7 untold.raw
rm oem/91.yaml
elemental usual.raw var
same 'Elemental: /etc/systemd is kept without a configuration' usual.raw
printf 'stages:\n  rootfs:\n  - if: "[ ! -f /run/elemental/recovery_mode ]"\n    environment_file: /run/elemental/mount-layout.env\n    environment: {PERSISTENT_STATE_PATHS: /srv}\n' >layouts/10.yaml
rm -rf kept && mv persistent/.state/etc-systemd.overlay/upper/system kept && mkdir persistent/.state/etc-systemd.overlay/upper/system
echo '[Service]' >persistent/.state/etc-systemd.overlay/upper/system/kubelet.service && elemental paths.raw kept
same 'Elemental: paths of the environment replace those' paths.raw
rm -rf layouts/10.yaml persistent/.state/etc-systemd.overlay && mkdir -p persistent/.state/etc-systemd.bind && mv kept persistent/.state/etc-systemd.bind/system
mounts config.yaml bind /etc/systemd /var/lib/kubelet && mv var-lib-kubelet.overlay/upper persistent/.state/var-lib-kubelet.bind
elemental bound.raw
same 'Elemental: bound paths' bound.raw
printf '  ephemeral: {type: block, device: /dev/vdb}\n' >>config.yaml
elemental block.raw
says 'Elemental: what is written to a partition is not known' 2 "/etc: is written to 'block': not supported" scan -c 4.2.7 block.raw
mounts config.yaml other /etc/systemd
elemental other.raw kept
says 'Elemental: nor what is kept in another way' 2 "no mode 'other' is known" scan -c 4.2.7 other.raw
echo 'mount: {persistent: {paths: /etc}}' >config.yaml
elemental odd.raw kept
says 'Elemental: nor by what is no list' 2 'config.yaml: not the lists' scan -c 4.2.7 odd.raw
mounts config.yaml bind /etc/systemd /var/lib/kubelet
if command -v mkfs.btrfs >/dev/null; then
	elemental unused.raw && mkdir -p image/usr/lib/dracut/modules.d/30elemental-rootfs && rm -f state.btrfs && truncate -s 128M state.btrfs
	mkfs.btrfs -q -L COS_STATE --rootdir image state.btrfs >said 2>&1 || sed 's/^/# /' said
	elemental_disk btrfs.raw state.btrfs 128
	same 'Elemental: a snapshot of btrfs' btrfs.raw
else
	skip 'Elemental on btrfs' 'mkfs.btrfs is not installed'
fi
plan
