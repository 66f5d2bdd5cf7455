/*
 * select.c - which rules a run evaluates: those of --rules and --benchmark, else those of the
 * benchmark that was chosen for the target; of them what --check names, not below --severity, less
 * what --skip names. The founding rule is among those of a chosen benchmark even where that one
 * has no number for it, and --check names rules of no chosen benchmark too.
 */
#include <string.h>

#include "session.h"

enum { RULES_FILE_MAX = 8 << 20 };

static bool holds(const struct rule_set *set, const struct rule *rule)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->at[i] == rule)
			return true;
	return false;
}

/* ---- names ---- */

static bool own_named(const struct rule *rule, struct str name)
{
	return rule->own &&
	       (str_eq(str_from(rule->id), name) || str_eq(str_from(rule->own->number), name));
}

/* What a name stands for among built-in rules: in the benchmark that was asked for, if one was;
 * else the founding rule keeps all its numbers, and others are those of the benchmark that was
 * chosen. */
static const struct rule *meant(const struct offnode_report *r, struct str name, struct str chosen)
{
	struct str asked = r->report.benchmark;
	const struct rule *rule = rule_named(name, asked);
	size_t n;
	return asked.n || rule == rules_all(&n) ? rule : rule_named(name, chosen);
}

static bool named_by(const struct offnode_report *r, enum option_id id, const struct rule *rule,
		     struct str chosen)
{
	const struct offnode *o = r->session;
	for (size_t i = 0; i < o->values[id].n; i++) {
		struct str name = o->values[id].at[i];
		if (own_named(rule, name) || (!rule->own && meant(r, name, chosen) == rule))
			return true;
	}
	return false;
}

static bool name_known(const struct offnode_report *r, struct str name)
{
	for (size_t f = 0; f < r->own.n; f++)
		for (size_t i = 0; i < r->own.at[f].rules.n; i++)
			if (own_named(r->own.at[f].rules.at[i], name))
				return true;
	return rule_named(name, (struct str){0}) != NULL;
}

static bool names_known(struct offnode_report *r, enum option_id id, const char *option)
{
	const struct offnode *o = r->session;
	for (size_t i = 0; i < o->values[id].n; i++)
		if (!name_known(r, o->values[id].at[i]))
			return run_fail(r, OFFNODE_USAGE,
					"--%s: '%" PRIstr "' is not a rule of `offnode rules`",
					option, ARG(o->values[id].at[i]));
	return true;
}

/* ---- rules of one's own ---- */

static bool load_own(struct offnode_report *r)
{
	const struct offnode *o = r->session;
	struct arena *a = r->report.arena;
	for (size_t i = 0; i < o->values[OPTION_rules].n; i++) {
		struct str path = o->values[OPTION_rules].at[i];
		const struct file *file = run_file(r, "rules", path, RULES_FILE_MAX);
		struct doc_fault fault = {0};
		struct rule_file read = {0};
		if (!file)
			return false;
		if (!rules_read(a, file, &read, &fault))
			return run_fault(r, file, &fault);
		*vec_push(a, &r->own) = read;
	}
	return true;
}

/* ---- selection ---- */

static unsigned severity_rank(struct str severity)
{
	static const char *const ranks[] = {"low", "medium", "high"};
	for (unsigned i = 0; i < 3; i++)
		if (str_eq(str_from(ranks[i]), severity))
			return i;
	return 0;
}

bool rule_admitted(const struct offnode_report *r, const struct rule *rule, struct str chosen)
{
	const struct offnode *o = r->session;
	bool checked = o->values[OPTION_check].n;
	unsigned least = severity_rank(option_text(o, OPTION_severity));
	return (!checked || named_by(r, OPTION_check, rule, chosen)) &&
	       severity_rank(str_from(rule->severity)) >= least &&
	       !named_by(r, OPTION_skip, rule, chosen);
}

static void select_one(struct offnode_report *r, const struct rule *rule, struct str chosen,
		       struct rule_set *out)
{
	if (rule_admitted(r, rule, chosen))
		*vec_push(r->report.arena, out) = rule;
}

/* Files of rules stand alone, unless a benchmark was asked for as well. */
struct rule_set rules_selected(struct offnode_report *r, struct str chosen)
{
	bool asked = r->report.benchmark.n, checked = r->session->values[OPTION_check].n;
	struct rule_set members = {0}, out = {0};
	size_t n;
	const struct rule *all = rules_all(&n);
	bool any = !rules_of_benchmark(r->report.arena, asked ? r->report.benchmark : chosen,
				       &members);
	for (size_t f = 0; f < r->own.n; f++)
		for (size_t i = 0; i < r->own.at[f].rules.n; i++)
			select_one(r, r->own.at[f].rules.at[i], chosen, &out);
	for (size_t i = 0; (asked || !r->own.n) && i < n; i++) {
		bool more = !asked && (checked || i == 0);
		if (any || more || holds(&members, &all[i]))
			select_one(r, &all[i], chosen, &out);
	}
	return out;
}

struct rule_set rules_called(struct offnode_report *r, struct str name)
{
	struct rule_set out = {0};
	const struct rule *rule = rule_named(name, r->report.benchmark);
	for (size_t f = 0; f < r->own.n; f++)
		for (size_t i = 0; i < r->own.at[f].rules.n; i++)
			if (own_named(r->own.at[f].rules.at[i], name))
				*vec_push(r->report.arena, &out) = r->own.at[f].rules.at[i];
	if (!out.n && rule)
		*vec_push(r->report.arena, &out) = rule;
	return out;
}

bool rules_select(struct offnode_report *r)
{
	if (!load_own(r) || !names_known(r, OPTION_check, "check") ||
	    !names_known(r, OPTION_skip, "skip"))
		return false;
	r->selected = rules_selected(r, (struct str){0});
	if (!r->selected.n)
		return run_fail(r, OFFNODE_USAGE, "the options leave no rule to evaluate");
	return true;
}
