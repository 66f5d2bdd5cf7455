#!/usr/bin/env bash
# btrfs.sh - volumes that mkfs.btrfs and Linux make, with every checksum, compression, node size and
# profile, read back as the tree they were made of: subvolumes and snapshots, one copy of two
# damaged, a log that was not replayed. Prints TAP.
. tests/support/trees.sh
have mkfs.btrfs
stress_tree || exit 1

make() { # make IMAGE DIR OPTION...
	rm -f "$1" && mkfs.btrfs -q --rootdir "$2" "${@:3}" "$1" >said 2>&1
}
volume() { # volume NAME OPTION...: the whole tree by mkfs
	if make image tree "${@:2}"; then
		same_tree image "mkfs.btrfs $1"
	else
		skip "mkfs.btrfs $1" "$(tail -n 1 said)"
	fi
}
volume 'as it comes'
volume 'mixed groups, 4K nodes, holes told, SHA-256' --mixed -n 4096 -O ^no-holes --csum sha256
volume '64K nodes, BLAKE2' -n 65536 --csum blake2

# ---- a smaller tree, which is made often ----

mkdir small small/d
cp -a tree/links tree/modes tree/hard tree/sizes small && cp tree/sizes/[1-6]* small/d
python3 "$top/tests/stress_tree.py" manifest small >small.manifest

make image small --csum xxhash -L 'a label' -U 6f2d1a34-0000-4000-8000-0123456789ab
same_tree image 'mkfs.btrfs --csum xxhash' small.manifest
grep -q 'label=a label uuid=6f2d1a34-0000-4000-8000-0123456789ab$' said
result $? 'label and UUID'

mkdir restored
if [ "$(id -u)" = 0 ] && btrfs restore -mS image restored >said 2>&1; then
	# It restores no special files.
	python3 "$top/tests/stress_tree.py" manifest restored >unsorted
	grep -E ' (device|other) ' small.manifest >>unsorted
	sort unsorted >restored.manifest
	# What is restored into stands before, and keeps the mode it had.
	sed -i "s|^/ .*|$(grep '^/ ' small.manifest)|" restored.manifest
	same_tree image 'what btrfs restore restores' restored.manifest
else
	skip 'btrfs restore' "owners are restored by root: $(tail -n 1 said)"
fi

# ---- copies, and damage ----

physical() { # physical IMAGE LOGICAL: the places of its copies
	btrfs-map-logical -l "$2" "$1" 2>/dev/null | sed -n 's/.*physical \([0-9]*\) .*/\1/p' | sort -u
}
spoil() { # spoil IMAGE PLACE...: 4 bytes within what lies there
	for at in "${@:2}"; do
		printf 'spoi' | dd of="$1" bs=1 seek=$((at + 200)) conv=notrunc status=none
	done
}
root_of() { # root_of IMAGE TREE: the logical address of a tree's root
	btrfs inspect-internal dump-tree -t root "$1" 2>/dev/null |
		awk -v tree="$2" '/item .* key/ { mine = $4 == "(" tree && $5 == "ROOT_ITEM" }
			mine && / bytenr / { for (i = 1; i < NF; i++) if ($i == "bytenr") print $(i + 1) }' | head -1
}
make whole small -m dup
fs_root=$(root_of whole FS_TREE)
mapfile -t places < <(physical whole "$fs_root")
cp whole image && spoil image "${places[0]}"
same_tree image 'the other copy of a node' small.manifest
cp whole image && spoil image "${places[@]}"
refused image 'no good copy of a node' "the node at $fs_root has a wrong checksum"

extent=$(btrfs inspect-internal dump-tree -t fs whole 2>/dev/null | sed -n 's/.*extent data disk byte \([1-9][0-9]*\) .*/\1/p' | head -1)
cp whole image && spoil image $(physical whole "$extent")
refused image 'content that its checksum refuses' "the data at $extent has a wrong checksum"

cp whole image && spoil image 65536
same_tree image 'the second superblock' small.manifest
head -c $((1 << 20)) whole >image
refused image 'a volume cut short' 'ends at byte'

make tiny small --mixed -n 4096 && mutations 100 tiny

# ---- what only Linux makes ----

mount_image() { # mount_image OPTIONS: on mnt
	mkdir -p mnt && mount -t btrfs -o "loop,$1" disk mnt 2>said
}
trap 'umount -q "$work/mnt"; for l in ${loops:-}; do losetup -d "$l"; done
	chmod -R u+rwX "${work:?}" 2>/dev/null; rm -rf "${work:?}"' EXIT
truncate -s 512M disk && mkfs.btrfs -q disk >said 2>&1
if [ "$(id -u)" != 0 ] || ! mount_image compress-force=zlib; then
	skip 'volumes that Linux writes' "$(tail -n 1 said) (root and loop devices are needed)"
	plan
	exit
fi

