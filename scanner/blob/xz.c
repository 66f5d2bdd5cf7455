/*
 * xz.c - an .xz file of several blocks to its plain bytes at any place, by "The .xz File Format"
 * 1.1 (sections 2 and 4): the index at its end tells where each block begins and how long it is.
 *
 * Claimed are files of one stream whose blocks are not too large to be decoded for a few of their
 * bytes. All others are read front to back, as streams are.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32.h"
#include "mapped.h"
#include "unpack_codecs.h"
#include "wrappers.h"

enum {
	HEADER = 12, /* and so many bytes has the footer */
	BOTH = 24,
	MAGIC = 6,
	FLAGS_AT = 6,
	FOOTER_FLAGS_AT = 8,
	PADDING_MAX = 64 << 10,
	BLOCKS_MAX = 1 << 20,
	BLOCK_MAX = 64 << 20,
	PACKED_MAX = BLOCK_MAX + (1 << 20), /* what does not compress grows a little */
	NUMBER_MAX = 9,                     /* bytes of a variable-length integer */
	PIECE = 4096,
};

struct block {
	uint64_t at, start; /* in the file, and of its plain bytes */
	size_t packed, plain;
};

struct layout {
	uint64_t index_at, index_n, size;
	size_t n, max_packed, max_plain;
	unsigned check; /* the kind of checksum behind each block */
};

struct xz {
	struct mapped disk;
	struct blob *of;
	struct unlzma *decoder;
	struct layout layout;
	struct block *blocks;
};

/* The index, read once from front to back. */
struct reading {
	struct blob *of;
	uint64_t at, end;
	size_t have, used;
	bool bad; /* not as an index is */
	unsigned char bytes[PIECE];
};

static bool next_byte(struct reading *r, unsigned char *c, struct error *e)
{
	if (r->used == r->have) {
		size_t n = r->end - r->at < PIECE ? (size_t)(r->end - r->at) : PIECE;
		r->bad |= n == 0;
		if (r->bad)
			n = 0;
		if (n && !blob_read(r->of, r->at, r->bytes, n, e))
			return false;
		r->at += n;
		r->have = n;
		r->used = 0;
	}
	*c = r->bad ? 0 : r->bytes[r->used++];
	return true;
}

/* Section 1.2: seven bits a byte, the low ones first. */
static bool next_number(struct reading *r, uint64_t *out, struct error *e)
{
	unsigned char c;
	*out = 0;
	for (unsigned i = 0; i < NUMBER_MAX; i++) {
		if (!next_byte(r, &c, e))
			return false;
		*out |= (uint64_t)(c & 127) << (7 * i);
		if (c < 128)
			return true;
	}
	r->bad = true;
	return true;
}

/* Counts the blocks, and fills `blocks` unless that is NULL. *fits is false when this is no such
 * file as the head of this one says. */
static bool read_index(struct blob *b, struct layout *l, struct block *blocks, bool *fits,
		       struct error *e)
{
	struct reading r = {.of = b, .at = l->index_at, .end = l->index_at + l->index_n};
	uint64_t n, unpadded, plain, at = HEADER, start = 0;
	unsigned char zero;
	if (!next_byte(&r, &zero, e) || !next_number(&r, &n, e))
		return false;
	r.bad |= zero != 0 || n < 2 || n > BLOCKS_MAX;
	for (uint64_t i = 0; i < n && !r.bad; i++) {
		if (!next_number(&r, &unpadded, e) || !next_number(&r, &plain, e))
			return false;
		r.bad |= unpadded == 0 || unpadded > PACKED_MAX || plain == 0 || plain > BLOCK_MAX;
		if (r.bad)
			break;
		size_t packed = (size_t)(unpadded + 3) / 4 * 4;
		if (blocks)
			blocks[i] = (struct block){at, start, packed, (size_t)plain};
		l->max_packed = packed > l->max_packed ? packed : l->max_packed;
		l->max_plain = plain > l->max_plain ? (size_t)plain : l->max_plain;
		at += packed;
		start += plain;
	}
	l->n = (size_t)n;
	l->size = start;
	*fits = !r.bad && at == l->index_at;
	return true;
}

