#!/bin/sh
# doors.sh - each third-party library has one door: one file that includes its header.
set -u
failed=0
door() { # door PATTERN FILE
	for file in $(grep -rlE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($1)" scanner include | sort); do
		[ "$file" = "$2" ] && continue
		echo "$file: only $2 may include that header: it is that library's door"
		failed=1
	done
}
door 'archive\.h|archive_entry\.h' scanner/fs/archive/archive_pass.c
door 'sqfs/[a-z_]+\.h' scanner/fs/squashfs.c
door 'sqlite3\.h' scanner/inventory/rpm_sqlite.c
door 'yaml\.h' scanner/base/yaml.c
door 'jansson\.h' scanner/base/json.c
door 'openssl/[a-z0-9_]+\.h' scanner/blob/digest.c
door 'isa-l\.h|isa-l/[a-z0-9_]+\.h' scanner/blob/gunzip_isal.c
door 'ext2fs/[a-z0-9_]+\.h' scanner/fs/ext/volume.c
door 'zlib\.h' scanner/blob/gunzip_zlib.c
door 'zstd\.h' scanner/blob/unpack.c
door 'lz4[a-z]*\.h' scanner/blob/unpack_lz4.c
door 'lzma\.h' scanner/blob/unpack_lzma.c
door 'curl/[a-z]+\.h' scanner/net/wire_curl.c
[ $failed = 0 ] && echo 'doors: clean'
exit $failed
