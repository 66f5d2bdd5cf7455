/*
 * checks.c - from the settings of a launch to a verdict on one of them, with the place that
 * decides and the words that mend it.
 *
 * A verdict is given only when every byte that could decide was read. A flag that was given
 * decides whatever a missing config file may say, since flags win
 * over it (cmd/kubelet/app/server.go, kubeletConfigFlagPrecedence); a config file that is there
 * but unreadable could also end the kubelet, so then nothing is decided.
 */
#include "arena.h"
#include "rules.h"

/* systemd splits words before it expands specifiers, so one that is only known at run time
 * changes its own word and no other. */
static bool launch_told(const struct launch *l, bool decided)
{
	return l->doubt.reason == REASON_NONE ||
	       (decided && l->doubt.reason == REASON_RUNTIME_SPECIFIER);
}

static struct doubt doubt_start(const struct settings *s)
{
	struct str text = s->error_text.n ? s->error_text : str_from(s->error);
	return (struct doubt){REASON_KUBELET_WOULD_NOT_START, text, s->error_from};
}

static struct doubt doubt_of(const struct launch *l, const struct settings *s, bool decided)
{
	if (!launch_told(l, decided))
		return l->doubt;
	if (s->doubt.reason == REASON_CONFIG_ABSENT)
		return decided ? (struct doubt){0} : s->doubt;
	if (s->error)
		return doubt_start(s);
	return s->doubt;
}

static void add_once(struct arena *a, struct pendings *all, const struct pending *p)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->at[i].path, p->path))
			return;
	*vec_push(a, all) = *p;
}

/* The pendings that can still change the verdict: what the launch waits for and can reach the
 * setting, and, unless a flag decides, what the settings wait for. */
static struct pendings pendings_of(struct arena *a, const struct launch *l,
				   const struct settings *s, const struct setting *x)
{
	struct pendings all = {0};
	bool decided = setting_decided(s, x);
	for (size_t i = 0; i < l->pending.n; i++) {
		const struct pending *p = i < s->pending.n ? &s->pending.at[i] : &l->pending.at[i];
		if (setting_awaits(l, s, x, p))
			add_once(a, &all, p);
	}
	for (size_t i = l->pending.n; !decided && i < s->pending.n; i++)
		add_once(a, &all, &s->pending.at[i]);
	return all;
}

/* Told as well, though no value depends on it: what decides whether the unit starts at all. */
static void add_starting(struct arena *a, const struct unit *u, struct pendings *out)
{
	for (size_t i = u ? u->deciding : 0; u && i < u->pending.n; i++)
		*vec_push(a, out) = u->pending.at[i];
}

/* What inputs of the join mean to set here: told, never judged. */
static struct intentions intended_of(struct arena *a, const struct settings *s,
				     const struct option *opt)
{
	struct intentions all = {0};
	for (size_t i = 0; i < s->intended.n; i++)
		if (s->intended.at[i].option == opt)
			*vec_push(a, &all) = s->intended.at[i];
	return all;
}

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

/* What to do about a flag: the span is the flag, or, where a variable stands inside of the word,
 * its value alone. */
static struct str remedy_flag(struct arena *a, const struct rule *rule, const struct finding *f,
			      const struct option *opt)
{
	const struct file *file = f->from->file;
	struct str variable = variable_of(f->from), where = file->path;
	const char *value = rule->want.value;
	if (file->made)
		where = str_fmt(a, "what %" PRIstr " writes", ARG(file->made->file->path));
	if (variable.n && !str_has(spanned(f->from), S("--")))
		return str_fmt(a, "set %" PRIstr " to %s in %" PRIstr, ARG(variable), value,
			       ARG(where));
	if (variable.n)
		return str_fmt(a, "remove --%s from %" PRIstr " in %" PRIstr ", or set it to %s",
			       opt->flag, ARG(variable), ARG(where), value);
	return str_fmt(a, "remove --%s %" PRIstr ", or set it to %s", opt->flag,
		       ARG(place_of(a, f->from)), value);
}

static struct str remedy_of(struct arena *a, const struct rule *rule, const struct finding *f,
			    const struct settings *s, const struct option *opt)
{
	if (f->level == LEVEL_FLAG && f->from && opt->flag)
		return remedy_flag(a, rule, f, opt);
	if (f->from)
		return str_fmt(a, "set %s: %s %" PRIstr, opt->path, rule->want.value,
			       ARG(place_of(a, f->from)));
	if (s->config_on_node.n)
		return str_fmt(a, "add %s: %s to %" PRIstr, opt->path, rule->want.value,
			       ARG(s->config_on_node));
	return str_from(rule->remedy);
}

void check_setting(const struct node *node, const struct rule *rule, struct finding *out)
{
	struct arena *a = rootfs_arena(node->root);
	const struct settings *s = node->settings;
	const struct setting *x = setting_get(s, str_from(rule->want.path));
	out->expected = str_from(rule->want.value);
	if (!x) {
		out->verdict = VERDICT_UNKNOWN;
		out->doubt = (struct doubt){REASON_LIMIT, S("this setting is not modelled"), NULL};
		return;
	}
	bool decided = setting_decided(s, x);
	out->intended = intended_of(a, s, x->option);
	out->pending = pendings_of(a, node->launch, s, x);
	out->doubt = doubt_of(node->launch, s, decided);
	if (out->doubt.reason != REASON_NONE) {
		out->verdict = VERDICT_UNKNOWN;
		return;
	}
	out->effective = x->value;
	out->level = x->level;
	out->from = x->from;
	out->shadowed = x->shadowed;
	bool holds = !x->null && str_eq(x->value, out->expected);
	out->verdict = holds ? VERDICT_PASS : VERDICT_FAIL;
	out->provisional = out->pending.n > 0;
	add_starting(a, node->launch->unit, &out->pending);
	if (!holds)
		out->remedy = remedy_of(a, rule, out, s, x->option);
}
