/*
 * diskcmp.c - compares the disk inside a container with the same disk as raw bytes.
 *
 *	diskcmp [-b] CONTAINER IMAGE RAW
 *
 * IMAGE must be unwrapped as CONTAINER ("raw": it must not be), and every byte must be RAW's: front
 *to back in pieces of odd sizes, then in a fixed random order. -b lets IMAGE name files beside it.
 *Exits 1 with a sentence when anything differs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "blob.h"
#include "origin.h"

enum { PLACES = 4000, PIECE_MAX = 300000 };

static char ours[PIECE_MAX], theirs[PIECE_MAX];

static bool same(struct blob *disk, struct blob *raw, uint64_t at, size_t n, struct error *e)
{
	size_t got, want;
	if (!disk->read(disk, at, ours, n, &got, e) || !raw->read(raw, at, theirs, n, &want, e))
		return false;
	/* what QEMU writes as raw is padded to whole sectors */
	if (got != want && (at + got != disk->size || want - got >= 512))
		return (fail)(e, ERR_CORRUPT, "%zu bytes at %llu where %zu are right", got,
			      (unsigned long long)at, want);
	for (size_t i = 0; i < got; i++)
		if (ours[i] != theirs[i])
			return (fail)(e, ERR_CORRUPT, "byte %llu is %02x where %02x is right",
				      (unsigned long long)(at + i), ours[i] & 255, theirs[i] & 255);
	return true;
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static bool compare(struct blob *disk, struct blob *raw, struct error *e)
{
	uint64_t seed = 1;
	if (raw->size < disk->size || raw->size - disk->size >= 512)
		return (fail)(e, ERR_CORRUPT, "a disk of %llu bytes where %llu are right",
			      (unsigned long long)disk->size, (unsigned long long)raw->size);
	for (uint64_t at = 0, n = 1; at < disk->size; at += n) {
		n = 1 + next_random(&seed) % PIECE_MAX;
		if (!same(disk, raw, at, (size_t)n, e))
			return false;
	}
	for (int i = 0; i < PLACES && disk->size; i++)
		if (!same(disk, raw, (next_random(&seed) << 20 ^ next_random(&seed)) % disk->size,
			  1 + (size_t)next_random(&seed) % 5000, e))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	bool beside = argc > 1 && strcmp(argv[1], "-b") == 0;
	char **args = argv + 1 + beside;
	if (argc != 4 + beside)
		return 2;
	struct arena *a = arena_new((size_t)1 << 30, NULL, NULL);
	struct error e = {0};
	struct blob_findings found = {0};
	struct blob_budget budget = {.max_reads = UINT64_MAX, .max_bytes = UINT64_MAX};
	struct blob_opening opening = {.found = &found};
	struct blob *image = blob_open(a, str_from(args[1]), NULL, &e);
	struct blob *raw = blob_open(a, str_from(args[2]), NULL, &e), *disk = NULL;
	const char *name = "raw";
	if (beside)
		opening.siblings = blob_beside(a, str_from(args[1]), &budget, NULL, &e);
	bool ok = image && raw &&
		  blob_unwrap(a, blob_cached(a, image, &budget), NULL, &opening, &disk, &name, &e);
	if (ok && strcmp(name, args[0]) != 0)
		ok = (fail)(&e, ERR_CORRUPT, "was taken for %s", name);
	if (ok && !disk)
		disk = image;
	ok = ok && compare(disk, raw, &e);
	if (!ok)
		fprintf(stderr, "%s: %s\n", args[1], e.text);
	arena_free(a);
	return ok ? 0 : 1;
}
