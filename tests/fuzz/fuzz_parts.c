/*
 * fuzz_parts.c - any bytes as the note of which parts of a layer were read (image/parts.c), in a
 * cache that keeps them: reads end where the layer does, give what the note says or what the store
 * has, and give the same again to the next run, which asks the store for nothing more. The input is
 * the layer's size (16 bits) and the note.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "bytes.h"
#include "image/store.h"

#define NOTE "parts-1"
#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { MEMORY = 64 << 20, STEP = 61 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char dir[64];

static void must(bool good)
{
	if (!good)
		abort();
}

/* ---- a store that has any layer, of zeros ---- */

struct zeros {
	struct store store;
	size_t asked;
};

static bool zeros_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	uint64_t left = at < b->size ? b->size - at : 0;
	(void)e;
	*got = left < n ? (size_t)left : n;
	memset(buf, 0, *got);
	return true;
}

static bool zeros_ranges(struct store *s, struct arena *a, struct str digest, uint64_t size,
			 struct blob **out, struct error *e)
{
	(void)digest;
	(void)e;
	((struct zeros *)s)->asked++;
	*out = NEW(a, struct blob);
	**out = (struct blob){.name = S("zeros"), .size = size, .read = zeros_read};
	return true;
}

/* ---- runs ---- */

static void remove_cache(void)
{
	struct cache_use gone;
	struct error e;
	struct arena *a = arena_new(MEMORY, NULL, NULL);
	cache_clear(cache_open(a, str_from(dir), MEMORY), &gone, &e);
	arena_free(a);
	rmdir(dir);
}

/* Reads all of a layer in steps that no part was made for. */
static void read_all(struct blob *b, char *out)
{
	struct error e = {0};
	size_t got = 0;
	for (uint64_t at = 0; at < b->size; at += STEP) {
		uint64_t left = b->size - at;
		must(b->read(b, at, out + at, STEP, &got, &e));
		must(got == (left < STEP ? left : STEP));
	}
}

/* How often the store was asked. What was read is noted when the arena goes. */
static size_t run(struct str note, uint64_t size, char *out)
{
	struct zeros zeros = {{.remote = true, .ranges = zeros_ranges}, 0};
	struct layer_job job = {.store = &zeros.store, .digest = S(DIGEST), .size = size};
	struct arena *a = arena_new(MEMORY, NULL, NULL);
	struct cache *c = cache_open(a, str_from(dir), MEMORY);
	struct blob *b = NULL;
	struct error e = {0};
	if (note.n) {
		cache_forget(c, job.digest);
		cache_keep_note(c, job.digest, S(NOTE), note);
	}
	must(layer_parts(c, a, &job, &b, &e) && b && b->size == size);
	read_all(b, out);
	arena_free(a);
	return zeros.asked;
}

/* What is learnt goes by the name that notes are given here. */
static void name_right(void)
{
	char byte[STEP];
	struct str note;
	struct arena *a = arena_new(MEMORY, NULL, NULL);
	run((struct str){0}, 1, byte);
	must(cache_note(a, cache_open(a, str_from(dir), MEMORY), S(DIGEST), S(NOTE), &note));
	arena_free(a);
}

static void make_cache(void)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%.40s/parts-XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(dir) != NULL);
	atexit(remove_cache);
	name_right();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char first[(1 << 16) + STEP], second[(1 << 16) + STEP];
	if (size <= 2)
		return 0;
	if (!dir[0])
		make_cache();
	uint64_t n = load_le16(bytes);
	run((struct str){(const char *)bytes + 2, size - 2}, n, first);
	must(run((struct str){0}, n, second) == 0 || n == 0);
	must(memcmp(first, second, n) == 0);
	return 0;
}
