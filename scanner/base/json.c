/*
 * json.c - JSON text to a document tree that knows its places (RFC 8259); the door to jansson.
 *
 * jansson decides whether the text is JSON and says what is wrong with it; it keeps no byte
 * positions, so a short scan over the text it accepted builds the tree. Strings are decoded as
 * Go's encoding/json does (json_text.c); keys may be repeated and may hold NUL. jansson refuses
 * some of what Go takes, and is therefore shown a copy of equal length in which that is mended. Not
 * supported: numbers beyond a double; more than 2048 levels are a limit, more than Go's 10000 an
 * error.
 */
#include <jansson.h>
#include <string.h>

#include "arena.h"
#include "doc.h"
#include "json_text.h"

/* jansson's own tree is outside the arena's budget: this bounds it. Its depth is its own,
 * JSON_PARSER_MAX_DEPTH; Go reads more. */
enum { VALUES_MAX = 500000, DEPTH_MAX = 2048, GO_DEPTH_MAX = 10000 };

struct scan {
	struct arena *a;
	const struct file *file;
	struct str text;
	size_t at;
};

/* ---- what jansson sees ---- */

static size_t mend_escape(struct str s, char *copy, size_t at)
{
	uint32_t cp;
	size_t n = json_escaped_rune(s, at, &cp);
	if (n == 6 && (cp == 0 || cp == 0xFFFD))
		memcpy(copy + at + 2, "0020", 4);
	return n ? n : 2;
}

/* Writes the mended copy, counts what will become values, and how deep they lie. */
static size_t mend(struct str s, char *copy, size_t *deepest)
{
	size_t values = 1, depth = 0;
	bool quoted = false;
	uint32_t cp;
	memcpy(copy, s.p, s.n);
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '\\') {
			i += mend_escape(s, copy, i);
			continue;
		}
		size_t n = c < 0x80 ? 1 : str_rune(str_tail(s, i), &cp);
		if (!n)
			copy[i] = '?';
		quoted ^= c == '"';
		bool opens = !quoted && (c == '[' || c == '{');
		bool closes = !quoted && (c == ']' || c == '}');
		values += opens || (!quoted && c == ',');
		depth += opens;
		depth -= closes && depth;
		*deepest = depth > *deepest ? depth : *deepest;
		i += n ? n : 1;
	}
	return values;
}

static bool refuse(struct arena *a, const struct file *file, struct str text, size_t at,
		   struct doc_fault *fault)
{
	size_t n = file->text.n;
	at = at < n ? at : n;
	*fault = (struct doc_fault){.text = text, .from = origin_new(a, file, at, at < n, NULL)};
	return false;
}

static bool validate(struct arena *a, const struct file *file, size_t most, struct doc_fault *fault)
{
	struct str text = file->text;
	char *copy = arena_alloc(a, 1, text.n + 1);
	size_t deepest = 0, values = text.n ? mend(text, copy, &deepest) : 0;
	if (values > most || (deepest > DEPTH_MAX && deepest <= GO_DEPTH_MAX)) {
		refuse(a, file,
		       values > most ? str_fmt(a, "more than %zu values", most)
				     : str_fmt(a, "more than %d levels", DEPTH_MAX),
		       0, fault);
		fault->limit = true;
		return false;
	}
	if (deepest > GO_DEPTH_MAX)
		return refuse(a, file, S("exceeded max depth"), 0, fault);
	json_error_t error;
	json_t *tree = json_loadb(
		copy, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
	if (tree) {
		json_decref(tree);
		return true;
	}
	size_t past = error.position > 0 ? (size_t)error.position : 0;
	bool ended = past >= text.n && strstr(error.text, "end of file");
	return refuse(a, file, str_dup(a, str_from(error.text)), ended || !past ? past : past - 1,
		      fault);
}

/* ---- the tree ---- */

static char peek(const struct scan *s)
{
	return s->at < s->text.n ? s->text.p[s->at] : '\0';
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->text.n && strchr(" \t\n\r", s->text.p[s->at]) && s->text.p[s->at])
		s->at++;
}

/* True, and past it, when the next thing is `c`. */
static bool took(struct scan *s, char c)
{
	skip_blanks(s);
	if (peek(s) != c || s->at >= s->text.n)
		return false;
	s->at++;
	return true;
}

static struct word scan_string(struct scan *s)
{
	skip_blanks(s);
	size_t start = s->at, end = s->at + 1;
	while (end < s->text.n && s->text.p[end] != '"')
		end += s->text.p[end] == '\\' ? 2 : 1;
	struct str raw = str_slice(s->text, start + 1, end);
	s->at = end < s->text.n ? end + 1 : s->text.n;
	return (struct word){json_decode(s->a, raw),
			     origin_new(s->a, s->file, start, s->at - start, NULL)};
}

static void scan_literal(struct scan *s, struct doc *d)
{
	size_t start = s->at;
	while (s->at < s->text.n && !strchr(" \t\n\r,]}", s->text.p[s->at]))
		s->at++;
	d->text = str_slice(s->text, start, s->at);
	char c = d->text.n ? d->text.p[0] : 'n';
	d->kind = c == 'n' ? DOC_NULL : c == 't' || c == 'f' ? DOC_BOOL : DOC_NUMBER;
	if (d->kind == DOC_NULL)
		d->text = (struct str){0};
}

static const struct doc *scan_value(struct scan *s);

static void scan_entries(struct scan *s, struct doc *d, char close)
{
	VEC(struct doc_entry) entries = {0};
	s->at++;
	while (!took(s, close) && s->at < s->text.n) {
		struct doc_entry *entry = vec_push(s->a, &entries);
		if (d->kind == DOC_MAP) {
			struct word key = scan_string(s);
			entry->key = key.text;
			entry->key_from = key.from;
			took(s, ':');
		}
		entry->value = scan_value(s);
		took(s, ',');
	}
	d->entries = entries.at;
	d->n = entries.n;
}

/* Recursion is as deep as jansson's was: JSON_PARSER_MAX_DEPTH. */
static const struct doc *scan_value(struct scan *s)
{
	struct doc *d = NEW(s->a, struct doc);
	skip_blanks(s);
	size_t start = s->at;
	switch (peek(s)) {
	case '{':
		d->kind = DOC_MAP;
		scan_entries(s, d, '}');
		break;
	case '[':
		d->kind = DOC_LIST;
		scan_entries(s, d, ']');
		break;
	case '"':
		d->kind = DOC_STRING;
		d->text = scan_string(s).text;
		break;
	default: scan_literal(s, d);
	}
	d->from = origin_new(s->a, s->file, start, s->at - start, NULL);
	return d;
}

const struct doc *doc_json_within(struct arena *a, const struct file *file, size_t most,
				  struct doc_fault *fault)
{
	if (!validate(a, file, most, fault))
		return NULL;
	struct scan s = {a, file, file->text, 0};
	return scan_value(&s);
}

const struct doc *doc_json(struct arena *a, const struct file *file, struct doc_fault *fault)
{
	return doc_json_within(a, file, VALUES_MAX, fault);
}