fill() { # fill SUBVOLUME FROM
	btrfs -q subvolume create "mnt/$1" && cp -a "$2/." "mnt/$1/"
}
reads() { # reads SUBVOLUME MANIFEST NAME
	"$manifest" -s "$1" disk >image.manifest 2>said
	status=$?
	cmp -s "$2" image.manifest || status=1
	[ $status = 0 ] || { sed 's/^/# /' said && diff "$2" image.manifest | head -5 | sed 's/^/# /'; }
	result $status "$3"
}
fill zlib small
mount -o remount,compress-force=lzo mnt && fill lzo small
mount -o remount,compress-force=zstd mnt && fill @ small && fill zstd tree
mkdir mnt/@/.snapshots mnt/@/.snapshots/1
btrfs -q subvolume snapshot mnt/@ mnt/@/.snapshots/1/snapshot
btrfs -q subvolume set-default mnt/@/.snapshots/1/snapshot
echo later >mnt/@/d/1
btrfs -q subvolume create mnt/zstd/nested && echo in >mnt/zstd/nested/file
btrfs -q subvolume snapshot mnt/zstd mnt/copy
python3 "$top/tests/stress_tree.py" manifest mnt >mounted.manifest
python3 "$top/tests/stress_tree.py" manifest mnt/@/.snapshots/1/snapshot >snapshot.manifest
nested=$(btrfs subvolume list mnt | sed -n 's/^ID \([0-9]*\) .* path zstd\/nested$/\1/p')
umount mnt
reads zlib small.manifest 'zlib'
reads /lzo small.manifest 'lzo'
reads subvolid=5 mounted.manifest 'the top level: zstd, nested subvolumes, snapshots without theirs'
reads @/.snapshots/1/snapshot snapshot.manifest 'a snapshot by its path'
same_tree disk 'the default subvolume' snapshot.manifest
printf '/ directory 0755 0 0\n/file regular 0644 0 0 3 %s\n' "$(echo in | sha256sum | cut -d ' ' -f 1)" >expected
reads "subvolid=$nested" expected 'a subvolume by its number'
"$manifest" -s @/d disk >/dev/null 2>said
grep -q 'no subvolume @/d' said
result $? 'a directory is no subvolume'

# ---- a log that was not replayed: the copy is taken while the volume is in use ----

. "$top/tests/support/dirty.sh"
dirty_round 1 100 "mkfs.btrfs -q" "compress=zstd"

# ---- several devices ----

read_back() { # read_back NAME DEVICE...: the small tree, of these devices
	"$manifest" "${@:2}" >image.manifest 2>said && cmp -s small.manifest image.manifest
	result $? "$1"
}
devices() { # devices NAME COUNT OPTION...: the small tree over so many of the loop devices
	local use=(${loops})
	use=("${use[@]:0:$2}")
	if mkfs.btrfs -q -f "${@:3}" "${use[@]}" >said 2>&1 && btrfs -q device scan "${use[@]}" &&
		mount -t btrfs "${use[0]}" mnt 2>said && cp -a small/. mnt/ && umount mnt; then
		members=("${use[@]}")
		read_back "$1" "${members[@]}"
	else
		umount -q mnt
		skip "$1" "$(tail -n 1 said)"
	fi
}
without() { # without NAME COUNT: any one of the devices or, if COUNT is 2, two
	local one two member rest status=0
	for one in "${members[@]}"; do
		for two in "${members[@]}"; do
			[ "$2" = 2 ] || [ "$one" = "$two" ] || continue
			rest=()
			for member in "${members[@]}"; do
				[ "$member" = "$one" ] || [ "$member" = "$two" ] || rest+=("$member")
			done
			"$manifest" "${rest[@]}" >image.manifest 2>said && cmp -s small.manifest image.manifest ||
				status=1
		done
	done
	result $status "$1"
}
loops=
for i in 1 2 3 4; do
	truncate -s 300M "member$i" && loops="$loops $(losetup -f --show "member$i")"
done
devices 'raid0 on 3 devices' 3 -d raid0 -m raid0
devices 'raid10 on 4 devices' 4 -d raid10 -m raid10
without 'raid10 without any one device' 1
devices 'raid5 on 3 devices' 3 -d raid5 -m raid5
without 'raid5 without any one device' 1
refused "${members[0]}" 'raid5 without two devices' 'is missing'
cp --sparse=always member2 worn && dd if=/dev/urandom of=worn bs=1M seek=2 count=100 conv=notrunc status=none
read_back 'raid5 with a worn device' member1 worn member3
devices 'raid6 on 4 devices' 4 -d raid6 -m raid6
without 'raid6 without any two devices' 2
devices 'raid1c3 and raid1c4' 4 -d raid1c3 -m raid1c4
without 'raid1c3 without any two devices' 2
devices 'raid1 on 2 devices' 2 -d raid1 -m raid1
same_tree "${members[1]}" 'one half of raid1' small.manifest
devices 'single on 2 devices' 2 -d raid0 -m raid1
refused "${members[0]}" 'one half of raid0' 'is missing'
btrfs device scan --forget >/dev/null 2>&1
plan
