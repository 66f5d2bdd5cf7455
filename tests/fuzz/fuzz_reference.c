/*
 * fuzz_reference.c - any bytes as the name of an image. One that is taken is written out whole and
 * means the same then, and holds no byte that a URL would have to escape.
 */
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "fuzzed.h"
#include "registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(struct arena *a, const struct reference *r)
{
	struct reference again;
	struct error e;
	struct str whole = str_fmt(a, "%" PRIstr "/%" PRIstr "%s%" PRIstr "%s%" PRIstr,
				   ARG(r->host), ARG(r->name), r->tag.n ? ":" : "", ARG(r->tag),
				   r->digest.n ? "@" : "", ARG(r->digest));
	for (size_t i = 0; i < whole.n; i++)
		if (whole.p[i] <= ' ' || whole.p[i] > '~' || whole.p[i] == '%' ||
		    whole.p[i] == '?' || whole.p[i] == '#')
			abort();
	if (!reference_parse(a, whole, &again, &e) || !str_eq(again.host, r->host) ||
	    !str_eq(again.name, r->name) || !str_eq(again.tag, r->tag) ||
	    !str_eq(again.digest, r->digest))
		abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct reference r;
	struct error e;
	if (reference_parse(a, (struct str){(const char *)bytes, size}, &r, &e))
		check(a, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(64 << 20, run, bytes, size);
}
