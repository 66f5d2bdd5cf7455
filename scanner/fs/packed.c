/*
 * packed.c - numbers and texts to bytes and back (the numbers are LEB128, as in DWARF 5,
 * section 7.6).
 */
#include "packed.h"

enum { SHIFT = 7, MORE = 0x80 };

void pack_number(struct out *o, uint64_t n)
{
	char bytes[10];
	size_t used = 0;
	for (; n >= MORE; n >>= SHIFT)
		bytes[used++] = (char)(n | MORE);
	bytes[used++] = (char)n;
	out_str(o, (struct str){bytes, used});
}

void pack_text(struct out *o, struct str s)
{
	pack_number(o, s.n);
	out_str(o, s);
}

static uint64_t spoiled(struct packed *s)
{
	*s = (struct packed){.bad = true};
	return 0;
}

uint64_t packed_number(struct packed *s, uint64_t most)
{
	uint64_t n = 0;
	for (unsigned shift = 0; shift < 64 && s->rest.n; shift += SHIFT) {
		uint64_t byte = (unsigned char)s->rest.p[0];
		uint64_t part = (byte & (MORE - 1)) << shift;
		s->rest = str_tail(s->rest, 1);
		if (part >> shift != (byte & (MORE - 1)))
			break;
		n |= part;
		if (!(byte & MORE))
			return n <= most ? n : spoiled(s);
	}
	return spoiled(s);
}

struct str packed_text(struct packed *s)
{
	size_t n = packed_count(s);
	struct str text = str_slice(s->rest, 0, n);
	s->rest = str_tail(s->rest, n);
	return text;
}

size_t packed_count(struct packed *s)
{
	uint64_t n = packed_number(s, SIZE_MAX);
	return n <= s->rest.n ? (size_t)n : (size_t)spoiled(s);
}
