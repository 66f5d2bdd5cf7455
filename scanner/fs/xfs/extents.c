/*
 * extents.c - a block of a file to the blocks of the volume that hold it: "XFS Algorithms & Data
 * Structures", chapter "Data Extents". An extent is 128 bits: one says that it was never written,
 * 54 are the block in the file, 52 the block of the volume, 21 the length. They stand in the inode
 * or in the leaves of a tree whose root does.
 */
#include <string.h>

#include "backends.h"
#include "bytes.h"
#include "xfs.h"

enum {
	RECORD = 16,
	ROOT_HEADER = 4,
	HEADER_V4 = 24,
	HEADER_V5 = 72,
	MAGIC_V4 = 0x424d4150, /* "BMAP" */
	MAGIC_V5 = 0x424d4133, /* "BMA3" */
	LEVELS_MAX = 9,
};

struct extent {
	uint64_t start, block, count;
	bool unwritten;
};

static struct extent unpack(const unsigned char *p)
{
	uint64_t high = load_be64(p), low = load_be64(p + 8);
	return (struct extent){
		.start = high << 1 >> 10,
		.block = (high & 0x1ff) << 43 | low >> 21,
		.count = low & 0x1fffff,
		.unwritten = high >> 63,
	};
}

static bool wrong(const struct xfs_inode *i, const char *what, struct error *e)
{
	return fail(e, ERR_CORRUPT, "inode %llu: %s", (unsigned long long)i->ino, what);
}

/* What stands at `at`, when the next block that other records may tell about is `bound`. */
static bool search(struct xfs *x, const struct xfs_inode *i, const unsigned char *records, size_t n,
		   uint64_t at, uint64_t bound, struct xfs_run *out, struct error *e)
{
	uint64_t end = 0, byte;
	struct xfs_run run = {.hole = true, .count = bound - at};
	for (size_t k = 0; k < n; k++) {
		struct extent t = unpack(records + k * RECORD);
		if (t.count == 0 || t.start < end)
			return wrong(i, "extents are out of order", e);
		end = t.start + t.count;
		if (at < t.start && t.start - at < run.count)
			run.count = t.start - at;
		if (at < t.start || at >= end)
			continue;
		if (!xfs_block_at(&x->sb, t.block, t.count, &byte, e))
			return fail_in(e, "inode %llu", (unsigned long long)i->ino);
		run = (struct xfs_run){t.block + (at - t.start), end - at, t.unwritten};
	}
	*out = run;
	return true;
}

/* The child for `at` among n keys and as many pointers; *bound comes down to the next key. */
static uint64_t child(const unsigned char *keys, const unsigned char *pointers, size_t n,
		      uint64_t at, uint64_t *bound)
{
	size_t k = 0;
	while (k + 1 < n && load_be64(keys + (k + 1) * 8) <= at)
		k++;
	if (k + 1 < n && load_be64(keys + (k + 1) * 8) < *bound)
		*bound = load_be64(keys + (k + 1) * 8);
	return load_be64(pointers + k * 8);
}

static bool read_node(struct xfs *x, const struct xfs_inode *i, uint64_t block, unsigned level,
		      unsigned char *p, struct error *e)
{
	uint64_t at;
	size_t header = x->sb.v5 ? HEADER_V5 : HEADER_V4;
	if (!xfs_block_at(&x->sb, block, 1, &at, e) || !blob_read(x->blob, at, p, x->sb.block, e))
		return fail_in(e, "inode %llu", (unsigned long long)i->ino);
	if (load_be32(p) != (x->sb.v5 ? MAGIC_V5 : MAGIC_V4))
		return wrong(i, "a block of its extent tree is none", e);
	if (!xfs_sealed(x, &xfs_seal_bmbt, p, x->sb.block, at, i->ino, e))
		return fail_in(e, "inode %llu", (unsigned long long)i->ino);
	if (load_be16(p + 4) != level)
		return wrong(i, "its extent tree is of uneven depth", e);
	if (load_be16(p + 6) == 0 || load_be16(p + 6) > (x->sb.block - header) / RECORD)
		return wrong(i, "a block of its extent tree has too many entries or none", e);
	return true;
}

