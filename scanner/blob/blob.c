/*
 * blob.c - what every blob has in common: windows, bytes in memory, reading all of it; and the
 * watch that hears of each piece taken from the operating system.
 */
#include "blob.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"

enum { SLURP_FIRST = 64 << 10 };

struct memory {
	struct blob blob;
	const char *bytes;
};

struct window {
	struct blob blob;
	struct blob *of;
	uint64_t at;
};

static bool memory_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	struct memory *m = (struct memory *)b;
	(void)e;
	uint64_t left = at < b->size ? b->size - at : 0;
	*got = left < n ? (size_t)left : n;
	if (*got)
		memcpy(buf, m->bytes + at, *got);
	return true;
}

static bool window_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	struct window *w = (struct window *)b;
	uint64_t left = at < b->size ? b->size - at : 0;
	if (left < n)
		n = (size_t)left;
	if (n == 0) {
		*got = 0;
		return true;
	}
	return w->of->read(w->of, w->at + at, buf, n, got, e);
}

/* A blob whose end is not known yet: pieces of growing size until one comes up short. */
static bool slurp_unsized(struct arena *a, struct blob *b, size_t max, struct str *out,
			  struct error *e)
{
	size_t room = SLURP_FIRST, have = 0, got;
	char *text = NEW_N(a, char, room);
	for (;;) {
		if (!b->read(b, have, text + have, room - have, &got, e))
			return false;
		have += got;
		if (have > max)
			return fail(e, ERR_LIMIT, "%" PRIstr ": larger than %zu bytes",
				    ARG(b->name), max);
		if (have < room)
			break;
		char *larger = NEW_N(a, char, room * 2);
		memcpy(larger, text, have);
		text = larger;
		room *= 2;
	}
	*out = (struct str){text, have};
	return true;
}

bool watch_tick(struct watch *w, uint64_t bytes, struct error *e)
{
	return !w || w->tick(w, bytes, e);
}

struct blob *blob_memory(struct arena *a, struct str name, struct str bytes)
{
	struct memory *m = NEW(a, struct memory);
	*m = (struct memory){
		.blob = {.name = name, .size = bytes.n, .shared = true, .read = memory_read},
		.bytes = bytes.p,
	};
	return &m->blob;
}

struct blob *blob_window(struct arena *a, struct blob *of, struct str name, uint64_t at, uint64_t n)
{
	if (of->size != BLOB_UNSIZED) {
		uint64_t left = at < of->size ? of->size - at : 0;
		n = n < left ? n : left;
	} else if (n > UINT64_MAX - at) {
		n = UINT64_MAX - at;
	}
	struct window *w = NEW(a, struct window);
	*w = (struct window){
		.blob = {.name = name, .size = n, .shared = of->shared, .read = window_read},
		.of = of,
		.at = at,
	};
	return &w->blob;
}

bool blob_read(struct blob *b, uint64_t at, void *buf, size_t n, struct error *e)
{
	size_t got;
	if (!b->read(b, at, buf, n, &got, e))
		return false;
	if (got == n)
		return true;
	uint64_t end = b->size < at + got ? b->size : at + got;
	return fail(e, ERR_CORRUPT, "%" PRIstr ": ends at byte %llu of %llu", ARG(b->name),
		    (unsigned long long)end, (unsigned long long)(at + n));
}

bool blob_slurp(struct arena *a, struct blob *b, size_t max, struct str *out, struct error *e)
{
	if (b->size == BLOB_UNSIZED)
		return slurp_unsized(a, b, max, out, e);
	if (b->size > max)
		return fail(e, ERR_LIMIT, "%" PRIstr ": larger than %zu bytes", ARG(b->name), max);
	char *text = NEW_N(a, char, (size_t)b->size);
	if (!blob_read(b, 0, text, (size_t)b->size, e))
		return false;
	*out = (struct str){text, (size_t)b->size};
	return true;
}
