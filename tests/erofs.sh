#!/usr/bin/env bash
# erofs.sh - images that mkfs.erofs makes, in every layout and codec it has, read back as the tree they
# were made of; small images that newer ones made stand in for what an older one has not, and Linux says
# the same of those. Prints TAP.
. tests/support/trees.sh
have mkfs.erofs
trap 'umount -q "$work/mnt"; rm -rf "${work:?}"' EXIT
stress_tree || exit 1
mv tree/names/nnn* tree/names/of-254-"$(printf 'n%.0s' {1..247})" # mkfs.erofs 1.5 takes no 255
cp /bin/bash tree/program && python3 "$top/tests/stress_tree.py" manifest tree >tree.manifest

erofs() { # erofs NAME OPTION...
	rm -f image
	mkfs.erofs "${@:2}" image tree >said 2>&1
	same_tree image "mkfs.erofs $1"
}
mounted() { # mounted IMAGE
	mount -t erofs -o loop,ro "$1" mnt 2>said
}
linux() { # linux IMAGE NAME MANIFEST: Linux, where it is not too old, finds in the image what was read of it
	[ $mounts = 1 ] || return
	mounted "$1" || { skip "Linux: $2" "$(tail -n 1 said)" && return; }
	python3 "$top/tests/stress_tree.py" manifest mnt >mounted.manifest
	umount mnt
	cmp -s "$3" mounted.manifest
	result $? "Linux: $2"
}
newer() { # newer CODEC NAME OPTION...: where mkfs.erofs has the codec; small images have them all
	mkfs.erofs --help 2>&1 | grep -qw "$1" && erofs "${@:2}" "-z$1"
}
erofs 'plain'
mkdir mnt
if [ "$(id -u)" = 0 ] && mounted image; then
	mounts=1 && umount mnt
else
	mounts=0 && skip 'Linux' "it takes root, and a Linux that mounts it: $(tail -n 1 said)"
fi
erofs 'lz4, small clusters' -zlz4
erofs 'lz4hc, 256K clusters, as Bottlerocket has it' -zlz4hc,12 -C262144
erofs 'lz4hc, full index' -zlz4hc -Elegacy-compress
erofs 'lz4hc, full index, 64K clusters' -zlz4hc -Elegacy-compress -C65536
erofs 'lz4hc, tails inline' -zlz4hc -Eztailpacking -C16384
erofs 'no bytes inline, large inodes' -Enoinline_data,force-inode-extended
erofs 'chunks of 4K' --chunksize=4096
newer lzma 'lzma, all in fragments' -C65536 -Eall-fragments
newer zstd 'zstd, tails inline' -C65536 -Eztailpacking
newer deflate 'deflate, blocks of 1K, shared clusters' -b1024 -Ededupe
newer zstd '48 bits, lists of extents' -E48bit -C65536 --max-extent-bytes=65536
newer zstd 'a metabox, fragments, shared clusters' -m65536 -Edot-omitted,fragments,dedupe -C65536

for image in "$top"/testdata/fuzz/erofs/*.img; do
	case $image in *composefs*) continue ;; esac
	same_tree "$image" "mkfs.erofs 1.9.4: $(basename "$image" .img)" "$top/testdata/fuzz/erofs.manifest"
	linux "$image" "$(basename "$image" .img)" "$top/testdata/fuzz/erofs.manifest"
done
python3 "$top/tests/erofs_far.py" far >far.manifest
same_tree far 'blocks of 48 bits' far.manifest
linux far 'blocks of 48 bits' far.manifest
refused "$top/testdata/fuzz/erofs/composefs.img" 'files without their store of objects are not empty' \
	'its content lies in a store of objects'

mkfs.erofs -zlz4hc -C65536 image tree >said 2>&1
if fsck.erofs --help 2>&1 | grep -q extract && fsck.erofs --extract=unpacked image >said 2>&1; then
	# fsck.erofs gives files to their owners last, which takes their set-ID bits.
	find unpacked tree -type f -perm /6000 -exec chmod ug-s {} +
	rm -f image && mkfs.erofs -zlz4hc -C65536 image tree >said 2>&1
	python3 "$top/tests/stress_tree.py" manifest unpacked >unpacked.manifest
	same_tree image 'what fsck.erofs extracts' unpacked.manifest
else
	skip 'fsck.erofs --extract' "$(tail -n 1 said)"
fi
head -c "$(($(stat -c %s image) - 4096))" image >short
refused short 'a truncated image is refused' 'are there'

mkdir small && cp -a tree/links tree/modes tree/hard tree/names small && cp tree/sizes/[1-6]* small
for option in -x-1 -zlz4hc '-zlz4hc -Elegacy-compress' --chunksize=4096; do
	# shellcheck disable=SC2086
	mkfs.erofs $option "small$option" small >said 2>&1
	printf '\0' | dd of="small$option" bs=1 seek=1032 conv=notrunc status=none # no checksum
done
mutations 60 small-*
plan
