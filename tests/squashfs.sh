#!/usr/bin/env bash
# squashfs.sh - images that the two makers of squashfs make, in every compression and layout, read
# back as the tree they were made of; what rdsquashfs unpacks is the same. Prints TAP.
. tests/support/trees.sh
have mksquashfs
stress_tree || exit 1

squash() { # squash NAME OPTION...
	if mksquashfs tree image -noappend -no-progress -quiet "${@:2}" >said 2>&1; then
		same_tree image "mksquashfs $1"
	else
		skip "mksquashfs $1" "$(tail -n 1 said)"
	fi
}
squash 'gzip' -comp gzip
squash 'xz, x86, 256K, without fragments' -comp xz -Xbcj x86 -b 256K -no-fragments
squash 'zstd, 1M' -comp zstd -b 1M
squash 'lz4, 4K' -comp lz4 -b 4K
squash 'lzma, 64K, fragments always' -comp lzma -b 64K -always-use-fragments
squash 'nothing compressed' -comp gzip -noI -noD -noF -noX -b 32K
squash 'tail ends as fragments, inodes plain' -comp lz4 -tailends -noI

if mksquashfs tree lzo -comp lzo -noappend -no-progress -quiet >said 2>&1; then
	refused lzo 'lzo is named' 'squashfs with lzo compression'
else
	skip 'lzo' "$(tail -n 1 said)"
fi

if command -v gensquashfs >/dev/null; then
	for codec in gzip xz lz4; do
		if gensquashfs -q -f -D tree -c $codec -b 65536 image >said 2>&1; then
			same_tree image "gensquashfs $codec"
		else
			skip "gensquashfs $codec" "$(tail -n 1 said)"
		fi
	done
	if [ "$(id -u)" = 0 ] && rdsquashfs -q -C -O -u / -p unpacked image >said 2>&1; then
		python3 "$top/tests/stress_tree.py" manifest unpacked >unpacked.manifest
		# What is unpacked into stands before, and keeps the mode it had.
		sed -i "s|^/ .*|$(grep '^/ ' tree.manifest)|" unpacked.manifest
		same_tree image 'what rdsquashfs unpacks' unpacked.manifest
	else
		skip 'rdsquashfs' 'owners are unpacked by root'
	fi
else
	skip 'gensquashfs' 'it is not installed'
fi

mksquashfs tree image -comp gzip -b 8K -noappend -no-progress -quiet >said 2>&1
head -c "$(($(stat -c %s image) - 8192))" image >short
refused short 'a truncated image is refused' 'are there'

mkdir small small/d && cp -a tree/links tree/modes tree/hard small && cp tree/sizes/[1-6]* small/d
for codec in gzip zstd; do
	mksquashfs small small.$codec -comp $codec -b 4K -noappend -no-progress -quiet >said 2>&1
done
mutations 150 small.gzip small.zstd
plan
