/*
 * quoting.c - where words, quotes and substitutions of a shell text end.
 *
 * POSIX XCU 2.2 and 2.3; $'…', <(…) and NAME=(…) as in bash. A substitution is skipped by its
 * brackets, with the quotes, comments, here-documents and case patterns inside it respected.
 */
#include <string.h>

#include "grammar.h"

enum { DEPTH_MAX = 50, HERE_MAX = 4 };

bool blank_is(char c)
{
	return c == ' ' || c == '\t';
}

static bool name_byte(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

size_t name_span(struct str s)
{
	size_t n = 0;
	while (n < s.n && name_byte(s.p[n], n == 0))
		n++;
	return n;
}

static bool at_text(struct str s, size_t at, const char *what)
{
	return str_starts(str_tail(s, at), str_from(what));
}

size_t skip_single(struct str s, size_t at)
{
	return at + 2 + str_find(str_tail(s, at + 1), '\'');
}

/* $'…', where a backslash hides a quote. */
static size_t skip_ansi(struct str s, size_t at)
{
	for (at += 2; at < s.n && s.p[at] != '\''; at++)
		at += s.p[at] == '\\';
	return at < s.n ? at + 1 : s.n + 1;
}

size_t skip_backticks(struct str s, size_t at)
{
	for (at++; at < s.n && s.p[at] != '`'; at++)
		at += s.p[at] == '\\';
	return at < s.n ? at + 1 : s.n + 1;
}

size_t skip_double(struct str s, size_t at, unsigned depth)
{
	at++;
	while (at < s.n && s.p[at] != '"') {
		if (s.p[at] == '\\')
			at += 2;
		else if (s.p[at] == '$')
			at = skip_dollar(s, at, true, depth);
		else if (s.p[at] == '`')
			at = skip_backticks(s, at);
		else
			at++;
	}
	return at < s.n ? at + 1 : s.n + 1;
}

/* One byte, or all that it opens. */
static size_t skip_one(struct str s, size_t at, bool quoted, unsigned depth)
{
	char c = s.p[at];
	if (c == '\\')
		return at + 2;
	if (c == '\'' && !quoted)
		return skip_single(s, at);
	if (c == '"')
		return skip_double(s, at, depth);
	if (c == '`')
		return skip_backticks(s, at);
	if (c == '$')
		return skip_dollar(s, at, quoted, depth);
	return at + 1;
}

static size_t skip_braces(struct str s, size_t at, bool quoted, unsigned depth)
{
	at++;
	while (at < s.n && s.p[at] != '}')
		at = skip_one(s, at, quoted, depth);
	return at < s.n ? at + 1 : s.n + 1;
}

size_t skip_dollar(struct str s, size_t at, bool quoted, unsigned depth)
{
	char c = at + 1 < s.n ? s.p[at + 1] : 0;
	if (depth >= DEPTH_MAX)
		return s.n + 1;
	if (c == '(')
		return skip_parens(s, at + 1, depth + 1);
	if (c == '{')
		return skip_braces(s, at + 1, quoted, depth + 1);
	if (c == '\'' && !quoted)
		return skip_ansi(s, at);
	return at + 1;
}

/* ---- here-documents ---- */

struct str here_body(struct str s, size_t at, struct str delimiter, bool tabs, size_t *next)
{
	size_t from = at;
	while (at < s.n) {
		size_t n = str_find(str_tail(s, at), '\n');
		struct str line = str_slice(s, at, at + n);
		while (tabs && str_starts(line, S("\t")))
			line = str_tail(line, 1);
		if (str_eq(line, delimiter)) {
			*next = at + n + (at + n < s.n);
			return str_slice(s, from, at);
		}
		at += n + 1;
	}
	*next = s.n;
	return str_slice(s, from, s.n);
}

struct str here_delimiter(struct arena *a, struct str word, bool *quoted)
{
	char *p = arena_alloc(a, 1, word.n + 1);
	size_t n = 0;
	*quoted = false;
	for (size_t i = 0; i < word.n; i++) {
		bool quote = strchr("'\"\\", word.p[i]) != NULL;
		*quoted |= quote;
		if (!quote)
			p[n++] = word.p[i];
	}
	return (struct str){p, n};
}

/* Here-documents that begin on a line inside parentheses. */
struct heres {
	struct str words[HERE_MAX];
	size_t n;
};

static size_t find_here(struct str s, size_t at, struct heres *h)
{
	at += 2;
	at += at < s.n && s.p[at] == '-';
	while (at < s.n && blank_is(s.p[at]))
		at++;
	size_t end = skip_word(s, at);
	if (end <= s.n && h->n < HERE_MAX)
		h->words[h->n++] = str_slice(s, at, end);
	return end;
}

/* Does the line say the delimiter, once its quotes are taken away? */
static bool is_delimiter(struct str line, struct str word)
{
	size_t n = 0;
	line = str_trim(line, "\t");
	for (size_t i = 0; i < word.n; i++) {
		if (strchr("'\"\\", word.p[i]))
			continue;
		if (n >= line.n || line.p[n] != word.p[i])
			return false;
		n++;
	}
	return n == line.n;
}

static size_t skip_heres(struct str s, size_t at, struct heres *h)
{
	for (size_t i = 0; i < h->n; i++)
		while (at < s.n) {
			struct str line = str_slice(s, at, at + str_find(str_tail(s, at), '\n'));
			at += line.n + 1;
			if (is_delimiter(line, h->words[i]))
				break;
		}
	h->n = 0;
	return at;
}

/* ---- parentheses ---- */

static bool word_ends(struct str s, size_t at)
{
	return at >= s.n || (s.p[at] && strchr(" \t\n;&|()<>", s.p[at]));
}

static bool is_keyword(struct str s, size_t at, const char *word)
{
	return at_text(s, at, word) && word_ends(s, at + strlen(word)) &&
	       (at == 0 || word_ends(s, at - 1));
}

struct parens {
	size_t depth, cases;
	size_t case_depth; /* of the innermost: a ) there ends a pattern */
	struct heres heres;
};

static size_t skip_in_parens(struct str s, size_t at, struct parens *p, unsigned depth)
{
	char c = s.p[at];
	if (c == '\n')
		return skip_heres(s, at + 1, &p->heres);
	if (c == '#' && at && strchr(" \t\n;(", s.p[at - 1]))
		return at + str_find(str_tail(s, at), '\n');
	if (at_text(s, at, "<<<"))
		return at + 3;
	if (at_text(s, at, "<<") && p->depth == 1 && at && s.p[at - 1] != '(')
		return find_here(s, at, &p->heres);
	if (is_keyword(s, at, "case")) {
		p->cases++;
		p->case_depth = p->depth;
	} else if (is_keyword(s, at, "esac")) {
		p->cases -= p->cases > 0;
	}
	if (c == '(')
		p->depth++;
	else if (c == ')' && !(p->cases && p->depth == p->case_depth))
		p->depth--;
	return skip_one(s, at, false, depth);
}

size_t skip_parens(struct str s, size_t at, unsigned depth)
{
	struct parens p = {.depth = 1};
	if (depth >= DEPTH_MAX)
		return s.n + 1;
	at++;
	while (at < s.n) {
		at = skip_in_parens(s, at, &p, depth);
		if (!p.depth)
			return at;
	}
	return s.n + 1;
}

/* ---- words ---- */

/* Is this "(" part of a word: NAME=(…), or of a pattern: @(…)? */
static bool opens_inside(struct str s, size_t start, size_t at)
{
	struct str before = str_slice(s, start, at);
	size_t n = name_span(before);
	if (n && (str_eq(str_tail(before, n), S("=")) || str_eq(str_tail(before, n), S("+="))))
		return true;
	return at > start && strchr("?*+@!", s.p[at - 1]) && at + 1 < s.n && s.p[at + 1] != ')';
}

size_t skip_word(struct str s, size_t at)
{
	size_t start = at;
	if ((at_text(s, at, "<(") || at_text(s, at, ">(")))
		at = skip_parens(s, at + 1, 0);
	while (at < s.n) {
		if (s.p[at] == '(' && opens_inside(s, start, at))
			at = skip_parens(s, at, 0);
		else if (word_ends(s, at))
			break;
		else
			at = skip_one(s, at, false, 0);
	}
	return at;
}
