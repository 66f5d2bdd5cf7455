/*
 * json_text.c - what stands between the quotes of a JSON string to its text, as Go's encoding/json
 * has it, whose readers such documents are written for: bytes that are not UTF-8 and halves of
 * surrogate pairs become U+FFFD.
 */
#include "json_text.h"

#include <string.h>

#include "arena.h"

static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a' + 10);
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;
}

/* The value of \uXXXX at `at`; false when none stands there. */
static bool unicode_escape(struct str s, size_t at, uint32_t *out)
{
	if (at + 6 > s.n || s.p[at] != '\\' || s.p[at + 1] != 'u')
		return false;
	uint32_t v = 0;
	for (size_t i = at + 2; i < at + 6; i++) {
		unsigned digit = hex_digit(s.p[i]);
		if (digit > 15)
			return false;
		v = v << 4 | digit;
	}
	*out = v;
	return true;
}

static bool is_high(uint32_t v)
{
	return v >= 0xD800 && v <= 0xDBFF;
}

static bool is_low(uint32_t v)
{
	return v >= 0xDC00 && v <= 0xDFFF;
}

size_t json_escaped_rune(struct str s, size_t at, uint32_t *cp)
{
	uint32_t v, low;
	if (!unicode_escape(s, at, &v))
		return 0;
	if (is_high(v) && unicode_escape(s, at + 6, &low) && is_low(low)) {
		*cp = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
		return 12;
	}
	*cp = is_high(v) || is_low(v) ? 0xFFFD : v;
	return 6;
}

static size_t put_rune(char *to, uint32_t cp)
{
	if (cp < 0x80) {
		to[0] = (char)cp;
		return 1;
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = n; i-- > 1; cp >>= 6)
		to[i] = (char)(0x80 | (cp & 0x3F));
	to[0] = (char)(lead[n] | cp);
	return n;
}

static char plain_escape(char c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *p = c ? strchr(from, c) : NULL;
	return p ? to[p - from] : c;
}

/* One byte can grow to the three of U+FFFD. */
static struct str decode(struct arena *a, struct str raw)
{
	char *to = arena_alloc(a, 3, raw.n);
	size_t n = 0;
	uint32_t cp;
	for (size_t i = 0, step; i < raw.n; i += step) {
		if (raw.p[i] != '\\') {
			step = str_rune(str_tail(raw, i), &cp);
			n += put_rune(to + n, step ? cp : 0xFFFD);
			step += !step;
		} else if ((step = json_escaped_rune(raw, i, &cp))) {
			n += put_rune(to + n, cp);
		} else {
			to[n++] = i + 1 < raw.n ? plain_escape(raw.p[i + 1]) : '\\';
			step = 2;
		}
	}
	return (struct str){to, n};
}

static bool needs_decoding(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] == '\\' || (unsigned char)raw.p[i] >= 0x80)
			return true;
	return false;
}

struct str json_decode(struct arena *a, struct str raw)
{
	return needs_decoding(raw) ? decode(a, raw) : raw;
}
