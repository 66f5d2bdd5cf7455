/*
 * words.c - splits a value into words as systemd's extract_first_word does.
 *
 * systemd.service(5) "COMMAND LINES" and extract-word.c, escape.c (cunescape_one) of systemd
 * 252. Separators are space, tab, LF and CR; both kinds of quotes work alike and may stand
 * anywhere in a word. Only the flag sets that service units use are there.
 */
#include "words.h"

#include <string.h>

static unsigned digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	if (c >= 'a' && c <= 'f')
		return c - (unsigned)'a' + 10;
	return c >= 'A' && c <= 'F' ? c - (unsigned)'A' + 10 : 99;
}

/* The value of `digits` digits of a base at s.p[at]; false when there are fewer. */
static bool number(struct str s, size_t at, size_t digits, unsigned base, uint32_t *out)
{
	uint32_t v = 0;
	if (s.n < at + digits)
		return false;
	for (size_t i = at; i < at + digits; i++) {
		unsigned char c = (unsigned char)s.p[i];
		unsigned d = digit(c);
		if (d >= base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return v != 0;
}

static size_t utf8_encode(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (cp & 0x3F));
		cp >>= 6;
	}
	static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	out[0] = (char)(heads[n] | cp);
	return n;
}

static bool unichar_valid(uint32_t cp)
{
	return cp <= 0x10FFFF && !(cp >= 0xD800 && cp <= 0xDFFF) &&
	       !(cp >= 0xFDD0 && cp <= 0xFDEF) && (cp & 0xFFFE) != 0xFFFE;
}

/* \x41, \101, \u0041 or \U00000041: bytes of s that it takes, 0 when it is none. */
static size_t unescape_number(struct str s, char out[4], size_t *n)
{
	uint32_t v;
	*n = 1;
	if (s.p[0] == 'x' && number(s, 1, 2, 16, &v)) {
		out[0] = (char)v;
		return 3;
	}
	if (s.p[0] == 'u' && number(s, 1, 4, 16, &v)) {
		*n = utf8_encode(v, out);
		return 5;
	}
	if (s.p[0] == 'U' && number(s, 1, 8, 16, &v) && unichar_valid(v)) {
		*n = utf8_encode(v, out);
		return 9;
	}
	if (number(s, 0, 3, 8, &v) && v <= 255) {
		out[0] = (char)v;
		return 3;
	}
	return 0;
}

/* What stands after a backslash: bytes of s that the escape takes, 0 when it is invalid. */
static size_t unescape(struct str s, char out[4], size_t *n)
{
	static const char names[] = "abfnrtv\\\"'s";
	static const char values[] = "\a\b\f\n\r\t\v\\\"' ";
	const char *known = s.p[0] ? strchr(names, s.p[0]) : NULL;
	if (!known)
		return unescape_number(s, out, n);
	out[0] = values[known - names];
	*n = 1;
	return 1;
}

struct reader {
	struct traced in;
	size_t i;
	unsigned flags;
	char quote;
	struct gather out;
};

/* At the byte after a backslash; false when it cannot stand there. */
static bool after_backslash(struct reader *r)
{
	size_t back = traced_offset(&r->in, r->i - 1);
	if (r->i == r->in.text.n) {
		if ((r->flags & WORDS_KEEP_UNKNOWN) && (!r->quote || (r->flags & WORDS_RELAX))) {
			gather_byte(&r->out, '\\', back);
			return true;
		}
		return r->flags & WORDS_RELAX;
	}
	size_t here = traced_offset(&r->in, r->i);
	char c = r->in.text.p[r->i], decoded[4];
	size_t n, taken = 0;
	if (r->flags & WORDS_CUNESCAPE) {
		taken = unescape(str_tail(r->in.text, r->i), decoded, &n);
		for (size_t k = 0; taken && k < n; k++)
			gather_byte(&r->out, decoded[k], back);
		r->i += taken;
		if (taken)
			return true;
		if (!(r->flags & WORDS_KEEP_UNKNOWN))
			return false;
		gather_byte(&r->out, '\\', back);
	}
	gather_byte(&r->out, c, here);
	r->i++;
	return true;
}

static bool read_word(struct reader *r)
{
	while (r->i < r->in.text.n) {
		char c = r->in.text.p[r->i];
		if (!r->quote && blank(c))
			return true;
		r->i++;
		if (c == '\\') {
			if (!after_backslash(r))
				return false;
		} else if (r->quote ? c == r->quote : (c == '\'' || c == '"')) {
			r->quote = r->quote ? 0 : c;
		} else {
			gather_byte(&r->out, c, traced_offset(&r->in, r->i - 1));
		}
	}
	return !r->quote || (r->flags & WORDS_RELAX);
}

enum words_end words_next(struct arena *a, struct traced *rest, unsigned flags, struct traced *word,
			  struct traced *raw)
{
	struct reader r = {.in = *rest, .flags = flags};
	while (r.i < r.in.text.n && blank(r.in.text.p[r.i]))
		r.i++;
	size_t from = r.i;
	if (from == r.in.text.n) {
		*rest = traced_slice(*rest, from, from);
		return WORDS_END;
	}
	gather_start(&r.out, a, rest->file);
	if (!read_word(&r))
		return WORDS_BAD;
	*raw = traced_slice(*rest, from, r.i);
	*word = gather_done(&r.out, traced_offset(rest, from));
	while (r.i < r.in.text.n && blank(r.in.text.p[r.i]))
		r.i++;
	*rest = traced_slice(*rest, r.i, r.in.text.n);
	return WORDS_WORD;
}

enum words_end words_next_forgiving(struct arena *a, struct traced *rest, struct traced *word,
				    struct traced *raw, struct notes *notes)
{
	enum words_end end = words_next(a, rest, WORDS_CUNESCAPE, word, raw);
	if (end != WORDS_BAD)
		return end;
	end = words_next(a, rest, WORDS_CUNESCAPE | WORDS_KEEP_UNKNOWN, word, raw);
	if (end == WORDS_WORD)
		note(notes, traced_origin(a, *raw), "unknown escape, kept as it is");
	else
		note(notes, traced_origin(a, *rest), "quotes that do not balance");
	return end;
}
