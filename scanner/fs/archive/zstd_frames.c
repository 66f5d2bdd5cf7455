/*
 * zstd_frames.c - where the frames of a zstd stream end (RFC 8878, section 3.1), by their headers
 * and those of their blocks. Decoders take what follows the last frame for a damaged one, but an
 * initial RAM disk is padded with zeros to a multiple of four bytes when others are joined to it.
 */
#include <string.h>

#include "archive_source.h"
#include "arena.h"
#include "bytes.h"

enum state { AT_MAGIC, AT_SKIPPED_SIZE, AT_DESCRIPTOR, AT_BLOCK };

struct frames {
	struct stream stream;
	struct stream *of;
	enum state state;
	unsigned char part[4]; /* of the header that is being gathered */
	size_t part_n;
	uint64_t skip; /* bytes up to the next header */
	bool checksum, ended;
};

static size_t wanted(enum state state)
{
	static const unsigned char sizes[] = {
		[AT_MAGIC] = 4, [AT_SKIPPED_SIZE] = 4, [AT_DESCRIPTOR] = 1, [AT_BLOCK] = 3};
	return sizes[state];
}

static void descriptor(struct frames *f, unsigned char d)
{
	static const unsigned char dictionary[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
	bool single = d & 0x20;
	f->skip = dictionary[d & 3] + content[d >> 6] + (single ? d >> 6 == 0 : 1);
	f->checksum = d & 4;
	f->state = AT_BLOCK;
}

static void block(struct frames *f)
{
	uint32_t header = f->part[0] | (uint32_t)f->part[1] << 8 | (uint32_t)f->part[2] << 16;
	bool last = header & 1, repeats = (header >> 1 & 3) == 1;
	f->skip = repeats ? 1 : header >> 3;
	if (!last)
		return;
	f->skip += f->checksum ? 4 : 0;
	f->state = AT_MAGIC;
}

/* A header is there. One that is none is left to the decoder, which says so. */
static void step(struct frames *f)
{
	f->part_n = 0;
	switch (f->state) {
	case AT_MAGIC: f->state = f->part[0] == 0x28 ? AT_DESCRIPTOR : AT_SKIPPED_SIZE; return;
	case AT_SKIPPED_SIZE:
		f->skip = load_le32(f->part);
		f->state = AT_MAGIC;
		return;
	case AT_DESCRIPTOR: descriptor(f, f->part[0]); return;
	case AT_BLOCK: block(f); return;
	}
}

/* How many bytes of a piece belong to frames. A magic number begins with one of these bytes. */
static size_t walk(struct frames *f, const unsigned char *p, size_t n)
{
	size_t at = 0;
	while (at < n) {
		size_t skip = f->skip < n - at ? (size_t)f->skip : n - at;
		f->skip -= skip;
		at += skip;
		if (at == n)
			break;
		bool begins = p[at] == 0x28 || p[at] >> 4 == 5;
		if (f->state == AT_MAGIC && !f->part_n && !begins) {
			f->ended = true;
			break;
		}
		f->part[f->part_n++] = p[at++];
		if (f->part_n == wanted(f->state))
			step(f);
	}
	return at;
}

static bool all_zeros(const char *p, size_t n)
{
	return !n || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static bool next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct frames *f = (struct frames *)s;
	const void *p;
	size_t have, mine = 0;
	do {
		if (!f->of->next(f->of, &p, &have, e))
			return false;
		if (!f->ended)
			mine = walk(f, p, have);
		if (!all_zeros((const char *)p + mine, have - mine))
			return fail(e, ERR_CORRUPT, "zstd: something else follows its end");
	} while (have && !mine);
	*buf = p;
	*n = mine;
	return true;
}

struct stream *zstd_frames(struct arena *a, struct stream *of)
{
	struct frames *f = NEW(a, struct frames);
	f->stream = (struct stream){.name = of->name, .next = next};
	f->of = of;
	return &f->stream;
}
