/*
 * content.c - the bytes of what erofs holds: whole blocks in a row, with the last bytes behind the
 * inode, or in chunks that lie anywhere. "Inode data layouts" of the on-disk format.
 */
#include <string.h>

#include "backends.h"
#include "bytes.h"
#include "erofs.h"

enum {
	CHUNK_BITS = 0x1f,   /* of a chunk's format: its size, in powers of two of blocks */
	CHUNK_INDEX = 0x20,  /* 8 bytes a chunk, not 4 */
	CHUNK_48BIT = 0x40,  /* of which the first two are of the block's number too */
	CHUNK_BITS_MAX = 48, /* a chunk is no larger than a device */
};

/* Bytes of the image in a row, or a hole. */
struct piece {
	uint64_t at, n;
	bool hole;
};

static bool damaged(const struct erofs_inode *inode, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "erofs: inode %llu: %s", (unsigned long long)inode->nid, why);
}

/* The last block may be short and lie behind the inode, then never over the end of a block. */
static bool flat_piece(const struct erofs *f, const struct erofs_inode *inode, uint64_t at,
		       struct piece *out, struct error *e)
{
	uint64_t block = UINT64_C(1) << f->block_bits;
	uint64_t tail = (inode->st.size - 1) & ~(block - 1);
	uint64_t end = inode->layout == EROFS_FLAT_INLINE ? tail : inode->st.size;
	if (at < end) {
		out->hole = inode->layout == EROFS_FLAT && inode->place == EROFS_NOWHERE;
		out->n = end - at;
		return out->hole || erofs_block_at(f, inode->place, at, &out->at) ||
		       damaged(inode, "its bytes are nowhere", e);
	}
	if ((inode->body & (block - 1)) + (inode->st.size - tail) > block)
		return damaged(inode, "inline bytes run over the end of a block", e);
	out->at = inode->body + (at - tail);
	out->n = inode->st.size - at;
	return true;
}

/* EROFS_NOWHERE for a hole. */
static bool load_chunk(struct erofs *f, const struct erofs_inode *inode, uint64_t entry,
		       unsigned unit, uint64_t *block, struct error *e)
{
	unsigned char p[8];
	uint64_t none = UINT32_MAX;
	if (!erofs_load(f, entry, p, unit, e))
		return false;
	*block = load_le32(unit == 8 ? p + 4 : p);
	if (unit == 8 && inode->place & CHUNK_48BIT) {
		*block |= (uint64_t)load_le16(p) << 32;
		none = (UINT64_C(1) << 48) - 1;
	}
	if (*block == none)
		*block = EROFS_NOWHERE;
	else if (unit == 8 && load_le16(p + 2))
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: its bytes lie on device %u",
			    (unsigned long long)inode->nid, load_le16(p + 2));
	return true;
}

static bool chunk_piece(struct erofs *f, const struct erofs_inode *inode, uint64_t at,
			struct piece *out, struct error *e)
{
	unsigned format = inode->place & UINT16_MAX, unit = format & CHUNK_INDEX ? 8 : 4;
	unsigned bits = f->block_bits + (format & CHUNK_BITS);
	if (format & ~(unsigned)(CHUNK_BITS | CHUNK_INDEX | CHUNK_48BIT))
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: chunks of format 0x%x",
			    (unsigned long long)inode->nid, format);
	if (bits > CHUNK_BITS_MAX)
		return damaged(inode, "chunks larger than any device", e);
	uint64_t into = at & ((UINT64_C(1) << bits) - 1), index, entry, block;
	if (!mul_u64(at >> bits, unit, &index) ||
	    !add_u64((inode->body + unit - 1) & ~(uint64_t)(unit - 1), index, &entry) ||
	    (entry ^ inode->body) & EROFS_BOXED)
		return damaged(inode, "more chunks than any device holds", e);
	if (!load_chunk(f, inode, entry, unit, &block, e))
		return false;
	out->hole = block == EROFS_NOWHERE;
	out->n = (UINT64_C(1) << bits) - into;
	return out->hole || erofs_block_at(f, block, into, &out->at) ||
	       damaged(inode, "its bytes are nowhere", e);
}

static bool read_piece(struct erofs *f, const struct piece *piece, char *buf, size_t n,
		       struct error *e)
{
	if (!piece->hole)
		return erofs_bytes(f, piece->at, buf, n, e);
	memset(buf, 0, n);
	return true;
}

static bool read_pieces(struct erofs *f, const struct erofs_inode *inode, uint64_t at, char *buf,
			size_t n, struct error *e)
{
	uint64_t pieces = 1;
	for (size_t some; n; n -= some, at += some, buf += some) {
		struct piece piece = {0};
		if (!fs_pieces_fit(&f->fs, pieces++, e))
			return fail_in(e, "erofs: inode %llu", (unsigned long long)inode->nid);
		if (!(inode->layout == EROFS_CHUNKS ? chunk_piece(f, inode, at, &piece, e)
						    : flat_piece(f, inode, at, &piece, e)))
			return false;
		some = piece.n < n ? (size_t)piece.n : n;
		if (!read_piece(f, &piece, buf, some, e))
			return false;
	}
	return true;
}

bool erofs_content(struct erofs *f, const struct erofs_inode *inode, uint64_t at, void *buf,
		   size_t n, struct error *e)
{
	switch (inode->layout) {
	case EROFS_FLAT:
	case EROFS_FLAT_INLINE:
	case EROFS_CHUNKS: return read_pieces(f, inode, at, buf, n, e);
	case EROFS_COMPRESSED:
	case EROFS_COMPACT: return erofs_decompress(f, inode, at, buf, n, e);
	default:
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: layout %u is not known",
			    (unsigned long long)inode->nid, inode->layout);
	}
}
