/*
 * records.c - which bytes of an erofs image hold a byte of a compressed file that lists its
 * extents, where others have an index of clusters: "Encoded extents" of the on-disk format
 * (Linux 6.15). Its documentation only names them; the records are those of the kernel's
 * erofs_fs.h, struct z_erofs_extent, and mean what fs/erofs/zmap.c makes of them.
 *
 * A whole record is 32 bytes: the stored length and how it is stored, where, and where in the file;
 * 12 bytes are spare. 16 bytes do for files below 4 GiB. Extents of one length need not say where
 * in the file: 8 bytes, and 4 when they are also stored in a row, from a place that stands before
 * them.
 */
#include "backends.h"
#include "bytes.h"
#include "erofs.h"

enum {
	/* h_advise */
	SIZE_SHIFT = 1, /* of a record: 4 bytes, shifted by this number of two bits */
	SIZE_BITS = 3,
	INTERLACED = 0x10,
	FRAGMENT = 0x20, /* the last */

	CLUSTER_BITS = 0xf,

	RECORD_MAX = 32,
	LENGTH_BITS = (EROFS_CLUSTER_MAX << 1) - 1,
	CODEC_SHIFT = 28, /* above, the codec's number and one; 0: not compressed */
};

struct list {
	struct erofs *f;
	const struct erofs_inode *inode;
	unsigned advise, size; /* of a record */
	unsigned bits;         /* of the extents' length, where they have the same */
	uint64_t at, n;
};

struct record {
	uint32_t length;          /* and the codec */
	uint64_t stored_at, from; /* from: in the file */
};

static bool damaged(const struct list *l, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "erofs: inode %llu: %s", (unsigned long long)l->inode->nid,
		    why);
}

/* What a record leaves out is 0. */
static bool load(const struct list *l, uint64_t number, struct record *out, struct error *e)
{
	unsigned char p[RECORD_MAX] = {0};
	uint64_t at;
	if (!mul_u64(number, l->size, &at) || !add_u64(at, l->at, &at) ||
	    (at ^ l->at) & EROFS_BOXED)
		return damaged(l, "more extents than an image can hold", e);
	if (!erofs_load(l->f, at, p, l->size, e))
		return false;
	out->length = load_le32(p);
	out->stored_at = load_le64(p + 4);
	out->from = load_le64(p + 12);
	return true;
}

/* ---- extents of one length ---- */

/* Adds up what lies before a record, from where that was done last if it can be. */
static bool add_up(const struct list *l, uint64_t number, struct record *out, struct error *e)
{
	struct erofs_sum *sum = &l->f->sum;
	unsigned char p[8];
	if (!fs_pieces_fit(&l->f->fs, number, e))
		return fail_in(e, "erofs: inode %llu", (unsigned long long)l->inode->nid);
	if (sum->nid != l->inode->nid || sum->number == 0 || sum->number > number) {
		if (!erofs_load(l->f, l->at - sizeof p, p, sizeof p, e))
			return false;
		*sum = (struct erofs_sum){.nid = l->inode->nid, .stored_at = load_le64(p)};
	}
	for (; sum->number < number; sum->number++) {
		if (!load(l, sum->number, out, e))
			return false;
		if (!add_u64(sum->stored_at, out->length & LENGTH_BITS, &sum->stored_at))
			return damaged(l, "its extents are longer than an image can be", e);
	}
	if (!load(l, number, out, e))
		return false;
	out->stored_at = sum->stored_at;
	return true;
}

static bool find_even(const struct list *l, uint64_t at, struct record *out, uint64_t *end,
		      bool *last, struct error *e)
{
	uint64_t number = at >> l->bits;
	if (!(l->size == 4 ? add_up(l, number, out, e) : load(l, number, out, e)))
		return false;
	out->from = number << l->bits;
	*last = l->inode->st.size - out->from <= UINT64_C(1) << l->bits;
	*end = *last ? l->inode->st.size : out->from + (UINT64_C(1) << l->bits);
	return true;
}

/* ---- extents of any length ---- */

/* The last one that does not begin behind `at`. What lies before the first is a hole. */
static bool find_any(const struct list *l, uint64_t at, struct record *out, uint64_t *end,
		     bool *last, struct error *e)
{
	struct record r;
	uint64_t low = 0, high = l->n;
	*out = (struct record){0};
	*end = l->inode->st.size;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (!load(l, middle, &r, e))
			return false;
		if (r.from <= at) {
			low = middle + 1;
			*out = r;
			continue;
		}
		high = middle;
		if (r.from > *end)
			return damaged(l, "its extents are not in order", e);
		*end = r.from;
	}
	*last = low == l->n;
	return true;
}

/* ---- what a record says ---- */

static bool place(const struct list *l, const struct record *r, struct erofs_extent *out,
		  struct error *e)
{
	unsigned codec = r->length >> CODEC_SHIFT;
	uint64_t block = UINT64_C(1) << l->f->block_bits;
	out->stored_at = r->stored_at;
	out->stored_n = r->length & LENGTH_BITS;
	if (out->stored_n == 0)
		return true;
	if (r->stored_at & EROFS_BOXED)
		return damaged(l, "an extent is nowhere", e);
	if (out->stored_n > EROFS_CLUSTER_MAX)
		return fail(e, ERR_UNSUPPORTED,
			    "erofs: inode %llu: more than a MiB that is compressed as one",
			    (unsigned long long)l->inode->nid);
	out->codec = codec - 1;
	out->storage = EROFS_PACKED;
	if (codec == 0)
		out->storage = l->advise & INTERLACED && r->stored_at % block == 0
				       ? EROFS_INTERLACED
				       : EROFS_SHIFTED;
	return true;
}

bool erofs_record(struct erofs *f, const struct erofs_inode *inode, const unsigned char *header,
		  uint64_t list, uint64_t at, struct erofs_extent *out, struct error *e)
{
	struct list l = {.f = f, .inode = inode, .advise = load_le16(header + 4)};
	struct erofs_extent extent = {.storage = EROFS_HOLE};
	struct record r;
	uint64_t end;
	bool last = false;
	l.size = 4u << (l.advise >> SIZE_SHIFT & SIZE_BITS);
	l.bits = f->block_bits + (header[7] & CLUSTER_BITS);
	l.n = load_le32(header) | (uint64_t)load_le16(header + 6) << 32;
	l.at = (list + l.size - 1) & ~(uint64_t)(l.size - 1);
	l.at += l.size == 4 ? 8 : 0;
	if (!(l.size <= 8 ? find_even(&l, at, &r, &end, &last, e)
			  : find_any(&l, at, &r, &end, &last, e)))
		return false;
	extent.at = r.from;
	extent.n = end - r.from;
	if (last && l.advise & FRAGMENT) {
		extent.storage = EROFS_FRAGMENT;
		extent.stored_at = r.length | (l.size > 4 ? r.stored_at << 32 : 0);
		extent.stored_n = extent.n;
	} else if (!place(&l, &r, &extent, e)) {
		return false;
	}
	*out = extent;
	return true;
}
