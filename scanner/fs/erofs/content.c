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
	CHUNK_BITS_MAX = 48, /* a chunk is no larger than a device */
};

#define NO_BLOCK UINT32_MAX

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
		out->at = ((uint64_t)inode->place << f->block_bits) + at;
		out->n = end - at;
		return inode->place != NO_BLOCK || damaged(inode, "its bytes are nowhere", e);
	}
	if ((inode->body & (block - 1)) + (inode->st.size - tail) > block)
		return damaged(inode, "inline bytes run over the end of a block", e);
	out->at = inode->body + (at - tail);
	out->n = inode->st.size - at;
	return true;
}

static bool chunk_piece(struct erofs *f, const struct erofs_inode *inode, uint64_t at,
			struct piece *out, struct error *e)
{
	unsigned char p[8];
	unsigned unit = inode->place & CHUNK_INDEX ? 8 : 4;
	unsigned bits = f->block_bits + (inode->place & CHUNK_BITS);
	if ((inode->place & UINT16_MAX) > (CHUNK_BITS | CHUNK_INDEX))
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: chunks of format 0x%x",
			    (unsigned long long)inode->nid, inode->place & UINT16_MAX);
	if (bits > CHUNK_BITS_MAX)
		return damaged(inode, "chunks larger than any device", e);
	uint64_t into = at & ((UINT64_C(1) << bits) - 1), index, entry;
	if (!mul_u64(at >> bits, unit, &index) ||
	    !add_u64((inode->body + unit - 1) & ~(uint64_t)(unit - 1), index, &entry))
		return damaged(inode, "more chunks than any device holds", e);
	if (!erofs_load(f, entry, p, unit, e))
		return false;
	if (unit == 8 && load_le16(p + 2) && load_le32(p + 4) != NO_BLOCK)
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: its bytes lie on device %u",
			    (unsigned long long)inode->nid, load_le16(p + 2));
	uint32_t block = load_le32(unit == 8 ? p + 4 : p);
	out->hole = block == NO_BLOCK;
	out->at = ((uint64_t)block << f->block_bits) + into;
	out->n = (UINT64_C(1) << bits) - into;
	return true;
}

static bool read_piece(struct erofs *f, const struct piece *piece, char *buf, size_t n,
		       struct error *e)
{
	if (piece->hole)
		memset(buf, 0, n);
	else if (n < EROFS_PAGE)
		return erofs_load(f, piece->at, buf, n, e);
	else
		return blob_read(f->blob, piece->at, buf, n, e);
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
