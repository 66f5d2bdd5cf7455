/*
 * block.c - buffers for the blocks of an XFS volume, and the proof that a block is the right one:
 * "XFS Algorithms & Data Structures", chapter "Metadata Integrity". A version 5 block tells its
 * own address, its owner and its file system, and when it was logged, under a CRC-32C.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"
#include "xfs.h"

const struct xfs_seal xfs_seal_bmbt = {
	.crc = 64, .address = 24, .lsn = 32, .uuid = 40, .owner = 56};
const struct xfs_seal xfs_seal_data = {.crc = 4, .address = 8, .lsn = 16, .uuid = 24, .owner = 40};
const struct xfs_seal xfs_seal_da = {.crc = 12, .address = 16, .lsn = 24, .uuid = 32, .owner = 48};
const struct xfs_seal xfs_seal_link = {
	.crc = 12, .address = 40, .lsn = 48, .uuid = 16, .owner = 32};

enum { HEADERS_MAX = 64 };

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

void xfs_say_stale(struct xfs *x, struct str why)
{
	struct str before = x->fs.stale;
	x->fs.stale =
		before.n ? str_fmt(x->arena, "%" PRIstr "; %" PRIstr, ARG(before), ARG(why)) : why;
}

void xfs_dated(struct xfs *x, uint64_t lsn)
{
	if (x->ahead || !x->next_lsn || lsn == UINT64_MAX || lsn < x->next_lsn)
		return;
	x->ahead = true;
	xfs_say_stale(x, S("it was copied while it was written to, parts of it are newer than its "
			   "log; freeze it for the copy"));
}

/* The headers of a group's free space and inodes, which most changes change too. */
static const struct {
	uint32_t magic;
	unsigned sector, crc, uuid, lsn;
} headers[] = {{0x58414746, 1, 216, 64, 208}, {0x58414749, 2, 312, 296, 320}}; /* XAGF, XAGI */

bool xfs_date_groups(struct xfs *x, struct error *e)
{
	const struct xfs_super *sb = &x->sb;
	uint64_t group = (uint64_t)sb->ag_blocks << sb->block_log;
	unsigned char *p = xfs_take(x);
	bool good = true;
	for (uint32_t i = 0; good && sb->v5 && i < 2 * sb->ag_count && i < HEADERS_MAX; i++) {
		size_t got = 0, k = i % 2;
		uint64_t at = i / 2 * group + headers[k].sector * (uint64_t)sb->sector;
		good = x->blob->read(x->blob, at, p, sb->sector, &got, e);
		if (good && got == sb->sector && load_be32(p) == headers[k].magic &&
		    memcmp(p + headers[k].uuid, sb->meta_uuid, XFS_UUID) == 0 &&
		    !blob_overlay_touched(x->replayed, at, got) &&
		    xfs_crc_good(p, got, headers[k].crc))
			xfs_dated(x, load_be64(p + headers[k].lsn));
	}
	xfs_give(x, p);
	return good;
}

bool xfs_sealed(struct xfs *x, const struct xfs_seal *seal, const unsigned char *p, size_t n,
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
	else if (!blob_overlay_touched(x->replayed, at, n) && !xfs_crc_good(p, n, seal->crc))
		wrong = "checksum does not match";
	if (wrong)
		return fail(e, ERR_CORRUPT, "block at byte %llu: %s", (unsigned long long)at,
			    wrong);
	xfs_dated(x, load_be64(p + seal->lsn));
	return true;
}
