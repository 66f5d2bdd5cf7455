/*
 * vmdk.c - VMware's disk images to the disk inside, by "Virtual Disk Format 5.0".
 *
 * Read are sparse extents that carry their descriptor (monolithicSparse), also those compressed for
 * streaming (streamOptimized), whose directory may only be told of by a footer; and descriptors
 * whose flat and sparse extents are other files, when siblings may be opened. Disks that hold the
 * difference to another, sparse extents of ESX (COWD, SESparse) and raw devices are refused.
 */
#include "vmdk.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "mapped.h"
#include "unpack.h"
#include "wrappers.h"

enum {
	HEADER = 79,
	SECTOR = VMDK_SECTOR,
	FOOTER = 1024, /* where it stands, before the end */
	GRAIN_MIN = 1,
	GRAIN_MAX = 4096, /* sectors */
	ENTRIES_MAX = 1 << 16,
	MARKER = 12,
};

enum flag { COMPRESSED = 1 << 16, MARKERS = 1 << 17 };

#define DESCRIPTOR_MARK "# Disk DescriptorFile"
#define AT_END UINT64_MAX

struct sparse {
	struct mapped disk;
	struct blob *of;
	struct unpacker *unpacker;
	uint64_t directory_at;
	uint32_t grain, entries, flags; /* bytes; entries of a grain table */
};

struct header {
	uint32_t version, flags, entries;
	uint64_t capacity, grain, descriptor_at, descriptor_n, directory_at; /* sectors */
	uint16_t compression;
};

/* ---- sparse extents ---- */

static bool read_header(struct blob *b, uint64_t at, struct header *h, struct error *e)
{
	unsigned char p[HEADER];
	if (!blob_read(b, at, p, sizeof p, e))
		return false;
	*h = (struct header){
		.version = load_le32(p + 4),
		.flags = load_le32(p + 8),
		.capacity = load_le64(p + 12),
		.grain = load_le64(p + 20),
		.descriptor_at = load_le64(p + 28),
		.descriptor_n = load_le64(p + 36),
		.entries = load_le32(p + 44),
		.directory_at = load_le64(p + 56),
		.compression = load_le16(p + 77),
	};
	if (memcmp(p, "KDMV", 4) != 0)
		return fail(e, ERR_CORRUPT, "no header at byte %llu", (unsigned long long)at);
	if (h->version < 1 || h->version > 3)
		return fail(e, ERR_UNSUPPORTED, "header: unknown version %u", h->version);
	return true;
}

/* What was written in one pass has its directory, and a header that tells where, at its end. */
static bool read_footer(struct blob *b, struct header *h, struct error *e)
{
	char last;
	size_t got;
	if (b->size == BLOB_UNSIZED && !b->read(b, UINT64_MAX - 1, &last, 1, &got, e))
		return false;
	if (b->size == BLOB_UNSIZED || b->size < FOOTER)
		return fail(e, ERR_CORRUPT, "ends before its footer");
	if (!read_header(b, b->size - FOOTER, h, e))
		return fail_in(e, "footer");
	return h->directory_at != AT_END || fail(e, ERR_CORRUPT, "footer: no directory");
}

static bool check_header(const struct header *h, struct error *e)
{
	if (h->grain < GRAIN_MIN || h->grain > GRAIN_MAX || h->grain & (h->grain - 1))
		return fail(e, ERR_CORRUPT, "header: grains of %llu sectors",
			    (unsigned long long)h->grain);
	if (h->entries < 1 || h->entries > ENTRIES_MAX)
		return fail(e, ERR_CORRUPT, "header: grain tables of %u entries", h->entries);
	if (h->capacity > INT64_MAX / SECTOR / 2 || h->directory_at > INT64_MAX / SECTOR)
		return fail(e, ERR_CORRUPT, "header: a disk of %llu sectors",
			    (unsigned long long)h->capacity);
	if (h->flags & COMPRESSED && h->compression != 1)
		return fail(e, ERR_UNSUPPORTED, "header: unknown compression %u", h->compression);
	return true;
}

