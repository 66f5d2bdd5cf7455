#!/usr/bin/env bash
# nested.sh - systems in files of volumes: the image that COS boots, live systems on ISO images, initial
# RAM disks; extensions that the boot lays over /usr and /etc; trees whose files are objects of a store.
# Each is built by real tools from the sample node, and must give what its directory gives. Prints TAP.
differs=notes
. tests/support/nodes.sh
have mke2fs
have sfdisk
have mksquashfs
. "$top/tests/support/uki.sh"

esp() { # esp IMAGE [FILE PATH]...
	local image=$1 dir path
	rm -f "$image" && truncate -s 12M "$image" && mkfs.vfat "$image" >said 2>&1
	shift
	while [ $# -gt 0 ]; do
		path=
		for dir in $(dirname "$2" | tr / ' '); do
			path=$path/$dir
			mmd -D s -i "$image" "::$path" >/dev/null 2>&1
		done
		mcopy -i "$image" "$1" "::$2"
		shift 2
	done
}
squash() { # squash IMAGE DIRECTORY
	rm -f "$1" && mksquashfs "$2" "$1" -quiet -no-progress -all-root >mksquashfs.log 2>&1 || sed 's/^/# /' mksquashfs.log
}
iso() { # iso IMAGE DIRECTORY
	xorriso -as mkisofs -quiet -R -V LIVE -o "$1" "$2" >xorriso.log 2>&1 || sed 's/^/# /' xorriso.log
}

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

# The partitions that the layout mounts over it: what made the node fail lies in the persistent one.
kairos() { # kairos IMAGE [kept]: of the directories persistent/ and oem/, and tree/ without what persists
	rm -rf image && cp -a tree image
	[ -n "${2:-}" ] || rm -r image/etc/systemd/system/kubelet.service.d image/var/lib/kubelet/*
	mkdir -p image/oem image/usr/local image/system && cp -a layouts image/system/oem
	ext4 kairos.img image 12 -L COS_ACTIVE && rm -rf states && mkdir -p states/cOS && cp --sparse=always kairos.img states/cOS/active.img
	ext4 states.ext4 states 24 -L COS_STATE
	ext4 oem.ext4 oem 2 -L COS_OEM
	ext4 persistent.ext4 persistent 8 -L COS_PERSISTENT
	disk "$1" 48 <<-TABLE
		label: gpt
		start=1MiB,size=2MiB,name=oem
		start=4MiB,size=24MiB,name=state
		start=32MiB,size=8MiB,name=persistent
	TABLE
	put "$1" 1 oem.ext4
	put "$1" 4 states.ext4
	put "$1" 32 persistent.ext4
}
layout() { # layout FILE CONDITION PATHS [MORE-LINES]
	mkdir -p "$(dirname "$1")" && cat >"$1" <<-YAML
		name: "Layout"
		stages:
		  rootfs.after:
		    - if: '$2'
		      name: "Layout configuration"
		      environment_file: /run/cos/cos-layout.env
		      environment:
		        VOLUMES: "LABEL=COS_OEM:/oem LABEL=COS_PERSISTENT:/usr/local"
		        OVERLAY: "tmpfs:25%"
		        RW_PATHS: "/var /etc /srv"
		        PERSISTENT_STATE_PATHS: >-
		          $3
		        ${4:-PERSISTENT_STATE_BIND: "true"}
	YAML
}
normal='[ ! -f "/run/cos/recovery_mode" ] && [ ! -e "/run/cos/uki_install_mode" ]'
mkdir -p persistent/.state/etc-systemd.bind/system oem
cp -a tree/etc/systemd/system/kubelet.service.d persistent/.state/etc-systemd.bind/system/
cp -a tree/var/lib/kubelet persistent/.state/var-lib-kubelet.bind
layout layouts/11_persistency.yaml "$normal" '/etc/systemd /var/lib/kubelet'
kairos kairos.raw
same 'Kairos: persistent paths are bound' kairos.raw
says 'Kairos: inspect tells what is mounted' 0 '/etc/systemd.*etc-systemd.bind' inspect kairos.raw
layout layouts/11_persistency.yaml "$normal" '/etc/modprobe.d' && layout oem/91_paths.yaml "$normal" '/etc/systemd /var/lib/kubelet'
kairos oem.raw
same 'Kairos: a layout of the partition COS_OEM counts' oem.raw
layout oem/91_paths.yaml '[ -f "/run/cos/recovery_mode" ]' '/etc/systemd /var/lib/kubelet'
kairos recovery.raw
facts recovery.raw >got && ! cmp -s want got
result $? 'Kairos: one for recovery does not'
layout oem/91_paths.yaml 'grep -q rd.cos.debugrw /proc/cmdline' '/etc/systemd /var/lib/kubelet'
kairos untold.raw
says 'Kairos: a condition that nobody can tell hides what the paths may hold' 2 'hangs on a condition' scan -c 4.2.7 untold.raw
printf '{{ if .X }}\nstages: {{ end }} cos-layout.env\n' >oem/91_paths.yaml
kairos template.raw
says 'Kairos: a layout that cannot be read hides it too' 2 '91_paths.yaml: the layout in it cannot be read' scan -c 4.2.7 template.raw
layout oem/91_paths.yaml "$normal" "$(seq -s ' ' -f '/etc/d%g' 201)"
kairos many.raw
says 'Kairos: and one of more paths than are laid' 2 'too many paths' scan -c 4.2.7 many.raw
rm oem/91_paths.yaml && ln -s 91_paths.yaml oem/91_paths.yaml
kairos loop.raw
says 'Kairos: and one that cannot be read' 2 '91_paths.yaml: the layout in it cannot be read: ' scan -c 4.2.7 loop.raw
rm oem/91_paths.yaml && layout layouts/11_persistency.yaml "$normal" '/etc/systemd /var/lib/kubelet'
kairos alone.raw && dd if=/dev/zero of=alone.raw bs=1M seek=32 count=8 conv=notrunc status=none
says 'Kairos: without the persistent partition it is not known' 2 'LABEL=COS_PERSISTENT is not on the disk' scan -c 4.2.7 alone.raw
# Without PERSISTENT_STATE_BIND they are overlays.
for path in etc-systemd var-lib-kubelet; do
	mkdir persistent/.state/$path.overlay && mv persistent/.state/$path.bind persistent/.state/$path.overlay/upper
done
layout layouts/11_persistency.yaml "$normal" '/etc/systemd /var/lib/kubelet' 'PERSISTENT_STATE_TARGET: /usr/local/.state'
kairos overlay.raw
same 'cOS: persistent paths are overlays' overlay.raw
mv persistent/.state/etc-systemd.{overlay/upper,bind} && echo '[Service]' >persistent/.state/etc-systemd.bind/system/kubelet.service.d/10-kubeadm.conf
layout layouts/11_persistency.yaml "$normal" /etc/systemd
kairos kept.raw kept
same 'Kairos: the files of the image are copied over what persisted' kept.raw

# A file whose only extent is all of the file system that it is in, but for the first block.
cat >self.py <<'PY'
import re, struct, subprocess, sys
where = subprocess.run(["debugfs", "-R", "imap /cOS/active.img", sys.argv[1]], capture_output=True, text=True).stdout
block, offset = re.search(r"block (\d+), offset (0x[0-9a-f]+)", where).groups()
inode = int(block) * 1024 + int(offset, 16)
with open(sys.argv[1], "r+b") as f:
    size = f.seek(0, 2)
    f.seek(inode + 4)  # i_size_lo
    f.write(struct.pack("<I", size))
    f.seek(inode + 40 + 12)  # the first extent: block, length, start
    f.write(struct.pack("<IHHI", 1, size // 1024 - 1, 0, 1))
PY
if command -v debugfs >/dev/null; then
	ext4 self.ext4 state 24 -b 1024 -O ^metadata_csum && python3 self.py self.ext4
	says 'a file that holds itself ends' 2 'lies in more than 8 files' scan -c 4.2.6 self.ext4
else
	skip 'a file that holds itself ends' 'debugfs is not installed'
fi

if command -v debugfs >/dev/null; then
	cos stale.raw active.img
	debugfs -w -R 'feature needs_recovery' state.ext4 >said 2>&1
	block=$(debugfs -R 'bmap <8> 0' state.ext4 2>/dev/null)
	size=$(dumpe2fs -h state.ext4 2>/dev/null | sed -n 's/^Block size: *//p')
	printf '\0\0\0\1' | dd of=state.ext4 bs=1 seek=$((block * size + 28)) conv=notrunc status=none # s_start
	printf '\377' | dd of=state.ext4 bs=1 seek=$((block * size + 12)) conv=notrunc status=none        # s_blocksize
	put stale.raw 4 state.ext4
	says 'what holds the file is stale: so is the file' 2 'p2/cOS/active.img: .*journal' scan -c 4.2.7 stale.raw
else
	skip 'what holds the file is stale: so is the file' 'debugfs is not installed'
fi

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
	# Layers of which each holds what changed in the one below; what is gone is a device there.
	rm -rf layer0 layer1 layer2 && cp -a tree layer0 && mkdir -p layer1/etc/systemd/system layer1/etc/default layer2/etc/systemd/system/kubelet.service.d
	mv layer0/etc/systemd/system/kubelet.service.d layer1/etc/systemd/system/
	printf '[Service]\nEnvironment=KUBELET_EXTRA_ARGS=--v=9\n' >layer1/etc/systemd/system/kubelet.service.d/99-gone.conf
	layered() { # layered IMAGE [LAYER]: the medium, whose boot menu names that layer
		rm -rf live && mkdir -p live/casper live/boot/grub
		for i in 0:a 1:a.b 2:a.b.live 2:z; do squash "live/casper/${i#*:}.squashfs" "layer${i%:*}"; done
		[ -z "${2:-}" ] || printf 'menuentry "Try" {\n\tlinux /casper/vmlinuz layerfs-path=%s quiet\n}\n' "$2" >live/boot/grub/grub.cfg
		[ -z "${3:-}" ] || cp "$3" live/casper/initrd
		iso "$1" live
	}
	if mknod layer2/etc/systemd/system/kubelet.service.d/99-gone.conf c 0 0 2>/dev/null; then
		layered layers.iso a.b.live.squashfs
		same 'layers of an Ubuntu medium, which the boot menu names' layers.iso \
			'iso9660 \"LIVE\" > casper/a.squashfs > squashfs + a.b.squashfs + a.b.live.squashfs'
		mkdir -p rd/conf/conf.d && echo LAYERFS_PATH=a.b.live.squashfs >rd/conf/conf.d/default-layer.conf
		mkdir -p early/kernel && echo microcode >early/kernel/x
		(cd early && find . | cpio -o -H newc --quiet) >early.cpio && (cd rd && find . | cpio -o -H newc --quiet) | gzip >main.gz
		cat early.cpio main.gz >initrd.both
		layered named.iso '' initrd.both
		same 'or the initial RAM disk' named.iso
		layered all.iso
		same 'without a name all are stacked' all.iso
	else
		skip 'layers of an Ubuntu medium' 'devices cannot be made here'
	fi
	layered short.iso a.b.squashfs
	"$OFFNODE" cat short.iso /etc/systemd/system/kubelet.service.d/99-gone.conf >said 2>&1 && grep -q v=9 said
	result $? 'no layer above the one that is named'
	layered none.iso a.c.squashfs
	says 'a layer that is not there leaves all open' 2 'casper/a.c.squashfs: is not there' scan -c 4.2.7 none.iso
	head -c 100000 /dev/urandom >initrd.bad
	layered bad.iso '' initrd.bad
	says 'so does an initial RAM disk that cannot be read' 2 '/casper/initrd: ' scan -c 4.2.7 bad.iso
	layered other.iso a.b.live.erofs
	says 'and a layer of another kind' 2 "'a.b.live.erofs' is no squashfs" scan -c 4.2.7 other.iso
	layered many.iso && for i in {1..17}; do cp live/casper/z.squashfs "live/casper/y$i.squashfs"; done && iso many.iso live
	says 'and more layers than are laid' 2 'more than 16 layers' scan -c 4.2.7 many.iso
	layered torn.iso a.b.live.squashfs && head -c 200 layer0/usr/bin/kubelet >live/casper/a.b.squashfs && iso torn.iso live
	says 'and a layer that cannot be read' 2 'casper/a.b.squashfs' scan -c 4.2.7 torn.iso
	for place in boot/initrd boot/initrd.gz; do
		rm -rf live && mkdir -p live/boot
		(cd tree && find . | cpio -o -H newc --quiet) >initrd
		case $place in *.gz) gzip -c initrd ;; *) cat initrd ;; esac >live/$place
		iso live.iso live
		same "an initial RAM disk at $place" live.iso
	done
	# A small volume that is the EFI system partition of a medium, in a file of it or behind all of them.
	if command -v mcopy >/dev/null && unified node.efi .linux=initrd .initrd=initrd 2>said; then
		esp esp.vfat node.efi EFI/Linux/node.efi
		rm -rf live && mkdir -p live && cp esp.vfat live/efi.img
		xorriso -as mkisofs -quiet -R -V LIVE -e efi.img -no-emul-boot -o boot.iso live >xorriso.log 2>&1
		same 'a unified kernel image in what firmware boots of an ISO image' boot.iso \
			'iso9660 \"LIVE\" > boot image 1 > vfat > EFI/Linux/node.efi > cpio'
		echo nothing >live/efi.img
		xorriso -as mkisofs -quiet -R -append_partition 2 0xef esp.vfat -e --interval:appended_partition_2:all:: \
			-no-emul-boot -o appended.iso live >xorriso.log 2>&1
		same 'the same behind its files' appended.iso
		head -c 100000 appended.iso >cut.iso
		"$OFFNODE" scan -c 4.2.6 cut.iso >said 2>&1
		[ $? -ge 2 ] && ! grep -q 'no kubelet is launched' said
		result $? 'where that is cut off nothing is claimed'
	else
		skip 'what firmware boots of an ISO image' 'mtools or objcopy makes none here'
	fi
