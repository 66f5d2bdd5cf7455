/*
 * table.c - where in a layer its table of contents lies, and the proof that it is the one that the
 * manifest means.
 *
 * An eStargz (stargz-snapshotter, docs/estargz.md, "TOC, TOCEntries and Footer") ends in an empty
 * gzip member with the table's place in its header; the table is a gzip member of its own, a tar
 * with the one file stargz.index.json. The place of zstd:chunked's is in the manifest (containers/
 * storage, "manifest-position"): a zstd frame, inside a frame that decoders skip. Not supported:
 * tables in an image of their own.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "toc.h"
#include "unpack.h"

enum {
	PACKED_MAX = 64 << 20,
	PLAIN_MAX = 128 << 20,
	FOOTER = 51,
	OLD_FOOTER = 47, /* that of stargz before: its extra field has no head */
	GZIP_XLEN = 10,
	EXTRA_N = 22, /* 16 hexadecimal digits and "STARGZ" */
	TAR_HEADER = 512,
	TAR_SIZE = 124,
	TAR_SIZE_N = 12,
};

static bool damaged(const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "table of contents: %s", why);
}

static bool too_large(struct error *e)
{
	return fail(e, ERR_LIMIT, "table of contents: larger than %d bytes", PLAIN_MAX);
}

static bool prove(struct arena *a, struct str bytes, struct str digest, struct error *e)
{
	struct blob *b = blob_memory(a, S("table of contents"), bytes);
	struct stream *s = stream_verify(a, stream_blob(a, b), digest, bytes.n, e);
	return s && stream_drain(s, e);
}

/* ---- zstd:chunked ---- */

static bool zstd_table(struct arena *a, struct blob *b, const struct toc_bound *bound,
		       struct str *json, struct error *e)
{
	struct str packed;
	size_t got = 0;
	if (!within(bound->at, bound->packed, b->size))
		return damaged("lies outside of the layer", e);
	if (bound->packed > PACKED_MAX || bound->plain > PLAIN_MAX)
		return too_large(e);
	struct blob *window = blob_window(a, b, b->name, bound->at, bound->packed);
	if (!blob_slurp(a, window, PACKED_MAX, &packed, e) || !prove(a, packed, bound->digest, e))
		return false;
	char *plain = NEW_N(a, char, (size_t)bound->plain + 1);
	if (!unpack(unpacker_new(a), PACKING_ZSTD, packed, plain, (size_t)bound->plain, &got, e))
		return fail_in(e, "table of contents");
	*json = (struct str){plain, got};
	return true;
}

/* ---- eStargz ---- */

/* The number in the extra field at the head of `p`. */
static bool read_place(const unsigned char *p, uint64_t *out)
{
	uint64_t v = 0;
	if (memcmp(p + EXTRA_N - 6, "STARGZ", 6) != 0)
		return false;
	for (size_t i = 0; i < EXTRA_N - 6; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = p[i] ? strchr(digits, p[i]) : NULL;
		if (!digit)
			return false;
		v = v << 4 | (uint64_t)(digit - digits);
	}
	*out = v;
	return true;
}

static bool is_footer(const unsigned char *p, unsigned extra)
{
	static const unsigned char gzip[] = {0x1f, 0x8b, 8, 4};
	return memcmp(p, gzip, sizeof gzip) == 0 && load_le16(p + GZIP_XLEN) == extra;
}

static bool find_table(struct blob *b, uint64_t *at, uint64_t *end, struct error *e)
{
	unsigned char p[FOOTER];
	const unsigned char *old = p + FOOTER - OLD_FOOTER;
	if (b->size < FOOTER)
		return damaged("the layer is too short to have one", e);
	if (!blob_read(b, b->size - FOOTER, p, FOOTER, e))
		return false;
	bool found = is_footer(p, 4 + EXTRA_N) && memcmp(p + GZIP_XLEN + 2, "SG\x16\0", 4) == 0 &&
		     read_place(p + GZIP_XLEN + 6, at);
	*end = b->size - FOOTER;
	if (!found && is_footer(old, EXTRA_N)) {
		found = read_place(old + GZIP_XLEN + 2, at);
		*end = b->size - OLD_FOOTER;
	}
	if (!found)
		return damaged("the layer's end does not tell where it is", e);
	return *at < *end || damaged("lies outside of the layer", e);
}

/* The size in the header of a tar's one file, which must be the table. */
static bool read_header(const char header[TAR_HEADER], uint64_t *size, struct error *e)
{
	static const char name[] = "stargz.index.json";
	uint64_t n = 0;
	bool good = memcmp(header, name, sizeof name) == 0;
	for (size_t i = 0; good && i < TAR_SIZE_N - 1; i++) {
		char c = header[TAR_SIZE + i];
		good = c >= '0' && c <= '7';
		n = n << 3 | (uint64_t)(c - '0');
	}
	if (!good)
		return damaged("is not the file stargz.index.json", e);
	*size = n;
	return true;
}

static bool gzip_table(struct arena *a, struct blob *b, const struct toc_bound *bound,
		       struct str *json, uint64_t *at, struct error *e)
{
	struct str packed;
	uint64_t end = 0, size = 0;
	size_t got = 0;
	char header[TAR_HEADER];
	struct unpacker *u = unpacker_new(a);
	if (!find_table(b, at, &end, e))
		return false;
	struct blob *window = blob_window(a, b, b->name, *at, end - *at);
	if (window->size > PACKED_MAX)
		return too_large(e);
	if (!blob_slurp(a, window, PACKED_MAX, &packed, e) ||
	    !unpack(u, PACKING_GZIP, packed, header, sizeof header, &got, e))
		return fail_in(e, "table of contents");
	if (got < sizeof header)
		return damaged("is cut short", e);
	if (!read_header(header, &size, e))
		return false;
	if (size > PLAIN_MAX)
		return too_large(e);
	size_t n = sizeof header + (size_t)size;
	char *plain = NEW_N(a, char, n);
	if (!unpack(u, PACKING_GZIP, packed, plain, n, &got, e))
		return fail_in(e, "table of contents");
	*json = str_tail((struct str){plain, got}, sizeof header);
	return prove(a, *json, bound->digest, e);
}

bool toc_table(struct arena *a, struct blob *b, const struct toc_bound *bound, struct str *json,
	       uint64_t *end, struct error *e)
{
	if (b->size == BLOB_UNSIZED)
		return fail(e, ERR_UNSUPPORTED, "table of contents: the layer's size is not known");
	if (!bound->packed)
		return gzip_table(a, b, bound, json, end, e);
	*end = bound->at;
	return zstd_table(a, b, bound, json, e);
}
