/*
 * arena.h - everything a scan makes lives in one arena and dies with it.
 *
 * Invariants
 *   - Memory from an arena is zeroed and never NULL: when the budget is spent or the
 *     machine has no memory left, `full` is called, and it must not return.
 *   - There is no way to give a piece back. Handles that need closing (descriptors,
 *     library objects) are deferred on the arena and closed by arena_free, last first.
 *   - An arena belongs to one thread. A child arena lends a second thread its own chunks
 *     out of the same budget, and is freed with its parent.
 *   - Built with ASan or -DARENA_DEBUG every piece is a malloc of its own, so that memory
 *     checkers see an overrun of a single byte.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena;

typedef void arena_full_fn(void *arg); /* must not return: longjmp or exit */
typedef void arena_defer_fn(void *arg);

/* A new arena that may hold `limit` bytes. A NULL `full` prints nothing and aborts. */
struct arena *arena_new(size_t limit, arena_full_fn *full, void *arg);

/* A child for another thread: make it in the parent's thread, before the other starts. */
struct arena *arena_child(struct arena *parent, arena_full_fn *full, void *arg);

/* Runs the deferred functions, last first, and frees all. NULL is fine. Not for children. */
void arena_free(struct arena *a);

void arena_defer(struct arena *a, arena_defer_fn *fn, void *arg);

/* `n` objects of `size` bytes, zeroed, aligned for anything. n * size may not overflow. */
void *arena_alloc(struct arena *a, size_t size, size_t n);

/* Bytes handed out so far by this arena, its parents and its children together. */
size_t arena_used(const struct arena *a);

#define NEW(a, type) ((type *)arena_alloc((a), sizeof(type), 1))
#define NEW_N(a, type, n) ((type *)arena_alloc((a), sizeof(type), (n)))

#endif
