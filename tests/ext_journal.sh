#!/usr/bin/env bash
# ext_journal.sh - ext3 and ext4 copied while they are in use, after random changes of which some were
# told to stay by fsync: what we read is what Linux finds when it mounts the copy and replays its
# journal and its fast commits. The same changes each time; SEED=$RANDOM makes others. Then mutations
# of small images in number. Prints TAP.
PATH=$PATH:/sbin:/usr/sbin
. tests/support/trees.sh
. "$top/tests/support/dirty.sh"
have mke2fs
trap 'umount -q "$work/mnt"; rm -rf "${work:?}"' EXIT
seed=${SEED:-1}
rounds() { # rounds SEED
	dirty_round "$1" 300 'mke2fs -q -F -t ext3 -b 1024' ''
	dirty_round "$1" 300 'mke2fs -q -F -t ext4 -b 4096' ''
	dirty_round "$1" 300 'mke2fs -q -F -t ext4 -b 4096 -O ^64bit' ''
	dirty_round "$1" 300 'mke2fs -q -F -t ext4 -b 1024 -O ^metadata_csum' 'data=journal'
	dirty_round "$1" 300 'mke2fs -q -F -t ext4 -b 1024' 'data=journal'
	dirty_round "$1" 60 'mke2fs -q -F -t ext4 -b 4096 -O fast_commit' ''
	dirty_round "$1" 300 'mke2fs -q -F -t ext4 -b 1024 -O fast_commit' ''
	dirty_round "$1" 1000 'mke2fs -q -F -t ext4 -b 4096 -O fast_commit' ''
}
if [ "$(id -u)" = 0 ]; then
	rounds "$seed"
	rounds $((seed + 1))
	# A file of O_TMPFILE, named in a fast commit, which Linux loses.
	dirty_round 1795895307 60 'mke2fs -q -F -t ext4 -b 4096 -O fast_commit' ''
else
	skip 'journals' 'mounting needs root'
fi

mkdir -p tiny/etc
for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" >tiny/etc/f$i; done
yes garbage | head -c 9000 >tiny/garbage
small() { # small FILE SIZE MKE2FS-ARGUMENT...
	mke2fs -q -F -b 1024 -N 64 "${@:3}" -d tiny "$1" "$2" >said 2>&1
}
small ext2.img 1M -t ext2
small ext4.img 1M -t ext4 -O ^has_journal
small inline.img 1M -t ext4 -I 256 -O ^has_journal,^metadata_csum,inline_data
small journal.img 3M -t ext4 -O ^metadata_csum
printf '%s\n' journal_open 'journal_write -b 100,200 tiny/garbage' 'journal_write -r 100' journal_close >commands
debugfs -w -f commands journal.img >said 2>&1
mutations "${MUTATIONS:-2500}" ext2.img ext4.img inline.img journal.img
plan
