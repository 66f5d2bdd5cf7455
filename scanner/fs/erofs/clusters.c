/*
 * clusters.c - which bytes of an erofs image hold a byte of a compressed file. "Compressed data" of
 * the on-disk format; the parts that it leaves open are as in the kernel's fs/erofs/zmap.c.
 *
 * A file is cut into logical clusters, and each has an entry in the index: the head of an extent
 * tells at which byte of the cluster the extent begins and in which block its bytes lie; the others
 * tell how many clusters back their head is. The full index has 8 bytes an entry; the compact
 * one packs entries of 12 bits and more, with one block's number for 2 or 16 of them. The last
 * extent may lie behind the index, or in the file of fragments. Files that list their extents
 * instead are those of records.c.
 */
#include "bytes.h"
#include "erofs.h"

enum {
	HEADER = 8,
	FULL_PAD = 8, /* between header and full index */
	FULL_ENTRY = 8,

	/* h_advise */
	ADVISE_2B = 0x1, /* of a compact index; of a full one: it is none, but a list of extents */
	ADVISE_BIG_1 = 0x2,
	ADVISE_BIG_2 = 0x4,
	ADVISE_INLINE = 0x8,
	ADVISE_INTERLACED = 0x10,
	ADVISE_FRAGMENT = 0x20,
	ADVISE_KNOWN = 0x3f,

	WHOLE_FRAGMENT = 0x80, /* h_clusterbits: all of the file is a fragment */
	CLUSTER_BITS = 0xf,
	CLUSTER_BITS_MAX = 14, /* of the compact index; the full one has 16 bits for an offset */

	TYPE_PLAIN = 0,
	TYPE_HEAD = 1,
	TYPE_REST = 2,
	TYPE_HEAD_2 = 3,
	TYPE_BITS = 3,

	COUNTED = 0x800, /* a distance is no distance, but the count of the extent's blocks */
	COUNT_BITS = 12,
};

/* A compressed file. */
struct index {
	struct erofs *f;
	const struct erofs_inode *inode;
	unsigned advise, bits; /* of a cluster's size */
	unsigned codecs[2];
	unsigned inline_n;
	uint64_t fragment_at;
	bool whole_fragment, listed;
	unsigned char header[HEADER];
	uint64_t at, n;             /* of the entries; how many */
	uint64_t first_4b, then_2b; /* of a compact index: entries of each size */
};

/* An entry. */
struct cluster {
	unsigned type;
	unsigned offset;  /* of a head: where the extent begins */
	uint64_t block;   /* of a head */
	unsigned back;    /* of a rest: clusters back to the head */
	unsigned blocks;  /* of a rest that tells it: blocks of the extent; else 0 */
	uint64_t next_at; /* behind what the entry is packed with */
};

static bool damaged(const struct index *x, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "erofs: inode %llu: %s", (unsigned long long)x->inode->nid,
		    why);
}

static bool too_long(const struct index *x, struct error *e)
{
	return fail(e, ERR_LIMIT, "erofs: inode %llu: an extent of more than %d bytes",
		    (unsigned long long)x->inode->nid, EROFS_EXTENT_MAX);
}

static bool unsupported(const struct index *x, const char *why, struct error *e)
{
	return fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: %s", (unsigned long long)x->inode->nid,
		    why);
}

/* ---- entries ---- */

static bool load_full(const struct index *x, uint64_t i, struct cluster *out, struct error *e)
{
	unsigned char p[FULL_ENTRY];
	uint64_t at = x->at + i * FULL_ENTRY;
	if (!erofs_load(x->f, at, p, sizeof p, e))
		return false;
	*out = (struct cluster){.type = load_le16(p) & TYPE_BITS, .next_at = at + FULL_ENTRY};
	if (out->type != TYPE_REST) {
		out->offset = load_le16(p + 2);
		out->block = load_le32(p + 4);
		return true;
	}
	unsigned back = load_le16(p + 4);
	out->blocks = back & COUNTED ? back & ~COUNTED : 0;
	out->back = back & COUNTED ? 1 : back;
	return true;
}