else
	skip 'live systems' 'xorriso is not installed'
fi

# ---- initial RAM disks that are all of a system, by themselves and in unified kernels ----

(cd tree && find . | cpio -o -H newc --quiet) >initrd
mkdir -p outer && cp active.sqfs outer/rootfs.sqsh && echo '#!/bin/sh' >outer/init
(cd outer && find . | cpio -o -H newc --quiet) | gzip >outer.gz
same 'a squashfs in an initial RAM disk' outer.gz 'cpio > rootfs.sqsh > squashfs'
if unified outer.efi .linux=initrd .initrd=outer.gz 2>said; then
	same 'the same in a unified kernel image' outer.efi
	rm -rf live && mkdir -p live/EFI/Linux && unified node.efi .initrd=initrd && cp node.efi live/EFI/Linux/
	tar -cf live.tar live/EFI && (cd live && tar -czf ../live.tar EFI)
	same 'a unified kernel image in an archive of what a medium holds' live.tar
else
	skip 'unified kernel images' "$(tail -n 1 said)"
fi
if command -v mcopy >/dev/null && [ -e outer.efi ]; then
	esp esp.vfat outer.efi EFI/vendor/Node.EFI
	same 'a unified kernel image of a vendor' esp.vfat 'vfat > EFI/vendor/Node.EFI > cpio > rootfs.sqsh > squashfs'
	disk esp.raw 20 <<-TABLE
		label: gpt
		start=1MiB,size=12MiB,type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
	TABLE
	put esp.raw 1 esp.vfat && gzip -c esp.raw >esp.raw.gz
	same 'the same on a disk' esp.raw.gz 'gzip > gpt > p1 vfat > EFI/vendor/Node.EFI > cpio > rootfs.sqsh > squashfs'
	esp two.vfat outer.efi EFI/Linux/a.efi outer.efi EFI/Linux/b.efi
	[ "$("$OFFNODE" scan -f json -c 4.2.6 two.vfat 2>said | grep -c '"verdict": "fail"')" = 2 ]
	result $? 'each of several kernels has a root'
	echo 'quiet systemd.mask=x.service' >cmdline && unified told.efi .cmdline=cmdline .initrd=outer.gz && unified a.efi .cmdline=cmdline
	esp told.vfat told.efi EFI/Linux/a.efi a.efi loader/addons/x.addon.efi cmdline EFI/Linux/a.efi.extra.d/k8s.raw
	says 'what its boot adds is told' 1 \
		'not counted.*systemd.mask=x.service.*EFI/Linux/a.efi.extra.d/k8s.raw.*loader/addons/x.addon.efi' scan -c 4.2.7 told.vfat
	unified a.efi .initrd=initrd
	esp added.vfat outer.efi EFI/Linux/a.efi a.efi EFI/Linux/a.efi.extra.d/x.addon.efi
	says 'what may be any file leaves all open' 2 'x.addon.efi: it adds to the initrd' scan -c 4.2.7 added.vfat
	esp none.vfat cmdline EFI/Linux/a.efi
	says 'so does a file in the place of a kernel that is none' 2 'EFI/Linux/a.efi: no unified kernel image with an initrd' scan -c 4.2.7 none.vfat
	esp bad.vfat outer.efi EFI/Linux/a.efi && printf '\0\0' | dd of=bad.vfat bs=1 seek=11 conv=notrunc status=none
	says 'a volume that cannot be read is no node without a kubelet' 65 'vfat: its files cannot be read' scan -c 4.2.7 bad.vfat
