/*
 * parts.c - a part of a value, or the value with something replaced: ${NAME#pattern} ## % %%,
 * ${NAME/pattern/word} // /# /%, ${NAME:offset:length}, ${NAME^} ^^ , ,,. POSIX XCU 2.6.2, bash(1)
 * "Parameter Expansion". Long values are cut by plain patterns alone.
 */
#include <string.h>

#include "state.h"

/* Lengths of which each may have to be tried. */
enum { TRIES_MAX = 4096 };

struct cut {
	struct run *r;
	struct str pattern; /* a backslash before what means itself */
	bool end, longest;
};

static struct str at_end(const struct cut *c, struct str text, size_t n)
{
	return c->end ? str_tail(text, text.n - n) : str_slice(text, 0, n);
}

/* What the pattern matches at one end; false when that is not told. */
static bool matched(const struct cut *c, struct str text, size_t *n, bool *any)
{
	struct str literal;
	*any = false;
	if (pattern_literal(c->r, c->pattern, &literal)) {
		*n = literal.n;
		*any = literal.n <= text.n && str_eq(at_end(c, text, literal.n), literal);
		return true;
	}
	if (!pattern_plain(c->pattern) || text.n > TRIES_MAX)
		return false;
	for (size_t i = 0; i <= text.n && !*any && !c->r->lost; i++) {
		*n = c->longest ? text.n - i : i;
		*any = pattern_match(c->r, c->pattern, at_end(c, text, *n));
	}
	return !c->r->lost;
}

static bool cut(struct run *r, const struct source *s, struct str operator, struct value * v)
{
	bool twice = operator.n> 1 && operator.p[1] == operator.p[0], any;
	struct field f = field_of_word(r, s, str_tail(operator, twice ? 2 : 1));
	struct cut c = {r, f.pattern, operator.p[0] == '%', twice};
	size_t n = 0;
	if (!is_told(f.value.untold) || !run_spend(r, 1 + v->text.n / 64, v->text.n) ||
	    !matched(&c, v->text, &n, &any))
		return false;
	if (any)
		*v = c.end ? value_slice(r, v, 0, v->text.n - n) : value_slice(r, v, n, v->text.n);
	return true;
}

/* The first "/" outside of quotes. */
static size_t find_slash(struct str s)
{
	size_t at = 0;
	while (at < s.n && s.p[at] != '/') {
		if (s.p[at] == '\\')
			at += 2;
		else if (s.p[at] == '\'')
			at = skip_single(s, at);
		else if (s.p[at] == '"')
			at = skip_double(s, at, 0);
		else
			at = s.p[at] == '$' ? skip_dollar(s, at, false, 0) : at + 1;
	}
	return at < s.n ? at : s.n;
}

static bool replace_ends(struct value *v, const struct cut *c, struct str by, struct out *o)
{
	size_t n = 0;
	bool any;
	if (!matched(c, v->text, &n, &any))
		return false;
	if (any && !c->end)
		out_str(o, by);
	out_str(o, !any     ? v->text
		   : c->end ? str_slice(v->text, 0, v->text.n - n)
			    : str_tail(v->text, n));
	if (any && c->end)
		out_str(o, by);
	return true;
}

static bool replace_inside(struct run *r, struct value *v, const struct cut *c, struct str by,
			   bool all, struct out *o)
{
	size_t at = 0;
	while (at < v->text.n) {
		size_t n = 0;
		bool any;
		if (!run_spend(r, 1 + (v->text.n - at) / 64, by.n) ||
		    !matched(c, str_tail(v->text, at), &n, &any))
			return false;
		if (any && n) {
			out_str(o, by);
			at += n;
			if (!all)
				break;
			continue;
		}
		out_str(o, str_slice(v->text, at, at + 1));
		at++;
	}
	out_str(o, str_tail(v->text, at));
	return true;
}

static bool replace(struct run *r, const struct source *s, struct str operator, struct value * v)
{
	char kind = operator.n> 1 ? operator.p[1] : 0;
	bool special = kind == '/' || kind == '#' || kind == '%';
	struct str rest = str_tail(operator, special ? 2 : 1);
	size_t slash = find_slash(rest);
	struct field pattern = field_of_word(r, s, str_slice(rest, 0, slash));
	struct field by = field_of_word(r, s, str_tail(rest, slash + 1));
	struct cut c = {r, pattern.pattern, kind == '%', true};
	struct out *o = out_new(r->a);
	/* An & in what it is replaced by means the match in bash 5.2 alone. */
	if (!is_told(pattern.value.untold) || !is_told(by.value.untold) ||
	    str_has(by.value.text, S("&")))
		return false;
	bool ends = kind == '#' || kind == '%';
	/* What an empty value comes to differs from bash to bash. */
	if (ends && !v->text.n)
		return false;
	if (ends ? !replace_ends(v, &c, by.value.text, o)
		 : !replace_inside(r, v, &c, by.value.text, kind == '/', o))
		return false;
	*v = value_plain(r, str_dup(r->a, out_text(o)), value_origin(r, v, NULL));
	return true;
}

static bool slice(struct run *r, const struct source *s, struct str operator, struct value * v)
{
	struct str offset, length;
	bool limited = str_cut(str_tail(operator, 1), ':', &offset, &length);
	struct value from = value_quoted(r, s, offset, false);
	struct value count = value_quoted(r, s, length, false);
	int64_t at, n = (int64_t)v->text.n, end = n;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] & 0x80)
			return false;
	if (!is_told(from.untold) || !is_told(count.untold) ||
	    !arithmetic_value(r, from.text, &at) ||
	    (limited && !arithmetic_value(r, count.text, &end)) || end > n * 2 || end < -n * 2)
		return false;
	if (at < 0)
		at = at + n < 0 ? n : at + n;
	if (at > n)
		at = n;
	if (limited)
		end = end < 0 ? n + end : at + end;
	if (end > n)
		end = n;
	if (end < at)
		end = at;
	*v = value_slice(r, v, (size_t)at, (size_t)end);
	return true;
}

static bool change_case(struct run *r, struct str operator, struct value * v)
{
	bool all = operator.n == 2 && operator.p[1] == operator.p[0];
	char *p = str_z(r->a, v->text);
	if (operator.n> 1 && !all)
		return false;
	for (size_t i = 0; i < v->text.n && (all || i == 0); i++) {
		if (p[i] & 0x80)
			return false;
		if (operator.p[0] == '^' && p[i] >= 'a' && p[i] <= 'z')
			p[i] = (char)(p[i] - 32);
		else if (operator.p[0] == ',' && p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	}
	*v = value_plain(r, (struct str){p, v->text.n}, value_origin(r, v, NULL));
	return true;
}

bool value_part(struct run *r, const struct source *s, struct str operator, struct value * v)
{
	if (!run_spend(r, 1, v->text.n))
		return false;
	switch (operator.n ? operator.p[0] : 0) {
	case '#':
	case '%': return cut(r, s, operator, v);
	case '/': return !r->dash && replace(r, s, operator, v);
	case ':': return !r->dash && slice(r, s, operator, v);
	case '^':
	case ',': return !r->dash && change_case(r, operator, v);
	default: return false;
	}
}
