/*
 * xxhash64.c - bytes to their 64-bit xxHash with seed 0 (xxHash fast digest algorithm, version
 * 0.1.1, "XXH64 algorithm description").
 */
#include "btrfs.h"
#include "bytes.h"

static const uint64_t prime_1 = 0x9E3779B185EBCA87u, prime_2 = 0xC2B2AE3D27D4EB4Fu,
		      prime_3 = 0x165667B19E3779F9u, prime_4 = 0x85EBCA77C2B2AE63u,
		      prime_5 = 0x27D4EB2F165667C5u;

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static uint64_t round_of(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * prime_2, 31) * prime_1;
}

static uint64_t stripes(const unsigned char *p, size_t n)
{
	uint64_t lane[4] = {prime_1 + prime_2, prime_2, 0, -prime_1};
	for (; n >= 32; p += 32, n -= 32)
		for (size_t i = 0; i < 4; i++)
			lane[i] = round_of(lane[i], load_le64(p + 8 * i));
	uint64_t h =
		rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
	for (size_t i = 0; i < 4; i++)
		h = (h ^ round_of(0, lane[i])) * prime_1 + prime_4;
	return h;
}

static uint64_t rest(uint64_t h, const unsigned char *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8)
		h = rotate(h ^ round_of(0, load_le64(p)), 27) * prime_1 + prime_4;
	if (n >= 4) {
		h = rotate(h ^ load_le32(p) * prime_1, 23) * prime_2 + prime_3;
		p += 4, n -= 4;
	}
	for (; n; p++, n--)
		h = rotate(h ^ *p * prime_5, 11) * prime_1;
	return h;
}

uint64_t xxhash64(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t h = (n >= 32 ? stripes(p, n) : prime_5) + n;
	h = rest(h, p + (n & ~(size_t)31), n & 31);
	h = (h ^ h >> 33) * prime_2;
	h = (h ^ h >> 29) * prime_3;
	return h ^ h >> 32;
}
