/*
 * challenge.c - the value of WWW-Authenticate to the ways to log in that a server offers (RFC 9110
 * sections 11.3 and 11.6.1). A comma stands between challenges and between the parameters of one
 * alike: what follows it is a parameter where a name and '=' stand, and else a scheme.
 */
#include "challenge.h"

#include <string.h>

#include "arena.h"

enum { CHALLENGES_MAX = 20, PARAMETERS_MAX = 50 };

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* How many bytes at the head are letters, digits and those of `more`. */
static size_t run(struct str s, const char *more)
{
	size_t n = 0;
	while (n < s.n && s.p[n] && (is_alnum(s.p[n]) || strchr(more, s.p[n])))
		n++;
	return n;
}

static void skip(struct str *s, const char *set)
{
	while (s->n && s->p[0] && strchr(set, s->p[0]))
		*s = str_tail(*s, 1);
}

static struct str take(struct str *s, size_t n)
{
	struct str head = str_slice(*s, 0, n);
	*s = str_tail(*s, n);
	return head;
}

/* RFC 9110 section 5.6.2 */
static struct str take_token(struct str *s)
{
	return take(s, run(*s, "!#$%&'*+-.^_`|~"));
}

/* Section 5.6.4; what is between the quotes, without its backslashes. */
static bool take_quoted(struct arena *a, struct str *s, struct str *out)
{
	char *p = NEW_N(a, char, s->n);
	size_t n = 0, i = 1;
	for (; i < s->n && s->p[i] != '"'; i++) {
		i += s->p[i] == '\\';
		if (i == s->n)
			return false;
		p[n++] = s->p[i];
	}
	if (i >= s->n)
		return false;
	*s = str_tail(*s, i + 1);
	*out = (struct str){p, n};
	return true;
}

/* NAME = VALUE. False, and *s where it was, when there is none. */
static bool take_parameter(struct arena *a, struct str *s, struct challenge_parameter *out)
{
	struct str rest = *s;
	struct challenge_parameter p = {.name = take_token(&rest)};
	skip(&rest, " \t");
	if (!p.name.n || !str_starts(rest, S("=")))
		return false;
	rest = str_tail(rest, 1);
	skip(&rest, " \t");
	if (str_starts(rest, S("\""))) {
		if (!take_quoted(a, &rest, &p.value))
			return false;
	} else {
		p.value = take_token(&rest);
		if (!p.value.n)
			return false;
	}
	*s = rest;
	*out = p;
	return true;
}

/* What stands in place of parameters: letters and '='s up to a comma or the end (section 11.2). */
static bool take_token68(struct str *s, struct str *out)
{
	size_t n = run(*s, "-._~+/");
	if (n == 0)
		return false;
	while (n < s->n && s->p[n] == '=')
		n++;
	struct str rest = str_tail(*s, n);
	skip(&rest, " \t");
	if (rest.n && rest.p[0] != ',')
		return false;
	*out = str_slice(*s, 0, n);
	*s = rest;
	return true;
}

static void take_parameters(struct arena *a, struct str *s, struct challenge *c)
{
	struct challenge_parameter p;
	while (c->parameters.n < PARAMETERS_MAX && take_parameter(a, s, &p)) {
		*vec_push(a, &c->parameters) = p;
		struct str rest = *s;
		skip(&rest, " \t");
		bool mistaken = rest.n && rest.p[0] != ',';
		skip(&rest, " \t,");
		*s = mistaken ? (struct str){0} : rest;
	}
}

struct challenges challenges_parse(struct arena *a, struct str field)
{
	struct challenges all = {0};
	while (all.n < CHALLENGES_MAX) {
		skip(&field, " \t,");
		struct challenge c = {.scheme = take_token(&field)};
		bool alone = !field.n || field.p[0] == ',';
		if (!c.scheme.n || (!alone && field.p[0] != ' '))
			break;
		skip(&field, " ");
		if (!alone && !take_token68(&field, &c.token))
			take_parameters(a, &field, &c);
		*vec_push(a, &all) = c;
	}
	return all;
}

const struct challenge *challenge_find(const struct challenges *all, struct str scheme)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_eq_nocase(all->at[i].scheme, scheme))
			return &all->at[i];
	return NULL;
}

struct str challenge_value(const struct challenge *c, struct str name)
{
	for (size_t i = 0; i < c->parameters.n; i++)
		if (str_eq_nocase(c->parameters.at[i].name, name))
			return c->parameters.at[i].value;
	return (struct str){0};
}
