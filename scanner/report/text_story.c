/*
 * text_story.c - the story of a unit's commands for people: file by file, variable by variable,
 * word by word.
 */
#include "text.h"

#include "arena.h"

enum { ROLE_WIDTH = 11 };

struct telling {
	struct text *t;
	const struct target_report *target;
	const struct unit *unit;
	bool *told; /* notes that stand below their file */
};

static void notes_of(struct telling *x, const struct file *f)
{
	const struct notes *notes = &x->target->notes;
	struct text *t = x->t;
	for (size_t i = 0; i < notes->n; i++) {
		const struct note *n = &notes->at[i];
		if (!origin_placed(n->from) || n->from->file != f)
			continue;
		struct place p = origin_place(n->from);
		out_fmt(t->o, "      note  %zu:%zu  ", p.line, p.column);
		out_safe(t->o, n->text);
		out_z(t->o, "\n");
		x->told[i] = true;
	}
}

static void role(struct text *t, const char *name, struct str path)
{
	out_fmt(t->o, "  %-*s", ROLE_WIDTH, name);
	out_safe(t->o, path);
}

static void step(struct text *t, const struct step *s)
{
	struct place p = origin_place(s->line->value.from);
	struct str line = str_fmt(t->arena, "%" PRIstr "=%" PRIstr, ARG(s->line->key),
				  ARG(s->line->value.text));
	out_fmt(t->o, "      %zu:%zu  ", p.line, p.column);
	out_safe(t->o, report_mask(t->arena, line));
	out_z(t->o, "\n");
	if (!s->undone)
		return;
	out_z(t->o, "            taken back by ");
	text_place(t, s->undone);
	out_z(t->o, "\n");
}

static void chapter(struct telling *x, const struct chapter *c)
{
	struct text *t = x->t;
	role(t, c->role, c->file->path);
	out_z(t->o, "\n");
	for (size_t i = 0; i < c->steps.n; i++)
		step(t, &c->steps.at[i]);
	notes_of(x, c->file);
}

static const struct file *file_of(const struct unit *u, struct str path)
{
	for (size_t i = 0; i < u->environment.n; i++) {
		const struct origin *o = u->environment.at[i].value.from;
		if (origin_placed(o) && str_eq(o->file->path, path))
			return o->file;
	}
	return NULL;
}

static void environment_file(struct telling *x, const struct environment_file *e)
{
	static const char *const states[] = {
		[FILE_OK] = "read", [FILE_ABSENT] = "absent", [FILE_UNREADABLE] = "unreadable"};
	struct text *t = x->t;
	role(t, "variables", e->path);
	out_fmt(t->o, "  %s%s\n", e->optional ? "optional, " : "", states[e->state]);
	const struct file *f = file_of(x->unit, e->path);
	if (f)
		notes_of(x, f);
}

static void value(struct text *t, const char *indent, struct str name, const struct word *w)
{
	struct str line = str_fmt(t->arena, "%" PRIstr "=%" PRIstr, ARG(name), ARG(w->text));
	out_z(t->o, indent);
	out_safe(t->o, report_mask(t->arena, line));
	out_z(t->o, "  ");
	text_place(t, w->from);
	out_z(t->o, "\n");
}

static void variables(struct text *t, const struct variables *all)
{
	bool any = false;
	for (size_t i = 0; i < all->n; i++) {
		const struct variable *v = &all->at[i];
		if (!origin_placed(v->value.from))
			continue;
		out_z(t->o, any ? "" : "  environment\n");
		any = true;
		value(t, "      ", v->name, &v->value);
		for (v = v->over; v; v = v->over)
			if (origin_placed(v->value.from))
				value(t, "        over ", v->name, &v->value);
	}
}

/* Words as a unit file would have them, quoted where they hold blanks. */
static void before(struct text *t, const struct command *c)
{
	out_z(t->o, "      before  ");
	for (size_t i = 0; i < c->words.n; i++) {
		struct str w = report_mask_word(t->arena, &c->words, i);
		bool quote = w.n == 0 || str_find(w, ' ') < w.n;
		out_z(t->o, i ? quote ? " \"" : " " : quote ? "\"" : "");
		out_safe(t->o, w);
		out_z(t->o, quote ? "\"" : "");
	}
	out_z(t->o, "\n      after\n");
}

static void commands(struct text *t, const struct command_list *list)
{
	out_fmt(t->o, "  %" PRIstr "\n", ARG(list->key));
	for (size_t i = 0; i < list->commands.n; i++) {
		const struct command *c = &list->commands.at[i];
		before(t, c);
		for (size_t k = 0; k < c->argv.n; k++)
			text_word(t, &c->argv, k, 8);
	}
}

/* Notes about other files, those that are hidden among them. */
static void other_notes(const struct telling *x)
{
	struct target_report rest = *x->target;
	rest.notes = (struct notes){.arena = x->t->arena};
	for (size_t i = 0; i < x->target->notes.n; i++)
		if (!x->told[i])
			*vec_push(x->t->arena, &rest.notes) = x->target->notes.at[i];
	text_remarks(x->t, &rest);
}

static void story(struct text *t, const struct target_report *target, const struct unit *u)
{
	const struct story *s = target->story;
	struct telling x = {t, target, u, NEW_N(t->arena, bool, target->notes.n + 1)};
	text_unit(t, u);
	text_doubt(t, &u->trouble);
	for (size_t i = 0; i < s->chapters.n; i++)
		chapter(&x, &s->chapters.at[i]);
	for (size_t i = 0; i < s->environment_files.n; i++)
		environment_file(&x, &s->environment_files.at[i]);
	if (u->load == UNIT_LOADED)
		variables(t, &u->environment);
	for (size_t i = 0; i < s->commands.n; i++)
		commands(t, &s->commands.at[i]);
	text_doubt(t, &u->doubt);
	text_pendings(t, &u->pending);
	other_notes(&x);
}

void text_story(struct text *t)
{
	for (size_t i = 0; i < t->r->targets.n; i++) {
		const struct target_report *target = &t->r->targets.at[i];
		text_target(t, target);
		text_heading(t, target);
		for (size_t k = 0; k < target->units.n; k++)
			story(t, target, target->units.at[k]);
	}
}
