/*
 * rules.c - a rule put to a node: each want to its subject, the answers combined, and what decided
 * made the finding.
 */
#include "rules.h"

#include "arena.h"
#include "checks.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {"pass", "fail", "unknown", "not-applicable"};
	return names[v];
}

const char *source_name(enum source s)
{
	static const char *const names[] = {"default", "config", "config-dir",
					    "flag",    "unit",   "inode"};
	return names[s];
}

/* ---- answers ---- */

struct answer answer_unknown(const struct question *q, struct str name, struct doubt doubt)
{
	return (struct answer){.want = q->want,
			       .verdict = VERDICT_UNKNOWN,
			       .name = name,
			       .expected = ask_words(q->a, q->want->ask, str_from(q->value)),
			       .doubt = doubt};
}

struct answer answer_none(const struct question *q, struct str name, struct str why)
{
	struct answer answer = answer_unknown(q, name, (struct doubt){REASON_NONE, why, NULL});
	answer.verdict = VERDICT_NOT_APPLICABLE;
	return answer;
}

static void answer_live(const struct question *q, struct answers *out)
{
	struct str why = str_from(q->want->name);
	*vec_push(q->a, out) = answer_unknown(q, why, (struct doubt){REASON_LIVE_AUDIT, why, NULL});
}

static void answer_nothing(const struct question *q, struct answers *out)
{
	struct str why = str_from(q->want->name);
	*vec_push(q->a, out) = answer_none(q, why, why);
}

static void put(const struct question *q, struct answers *out)
{
	static answer_fn *const by_subject[] = {
		[SUBJECT_SETTING] = answer_setting, [SUBJECT_FILES] = answer_files,
		[SUBJECT_UNIT] = answer_unit,       [SUBJECT_PROXY] = answer_proxy,
		[SUBJECT_LIVE] = answer_live,       [SUBJECT_NONE] = answer_nothing,
	};
	by_subject[q->want->subject](q, out);
}

/* ---- verdicts of several ---- */

/* Of all that were asked, one that fails decides; of any, one that passes. What was not to be
 * asked at all decides only when nothing else was. */
static enum verdict combined(const bool had[], bool any)
{
	static const enum verdict all_order[] = {VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_PASS,
						 VERDICT_NOT_APPLICABLE};
	static const enum verdict any_order[] = {VERDICT_PASS, VERDICT_UNKNOWN, VERDICT_FAIL,
						 VERDICT_NOT_APPLICABLE};
	const enum verdict *order = any ? any_order : all_order;
	for (size_t i = 0; i < 3; i++)
		if (had[order[i]])
			return order[i];
	return VERDICT_NOT_APPLICABLE;
}

static enum verdict verdict_of(const struct answers *all)
{
	bool had[4] = {0};
	for (size_t i = 0; i < all->n; i++)
		had[all->at[i].verdict] = true;
	return combined(had, false);
}

/* The want itself, or what meets it as well: that is told when it is met, or cannot be told. */
static void answer_want(struct question q, const struct want *want, const char *instead,
			struct answers *out)
{
	enum verdict verdict = VERDICT_NOT_APPLICABLE;
	for (const struct want *w = want; w; w = w->otherwise) {
		struct answers these = {0};
		q.want = w;
		q.value = w == want && instead ? instead : w->value;
		put(&q, &these);
		enum verdict v = verdict_of(&these);
		bool better =
			v == VERDICT_PASS || (v == VERDICT_UNKNOWN && verdict == VERDICT_FAIL);
		if (w == want || better) {
			*out = these;
			verdict = v;
		}
		if (verdict == VERDICT_PASS)
			return;
	}
}

/* The first answer of the verdict that was reached. */
static const struct answer *deciding(const struct answers *all, enum verdict verdict)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].verdict == verdict)
			return &all->at[i];
	return all->n ? &all->at[0] : NULL;
}

/* A pass hangs on each of its answers, a failure is certain when one of them is. */
static bool provisional(const struct answers *all, enum verdict verdict)
{
	bool one = false, every = true;
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].verdict == verdict) {
			one |= all->at[i].provisional;
			every &= all->at[i].provisional;
		}
	return verdict == VERDICT_FAIL ? one && every : one;
}

static void take(struct finding *f, const struct answer *answer)
{
	f->want = answer->want;
	f->option = answer->option;
	f->doubt = answer->doubt;
	f->effective = answer->value;
	f->expected = answer->expected;
	f->source = answer->source;
	f->from = answer->from;
	f->shadowed = answer->shadowed;
	f->pending = answer->pending;
	f->intended = answer->intended;
	f->remedy = answer->remedy;
}

/* ---- findings ---- */

/* The doubt of --strict: the first of the inputs that are still to come. */
static struct doubt doubt_pending(struct arena *a, const struct node *node, const struct pending *p)
{
	const struct settings *s = node->settings;
	/* A mount may give it another path there. */
	bool config = str_eq(p->path, s->config.text) || str_eq(p->path, s->config_dir.text) ||
		      (p->from && (p->from == s->config.from || p->from == s->config_dir.from));
	bool variables = str_has(p->why, S("EnvironmentFile"));
	bool writer = p->writer.n && !str_has(p->why, p->writer);
	struct str text = str_fmt(a, "%" PRIstr ": %" PRIstr, ARG(p->path), ARG(p->why));
	if (writer)
		text = str_fmt(a, "%" PRIstr "; %" PRIstr " writes it", ARG(text), ARG(p->writer));
	return (struct doubt){config      ? REASON_CONFIG_ABSENT
			      : variables ? REASON_ENV_FILE_ABSENT
					  : REASON_GENERATED_AT_BOOT,
			      text, p->from};
}

