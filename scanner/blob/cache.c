/*
 * cache.c - a blob through pages that are kept, and the one place where what reading a disk costs
 * is counted and bounded.
 *
 * Pages live in sets of a few, each with its own order of age: as good as one order for all, at a
 * fraction of the lines. Neighbouring pages that are missing are fetched in one read.
 */
#include <string.h>

#include "arena.h"
#include "blob.h"

enum {
	PAGE = 4096,
	SETS = 128,
	WAYS = 8,
	RUN = 16,           /* pages fetched in one read */
	BYPASS = 128 << 10, /* a read this large would push everything else out */
};

struct page {
	uint64_t number;
	uint64_t used; /* the clock when it was last asked for; 0: never filled */
	size_t n;      /* less than PAGE at the end of the blob */
	char *bytes;
};

struct cached {
	struct blob blob;
	struct arena *arena;
	struct blob *of;
	struct blob_budget *budget;
	uint64_t clock;
	struct page pages[SETS][WAYS];
	char run[RUN * PAGE];
};

static bool fetch(struct cached *c, uint64_t at, void *buf, size_t n, size_t *got, struct error *e)
{
	struct blob_budget *b = c->budget;
	if (b->reads >= b->max_reads)
		return fail(e, ERR_LIMIT, "disk: needs more than %llu reads, see --max-reads",
			    (unsigned long long)b->max_reads);
	if (b->bytes >= b->max_bytes || n > b->max_bytes - b->bytes)
		return fail(e, ERR_LIMIT, "disk: needs more than %llu bytes, see --max-read-bytes",
			    (unsigned long long)b->max_bytes);
	if (!c->of->read(c->of, at, buf, n, got, e))
		return false;
	b->reads++;
	b->bytes += *got;
	c->blob.size = c->of->size;
	return true;
}

/* Neighbours fall into different sets, and so do pages a power of two apart. */
static struct page *set_of(struct cached *c, uint64_t number)
{
	return c->pages[(number ^ number >> 7 ^ number >> 14) % SETS];
}

static struct page *find(struct cached *c, uint64_t number)
{
	struct page *set = set_of(c, number);
	for (size_t i = 0; i < WAYS; i++)
		if (set[i].used && set[i].number == number)
			return &set[i];
	return NULL;
}

static void keep(struct cached *c, uint64_t number, const char *bytes, size_t n)
{
	struct page *set = set_of(c, number), *oldest = set;
	for (size_t i = 1; i < WAYS; i++)
		if (set[i].used < oldest->used)
			oldest = &set[i];
	if (!oldest->bytes)
		oldest->bytes = NEW_N(c->arena, char, PAGE);
	memcpy(oldest->bytes, bytes, n);
	oldest->number = number;
	oldest->used = ++c->clock;
	oldest->n = n;
}

/* Page `first`, and those missing after it as far as `last`. */
static bool fill(struct cached *c, uint64_t first, uint64_t last, struct error *e)
{
	size_t n = 1, got;
	while (n < RUN && first + n <= last && !find(c, first + n))
		n++;
	if (!fetch(c, first * PAGE, c->run, n * PAGE, &got, e))
		return false;
	/* Backwards: whatever is pushed out, it is not the first. */
	while (n-- > 0) {
		size_t at = n * PAGE, left = got > at ? got - at : 0;
		keep(c, first + n, c->run + at, left < PAGE ? left : PAGE);
	}
	return true;
}

static bool cached_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	struct cached *c = (struct cached *)b;
	size_t have = 0;
	if (n >= BYPASS)
		return fetch(c, at, buf, n, got, e);
	if (n > UINT64_MAX - at)
		n = (size_t)(UINT64_MAX - at);
	while (have < n) {
		uint64_t number = (at + have) / PAGE;
		size_t skip = (at + have) % PAGE;
		if (at + have >= b->size)
			break;
		struct page *p = find(c, number);
		if (!p && !fill(c, number, (at + n - 1) / PAGE, e))
			return false;
		if (!p)
			p = find(c, number);
		if (!p || skip >= p->n)
			break;
		size_t some = p->n - skip < n - have ? p->n - skip : n - have;
		memcpy((char *)buf + have, p->bytes + skip, some);
		p->used = ++c->clock;
		have += some;
	}
	*got = have;
	return true;
}

struct blob *blob_cached(struct arena *a, struct blob *of, struct blob_budget *budget)
{
	struct cached *c = NEW(a, struct cached);
	c->blob = (struct blob){.name = of->name, .size = of->size, .read = cached_read};
	c->arena = a;
	c->of = of;
	c->budget = budget;
	return &c->blob;
}
