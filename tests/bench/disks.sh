#!/usr/bin/env bash
# disks.sh - one node on disks and in file systems; offnode against what a person would use today to
# read one file of each.
#
# All numbers come from this one run on this one machine, the bytes in the page cache. Inputs are made
# once under $BUILD/bench (about 1.5 GB): a tree of DISK_FILES small files and DISK_BULK_MB of bulk, and
# in it what a node has where offnode looks: 20 files about the kubelet, a program of 64 MB, and a
# dpkg database of 600 packages.
set -u
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}" "${DISK_FILES:=20000}" "${DISK_BULK_MB:=40}" "${TIMES:=15}"
here=$(dirname "$0")
. "$here/table.sh"
in=$BUILD/bench/disks-$DISK_FILES-$DISK_BULK_MB
unit=usr/lib/systemd/system/kubelet.service # the one file that the others read
start=128                                   # MiB, where the root's partition begins
mib=$((10 * 1024 - start - 1))              # and how long it is
root() { [ "$(id -u)" = 0 ]; }
have() { command -v "$1" >/dev/null; }
set -e
mkdir -p "$in"

# ---- inputs ----

dress() { # what the sample lacks of a node
	local tree=$1 n
	mkdir -p "$tree/usr/lib/systemd/system/kubelet.service.d" "$tree/etc/kubernetes/kubelet.conf.d"
	for n in 20-node-labels 30-extra 40-reserved 50-cgroup; do
		printf '[Service]\nEnvironment="KUBELET_%s=--v=2"\n' "${n#*-}" >"$tree/usr/lib/systemd/system/kubelet.service.d/$n.conf"
	done
	for n in 60-local 70-proxy 80-site 90-last; do
		printf '[Service]\nEnvironment="%s=1"\n' "${n#*-}" >"$tree/etc/systemd/system/kubelet.service.d/$n.conf"
	done
	for n in 00-base 10-site 20-eviction; do
		printf 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 110\n' >"$tree/etc/kubernetes/kubelet.conf.d/$n.conf"
	done
	for n in kubelet bootstrap-kubelet; do
		printf 'apiVersion: v1\nkind: Config\n' >"$tree/etc/kubernetes/$n.conf"
	done
	dd if=/dev/urandom of="$tree/usr/bin/kubelet" bs=1M count=64 status=none
	printf '\177ELF' | dd of="$tree/usr/bin/kubelet" conv=notrunc status=none
	for n in $(seq 600); do # as long as those of Debian are
		printf '\nPackage: package-%s\nStatus: install ok installed\nVersion: 1.%s-1\nDescription: one of many\n' "$n" "$n"
		printf ' %s\n' {a..z}{a..f}x
	done >>"$tree/var/lib/dpkg/status"
}
table() { # table IMAGE
	truncate -s 10G "$1"
	sfdisk -q "$1" <<-E
		label: gpt
		start=1MiB,size=$((start - 1))MiB,type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B,name=EFI
		type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709,name=root
	E
}
mounted() { # mounted IMAGE OFFSET-MIB COMMAND...: runs it on a mount at $in/mnt
	mkdir -p "$in/mnt"
	mount -o "loop,offset=$(($2 << 20))" "$1" "$in/mnt"
	"${@:3}" && umount "$in/mnt"
}
fill() { cp -a --sparse=always "$in/tree/." "$in/mnt"; }
make_ext4() {
	table "$1"
	mke2fs -q -F -t ext4 -L root -d "$in/tree" -E "offset=$((start << 20))" "$1" "${mib}M"
}
make_qcow2() { qemu-img convert -f raw -O qcow2 "$in/ext4.raw" "$1"; }
make_xfs() {
	table "$1"
	truncate -s "${mib}M" "$in/part"
	if root; then
		mkfs.xfs -q -L root "$in/part" && mounted "$in/part" 0 fill
	else
		python3 "$here/../xfs_proto.py" "$in/tree" >"$in/proto" && mkfs.xfs -q -L root -p "$in/proto" "$in/part"
	fi
	dd if="$in/part" of="$1" bs=1M seek=$start conv=notrunc,sparse status=none
	rm "$in/part"
}
make_btrfs() {
	truncate -s 1G "$1"
	if root; then # zstd is the mount's doing
		mkfs.btrfs -q "$1" && mkdir -p "$in/mnt" && mount -o loop,compress=zstd "$1" "$in/mnt" && fill && umount "$in/mnt"
	else
		mkfs.btrfs -q -r "$in/tree" "$1"
	fi
}
make_erofs() { mkfs.erofs -zlz4hc "$1" "$in/tree"; }
make_squashfs() { mksquashfs "$in/tree" "$1" -comp zstd -Xcompression-level 3 -no-progress -noappend -all-root; }

if [ ! -e "$in/tree.made" ]; then
	rm -rf "$in/tree" && mkdir "$in/tree"
	python3 "$here/make_tree.py" "$in/tree" "$DISK_FILES" "$DISK_BULK_MB"
	tar -C "$in/tree" --no-same-owner -xzf testdata/images/node-fail.tar.gz
	dress "$in/tree"
	touch "$in/tree.made"
