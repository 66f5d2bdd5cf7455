/*
 * select.c - which rules a run evaluates: those of --rules and --benchmark, else those of the
 * benchmark that was chosen for the target; of them what --check names, not below --severity, less
 * what --skip names. The founding rule is among those of a chosen benchmark even where that one
 * has no number for it, and --check names rules of no chosen benchmark too.
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

/* What a name stands for: in the benchmark that was asked for, if one was; else the founding rule
 * keeps all its numbers, and others are those of the benchmark that was chosen. */
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
	for (size_t i = 0; i < o->values[id].n; i++)
		if (meant(r, o->values[id].at[i], chosen) == rule)
			return true;
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

struct rule_set rules_selected(struct offnode_report *r, struct str chosen)
{
	const struct offnode *o = r->session;
	bool asked = r->report.benchmark.n, checked = o->values[OPTION_check].n;
	struct rule_set members = {0}, out = {0};
	size_t n;
	const struct rule *all = rules_all(&n);
	bool any = !rules_of_benchmark(r->report.arena, asked ? r->report.benchmark : chosen,
				       &members);
	unsigned least = severity_rank(option_text(o, OPTION_severity));
	for (size_t i = 0; i < n; i++) {
		bool more = !asked && (checked || i == 0);
		bool in = (any || more || holds(&members, &all[i])) &&
			  (!checked || named_by(r, OPTION_check, &all[i], chosen)) &&
			  severity_rank(str_from(all[i].severity)) >= least &&
			  !named_by(r, OPTION_skip, &all[i], chosen);
		if (in)
			*vec_push(r->report.arena, &out) = &all[i];
	}
	return out;
}

bool rules_select(struct offnode_report *r)
{
	r->selected = rules_selected(r, (struct str){0});
	if (!r->selected.n)
		return run_fail(r, OFFNODE_USAGE, "the options leave no rule to evaluate");
	return true;
}
