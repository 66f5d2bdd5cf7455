/*
 * gunzip_zlib.c - raw deflate by zlib, where isa-l is not there; the one door to zlib.
 */
#define ZLIB_CONST
#include <zlib.h>

#include "arena.h"
#include "inflate.h"

struct inflate {
	z_stream z;
	uint32_t crc;
	bool ready;
};

static void end(void *arg)
{
	struct inflate *z = arg;
	if (z->ready)
		inflateEnd(&z->z);
}

struct inflate *inflate_new(struct arena *a)
{
	struct inflate *z = NEW(a, struct inflate);
	z->ready = inflateInit2(&z->z, -MAX_WBITS) == Z_OK;
	arena_defer(a, end, z);
	return z;
}

void inflate_reset(struct inflate *z)
{
	z->crc = 0;
	if (z->ready)
		inflateReset(&z->z);
}

enum inflate_end inflate_step(struct inflate *z, struct str *in, void *out, size_t room, size_t *n)
{
	uInt avail = in->n < UINT32_MAX ? (uInt)in->n : UINT32_MAX;
	uInt space = room < UINT32_MAX ? (uInt)room : UINT32_MAX;
	z->z.next_in = (const Bytef *)in->p;
	z->z.avail_in = avail;
	z->z.next_out = out;
	z->z.avail_out = space;
	int r = z->ready ? inflate(&z->z, Z_NO_FLUSH) : Z_MEM_ERROR;
	*in = str_tail(*in, avail - z->z.avail_in);
	*n = space - z->z.avail_out;
	z->crc = (uint32_t)crc32(z->crc, out, (uInt)*n);
	if (r == Z_STREAM_END)
		return INFLATE_END;
	return r == Z_OK || r == Z_BUF_ERROR ? INFLATE_MORE : INFLATE_BAD;
}

uint32_t inflate_crc(const struct inflate *z)
{
	return z->crc;
}

size_t inflate_unused(const struct inflate *z, unsigned char unused[INFLATE_UNUSED_MAX])
{
	(void)z;
	(void)unused;
	return 0;
}
