/*
 * pull.c - JSON text to its values, one at a time (RFC 8259): see pull.h. Not supported: more than
 * 64 levels.
 */
#include "pull.h"

#include <string.h>

#include "json_text.h"

enum { DEPTH_MAX = 64 };

struct pull pull_new(struct arena *a, struct str text)
{
	return (struct pull){.arena = a, .text = text};
}

static bool refuse(struct pull *p)
{
	p->failed = true;
	return false;
}

/* The next byte that is no blank; NUL at the end. */
static char peek(struct pull *p)
{
	while (p->at < p->text.n) {
		char c = p->text.p[p->at];
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return c;
		p->at++;
	}
	return '\0';
}

static bool take(struct pull *p, char c)
{
	if (p->failed || peek(p) != c || p->at == p->text.n)
		return refuse(p);
	p->at++;
	return true;
}

static bool take_word(struct pull *p, struct str word)
{
	if (p->failed || !str_starts(str_tail(p->text, p->at), word))
		return refuse(p);
	p->at += word.n;
	return true;
}

static bool took_null(struct pull *p)
{
	return peek(p) == 'n' && take_word(p, S("null"));
}

/* ---- lists and maps ---- */

static void enter(struct pull *p, char bracket)
{
	if (p->depth == DEPTH_MAX)
		refuse(p);
	if (!take(p, bracket))
		return;
	p->depth++;
	p->first = true;
}

/* Stands before what follows; false when that is the end, which is taken. */
static bool more(struct pull *p, char bracket)
{
	bool first = p->first;
	p->first = false;
	if (p->failed || p->depth == 0)
		return refuse(p);
	if (peek(p) == bracket) {
		p->at++;
		p->depth--;
		return false;
	}
	return first || take(p, ',');
}

void pull_list(struct pull *p)
{
	enter(p, '[');
}

bool pull_item(struct pull *p)
{
	return more(p, ']');
}

void pull_map(struct pull *p)
{
	enter(p, '{');
}

/* ---- values ---- */

/* The length of the escape at the head of `s`; 0 where it is none. */
static size_t escape_length(struct str s)
{
	uint32_t cp;
	if (s.n < 2)
		return 0;
	if (s.p[1] == 'u')
		return json_escaped_rune(s, 0, &cp);
	return s.p[1] && strchr("\"\\/bfnrt", s.p[1]) ? 2 : 0;
}

/* What stands between the quotes. */
static struct str quoted(struct pull *p)
{
	if (!take(p, '"'))
		return (struct str){0};
	size_t start = p->at;
	while (p->at < p->text.n && p->text.p[p->at] != '"') {
		unsigned char c = (unsigned char)p->text.p[p->at];
		size_t n = c == '\\' ? escape_length(str_tail(p->text, p->at)) : c >= ' ';
		if (n == 0)
			break;
		p->at += n;
	}
	if (p->at == p->text.n || p->text.p[p->at] != '"') {
		refuse(p);
		return (struct str){0};
	}
	p->at++;
	return str_slice(p->text, start, p->at - 1);
}

bool pull_member(struct pull *p, struct str *key)
{
	if (!more(p, '}'))
		return false;
	struct str raw = quoted(p);
	if (!take(p, ':'))
		return false;
	*key = json_decode(p->arena, raw);
	return true;
}

struct str pull_string(struct pull *p)
{
	if (took_null(p))
		return (struct str){0};
	struct str raw = quoted(p);
	return p->failed ? (struct str){0} : json_decode(p->arena, raw);
}

static bool took_digits(struct pull *p)
{
	size_t start = p->at;
	while (p->at < p->text.n && p->text.p[p->at] >= '0' && p->text.p[p->at] <= '9')
		p->at++;
	return p->at > start;
}

static bool took_one_of(struct pull *p, const char *set)
{
	if (p->at == p->text.n || !p->text.p[p->at] || !strchr(set, p->text.p[p->at]))
		return false;
	p->at++;
	return true;
}

static struct str number(struct pull *p)
{
	peek(p);
	size_t start = p->at;
	took_one_of(p, "-");
	bool whole = took_one_of(p, "0") || took_digits(p);
	bool fraction = !took_one_of(p, ".") || took_digits(p);
	bool exponent = !took_one_of(p, "eE") || (took_one_of(p, "+-"), took_digits(p));
	if (!whole || !fraction || !exponent)
		refuse(p);
	return str_slice(p->text, start, p->at);
}

uint64_t pull_u64(struct pull *p)
{
	uint64_t n = 0;
	if (took_null(p))
		return 0;
	if (p->failed || !str_u64(number(p), &n))
		refuse(p);
	return p->failed ? 0 : n;
}

static void skip_members(struct pull *p)
{
	struct str key;
	pull_map(p);
	while (pull_member(p, &key))
		pull_skip(p);
}

static void skip_items(struct pull *p)
{
	pull_list(p);
	while (pull_item(p))
		pull_skip(p);
}

void pull_skip(struct pull *p)
{
	switch (peek(p)) {
	case '{': skip_members(p); break;
	case '[': skip_items(p); break;
	case '"': quoted(p); break;
	case 't': take_word(p, S("true")); break;
	case 'f': take_word(p, S("false")); break;
	case 'n': take_word(p, S("null")); break;
	default: number(p);
	}
}

bool pull_end(struct pull *p)
{
	return !p->failed && p->depth == 0 && peek(p) == '\0' && p->at == p->text.n;
}