/* `n` entries of `bits` bits and the number of a block. */
struct pack {
	unsigned char bytes[36]; /* a load at the end may look behind it */
	unsigned n, bits, low;   /* low: bits of an entry below its type */
};

static unsigned pack_low(const struct pack *p, unsigned i, unsigned *type)
{
	unsigned at = i * p->bits;
	uint32_t v = load_le32(p->bytes + at / 8) >> at % 8;
	*type = v >> p->low & TYPE_BITS;
	return v & ((1u << p->low) - 1);
}

/* The pack's last entry tells the distance forward: the one before it knows the one back. */
static unsigned pack_back(const struct pack *p, unsigned i)
{
	unsigned type, low = pack_low(p, i, &type);
	if (low & COUNTED)
		return 1;
	if (i + 1 < p->n)
		return low;
	low = pack_low(p, i - 1, &type);
	return type != TYPE_REST ? 1 : low & COUNTED ? 2 : low + 1;
}

/* How many blocks after the pack's the extent lies that entry i is the head of: where extents have
 * a block each, that of the extent at hand is among them. */
static bool pack_blocks(const struct pack *p, unsigned i, bool big, unsigned *out)
{
	unsigned type, blocks = big ? 0 : 1;
	int k = (int)i;
	while (k > 0) {
		unsigned low = pack_low(p, (unsigned)--k, &type);
		if (type != TYPE_REST) {
			blocks++;
		} else if (!big) {
			k -= (int)low;
			blocks += k >= 0;
		} else if (low & COUNTED) {
			blocks += low & ~COUNTED;
			k--;
		} else if (low >= 2) {
			k -= (int)low - 2;
		} else {
			return false;
		}
	}
	*out = blocks;
	return true;
}

/* Where entry i stands: 4 bytes an entry up to where 32 bytes are aligned, then 2, then 4 again. */
static uint64_t compact_at(const struct index *x, uint64_t i, bool *small)
{
	*small = i >= x->first_4b && i - x->first_4b < x->then_2b;
	if (i < x->first_4b)
		return x->at + 4 * i;
	if (*small)
		return x->at + 4 * x->first_4b + 2 * (i - x->first_4b);
	return x->at + 4 * (i - x->then_2b) + 2 * x->then_2b;
}

static bool load_compact(const struct index *x, uint64_t i, struct cluster *out, struct error *e)
{
	struct pack p = {0};
	bool small, big = x->advise & ADVISE_BIG_1;
	uint64_t at = compact_at(x, i, &small);
	unsigned size = small ? 32 : 8, unit = small ? 2 : 4, blocks;
	p.n = size / unit;
	p.low = x->bits > COUNT_BITS ? x->bits : COUNT_BITS;
	p.bits = (size - 4) * 8 / p.n;
	if (p.low + 2 > p.bits)
		return damaged(x, "its index has entries of too few bits", e);
	if (!erofs_load(x->f, at & ~(uint64_t)(size - 1), p.bytes, size, e))
		return false;
	unsigned k = (unsigned)(at % size / unit), type, low = pack_low(&p, k, &type);
	*out = (struct cluster){.type = type, .next_at = (at & ~(uint64_t)(size - 1)) + size};
	if (type == TYPE_REST) {
		out->blocks = low & COUNTED ? low & ~COUNTED : 0;
		out->back = pack_back(&p, k);
		return true;
	}
	if (!pack_blocks(&p, k, big, &blocks))
		return damaged(x, "its index counts no blocks for an extent of several", e);
	out->offset = low;
	out->block = load_le32(p.bytes + size - 4) + (uint64_t)blocks;
	return true;
}

static bool load(const struct index *x, uint64_t i, struct cluster *out, struct error *e)
{
	struct cluster c;
	bool compact = x->inode->layout == EROFS_COMPACT;
	if (!(compact ? load_compact(x, i, &c, e) : load_full(x, i, &c, e)))
		return false;
	if (c.type == TYPE_REST && (c.back == 0 || c.back > i))
		return damaged(x, "its index leads before its beginning", e);
	if (c.type != TYPE_REST && c.offset >> x->bits)
		return damaged(x, "an extent begins behind its cluster", e);
	*out = c;
	return true;
}