/* From the root in the inode down; the levels are counted off, so there is no loop. */
static bool descend(struct xfs *x, const struct xfs_inode *i, uint64_t at, unsigned char *p,
		    struct xfs_run *out, struct error *e)
{
	size_t header = x->sb.v5 ? HEADER_V5 : HEADER_V4;
	size_t room = (i->fork_n - ROOT_HEADER) / RECORD, n = load_be16(i->fork + 2);
	size_t node_room = (x->sb.block - header) / RECORD;
	unsigned level = load_be16(i->fork);
	uint64_t bound = UINT64_MAX;
	if (level == 0 || level > LEVELS_MAX || n == 0 || n > room)
		return wrong(i, "the root of its extent tree is none", e);
	const unsigned char *keys = i->fork + ROOT_HEADER;
	uint64_t block = child(keys, keys + room * 8, n, at, &bound);
	for (;;) {
		if (!read_node(x, i, block, --level, p, e))
			return false;
		n = load_be16(p + 6);
		if (level == 0)
			return search(x, i, p + header, n, at, bound, out, e);
		block = child(p + header, p + header + node_room * 8, n, at, &bound);
	}
}

static bool map_fork(struct xfs *x, const struct xfs_inode *i, uint64_t at, struct xfs_run *out,
		     struct error *e)
{
	if (i->format == XFS_EXTENTS) {
		if (i->extents > i->fork_n / RECORD)
			return wrong(i, "more extents than it has room for", e);
		return search(x, i, i->fork, (size_t)i->extents, at, UINT64_MAX, out, e);
	}
	if (i->format != XFS_BTREE || i->fork_n < ROOT_HEADER)
		return wrong(i, "its contents are of an unknown format", e);
	unsigned char *p = xfs_take(x);
	bool mapped = descend(x, i, at, p, out, e);
	xfs_give(x, p);
	return mapped;
}

bool xfs_map(struct xfs *x, const struct xfs_inode *i, uint64_t at, struct xfs_run *out,
	     struct error *e)
{
	struct xfs_run run;
	if (!map_fork(x, i, at, &run, e))
		return false;
	for (size_t k = 0; k < x->moves.n; k++) {
		const struct xfs_move *m = &x->moves.at[k];
		if (m->ino != i->ino)
			continue;
		if (at >= m->start && at - m->start < m->count)
			run = (struct xfs_run){m->block + (at - m->start),
					       m->count - (at - m->start), m->hole};
		else if (m->start > at && m->start - at < run.count)
			run.count = m->start - at;
	}
	*out = run;
	return true;
}

bool xfs_contents(struct xfs *x, const struct xfs_inode *i, uint64_t at, void *buf, size_t n,
		  size_t *got, struct error *e)
{
	uint64_t left = at < i->size ? i->size - at : 0, from;
	size_t all = left < n ? (size_t)left : n, have = 0;
	for (uint64_t runs = 1; have < all; runs++) {
		struct xfs_run run;
		if (!fs_pieces_fit(&x->fs, runs, e))
			return fail_in(e, "inode %llu", (unsigned long long)i->ino);
		uint64_t here = at + have, in_block = here & (x->sb.block - 1), bytes;
		if (!xfs_map(x, i, here >> x->sb.block_log, &run, e))
			return false;
		size_t piece = all - have;
		if (mul_u64(run.count, x->sb.block, &bytes) && bytes - in_block < piece)
			piece = (size_t)(bytes - in_block);
		if (run.hole)
			memset((char *)buf + have, 0, piece);
		else if (!xfs_block_at(&x->sb, run.block, run.count, &from, e) ||
			 !blob_read(x->blob, from + in_block, (char *)buf + have, piece, e))
			return fail_in(e, "inode %llu", (unsigned long long)i->ino);
		have += piece;
	}
	*got = all;
	return true;
}
