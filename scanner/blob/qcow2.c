/*
 * qcow2.c - QEMU's copy-on-write images, versions 2 and 3, to the disk inside, by QEMU's
 * docs/interop/qcow2.
 *
 * Read are clusters of every size, stored, zero, compressed by zlib or zstd, and those with
 * subclusters (extended L2); what an image leaves to a backing file or keeps in a data file is
 * read from there when siblings may be opened. Reference counts, bitmaps and internal snapshots
 * tell nothing of the active disk and are not looked at. Version 1 and encrypted images are
 * refused.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "mapped.h"
#include "origin.h"
#include "unpack.h"
#include "wrappers.h"

enum {
	HEAD_V2 = 72,
	HEAD_V3 = 104,
	HEAD_TYPE = 105, /* long enough to hold the compression type */
	BACKING_NAME_MAX = 1023,
	EXTENSIONS_MAX = 64,
	FORMAT_NAME_MAX = 32,
	SECTOR = 512,
	SUBCLUSTERS = 32,
};

enum incompatible {
	DIRTY = 1, /* reference counts may be wrong: of no matter here */
	CORRUPT = 2,
	DATA_FILE = 4,
	COMPRESSION_TYPE = 8,
	EXTENDED_L2 = 16,
	KNOWN = 31,
};

#define EXTENSION_BACKING_FORMAT 0xe2792acau
#define EXTENSION_DATA_FILE 0x44415441u

#define OFFSET_MASK 0x00fffffffffffe00ull
#define COMPRESSED (1ull << 62)
#define COPIED (1ull << 63)
#define ZERO 1ull

struct head {
	unsigned version, cluster_bits, compression;
	uint32_t crypt, l1_n, length, backing_n;
	uint64_t backing_at, size, l1_at, incompatible;
	struct str backing, backing_format, data_file; /* names; or empty */
};

struct qcow2 {
	struct mapped disk;
	struct blob *of;      /* tables and compressed clusters */
	struct blob *stored;  /* all other clusters */
	struct blob *backing; /* what is not allocated; NULL: zeros */
	struct unpacker *unpacker;
	enum packing packing;
	bool extended, data_file, zero_flag;
	unsigned cluster_bits, l2_bits;
	uint64_t l1_at;
};

/* ---- the header ---- */

static bool read_head(struct blob *b, struct head *h, struct error *e)
{
	unsigned char p[HEAD_TYPE] = {0};
	if (!blob_read(b, 0, p, HEAD_V2, e))
		return false;
	*h = (struct head){
		.version = load_be32(p + 4),
		.backing_at = load_be64(p + 8),
		.backing_n = load_be32(p + 16),
		.cluster_bits = load_be32(p + 20),
		.size = load_be64(p + 24),
		.crypt = load_be32(p + 32),
		.l1_n = load_be32(p + 36),
		.l1_at = load_be64(p + 40),
		.length = HEAD_V2,
	};
	if (h->version < 3)
		return true;
	if (!blob_read(b, 0, p, HEAD_V3, e))
		return false;
	h->incompatible = load_be64(p + 72);
	h->length = load_be32(p + 100);
	if (h->length >= HEAD_TYPE && !blob_read(b, HEAD_V3, p + HEAD_V3, 1, e))
		return false;
	h->compression = p[HEAD_V3];
	return true;
}

static bool check_features(const struct head *h, struct error *e)
{
	uint64_t unknown = h->incompatible & ~(uint64_t)KNOWN;
	if (unknown)
		return fail(e, ERR_UNSUPPORTED, "header: unknown incompatible feature, bit %d",
			    __builtin_ctzll(unknown));
	if (h->compression > 1)
		return fail(e, ERR_UNSUPPORTED, "header: unknown compression type %u",
			    h->compression);
	if ((h->incompatible & EXTENDED_L2) && h->cluster_bits < 14)
		return fail(e, ERR_CORRUPT, "header: clusters of 2^%u bytes have no subclusters",
			    h->cluster_bits);
	return true;
}

