/*
 * lvm_text.c - the configuration syntax of LVM2 (lvm.conf(5), "SYNTAX") as far as metadata uses it:
 * sections in braces, assignments of numbers, strings and lists of them, comments. Strings hold
 * escaped quotes as they are written.
 */
#include "lvm_text.h"

#include "arena.h"

enum { DEPTH_MAX = 8 };

struct reader {
	struct arena *a;
	struct str rest;
	size_t all; /* bytes of the text, for messages */
};

static bool bad(const struct reader *r, const char *want, struct error *e)
{
	return fail(e, ERR_CORRUPT, "metadata: byte %zu: %s is expected", r->all - r->rest.n, want);
}

static void skip_blanks(struct reader *r)
{
	struct str line;
	for (;;) {
		while (r->rest.n &&
		       (r->rest.p[0] == ' ' || (r->rest.p[0] >= '\t' && r->rest.p[0] <= '\r')))
			r->rest = str_tail(r->rest, 1);
		if (!r->rest.n || r->rest.p[0] != '#')
			return;
		str_cut(r->rest, '\n', &line, &r->rest);
	}
}

static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (!r->rest.n || r->rest.p[0] != c)
		return false;
	r->rest = str_tail(r->rest, 1);
	return true;
}

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '+' || c == '/';
}

static struct str take_word(struct reader *r)
{
	size_t n = 0;
	skip_blanks(r);
	while (n < r->rest.n && in_word(r->rest.p[n]))
		n++;
	struct str word = str_slice(r->rest, 0, n);
	r->rest = str_tail(r->rest, n);
	return word;
}

static bool take_string(struct reader *r, struct str *out, struct error *e)
{
	size_t n = 0;
	while (n < r->rest.n && r->rest.p[n] != '"')
		n += r->rest.p[n] == '\\' ? 2 : 1;
	if (n >= r->rest.n)
		return bad(r, "the end of a string", e);
	*out = str_slice(r->rest, 0, n);
	r->rest = str_tail(r->rest, n + 1);
	return true;
}

static bool take_value(struct reader *r, struct lvm_node *node, struct error *e)
{
	struct str value;
	if (take(r, '"')) {
		if (!take_string(r, &value, e))
			return false;
	} else {
		value = take_word(r);
		if (!value.n)
			return bad(r, "a value", e);
	}
	*vec_push(r->a, &node->values) = value;
	return true;
}

static bool take_values(struct reader *r, struct lvm_node *node, struct error *e)
{
	if (!take(r, '['))
		return take_value(r, node, e);
	while (!take(r, ']')) {
		if (!take_value(r, node, e))
			return false;
		take(r, ',');
	}
	return true;
}

static bool take_parts(struct reader *r, struct lvm_node *section, unsigned depth, struct error *e)
{
	if (depth > DEPTH_MAX)
		return fail(e, ERR_LIMIT, "metadata: sections are more than %d deep", DEPTH_MAX);
	for (;;) {
		struct lvm_node node = {.name = take_word(r)};
		if (!node.name.n)
			return true;
		node.section = take(r, '{');
		if (node.section) {
			if (!take_parts(r, &node, depth + 1, e))
				return false;
			if (!take(r, '}'))
				return bad(r, "a name or '}'", e);
		} else if (!take(r, '=')) {
			return bad(r, "'{' or '='", e);
		} else if (!take_values(r, &node, e)) {
			return false;
		}
		*vec_push(r->a, &section->parts) = node;
	}
}

bool lvm_parse(struct arena *a, struct str text, struct lvm_node *out, struct error *e)
{
	struct reader r = {a, text, text.n};
	struct lvm_node top = {.section = true};
	while (r.rest.n && r.rest.p[r.rest.n - 1] == '\0')
		r.rest.n--;
	r.all = r.rest.n;
	if (!take_parts(&r, &top, 0, e))
		return false;
	if (r.rest.n)
		return bad(&r, "a name", e);
	*out = top;
	return true;
}

const struct lvm_node *lvm_part(const struct lvm_node *section, struct str name)
{
	for (size_t i = 0; section && i < section->parts.n; i++)
		if (str_eq(section->parts.at[i].name, name))
			return &section->parts.at[i];
	return NULL;
}

struct str lvm_value(const struct lvm_node *section, struct str name, size_t i)
{
	const struct lvm_node *node = lvm_part(section, name);
	return node && i < node->values.n ? node->values.at[i] : (struct str){0};
}

bool lvm_number(const struct lvm_node *section, struct str name, uint64_t *out, struct error *e)
{
	return str_u64(lvm_value(section, name, 0), out) ||
	       fail(e, ERR_CORRUPT, "metadata: %" PRIstr ": no number '%" PRIstr "'",
		    ARG(section->name), ARG(name));
}

bool lvm_lists(const struct lvm_node *section, struct str name, struct str value)
{
	const struct lvm_node *node = lvm_part(section, name);
	for (size_t i = 0; node && i < node->values.n; i++)
		if (str_eq(node->values.at[i], value))
			return true;
	return false;
}
