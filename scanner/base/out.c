/*
 * out.c - output in memory: escaping for terminals and for JSON, and a JSON emitter.
 *
 * What counts as unsafe for a terminal: C0 and C1 controls, DEL, bytes that are not UTF-8, and
 * the characters that reorder or hide text (bidi controls, zero-width and tag characters, line
 * and paragraph separators; compare CVE-2021-42574), and noncharacters, which XML does not take.
 */
#include "out.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

struct out {
	struct arena *arena;
	char *p;
	size_t n, cap;
};

struct out *out_new(struct arena *a)
{
	struct out *o = NEW(a, struct out);
	o->arena = a;
	return o;
}

struct str out_text(const struct out *o)
{
	return (struct str){o->p, o->n};
}

static void out_room(struct out *o, size_t more)
{
	if (more <= o->cap - o->n)
		return;
	size_t cap = o->cap ? o->cap : 4096;
	while (cap - o->n < more)
		cap *= 2;
	char *p = arena_alloc(o->arena, 1, cap);
	if (o->n)
		memcpy(p, o->p, o->n);
	o->p = p;
	o->cap = cap;
}

void out_str(struct out *o, struct str s)
{
	out_room(o, s.n);
	if (s.n)
		memcpy(o->p + o->n, s.p, s.n);
	o->n += s.n;
}

void out_z(struct out *o, const char *z)
{
	out_str(o, str_from(z));
}

void out_fmt(struct out *o, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	out_str(o, str_vfmt(o->arena, fmt, ap));
	va_end(ap);
}

void out_fill(struct out *o, char c, size_t n)
{
	out_room(o, n);
	if (n)
		memset(o->p + o->n, c, n);
	o->n += n;
}

static bool hidden(uint32_t cp)
{
	return (cp >= 0x80 && cp < 0xA0) || cp == 0xAD || cp == 0x61C || cp == 0x180E ||
	       (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202E) ||
	       (cp >= 0x2060 && cp <= 0x206F) || cp == 0xFEFF || (cp >= 0xFFF9 && cp <= 0xFFFB) ||
	       (cp & 0xFFFE) == 0xFFFE || (cp >= 0xE0000 && cp <= 0xE007F);
}

/* The printable form of the character at the head of s, which takes *used bytes of it. */
static size_t escape(struct str s, char form[16], size_t *used)
{
	uint32_t cp = 0;
	size_t n = str_rune(s, &cp);
	*used = n ? n : 1;
	if (!n)
		return (size_t)snprintf(form, 16, "\\x%02x", (unsigned char)s.p[0]);
	if (cp == '\n' || cp == '\r' || cp == '\t')
		return (size_t)snprintf(form, 16, "\\%c",
					cp == '\n'   ? 'n'
					: cp == '\r' ? 'r'
						     : 't');
	if (cp < 0x20 || cp == 0x7F)
		return (size_t)snprintf(form, 16, "\\x%02x", (unsigned)cp);
	if (hidden(cp))
		return (size_t)snprintf(form, 16, "\\u{%04" PRIx32 "}", cp);
	memcpy(form, s.p, n);
	return n;
}

void out_safe(struct out *o, struct str s)
{
	while (s.n) {
		char form[16];
		size_t used, n = escape(s, form, &used);
		out_str(o, (struct str){form, n});
		s = str_tail(s, used);
	}
}

size_t out_safe_width(struct str s)
{
	size_t width = 0;
	while (s.n) {
		char form[16];
		size_t used, n = escape(s, form, &used);
		bool verbatim = n == used && memcmp(form, s.p, n) == 0;
		width += verbatim ? 1 : n;
		s = str_tail(s, used);
	}
	return width;
}

static void json_escape(struct out *o, uint32_t cp)
{
	static const char *const brief[] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\t'] = "\\t", ['\r'] = "\\r",
	};
	if (cp < sizeof brief / sizeof *brief && brief[cp])
		out_z(o, brief[cp]);
	else if (cp >= 0x10000)
		out_fmt(o, "\\u%04x\\u%04x", (unsigned)(0xD800 + ((cp - 0x10000) >> 10)),
			(unsigned)(0xDC00 + ((cp - 0x10000) & 0x3FF)));
	else
		out_fmt(o, "\\u%04x", (unsigned)cp);
}

void out_json(struct out *o, struct str s)
{
	out_z(o, "\"");
	while (s.n) {
		uint32_t cp = 0;
		size_t n = str_rune(s, &cp);
		if (!n)
			out_z(o, "\\ufffd");
		else if (cp < 0x20 || cp == '"' || cp == '\\' || cp == 0x7F || cp == 0xFFFD ||
			 hidden(cp))
			json_escape(o, cp);
		else
			out_str(o, str_slice(s, 0, n));
		s = str_tail(s, n ? n : 1);
	}
	out_z(o, "\"");
}

/* ---- JSON documents ---- */

void json_begin(struct json_out *j, struct out *o)
{
	*j = (struct json_out){.o = o, .first = true};
}

/* What must stand before the next value or key: nothing, or a comma; and its indentation. */
static void json_lead(struct json_out *j)
{
	if (j->keyed) {
		j->keyed = false;
		return;
	}
	if (j->depth == 0)
		return;
	if (!j->first)
		out_z(j->o, ",");
	if (!j->compact) {
		out_z(j->o, "\n");
		out_fill(j->o, ' ', 2 * (size_t)j->depth);
	}
	j->first = false;
}

void json_open(struct json_out *j, char bracket)
{
	json_lead(j);
	assert(j->depth < sizeof j->closers);
	j->closers[j->depth++] = bracket == '{' ? '}' : ']';
	out_str(j->o, (struct str){&bracket, 1});
	j->first = true;
}

void json_close(struct json_out *j)
{
	assert(j->depth > 0);
	bool empty = j->first;
	j->depth--;
	if (!empty && !j->compact) {
		out_z(j->o, "\n");
		out_fill(j->o, ' ', 2 * (size_t)j->depth);
	}
	out_str(j->o, (struct str){&j->closers[j->depth], 1});
	j->first = false;
	if (j->depth == 0)
		out_z(j->o, "\n");
}

void json_key_str(struct json_out *j, struct str key)
{
	json_lead(j);
	out_json(j->o, key);
	out_z(j->o, j->compact ? ":" : ": ");
	j->keyed = true;
}

void json_key(struct json_out *j, const char *key)
{
	json_key_str(j, str_from(key));
}

void json_str(struct json_out *j, struct str s)
{
	json_lead(j);
	out_json(j->o, s);
}

void json_z(struct json_out *j, const char *z)
{
	if (z)
		json_str(j, str_from(z));
	else
		json_null(j);
}

void json_int(struct json_out *j, int64_t v)
{
	json_lead(j);
	out_fmt(j->o, "%" PRId64, v);
}

void json_bool(struct json_out *j, bool v)
{
	json_raw(j, v ? S("true") : S("false"));
}

void json_null(struct json_out *j)
{
	json_raw(j, S("null"));
}

void json_raw(struct json_out *j, struct str literal)
{
	json_lead(j);
	out_str(j->o, literal);
}

void json_member(struct json_out *j, const char *key, char bracket)
{
	json_key(j, key);
	json_open(j, bracket);
}

void json_member_str(struct json_out *j, const char *key, struct str s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_member_z(struct json_out *j, const char *key, const char *z)
{
	json_key(j, key);
	json_z(j, z);
}

void json_member_int(struct json_out *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_int(j, v);
}

void json_member_bool(struct json_out *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}
