#!/usr/bin/env bash
# xfs_log.sh - XFS volumes copied while they are in use, after random changes of which some were told
# to stay by fsync: what we read is what Linux finds when it mounts the copy and replays its log. Small
# logs, around whose ring the records go several times, and every size of record. The same changes
# each time; SEED=$RANDOM makes others. Then mutations of small volumes in number. Prints TAP.
PATH=$PATH:/sbin:/usr/sbin
. tests/support/trees.sh
. "$top/tests/support/dirty.sh"
have mkfs.xfs
trap 'umount -q "$work/mnt"; rm -rf "${work:?}"' EXIT
seed=${SEED:-1}
truncate -s 20M probe && mkfs.xfs -q --unsupported probe >said 2>&1 && small=--unsupported || small=
rounds() { # rounds SEED
	dirty_round "$1" 1500 "mkfs.xfs -q $small -b size=1024 -l size=4m" ''
	dirty_round "$1" 400 "mkfs.xfs -q $small" logbsize=256k
	dirty_round "$1" 800 "mkfs.xfs -q $small -b size=1024 -n size=8192" logbsize=16k
	dirty_round "$1" 400 "mkfs.xfs -q $small -m rmapbt=1 -i nrext64=1" ''
	dirty_round "$1" 400 "mkfs.xfs -q $small -m finobt=0,reflink=0,bigtime=0 -i sparse=0 -b size=1024" ''
	dirty_round "$1" 300 "mkfs.xfs -q $small -s size=4096 -i size=2048" logbsize=64k
	dirty_round "$1" 400 "mkfs.xfs -q $small -l su=256k" logbsize=256k
}
if [ "$(id -u)" = 0 ]; then
	rounds "$seed"
	rounds $((seed + 1))
else
	skip 'logs' 'mounting needs root'
fi

mkdir -p few/etc few/many
for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" >few/etc/f$i; done
touch few/many/a-name-of-some-length-{1..200}
python3 "$top/tests/xfs_proto.py" few >proto
little() { # little FILE OPTION...
	truncate -s 20M "$1" && mkfs.xfs -q $small -p proto "${@:2}" "$1" >said 2>&1
}
little v4.img -m crc=0 -b size=512 && little v5.img -b size=1024 && little wide.img -m crc=0 -b size=1024 -n size=8192
mutations "${MUTATIONS:-3300}" v4.img v5.img wide.img
plan
