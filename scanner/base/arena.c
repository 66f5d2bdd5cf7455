/*
 * arena.c - a bump allocator with a budget and deferred closings.
 *
 * Chunks start at 64 KiB and double up to 1 MiB; an object larger than a chunk gets one of its
 * own. The budget is one atomic counter that a tree of arenas shares, so that layers read by
 * several threads together stay within the limit of their scan.
 */
#include "arena.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_DEBUG 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_DEBUG 1
#endif
#endif

enum { CHUNK_MIN = 64 << 10, CHUNK_MAX = 1 << 20, ALIGN = _Alignof(max_align_t) };

struct chunk {
	struct chunk *next;
	_Alignas(max_align_t) char bytes[];
};

struct deferred {
	struct deferred *next;
	arena_defer_fn *fn;
	void *arg;
};

struct budget {
	atomic_size_t used;
	size_t limit;
};

struct arena {
	struct chunk *chunks;
	char *at, *end;
	size_t next_chunk;
	struct deferred *deferred;
	struct budget *budget;
	bool owns_budget;
	arena_full_fn *full;
	void *full_arg;
};

static _Noreturn void arena_full(struct arena *a)
{
	if (a->full)
		a->full(a->full_arg);
	abort();
}

static struct arena *arena_make(struct budget *budget, bool owns, arena_full_fn *full, void *arg)
{
	struct arena *a = calloc(1, sizeof *a);
	if (!a || !budget) {
		free(a);
		if (full)
			full(arg);
		abort();
	}
	*a = (struct arena){.next_chunk = CHUNK_MIN,
			    .budget = budget,
			    .owns_budget = owns,
			    .full = full,
			    .full_arg = arg};
	return a;
}

struct arena *arena_new(size_t limit, arena_full_fn *full, void *arg)
{
	struct budget *budget = calloc(1, sizeof *budget);
	if (budget)
		budget->limit = limit;
	return arena_make(budget, true, full, arg);
}

static void arena_release(void *arg)
{
	struct arena *a = arg;
	while (a->deferred) {
		struct deferred *d = a->deferred;
		a->deferred = d->next;
		d->fn(d->arg);
		free(d);
	}
	while (a->chunks) {
		struct chunk *next = a->chunks->next;
		free(a->chunks);
		a->chunks = next;
	}
	if (a->owns_budget)
		free(a->budget);
	free(a);
}

struct arena *arena_child(struct arena *parent, arena_full_fn *full, void *arg)
{
	struct arena *a = arena_make(parent->budget, false, full, arg);
	arena_defer(parent, arena_release, a);
	return a;
}

void arena_free(struct arena *a)
{
	if (a)
		arena_release(a);
}

void arena_defer(struct arena *a, arena_defer_fn *fn, void *arg)
{
	struct deferred *d = malloc(sizeof *d);
	if (!d) {
		fn(arg);
		arena_full(a);
	}
	*d = (struct deferred){.next = a->deferred, .fn = fn, .arg = arg};
	a->deferred = d;
}

/* A chunk with room for `size` bytes, charged to the budget. */
static struct chunk *chunk_new(struct arena *a, size_t size)
{
	size_t before = atomic_fetch_add(&a->budget->used, size);
	if (before > a->budget->limit || size > a->budget->limit - before) {
		atomic_fetch_sub(&a->budget->used, size);
		arena_full(a);
	}
	struct chunk *c = calloc(1, sizeof *c + size);
	if (!c)
		arena_full(a);
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t size, size_t n)
{
	size_t bytes;
	if (__builtin_mul_overflow(size, n, &bytes) || bytes > SIZE_MAX / 4)
		arena_full(a);
#ifdef ARENA_DEBUG
	return chunk_new(a, bytes)->bytes;
#else
	bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (bytes > CHUNK_MIN / 2 && bytes > (size_t)(a->end - a->at))
		return chunk_new(a, bytes)->bytes;
	if (bytes > (size_t)(a->end - a->at)) {
		struct chunk *c = chunk_new(a, a->next_chunk);
		a->at = c->bytes;
		a->end = c->bytes + a->next_chunk;
		if (a->next_chunk < CHUNK_MAX)
			a->next_chunk *= 2;
	}
	void *p = a->at;
	a->at += bytes;
	return p;
#endif
}

size_t arena_used(const struct arena *a)
{
	return atomic_load(&a->budget->used);
}