static bool check_head(const struct head *h, const struct blob *b, struct error *e)
{
	if (h->version < 2 || h->version > 3)
		return fail(e, ERR_UNSUPPORTED, "header: unknown version %u", h->version);
	if (h->crypt)
		return fail(e, ERR_UNSUPPORTED, "encrypted (method %u)", h->crypt);
	if (h->cluster_bits < 9 || h->cluster_bits > 21)
		return fail(e, ERR_CORRUPT, "header: clusters of 2^%u bytes", h->cluster_bits);
	if (h->version == 3 &&
	    (h->length < HEAD_V3 || h->length % 8 || h->length > 1u << h->cluster_bits))
		return fail(e, ERR_CORRUPT, "header: its own length is %u", h->length);
	if (!check_features(h, e))
		return false;
	unsigned l2_bits = h->cluster_bits - (h->incompatible & EXTENDED_L2 ? 4 : 3);
	uint64_t covers = 1ull << (h->cluster_bits + l2_bits);
	if (h->size > INT64_MAX || (h->size + covers - 1) / covers > h->l1_n)
		return fail(e, ERR_CORRUPT, "header: %u tables for a disk of %llu bytes", h->l1_n,
			    (unsigned long long)h->size);
	if (h->l1_at % (1ull << h->cluster_bits) || !within(h->l1_at, 8ull * h->l1_n, b->size))
		return fail(e, ERR_CORRUPT, "header: the first table, at %llu, is out of place",
			    (unsigned long long)h->l1_at);
	return true;
}

static bool read_text(struct arena *a, struct blob *b, uint64_t at, uint32_t n, uint32_t max,
		      struct str *out, struct error *e)
{
	if (n > max)
		return fail(e, ERR_CORRUPT, "header: a name of %u bytes", n);
	char *text = NEW_N(a, char, n);
	if (!blob_read(b, at, text, n, e))
		return false;
	*out = (struct str){text, n};
	return true;
}

/* The extensions stand after the header, each a type, a length and its bytes, padded to eight. */
static bool read_extensions(struct arena *a, struct blob *b, struct head *h, struct error *e)
{
	uint64_t at = h->length, end = 1ull << h->cluster_bits;
	if (h->backing_at && h->backing_at < end)
		end = h->backing_at;
	for (unsigned i = 0; at + 8 <= end; i++) {
		unsigned char p[8];
		if (i == EXTENSIONS_MAX)
			return fail(e, ERR_LIMIT, "header: more than %d extensions",
				    EXTENSIONS_MAX);
		if (!blob_read(b, at, p, sizeof p, e))
			return false;
		uint32_t type = load_be32(p), n = load_be32(p + 4);
		at += 8;
		if (type == 0)
			return true;
		if (n > end - at)
			return fail(e, ERR_CORRUPT, "header: extension 0x%08x has %u bytes", type,
				    n);
		if (type == EXTENSION_BACKING_FORMAT &&
		    !read_text(a, b, at, n, FORMAT_NAME_MAX, &h->backing_format, e))
			return false;
		if (type == EXTENSION_DATA_FILE &&
		    !read_text(a, b, at, n, BACKING_NAME_MAX, &h->data_file, e))
			return false;
		at += ((uint64_t)n + 7) / 8 * 8;
	}
	return true;
}

/* ---- from a place on the disk to its cluster ---- */

/* What is not allocated: the backing file's bytes, and zeros past its end. */
static void from_backing(const struct qcow2 *q, uint64_t at, uint64_t n, struct piece *out)
{
	uint64_t size = q->backing ? q->backing->size : 0;
	uint64_t left = at < size ? size - at : 0;
	if (left)
		*out = (struct piece){
			.kind = PIECE_STORED, .n = n < left ? n : left, .of = q->backing, .at = at};
	else
		*out = (struct piece){.kind = PIECE_ZEROS, .n = n};
}

