/*
 * saved_parts.c - texts, origins, values, pendings and notes out of a saved report: json_parts.c
 * the other way. An origin becomes one in a file of which only the quoted part is there.
 */
#include "arena.h"
#include "parts.h"
#include "saved.h"

bool saved_refuse(struct saved *s, const struct doc *at, const char *what)
{
	size_t line = at && at->from ? origin_place(at->from).line : 1;
	return fail(s->e, ERR_CORRUPT, "line %zu: %s", line, what);
}

struct str saved_text(const struct doc *d, const char *key)
{
	return doc_string(doc_get(d, str_from(key)));
}

static unsigned nibble(char c)
{
	return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
	       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
				      : 0;
}

struct str saved_exact(struct saved *s, const struct doc *d, const char *key, const char *bytes)
{
	struct str hex = saved_text(d, bytes);
	if (hex.n < 2)
		return saved_text(d, key);
	char *text = arena_alloc(s->arena, 1, hex.n);
	for (size_t i = 0; i + 1 < hex.n; i += 2)
		text[i / 2] = (char)(nibble(hex.p[i]) << 4 | nibble(hex.p[i + 1]));
	return (struct str){text, hex.n / 2};
}

const struct doc *saved_list(const struct doc *d, const char *key)
{
	static const struct doc none = {.kind = DOC_LIST};
	const struct doc *list = doc_get(d, str_from(key));
	return list && list->kind == DOC_LIST ? list : &none;
}

bool saved_true(const struct doc *d, const char *key)
{
	const struct doc *v = doc_get(d, str_from(key));
	return v && v->kind == DOC_BOOL && str_eq(v->text, S("true"));
}

static size_t number(const struct doc *d)
{
	uint64_t n = 0;
	return doc_u64(d, &n) && n <= SIZE_MAX / 2 ? (size_t)n : 0;
}

/* ---- origins ---- */

/* The byte at which the n-th character begins. */
static size_t byte_of(struct str s, size_t n)
{
	uint32_t cp;
	size_t at = 0;
	for (; n && at < s.n; n--) {
		size_t used = str_rune(str_tail(s, at), &cp);
		at += used ? used : 1;
	}
	return at;
}

static struct origin *origin_one(struct saved *s, const struct doc *d)
{
	struct file *file = NEW(s->arena, struct file);
	struct origin *o = origin_new(s->arena, file, 0, 0, NULL);
	const struct doc *span = saved_list(d, "span");
	struct str cut = saved_text(d, "cut");
	file->path = file->real = saved_exact(s, d, "path", "bytes");
	file->layer = saved_text(d, "layer");
	if (number(doc_get(d, S("line"))) == 0)
		return o;
	struct quote *quote = NEW(s->arena, struct quote);
	*quote = (struct quote){
		.line = number(doc_get(d, S("line"))),
		.column = number(doc_get(d, S("column"))),
		.cut_head = str_eq(cut, S("before")) || str_eq(cut, S("both")),
		.cut_tail = str_eq(cut, S("behind")) || str_eq(cut, S("both")),
	};
	file->quote = quote;
	file->text = saved_exact(s, d, "excerpt", "excerptBytes");
	if (span->n == 2) {
		size_t to = byte_of(file->text, number(span->entries[1].value));
		o->at = byte_of(file->text, number(span->entries[0].value));
		o->len = to > o->at ? to - o->at : 0;
	}
	return o;
}

const struct origin *saved_origin(struct saved *s, const struct doc *d, const char *key)
{
	const struct origin *first = NULL, **tail = &first;
	for (d = doc_get(d, str_from(key)); d && d->kind == DOC_MAP; d = doc_get(d, S("via"))) {
		struct origin *o = origin_one(s, d);
		*tail = o;
		tail = &o->via;
	}
	return first;
}

/* ---- lists ---- */

struct words saved_texts(struct saved *s, const struct doc *d, const char *key)
{
	const struct doc *list = saved_list(d, key);
	struct words words = {0};
	for (size_t i = 0; i < list->n; i++)
		*vec_push(s->arena, &words) =
			(struct word){.text = doc_string(list->entries[i].value)};
	return words;
}

struct words saved_words(struct saved *s, const struct doc *d, const char *key)
{
	const struct doc *list = saved_list(d, key);
	struct words words = {0};
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *word = list->entries[i].value;
		*vec_push(s->arena, &words) = (struct word){saved_exact(s, word, "text", "bytes"),
							    saved_origin(s, word, "origin")};
	}
	return words;
}

