#!/bin/bash
# containers.sh - disk containers as qemu-img makes them: the disk inside, byte for byte, is what
# qemu-img convert makes of them. Prints TAP.
set -u
diskcmp=${BUILD:-build}/tests/diskcmp
case $diskcmp in /*) ;; *) diskcmp=$PWD/$diskcmp ;; esac
command -v qemu-img >/dev/null 2>&1 || { echo '1..0 # SKIP qemu-img is not installed' && exit 0; }
# QEMU's tools wait for the disk, and nothing here is worth that.
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
count=0

result() { # result STATUS NAME
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

# check CONTAINER IMAGE [-b] - IMAGE against what qemu-img reads in it.
check() {
	local format=$1
	case $format in vhd) format=vpc ;; esac
	qemu-img convert -q -f "$format" -O raw "$2" want.raw && "$diskcmp" ${3:-} "$1" "$2" want.raw
	result $? "$2"
	rm -f want.raw
}

# A disk of blocks that compress, blocks that do not, and long holes; its size is no multiple of
# any cluster.
make_raw() {
	truncate -s 9000K disk.raw
	seq 200000 | dd of=disk.raw bs=1k seek=100 conv=notrunc status=none
	head -c 700000 /dev/urandom | dd of=disk.raw bs=1k seek=3001 conv=notrunc status=none
	head -c 300000 /dev/urandom | dd of=disk.raw bs=1k seek=6007 conv=notrunc status=none
	echo the last sector | dd of=disk.raw bs=512 seek=17999 conv=notrunc status=none
}

convert() { # convert FORMAT NAME OPTION... - makes NAME of disk.raw; false where qemu-img is too old.
	local format=$1 name=$2
	shift 2
	qemu-img convert -q -f raw -O "$format" "$@" disk.raw "$name" 2>/dev/null && return
	count=$((count + 1))
	echo "ok $count - $name # SKIP this qemu-img makes none"
	return 1
}

io() { # io IMAGE COMMAND...
	local image=$1 commands=()
	shift
	for c; do commands+=(-c "$c"); done
	qemu-io -f qcow2 "${commands[@]}" "$image" >/dev/null
}

make_raw

# ---- qcow2 ----

q() { # q NAME OPTION...
	convert qcow2 "$@" && check qcow2 "$1"
}
q v2.qcow2 -o compat=0.10
q v2-zlib.qcow2 -c -o compat=0.10
for size in 512 4k 64k 2M; do
	q "v3-$size.qcow2" -o "cluster_size=$size"
	q "zlib-$size.qcow2" -c -o "cluster_size=$size"
	q "zstd-$size.qcow2" -c -o "compression_type=zstd,cluster_size=$size"
done
for size in 16k 128k 2M; do
	q "extl2-$size.qcow2" -o "extended_l2=on,cluster_size=$size"
	q "extl2-zstd-$size.qcow2" -c -o "extended_l2=on,compression_type=zstd,cluster_size=$size"
done
q lazy.qcow2 -o lazy_refcounts=on,refcount_bits=1
for how in metadata falloc full; do
	q "preallocated-$how.qcow2" -o "preallocation=$how"
done

# Written to afterwards: zeros over data, data over zeros, discards, snapshots, another size.
altered() { # altered NAME OPTION...
	convert qcow2 "$@" || return
	io "$1" 'write -z 200k 300k' 'write -P 7 250k 5k' 'discard 3100k 512k' 'write -P 9 8000k 700k' \
		'write -z -u 6010k 100k'
	qemu-img snapshot -c one "$1"
	io "$1" 'write -P 11 1M 130k' 'write -z 5M 64k'
	qemu-img snapshot -c two "$1"
	qemu-img snapshot -a one "$1"
	io "$1" 'write -P 12 1100k 3k' 'write -z 7001k 3k'
	check qcow2 "$1"
	qemu-img snapshot -d one "$1" && qemu-img snapshot -d two "$1"
	qemu-img resize -q "$1" 20000256 && check qcow2 "$1"
	qemu-img resize -q --shrink "$1" 5000K && check qcow2 "$1"
}
altered altered.qcow2
altered altered-v2.qcow2 -o compat=0.10
altered altered-512.qcow2 -o cluster_size=512
altered altered-zlib.qcow2 -c
altered altered-extl2.qcow2 -o extended_l2=on,cluster_size=64k
altered altered-2M.qcow2 -c -o cluster_size=2M,compression_type=zstd

# Left dirty by a QEMU that fell over: reference counts are wrong, and nothing else.
if convert qcow2 dirty.qcow2 -o lazy_refcounts=on; then
	{ (ulimit -c 0 && qemu-io -f qcow2 -c 'write -P 5 4M 200k' -c abort dirty.qcow2); } >/dev/null 2>&1
	qemu-img info dirty.qcow2 >/dev/null && check qcow2 dirty.qcow2
fi

# Over other files: a short raw one, and a chain.
head -c 3000000 disk.raw > base.raw
qemu-img create -q -f qcow2 -b base.raw -F raw middle.qcow2 9000K
io middle.qcow2 'write -P 3 2900k 200k' 'write -z 1M 64k'
check qcow2 middle.qcow2 -b
qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 -o extended_l2=on top.qcow2 10M
io top.qcow2 'write -P 4 2950k 1k' 'write -z 3000k 2k'
check qcow2 top.qcow2 -b
if convert qcow2 data.qcow2 -o data_file=data.bin,data_file_raw=on; then
	check qcow2 data.qcow2 -b
fi

# ---- vmdk, vhd, vhdx, vdi ----

c() { # c CONTAINER FORMAT NAME OPTION...
	local container=$1
	shift
	convert "$@" && check "$container" "$2" -b
}
for how in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat streamOptimized; do
	c vmdk vmdk "$how.vmdk" -o "subformat=$how"
done
if [ -e twoGbMaxExtentSparse-s001.vmdk ]; then
	"$diskcmp" vmdk twoGbMaxExtentSparse-s001.vmdk disk.raw 2>&1 | grep -q 'one extent of a disk'
	result $? 'one extent alone is refused'
fi
# As VMware writes it: the directory is only told of by the footer, behind a marker of kind 3.
{
	cat streamOptimized.vmdk
	printf '\1\0\0\0\0\0\0\0\0\0\0\0\3' | dd bs=512 conv=sync status=none
	head -c 512 streamOptimized.vmdk
	head -c 512 /dev/zero
} > footer.vmdk
printf '\377\377\377\377\377\377\377\377' | dd of=footer.vmdk bs=1 seek=56 conv=notrunc status=none
check vmdk footer.vmdk
c vhd vpc dynamic.vhd
c vhd vpc exact.vhd -o force_size=on
c vhd vpc fixed.vhd -o subformat=fixed,force_size=on
c vhdx vhdx dynamic.vhdx
c vhdx vhdx fixed.vhdx -o subformat=fixed
c vhdx vhdx large-blocks.vhdx -o block_size=64M
c vdi vdi dynamic.vdi
c vdi vdi fixed.vdi -o static=on

# ---- xz of several blocks ----

x() { # x NAME OPTION...
	local name=$1
	shift
	xz -0 "$@" -c disk.raw > "$name" && "$diskcmp" xz "$name" disk.raw
	result $? "$name"
}
x blocks.xz --block-size=1MiB
x blocks-sha256.xz --block-size=100001 -C sha256
x blocks-nocheck.xz --block-list=5000,1,70000,0 -C none
cp blocks.xz padded.xz && head -c 8 /dev/zero >> padded.xz && "$diskcmp" xz padded.xz disk.raw
result $? padded.xz
# What has no index of blocks is not claimed, and neither is a file with something behind it.
for name in one.xz two.xz behind.xz; do
	case $name in
	one.xz) xz -0 -T1 -c disk.raw ;;
	two.xz) cat blocks.xz blocks.xz ;;
	behind.xz) cat blocks.xz disk.raw ;;
	esac > "$name"
	"$diskcmp" raw "$name" "$name"
	result $? "$name"
done

echo "1..$count"
