/*
 * blake2b.c - bytes to their BLAKE2b digest of 32 bytes, without a key (RFC 7693). OpenSSL knows
 * only the one of 64 bytes, which is another function.
 */
#include <string.h>

#include "btrfs.h"
#include "bytes.h"

enum { BLOCK = 128, ROUNDS = 12 };

struct blake2b {
	uint64_t h[8], counted;
};

static const uint64_t start[8] = {
	0x6A09E667F3BCC908u, 0xBB67AE8584CAA73Bu, 0x3C6EF372FE94F82Bu, 0xA54FF53A5F1D36F1u,
	0x510E527FADE682D1u, 0x9B05688C2B3E6C1Fu, 0x1F83D9ABFB41BD6Bu, 0x5BE0CD19137E2179u,
};

/* The order of the words in each round; the last two are the first two again. */
static const uint8_t order[10][16] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint64_t turn(uint64_t x, unsigned by)
{
	return x >> by | x << (64 - by);
}

static void mix(uint64_t *v, const uint8_t at[4], uint64_t x, uint64_t y)
{
	uint64_t *a = v + at[0], *b = v + at[1], *c = v + at[2], *d = v + at[3];
	*a += *b + x;
	*d = turn(*d ^ *a, 32);
	*c += *d;
	*b = turn(*b ^ *c, 24);
	*a += *b + y;
	*d = turn(*d ^ *a, 16);
	*c += *d;
	*b = turn(*b ^ *c, 63);
}

static void compress(struct blake2b *s, const unsigned char block[BLOCK], bool last)
{
	static const uint8_t lines[8][4] = {
		{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14}, {3, 7, 11, 15},
		{0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13},  {3, 4, 9, 14},
	};
	uint64_t v[16], m[16];
	for (size_t i = 0; i < 16; i++)
		m[i] = load_le64(block + 8 * i);
	memcpy(v, s->h, sizeof s->h);
	memcpy(v + 8, start, sizeof start);
	v[12] ^= s->counted;
	v[14] ^= last ? UINT64_MAX : 0;
	for (unsigned r = 0; r < ROUNDS; r++)
		for (size_t i = 0; i < 8; i++)
			mix(v, lines[i], m[order[r % 10][2 * i]], m[order[r % 10][2 * i + 1]]);
	for (size_t i = 0; i < 8; i++)
		s->h[i] ^= v[i] ^ v[i + 8];
}

void blake2b_256(const void *bytes, size_t n, unsigned char out[32])
{
	const unsigned char *p = bytes;
	unsigned char block[BLOCK] = {0};
	struct blake2b s = {.counted = 0};
	memcpy(s.h, start, sizeof start);
	s.h[0] ^= 0x01010000 ^ 32;
	for (; n > BLOCK; p += BLOCK, n -= BLOCK) {
		s.counted += BLOCK;
		compress(&s, p, false);
	}
	if (n)
		memcpy(block, p, n);
	s.counted += n;
	compress(&s, block, true);
	for (unsigned i = 0; i < 32; i++)
		out[i] = (unsigned char)(s.h[i / 8] >> 8 * (i % 8));
}
