/*
 * text_diff.c - what changed between two targets, for people: the old value and the new, each with
 * its place.
 */
#include "text.h"

enum { NAMES_WIDE = 9 };

static void place(struct text *t, const struct side *s)
{
	if (!origin_placed(s->from))
		return;
	out_z(t->o, "   ");
	text_place(t, s->from);
}

static void side(struct text *t, const struct difference *d, unsigned i)
{
	const struct side *s = &d->sides[i];
	bool word = d->kind == DIFFERENCE_WORD;
	if (!s->there && d->kind != DIFFERENCE_SETTING)
		return;
	out_fmt(t->o, "  %*s", word ? 0 : NAMES_WIDE, "");
	text_paint(t, i ? PAINT_GREEN : PAINT_RED, i ? "+" : "-");
	out_z(t->o, " ");
	out_safe(t->o, s->there ? side_shown(t->arena, d, i) : S("unset"));
	place(t, s);
	out_z(t->o, "\n");
}

static void difference(struct text *t, const struct difference *d)
{
	if (d->kind != DIFFERENCE_WORD) {
		out_fmt(t->o, "  %-*s", NAMES_WIDE, difference_name(d->kind));
		out_safe(t->o, d->name);
		out_z(t->o, "\n");
	}
	side(t, d, 0);
	side(t, d, 1);
}

void text_diff(struct text *t)
{
	struct str unit = {0};
	if (t->r->targets.n != 2)
		return;
	for (unsigned i = 0; i < 2; i++) {
		text_paint(t, i ? PAINT_GREEN : PAINT_RED, i ? "+++ " : "--- ");
		text_target(t, &t->r->targets.at[i]);
		text_heading(t, &t->r->targets.at[i]);
	}
	for (size_t i = 0; i < t->r->differences.n; i++) {
		const struct difference *d = &t->r->differences.at[i];
		if (i == 0 || !str_eq(unit, d->unit)) {
			out_z(t->o, "\n");
			out_safe(t->o, d->unit.n ? d->unit : S("no kubelet"));
			out_z(t->o, "\n");
		}
		unit = d->unit;
		difference(t, d);
	}
	if (!t->r->differences.n)
		out_z(t->o, "\nno difference\n");
}