else
	skip 'EFI system partitions' 'mtools is not installed, or objcopy makes no kernel'
fi

# ---- extensions ----

# What makes the node fail comes with an extension of /usr; one of /etc brings the configuration.
release() { # release FILE LINE...
	mkdir -p "$(dirname "$1")" && printf '%s\n' "${@:2}" >"$1"
}
bare() { # bare DIRECTORY: a node whose unit is all in an extension, and the services that merge
	rm -rf "$1" && mkdir -p "$1/usr/lib/systemd/system" "$1/etc/systemd/system/sysinit.target.wants" "$1/etc/extensions"
	release "$1/etc/os-release" ID=node 'VERSION_ID="1.2"'
	for kind in sysext confext; do
		printf '[Service]\nExecStart=systemd-%s refresh\n' $kind >"$1/usr/lib/systemd/system/systemd-$kind.service"
		ln -s /usr/lib/systemd/system/systemd-$kind.service "$1/etc/systemd/system/sysinit.target.wants/"
	done
}
extension() { # extension DIRECTORY NAME VALUE LINE...: a kubelet with that value of the flag
	mkdir -p "$1/usr/lib/systemd/system"
	printf '[Service]\nExecStart=/usr/bin/kubelet --make-iptables-util-chains=%s\n' "$3" >"$1/usr/lib/systemd/system/kubelet.service"
	release "$1/usr/lib/extension-release.d/extension-release.$2" "${@:4}"
}
verdict() { # verdict NAME WANTED TARGET
	got=$("$OFFNODE" scan -f json -c 4.2.6 --systemd-version=255 "$3" 2>said | tee report.json | sed -n 's/^ *"verdict": "\(.*\)",/\1/p;s/^ *"\(provisional\)": true.*/\1/p' | tr '\n' ' ')
	[ "$got" = "$2 " ]
	local status=$?
	[ $status = 0 ] || { echo "# want '$2 ', got '$got'" && grep -A20 '"notes"' report.json | sed 's/^/# /'; }
	result $status "$1"
}
bare host && extension host/etc/extensions/k8s k8s false ID=node VERSION_ID=1.2
verdict 'an extension of /usr, a directory' fail host
grep -q '"layer": "/etc/extensions/k8s"' report.json
result $? 'the layer is the extension'
"$OFFNODE" capture host >host.txtar 2>said && verdict 'its capture tells the same' fail host.txtar
mkdir -p host/var/lib/extensions && extension host/var/lib/extensions/k9s k9s true ID=_any
verdict 'the last of their names lies on top' pass host
mv host/var/lib/extensions/k9s host/var/lib/extensions/k10s
mv host/var/lib/extensions/k10s/usr/lib/extension-release.d/extension-release.k{9,10}s
verdict '10 comes after 8' pass host
extension host/var/lib/extensions/k10s k10s true ID=other
verdict 'another ID does not count' fail host
extension host/var/lib/extensions/k10s k10s true ID=node VERSION_ID=1.3
verdict 'another VERSION_ID does not count' fail host
extension host/var/lib/extensions/k10s k10s true ID=node SYSEXT_LEVEL=2 VERSION_ID=1.3
echo SYSEXT_LEVEL=2 >>host/etc/os-release
verdict 'the same level does, whatever the version' pass host
extension host/var/lib/extensions/k10s k10s true ID=_any ARCHITECTURE=arm64
mkdir -p host/usr/lib/systemd && printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0' >host/usr/lib/systemd/systemd
verdict 'another architecture does not count' fail host
rm -rf host/var/lib/extensions
rm host/etc/systemd/system/sysinit.target.wants/systemd-sysext.service
"$OFFNODE" scan -c 4.2.6 host >said 2>&1
! grep -q FAIL said
result $? 'nobody merges where the service is not enabled'