struct pendings saved_pendings(struct saved *s, const struct doc *d, const char *key)
{
	const struct doc *list = saved_list(d, key);
	struct pendings all = {0};
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *p = list->entries[i].value;
		*vec_push(s->arena, &all) = (struct pending){
			.path = saved_exact(s, p, "path", "bytes"),
			.why = saved_text(p, "why"),
			.writer = saved_text(p, "writer"),
			.from = saved_origin(s, p, "origin"),
		};
	}
	return all;
}

struct notes saved_notes(struct saved *s, const struct doc *d, const char *key)
{
	const struct doc *list = saved_list(d, key);
	struct notes notes = {.arena = s->arena};
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *note = list->entries[i].value;
		*vec_push(s->arena, &notes) =
			(struct note){saved_text(note, "text"), saved_origin(s, note, "origin")};
	}
	return notes;
}

/* ---- values ---- */

struct str saved_value(const struct doc *d)
{
	if (!d || d->kind == DOC_NULL)
		return (struct str){0};
	if (d->kind == DOC_LIST || d->kind == DOC_MAP)
		return str_slice(d->from->file->text, d->from->at, d->from->at + d->from->len);
	return d->text;
}

static enum value_type type_of(const struct doc *d)
{
	static const enum value_type types[] = {
		[DOC_NULL] = VALUE_STRING,   [DOC_BOOL] = VALUE_BOOL, [DOC_NUMBER] = VALUE_INT,
		[DOC_STRING] = VALUE_STRING, [DOC_LIST] = VALUE_LIST, [DOC_MAP] = VALUE_MAP,
	};
	return d ? types[d->kind] : VALUE_STRING;
}

static struct option *option_new(struct saved *s, struct str path, struct str flag,
				 enum value_type type)
{
	struct option *option = NEW(s->arena, struct option);
	option->path = str_z(s->arena, path);
	if (flag.n)
		option->flag = str_z(s->arena, str_trim(flag, "-"));
	option->type = type;
	return option;
}

const struct option *saved_option(struct saved *s, const struct doc *a, const struct doc *b)
{
	enum value_type type = type_of(a);
	if (type == VALUE_STRING)
		type = type_of(b);
	return option_new(s, (struct str){0}, (struct str){0}, type);
}

struct intentions saved_intentions(struct saved *s, const struct doc *d, const char *key)
{
	const struct doc *list = saved_list(d, key);
	struct intentions all = {0};
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *x = list->entries[i].value, *value = doc_get(x, S("value"));
		*vec_push(s->arena, &all) = (struct intended){
			.option = option_new(s, saved_text(x, "path"), saved_text(x, "flag"),
					     type_of(value)),
			.value = saved_value(value),
			.unrendered = saved_text(x, "reason").n > 0,
			.by = saved_text(x, "by"),
			.from = saved_origin(s, x, "origin"),
		};
	}
	return all;
}

static enum level level_named(struct str name)
{
	enum level level = LEVEL_FLAG;
	while (level > LEVEL_DEFAULT && !str_eq(name, str_from(level_name(level))))
		level--;
	return level;
}

const struct setting *saved_shadowed(struct saved *s, const struct doc *d, const char *key)
{
	const struct doc *list = saved_list(d, key);
	const struct setting *first = NULL, **tail = &first;
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *x = list->entries[i].value, *value = doc_get(x, S("value"));
		struct setting *lost = NEW(s->arena, struct setting);
		*lost = (struct setting){
			.option = saved_option(s, value, NULL),
			.value = saved_value(value),
			.null = !value || value->kind == DOC_NULL,
			.level = level_named(saved_text(x, "source")),
			.from = saved_origin(s, x, "origin"),
		};
		*tail = lost;
		tail = &lost->shadowed;
	}
	return first;
}

bool saved_doubt(struct saved *s, const struct doc *d, struct doubt *out)
{
	static const struct {
		struct str name;
		enum reason reason;
	} known[] = {{{0}, REASON_NONE},
#define X(id, name) {{name, sizeof(name) - 1}, REASON_##id},
		     REASONS(X)
#undef X
	};
	struct str name = saved_text(d, "reason");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(known[i].name, name)) {
			out->reason = known[i].reason;
			out->text = saved_text(d, "reasonText");
			return true;
		}
	return saved_refuse(s, doc_get(d, S("reason")), "not a reason");
}
