/*
 * inode.c - an inode number to what the inode says: "XFS Algorithms & Data Structures", chapter
 * "On-disk Inode". Of the inode's three parts the attribute fork is left to attribute.c.
 */
#include "bytes.h"

#include <string.h>

#include "xfs.h"

enum {
	INODE_MAGIC = 0x494e, /* "IN" */
	CRC_AT = 100,
	LSN_AT = 112,
	FLAG_REALTIME = 1,
	FLAG2_NREXT64 = 1 << 4,
	VERSION_V5 = 3,
};

static bool wrong(uint64_t ino, const char *what, struct error *e)
{
	return fail(e, ERR_CORRUPT, "inode %llu: %s", (unsigned long long)ino, what);
}

/* Version 3 inodes live on version 5 volumes, and only there. */
static bool check(const struct xfs *x, uint64_t ino, uint64_t at, const unsigned char *p,
		  struct error *e)
{
	if (load_be16(p) != INODE_MAGIC)
		return wrong(ino, "is none", e);
	if ((p[4] == VERSION_V5) != x->sb.v5 || p[4] == 0 || p[4] > VERSION_V5)
		return wrong(ino, "is of another version", e);
	if (load_be16(p + 2) == 0)
		return wrong(ino, "is not in use", e);
	if (!x->sb.v5)
		return true;
	if (load_be64(p + 152) != ino)
		return wrong(ino, "is another", e);
	if (memcmp(p + 160, x->sb.meta_uuid, XFS_UUID) != 0)
		return wrong(ino, "belongs to another file system", e);
	if (!blob_overlay_touched(x->replayed, at, x->sb.inode) &&
	    !xfs_crc_good(p, x->sb.inode, CRC_AT))
		return wrong(ino, "checksum does not match", e);
	return true;
}

/* The data fork ends where the attributes begin. */
static bool take_fork(const struct xfs *x, const unsigned char *p, struct xfs_inode *i,
		      struct error *e)
{
	size_t core = x->sb.v5 ? XFS_CORE_V5 : XFS_CORE_V4, room = x->sb.inode - core;
	size_t n = p[82] ? (size_t)p[82] * 8 : room;
	if (n > room)
		return wrong(i->ino, "attributes begin past its end", e);
	memcpy(i->fork, p + core, n);
	i->fork_n = n;
	return true;
}

bool xfs_inode_bytes(struct xfs *x, uint64_t ino, unsigned char p[XFS_INODE_MAX], struct error *e)
{
	uint64_t at;
	return xfs_inode_at(&x->sb, ino, &at, e) && blob_read(x->blob, at, p, x->sb.inode, e) &&
	       check(x, ino, at, p, e);
}

bool xfs_inode_read(struct xfs *x, uint64_t ino, struct xfs_inode *i, struct error *e)
{
	unsigned char p[XFS_INODE_MAX];
	if (!xfs_inode_bytes(x, ino, p, e))
		return false;
	if (x->sb.v5)
		xfs_dated(x, load_be64(p + LSN_AT));
	bool large = x->sb.v5 && load_be64(p + 120) & FLAG2_NREXT64;
	i->ino = ino;
	i->mode = load_be16(p + 2);
	i->format = p[5];
	i->uid = load_be32(p + 8);
	i->gid = load_be32(p + 12);
	i->size = load_be64(p + 56);
	i->extents = large ? load_be64(p + 24) : load_be32(p + 76);
	i->realtime = load_be16(p + 90) & FLAG_REALTIME;
	if (i->size > INT64_MAX)
		return wrong(ino, "its size is negative", e);
	if (large && !(x->sb.incompat & XFS_NREXT64))
		return wrong(ino, "counts its extents in a way that this volume does not know", e);
	return take_fork(x, p, i, e);
}