/* A compressed grain begins with its place on the disk and its length. */
static bool map_compressed(const struct sparse *s, uint64_t at, struct piece *p, struct error *e)
{
	unsigned char marker[MARKER];
	uint64_t grain = at - p->skip, left = s->disk.blob.size - grain;
	p->kind = PIECE_PACKED;
	p->plain = left < s->grain ? (size_t)left : s->grain;
	p->packed = (size_t)2 * s->grain;
	if (!(s->flags & MARKERS))
		return true;
	if (!blob_read(s->of, p->at, marker, sizeof marker, e))
		return false;
	if (load_le64(marker) != grain / SECTOR)
		return fail(e, ERR_CORRUPT, "the grain at %llu says it is another",
			    (unsigned long long)p->at);
	p->at += MARKER;
	p->packed = load_le32(marker + 8);
	return true;
}

static bool read_entry(const struct sparse *s, uint64_t table, uint64_t i, uint32_t *out,
		       struct error *e)
{
	unsigned char p[4];
	if (!blob_read(s->of, table + i * sizeof p, p, sizeof p, e))
		return false;
	*out = load_le32(p);
	return true;
}

/* An entry of 0 was never written, one of 1 was zeroed. */
static bool sparse_map(struct mapped *m, uint64_t at, struct piece *out, struct error *e)
{
	const struct sparse *s = (const struct sparse *)m;
	uint64_t covers = (uint64_t)s->grain * s->entries, skip = at % s->grain;
	uint32_t table, grain = 0;
	if (!read_entry(s, s->directory_at, at / covers, &table, e))
		return false;
	if (table && !read_entry(s, (uint64_t)table * SECTOR, at % covers / s->grain, &grain, e))
		return false;
	*out = (struct piece){.kind = grain > 1 ? PIECE_STORED : PIECE_ZEROS,
			      .n = s->grain - skip,
			      .of = s->of,
			      .at = (uint64_t)grain * SECTOR,
			      .skip = skip};
	if (grain > 1 && s->flags & COMPRESSED)
		return map_compressed(s, at, out, e);
	return true;
}

static bool sparse_unpack(struct mapped *m, const struct piece *p, struct str packed, char *out,
			  struct error *e)
{
	const struct sparse *s = (const struct sparse *)m;
	size_t got;
	if (!unpack(s->unpacker, PACKING_ZLIB, packed, out, p->plain, &got, e))
		return false;
	return got == p->plain || fail(e, ERR_CORRUPT, "holds %zu of %zu bytes", got, p->plain);
}

static struct blob *open_sparse(struct arena *a, struct blob *b, struct error *e)
{
	struct header h;
	if (!read_header(b, 0, &h, e) || (h.directory_at == AT_END && !read_footer(b, &h, e)) ||
	    !check_header(&h, e))
		return NULL;
	struct sparse *s = NEW(a, struct sparse);
	s->of = b;
	s->unpacker = unpacker_new(a);
	s->directory_at = h.directory_at * SECTOR;
	s->grain = (uint32_t)h.grain * SECTOR;
	s->entries = h.entries;
	s->flags = h.flags;
	mapped_init(&s->disk, "vmdk", b, h.capacity * SECTOR);
	mapped_packs(&s->disk, a, (size_t)2 * s->grain, s->grain);
	s->disk.map = sparse_map;
	s->disk.unpack = sparse_unpack;
	return &s->disk.blob;
}

/* The descriptor inside a sparse extent tells whether that is a whole disk. Extents of a split one
 * have room for a descriptor, but none in it. */