static void map_compressed(const struct qcow2 *q, uint64_t entry, uint64_t skip, struct piece *out)
{
	unsigned x = 62 - (q->cluster_bits - 8);
	uint64_t at = entry & ((1ull << x) - 1);
	uint64_t sectors = (entry & (COMPRESSED - 1)) >> x;
	size_t cluster = (size_t)1 << q->cluster_bits;
	size_t packed = (size_t)(sectors + 1) * SECTOR - at % SECTOR;
	*out = (struct piece){.kind = PIECE_PACKED,
			      .n = cluster - skip,
			      .of = q->of,
			      .at = at,
			      .skip = skip,
			      .packed = packed,
			      .plain = cluster};
}

static bool map_stored(const struct qcow2 *q, uint64_t entry, uint64_t skip, uint64_t n,
		       struct piece *out, struct error *e)
{
	uint64_t at = entry & OFFSET_MASK;
	if (at % (1ull << q->cluster_bits))
		return fail(e, ERR_CORRUPT, "a cluster at %llu is out of place",
			    (unsigned long long)at);
	*out = (struct piece){
		.kind = PIECE_STORED, .n = n, .of = q->stored, .at = at, .skip = skip};
	return true;
}

/* Of 32 subclusters, the low half of `bits` tells which are stored, the high half which are
 * zeros. */
static bool map_subcluster(const struct qcow2 *q, uint64_t at, uint64_t entry, uint64_t bits,
			   struct piece *out, struct error *e)
{
	uint64_t cluster = 1ull << q->cluster_bits, size = cluster / SUBCLUSTERS;
	uint64_t skip = at % cluster, n = size - skip % size;
	unsigned i = (unsigned)(skip / size);
	bool stored = bits >> i & 1, zeros = bits >> (SUBCLUSTERS + i) & 1;
	if (stored && zeros)
		return fail(e, ERR_CORRUPT, "a subcluster is both stored and zero");
	if (stored)
		return map_stored(q, entry, skip, n, out, e);
	if (zeros)
		*out = (struct piece){.kind = PIECE_ZEROS, .n = n};
	else
		from_backing(q, at, n, out);
	return true;
}

static bool map_cluster(const struct qcow2 *q, uint64_t at, uint64_t entry, uint64_t bits,
			struct piece *out, struct error *e)
{
	uint64_t cluster = 1ull << q->cluster_bits, skip = at % cluster;
	/* In a data file, a cluster may stand at 0. */
	bool allocated = entry & OFFSET_MASK || (q->data_file && entry & COPIED);
	if (entry & COMPRESSED)
		map_compressed(q, entry, skip, out);
	else if (q->extended)
		return map_subcluster(q, at, entry, bits, out, e);
	else if (q->zero_flag && entry & ZERO)
		*out = (struct piece){.kind = PIECE_ZEROS, .n = cluster - skip};
	else if (allocated)
		return map_stored(q, entry, skip, cluster - skip, out, e);
	else
		from_backing(q, at, cluster - skip, out);
	return true;
}

static bool qcow2_map(struct mapped *m, uint64_t at, struct piece *out, struct error *e)
{
	const struct qcow2 *q = (const struct qcow2 *)m;
	uint64_t cluster = 1ull << q->cluster_bits, covers = cluster << q->l2_bits;
	size_t width = q->extended ? 16 : 8;
	unsigned char p[16] = {0};
	if (!blob_read(q->of, q->l1_at + at / covers * 8, p, 8, e))
		return false;
	uint64_t l2_at = load_be64(p) & OFFSET_MASK;
	if (l2_at == 0) {
		from_backing(q, at, covers - at % covers, out);
		return true;
	}
	if (l2_at % cluster)
		return fail(e, ERR_CORRUPT, "a table at %llu is out of place",
			    (unsigned long long)l2_at);
	if (!blob_read(q->of, l2_at + at % covers / cluster * width, p, width, e))
		return false;
	return map_cluster(q, at, load_be64(p), load_be64(p + 8), out, e);
}