fi
for image in ext4.raw ext4.qcow2 xfs.raw btrfs.img erofs.img squashfs.img; do
	make=${image%.img}
	case $image in *.qcow2) make=qcow2 ;; *.raw) make=${image%.raw} ;; esac
	[ -e "$in/$image" ] && continue
	rm -f "$in/new"
	if ! "make_$make" "$in/new" >"$in/$image.log" 2>&1; then
		echo "disks.sh: $image could not be made:" >&2
		cat "$in/$image.log" >&2
		exit 1
	fi
	mv "$in/new" "$in/$image"
done
set +e
[ "${1:-}" = inputs ] && exit 0 # another bench wants no more

# ---- runs ----

line() { printf '%-42s %9s %9s %8s %6s %6s %9s\n' "$@"; }
times() { # times LABEL READS KB LAST: a line of what was measured last
	line "$1" "$(ms "$best")" "$(ms "$median")" "$(ms "$cpu")" "${@:2}"
}

scanned() { # scanned LABEL IMAGE: offnode's line, its best wall left in $ours
	local reads bytes
	"$OFFNODE" scan "$2" >/dev/null 2>&1 # warm
	measure "$TIMES" "$OFFNODE" scan "$2"
	ours=$best
	read -r reads bytes < <("$OFFNODE" scan -v -f json "$2" | python3 -c '
import json, sys
cost = json.load(sys.stdin)["targets"][0]["read"]["cost"]
print(cost["reads"], cost["bytes"])')
	echo
	echo "$1, $(du -BM "$2" | cut -f1) of data"
	times '  offnode scan' "$reads" "$((bytes / 1024))" "$([ "$status" -le 3 ] || echo "status $status")"
	aims+=("$(printf '%-42s %9s ms %5s reads %6s KB   %s' "$1" "$(ms "$best")" "$reads" "$((bytes / 1024))" \
		"$(awk -v m="$best" -v r="$reads" -v b="$bytes" 'BEGIN { print (m < 0.010 && r < 100 && b < 1000000) ? "yes" : "NO" }')")")
}
beside() { # beside LABEL TIMES COMMAND...: what else one would do
	if ! have "$3"; then
		line "  $1" "no $3 here" '' '' '' '' ''
		return
	fi
	measure "${@:2}"
	if [ "$status" = 0 ]; then
		times "  $1" '' '' "$(ratio "$best" "$ours")"
	else
		line "  $1" "failed: $status" '' '' '' '' ''
	fi
}
mounting() { # mounting OPTIONS IMAGE: cat of the file on a loop mount
	if root; then
		beside 'mount, cat, umount' 5 bash -c "mount -o '$1' '$2' '$in/mnt' && cat '$in/mnt/$unit' && umount '$in/mnt'"
	else
		line '  mount, cat, umount' 'not root' '' '' '' '' ''
	fi
}
# Where there is no KVM, or one that its qemu cannot use, the appliance is emulated.
export LIBGUESTFS_BACKEND=direct
if have guestfish && ! guestfish -a /dev/null run 2>/dev/null; then
	export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
fi
fish() { # fish IMAGE DEVICE
	beside 'guestfish --ro' 1 guestfish --ro -a "$1" run : mount-ro "$2" / : cat "/$unit"
}
mkdir -p "$in/mnt"
offset=$((start << 20))
aims=()

line "$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)" 'best ms' 'median ms' 'cpu ms' reads KB '/ offnode'
measure "$TIMES" "$OFFNODE" version
times 'offnode version (starting it)' '' '' ''

scanned '10 GB qcow2, GPT, ext4' "$in/ext4.qcow2"
beside 'qemu-img convert -O raw' 1 qemu-img convert -f qcow2 -O raw "$in/ext4.qcow2" "$in/converted"
rm -f "$in/converted"
fish "$in/ext4.qcow2" /dev/sda2

scanned '10 GB raw, GPT, ext4' "$in/ext4.raw"
beside 'debugfs -R cat' 5 debugfs -R "cat /$unit" "$in/ext4.raw?offset=$offset"
mounting "loop,ro,noload,offset=$offset" "$in/ext4.raw"

scanned '10 GB raw, GPT, XFS' "$in/xfs.raw"
mounting "loop,ro,norecovery,offset=$offset" "$in/xfs.raw"
fish "$in/xfs.raw" /dev/sda2

scanned "1 GB btrfs$(root && echo ', zstd')" "$in/btrfs.img"
mkdir -p "$in/restored"
beside 'btrfs restore, that file' 3 btrfs restore -i -o --path-regex '^/(|usr(|/lib(|/systemd(|/system(|/kubelet.service)))))$' "$in/btrfs.img" "$in/restored"
mounting loop,ro "$in/btrfs.img"

scanned 'erofs, lz4hc' "$in/erofs.img"
beside 'dump.erofs --path, where that file lies' 3 dump.erofs -e "--path=/$unit" "$in/erofs.img"
beside 'fsck.erofs --extract, all files' 1 fsck.erofs "--extract=$in/extracted" "$in/erofs.img"
rm -rf "$in/restored" "$in/extracted"
mounting loop,ro "$in/erofs.img"

scanned 'squashfs, zstd' "$in/squashfs.img"
beside 'rdsquashfs -c' 3 rdsquashfs -c "$unit" "$in/squashfs.img"
beside 'unsquashfs -cat' 3 unsquashfs -cat "$in/squashfs.img" "$unit"
mounting loop,ro "$in/squashfs.img"

echo
printf 'Aim: under 10 ms, 100 reads and 1 MB\n'
printf '%s\n' "${aims[@]}"
