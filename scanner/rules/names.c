/*
 * names.c - what rules are called: ids, aliases, and the numbers of benchmarks, which give the same
 * number to different rules from one version to the next.
 */
#include "arena.h"
#include "benchmarks.h"

const char *control_mode_name(enum control_mode m)
{
	static const char *const names[] = {"automated", "manual", "skip"};
	return names[m];
}

const struct controls *const *controls_all(size_t *n)
{
	static const struct controls *const all[] = {
#define X(family) &controls_##family,
		BENCHMARKS(X)
#undef X
	};
	*n = sizeof all / sizeof *all;
	return all;
}

/* A control of those names; an empty name, or a NULL rule, stands for any. */
static const struct control *find(const char *rule, struct str benchmark, struct str number)
{
	size_t families;
	const struct controls *const *all = controls_all(&families);
	for (size_t f = 0; f < families; f++)
		for (size_t i = 0; i < all[f]->n; i++) {
			const struct control *c = &all[f]->at[i];
			bool fits = (!rule || str_eq(str_from(c->rule), str_from(rule))) &&
				    (!benchmark.n || str_eq(str_from(c->benchmark), benchmark)) &&
				    (!number.n || str_eq(str_from(c->number), number));
			if (fits)
				return c;
		}
	return NULL;
}

static const struct rule *rule_of_id(struct str id)
{
	size_t n;
	const struct rule *all = rules_all(&n);
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_from(all[i].id), id))
			return &all[i];
	return NULL;
}

const struct control *rule_control(const struct rule *rule, struct str benchmark)
{
	const struct control *c =
		rule->own ? rule->own : find(rule->id, benchmark, (struct str){0});
	return c ? c : find(rule->id, (struct str){0}, (struct str){0});
}

const char *rule_number(const struct rule *rule, struct str benchmark)
{
	const struct control *c = rule_control(rule, benchmark);
	return c ? c->number : "";
}

const struct rule *rule_named(struct str name, struct str benchmark)
{
	size_t n;
	const struct rule *rule = rule_of_id(name);
	const struct control *c = NULL;
	if (!name.n || rule)
		return rule;
	if (benchmark.n)
		c = find(NULL, benchmark, name);
	if (!c)
		c = find(rules_all(&n)->id, (struct str){0}, name);
	if (!c)
		c = find(NULL, (struct str){0}, name);
	return c ? rule_of_id(str_from(c->rule)) : NULL;
}

bool rules_of_benchmark(struct arena *a, struct str benchmark, struct rule_set *out)
{
	size_t n;
	const struct rule *all = rules_all(&n);
	struct rule_set set = {0};
	if (!benchmark.n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (find(all[i].id, benchmark, (struct str){0}))
			*vec_push(a, &set) = &all[i];
	if (set.n)
		*out = set;
	return set.n > 0;
}

static bool has_word(const struct words *words, struct str text)
{
	for (size_t i = 0; i < words->n; i++)
		if (str_eq(words->at[i].text, text))
			return true;
	return false;
}

struct words rule_aliases(struct arena *a, const struct rule *rule)
{
	size_t families;
	const struct controls *const *all = controls_all(&families);
	struct words words = {0};
	for (size_t f = 0; f < families; f++)
		for (size_t i = 0; i < all[f]->n; i++) {
			struct str number = str_from(all[f]->at[i].number);
			bool mine = str_eq(str_from(all[f]->at[i].rule), str_from(rule->id));
			if (mine && !has_word(&words, number))
				*vec_push(a, &words) = (struct word){number, NULL};
		}
	return words;
}