/* ---- extents ---- */

static uint64_t most_clusters(const struct index *x)
{
	return (EROFS_EXTENT_MAX >> x->bits) + 2;
}

/* The head of the extent that byte `at` is in, and its number. */
static bool find_head(const struct index *x, uint64_t at, uint64_t *number, struct cluster *head,
		      struct error *e)
{
	uint64_t i = at >> x->bits, into = at & ((UINT64_C(1) << x->bits) - 1);
	if (!load(x, i, head, e))
		return false;
	if (head->type != TYPE_REST && into < head->offset) {
		if (i == 0)
			return damaged(x, "its first bytes are in no extent", e);
		if (!load(x, --i, head, e))
			return false;
	}
	uint64_t least = at >> x->bits;
	least -= least < most_clusters(x) ? least : most_clusters(x);
	while (head->type == TYPE_REST) {
		i -= head->back;
		if (i < least)
			return too_long(x, e);
		if (!load(x, i, head, e))
			return false;
	}
	*number = i;
	return true;
}

/* Where the next extent begins, or the file ends. */
static bool find_end(const struct index *x, uint64_t number, uint64_t *end, struct error *e)
{
	struct cluster next;
	for (uint64_t i = number + 1; i < x->n; i++) {
		if (i - number > most_clusters(x))
			return too_long(x, e);
		if (!load(x, i, &next, e))
			return false;
		if (next.type != TYPE_REST) {
			uint64_t begin = i << x->bits | next.offset;
			*end = begin < x->inode->st.size ? begin : x->inode->st.size;
			return true;
		}
	}
	*end = x->inode->st.size;
	return true;
}

/* The blocks of an extent: one, unless the entry behind its head counts them. */
static bool count_blocks(const struct index *x, uint64_t number, unsigned type, uint64_t *out,
			 struct error *e)
{
	unsigned big = type == TYPE_HEAD ? ADVISE_BIG_1 : ADVISE_BIG_2;
	struct cluster next;
	*out = 1;
	if (!(x->advise & big) || number + 1 >= x->n)
		return true;
	if (!load(x, number + 1, &next, e))
		return false;
	if (next.type != TYPE_REST)
		return true;
	*out = next.blocks;
	if (next.blocks == 0)
		return damaged(x, "an extent of no blocks", e);
	return next.blocks << x->f->block_bits <= EROFS_CLUSTER_MAX ||
	       unsupported(x, "more than a MiB that is compressed as one", e);
}

/* The last extent's bytes may follow the last entry. */
static bool place_inline(const struct index *x, struct erofs_extent *out, struct error *e)
{
	struct cluster last;
	uint64_t block = UINT64_C(1) << x->f->block_bits;
	if (!load(x, x->n - 1, &last, e))
		return false;
	out->stored_at = last.next_at;
	out->stored_n = x->inline_n;
	return (out->stored_at & (block - 1)) + out->stored_n <= block ||
	       damaged(x, "inline bytes run over the end of a block", e);
}

static bool place(const struct index *x, uint64_t number, const struct cluster *head,
		  struct erofs_extent *out, struct error *e)
{
	bool last = out->at + out->n == x->inode->st.size;
	uint64_t blocks;
	if (last && x->advise & ADVISE_INLINE)
		return place_inline(x, out, e);
	if (last && x->advise & ADVISE_FRAGMENT) {
		bool full = x->inode->layout == EROFS_COMPRESSED;
		out->storage = EROFS_FRAGMENT;
		out->stored_at = x->fragment_at | (full ? head->block << 32 : 0);
		out->stored_n = out->n;
		return true;
	}
	if (!count_blocks(x, number, head->type, &blocks, e))
		return false;
	out->stored_at = head->block << x->f->block_bits;
	out->stored_n = blocks << x->f->block_bits;
	return true;
}

/* ---- the header ---- */