bare host && extension ext k8s false ID=node VERSION_ID=1.2 && squash host/etc/extensions/k8s.raw ext
verdict 'a squashfs' fail host
recaptured() { # recaptured NAME WANTED: the capture of the host tells that too, and is itself captured
	"$OFFNODE" capture host >host.txtar 2>said && verdict "$1" "$2" host.txtar
	"$OFFNODE" capture host.txtar >again.txtar 2>said
	sed -i 's/^([0-9]* bytes/(bytes/' host.txtar again.txtar && cmp -s host.txtar again.txtar
	result $? "$1, and so its capture"
}
recaptured 'a squashfs that was captured was laid' fail
extension host k8s true ID=node && rm -r host/usr/lib/extension-release.d && extension ext k8s false ID=other && squash host/etc/extensions/k8s.raw ext
verdict 'a squashfs for another ID' pass host
recaptured 'one that was captured stayed out' pass

# Versions of one extension, as systemd-vpick picks them, and what hangs on the version of systemd.
systemd() { # systemd VERSION
	rm -f host/usr/lib/systemd/libsystemd-shared-*.so && : >"host/usr/lib/systemd/libsystemd-shared-$1.so"
}
version() { # version FILE VALUE: of the directory k8s.v
	extension "host/etc/extensions/k8s.v/$1" k8s "$2" ID=_any
}
bare host && extension host k8s true ID=node && rm -r host/usr/lib/extension-release.d && systemd 256
version k8s_1.29.10 false && version k8s_1.29.9 true && version k8s_1.30~rc1+0 true && version other_2 true
verdict 'NAME.v: the newest of those with tries left' fail host
version k8s_1.31 true && version k8s_1.31^2 false && version k8s_1.31~beta true
verdict 'NAME.v: ^ is newer, ~ is older' fail host
recaptured 'NAME.v in a capture' fail
version k8s_1.32_s390x true
verdict 'NAME.v: one for a machine of which nothing tells whether it is this' 'pass provisional' host
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0' >host/usr/lib/systemd/systemd
verdict 'NAME.v: one for another machine is passed over' fail host
version k8s_1.32_x86-64 true
verdict 'NAME.v: one for this machine counts' pass host
systemd 255
verdict 'NAME.v: systemd 255 does not look into it' pass host
rm -r host/etc/extensions/k8s.v/k8s_1.32* host/usr/lib/systemd/libsystemd-shared-*
verdict 'NAME.v: nothing tells which systemd it is' 'pass provisional' host
systemd 256 && extension ext2 k8s false ID=_any && mkdir host/etc/extensions/k8s.raw.v && rm -r host/etc/extensions/k8s.v
squash host/etc/extensions/k8s.raw.v/k8s_2.raw ext2
verdict 'NAME.raw.v holds images' fail host
recaptured 'NAME.raw.v in a capture' fail

