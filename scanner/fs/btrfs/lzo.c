/*
 * lzo.c - LZO1X streams to plain bytes (Linux Documentation, "LZO stream format as understood by
 * Linux' LZO decompressor"), version 0 of the format: the run-length codes of version 1 are not
 * something that btrfs writes. And rows of them as btrfs cuts compressed extents ("LZO" in the
 * On-disk Format): a length of the whole, then length and bytes of each segment, whose length
 * never lies across two sectors.
 */
#include <string.h>

#include "btrfs.h"
#include "bytes.h"

struct lzo {
	const unsigned char *in, *in_end;
	unsigned char *out;
	size_t n, room;
	unsigned state; /* literals that the last instruction copied; 4 for more than 3 */
	bool ended;
};

static bool copy_literals(struct lzo *z, size_t n)
{
	if (n > (size_t)(z->in_end - z->in) || n > z->room - z->n)
		return false;
	memcpy(z->out + z->n, z->in, n);
	z->in += n;
	z->n += n;
	return true;
}

/* A match may run into the bytes that it makes. */
static bool copy_match(struct lzo *z, size_t distance, size_t n)
{
	if (distance > z->n || n > z->room - z->n)
		return false;
	for (; n; n--, z->n++)
		z->out[z->n] = z->out[z->n - distance];
	return true;
}

static bool next_byte(struct lzo *z, size_t *out)
{
	if (z->in == z->in_end)
		return false;
	*out = *z->in++;
	return true;
}

/* A length that did not fit its bits: `bits` says 0, zeros count 255 each, then a last byte. */
static bool long_length(struct lzo *z, size_t bits, size_t full, size_t *out)
{
	size_t byte = bits, more = bits ? 0 : full;
	while (bits == 0 && next_byte(z, &byte) && byte == 0)
		more += 255;
	*out = more + byte;
	return byte != 0;
}

/* The two low bits of each match say how many literals follow it. */
static bool match(struct lzo *z, size_t distance, size_t n, unsigned literals)
{
	z->state = literals;
	return copy_match(z, distance, n) && copy_literals(z, literals);
}

static bool short_code(struct lzo *z, size_t code)
{
	size_t n, high;
	if (z->state == 0) {
		z->state = 4;
		return long_length(z, code, 15, &n) && copy_literals(z, n + 3);
	}
	if (!next_byte(z, &high))
		return false;
	size_t distance = (high << 2) + (code >> 2) + 1;
	return z->state == 4 ? match(z, distance + 2048, 3, code & 3)
			     : match(z, distance, 2, code & 3);
}

/* Codes 16 to 63: a length of its own and a distance of 14 bits. */
static bool far_code(struct lzo *z, size_t code)
{
	size_t n, full = code < 32 ? 7 : 31;
	if (!long_length(z, code & full, full, &n) || z->in_end - z->in < 2)
		return false;
	unsigned word = load_le16(z->in);
	size_t distance = word >> 2;
	z->in += 2;
	if (code >= 32)
		return match(z, distance + 1, n + 2, word & 3);
	distance += 16384 + ((code & 8) << 11);
	if (distance == 16384)
		z->ended = true;
	return z->ended || match(z, distance, n + 2, word & 3);
}

static bool near_code(struct lzo *z, size_t code)
{
	size_t high, n = code < 128 ? 3 + (code >> 5 & 1) : 5 + (code >> 5 & 3);
	return next_byte(z, &high) && match(z, (high << 3) + (code >> 2 & 7) + 1, n, code & 3);
}

/* A first byte above 17 only copies literals. */
static bool first_code(struct lzo *z)
{
	size_t code;
	if (z->in == z->in_end || *z->in <= 17)
		return true;
	next_byte(z, &code);
	z->state = code - 17 < 4 ? (unsigned)code - 17 : 4;
	return copy_literals(z, code - 17);
}

bool lzo_decode(struct str in, void *out, size_t room, size_t *got, struct error *e)
{
	struct lzo z = {.in = (const unsigned char *)in.p, .out = out, .room = room};
	size_t code;
	z.in_end = z.in + in.n;
	bool ok = first_code(&z);
	while (ok && !z.ended && next_byte(&z, &code))
		ok = code < 16   ? short_code(&z, code)
		     : code < 64 ? far_code(&z, code)
				 : near_code(&z, code);
	if (!ok || !z.ended)
		return fail(e, ERR_CORRUPT, "lzo: the compressed bytes are damaged");
	*got = z.n;
	return true;
}

bool btrfs_unpack_lzo(struct str packed, uint32_t sector, void *out, size_t room, size_t *got,
		      struct error *e)
{
	const unsigned char *p = (const unsigned char *)packed.p;
	size_t all = packed.n < 4 ? 0 : load_le32(p), at = 4, done = 0;
	if (all < 4 || all > packed.n)
		return fail(e, ERR_CORRUPT, "lzo: %zu bytes in an extent of %zu", all, packed.n);
	while (at < all && done < room) {
		if (sector - at % sector < 4)
			at += sector - at % sector;
		size_t n = all < 4 || at > all - 4 ? 0 : load_le32(p + at), some;
		if (n == 0 || n > all - at - 4)
			return fail(e, ERR_CORRUPT, "lzo: a segment ends behind its extent");
		if (!lzo_decode(str_slice(packed, at + 4, at + 4 + n), (char *)out + done,
				room - done < sector ? room - done : sector, &some, e))
			return false;
		at += 4 + n;
		done += some;
	}
	*got = done;
	return true;
}
