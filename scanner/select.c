/*
 * select.c - which rules a run evaluates: those of --benchmark, of --check, not below
 * --severity, less those of --skip.
 */
#include <string.h>

#include "session.h"

static bool holds(const struct rule_set *set, const struct rule *rule)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->at[i] == rule)
			return true;
	return false;
}

static bool named_by(struct offnode_report *r, enum option_id id, const struct rule *rule)
{
	const struct offnode *o = r->session;
	for (size_t i = 0; i < o->values[id].n; i++) {
		struct rule_set named = rules_named(r->report.arena, o->values[id].at[i]);
		if (holds(&named, rule))
			return true;
	}
	return false;
}

static unsigned severity_rank(struct str severity)
{
	static const char *const ranks[] = {"low", "medium", "high"};
	for (unsigned i = 0; i < 3; i++)
		if (str_eq(str_from(ranks[i]), severity))
			return i;
	return 0;
}

bool rules_select(struct offnode_report *r)
{
	const struct offnode *o = r->session;
	struct rule_set numbered = {0};
	size_t n;
	const struct rule *all = rules_all(&n);
	if (r->report.benchmark.n)
		(void)rules_of_benchmark(r->report.arena, r->report.benchmark, &numbered);
	unsigned least = severity_rank(option_text(o, OPTION_severity));
	for (size_t i = 0; i < n; i++) {
		bool in = (!r->report.benchmark.n || holds(&numbered, &all[i])) &&
			  (!o->values[OPTION_check].n || named_by(r, OPTION_check, &all[i])) &&
			  severity_rank(str_from(all[i].severity)) >= least &&
			  !named_by(r, OPTION_skip, &all[i]);
		if (in)
			*vec_push(r->report.arena, &r->selected) = &all[i];
	}
	if (!r->selected.n)
		return run_fail(r, OFFNODE_USAGE, "the options leave no rule to evaluate");
	return true;
}
