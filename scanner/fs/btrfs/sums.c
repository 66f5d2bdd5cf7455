/*
 * sums.c - blocks to their checksums: CRC-32C, xxHash64, SHA-256 or BLAKE2b-256, whichever the
 * superblock names (On-disk Format, "Superblock", csum_type).
 */
#include <string.h>

#include "btrfs.h"
#include "crc32c.h"

size_t btrfs_sum_size(enum btrfs_sum kind)
{
	static const size_t size[] = {4, 8, 32, 32};
	return size[kind];
}

void btrfs_sum(enum btrfs_sum kind, const void *p, size_t n, unsigned char out[BTRFS_SUM_MAX])
{
	switch (kind) {
	case BTRFS_CRC32C: btrfs_store(out, (uint32_t)~crc32c(~0u, p, n), 4); break;
	case BTRFS_XXHASH: btrfs_store(out, xxhash64(p, n), 8); break;
	case BTRFS_SHA256: digest_sha256_raw((struct str){p, n}, out); break;
	case BTRFS_BLAKE2: blake2b_256(p, n, out); break;
	}
}
