/*
 * base64.c - bytes to letters and back (RFC 4648). Read generously, as programs do that read it in
 * configuration: without padding, and in lines.
 */
#include "base64.h"

#include <string.h>

#include "arena.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base64_encode(struct arena *a, struct str bytes)
{
	char *to = arena_alloc(a, 4, bytes.n / 3 + 1);
	size_t n = 0;
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < left ? (unsigned char)bytes.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			to[n++] = k <= left ? digits[bits >> (18 - 6 * k) & 63] : '=';
	}
	return (struct str){to, n};
}

static int sextet(char c)
{
	const char *hit = c ? strchr(digits, c == '-' ? '+' : c == '_' ? '/' : c) : NULL;
	return hit ? (int)(hit - digits) : -1;
}

bool base64_decode(struct arena *a, struct str in, struct str *out)
{
	char *to = arena_alloc(a, 1, in.n / 4 * 3 + 4);
	uint32_t bits = 0;
	size_t n = 0, held = 0;
	for (size_t i = 0; i < in.n; i++) {
		int v = sextet(in.p[i]);
		if (in.p[i] == '=')
			break;
		if (v < 0 && (!in.p[i] || !strchr(" \t\r\n", in.p[i])))
			return false;
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		to[n++] = (char)(bits >> held & 0xff);
	}
	*out = (struct str){to, n};
	return true;
}
