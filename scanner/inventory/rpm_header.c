/*
 * rpm_header.c - a package's header to its name, version and release (RPM file format, "Header
 * structure": two counts, 16-byte entries of tag, type, offset and count, then their bytes; all in
 * network order). In a database it stands without its magic.
 */
#include "rpm.h"

#include <string.h>

#include "bytes.h"

enum { INTRO = 8, ENTRY = 16, ENTRIES_MAX = 4096, STRING = 6 };
enum { NAME = 1000, VERSION = 1001, RELEASE = 1002 };

struct header {
	const unsigned char *entries;
	uint32_t n;
	struct str bytes; /* as far as they are here */
	uint64_t size;
};

/* The string of a tag; empty where it has none. */
static bool string_of(const struct header *h, uint32_t tag, struct str *out, struct error *e)
{
	*out = (struct str){0};
	for (uint32_t i = 0; i < h->n; i++) {
		const unsigned char *p = h->entries + (size_t)i * ENTRY;
		if (load_be32(p) != tag)
			continue;
		uint64_t at = load_be32(p + 8);
		if (load_be32(p + 4) != STRING || at >= h->size)
			return fail(e, ERR_CORRUPT, "header: tag %u is not a string", tag);
		struct str rest = str_tail(h->bytes, (size_t)at);
		size_t n = str_find(rest, 0);
		if (n == rest.n)
			return fail(e, h->bytes.n < h->size ? ERR_LIMIT : ERR_CORRUPT,
				    "header: the string of tag %u does not end", tag);
		*out = str_slice(rest, 0, n);
		return true;
	}
	return true;
}

bool rpm_header(struct packages *out, struct str head, uint64_t all, struct error *e)
{
	const unsigned char *p = (const unsigned char *)head.p;
	struct str name, version, release;
	if (head.n < INTRO)
		return fail(e, ERR_CORRUPT, "header: %zu bytes long", head.n);
	struct header h = {p + INTRO, load_be32(p), {0}, load_be32(p + 4)};
	uint64_t start = INTRO + (uint64_t)h.n * ENTRY;
	if (h.n > ENTRIES_MAX || start > head.n || !within(start, h.size, all))
		return fail(e, ERR_CORRUPT, "header: %u entries and %llu bytes do not fit", h.n,
			    (unsigned long long)h.size);
	h.bytes = str_slice(head, (size_t)start, (size_t)(start + h.size));
	if (!string_of(&h, NAME, &name, e))
		return false;
	if (!package_asked_for(name))
		return true;
	if (!string_of(&h, VERSION, &version, e) || !string_of(&h, RELEASE, &release, e))
		return false;
	package_put(out, name,
		    str_fmt(out->arena, "%" PRIstr "-%" PRIstr, ARG(version), ARG(release)));
	return true;
}
