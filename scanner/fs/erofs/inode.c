/*
 * inode.c - erofs inodes of both sizes, "Inodes" of the on-disk format.
 */
#include <string.h>

#include "backends.h"
#include "bytes.h"
#include "erofs.h"

enum {
	NID_SIZE = 32,
	COMPACT_SIZE = 32,
	EXTENDED_SIZE = 64,
	/* i_format; the layout is bits 1 to 3 */
	EXTENDED = 1,
	LONE = 0x10, /* has one link, and no number of them; a directory: no entry for itself */
	FORMAT_BITS = 0x1f,
	LAYOUT_BITS = 7,
	ATTRIBUTES_HEAD = 12,
	LINK_MAX = 64 << 10,
};

static bool damaged(uint64_t nid, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "erofs: inode %llu: %s", (unsigned long long)nid, why);
}

/* A block's number has 16 more bits where they are not needed for the number of links. */
static uint64_t place_of(const struct erofs_inode *inode, const unsigned char *p, bool extended)
{
	if (inode->layout == EROFS_CHUNKS)
		return load_le32(p + 16);
	bool wide = extended || (inode->st.kind != FS_DIRECTORY && load_le16(p) & LONE);
	uint64_t place = load_le32(p + 16) | (wide ? (uint64_t)load_le16(p + 6) << 32 : 0);
	uint64_t none = wide ? (UINT64_C(1) << 48) - 1 : UINT32_MAX;
	return place == none ? EROFS_NOWHERE : place;
}

/* What the two sizes have alike, and apart. */
static void fill(struct erofs_inode *inode, const unsigned char *p, bool extended)
{
	inode->st.mode = load_le16(p + 4) & 07777;
	inode->st.size = extended ? load_le64(p + 8) : load_le32(p + 8);
	inode->st.uid = extended ? load_le32(p + 24) : load_le16(p + 24);
	inode->st.gid = extended ? load_le32(p + 28) : load_le16(p + 26);
	inode->layout = load_le16(p) >> 1 & LAYOUT_BITS;
	inode->place = place_of(inode, p, extended);
	unsigned shares = load_le16(p + 2);
	inode->attributes_n = shares ? ATTRIBUTES_HEAD + 4 * (shares - 1) : 0;
}

static bool find(const struct erofs *f, uint64_t nid, uint64_t *at)
{
	uint64_t boxed = nid & EROFS_BOXED, place;
	if (!mul_u64(nid ^ boxed, NID_SIZE, &place) ||
	    !add_u64(place, boxed ? 0 : f->inodes_at, &place) ||
	    !within(place, EXTENDED_SIZE + UINT16_MAX * 4, EROFS_BOXED))
		return false;
	*at = place | boxed;
	return true;
}

bool erofs_inode(struct erofs *f, uint64_t nid, struct erofs_inode *out, struct error *e)
{
	unsigned char p[EXTENDED_SIZE] = {0};
	struct erofs_inode inode = {.nid = nid};
	uint64_t at;
	if (!find(f, nid, &at))
		return damaged(nid, "lies outside of the image", e);
	if (!erofs_load(f, at, p, COMPACT_SIZE, e))
		return false;
	unsigned format = load_le16(p);
	bool extended = format & EXTENDED;
	if (format & ~FORMAT_BITS)
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: format 0x%x is not known",
			    (unsigned long long)nid, format);
	if (extended &&
	    !erofs_load(f, at + COMPACT_SIZE, p + COMPACT_SIZE, EXTENDED_SIZE - COMPACT_SIZE, e))
		return false;
	if (!fs_kind_of(load_le16(p + 4), &inode.st.kind))
		return damaged(nid, "neither a file nor anything else", e);
	fill(&inode, p, extended);
	inode.attributes_at = at + (extended ? EXTENDED_SIZE : COMPACT_SIZE);
	inode.body = inode.attributes_at + inode.attributes_n;
	if (inode.st.kind == FS_SYMLINK && inode.st.size > LINK_MAX)
		return damaged(nid, "a symbolic link of too many bytes", e);
	*out = inode;
	return true;
}
