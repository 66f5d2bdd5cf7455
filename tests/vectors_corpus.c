/*
 * vectors_corpus.c - node setups of the field, each with the answer that a person and a booted
 * systemd gave. "corpus" counts those whose answer needs no review, "corpus-review" the others;
 * "-argv" and "-pending" count parts of the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "rules.h"
#include "vectors.h"

static struct str list_text(const struct vector *v, struct words words)
{
	struct out *o = out_new(v->arena);
	for (size_t i = 0; i < words.n; i++) {
		out_z(o, i ? " " : "");
		out_json(o, words.at[i].text);
	}
	return str_dup(v->arena, out_text(o));
}

static struct words list_of(const struct vector *v, const struct doc *list)
{
	struct words out = {0};
	for (size_t i = 0; list && i < list->n; i++)
		*vec_push(v->arena, &out) = (struct word){doc_string(list->entries[i].value), NULL};
	return out;
}

static int by_text(const void *x, const void *y)
{
	return str_cmp(((const struct word *)x)->text, ((const struct word *)y)->text);
}

/* What decides whether the unit starts, not with what, is no part of the recorded answers. */
static bool decides_value(const struct settings *s, struct str path)
{
	for (size_t i = 0; s && i < s->pending.n; i++)
		if (str_eq(s->pending.at[i].path, path))
			return true;
	return false;
}

/* What is still to come and can change the verdict. */
static struct words pending_of(const struct vector *v, const struct node *node)
{
	struct words out = {0};
	const struct rule *rule = rule_named(S("kubelet-make-iptables-util-chains"), S(""));
	struct finding f = rule_evaluate(node, rule, NULL, false);
	for (size_t i = 0; i < f.pending.n; i++)
		if (decides_value(node->settings, f.pending.at[i].path))
			*vec_push(v->arena, &out) = (struct word){f.pending.at[i].path, NULL};
	if (out.n)
		qsort(out.at, out.n, sizeof *out.at, by_text);
	return out;
}

/* The launch that the recorded unit makes, else the first. */
static const struct launch *find_launch(const struct launches *all, struct str unit)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].unit && str_eq(all->at[i].unit->id, unit))
			return &all->at[i];
	return all->n ? &all->at[0] : NULL;
}

struct told {
	const char *verdict;
	struct str source;
	struct str why;
	enum reason reason;
};

/* Answers under review on which an honest tool says "unknown", and for what reason. */
static bool honest(const struct vector *v, const struct told *got)
{
	static const struct {
		const char *file;
		enum reason reason;
	} all[] = {
		/* Talos runs a kubelet, with a configuration that its machine config makes. */
		{"077-talos-negative", REASON_GENERATED_AT_BOOT},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_starts(v->file, str_from(all[i].file)))
			return strcmp(got->verdict, "unknown") == 0 && got->reason == all[i].reason;
	return false;
}

static struct told answer_of(const struct node *node)
{
	struct told a = {.verdict = "not-applicable", .source = S("n/a")};
	if (!node->launch)
		return a;
	const struct settings *s = node->settings;
	const struct setting *x = setting_get(s, S("makeIPTablesUtilChains"));
	bool told = setting_decided(s, x) || (!s->error && s->doubt.reason == REASON_NONE);
	a.verdict = !told ? "unknown" : str_eq(x->value, S("true")) ? "pass" : "fail";
	a.source = told ? str_from(level_name(x->level)) : S("unknown");
	a.why = s->error ? s->error_text : s->doubt.text;
	a.reason = s->doubt.reason;
	return a;
}

void vector_corpus(const struct vector *v)
{
	const struct doc *want = vector_json(v, S("want.json"));
	struct rootfs *root = vector_root(v);
	struct systemd *sd = systemd_new(root, &(struct systemd_options){.version = 252});
	struct launches all = kubelet_launches(root, sd, NULL);
	struct node node = {.root = root};
	node.launch = find_launch(&all, doc_string(doc_get(want, S("unit"))));
	node.settings = node.launch ? kubelet_settings(root, node.launch, NULL) : NULL;
	struct told got = answer_of(&node);
	const struct doc *review = doc_get(want, S("review"));
	bool sure = review && str_eq(review->text, S("false"));
	struct str verdict = doc_string(doc_get(want, S("verdict")));
	struct str source = doc_string(doc_get(want, S("source")));
	bool right = str_eq(verdict, str_from(got.verdict)) && str_eq(source, got.source);
	right |= !sure && honest(v, &got);
	struct str have = str_fmt(v->arena, "%s from %" PRIstr " (%" PRIstr ")", got.verdict,
				  ARG(got.source), ARG(got.why));
	struct str expected =
		str_fmt(v->arena, "%" PRIstr " from %" PRIstr " (%" PRIstr ")", ARG(verdict),
			ARG(source), ARG(doc_string(doc_get(want, S("why")))));
	vector_count(v, sure ? "corpus" : "corpus-review", right, "verdict", have, expected);
	struct words argv = list_of(v, doc_get(want, S("argv")));
	struct words none = {0};
	have = list_text(v, node.launch ? node.launch->argv : none);
	expected = list_text(v, argv);
	vector_count(v, sure ? "corpus-argv" : "corpus-review-argv", str_eq(have, expected), "argv",
		     have, expected);
	have = list_text(v, pending_of(v, &node));
	expected = list_text(v, list_of(v, doc_get(want, S("pending"))));
	vector_count(v, sure ? "corpus-pending" : "corpus-review-pending", str_eq(have, expected),
		     "pending", have, expected);
}
