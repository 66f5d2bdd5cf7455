/*
 * str.c - slices: comparing, cutting, copying; and arrays that grow.
 */
#include "str.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "vec.h"

struct str str_from(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || (a.p && b.p && memcmp(a.p, b.p, a.n) == 0));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_tail(s, s.n - suffix.n), suffix);
}

size_t str_find(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : s.n;
}

size_t str_rfind(struct str s, char c)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c)
			return i - 1;
	return s.n;
}

bool str_has(struct str s, struct str part)
{
	return part.n == 0 || (s.n && memmem(s.p, s.n, part.p, part.n));
}

struct str str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){s.p ? s.p + from : NULL, to - from};
}

struct str str_tail(struct str s, size_t from)
{
	return str_slice(s, from, s.n);
}

bool str_cut(struct str s, char c, struct str *head, struct str *tail)
{
	size_t at = str_find(s, c);
	*head = str_slice(s, 0, at);
	*tail = str_tail(s, at < s.n ? at + 1 : s.n);
	return at < s.n;
}

struct str str_trim(struct str s, const char *set)
{
	while (s.n && s.p[0] && strchr(set, s.p[0]))
		s = str_tail(s, 1);
	while (s.n && s.p[s.n - 1] && strchr(set, s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_basename(struct str path)
{
	size_t slash = str_rfind(path, '/');
	return slash == path.n ? path : str_tail(path, slash + 1);
}

struct str str_dirname(struct str path)
{
	size_t slash = str_rfind(path, '/');
	if (slash == path.n)
		return S(".");
	return slash == 0 ? S("/") : str_slice(path, 0, slash);
}

bool str_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

size_t str_rune(struct str s, uint32_t *cp)
{
	if (s.n == 0)
		return 0;
	unsigned char head = (unsigned char)s.p[0];
	if (head < 0x80) {
		*cp = head;
		return 1;
	}
	size_t n = head >= 0xF0 ? 4 : head >= 0xE0 ? 3 : 2;
	if (head < 0xC2 || head > 0xF4 || s.n < n)
		return 0;
	uint32_t v = head & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c & 0xC0) != 0x80)
			return 0;
		v = v << 6 | (c & 0x3Fu);
	}
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (v < least[n] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
		return 0;
	*cp = v;
	return n;
}

bool str_utf8(struct str s)
{
	uint32_t cp;
	while (s.n) {
		size_t n = str_rune(s, &cp);
		if (!n)
			return false;
		s = str_tail(s, n);
	}
	return true;
}

struct str str_dup(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, 1, s.n + 1);
	if (s.n)
		memcpy(copy, s.p, s.n);
	return (struct str){copy, s.n};
}

char *str_z(struct arena *a, struct str s)
{
	char *z = arena_alloc(a, 1, s.n + 1);
	if (s.n)
		memcpy(z, s.p, s.n);
	return z;
}

struct str str_cat(struct arena *a, struct str x, struct str y)
{
	char *both = arena_alloc(a, 1, x.n + y.n + 1);
	if (x.n)
		memcpy(both, x.p, x.n);
	if (y.n)
		memcpy(both + x.n, y.p, y.n);
	return (struct str){both, x.n + y.n};
}

struct str str_vfmt(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	assert(n >= 0);
	char *text = arena_alloc(a, 1, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){text, (size_t)n};
}

struct str str_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct str s = str_vfmt(a, fmt, ap);
	va_end(ap);
	return s;
}

struct str str_uuid(struct arena *a, const unsigned char uuid[16])
{
	static const char digits[] = "0123456789abcdef";
	char text[37], *to = text;
	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = digits[uuid[i] >> 4];
		*to++ = digits[uuid[i] & 15];
	}
	return str_dup(a, (struct str){text, 36});
}

int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void *vec_grow(struct arena *a, const void *at, size_t size, size_t n, size_t *cap)
{
	size_t room = *cap ? *cap * 2 : 8;
	void *grown = arena_alloc(a, size, room);
	if (n)
		memcpy(grown, at, size * n);
	*cap = room;
	return grown;
}
