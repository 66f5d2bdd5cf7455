/*
 * json_parts.c - words, origins, values and settings as JSON. Text that is not UTF-8 shows
 * U+FFFD, and its exact bytes stand beside it in hexadecimal.
 */
#include "json.h"

#include "arena.h"

void put_text(struct json *j, const char *key, struct str text)
{
	json_key(&j->out, key);
	if (text.n)
		json_str(&j->out, text);
	else
		json_null(&j->out);
}

static struct str hex(struct arena *a, struct str s)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(a, 2, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		text[2 * i] = digits[(unsigned char)s.p[i] >> 4];
		text[2 * i + 1] = digits[(unsigned char)s.p[i] & 15];
	}
	return (struct str){text, 2 * s.n};
}

static void put_bytes(struct json *j, const char *key, struct str text)
{
	if (str_utf8(text))
		return;
	json_key(&j->out, key);
	json_str(&j->out, hex(j->arena, text));
}

void put_exact(struct json *j, const char *key, struct str text)
{
	json_key(&j->out, key);
	json_str(&j->out, text);
	put_bytes(j, "bytes", text);
}

static void excerpt_members(struct json *j, const struct origin *o)
{
	struct excerpt e = excerpt_of(j->arena, o);
	size_t from = runes(str_slice(e.text, 0, e.from));
	size_t length = runes(str_slice(e.text, e.from, e.from + e.len));
	json_key(&j->out, "line");
	json_int(&j->out, (int64_t)e.line);
	json_key(&j->out, "column");
	json_int(&j->out, (int64_t)e.column);
	json_key(&j->out, "excerpt");
	json_str(&j->out, e.text);
	put_bytes(j, "excerptBytes", e.text);
	json_key(&j->out, "span");
	json_raw(&j->out, str_fmt(j->arena, "[%zu, %zu]", from, from + length));
	if (e.cut_head || e.cut_tail) {
		json_key(&j->out, "cut");
		json_z(&j->out, !e.cut_tail ? "before" : !e.cut_head ? "behind" : "both");
	}
}

static void origin_members(struct json *j, const struct origin *o)
{
	static const char *const quoted[] = {"line", "column", "excerpt", "span"};
	put_exact(j, "path", o->file->path);
	put_text(j, "layer", o->file->layer);
	if (origin_quotable(o)) {
		excerpt_members(j, o);
		return;
	}
	for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++)
		put_text(j, quoted[i], (struct str){0});
}

/* Deeper trails than this are cut: the emitter nests an object for each step. */
enum { VIA_MAX = 12 };

void put_origin(struct json *j, const char *key, const struct origin *o)
{
	unsigned opened = 0;
	json_key(&j->out, key);
	for (; origin_placed(o) && opened < VIA_MAX; o = o->via) {
		if (opened)
			json_key(&j->out, "via");
		json_open(&j->out, '{');
		origin_members(j, o);
		opened++;
	}
	if (opened)
		json_key(&j->out, "via");
	json_null(&j->out);
	while (opened--)
		json_close(&j->out);
}

void put_words(struct json *j, const char *key, const struct words *words)
{
	if (key)
		json_key(&j->out, key);
	json_open(&j->out, '[');
	for (size_t i = 0; i < words->n; i++) {
		json_open(&j->out, '{');
		put_exact(j, "text", report_mask_word(j->arena, words, i));
		put_origin(j, "origin", words->at[i].from);
		json_close(&j->out);
	}
	json_close(&j->out);
}

void put_texts(struct json *j, const char *key, const struct words *words)
{
	json_key(&j->out, key);
	json_open(&j->out, '[');
	for (size_t i = 0; i < words->n; i++)
		json_str(&j->out, words->at[i].text);
	json_close(&j->out);
}

void put_pendings(struct json *j, const char *key, const struct pendings *p)
{
	json_key(&j->out, key);
	json_open(&j->out, '[');
	for (size_t i = 0; i < p->n; i++) {
		json_open(&j->out, '{');
		put_exact(j, "path", p->at[i].path);
		put_text(j, "why", p->at[i].why);
		put_text(j, "writer", p->at[i].writer);
		put_origin(j, "origin", p->at[i].from);
		json_close(&j->out);
	}
	json_close(&j->out);
}

