/*
 * compressed.c - the bytes of compressed erofs files: extents decompressed one at a time, and what
 * is not compressed in them. Codecs: lz4, lzma (MicroLZMA), deflate, zstd.
 */
#include <string.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"
#include "erofs.h"
#include "unpack.h"

enum { PLAIN_FIRST = 64 << 10 };

static bool damaged(const struct erofs_inode *inode, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "erofs: inode %llu: %s", (unsigned long long)inode->nid, why);
}

/* z_erofs compression algorithms, by number */
static const enum packing codecs[] = {PACKING_LZ4, PACKING_LZMA, PACKING_DEFLATE, PACKING_ZSTD};

/* Metadata is asked for while a file is read: neither is decompressed again for the other. */
static struct erofs_plain *plain_of(struct erofs *f, const struct erofs_inode *inode)
{
	return inode == f->box ? &f->plain_box : &f->plain;
}

static char *plain_room(struct erofs *f, struct erofs_plain *plain, size_t n)
{
	if (plain->room < n) {
		size_t room = plain->room ? plain->room : PLAIN_FIRST;
		while (room < n)
			room *= 2;
		plain->bytes = NEW_N(f->arena, char, room);
		plain->room = room;
	}
	return plain->bytes;
}

/* A cluster's bytes end where it ends, behind zeros, and no codec's first byte is one. */
static struct str without_padding(const struct erofs *f, struct str cluster)
{
	size_t most = (size_t)1 << f->block_bits, zeros = 0;
	while (f->features & EROFS_PADDED && zeros < cluster.n && zeros < most &&
	       cluster.p[zeros] == 0)
		zeros++;
	return str_tail(cluster, zeros);
}

/* Decompresses an extent into `plain`. */
static bool load_extent(struct erofs *f, struct erofs_plain *plain, const struct erofs_inode *inode,
			const struct erofs_extent *x, struct error *e)
{
	size_t got, n = (size_t)x->n;
	if (plain->n && plain->nid == inode->nid && plain->at == x->at)
		return true;
	if (x->codec >= sizeof codecs / sizeof *codecs)
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: codec %u is not known",
			    (unsigned long long)inode->nid, x->codec);
	if (x->n > EROFS_EXTENT_MAX || x->stored_n > EROFS_CLUSTER_MAX)
		return fail(e, ERR_LIMIT, "erofs: inode %llu: an extent of more than %d bytes",
			    (unsigned long long)inode->nid, EROFS_EXTENT_MAX);
	if (!plain->cluster)
		plain->cluster = NEW_N(f->arena, char, EROFS_CLUSTER_MAX);
	if (!f->unpacker)
		f->unpacker = unpacker_new(f->arena);
	if (!erofs_bytes(f, x->stored_at, plain->cluster, (size_t)x->stored_n, e))
		return false;
	struct str packed = {plain->cluster, (size_t)x->stored_n};
	packed = without_padding(f, packed);
	plain->n = 0;
	if (!unpack(f->unpacker, codecs[x->codec], packed, plain_room(f, plain, n), n, &got, e))
		return fail_in(e, "erofs: inode %llu", (unsigned long long)inode->nid);
	if (got < n)
		return damaged(inode, "an extent holds fewer bytes than its index says", e);
	plain->nid = inode->nid;
	plain->at = x->at;
	plain->n = n;
	return true;
}

static bool read_shifted(struct erofs *f, const struct erofs_inode *inode,
			 const struct erofs_extent *x, uint64_t from, char *buf, size_t n,
			 struct error *e)
{
	if (x->n > x->stored_n)
		return damaged(inode, "an extent is longer than its blocks", e);
	return erofs_bytes(f, x->stored_at + from, buf, n, e);
}

/* A byte stands at the same place of its block as in the file; those behind the block's end stand
 * at its beginning. */
static bool read_interlaced(struct erofs *f, const struct erofs_inode *inode,
			    const struct erofs_extent *x, uint64_t from, char *buf, size_t n,
			    struct error *e)
{
	uint64_t block = UINT64_C(1) << f->block_bits;
	if (x->stored_n > block)
		return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: blocks laid over each other",
			    (unsigned long long)inode->nid);
	if (x->n > x->stored_n)
		return damaged(inode, "an extent is longer than its blocks", e);
	for (size_t some; n; n -= some, from += some, buf += some) {
		uint64_t into = (x->at + from) & (block - 1);
		if (into >= x->stored_n)
			return damaged(inode, "an extent is longer than its blocks", e);
		some = block - into < n ? (size_t)(block - into) : n;
		if (!erofs_bytes(f, x->stored_at + into, buf, some, e))
			return false;
	}
	return true;
}

static bool read_fragment(struct erofs *f, const struct erofs_inode *inode,
			  const struct erofs_extent *x, uint64_t from, char *buf, size_t n,
			  struct error *e)
{
	struct erofs_inode packed;
	if (!f->packed || inode->nid == f->packed)
		return damaged(inode, "a fragment of no file", e);
	if (!erofs_inode(f, f->packed, &packed, e))
		return fail_in(e, "fragments");
	if (packed.st.kind != FS_REGULAR || !within(x->stored_at, x->stored_n, packed.st.size))
		return damaged(inode, "a fragment lies outside of the file of fragments", e);
	return erofs_content(f, &packed, x->stored_at + from, buf, n, e);
}

static bool read_extent(struct erofs *f, const struct erofs_inode *inode,
			const struct erofs_extent *x, uint64_t from, char *buf, size_t n,
			struct error *e)
{
	struct erofs_plain *plain = plain_of(f, inode);
	switch (x->storage) {
	case EROFS_HOLE: memset(buf, 0, n); return true;
	case EROFS_SHIFTED: return read_shifted(f, inode, x, from, buf, n, e);
	case EROFS_INTERLACED: return read_interlaced(f, inode, x, from, buf, n, e);
	case EROFS_FRAGMENT: return read_fragment(f, inode, x, from, buf, n, e);
	case EROFS_PACKED: break;
	}
	if (!load_extent(f, plain, inode, x, e))
		return false;
	memcpy(buf, plain->bytes + from, n);
	return true;
}

bool erofs_decompress(struct erofs *f, const struct erofs_inode *inode, uint64_t at, char *buf,
		      size_t n, struct error *e)
{
	const struct erofs_plain *plain = plain_of(f, inode);
	uint64_t extents = 1;
	for (size_t some; n; n -= some, at += some, buf += some) {
		struct erofs_extent x;
		if (plain->n && plain->nid == inode->nid && at >= plain->at &&
		    at - plain->at < plain->n) {
			uint64_t from = at - plain->at;
			some = plain->n - from < n ? (size_t)(plain->n - from) : n;
			memcpy(buf, plain->bytes + from, some);
			continue;
		}
		if (!fs_pieces_fit(&f->fs, extents++, e))
			return fail_in(e, "erofs: inode %llu", (unsigned long long)inode->nid);
		if (!erofs_extent(f, inode, at, &x, e))
			return false;
		uint64_t from = at - x.at;
		some = x.n - from < n ? (size_t)(x.n - from) : n;
		if (!read_extent(f, inode, &x, from, buf, some, e))
			return false;
	}
	return true;
}
