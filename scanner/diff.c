/*
 * diff.c - two scanned targets to what changed from the first to the second: launches that only one
 * of them has, verdicts, effective settings, and words of the command line. What stayed the same,
 * and the same value from another place, is no difference.
 */
#include <string.h>

#include "arena.h"
#include "session.h"

struct comparing {
	struct report *r;
	const struct target_report *targets[2];
};

static struct str unit_of(const struct launch *l)
{
	return l && l->unit ? l->unit->id : l ? str_from(l->layout) : (struct str){0};
}

static struct difference *add(struct comparing *c, enum difference_kind kind, struct str unit,
			      struct str name)
{
	struct difference *d = vec_push(c->r->arena, &c->r->differences);
	*d = (struct difference){.kind = kind, .unit = unit, .name = name};
	return d;
}

/* ---- verdicts ---- */

/* "fail" and the like; of an unknown its reason as well. */
static struct side verdict_side(struct arena *a, const struct finding *f)
{
	struct side side = {.there = true, .value = str_from(verdict_name(f->verdict))};
	side.from = f->verdict == VERDICT_UNKNOWN ? f->doubt.from : f->from;
	if (f->verdict == VERDICT_UNKNOWN)
		side.value = str_fmt(a, "unknown (%s)", reason_name(f->doubt.reason));
	return side;
}

static const struct finding *finding_of(const struct target_report *t, const struct rule *rule,
					struct str unit)
{
	for (size_t i = 0; i < t->findings.n; i++) {
		const struct finding *f = &t->findings.at[i];
		if (f->rule == rule && str_eq(unit_of(f->launch), unit))
			return f;
	}
	return NULL;
}

/* Rules that only one side was asked, for they are of another benchmark, are no change of the
 * image; neither is what a launch that came or went brought with it. */
static void compare_verdicts(struct comparing *c, struct str unit)
{
	struct arena *a = c->r->arena;
	const struct findings *first = &c->targets[0]->findings;
	for (size_t i = 0; i < first->n; i++) {
		const struct finding *f = &first->at[i];
		if (!str_eq(unit_of(f->launch), unit))
			continue;
		const struct finding *other = finding_of(c->targets[1], f->rule, unit);
		if (!other)
			continue;
		struct side sides[2] = {verdict_side(a, f), verdict_side(a, other)};
		if (str_eq(sides[0].value, sides[1].value))
			continue;
		struct difference *d = add(c, DIFFERENCE_VERDICT, unit, str_from(f->rule->id));
		memcpy(d->sides, sides, sizeof sides);
	}
}

/* ---- settings ---- */

static struct str setting_name(struct arena *a, const struct option *opt)
{
	return opt->path ? str_from(opt->path) : str_fmt(a, "--%s", opt->flag);
}

static struct side setting_side(const struct setting *x)
{
	return (struct side){.there = x && !x->null,
			     .value = x && !x->null ? x->value : (struct str){0},
			     .from = x ? x->from : NULL};
}

static bool told(const struct settings *s)
{
	return s->n && !s->error && s->doubt.reason == REASON_NONE;
}

/* Values of a kubelet that would not start, or that hang on what is missing, are none; a saved
 * report of a scan has those of verdicts alone. */
static void compare_settings(struct comparing *c, struct str unit, const struct settings *s[2])
{
	struct arena *a = c->r->arena;
	if (!told(s[0]) || !told(s[1]))
		return;
	for (size_t i = 0; i < s[0]->n; i++) {
		const struct setting *x = &s[0]->at[i];
		struct str name = setting_name(a, x->option);
		struct side sides[2] = {setting_side(x), setting_side(setting_get(s[1], name))};
		if (sides[0].there == sides[1].there && str_eq(sides[0].value, sides[1].value))
			continue;
		memcpy(add(c, DIFFERENCE_SETTING, unit, name)->sides, sides, sizeof sides);
	}
}

/* ---- words ---- */

/* How often a word stands among the first n of them. */
static size_t times(const struct words *w, size_t n, struct str text)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++)
		found += str_eq(w->at[i].text, text);
	return found;
}

/* Words of `ours` beyond those that `others` have as well. */
static void words_beyond(struct comparing *c, struct str unit, const struct words *ours,
			 const struct words *others, unsigned side)
{
	for (size_t i = 0; i < ours->n; i++) {
		struct str text = ours->at[i].text;
		if (times(ours, i + 1, text) <= times(others, others->n, text))
			continue;
		struct difference *d = add(c, DIFFERENCE_WORD, unit, text);
		d->sides[side] = (struct side){true, text, ours->at[i].from};
	}
}

/* ---- launches ---- */

static const struct launch *launch_of(const struct target_report *t, struct str unit, size_t *at)
{
	for (size_t i = 0; i < t->launches.n; i++)
		if (str_eq(unit_of(&t->launches.at[i]), unit)) {
			*at = i;
			return &t->launches.at[i];
		}
	return NULL;
}

static void launch_only(struct comparing *c, const struct launch *l, unsigned side)
{
	struct difference *d = add(c, DIFFERENCE_LAUNCH, unit_of(l), unit_of(l));
	const struct origin *from = l->argv.n ? l->argv.at[0].from : NULL;
	d->sides[side] = (struct side){true, str_from(l->layout), from};
}

static void compare_launch(struct comparing *c, size_t i)
{
	const struct launch *l = &c->targets[0]->launches.at[i];
	struct str unit = unit_of(l);
	size_t at = 0;
	const struct launch *other = launch_of(c->targets[1], unit, &at);
	if (!other) {
		launch_only(c, l, 0);
		return;
	}
	const struct settings *s[2] = {c->targets[0]->settings[i], c->targets[1]->settings[at]};
	compare_verdicts(c, unit);
	compare_settings(c, unit, s);
	words_beyond(c, unit, &l->argv, &other->argv, 0);
	words_beyond(c, unit, &other->argv, &l->argv, 1);
}

void diff_end(struct offnode_report *r)
{
	struct comparing c = {.r = &r->report};
	if (r->trouble != OFFNODE_OK)
		return;
	if (r->report.targets.n != 2) {
		run_fail(r, OFFNODE_USAGE,
			 "diff: a target has more roots than one, choose as in "
			 "%" PRIstr,
			 ARG(r->report.targets.at[0].target));
		return;
	}
	for (size_t i = 0; i < 2; i++)
		c.targets[i] = &r->report.targets.at[i];
	for (size_t i = 0; i < c.targets[0]->launches.n; i++)
		compare_launch(&c, i);
	for (size_t i = 0; i < c.targets[1]->launches.n; i++) {
		const struct launch *l = &c.targets[1]->launches.at[i];
		size_t at;
		if (!launch_of(c.targets[0], unit_of(l), &at))
			launch_only(&c, l, 1);
	}
	compare_verdicts(&c, (struct str){0});
}