bare host && extension host/etc/extensions/k8s k8s false ID=base VERSION_ID=1.2 && echo 'ID_LIKE="other base"' >>host/etc/os-release
extension host none true && rm -r host/usr/lib/extension-release.d
systemd 257 && verdict 'ID_LIKE is not asked by systemd 257' pass host
systemd 258 && verdict 'ID_LIKE counts from 258 on' fail host
systemd x && verdict 'ID_LIKE, and nothing tells which systemd it is' 'pass provisional' host
systemd 258 && mv host/etc/extensions/k8s host/etc/extensions/k8s.sysext
verdict 'a name with .sysext' 'pass provisional' host
mv host/etc/extensions/k8s.sysext host/etc/extensions/k8s && release host/etc/extensions/k8s/usr/lib/os-release ID=x
verdict 'one that brings an os-release is refused, with others or alone' 'pass provisional' host
rm -rf host && bare host
rm -rf ext && extension ext k8s false ID=node VERSION_ID=1.2
ext4 root.ext4 ext 8
disk host/etc/extensions/k8s.raw 12 <<-TABLE
	label: gpt
	start=1MiB,size=8MiB,type=4f68bce3-e8cd-4db1-96e7-fbcaf984b709
TABLE
put host/etc/extensions/k8s.raw 1 root.ext4
verdict 'a root partition' fail host
ext4 usr.ext4 ext/usr 8
disk host/etc/extensions/k8s.raw 12 <<-TABLE
	label: gpt
	start=1MiB,size=8MiB,type=8484680c-9521-48c6-9c11-b0720656f69e
