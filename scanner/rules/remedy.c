/*
 * remedy.c - the exact words that mend a setting: what to write, where the value stands that won.
 */
#include "arena.h"
#include "checks.h"

static struct str spanned(const struct origin *o)
{
	return o ? str_slice(o->file->text, o->at, o->at + o->len) : (struct str){0};
}

/* The variable whose expansion the span is: "$NAME", "${NAME}", or a shell's "${NAME:-…}". */
static struct str variable_of(const struct origin *o)
{
	struct str s = spanned(o ? o->via : NULL);
	if (!str_starts(s, S("$")))
		return (struct str){0};
	s = str_trim(str_tail(s, 1), "{}");
	return str_slice(s, 0, str_find(str_slice(s, 0, str_find(s, ':')), '['));
}

/* "at line 4 of FILE"; of a file that the boot makes, the line that writes it. */
static struct str place_of(struct arena *a, const struct origin *o)
{
	const struct origin *made = o->file->made;
	if (!made)
		return str_fmt(a, "at line %zu of %" PRIstr, origin_place(o).line,
			       ARG(o->file->path));
	return str_fmt(a, "in what line %zu of %" PRIstr " writes to %" PRIstr,
		       origin_place(made).line, ARG(made->file->path), ARG(o->file->path));
}

/* ", or set it to VALUE", where there is a value to propose. */
static struct str or_set(const struct question *q)
{
	struct str fix = want_fix(q->want, q->value);
	return fix.n ? str_cat(q->a, S(", or set it to "), fix) : fix;
}

/* What to do about a flag: the span is the flag, or, where a variable stands inside of the word,
 * its value alone. */
static struct str remedy_flag(const struct question *q, const struct answer *f, const char *flag)
{
	const struct file *file = f->from->file;
	struct str variable = variable_of(f->from), where = file->path;
	struct str fix = want_fix(q->want, q->value);
	if (file->made)
		where = str_fmt(q->a, "what %" PRIstr " writes", ARG(file->made->file->path));
	if (variable.n && fix.n && !str_has(spanned(f->from), S("--")))
		return str_fmt(q->a, "set %" PRIstr " to %" PRIstr " in %" PRIstr, ARG(variable),
			       ARG(fix), ARG(where));
	if (variable.n)
		return str_fmt(q->a, "remove --%s from %" PRIstr " in %" PRIstr "%" PRIstr, flag,
			       ARG(variable), ARG(where), ARG(or_set(q)));
	return str_fmt(q->a, "remove --%s %" PRIstr "%" PRIstr, flag, ARG(place_of(q->a, f->from)),
		       ARG(or_set(q)));
}

/* A gate is a part of its flag's value: the flag cannot go. */
static struct str remedy_gate(const struct question *q, const struct answer *f)
{
	struct str fix = want_fix(q->want, q->value);
	struct str place = f->from ? place_of(q->a, f->from) : S("in the file of --config");
	return str_fmt(q->a, "set %s to %" PRIstr " %" PRIstr, q->want->name, ARG(fix), ARG(place));
}

struct str remedy_setting(const struct question *q, const struct answer *f,
			  const struct option *option)
{
	struct str fix = want_fix(q->want, q->value);
	struct str config = q->node->settings->config_on_node;
	if (option->type == VALUE_MAP && fix.n)
		return remedy_gate(q, f);
	if (f->source == SOURCE_FLAG && f->from && option->flag)
		return remedy_flag(q, f, option->flag);
	if (!fix.n || !option->path)
		return str_from(q->rule->remedy);
	if (f->from)
		return str_fmt(q->a, "set %s: %" PRIstr " %" PRIstr, option->path, ARG(fix),
			       ARG(place_of(q->a, f->from)));
	if (config.n)
		return str_fmt(q->a, "add %s: %" PRIstr " to %" PRIstr, option->path, ARG(fix),
			       ARG(config));
	return str_from(q->rule->remedy);
}