static void size_compact(struct index *x)
{
	unsigned until = (unsigned)(32 - x->at % 32) / 4 & 7;
	x->first_4b = until;
	if (x->advise & ADVISE_2B && until < x->n)
		x->then_2b = (x->n - until) & ~UINT64_C(15);
}

static bool check_header(const struct index *x, struct error *e)
{
	bool compact = x->inode->layout == EROFS_COMPACT;
	bool big_1 = x->advise & ADVISE_BIG_1, big_2 = x->advise & ADVISE_BIG_2;
	if (x->advise & ~ADVISE_KNOWN)
		return unsupported(x, "compressed in a way that is not known", e);
	if (x->bits > CLUSTER_BITS_MAX + (compact ? 0 : 1))
		return unsupported(x, "clusters larger than are known", e);
	if (compact && big_1 != big_2)
		return damaged(x, "its index counts blocks for one codec only", e);
	return true;
}

static void parse_header(struct index *x)
{
	const unsigned char *p = x->header;
	unsigned clusters = p[7];
	if (clusters & WHOLE_FRAGMENT) {
		x->whole_fragment = true;
		x->fragment_at = load_le64(p) & INT64_MAX;
		return;
	}
	x->advise = load_le16(p + 4);
	x->listed = x->inode->layout == EROFS_COMPRESSED && x->advise & ADVISE_2B;
	x->codecs[0] = p[6] & 15;
	x->codecs[1] = p[6] >> 4;
	x->bits = x->f->block_bits + (clusters & CLUSTER_BITS);
	if (x->advise & ADVISE_FRAGMENT)
		x->fragment_at = load_le32(p);
	else if (x->advise & ADVISE_INLINE)
		x->inline_n = load_le16(p + 2);
}

static bool open_index(struct erofs *f, const struct erofs_inode *inode, struct index *out,
		       struct error *e)
{
	struct index x = {.f = f, .inode = inode, .bits = f->block_bits};
	uint64_t at = (inode->body + 7) & ~UINT64_C(7);
	bool full = inode->layout == EROFS_COMPRESSED;
	/* The first images have no header, but the room for it. */
	if (!full ||
	    f->features & (EROFS_BIG_CLUSTER | EROFS_INLINE_TAIL | EROFS_FRAGMENTS | EROFS_48BIT)) {
		if (!erofs_load(f, at, x.header, HEADER, e))
			return false;
		parse_header(&x);
		if (!x.listed && !check_header(&x, e))
			return false;
	}
	x.at = at + HEADER + (full && !x.listed ? FULL_PAD : 0);
	x.n = ((inode->st.size - 1) >> x.bits) + 1;
	if (!within(x.at & ~EROFS_BOXED, x.n, EROFS_BOXED / FULL_ENTRY / 2))
		return damaged(&x, "more bytes than an index can be for", e);
	if (!full)
		size_compact(&x);
	*out = x;
	return true;
}

bool erofs_extent(struct erofs *f, const struct erofs_inode *inode, uint64_t at,
		  struct erofs_extent *out, struct error *e)
{
	struct index x;
	struct erofs_extent extent = {.n = inode->st.size, .storage = EROFS_PACKED};
	struct cluster head;
	uint64_t number, end;
	if (!open_index(f, inode, &x, e))
		return false;
	if (x.whole_fragment) {
		extent.storage = EROFS_FRAGMENT;
		extent.stored_at = x.fragment_at;
		extent.stored_n = extent.n;
		*out = extent;
		return true;
	}
	if (x.listed)
		return erofs_record(f, inode, x.header, x.at, at, out, e);
	if (!find_head(&x, at, &number, &head, e) || !find_end(&x, number, &end, e))
		return false;
	extent.at = number << x.bits | head.offset;
	if (at < extent.at || end <= at)
		return damaged(&x, "its index contradicts itself", e);
	extent.n = end - extent.at;
	extent.codec = x.codecs[head.type == TYPE_HEAD_2];
	if (head.type == TYPE_PLAIN)
		extent.storage = x.advise & ADVISE_INTERLACED ? EROFS_INTERLACED : EROFS_SHIFTED;
	if (!place(&x, number, &head, &extent, e))
		return false;
	*out = extent;
	return true;
}
