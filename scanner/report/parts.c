/*
 * parts.c - excerpts, names and orders that several formats show alike.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { WINDOW = 160, LEAD = 40 };

/* Moves a byte position back to the head of the UTF-8 sequence it is in. */
static size_t rune_head(struct str s, size_t at)
{
	size_t head = at;
	while (head > 0 && head < s.n && at - head < 3 && ((unsigned char)s.p[head] & 0xC0) == 0x80)
		head--;
	return head;
}

struct excerpt excerpt_of(struct arena *a, const struct origin *o)
{
	const struct quote *quote = o->file->quote;
	struct place p = origin_place(o);
	struct excerpt e = {.line = p.line, .column = p.column};
	if (quote)
		return (struct excerpt){p.line, p.column,        p.text,         p.from,
					p.len,  quote->cut_head, quote->cut_tail};
	size_t from = 0;
	while (from < p.from && (p.text.p[from] == ' ' || p.text.p[from] == '\t'))
		from++;
	if (p.from - from > WINDOW - LEAD)
		from = rune_head(p.text, p.from - LEAD);
	size_t to = p.text.n - from > WINDOW ? rune_head(p.text, from + WINDOW) : p.text.n;
	e.cut_tail = to < p.text.n;
	e.cut_head = from > 0 && str_trim(str_slice(p.text, 0, from), " \t").n > 0;
	/* Masked from the start of the line, or far enough before the window to see the names
	 * whose values reach into it. */
	size_t before = from > 4096 ? from - 4096 : 0;
	struct str masked = report_mask(a, str_slice(p.text, before, to));
	e.text = str_tail(masked, from - before);
	e.from = p.from - from;
	e.len = p.len < e.text.n - e.from ? p.len : e.text.n - e.from;
	return e;
}

size_t runes(struct str s)
{
	size_t count = 0;
	uint32_t cp;
	for (size_t used; s.n; s = str_tail(s, used ? used : 1), count++)
		used = str_rune(s, &cp);
	return count;
}

struct str safe(struct arena *a, struct str s)
{
	struct out *o = out_new(a);
	out_safe(o, s);
	return out_text(o);
}

void out_markup(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&': out_z(o, "&amp;"); break;
		case '<': out_z(o, "&lt;"); break;
		case '>': out_z(o, "&gt;"); break;
		case '"': out_z(o, "&quot;"); break;
		case '\'': out_z(o, "&#39;"); break;
		default: out_fill(o, s.p[i], 1);
		}
	}
}

struct str setting_shown(struct arena *a, const struct setting *x)
{
	const char *name = x->option->path ? x->option->path : x->option->flag;
	bool tree = x->option->type == VALUE_LIST || x->option->type == VALUE_MAP;
	if (x->level == LEVEL_DEFAULT || x->value.n == 0)
		return x->value;
	if (tree && str_has(str_from(name), S("URLHeader")))
		return S("\"***\"");
	/* What a field is called makes no secret of it; what stands in its value may. */
	if (x->option->path)
		return tree ? x->value : report_mask(a, x->value);
	struct str line = str_fmt(a, "%s=%" PRIstr, name, ARG(x->value));
	return tree ? x->value : str_tail(report_mask(a, line), strlen(name) + 1);
}

struct str intended_shown(struct arena *a, const struct intended *x)
{
	struct setting s = {.option = x->option, .value = x->value, .level = LEVEL_CONFIG};
	return setting_shown(a, &s);
}

struct str side_shown(struct arena *a, const struct difference *d, unsigned side)
{
	const struct side *s = &d->sides[side];
	const struct option *opt = d->kind == DIFFERENCE_SETTING ? option_find(d->name) : NULL;
	struct setting x = {.option = opt, .value = s->value, .level = LEVEL_CONFIG};
	return opt && s->from ? setting_shown(a, &x) : report_mask(a, s->value);
}

struct str launch_name(const struct launch *l)
{
	return l->unit ? l->unit->id.n ? l->unit->id : l->unit->name : str_from(l->layout);
}

const struct command *unit_first(const struct unit *u)
{
	return u->commands.n ? &u->commands.at[0] : NULL;
}

static int by_path(const void *a, const void *b)
{
	const struct setting *const *x = a, *const *y = b;
	return strcmp((*x)->option->path, (*y)->option->path);
}

struct setting_list settings_sorted(struct arena *a, const struct settings *s)
{
	struct setting_list list = {0};
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].option->path)
			*vec_push(a, &list) = &s->at[i];
	if (list.n)
		qsort(list.at, list.n, sizeof *list.at, by_path);
	return list;
}
