/*
 * text_argv.c - command lines for people: one word a line, with the place it comes from.
 */
#include "text.h"

enum { WORD_WIDTH = 44 };

void text_word(struct text *t, const struct words *argv, size_t i, size_t indent)
{
	const struct word *w = &argv->at[i];
	struct str shown = report_mask_word(t->arena, argv, i);
	size_t width = out_safe_width(shown);
	out_fill(t->o, ' ', indent);
	out_safe(t->o, shown.n ? shown : S("''"));
	if (shown.n == 0)
		width = 2;
	if (origin_placed(w->from)) {
		out_fill(t->o, ' ', width < WORD_WIDTH ? WORD_WIDTH - width : 2);
		text_place(t, w->from);
		for (const struct origin *via = w->from->via; origin_placed(via); via = via->via) {
			out_z(t->o, "  through ");
			text_place(t, via);
		}
	}
	out_z(t->o, "\n");
}

static const char *const starts_words[] = {
	[STARTS_YES] = "starts", [STARTS_NO] = "does not start", [STARTS_UNTOLD] = "may start"};

void text_unit(struct text *t, const struct unit *u)
{
	out_safe(t->o, u->id.n ? u->id : u->name);
	out_fmt(t->o, "   %s", unit_load_name(u->load));
	if (u->enabled.n && !str_eq(u->enabled, str_from(unit_load_name(u->load))))
		out_fmt(t->o, ", %" PRIstr, ARG(u->enabled));
	if (u->load == UNIT_LOADED) {
		out_fmt(t->o, ", %s", starts_words[u->starts]);
		if (u->starts_reason.n) {
			out_z(t->o, ": ");
			out_safe(t->o, u->starts_reason);
		}
	}
	out_z(t->o, "\n");
}

void text_doubt(struct text *t, const struct doubt *d)
{
	if (d->reason == REASON_NONE)
		return;
	out_fmt(t->o, "  not the whole truth: %s: ", reason_name(d->reason));
	out_safe(t->o, d->text);
	if (origin_placed(d->from)) {
		out_z(t->o, "  ");
		text_place(t, d->from);
	}
	out_z(t->o, "\n");
}

void text_why(struct text *t, const struct pending *p)
{
	out_safe(t->o, p->why);
	if (!p->writer.n || str_has(p->why, p->writer))
		return;
	out_z(t->o, p->why.n ? "; " : "");
	out_safe(t->o, p->writer);
	out_z(t->o, " writes it");
}

void text_intended(struct text *t, const struct intended *x)
{
	struct str shown = intended_shown(t->arena, x);
	out_safe(t->o, shown.n ? shown : S("''"));
	out_z(t->o, x->unrendered ? ", unrendered, by the " : ", by the ");
	out_safe(t->o, x->by);
	if (!origin_placed(x->from))
		return;
	out_z(t->o, " ");
	text_place(t, x->from);
	if (!origin_placed(x->from->via))
		return;
	out_z(t->o, ", as ");
	text_place(t, x->from->via);
	out_z(t->o, " says");
}

void text_pendings(struct text *t, const struct pendings *p)
{
	for (size_t i = 0; i < p->n; i++) {
		out_z(t->o, "  pending: ");
		out_safe(t->o, p->at[i].path);
		out_z(t->o, p->at[i].why.n ? "  " : "");
		text_why(t, &p->at[i]);
		out_z(t->o, "\n");
	}
}

static void unit(struct text *t, const struct unit *u)
{
	text_unit(t, u);
	text_doubt(t, &u->trouble);
	for (size_t c = 0; c < u->commands.n; c++) {
		if (c)
			out_z(t->o, "  ;\n");
		for (size_t i = 0; i < u->commands.at[c].argv.n; i++)
			text_word(t, &u->commands.at[c].argv, i, 2);
	}
	text_doubt(t, &u->doubt);
	text_pendings(t, &u->pending);
}

static void launch(struct text *t, const struct launch *l)
{
	if (l->unit)
		text_unit(t, l->unit);
	else
		out_fmt(t->o, "%s\n", l->layout);
	for (size_t i = 0; i < l->argv.n; i++)
		text_word(t, &l->argv, i, 2);
	text_doubt(t, &l->doubt);
	text_pendings(t, &l->pending);
}

void text_argv(struct text *t)
{
	for (size_t i = 0; i < t->r->targets.n; i++) {
		const struct target_report *target = &t->r->targets.at[i];
		text_target(t, target);
		if (t->r->targets.n > 1)
			text_heading(t, target);
		for (size_t k = 0; k < target->units.n; k++)
			unit(t, target->units.at[k]);
		for (size_t k = 0; !t->r->about.n && k < target->launches.n; k++)
			launch(t, &target->launches.at[k]);
		if (!target->units.n && !target->launches.n && target->error.kind == ERR_NONE)
			out_z(t->o, "no kubelet is launched\n");
		text_remarks(t, target);
	}
}
