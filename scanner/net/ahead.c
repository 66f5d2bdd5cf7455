/*
 * ahead.c - from reads at any place to few requests: a read far from all others asks for a little,
 * reads in a row for twice as much each time, and at last for everything up to the end, which then
 * comes through one request that stays open while the reads go on.
 *
 * A request costs a round trip whatever its size, and bytes that nobody reads cost too: a short gap
 * is read over. What came is kept, and never asked for again.
 */
#include "ahead.h"

#include "arena.h"
#include "kept.h"

enum {
	BOUNDED_MAX = 1 << 20, /* of a request that is not for everything, */
	EXACT_MAX = 64 << 20,  /* but for one whose bytes are all wanted at once */
	GAP_MAX = 512 << 10,   /* that a reader of much leaves, and is still reading in a row */
	MUCH = 64 << 10,       /* asked for at once: somebody who reads front to back */
	ROOM_MIN = 4 << 20,    /* kept at least */
	RUNS = 4,              /* readers in a row, between each other */
};

/* Somebody reads in a row. */
struct run {
	uint64_t next, window; /* the byte after what was asked for last, and how much that was */
	uint64_t used;
};

struct ahead {
	struct blob blob;
	struct ranges *from;
	struct kept *kept;
	struct run runs[RUNS];
	uint64_t clock;
	struct stream *rest; /* the request for everything, or NULL; its run says where it is */
	struct run *rest_run;
};

static bool cut_off(const struct ahead *h, uint64_t at, struct error *e)
{
	return fail(e, ERR_CORRUPT, "%" PRIstr ": ends at byte %llu of %llu", ARG(h->blob.name),
		    (unsigned long long)at, (unsigned long long)h->blob.size);
}

/* The next piece of a stream that is at *at; no further than to `end`. */
static bool take(struct ahead *h, struct stream *s, uint64_t *at, uint64_t end, struct error *e)
{
	const void *p;
	size_t n;
	if (!s->next(s, &p, &n, e))
		return false;
	if (n == 0)
		return cut_off(h, *at, e);
	if (n > end - *at)
		return fail(e, ERR_CORRUPT, "%" PRIstr ": more bytes came than were asked for",
			    ARG(h->blob.name));
	if (!kept_put(h->kept, *at, (struct str){p, n}, e))
		return false;
	*at += n;
	return true;
}

static bool take_all(struct ahead *h, struct stream *s, uint64_t at, uint64_t end, struct error *e)
{
	bool good = true;
	while (good && at < end)
		good = take(h, s, &at, end, e);
	h->from->close(h->from, s);
	return good;
}

static void hang_up(struct ahead *h)
{
	if (h->rest)
		h->from->close(h->from, h->rest);
	h->rest = NULL;
}

/* Goes on with the request for everything, as far as to have the byte at `at`. */
static bool go_on(struct ahead *h, uint64_t at, struct error *e)
{
	uint64_t *next = &h->rest_run->next;
	bool good = true;
	while (good && *next <= at)
		good = kept_make_room(h->kept, MUCH, e) && take(h, h->rest, next, h->blob.size, e);
	if (!good || *next == h->blob.size)
		hang_up(h);
	return good;
}

/* The run that a read of n bytes at `at` goes on with, or the one that was used last long ago,
 * begun anew. */
static struct run *run_of(struct ahead *h, uint64_t at, size_t n)
{
	uint64_t gap_max = n >= MUCH ? GAP_MAX : AHEAD_FIRST;
	struct run *oldest = &h->runs[0];
	for (struct run *r = h->runs; r < h->runs + RUNS; r++) {
		if (r->used && at >= r->next && at - r->next <= gap_max)
			return r;
		if (r->used < oldest->used)
			oldest = r;
	}
	*oldest = (struct run){0};
	return oldest;
}

/* How much to ask for at once; more than BOUNDED_MAX is everything. */
static uint64_t window_of(const struct ahead *h, const struct run *r)
{
	uint64_t window = r->window ? 2 * r->window : AHEAD_FIRST;
	return h->from->bounded && window > BOUNDED_MAX ? BOUNDED_MAX : window;
}

/* Who is interrupted shows again that it is worth it, by one more request that is bounded. */
static bool ask_for_rest(struct ahead *h, struct run *r, uint64_t at, struct error *e)
{
	r->window = BOUNDED_MAX / 2;
	r->next = at;
	h->rest = h->from->open(h->from, at, 0, e);
	h->rest_run = r;
	return h->rest && go_on(h, at, e);
}

/* Bytes at `at`, of which `missing` are not there and n are wanted now. */
static bool fetch(struct ahead *h, uint64_t at, size_t n, uint64_t missing, struct error *e)
{
	if (h->rest && at >= h->rest_run->next && at - h->rest_run->next <= GAP_MAX)
		return go_on(h, at, e);
	hang_up(h);
	struct run *r = run_of(h, at, n);
	uint64_t left = h->blob.size - at, window = window_of(h, r);
	r->used = ++h->clock;
	if (n > window && n <= EXACT_MAX)
		window = n;
	else if (window > BOUNDED_MAX && left > BOUNDED_MAX)
		return ask_for_rest(h, r, at, e);
	r->window = window;
	window = window < left ? window : left;
	window = window < missing ? window : missing;
	r->next = at + window;
	if (!kept_make_room(h->kept, window, e))
		return false;
	struct stream *s = h->from->open(h->from, at, window, e);
	return s && take_all(h, s, at, at + window, e);
}

static bool ahead_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	struct ahead *h = (struct ahead *)b;
	uint64_t left = at < b->size ? b->size - at : 0, missing;
	size_t have = 0;
	n = n < left ? n : (size_t)left;
	while (have < n) {
		uint64_t there = kept_from(h->kept, at + have, &missing);
		size_t some = there < n - have ? (size_t)there : n - have;
		if (some ? !kept_read(h->kept, at + have, (char *)buf + have, some, e)
			 : !fetch(h, at + have, n - have, missing, e))
			return false;
		have += some;
	}
	*got = n;
	return true;
}

struct blob *ahead_blob(struct arena *a, struct ranges *from, struct str name, uint64_t size,
			struct stream *first, uint64_t at, uint64_t max_spill, struct error *e)
{
	struct ahead *h = NEW(a, struct ahead);
	uint64_t end = size - at < AHEAD_FIRST ? size : at + AHEAD_FIRST;
	h->blob = (struct blob){.name = name, .size = size, .read = ahead_read};
	h->from = from;
	h->kept = kept_new(a, max_spill > ROOM_MIN ? max_spill : ROOM_MIN, e);
	h->runs[0] = (struct run){.next = end, .window = end - at, .used = ++h->clock};
	if (!h->kept)
		return NULL;
	return take_all(h, first, at, end, e) ? &h->blob : NULL;
}
