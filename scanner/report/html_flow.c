/*
 * html_flow.c - a launch as two columns: the lines of files that have a say, and what they gave:
 * the words of the command line, and the values that findings take from files besides. What was
 * overruled is struck out. page.js draws the wires between them; without it numbers tell.
 */
#include <stdlib.h>

#include "arena.h"
#include "html.h"

/* What stands on the right. */
struct item {
	struct str text;
	const struct origin *from;
	bool lost, fails; /* overruled; what a failed rule looked at */
};

/* A line of a file that gave something, or lost. */
struct giver {
	const struct file *file;
	struct excerpt quote; /* of the first span on that line */
	size_t card, id;      /* number of its file, and of itself */
	bool lost;
};

struct flow {
	struct html *h;
	VEC(struct item) words;
	VEC(struct item) values;
	VEC(struct giver) givers;
	size_t cards;
};

static bool same_span(const struct origin *a, const struct origin *b)
{
	if (!origin_placed(a) || !origin_placed(b) || a->at != b->at || a->len != b->len ||
	    !str_eq(a->file->path, b->file->path))
		return false;
	const struct quote *x = a->file->quote, *y = b->file->quote;
	return !x || !y || (x->line == y->line && x->column == y->column);
}

/* What the findings of a launch say of the span. */
static struct item item_new(const struct findings *all, const struct launch *l, struct str text,
			    const struct origin *from)
{
	struct item x = {.text = text, .from = from};
	for (size_t i = 0; i < all->n; i++) {
		const struct finding *f = &all->at[i];
		if (f->launch != l)
			continue;
		x.fails |= f->verdict == VERDICT_FAIL && same_span(f->from, from);
		for (const struct setting *s = f->shadowed; s; s = s->shadowed)
			x.lost |= same_span(s->from, from);
	}
	return x;
}

/* ---- what is drawn ---- */

static bool same_line(const struct giver *s, const struct file *file, const struct excerpt *e)
{
	return str_eq(s->file->path, file->path) && s->quote.line == e->line;
}

static size_t card_of(struct flow *f, const struct file *file)
{
	for (size_t i = 0; i < f->givers.n; i++)
		if (str_eq(f->givers.at[i].file->path, file->path))
			return f->givers.at[i].card;
	return ++f->cards;
}

static void add_giver(struct flow *f, const struct origin *o, bool lost)
{
	struct arena *a = f->h->arena;
	struct excerpt e = {0};
	if (origin_quotable(o))
		e = excerpt_of(a, o);
	for (size_t i = 0; i < f->givers.n; i++)
		if (same_line(&f->givers.at[i], o->file, &e)) {
			f->givers.at[i].lost &= lost;
			return;
		}
	size_t card = card_of(f, o->file);
	*vec_push(a, &f->givers) = (struct giver){o->file, e, card, ++f->h->ids, lost};
}

static void add_trail(struct flow *f, const struct origin *o, bool lost)
{
	for (; origin_placed(o); o = o->via)
		add_giver(f, o, lost);
}

static void add_words(struct flow *f, const struct target_report *t, const struct launch *l)
{
	for (size_t i = 0; i < l->argv.n; i++) {
		struct str shown = report_mask_word(f->h->arena, &l->argv, i);
		struct item x = item_new(&t->findings, l, shown, l->argv.at[i].from);
		*vec_push(f->h->arena, &f->words) = x;
		add_trail(f, x.from, x.lost);
	}
}

static void add_value(struct flow *f, const struct findings *all, const struct launch *l,
		      const struct origin *from)
{
	if (!origin_quotable(from))
		return;
	for (size_t i = 0; i < f->values.n; i++)
		if (same_span(f->values.at[i].from, from))
			return;
	struct item x = item_new(all, l, excerpt_of(f->h->arena, from).text, from);
	*vec_push(f->h->arena, &f->values) = x;
	add_trail(f, from, x.lost);
}

/* Those of flags are words already. */
static void add_values(struct flow *f, const struct findings *all, const struct launch *l)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct finding *x = &all->at[i];
		bool told = x->verdict == VERDICT_PASS || x->verdict == VERDICT_FAIL;
		if (x->launch != l)
			continue;
		if (told && x->source != SOURCE_FLAG)
			add_value(f, all, l, x->from);
		for (const struct setting *s = x->shadowed; s; s = s->shadowed)
			if (s->level != LEVEL_FLAG)
				add_value(f, all, l, s->from);
	}
}

/* ---- drawing ---- */

