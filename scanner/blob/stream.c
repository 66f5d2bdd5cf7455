/*
 * stream.c - bytes front to back: a blob in pieces, counted, guarded, drained.
 */
#include "arena.h"
#include "blob.h"

enum { PIECE = 256 << 10 };

struct blob_stream {
	struct stream stream;
	struct blob *of;
	uint64_t at;
	char buf[PIECE];
};

struct count {
	struct stream stream;
	struct stream *of;
	uint64_t n;
};

struct guard {
	struct stream stream;
	struct stream *of;
	const struct stream *source;
	uint64_t ratio, grace, n;
};

static bool blob_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct blob_stream *b = (struct blob_stream *)s;
	size_t got;
	if (!b->of->read(b->of, b->at, b->buf, sizeof b->buf, &got, e))
		return false;
	b->at += got;
	*buf = b->buf;
	*n = got;
	return true;
}

static bool count_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct count *c = (struct count *)s;
	if (!c->of->next(c->of, buf, n, e))
		return false;
	c->n += *n;
	return true;
}

static bool guard_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct guard *g = (struct guard *)s;
	const void *p;
	size_t got;
	if (!g->of->next(g->of, &p, &got, e))
		return false;
	g->n += got;
	if (g->n > g->grace && g->n / g->ratio > stream_counted(g->source))
		return fail(e, ERR_LIMIT,
			    "%" PRIstr
			    ": decompresses to more than %llu times its size, see --max-ratio",
			    ARG(s->name), (unsigned long long)g->ratio);
	*buf = p;
	*n = got;
	return true;
}

struct stream *stream_blob(struct arena *a, struct blob *b)
{
	struct blob_stream *s = NEW(a, struct blob_stream);
	s->stream = (struct stream){.name = b->name, .next = blob_next};
	s->of = b;
	return &s->stream;
}

struct stream *stream_count(struct arena *a, struct stream *of)
{
	struct count *c = NEW(a, struct count);
	*c = (struct count){.stream = {.name = of->name, .next = count_next}, .of = of};
	return &c->stream;
}

uint64_t stream_counted(const struct stream *s)
{
	return ((const struct count *)s)->n;
}

struct stream *stream_guard(struct arena *a, struct stream *of, const struct stream *source,
			    uint64_t ratio, uint64_t grace)
{
	struct guard *g = NEW(a, struct guard);
	*g = (struct guard){
		.stream = {.name = of->name, .next = guard_next},
		.of = of,
		.source = source,
		.ratio = ratio,
		.grace = grace,
	};
	return &g->stream;
}

bool stream_drain(struct stream *s, struct error *e)
{
	const void *p;
	size_t n;
	do {
		if (!s->next(s, &p, &n, e))
			return false;
	} while (n);
	return true;
}
