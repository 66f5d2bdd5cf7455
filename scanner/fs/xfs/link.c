/*
 * link.c - an XFS symbolic link to its target: "XFS Algorithms & Data Structures", chapter
 * "Symbolic Links". A short one stands in the inode. A version 5 volume puts a header before the
 * bytes of each extent, not of each block.
 */
#include <string.h>

#include "bytes.h"
#include "xfs.h"

enum { MAGIC = 0x58534c4d /* "XSLM" */, HEADER = 56 };

static bool wrong(const struct xfs_inode *i, const char *what, struct error *e)
{
	return fail(e, ERR_CORRUPT, "symbolic link %llu: %s", (unsigned long long)i->ino, what);
}

/* The bytes of one extent, from `have` on; *have grows by them. */
static bool take_extent(struct xfs *x, const struct xfs_inode *i, const struct xfs_run *run,
			unsigned char *p, char *target, size_t *have, struct error *e)
{
	uint64_t at, n = run->count << x->sb.block_log;
	if (run->hole || run->count > XFS_BLOCK_MAX / x->sb.block)
		return wrong(i, "its target is not where it should be", e);
	if (!xfs_block_at(&x->sb, run->block, run->count, &at, e) ||
	    !blob_read(x->blob, at, p, n, e))
		return fail_in(e, "symbolic link %llu", (unsigned long long)i->ino);
	size_t left = i->size - *have, piece = n - HEADER < left ? n - HEADER : left;
	if (load_be32(p) != MAGIC || load_be32(p + 4) != *have || load_be32(p + 8) != piece)
		return wrong(i, "a part of its target is none", e);
	if (!xfs_sealed(x, &xfs_seal_link, p, n, at, i->ino, e))
		return fail_in(e, "symbolic link %llu", (unsigned long long)i->ino);
	memcpy(target + *have, p + HEADER, piece);
	*have += piece;
	return true;
}

static bool take_extents(struct xfs *x, const struct xfs_inode *i, unsigned char *p, char *target,
			 struct error *e)
{
	struct xfs_run run;
	uint64_t block = 0;
	for (size_t have = 0; have < i->size; block += run.count)
		if (!xfs_map(x, i, block, &run, e) || !take_extent(x, i, &run, p, target, &have, e))
			return false;
	return true;
}

bool xfs_link_read(struct xfs *x, const struct xfs_inode *i, char *target, struct error *e)
{
	size_t got;
	if (i->size == 0 || i->size > XFS_LINK_MAX)
		return wrong(i, "its target is empty or too long", e);
	if (i->format == XFS_LOCAL) {
		if (i->size > i->fork_n)
			return wrong(i, "its target is longer than its inode", e);
		memcpy(target, i->fork, i->size);
		return true;
	}
	if (!x->sb.v5)
		return xfs_contents(x, i, 0, target, i->size, &got, e);
	unsigned char *p = xfs_take(x);
	bool taken = take_extents(x, i, p, target, e);
	xfs_give(x, p);
	return taken;
}