static void put_option(struct json *j, const struct option *option)
{
	json_key(&j->out, "path");
	json_z(&j->out, option->path);
	json_key(&j->out, "flag");
	if (option->flag)
		json_str(&j->out, str_fmt(j->arena, "--%s", option->flag));
	else
		json_null(&j->out);
}

static void put_intended(struct json *j, const struct intended *x)
{
	json_open(&j->out, '{');
	put_option(j, x->option);
	put_value(j, "value", x->option, intended_shown(j->arena, x), false);
	put_text(j, "by", x->by);
	json_key(&j->out, "reason");
	json_z(&j->out, x->unrendered ? reason_name(REASON_TEMPLATE_UNRENDERED) : NULL);
	put_origin(j, "origin", x->from);
	json_close(&j->out);
}

void put_intentions(struct json *j, const struct intentions *all)
{
	json_key(&j->out, "intended");
	json_open(&j->out, '[');
	for (size_t i = 0; i < all->n; i++)
		put_intended(j, &all->at[i]);
	json_close(&j->out);
}

void put_notes(struct json *j, const char *key, const struct notes *notes)
{
	json_key(&j->out, key);
	json_open(&j->out, '[');
	for (size_t i = 0; i < notes->n; i++) {
		json_open(&j->out, '{');
		json_key(&j->out, "text");
		json_str(&j->out, notes->at[i].text);
		put_origin(j, "origin", notes->at[i].from);
		json_close(&j->out);
	}
	json_close(&j->out);
}

/* A number as JSON has them; Go's 0x10 and 007 are none. */
static bool number(struct str s)
{
	struct str digits = str_starts(s, S("-")) ? str_tail(s, 1) : s;
	uint64_t v;
	return str_u64(digits, &v) && (digits.n == 1 || digits.p[0] != '0');
}

void put_value(struct json *j, const char *key, const struct option *opt, struct str value,
	       bool null)
{
	enum value_type type = opt ? opt->type : VALUE_STRING;
	json_key(&j->out, key);
	if (null)
		json_null(&j->out);
	else if (type == VALUE_BOOL && (str_eq(value, S("true")) || str_eq(value, S("false"))))
		json_raw(&j->out, value);
	else if (type == VALUE_INT && number(value))
		json_raw(&j->out, value);
	else if ((type == VALUE_LIST || type == VALUE_MAP) && value.n)
		json_raw(&j->out, value);
	else
		json_str(&j->out, value);
}

void put_shadowed(struct json *j, const struct setting *lost)
{
	json_key(&j->out, "shadowed");
	json_open(&j->out, '[');
	for (; lost; lost = lost->shadowed) {
		json_open(&j->out, '{');
		put_value(j, "value", lost->option, setting_shown(j->arena, lost), lost->null);
		json_key(&j->out, "source");
		json_z(&j->out, level_name(lost->level));
		put_origin(j, "origin", lost->from);
		json_close(&j->out);
	}
	json_close(&j->out);
}

static void put_setting(struct json *j, const struct setting *x)
{
	json_open(&j->out, '{');
	put_option(j, x->option);
	put_value(j, "value", x->option, setting_shown(j->arena, x), x->null);
	json_key(&j->out, "source");
	json_z(&j->out, level_name(x->level));
	put_origin(j, "origin", x->from);
	put_shadowed(j, x->shadowed);
	json_close(&j->out);
}

void put_settings(struct json *j, const struct settings *s, const struct option *only)
{
	json_key(&j->out, "settings");
	json_open(&j->out, '[');
	struct setting_list list = settings_sorted(j->arena, s);
	for (size_t i = 0; i < list.n; i++)
		if (!only || list.at[i]->option == only)
			put_setting(j, list.at[i]);
	for (size_t i = 0; i < s->n; i++)
		if (!s->at[i].option->path && (!only || s->at[i].option == only))
			put_setting(j, &s->at[i]);
	json_close(&j->out);
}
