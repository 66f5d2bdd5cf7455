/*
 * fuzz_container.c - any bytes as a disk container: what its disk holds is the same in large and in
 * small pieces, and no name of another file leads further than its siblings.
 *
 * The first byte of the input tells how the rest becomes an image: 'x' spreads it over the places
 * where a VHDX keeps its parts, and 'c' takes it as a VHD, both with sums that fit; for all others
 * the rest is the image.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "blob.h"
#include "bytes.h"
#include "crc32c.h"
#include "fuzzed.h"
#include "origin.h"

enum { PLACES = 24, PIECE = 3000, FOOTER = 512, VHDX_SIZE = 384 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct same {
	struct blob_siblings siblings;
	struct arena *arena;
	struct str image;
};

static struct blob *open_same(struct blob_siblings *s, struct str name, struct error *e)
{
	const struct same *all = (const struct same *)s;
	if (name.n && name.p[0] != '/')
		return blob_memory(all->arena, name, all->image);
	(fail)(e, ERR_MISSING, "no such file");
	return NULL;
}

static void put32(char *p, uint32_t v, bool big)
{
	for (int i = 0; i < 4; i++)
		p[big ? 3 - i : i] = (char)(v >> (8 * i));
}

static void vhd_sum(char *p)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < FOOTER; i++)
		sum += i >= 64 && i < 68 ? 0 : (unsigned char)p[i];
	put32(p + 64, ~sum, true);
}

static struct str vhd_image(struct arena *a, struct str rest)
{
	char *p = NEW_N(a, char, rest.n);
	if (rest.n)
		memcpy(p, rest.p, rest.n);
	if (rest.n >= FOOTER) {
		vhd_sum(p);
		vhd_sum(p + rest.n - FOOTER);
	}
	return (struct str){p, rest.n};
}

static struct str vhdx_image(struct arena *a, struct str rest)
{
	static const struct {
		uint32_t at, n, sum; /* bytes under a sum */
	} places[] = {
		{64 << 10, 80, 4096},       {192 << 10, 144, 64 << 10}, {320 << 10, 160, 0},
		{(320 << 10) + 512, 64, 0}, {352 << 10, 512, 0},
	};
	char *p = NEW_N(a, char, VHDX_SIZE);
	memcpy(p, "vhdxfile", 8);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct str part = str_slice(rest, 0, places[i].n);
		char *at = p + places[i].at;
		if (part.n)
			memcpy(at, part.p, part.n);
		rest = str_tail(rest, part.n);
		if (places[i].sum) {
			put32(at + 4, 0, false);
			put32(at + 4, ~crc32c(~0u, at, places[i].sum), false);
		}
	}
	return (struct str){p, VHDX_SIZE};
}

/* All of a piece, then byte by byte its ends. */
static void look(struct blob *disk, uint64_t at)
{
	static char whole[PIECE];
	struct error e;
	char c;
	size_t got, one;
	if (!disk->read(disk, at, whole, sizeof whole, &got, &e))
		return;
	if (got > sizeof whole || (got < sizeof whole && at < disk->size && got < disk->size - at))
		abort();
	for (size_t i = 0; i < got; i += got / 16 + 1)
		if (!disk->read(disk, at + i, &c, 1, &one, &e) || one != 1 || c != whole[i])
			abort();
}

static void read_all(struct arena *a, struct str image)
{
	struct blob_findings found = {0};
	struct same same = {{open_same}, a, image};
	struct blob_opening o = {.siblings = &same.siblings, .found = &found};
	struct blob_budget budget = {.max_reads = 100000, .max_bytes = 64 << 20};
	struct blob *disk = NULL, *b = blob_memory(a, S("image"), image);
	struct error e = {0};
	const char *name;
	if (!blob_unwrap(a, blob_cached(a, b, &budget), NULL, &o, &disk, &name, &e)) {
		if (e.kind == ERR_NONE || !e.text[0])
			abort();
		return;
	}
	for (uint64_t i = 0; disk && i < PLACES; i++) {
		look(disk, i * 700);
		look(disk, disk->size / PLACES * i);
		look(disk, disk->size - i * 512 - 1);
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct str rest = {(const char *)bytes + 1, size - 1};
	read_all(a, bytes[0] == 'x'   ? vhdx_image(a, rest)
		    : bytes[0] == 'c' ? vhd_image(a, rest)
				      : rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size == 0 ? 0 : fuzzed((size_t)64 << 20, run, bytes, size);
}
