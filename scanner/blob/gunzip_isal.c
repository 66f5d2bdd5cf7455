/*
 * gunzip_isal.c - raw deflate by isa-l, twice as fast as zlib; the one door to isa-l.
 */
#include <isa-l/igzip_lib.h>

#include "arena.h"
#include "inflate.h"

struct inflate {
	struct inflate_state state;
};

struct inflate *inflate_new(struct arena *a)
{
	struct inflate *z = NEW(a, struct inflate);
	inflate_reset(z);
	return z;
}

void inflate_reset(struct inflate *z)
{
	isal_inflate_init(&z->state);
	z->state.crc_flag = ISAL_GZIP_NO_HDR;
}

enum inflate_end inflate_step(struct inflate *z, struct str *in, void *out, size_t room, size_t *n)
{
	struct inflate_state *s = &z->state;
	uint32_t avail = in->n < UINT32_MAX ? (uint32_t)in->n : UINT32_MAX;
	uint32_t space = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	/* isa-l takes no pointer to const, but does not write through it. */
	s->next_in = (uint8_t *)(uintptr_t)in->p;
	s->avail_in = avail;
	s->next_out = out;
	s->avail_out = space;
	int r = isal_inflate(s);
	*in = str_tail(*in, avail - s->avail_in);
	*n = space - s->avail_out;
	if (r != ISAL_DECOMP_OK)
		return INFLATE_BAD;
	return s->block_state == ISAL_BLOCK_FINISH ? INFLATE_END : INFLATE_MORE;
}

uint32_t inflate_crc(const struct inflate *z)
{
	return z->state.crc;
}

/* isa-l reads whole words: what it has of the next bytes sits in its bit buffer, above the
 * bits that pad the last block to a byte. */
size_t inflate_unused(const struct inflate *z, unsigned char unused[INFLATE_UNUSED_MAX])
{
	size_t n = z->state.read_in_length > 0 ? (size_t)z->state.read_in_length / 8 : 0;
	uint64_t bits = z->state.read_in >> (z->state.read_in_length % 8);
	for (size_t i = 0; i < n; i++)
		unused[i] = (unsigned char)(bits >> (8 * i));
	return n;
}