static bool is_footer(const unsigned char *p, const unsigned char *header)
{
	return memcmp(p + 10, "YZ", 2) == 0 && load_le32(p) == ~crc32_bare(~0u, p + 4, 6) &&
	       memcmp(p + FOOTER_FLAGS_AT, header + FLAGS_AT, 2) == 0;
}

/* Zeros in fours may stand behind the footer. */
static bool find_footer(struct blob *b, const unsigned char *header, struct layout *l, bool *found,
			struct error *e)
{
	unsigned char p[HEADER];
	uint64_t end = b->size;
	*found = false;
	for (unsigned i = 0; i < PADDING_MAX / 4 && end >= BOTH && end % 4 == 0; i++) {
		if (!blob_read(b, end - HEADER, p, sizeof p, e))
			return false;
		if (load_le32(p + 8) != 0)
			break;
		end -= 4;
	}
	if (end < BOTH || end % 4 != 0 || !is_footer(p, header))
		return true;
	l->index_n = ((uint64_t)load_le32(p + 4) + 1) * 4;
	*found = l->index_n < end - BOTH;
	l->index_at = end - HEADER - l->index_n;
	return true;
}

static bool read_layout(struct blob *b, struct layout *l, bool *fits, struct error *e)
{
	unsigned char p[HEADER];
	size_t got;
	*fits = false;
	if (!b->read(b, 0, p, sizeof p, &got, e))
		return false;
	if (got < sizeof p || b->size == BLOB_UNSIZED ||
	    memcmp(p,
		   "\xfd"
		   "7zXZ",
		   MAGIC) != 0)
		return true;
	if (load_le32(p + 8) != ~crc32_bare(~0u, p + FLAGS_AT, 2) || p[FLAGS_AT] || p[7] > 15)
		return true;
	l->check = p[FLAGS_AT + 1];
	if (!find_footer(b, p, l, fits, e))
		return false;
	return !*fits || read_index(b, l, NULL, fits, e);
}

static bool xz_map(struct mapped *m, uint64_t at, struct piece *out, struct error *e)
{
	const struct xz *x = (const struct xz *)m;
	size_t low = 0, high = x->layout.n;
	(void)e;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (x->blocks[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	const struct block *block = &x->blocks[low];
	uint64_t skip = at - block->start;
	*out = (struct piece){.kind = PIECE_PACKED,
			      .n = block->plain - skip,
			      .of = x->of,
			      .at = block->at,
			      .skip = skip,
			      .packed = block->packed,
			      .plain = block->plain};
	return true;
}

static bool xz_unpack(struct mapped *m, const struct piece *p, struct str packed, char *out,
		      struct error *e)
{
	const struct xz *x = (const struct xz *)m;
	return unlzma_xz_block(x->decoder, x->layout.check, packed, out, p->plain, e);
}

bool blob_probe_xz(struct blob *b, bool *mine, struct error *e)
{
	struct layout l = {0};
	return read_layout(b, &l, mine, e);
}

struct blob *blob_open_xz(struct arena *a, struct blob *b, const struct blob_opening *o,
			  struct error *e)
{
	struct layout l = {0};
	bool fits;
	(void)o;
	if (!read_layout(b, &l, &fits, e))
		return NULL;
	struct xz *x = NEW(a, struct xz);
	if (fits) {
		x->blocks = NEW_N(a, struct block, l.n);
		if (!read_index(b, &l, x->blocks, &fits, e))
			return NULL;
	}
	if (!fits) {
		fail(e, ERR_UNSUPPORTED, "no index of blocks");
		return NULL;
	}
	x->of = b;
	x->layout = l;
	x->decoder = unlzma_new(a);
	mapped_init(&x->disk, "xz", b, l.size);
	mapped_packs(&x->disk, a, l.max_packed, l.max_plain);
	x->disk.map = xz_map;
	x->disk.unpack = xz_unpack;
	return &x->disk.blob;
}
