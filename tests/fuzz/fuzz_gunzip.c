/*
 * fuzz_gunzip.c - any bytes as gzip members. The pieces that the input comes in must not matter:
 * all at once and a few bytes at a time give the same bytes, or both fail.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "blob.h"
#include "fuzzed.h"

enum { PLAIN_MAX = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct pieces {
	struct stream stream;
	struct str rest;
	size_t size;
};

static bool pieces_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct pieces *p = (struct pieces *)s;
	(void)e;
	*n = p->rest.n < p->size ? p->rest.n : p->size;
	*buf = p->rest.p;
	p->rest = str_tail(p->rest, *n);
	return true;
}

/* True when all was read; *out gets up to PLAIN_MAX bytes. */
static bool gunzip(struct arena *a, struct str packed, size_t piece, struct str *out)
{
	struct pieces p = {{.name = S("input"), .next = pieces_next}, packed, piece};
	struct stream *s = stream_gunzip(a, &p.stream);
	struct error e = {0};
	char *text = NEW_N(a, char, PLAIN_MAX);
	const void *buf;
	size_t n, have = 0;
	do {
		if (!s->next(s, &buf, &n, &e))
			return false;
		size_t keep = n < PLAIN_MAX - have ? n : PLAIN_MAX - have;
		if (keep)
			memcpy(text + have, buf, keep);
		have += keep;
	} while (n && have < PLAIN_MAX);
	*out = (struct str){text, have};
	return true;
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct str input = {(const char *)bytes, size}, whole, again;
	bool ok = gunzip(a, input, size + 1, &whole);
	for (size_t piece = 1; piece < 30; piece += 9) {
		bool same = gunzip(a, input, piece, &again);
		if (same != ok || (ok && !str_eq(whole, again)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed((size_t)64 << 20, run, bytes, size);
}
