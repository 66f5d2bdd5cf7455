/*
 * parts.c - the parts of a layer that were read by ranges, kept as a note of its digest: the next
 * image with that layer is read without a request for it. Nothing proves a part but what it is read
 * for, a table of contents and its chunks, and that proves it each time.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "out.h"
#include "store.h"

enum { PARTS_MAX = 32 << 20 }; /* bytes of one layer that are kept */

#define NOTE "parts-1"

struct part {
	uint64_t at;
	struct str bytes;
};

struct parts {
	struct blob blob;
	struct arena *arena;
	struct cache *cache;
	const struct layer_job *job;
	struct blob *of;     /* NULL: nothing had to be asked for yet */
	struct error failed; /* what failed once is not tried again */
	VEC(struct part) kept;
	size_t bytes; /* of those */
	bool more;    /* than the note has */
};

static void keep(struct parts *p, uint64_t at, struct str bytes)
{
	p->bytes += bytes.n;
	*vec_push(p->arena, &p->kept) = (struct part){at, bytes};
}

/* ---- the note: for each part a line "AT LENGTH", and its bytes ---- */

static void parts_put(const void *arg, struct out *o)
{
	const struct parts *p = arg;
	for (size_t i = 0; i < p->kept.n; i++) {
		const struct part *part = &p->kept.at[i];
		out_fmt(o, "%llu %zu\n", (unsigned long long)part->at, part->bytes.n);
		out_str(o, part->bytes);
	}
}

/* False for what no note can say: then nothing is known. */
static bool parts_take(struct parts *p, struct str note)
{
	struct str line, at, n;
	uint64_t from, length;
	while (note.n) {
		if (!str_cut(note, '\n', &line, &note) || !str_cut(line, ' ', &at, &n) ||
		    !str_u64(at, &from) || !str_u64(n, &length) || length > note.n ||
		    !within(from, length, p->blob.size))
			return false;
		keep(p, from, str_slice(note, 0, (size_t)length));
		note = str_tail(note, (size_t)length);
	}
	return p->kept.n > 0;
}

static void parts_end(void *arg)
{
	const struct parts *p = arg;
	if (p->more)
		layer_note(p->cache, p->job->digest, S(NOTE), parts_put, p);
}

/* ---- reading ---- */

static const struct part *find(const struct parts *p, uint64_t at, size_t n)
{
	for (size_t i = 0; i < p->kept.n; i++) {
		const struct part *part = &p->kept.at[i];
		if (at >= part->at && within(at - part->at, n, part->bytes.n))
			return part;
	}
	return NULL;
}

/* A registry that gave ranges once may give none now: then the whole layer is asked for. */
static bool ask(struct parts *p)
{
	const struct layer_job *job = p->job;
	if (p->of || p->failed.kind != ERR_NONE)
		return p->of != NULL;
	if (job->store->ranges(job->store, p->arena, job->digest, job->size, &p->of, &p->failed) &&
	    !p->of)
		p->of = job->store->blob(job->store, p->arena, job->digest, job->size, &p->failed);
	return p->of != NULL;
}

static bool parts_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	struct parts *p = (struct parts *)b;
	uint64_t left = at < b->size ? b->size - at : 0;
	n = left < n ? (size_t)left : n;
	const struct part *part = find(p, at, n);
	if (part) {
		memcpy(buf, part->bytes.p + (at - part->at), n);
		*got = n;
		return true;
	}
	if (!ask(p)) {
		*e = p->failed;
		return false;
	}
	if (!p->of->read(p->of, at, buf, n, got, e))
		return false;
	if (*got && *got <= PARTS_MAX - p->bytes) {
		keep(p, at, str_dup(p->arena, (struct str){buf, *got}));
		p->more = true;
	}
	return true;
}

bool layer_parts(struct cache *c, struct arena *a, const struct layer_job *job, struct blob **out,
		 struct error *e)
{
	struct parts *p = NEW(a, struct parts);
	struct str note;
	*p = (struct parts){
		.blob = {.name = str_fmt(a, "blob %" PRIstr, ARG(job->digest)),
			 .size = job->size,
			 .read = parts_read},
		.arena = a,
		.cache = c,
		.job = job,
	};
	if (!cache_note(a, c, job->digest, S(NOTE), &note) || !parts_take(p, note)) {
		p->kept.n = p->bytes = 0;
		if (!job->store->ranges(job->store, a, job->digest, job->size, &p->of, e))
			return false;
	}
	arena_defer(a, parts_end, p);
	*out = p->of || p->kept.n ? &p->blob : NULL;
	return true;
}