static int by_card_and_line(const void *a, const void *b)
{
	const struct giver *x = a, *y = b;
	if (x->card != y->card)
		return x->card < y->card ? -1 : 1;
	if (x->quote.line != y->quote.line)
		return x->quote.line < y->quote.line ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

static void giver(struct flow *f, const struct giver *s)
{
	struct out *o = f->h->o;
	out_fmt(o, "<li id=\"line-%zu\"><span class=\"at\">", s->id);
	if (s->quote.line)
		out_fmt(o, "%zu", s->quote.line);
	out_z(o, s->lost ? "</span><s>" : "</span>");
	html_code(f->h, s->quote.text);
	out_z(o, s->lost ? "</s></li>\n" : "</li>\n");
}

static void files(struct flow *f)
{
	struct out *o = f->h->o;
	out_z(o, "<div><h3>lines of files</h3>\n");
	for (size_t i = 0; i < f->givers.n; i++) {
		const struct giver *s = &f->givers.at[i];
		bool first = i == 0 || s[-1].card != s->card;
		bool last = i + 1 == f->givers.n || s[1].card != s->card;
		if (first) {
			out_fmt(o, "<div class=\"file\"><h4><span class=\"tag\">%zu</span><span>",
				s->card);
			html_code(f->h, s->file->path);
			out_z(o, " <small>");
			html_text(f->h, s->file->layer);
			out_z(o, "</small></span></h4><ol class=\"lines\">\n");
		}
		giver(f, s);
		if (last)
			out_z(o, "</ol></div>\n");
	}
	out_z(o, "</div>\n");
}

static const struct giver *giver_of(const struct flow *f, const struct origin *o)
{
	struct excerpt e = {0};
	if (origin_quotable(o))
		e = excerpt_of(f->h->arena, o);
	for (size_t i = 0; i < f->givers.n; i++)
		if (same_line(&f->givers.at[i], o->file, &e))
			return &f->givers.at[i];
	return NULL;
}

static void item(struct flow *f, const struct item *x)
{
	struct out *o = f->h->o, *ids = out_new(f->h->arena), *cards = out_new(f->h->arena);
	for (const struct origin *from = x->from; origin_placed(from); from = from->via) {
		const struct giver *s = giver_of(f, from);
		bool first = from == x->from;
		if (!s)
			continue;
		out_fmt(ids, "%sline-%zu", first ? "" : " ", s->id);
		out_fmt(cards, "%s<span class=\"tag\">%zu:%zu</span>", first ? "" : " via ",
			s->card, s->quote.line);
	}
	out_fmt(o, "<li id=\"word-%zu\" class=\"%s\"", ++f->h->ids,
		x->lost    ? "lost"
		: x->fails ? "fails"
			   : "word");
	if (out_text(ids).n)
		out_fmt(o, " tabindex=\"0\" data-from=\"%" PRIstr "\"", ARG(out_text(ids)));
	out_z(o, x->lost ? "><s>" : "><span>");
	html_code(f->h, x->text.n ? x->text : S("''"));
	out_z(o, x->lost ? "</s><span class=\"from\">" : "</span><span class=\"from\">");
	out_str(o, out_text(cards));
	out_z(o, "</span></li>\n");
}

static void items(struct flow *f, const char *heading, const struct item *at, size_t n)
{
	if (!n)
		return;
	out_fmt(f->h->o, "<h3>%s</h3><ol class=\"words\">\n", heading);
	for (size_t i = 0; i < n; i++)
		item(f, &at[i]);
	out_z(f->h->o, "</ol>\n");
}

void html_flow(struct html *h, const struct target_report *t, size_t launch)
{
	const struct launch *l = &t->launches.at[launch];
	struct flow f = {.h = h};
	add_words(&f, t, l);
	add_values(&f, &t->findings, l);
	if (!f.words.n && !f.values.n)
		return;
	if (f.givers.n)
		qsort(f.givers.at, f.givers.n, sizeof *f.givers.at, by_card_and_line);
	struct report_counts n = target_count(t);
	out_fmt(h->o, "<details class=\"flow\"%s><summary>", n.fail + n.unknown ? " open" : "");
	html_text(h, launch_name(l));
	out_z(h->o, " <small>");
	html_text(h, l->recognised);
	out_z(h->o, "</small></summary>\n<div class=\"board\">\n");
	files(&f);
	out_z(h->o, "<div>\n");
	items(&f, "words of the command line", f.words.at, f.words.n);
	items(&f, "values out of files", f.values.at, f.values.n);
	out_z(h->o, "</div>\n<svg class=\"wires\" aria-hidden=\"true\"></svg>\n</div></details>\n");
}