static bool check_embedded(struct arena *a, struct blob *b, struct error *e)
{
	struct header h;
	struct vmdk_descriptor d = {0};
	struct str text = {0};
	if (!read_header(b, 0, &h, e))
		return false;
	if (h.descriptor_at > INT64_MAX / SECTOR || h.descriptor_n > VMDK_TEXT_MAX / SECTOR)
		return fail(e, ERR_CORRUPT, "header: a descriptor of %llu sectors",
			    (unsigned long long)h.descriptor_n);
	struct blob *lines =
		blob_window(a, b, b->name, h.descriptor_at * SECTOR, h.descriptor_n * SECTOR);
	if (h.descriptor_at &&
	    (!blob_slurp(a, lines, VMDK_TEXT_MAX, &text, e) || !vmdk_describe(a, text, &d, e)))
		return false;
	if (d.n != 1)
		return fail(e, ERR_UNSUPPORTED,
			    "one extent of a disk that a descriptor in another file describes");
	return d.at[0].sectors <= h.capacity ||
	       fail(e, ERR_CORRUPT, "header: %llu of %llu sectors", (unsigned long long)h.capacity,
		    (unsigned long long)d.at[0].sectors);
}

/* ---- descriptors ---- */

static bool open_extent(struct arena *a, const struct vmdk_extent *x, const struct blob_opening *o,
			struct blob_part *out, struct error *e)
{
	bool flat = str_eq(x->kind, S("FLAT")) || str_eq(x->kind, S("VMFS"));
	*out = (struct blob_part){.n = x->sectors * SECTOR};
	if (str_eq(x->kind, S("ZERO")))
		return true;
	if (!flat && !str_eq(x->kind, S("SPARSE")))
		return fail(e, ERR_UNSUPPORTED, "an extent of kind \"%" PRIstr "\"", ARG(x->kind));
	struct blob *b = wrapper_sibling(o, "extent", x->file, e);
	if (!b)
		return false;
	if (flat)
		out->at = x->offset * SECTOR;
	else
		b = open_sparse(a, b, e);
	out->of = b;
	if (b && within(out->at, out->n, b->size))
		return true;
	if (b)
		fail(e, ERR_CORRUPT, "has %llu bytes of %llu", (unsigned long long)b->size,
		     (unsigned long long)(out->at + out->n));
	return fail_in(e, "extent \"%" PRIstr "\"", ARG(x->file));
}

static struct blob *open_described(struct arena *a, struct blob *b, const struct blob_opening *o,
				   struct error *e)
{
	struct vmdk_descriptor d;
	struct str text;
	if (!blob_slurp(a, b, VMDK_TEXT_MAX, &text, e) || !vmdk_describe(a, text, &d, e))
		return NULL;
	if (d.n == 0) {
		fail(e, ERR_CORRUPT, "descriptor: no extents");
		return NULL;
	}
	struct blob_part *parts = NEW_N(a, struct blob_part, d.n);
	for (size_t i = 0; i < d.n; i++)
		if (!open_extent(a, &d.at[i], o, &parts[i], e))
			return NULL;
	return blob_joined(a, b->name, parts, d.n);
}

/* ---- */

static bool is_text(const char *p, size_t n)
{
	return str_starts((struct str){p, n}, S(DESCRIPTOR_MARK));
}

/* Magic and a version below 256: no boot sector begins so. */
static bool is_extent(const char *p, size_t n)
{
	return n >= 8 && (memcmp(p, "KDMV", 4) == 0 || memcmp(p, "COWD", 4) == 0) && !p[5] &&
	       !p[6] && !p[7];
}

bool blob_probe_vmdk(struct blob *b, bool *mine, struct error *e)
{
	char p[sizeof DESCRIPTOR_MARK];
	size_t got;
	if (!b->read(b, 0, p, sizeof p, &got, e))
		return false;
	*mine = is_extent(p, got) || is_text(p, got);
	return true;
}

struct blob *blob_open_vmdk(struct arena *a, struct blob *b, const struct blob_opening *o,
			    struct error *e)
{
	char p[sizeof DESCRIPTOR_MARK];
	size_t got;
	if (!b->read(b, 0, p, sizeof p, &got, e))
		return NULL;
	if (is_text(p, got))
		return open_described(a, b, o, e);
	if (is_extent(p, got) && p[0] == 'C') {
		fail(e, ERR_UNSUPPORTED, "a sparse extent of ESX");
		return NULL;
	}
	return check_embedded(a, b, e) ? open_sparse(a, b, e) : NULL;
}