static struct finding finding_new(const struct node *node, const struct rule *rule,
				  const struct control *control)
{
	struct arena *a = rootfs_arena(node->root);
	const char *value = control && control->value ? control->value : rule->wants[0].value;
	return (struct finding){.rule = rule,
				.control = control,
				.number = control ? control->number
						  : rule_number(rule, (struct str){0}),
				.launch = node->launch,
				.want = &rule->wants[0],
				.option = rule_option(rule),
				.expected = ask_words(a, rule->wants[0].ask, str_from(value))};
}

static struct finding finding_unread(const struct rule *rule, const struct control *control,
				     struct rootfs *root, struct doubt why)
{
	struct finding f = finding_new(&(struct node){.root = root}, rule, control);
	f.verdict = VERDICT_UNKNOWN;
	f.doubt = why;
	return f;
}

/* What was found does not count: it cannot be told after all. */
static void take_back(struct finding *f, struct doubt why)
{
	f->verdict = VERDICT_UNKNOWN;
	f->provisional = false;
	f->doubt = why;
	f->effective = f->remedy = f->note = (struct str){0};
	f->from = NULL;
	f->shadowed = NULL;
}

static void note_of(struct arena *a, struct finding *f)
{
	bool told = f->verdict == VERDICT_PASS || f->verdict == VERDICT_FAIL;
	const char *note = f->source == SOURCE_DEFAULT ? f->rule->unset_note : f->rule->given_note;
	if (told && note)
		f->note = str_from(note);
	if (f->control && f->control->mode == CONTROL_SKIPPED)
		f->note = str_fmt(a, "%s%s%" PRIstr, f->control->benchmark,
				  f->note.n ? " leaves this out; " : " leaves this out",
				  ARG(f->note));
}

static void evaluate(const struct node *node, struct finding *f)
{
	const struct rule *rule = f->rule;
	struct question q = {.a = rootfs_arena(node->root), .node = node, .rule = rule};
	const char *instead = f->control ? f->control->value : NULL;
	bool had[4] = {0};
	for (size_t i = 0; i < rule->n; i++) {
		struct answers these = {0};
		answer_want(q, &rule->wants[i], instead, &these);
		had[verdict_of(&these)] = true;
		for (size_t k = 0; k < these.n; k++)
			*vec_push(q.a, &f->answers) = these.at[k];
	}
	f->verdict = combined(had, rule->any);
	const struct answer *answer = deciding(&f->answers, f->verdict);
	if (answer)
		take(f, answer);
	f->provisional = provisional(&f->answers, f->verdict);
	note_of(q.a, f);
}

struct finding rule_evaluate(const struct node *node, const struct rule *rule,
			     const struct control *control, bool strict)
{
	struct finding f = finding_new(node, rule, control);
	if (!node->launch) {
		struct doubt unread = rootfs_doubt(node->root);
		if (unread.reason != REASON_NONE)
			return finding_unread(rule, control, node->root, unread);
		f.verdict = VERDICT_NOT_APPLICABLE;
		f.doubt.text = S("no kubelet is launched");
		return f;
	}
	evaluate(node, &f);
	struct doubt stale = rootfs_stale(node->root);
	if (strict && f.provisional && f.pending.n)
		take_back(&f, doubt_pending(rootfs_arena(node->root), node, &f.pending.at[0]));
	if (f.verdict != VERDICT_UNKNOWN && stale.reason != REASON_NONE)
		take_back(&f, stale);
	return f;
}

/* A unit file or unit directory that could not be read may launch a kubelet nobody saw. */
static struct doubt unseen_unit(struct rootfs *root, const struct launches *launches)
{
	struct words unread = rootfs_unreadable(root);
	for (size_t i = 0; i < launches->n; i++)
		if (launches->at[i].doubt.reason != REASON_NONE)
			return (struct doubt){0};
	for (size_t i = 0; i < unread.n; i++)
		if (str_has(unread.at[i].text, S("/systemd/")))
			return (struct doubt){REASON_UNREADABLE, unread.at[i].text, NULL};
	return (struct doubt){0};
}

struct findings rules_evaluate(struct rootfs *root, struct systemd *sd,
			       const struct launches *launches,
			       const struct settings *const *settings, const struct rule_set *set,
			       struct str benchmark, bool strict)
{
	struct arena *a = rootfs_arena(root);
	struct findings out = {0};
	struct doubt unseen = launches->n ? unseen_unit(root, launches) : (struct doubt){0};
	for (size_t r = 0; r < set->n; r++) {
		const struct control *control = rule_control(set->at[r], benchmark);
		for (size_t i = 0; i < launches->n; i++) {
			struct node node = {root, sd, &launches->at[i], settings[i]};
			*vec_push(a, &out) = rule_evaluate(&node, set->at[r], control, strict);
		}
		if (launches->n == 0)
			*vec_push(a, &out) = rule_evaluate(&(struct node){.root = root}, set->at[r],
							   control, strict);
		if (unseen.reason != REASON_NONE)
			*vec_push(a, &out) = finding_unread(set->at[r], control, root, unseen);
	}
	return out;
}
