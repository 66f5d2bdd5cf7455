/*
 * block.c - buffers for the blocks of an XFS volume, and the proof that a block is the right one:
 * "XFS Algorithms & Data Structures", chapter "Metadata Integrity". A version 5 block tells its
 * own address, its owner and its file system, under a CRC-32C.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"
#include "xfs.h"
#include "xfs_overlay.h"

const struct xfs_seal xfs_seal_bmbt = {
	.crc = 64, .address = 24, .lsn = 32, .uuid = 40, .owner = 56};
const struct xfs_seal xfs_seal_data = {.crc = 4, .address = 8, .lsn = 16, .uuid = 24, .owner = 40};
const struct xfs_seal xfs_seal_da = {.crc = 12, .address = 16, .lsn = 24, .uuid = 32, .owner = 48};
const struct xfs_seal xfs_seal_link = {
	.crc = 12, .address = 40, .lsn = 48, .uuid = 16, .owner = 32};

struct xfs_piece {
	union {
		struct xfs_piece *next; /* while nobody holds it */
		unsigned char bytes[XFS_BLOCK_MAX];
	};
};

unsigned char *xfs_take(struct xfs *x)
{
	struct xfs_piece *piece = x->spare;
	if (piece)
		x->spare = piece->next;
	else
		piece = NEW(x->arena, struct xfs_piece);
	return piece->bytes;
}

void xfs_give(struct xfs *x, unsigned char *buffer)
{
	struct xfs_piece *piece = (struct xfs_piece *)buffer;
	piece->next = x->spare;
	x->spare = piece;
}

bool xfs_crc_good(const unsigned char *p, size_t n, size_t at)
{
	static const unsigned char none[4];
	uint32_t crc = crc32c(~0u, p, at);
	crc = crc32c(crc, none, sizeof none);
	crc = crc32c(crc, p + at + 4, n - at - 4);
	return ~crc == load_le32(p + at);
}

bool xfs_sealed(const struct xfs *x, const struct xfs_seal *seal, const unsigned char *p, size_t n,
		uint64_t at, uint64_t owner, struct error *e)
{
	const char *wrong = NULL;
	if (!x->sb.v5)
		return true;
	if (memcmp(p + seal->uuid, x->sb.meta_uuid, XFS_UUID) != 0)
		wrong = "belongs to another file system";
	else if (load_be64(p + seal->address) != at / XFS_SECTOR)
		wrong = "belongs elsewhere";
	else if (load_be64(p + seal->owner) != owner)
		wrong = "belongs to another inode";
	else if (!xfs_overlay_touched(x->replayed, at, n) && !xfs_crc_good(p, n, seal->crc))
		wrong = "checksum does not match";
	if (wrong)
		return fail(e, ERR_CORRUPT, "block at byte %llu: %s", (unsigned long long)at,
			    wrong);
	return true;
}