static bool qcow2_unpack(struct mapped *m, const struct piece *p, struct str packed, char *out,
			 struct error *e)
{
	const struct qcow2 *q = (const struct qcow2 *)m;
	size_t got;
	if (!unpack(q->unpacker, q->packing, packed, out, p->plain, &got, e))
		return false;
	return got == p->plain || fail(e, ERR_CORRUPT, "holds %zu of %zu bytes", got, p->plain);
}

/* ---- other files ---- */

/* Without a format in the header QEMU looks for one, and so does this. */
static bool backing_is_qcow2(struct blob *b, struct str format, bool *is, struct error *e)
{
	if (format.n == 0)
		return blob_probe_qcow2(b, is, e);
	*is = str_eq(format, S("qcow2"));
	if (*is || str_eq(format, S("raw")))
		return true;
	return fail(e, ERR_UNSUPPORTED, "the backing file is a \"%" PRIstr "\"", ARG(format));
}

static bool open_backing(struct arena *a, struct qcow2 *q, const struct head *h,
			 const struct blob_opening *o, struct error *e)
{
	struct blob_opening behind = *o;
	bool is_qcow2;
	if (h->backing.n == 0)
		return true;
	struct blob *b = wrapper_sibling(o, "backing file", h->backing, e);
	if (!b || !backing_is_qcow2(b, h->backing_format, &is_qcow2, e))
		return false;
	behind.chain++;
	q->backing = is_qcow2 ? blob_open_qcow2(a, b, &behind, e) : b;
	return q->backing || fail_in(e, "%" PRIstr, ARG(h->backing));
}

static bool open_files(struct arena *a, struct qcow2 *q, const struct head *h,
		       const struct blob_opening *o, struct error *e)
{
	if (h->incompatible & DATA_FILE) {
		if (h->data_file.n == 0)
			return fail(e, ERR_CORRUPT, "header: no name of the data file");
		q->data_file = true;
		q->stored = wrapper_sibling(o, "data file", h->data_file, e);
		if (!q->stored)
			return false;
	}
	return open_backing(a, q, h, o, e);
}

/* ---- */

bool blob_probe_qcow2(struct blob *b, bool *mine, struct error *e)
{
	unsigned char p[8];
	size_t got;
	if (!b->read(b, 0, p, sizeof p, &got, e))
		return false;
	uint32_t version = got == sizeof p ? load_be32(p + 4) : 0;
	*mine = version > 0 && version < 256 && memcmp(p, "QFI\xfb", 4) == 0;
	return true;
}

struct blob *blob_open_qcow2(struct arena *a, struct blob *b, const struct blob_opening *o,
			     struct error *e)
{
	struct head h;
	if (!read_head(b, &h, e) || !check_head(&h, b, e) || !read_extensions(a, b, &h, e))
		return NULL;
	if (h.backing_at && h.backing_n &&
	    !read_text(a, b, h.backing_at, h.backing_n, BACKING_NAME_MAX, &h.backing, e))
		return NULL;
	struct qcow2 *q = NEW(a, struct qcow2);
	q->of = q->stored = b;
	if (!open_files(a, q, &h, o, e))
		return NULL;
	if (h.incompatible & CORRUPT)
		vec_push(a, &o->found->stale)->text = S("the qcow2 is marked as corrupt");
	q->extended = h.incompatible & EXTENDED_L2;
	q->zero_flag = h.version > 2;
	q->cluster_bits = h.cluster_bits;
	q->l2_bits = h.cluster_bits - (q->extended ? 4 : 3);
	q->l1_at = h.l1_at;
	q->packing = h.compression ? PACKING_ZSTD : PACKING_DEFLATE;
	q->unpacker = unpacker_new(a);
	mapped_init(&q->disk, "qcow2", b, h.size);
	mapped_packs(&q->disk, a, (size_t)2 << h.cluster_bits, (size_t)1 << h.cluster_bits);
	q->disk.map = qcow2_map;
	q->disk.unpack = qcow2_unpack;
	return &q->disk.blob;
}
