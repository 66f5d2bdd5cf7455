/*
 * setting.c - from the settings of a launch to an answer about one of them.
 *
 * An answer is given only when every byte that could decide was read. A flag that was given
 * decides whatever a missing config file may say, since flags win over it
 * (cmd/kubelet/app/server.go, kubeletConfigFlagPrecedence), and so does the lack of one that no
 * file can say; a config file that is there but unreadable could also end the kubelet, so then
 * nothing is decided.
 */
#include "arena.h"
#include "checks.h"

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

struct doubt settings_doubt(const struct launch *l, const struct settings *s, bool decided)
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
				   const struct settings *s, const struct setting *x, bool decided)
{
	struct pendings all = {0};
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

/* No file can say it, and those that are missing are all that is. */
static bool only_flag(const struct settings *s, const struct setting *x)
{
	return !x->option->path && s->doubt.reason == REASON_CONFIG_ABSENT &&
	       (!s->error || str_ends(str_from(s->error), S("-read")));
}

/* A setting by its name; false for a name that there is not. */
static bool find(const struct settings *s, struct str name, struct setting *out)
{
	static const char gates[] = "featureGates.";
	if (str_starts(name, str_from(gates))) {
		*out = setting_gate(s, str_tail(name, sizeof gates - 1));
		return true;
	}
	const struct setting *x = setting_get(s, name);
	if (x)
		*out = *x;
	return x != NULL;
}

static void judge(const struct question *q, const struct setting *x, struct answer *out)
{
	struct held held = {x->option, x->value, x->level != LEVEL_DEFAULT && !x->null};
	bool gate = x->option->type == VALUE_MAP;
	if (gate)
		held.option = NULL;
	out->value = x->value;
	out->source = (enum source)x->level;
	out->from = x->from;
	out->shadowed = x->shadowed;
	bool met = ask_met(q->a, q->want->ask, &held, str_from(q->value));
	out->verdict = met ? VERDICT_PASS : VERDICT_FAIL;
	out->provisional = out->pending.n > 0;
	add_starting(q->a, q->node->launch->unit, &out->pending);
	if (!met) {
		out->remedy = remedy_setting(q, out, x->option);
		out->fix = want_fix(q->want, q->value);
	}
}

void answer_setting(const struct question *q, struct answers *out)
{
	const struct settings *s = q->node->settings;
	struct str name = str_from(q->want->name);
	struct setting x;
	if (!find(s, name, &x)) {
		*vec_push(q->a, out) = answer_unknown(
			q, name,
			(struct doubt){REASON_LIMIT, S("this setting is not modelled"), NULL});
		return;
	}
	bool decided = setting_decided(s, &x) || only_flag(s, &x);
	struct answer answer = answer_unknown(q, name, settings_doubt(q->node->launch, s, decided));
	answer.option = x.option;
	answer.intended = intended_of(q->a, s, x.option);
	answer.pending = pendings_of(q->a, q->node->launch, s, &x, decided);
	if (answer.doubt.reason == REASON_NONE)
		judge(q, &x, &answer);
	*vec_push(q->a, out) = answer;
}
