/*
 * rules.c - the table of rules, their names in benchmarks, and their evaluation over the
 * launches of one image.
 */
#include "rules.h"

#include "arena.h"
#include "benchmarks.h"

static const struct rule rules[] = {
	{
		.id = "kubelet-make-iptables-util-chains",
		.title = "make-iptables-util-chains must be true",
		.severity = "low",
		.about =
			"The kubelet keeps a few iptables chains of its own (KUBE-MARK-DROP, "
			"KUBE-FIREWALL and their like) that kube-proxy and network plugins lean on. "
			"When it is told not to, packets that should be dropped or masqueraded may "
			"pass, and the node's rules drift away from its services and pods.",
		.remedy =
			"set makeIPTablesUtilChains: true in the file given by --config and give no "
			"--make-iptables-util-chains flag, then restart the kubelet",
		.check = check_setting,
		.want = {"makeIPTablesUtilChains", "true"},
	},
};

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {"pass", "fail", "unknown", "not-applicable"};
	return names[v];
}

const struct rule *rules_all(size_t *n)
{
	*n = sizeof rules / sizeof *rules;
	return rules;
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

/* ---- names ---- */

typedef bool visit_control(void *arg, const struct control *c);

/* Calls `visit` on each control until it says false. */
static void each_control(visit_control *visit, void *arg)
{
	size_t families;
	const struct controls *const *all = controls_all(&families);
	for (size_t f = 0; f < families; f++)
		for (size_t i = 0; i < all[f]->n; i++)
			if (!visit(arg, &all[f]->at[i]))
				return;
}

static const struct rule *rule_of_id(struct str id)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (str_eq(str_from(rules[i].id), id))
			return &rules[i];
	return NULL;
}

static void set_add(struct arena *a, struct rule_set *set, const struct rule *rule)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->at[i] == rule)
			return;
	*vec_push(a, set) = rule;
}

struct naming {
	struct arena *arena;
	struct str name;
	struct rule_set set;
	struct words words;
	const struct rule *rule;
	const char *number;
	bool known;
};

static bool add_numbered(void *arg, const struct control *c)
{
	struct naming *n = arg;
	if (str_eq(str_from(c->number), n->name))
		set_add(n->arena, &n->set, rule_of_id(str_from(c->rule)));
	return true;
}

struct rule_set rules_named(struct arena *a, struct str name)
{
	struct naming n = {.arena = a, .name = name};
	const struct rule *rule = rule_of_id(name);
	if (rule)
		set_add(a, &n.set, rule);
	else
		each_control(add_numbered, &n);
	return n.set;
}

static bool add_member(void *arg, const struct control *c)
{
	struct naming *n = arg;
	if (str_eq(str_from(c->benchmark), n->name)) {
		n->known = true;
		set_add(n->arena, &n->set, rule_of_id(str_from(c->rule)));
	}
	return true;
}

bool rules_of_benchmark(struct arena *a, struct str benchmark, struct rule_set *out)
{
	struct naming n = {.arena = a, .name = benchmark};
	each_control(add_member, &n);
	if (n.known)
		*out = n.set;
	return n.known;
}

static bool add_alias(void *arg, const struct control *c)
{
	struct naming *n = arg;
	if (!str_eq(str_from(c->rule), str_from(n->rule->id)))
		return true;
	for (size_t i = 0; i < n->words.n; i++)
		if (str_eq(n->words.at[i].text, str_from(c->number)))
			return true;
	*vec_push(n->arena, &n->words) = (struct word){str_from(c->number), NULL};
	return true;
}

struct words rule_aliases(struct arena *a, const struct rule *rule)
{
	struct naming n = {.arena = a, .rule = rule};
	each_control(add_alias, &n);
	return n.words;
}

static bool find_number(void *arg, const struct control *c)
{
	struct naming *n = arg;
	bool mine = str_eq(str_from(c->rule), str_from(n->rule->id));
	if (mine && (n->name.n == 0 || str_eq(str_from(c->benchmark), n->name)))
		n->number = c->number;
	return !n->number;
}

const char *rule_number(const struct rule *rule, struct str benchmark)
{
	struct naming n = {.rule = rule, .name = benchmark};
	each_control(find_number, &n);
	n.name = (struct str){0};
	if (!n.number)
		each_control(find_number, &n);
	return n.number ? n.number : "";
}

/* ---- evaluation ---- */

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

static struct finding finding_new(const struct node *node, const struct rule *rule)
{
	return (struct finding){.rule = rule,
				.number = rule_number(rule, (struct str){0}),
				.launch = node->launch,
				.expected = str_from(rule->want.value)};
}

static struct finding finding_unread(const struct rule *rule, struct rootfs *root, struct str what)
{
	struct finding f = finding_new(&(struct node){.root = root}, rule);
	f.verdict = VERDICT_UNKNOWN;
	f.doubt = (struct doubt){REASON_UNREADABLE, what, NULL};
	return f;
}

struct finding rule_evaluate(const struct node *node, const struct rule *rule, bool strict)
{
	struct finding f = finding_new(node, rule);
	if (!node->launch) {
		struct words unread = rootfs_unreadable(node->root);
		if (unread.n)
			return finding_unread(rule, node->root, unread.at[0].text);
		f.verdict = VERDICT_NOT_APPLICABLE;
		return f;
	}
	rule->check(node, rule, &f);
	if (strict && f.provisional && f.pending.n) {
		f.verdict = VERDICT_UNKNOWN;
		f.provisional = false;
		f.doubt = doubt_pending(rootfs_arena(node->root), node, &f.pending.at[0]);
		f.effective = f.remedy = (struct str){0};
		f.from = NULL;
		f.shadowed = NULL;
	}
	return f;
}

/* A unit file or unit directory that could not be read may launch a kubelet nobody saw. */
static struct str unseen_unit(struct rootfs *root, const struct launches *launches)
{
	struct words unread = rootfs_unreadable(root);
	for (size_t i = 0; i < launches->n; i++)
		if (launches->at[i].doubt.reason != REASON_NONE)
			return (struct str){0};
	for (size_t i = 0; i < unread.n; i++)
		if (str_has(unread.at[i].text, S("/systemd/")))
			return unread.at[i].text;
	return (struct str){0};
}

struct findings rules_evaluate(struct rootfs *root, const struct launches *launches,
			       const struct settings *const *settings, const struct rule_set *set,
			       struct str benchmark, bool strict)
{
	struct arena *a = rootfs_arena(root);
	struct findings out = {0};
	struct str unseen = launches->n ? unseen_unit(root, launches) : (struct str){0};
	for (size_t r = 0; r < set->n; r++) {
		for (size_t i = 0; i < launches->n; i++) {
			struct node node = {root, &launches->at[i], settings[i]};
			*vec_push(a, &out) = rule_evaluate(&node, set->at[r], strict);
		}
		if (launches->n == 0)
			*vec_push(a, &out) =
				rule_evaluate(&(struct node){.root = root}, set->at[r], strict);
		if (unseen.n)
			*vec_push(a, &out) = finding_unread(set->at[r], root, unseen);
	}
	for (size_t i = 0; i < out.n; i++)
		out.at[i].number = rule_number(out.at[i].rule, benchmark);
	return out;
}