TABLE
put host/etc/extensions/k8s.raw 1 usr.ext4
verdict 'a /usr partition' fail host
tar -C host -czf host.tar.gz . && verdict 'an image in an archive' fail host.tar.gz
bare host && extension host k8s true ID=node && mkdir -p host/var/lib/confexts && head -c 9999 /dev/zero >host/etc/extensions/k8s.raw
verdict 'one that cannot be read leaves the verdict open' 'pass provisional' host
rm host/etc/extensions/k8s.raw
mkdir -p host/var/lib/confexts/flags/etc/systemd/system/kubelet.service.d
printf '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --make-iptables-util-chains=false\n' \
	>host/var/lib/confexts/flags/etc/systemd/system/kubelet.service.d/50-flags.conf
release host/var/lib/confexts/flags/etc/extension-release.d/extension-release.flags ID=node VERSION_ID=1.2
verdict 'an extension of /etc' fail host
mkdir -p host/usr{,/local}/lib && cp -a host/var/lib/confexts host/usr/lib/ && mv host/var/lib/confexts host/usr/local/lib/
sed -i 's/=false/=true/' host/usr/local/lib/confexts/flags/etc/systemd/system/kubelet.service.d/50-flags.conf
verdict 'of the same name, the one below /usr/local counts' pass host
rm -r host/usr/local/lib/confexts/flags/*
verdict 'an empty directory masks the other' pass host
rm -r host/usr/local/lib/confexts && mv host/usr/lib/confexts/{flags,other}
verdict 'a release file of another name may count' 'pass provisional' host
mv host/usr/lib/confexts/{other,flags} && mkdir -p host/var/lib/extensions.mutable/etc
systemd 256 && verdict 'an /etc that may be mutable' 'pass provisional' host
systemd 255 && verdict 'and none before 256' fail host

# ---- composefs ----

# An image as composefs makes it of a deployment: names whose bytes are objects of the repository.
cat >objects.py <<'PY'
import hashlib, os, shutil, sys
tree, names, objects, suffix = sys.argv[1:]
shutil.copytree(tree, names, symlinks=True)
for at, _, files in os.walk(names):
    for path in (os.path.join(at, f) for f in files):
        if os.path.islink(path) or not os.path.getsize(path):
            continue
        digest, size = hashlib.sha256(open(path, "rb").read()).hexdigest(), os.path.getsize(path)
        name = f"/{digest[:2]}/{digest[2:]}{suffix}"
        os.makedirs(os.path.dirname(objects + name), exist_ok=True)
        shutil.move(path, objects + name)
        with open(path, "wb") as f:
            f.truncate(size)
        shutil.copymode(objects + name, path)
        os.setxattr(path, "trusted.overlay.metacopy", b"")
        os.setxattr(path, "trusted.overlay.redirect", name.encode())
PY
to=bootc/ostree/deploy/os/deploy/$(printf '1%.0s' {1..64}).0
mkdir -p usr-only/usr "$to" bootc/ostree/deploy/os/var bootc/ostree/repo/objects bootc/ostree/boot.1/os/1 bootc/boot/loader/entries
cp -a tree/usr/. usr-only/usr/ && cp -a tree/etc "$to/" && cp -a tree/var/. bootc/ostree/deploy/os/var/
ln -s "../../../deploy/os/deploy/$(basename "$to")" bootc/ostree/boot.1/os/1/0
printf 'title 1\nversion 1\noptions root=x ostree=/ostree/boot.1/os/1/0\n' >bootc/boot/loader/entries/ostree-1.conf
if ! command -v mkfs.erofs >/dev/null; then
	skip 'composefs' 'mkfs.erofs is not installed'
elif ! python3 objects.py usr-only names bootc/ostree/repo/objects .file 2>said; then
	skip 'composefs' "$(tail -n 1 said)"
else
	mkfs.erofs "$to/.ostree.cfs" names >said 2>&1 || sed 's/^/# /' said
	ext4 bootc.ext4 bootc 16
	same 'composefs: files are objects of the repository' bootc.ext4
	unit=$(grep -rl ExecStart bootc/ostree/repo/objects | head -n 1)
	mv "$unit" kept
	ext4 bootc.ext4 bootc 16
	says 'composefs: an object that is missing is not an empty file' 2 'is not in the store' scan -c 4.2.6 bootc.ext4
	head -c 3 kept >"$unit"
	ext4 bootc.ext4 bootc 16
	says 'composefs: one that was cut neither' 2 'has 3 bytes instead of' scan -c 4.2.6 bootc.ext4
	cp kept "$unit" && head -c 2048 /dev/zero >"$to/.ostree.cfs"
	ext4 bootc.ext4 bootc 16
	says 'composefs: without its image nothing is known of /usr' 2 'ostree.cfs' scan -c 4.2.6 bootc.ext4
	# What was changed in an /etc that is lost at boot does not count: it begins as /usr/etc.
	cp -a usr-only usr-etc && cp -a tree/etc usr-etc/usr/etc && mkdir -p usr-etc/usr/lib/ostree
	printf '[composefs]\nenabled = true\n[etc]\ntransient = true\n' >usr-etc/usr/lib/ostree/prepare-root.conf
	rm -rf names && python3 objects.py usr-etc names bootc/ostree/repo/objects .file && mkfs.erofs "$to/.transient" names >said 2>&1
	mv "$to/.transient" "$to/.ostree.cfs" && rm -r "$to/etc/systemd"
	ext4 bootc.ext4 bootc 16
	same 'composefs: a transient /etc is that of /usr' bootc.ext4

	# ---- bootc's own store ----

	native() { # native DIGIT TREE PRIORITY: a deployment whose digest is of that digit
		local digest object
		digest=$(printf "$1%.0s" {1..128}) && object=native/composefs/objects/$1$1/$1
		rm -rf names && python3 objects.py "$2" names native/composefs/objects '' && rm -rf names/var/*
		mkdir -p "native/composefs/objects/$1$1" native/composefs/images "native/state/deploy/$digest" native/state/os/default/var native/boot/loader/entries
		mkfs.erofs "$object" names >said 2>&1 || sed 's/^/# /' said
		ln -s "../objects/$1$1/$1" "native/composefs/images/$digest"
		cp -a "$2/etc" "native/state/deploy/$digest/" && cp -a "$2/var/." native/state/os/default/var/
		ln -s ../../os/default/var "native/state/deploy/$digest/var"
		printf 'title Node\nversion 1.%s\nsort-key bootc-node-%s\nlinux /boot/vmlinuz\noptions root=UUID=x rw composefs=%s\n' "$1" "$3" "${4:-}$digest" \
			>"native/boot/loader/entries/bootc_node-1.$1-$((1 - $3)).conf"
	}
	cp -a tree other && rm other/etc/systemd/system/kubelet.service.d/10-kubeadm.conf
	native a tree 0 && native b other 1 '?'
	ext4 native.ext4 native 16
	same 'bootc: the default of the menu' 'native.ext4#deploy=0'
	says 'bootc: the other one' 0 'PASS  4.2' scan -c 4.2.7 'native.ext4#deploy=1'
	says 'bootc: both are scanned' 1 'native.ext4#deploy=1' scan -c 4.2.7 native.ext4
	says 'bootc: inspect tells why' 0 'state/deploy/aaaa.*the default of the boot entries is /boot/loader/entries/bootc_node-1.a-1.conf' inspect native.ext4
	entries=native/boot/loader/entries
	sed -i 's/^sort-key.*/sort-key bootc-node-2/' $entries/bootc_node-1.a-1.conf
	ext4 native.ext4 native 16
	same 'bootc: the lowest sort-key comes first' 'native.ext4#deploy=1'
	sed -i 's,^\(linux\|options\).*,,; $auki /EFI/Linux/bootc/bootc_composefs-'"$(printf 'a%.0s' {1..128})"'.efi' $entries/bootc_node-1.a-1.conf && rm $entries/bootc_node-1.b-*
	ext4 native.ext4 native 16
	same 'bootc: a unified kernel image has the digest in its name' native.ext4
	rm -r native/boot
	ext4 native.ext4 native 16
	says 'bootc: without a menu both are told' 1 'which deployment boots is a guess' scan native.ext4
	# What an administrator writes into an /etc that is lost at boot does not count.
	mkdir -p tree/usr/lib/composefs && printf '[etc]\ntransient = true\n' >tree/usr/lib/composefs/setup-root-conf.toml
	rm -rf native && native a tree 0 && rm tree/usr/lib/composefs/setup-root-conf.toml && rm -r native/state/deploy/*/etc/systemd
	ext4 native.ext4 native 16
	same 'bootc: a transient /etc is that of the image' native.ext4
	mkdir -p tree/usr/lib/composefs && printf '[etc]\nmount = "overlay"\n' >tree/usr/lib/composefs/setup-root-conf.toml
	kubeadm=etc/systemd/system/kubelet.service.d/10-kubeadm.conf && mv tree/$kubeadm kept
	rm -rf native && native a tree 0 && mv kept tree/$kubeadm && mv native/state/deploy/*/etc etc.lower
	mkdir native/state/deploy/"$(printf 'a%.0s' {1..128})"/etc
	upper=native/state/deploy/$(printf 'a%.0s' {1..128})/etc/upper
	mkdir -p "$upper/$(dirname ${kubeadm#etc/})" && cp tree/$kubeadm "$upper/${kubeadm#etc/}"
	ext4 native.ext4 native 16
	same 'bootc: an /etc that is laid over that of the image' native.ext4
	mv "$upper" "$upper.gone"
	ext4 native.ext4 native 16
	says 'bootc: and nothing was written into' 0 'PASS  4.2' scan -c 4.2.7 native.ext4
	printf '[etc]\nmount = "other"\n' >tree/usr/lib/composefs/setup-root-conf.toml
	rm -rf native etc.lower && native a tree 0 && rm -r tree/usr/lib/composefs
	ext4 native.ext4 native 16
	says 'bootc: an /etc of which nobody can tell hides what is in it' 2 'setup-root-conf.toml: mounts it in a way' scan -c 4.2.7 native.ext4
	rm -rf native && native a tree 0 && rm native/composefs/images/*
	ext4 native.ext4 native 16
	says 'bootc: without its image nothing is known of /usr' 2 'composefs/images/aaa.*: is not there' scan -c 4.2.7 native.ext4
fi

# ---- dm-verity ----

if command -v veritysetup >/dev/null; then
	ext4 root.ext4 tree 8 -L node
	veritysetup format root.ext4 root.verity >said 2>&1 || sed 's/^/# /' said
	disk verity.raw 24 <<-TABLE
		label: gpt
		start=1MiB,size=8MiB,type=4f68bce3-e8cd-4db1-96e7-fbcaf984b709,attrs="GUID:60"
		start=10MiB,size=2MiB,type=2c7357ed-ebd2-46d9-aec1-23d437ec2bf5
		start=13MiB,size=1MiB,type=41092b05-9fc8-4523-994f-2def0408b176
	TABLE
	put verity.raw 1 root.ext4
	put verity.raw 10 root.verity
	printf '{"rootHash":"00"}' | dd of=verity.raw bs=1M seek=13 conv=notrunc status=none
	same 'dm-verity: hashes and signatures are no files' verity.raw 'gpt > p1 ext4 \"node\"'
	says 'dm-verity: inspect names the hashes' 0 'p2 .*dm-verity hashes' inspect verity.raw
else
	skip 'dm-verity' 'veritysetup is not installed'
fi
plan
