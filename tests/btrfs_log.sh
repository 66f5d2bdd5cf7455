#!/usr/bin/env bash
# btrfs_log.sh - volumes copied while they are in use, after random changes of which some were told to
# stay by fsync: what we read is what Linux finds when it mounts the copy and replays its log. The
# same changes each time; SEED=$RANDOM makes others. Prints TAP.
. tests/support/trees.sh
. "$top/tests/support/dirty.sh"
have mkfs.btrfs
trap 'umount -q "$work/mnt"; rm -rf "${work:?}"' EXIT
if [ "$(id -u)" != 0 ]; then
	skip 'logs' 'mounting needs root'
	plan
	exit
fi
seed=${SEED:-1}
for i in 1 2 3; do
	dirty_round $((seed + i)) 60 "mkfs.btrfs -q" ""
	dirty_round $((seed + i)) 400 "mkfs.btrfs -q -O ^no-holes" compress=zstd
	dirty_round $((seed + i)) 250 "mkfs.btrfs -q --mixed -n 4096" ""
	dirty_round $((seed + i)) 900 "mkfs.btrfs -q -n 65536" nodatacow
done
plan
