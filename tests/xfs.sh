#!/usr/bin/env bash
# xfs.sh - volumes of every layout that mkfs.xfs makes, filled by mkfs.xfs itself from a prototype or
# through a mount, read back as the tree they hold; and copies taken while mounted, whose log is
# replayed as a mount would. Prints TAP.
. tests/support/trees.sh
have mkfs.xfs
stress_tree || exit 1

# What a prototype can say.
cp -a tree plain && rm -rf plain/names plain/links/bytes plain/links/dangling
find plain -perm /1000 -exec chmod -t {} +
python3 "$top/tests/xfs_proto.py" plain >proto
python3 "$top/tests/stress_tree.py" manifest plain >plain.manifest

volume() { # volume FILE OPTION...: an empty one
	rm -f "$1" && truncate -s 304M "$1" && mkfs.xfs -q -f "${@:2}" "$1" >said 2>&1
}
prototype() { # prototype NAME OPTION...
	if volume image -p proto "${@:2}"; then
		same_tree image "by prototype: $1" plain.manifest
	else
		skip "by prototype: $1" "$(tail -n 1 said)"
	fi
}
# Links of more than an inode's room are written without their headers by mkfs.xfs 6.1.
prototype 'v5, inodes of 2 KiB' -i size=2048
prototype 'v4' -m crc=0,reflink=0,bigtime=0,finobt=0
prototype 'v4 without types, blocks of 512' -m crc=0,reflink=0,bigtime=0,finobt=0 -n ftype=0 -b size=512
prototype 'v4, directory blocks of 64 KiB, inodes of 2 KiB' -m crc=0,finobt=0,bigtime=0,reflink=0 -n size=65536 -i size=2048

mkdir mnt
mounted() { # mounted IMAGE COMMAND...: runs it on a mount
	mount -o loop "$1" mnt 2>said || return 1
	"${@:2}"
	status=$?
	umount mnt
	return $status
}
# A directory whose blocks lie scattered, so that its extents need a tree.
scatter() {
	python3 - mnt/scattered <<-'END'
		import os, sys
		top = sys.argv[1]
		os.mkdir(top)
		for i in range(4000):
		    open(f'{top}/{i:0190d}', 'w').close()
		    if i % 8 == 0:
		        with open(f'{top}/between-{i}', 'wb') as f:
		            f.write(b'x' * 4096)
		            os.fsync(f.fileno())
	END
	python3 "$top/tests/stress_tree.py" manifest mnt >mounted.manifest
}
fill() { # fill TREE
	cp -a --sparse=always "$1/." mnt && python3 "$top/tests/stress_tree.py" manifest mnt >mounted.manifest
}
all() {
	fill tree
}
# Without the largest directories, which take the time.
most() {
	fill most
}
through_mount() { # through_mount NAME COMMAND OPTION...
	if [ "$(id -u)" != 0 ]; then
		skip "through a mount: $1" 'only root mounts'
	elif volume image "${@:3}" && mounted image "$2"; then
		same_tree image "through a mount: $1" mounted.manifest
	else
		skip "through a mount: $1" "$(tail -n 1 said)"
	fi
}
cp -a tree most && rm -rf most/dir4000 most/dir400
through_mount 'directory blocks of 64 KiB in pieces of 1 KiB' all -n size=65536 -b size=1024
through_mount 'v5' most
through_mount 'blocks of 64 KiB' most -b size=65536
through_mount 'sectors of 4 KiB, inodes of 2 KiB' most -s size=4096 -i size=2048
through_mount 'large extent counts, reverse mapping' scatter -m rmapbt=1 -i nrext64=1
through_mount 'as of 2014' scatter -m crc=1,finobt=0,reflink=0,bigtime=0 -i sparse=0 -b size=1024

# A release that makes none below 300 MB by itself has an option for tests.
truncate -s 20M probe && mkfs.xfs -q --unsupported probe >said 2>&1 && small=--unsupported || small=
# A copy whose log was taken first, while the volume went on: then all that it names is in place.
torn_copy() {
	volume torn && mount -o loop torn mnt 2>said || { skip 'a torn copy' "$(tail -n 1 said)"; return; }
	mkdir mnt/etc && echo old >mnt/etc/word && sync
	eval "$(xfs_db -r -c 'sb 0' -c 'p blocksize agblocks agblklog logstart logblocks' torn | sed 's/ = /=/')"
	local at=$((((logstart >> agblklog) * agblocks + (logstart & ((1 << agblklog) - 1))) * blocksize / 4096))
	local n=$((logblocks * blocksize / 4096))
	dd if=torn of=log bs=4096 skip=$at count=$n status=none
	for i in {1..50}; do echo "new $i" >mnt/etc/word && mkdir mnt/dir$i && sync; done
	xfs_freeze -f mnt && xfs_freeze -u mnt
	cp --sparse=always torn copy && umount mnt
	"$manifest" copy >image.manifest 2>said
	! grep '^stale.*newer than its log' said
	result $? 'a frozen copy is not stale'
	dd if=log of=copy bs=4096 seek=$at conv=notrunc status=none
	"$manifest" copy >image.manifest 2>said
	grep -q '^stale: .*newer than its log' said
	result $? 'a copy whose log is older than its blocks is stale'
}
repaired() { # xfs_repair -L makes an empty log that comes after all there is
	"$manifest" copy >/dev/null 2>&1
	xfs_repair -L copy >said 2>&1 && "$manifest" copy >image.manifest 2>said
	! grep '^stale' said
	result $? 'a repaired volume is not stale'
}

if [ "$(id -u)" = 0 ]; then
	trap 'umount -q "$work/mnt"; rm -rf "${work:?}"' EXIT
	. "$top/tests/support/dirty.sh"
	dirty_round 1 300 "mkfs.xfs -q $small -b size=1024" ''
	torn_copy
	repaired
else
	skip 'a log' 'only root mounts'
fi

mkdir -p few/etc few/many && cp tree/sizes/[1-6]* few/etc && cp -r tree/dir60 few && ln -s a/b few/link
touch few/many/a-name-of-some-length-{1..200}
python3 "$top/tests/xfs_proto.py" few >proto
little() { # little FILE OPTION...
	truncate -s 20M "$1" && mkfs.xfs -q $small -p proto "${@:2}" "$1" >said 2>&1
}
little v4.img -m crc=0 -b size=512 && little v5.img -b size=1024 && little wide.img -m crc=0 -b size=1024 -n size=8192
mutations 60 v4.img v5.img wide.img
plan
