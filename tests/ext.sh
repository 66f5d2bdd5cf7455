#!/usr/bin/env bash
# ext.sh - every variant of ext2, ext3 and ext4 that mke2fs makes reads back as the tree it was made
# of; journals that debugfs writes are replayed as e2fsck replays them; what is damaged, encrypted or
# not known is told. Needs neither root nor a loop device. Prints TAP.
PATH=$PATH:/sbin:/usr/sbin
. tests/support/trees.sh
for tool in mke2fs debugfs e2fsck python3; do have $tool; done

# same WANT GOT NAME: of what mke2fs adds, and of the top directory, only what it stands on is told
same() {
	diff <(grep -v -e '^/ ' -e '^/lost+found ' "$1") <(grep -v -e '^/ ' -e '^/lost+found ' "$2") >diff.out
	result $? "$3"
	sed -n '1,6s/^/# /p' diff.out
}
make_image() { # make_image FILE SIZE MKE2FS-ARGUMENT...
	rm -f "$1"
	truncate -s "$2" "$1"
	mke2fs -q -F "${@:3}" "$1" >mke2fs.out 2>&1 || sed 's/^/# mke2fs: /' mke2fs.out
}
edit() { # edit IMAGE COMMAND...: debugfs that writes
	printf '%s\n' "${@:2}" >commands
	debugfs -w -f commands "$1" >debugfs.out 2>&1
}
poke() { # poke IMAGE OFFSET BYTES-IN-PRINTF-NOTATION
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# ---- variants ----

stress_tree || exit 1
make_image whole.img 48M -t ext4 -b 4096 -N 6000 -d tree
"$manifest" whole.img >got 2>/dev/null
same tree.manifest got 'ext4, directories of thousands'
make_image whole.img 48M -t ext2 -b 1024 -N 6000 -d tree
"$manifest" whole.img >got 2>/dev/null
same tree.manifest got 'ext2, directories of thousands'
rm -f whole.img

mv tree small
rm -r small/dir4000
grep -v '^/dir4000' tree.manifest >small.want
variant() { # variant NAME KIND SIZE MKE2FS-ARGUMENT...
	make_image "$1.img" "$3" -N 1000 -L 'a label' -U 01234567-89ab-cdef-0123-456789abcdef "${@:4}" -d small
	"$manifest" "$1.img" >"$1.got" 2>told
	same small.want "$1.got" "$1"
	[ "$(head -1 told)" = "$2 label=a label uuid=01234567-89ab-cdef-0123-456789abcdef" ]
	result $? "$1: is told as $2 with its label and UUID"
}
variant ext2-4k ext2 24M -t ext2 -b 4096
variant ext2-revision-0 ext2 24M -t ext2 -b 1024 -r 0 -O none 2>/dev/null
variant ext3-2k ext3 24M -t ext3 -b 2048
variant ext4-1k ext4 24M -t ext4 -b 1024
variant ext4-4k ext4 24M -t ext4 -b 4096
variant ext4-64k ext4 100M -t ext4 -b 65536
variant ext4-no-extents ext4 24M -t ext4 -b 4096 -O ^extent,^64bit
variant ext4-small-inodes ext4 24M -t ext4 -b 4096 -I 128 -O ^metadata_csum,^64bit
variant ext4-bigalloc ext4 64M -t ext4 -b 4096 -O bigalloc -C 16384
variant ext4-casefold ext4 24M -t ext4 -b 4096 -O casefold
variant ext4-meta-bg ext4 24M -t ext4 -b 1024 -O meta_bg,^resize_inode
variant ext4-all ext4 24M -t ext4 -b 4096 \
	-O orphan_file,metadata_csum_seed,large_dir,ea_inode,verity,encrypt,project,quota,stable_inodes,sparse_super2

# With inline_data some releases of mke2fs drop a hole at the end of a file.
make_image inline.img 24M -t ext4 -b 4096 -N 1000 -O inline_data -d small
"$manifest" inline.img >inline.got 2>/dev/null
same <(grep -v '^/hole-at-end ' small.want) <(grep -v '^/hole-at-end ' inline.got) ext4-inline

for file in /fragments /sparse /sizes/65537 /sizes/60 /hole-at-end; do
	for image in ext2-4k ext4-64k ext4-no-extents inline; do
		digest=$(debugfs -R "cat $file" $image.img 2>/dev/null | sha256sum | cut -d' ' -f1)
		grep "^$file regular" $image.got | grep -qF "$digest" || echo "# $image $file"
	done
done >differ
[ ! -s differ ]
result $? 'files are those that debugfs prints'
cat differ

# A leaf that ends before its part of the file does, with nothing after it: all the rest is a hole.
edit ext4-4k.img 'punch fragments 3 1000000'
digest=$(debugfs -R 'cat fragments' ext4-4k.img 2>/dev/null | sha256sum | cut -d' ' -f1)
"$manifest" ext4-4k.img 2>/dev/null | grep '^/fragments regular' | grep -qF "$digest"
result $? 'a tree of extents that was punched'

# ---- journals ----

mkdir -p tiny/etc
for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" >tiny/etc/f$i; done
yes 'as it was' | head -c 9000 >tiny/kept
yes 'a new line' | head -c 30000 >new
{ printf '\300\073\071\230' && yes escaped | head -c 3000; } >magic

# The blocks in which two images differ: their numbers, and their contents in the second.
cat >blocks.py <<'PY'
import sys
old, new, size, out = open(sys.argv[1], 'rb'), open(sys.argv[2], 'rb'), int(sys.argv[3]), open(sys.argv[4], 'wb')
numbers, n = [], 0
while block := new.read(size):
    if old.read(size) != block:
        numbers.append(str(n))
        out.write(block)
    n += 1
print(','.join(numbers))
PY
journal() { # journal NAME BLOCK-SIZE JOURNAL-OPEN-OPTIONS MKE2FS-ARGUMENT...
	make_image old.img 16M -b "$2" "${@:4}" -d tiny
	cp old.img new.img
	edit new.img 'write new etc/new' 'write magic etc/magic' 'rm etc/f3' 'mkdir etc/directory' 'symlink etc/link new'
	numbers=$(python3 blocks.py old.img new.img "$2" changed)
	kept=$(debugfs -R 'bmap kept 1' old.img 2>/dev/null)
	# What is revoked by a later transaction, or written again by it, counts no more.
	edit old.img "journal_open $3" "journal_write -b ${numbers%%,*},$kept garbage" \
		"journal_write -r $kept" "journal_write -b $numbers changed" journal_close
	"$manifest" new.img >want 2>/dev/null
	"$manifest" old.img >got 2>told
	same want got "a dirty journal: $1"
	[ "$(debugfs -R 'cat etc/magic' old.img 2>/dev/null | sha256sum)" != "$(sha256sum <magic)" ] && ! grep -q stale told
	result $? "a dirty journal: $1: it was needed, and was enough"
	"$OFFNODE" inspect old.img 2>/dev/null | grep -q ' replayed: its journal$'
	result $? "a dirty journal: $1: is told"
	e2fsck -y -E journal_only old.img >e2fsck.out 2>&1
	"$manifest" old.img >want 2>/dev/null
	same want got "a dirty journal: $1: as e2fsck replays it"
}
yes garbage | head -c 8192 >garbage
journal 'no checksums' 4096 '' -t ext3
journal 'version 2, 1 KiB' 1024 '-c -v 2' -t ext4
journal 'version 3' 4096 '-c -v 3' -t ext4
journal 'version 3, 32 bits' 2048 '-c -v 3' -t ext4 -O ^64bit
journal 'version 2, 32 bits' 4096 '-c -v 2' -t ext4 -O ^64bit
journal '64 bits, no checksums' 1024 '' -t ext4 -O ^metadata_csum

# The log begins at block 1 of the journal, with the first descriptor; its commit comes after the two
# blocks of garbage, the revoke next.
damaged_journal() { # damaged_journal NAME BLOCK-OF-THE-LOG BYTE: a stale tree, and the old file
	cp dirty.img hurt.img
	at=$(debugfs -R "bmap <8> $2" hurt.img 2>/dev/null)
	poke hurt.img $((at * 4096 + $3)) '\125'
	"$manifest" hurt.img >got 2>told
	grep -q '^stale: its journal is damaged: .*; e2fsck would settle it$' told && grep -q '^/etc/f3 ' got
	result $? "a journal with $1: stale"
}
make_image dirty.img 16M -t ext4 -b 4096 -d tiny
cp dirty.img new.img
edit new.img 'rm etc/f3'
numbers=$(python3 blocks.py dirty.img new.img 4096 changed)
edit dirty.img 'journal_open -c -v 3' "journal_write -b $numbers changed" journal_close
"$manifest" dirty.img 2>/dev/null | grep -q '^/etc/f3 '
[ $? = 1 ]
result $? 'a journal that deletes a file'
damaged_journal 'a changed tag' 1 13
damaged_journal 'a changed commit' $(($(wc -c <changed) / 4096 + 2)) 200
damaged_journal 'a changed superblock' 0 64
damaged_journal 'no superblock' 0 0
cp dirty.img hurt.img
at=$(debugfs -R 'bmap <8> 2' hurt.img 2>/dev/null)
poke hurt.img $((at * 4096 + 4000)) '\125'
"$manifest" hurt.img 2>&1 | grep -q 'journal: the checksum of block 2 is wrong'
result $? 'a journal with a changed block: told when it is read'
make_image external.img 4M -O journal_dev -U 11111111-2222-3333-4444-555555555555
"$manifest" external.img 2>&1 | grep -q 'features not readable here: journal_dev'
result $? 'a journal alone: named'

# ---- damage, and what cannot be read ----

fresh() { # fresh MKE2FS-ARGUMENT...: one.img of the tiny tree
	make_image one.img 8M -b 1024 "$@" -d tiny
}
fresh -t ext4
number() { # number PATH: of its inode; the same in every one.img
	debugfs -R "stat $1" one.img 2>/dev/null | sed -n 's/^Inode: \([0-9]*\) .*/\1/p'
}
kept=$(number /kept) etc=$(number /etc)
at=$(debugfs -R 'imap /kept' one.img 2>/dev/null | sed -n 's/.*block \([0-9]*\), offset \(0x[0-9a-f]*\).*/\1*1024+\2/p')
poke one.img $((at + 4)) '\001'
refused one.img 'a changed inode: its checksum is wrong' "/kept failed: inode $kept: its checksum is wrong"
fresh -t ext4
at=$(debugfs -R 'bmap /etc 0' one.img 2>/dev/null)
poke one.img $((at * 1024 + 32)) 'X'
refused one.img 'a changed directory: its checksum is wrong' "/etc failed: inode $etc: its checksum is wrong"
fresh -t ext4
poke one.img $((1024 + 120)) 'X'
refused one.img 'a changed superblock: its checksum is wrong' 'superblock: its checksum is wrong'
fresh -t ext4
"$manifest" one.img >want 2>/dev/null
poke one.img $((1024 + 103)) '\377'
"$manifest" one.img >got 2>/dev/null
same want got 'ones for read-only features: read all the same'
fresh -t ext4 -O ^metadata_csum
poke one.img $((1024 + 98)) '\010'
refused one.img 'a feature that nobody knows: refused by its number' 'features not readable here: 0x80000'
fresh -t ext4 -O ^metadata_csum
poke one.img $((1024 + 97)) '\020'
refused one.img 'a feature of another system: refused by its name' 'features not readable here: dirdata'
fresh -t ext4 -O encrypt
edit one.img 'set_inode_field etc flags 0x80800'
refused one.img 'an encrypted directory: told' "/etc failed: inode $etc: is encrypted"
fresh -t ext4 -O encrypt
edit one.img 'set_inode_field kept flags 0x80800'
refused one.img 'an encrypted file: told' "/kept failed: inode $kept: is encrypted"
fresh -t ext4
truncate -s 300K one.img
refused one.img 'an image that was cut short: an error where it ends' ': ends at byte '
fresh -t ext2 -O ^dir_index
edit one.img 'set_inode_field etc block[0] 0'
refused one.img 'a directory with a hole: an error, not a shorter list' "/etc failed: directory $etc: has a hole"

# ---- random damage ----

make_tiny() { # make_tiny NAME MKE2FS-ARGUMENT...
	make_image "$1" 2M -N 64 "${@:2}" -d tiny
}
make_tiny mutate-ext2.img -t ext2 -b 1024
make_tiny mutate-ext4.img -t ext4 -b 1024 -O ^has_journal
make_tiny mutate-plain.img -t ext4 -b 1024 -O ^has_journal,^metadata_csum,inline_data
make_image mutate-journal.img 8M -t ext4 -b 1024 -O ^metadata_csum -d tiny
edit mutate-journal.img 'journal_open' 'journal_write -b 100,200 garbage' 'journal_write -r 100' journal_close
mutations 200 mutate-*.img
plan
