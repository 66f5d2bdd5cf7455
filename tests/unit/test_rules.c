/*
 * test_rules.c - verdicts over hand-made launches and settings: what may decide, what may not,
 * and the names that rules have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "arena.h"
#include "checks.h"

#define ID "kubelet-make-iptables-util-chains"

static struct arena *arena;
static struct rootfs *root;

static struct rootfs *root_of(struct str capture)
{
	struct fs_options opts = {.max.entries = 100, .max_kept = 1 << 20, .max.file = 1 << 20};
	struct error e = {0};
	struct layers *layers = NEW(arena, struct layers);
	struct notes *notes = NEW(arena, struct notes);
	notes->arena = arena;
	struct fs *fs = fs_open_txtar(arena, blob_memory(arena, S("capture"), capture), &opts, &e);
	assert_non_null(fs);
	*vec_push(arena, layers) = (struct layer){.fs = fs, .label = S("capture")};
	return rootfs_new(arena, layers, notes);
}

struct given {
	const char *label;
	const char *value;
	enum level level;
	enum reason launch, settings; /* doubts */
	const char *error;
	bool pending;
	bool strict;
	enum verdict verdict;
	enum reason reason;
	bool provisional;
};

/* What a kubelet without any flag runs with, but for the one setting. */
static struct settings settings_with(const char *value, enum level level)
{
	struct launch bare = {.layout = "systemd"};
	struct kubelet_options opts = {0};
	*vec_push(arena, &bare.argv) = (struct word){S("/usr/bin/kubelet"), NULL};
	struct settings s = *kubelet_settings(root, &bare, &opts);
	struct setting *at = NEW_N(arena, struct setting, s.n);
	memcpy(at, s.at, s.n * sizeof *at);
	const struct option *option = option_find(S("makeIPTablesUtilChains"));
	for (size_t i = 0; i < s.n; i++)
		if (at[i].option == option) {
			at[i].value = str_from(value);
			at[i].level = level;
		}
	s.at = at;
	return s;
}

static struct finding judge(const struct given *g)
{
	struct launch l = {.layout = "systemd", .doubt = {g->launch, S("launch"), NULL}};
	struct settings s = settings_with(g->value, g->level);
	s.error = g->error;
	s.doubt = (struct doubt){g->settings, S("settings"), NULL};
	if (g->pending)
		*vec_push(arena, &l.pending) = (struct pending){
			.path = S("/etc/x"), .why = S("optional EnvironmentFile, absent")};
	struct node node = {root, NULL, &l, &s};
	size_t n;
	return rule_evaluate(&node, rules_all(&n), NULL, g->strict);
}

static void verdicts(void **state)
{
	(void)state;
	static const struct given cases[] = {
		{.label = "default", .value = "true", .verdict = VERDICT_PASS},
		{.label = "config false",
		 .value = "false",
		 .level = LEVEL_CONFIG,
		 .verdict = VERDICT_FAIL},
		{.label = "provisional", .value = "true", .pending = true, .provisional = true},
		{.label = "strict",
		 .value = "true",
		 .pending = true,
		 .strict = true,
		 .verdict = VERDICT_UNKNOWN,
		 .reason = REASON_ENV_FILE_ABSENT},
		{.label = "strict without pendings", .value = "true", .strict = true},
		{.label = "config absent",
		 .value = "true",
		 .settings = REASON_CONFIG_ABSENT,
		 .verdict = VERDICT_UNKNOWN,
		 .reason = REASON_CONFIG_ABSENT},
		{.label = "flag over an absent config",
		 .value = "false",
		 .level = LEVEL_FLAG,
		 .settings = REASON_CONFIG_ABSENT,
		 .verdict = VERDICT_FAIL},
		{.label = "flag over a broken config",
		 .value = "true",
		 .level = LEVEL_FLAG,
		 .settings = REASON_UNREADABLE,
		 .verdict = VERDICT_UNKNOWN,
		 .reason = REASON_UNREADABLE},
		{.label = "launch in doubt",
		 .value = "true",
		 .level = LEVEL_FLAG,
		 .launch = REASON_ENV_FILE_ABSENT,
		 .verdict = VERDICT_UNKNOWN,
		 .reason = REASON_ENV_FILE_ABSENT},
		{.label = "specifier beside a flag",
		 .value = "false",
		 .level = LEVEL_FLAG,
		 .launch = REASON_RUNTIME_SPECIFIER,
		 .verdict = VERDICT_FAIL},
		{.label = "specifier and no flag",
		 .value = "true",
		 .launch = REASON_RUNTIME_SPECIFIER,
		 .verdict = VERDICT_UNKNOWN,
		 .reason = REASON_RUNTIME_SPECIFIER},
		{.label = "would not start",
		 .value = "true",
		 .level = LEVEL_FLAG,
		 .error = "unknown-flag",
		 .verdict = VERDICT_UNKNOWN,
		 .reason = REASON_KUBELET_WOULD_NOT_START},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct finding f = judge(&cases[i]);
		bool same = f.verdict == cases[i].verdict && f.doubt.reason == cases[i].reason &&
			    f.provisional == cases[i].provisional;
		if (!same)
			print_error("%s: %s %s\n", cases[i].label, verdict_name(f.verdict),
				    reason_name(f.doubt.reason));
		assert_true(same);
		assert_int_equal(f.effective.n == 0, f.verdict == VERDICT_UNKNOWN);
	}
}

static struct findings evaluate(struct rootfs *r, const struct launches *launches)
{
	struct rule_set set = {0};
	*vec_push(arena, &set) = rule_named(S(ID), S(""));
	struct settings s = settings_with("true", LEVEL_DEFAULT);
	const struct settings *settings[] = {&s, &s};
	return rules_evaluate(r, NULL, launches, settings, &set, S("cis-1.20"), false);
}

static void without_a_kubelet(void **state)
{
	(void)state;
	struct launches none = {0};
	struct findings f = evaluate(root, &none);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.at[0].verdict, VERDICT_NOT_APPLICABLE);
	assert_string_equal(f.at[0].number, "4.2.7");
}

/* A unit that cannot be read may be a kubelet: an unknown, alone or beside what was judged. */
static void with_units_unread(void **state)
{
	(void)state;
	struct rootfs *r = root_of(S("-- /etc/systemd/system/a.service -> b.service --\n"
				     "-- /etc/systemd/system/b.service -> a.service --\n"));
	assert_int_equal(rootfs_read(r, S("/etc/systemd/system/a.service"))->state,
			 FILE_UNREADABLE);
	struct launches launches = {0};
	struct findings f = evaluate(r, &launches);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.at[0].verdict, VERDICT_UNKNOWN);
	*vec_push(arena, &launches) = (struct launch){.layout = "systemd"};
	f = evaluate(r, &launches);
	assert_int_equal(f.n, 2);
	assert_int_equal(f.at[0].verdict, VERDICT_PASS);
	assert_int_equal(f.at[1].verdict, VERDICT_UNKNOWN);
	assert_int_equal(f.at[1].doubt.reason, REASON_UNREADABLE);
}

/* The numbers that the founding rule ever had name it, unless a benchmark says otherwise. */
static void names(void **state)
{
	(void)state;
	static const struct {
		const char *name, *benchmark, *id;
	} rows[] = {
		{ID, "", ID},
		{"4.2.6", "", ID},
		{"4.2.7", "", ID},
		{"3.2.6", "", ID},
		{"3.2.7", "", ID},
		{"7.8", "", ID},
		{"jeq-xry-fa2", "", ID},
		{"jeq-xry-fa2", "cis-1.8", ID},
		{"4.2.6", "cis-1.12", ID},
		{"4.2.7", "cis-1.24", ID},
		{"4.2.6", "cis-1.24", "kubelet-protect-kernel-defaults"},
		{"4.2.7", "cis-1.12", "kubelet-hostname-override"},
		{"4.2.6", "rh-1.4", "kubelet-streaming-idle-timeout"},
		{"3.2.7", "eks-1.8.0", "kubelet-event-qps"},
		{"4.2.8", "", "kubelet-event-qps"},
		{"4.2.8", "cis-1.6", "kubelet-hostname-override"},
		{"3.1.1", "", "kubelet-kubeconfig-mode"},
		{"3.1.1", "gke-1.9.0", "proxy-kubeconfig-mode"},
		{"V-242387", "", "kubelet-read-only-port"},
		{"kubelet-seccomp-default", "cis-1.5", "kubelet-seccomp-default"},
		{"4.2", "", NULL},
		{"", "", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct rule *rule =
			rule_named(str_from(rows[i].name), str_from(rows[i].benchmark));
		assert_true(rows[i].id || !rule);
		if (rows[i].id && (!rule || strcmp(rule->id, rows[i].id) != 0))
			print_error("%s in '%s': %s\n", rows[i].name, rows[i].benchmark,
				    rule ? rule->id : "nothing");
		assert_true(!rows[i].id || (rule && strcmp(rule->id, rows[i].id) == 0));
	}
	const struct rule *rule = rule_named(S(ID), S(""));
	assert_string_equal(rule_number(rule, S("")), "4.2.6");
	assert_string_equal(rule_number(rule, S("rh-0.7")), "7.8");
	assert_string_equal(rule_number(rule, S("no-such")), "4.2.6");
	assert_int_equal(rule_aliases(arena, rule).n, 6);
}

/* How many rules a benchmark has, counted by hand in the benchmarks themselves. */
static void members(void **state)
{
	(void)state;
	static const struct {
		const char *benchmark;
		size_t n;
	} rows[] = {{"cis-1.12", 25}, {"eks-1.8.0", 13}, {"gke-1.9.0", 4}, {"datadog", 1}};
	struct rule_set set;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		set = (struct rule_set){0};
		assert_true(rules_of_benchmark(arena, str_from(rows[i].benchmark), &set));
		if (set.n != rows[i].n)
			print_error("%s: %zu rules\n", rows[i].benchmark, set.n);
		assert_int_equal(set.n, rows[i].n);
	}
	assert_false(rules_of_benchmark(arena, S("eks"), &set));
	assert_false(rules_of_benchmark(arena, S(""), &set));
}

/* Each control speaks of a rule that there is and asks for a value that fits it, no benchmark gives
 * one number twice; each rule has what every report shows, and wants what can be asked. */
static void tables(void **state)
{
	(void)state;
	size_t families, rules;
	const struct rule *rule = rules_all(&rules);
	const struct controls *const *all = controls_all(&families);
	struct str why;
	for (size_t f = 0; f < families; f++)
		for (size_t i = 0; i < all[f]->n; i++) {
			const struct control *c = &all[f]->at[i];
			const struct rule *of = rule_named(str_from(c->rule), S(""));
			assert_non_null(of);
			if (c->value)
				assert_true(ask_fits(of->wants[0].subject, of->wants[0].ask,
						     str_from(c->value), &why));
			for (size_t k = 0; k < i; k++)
				if (strcmp(c->benchmark, all[f]->at[k].benchmark) == 0)
					assert_string_not_equal(c->number, all[f]->at[k].number);
		}
	assert_int_equal(rules, 29);
	for (size_t i = 0; i < rules; i++) {
		const struct want *w = &rule[i].wants[0];
		assert_true(rule[i].n > 0 && rule[i].title && rule[i].about && rule[i].remedy);
		assert_true(rule_control(&rule[i], S("")) != NULL);
		assert_true(ask_fits(w->subject, w->ask, str_from(w->value), &why));
		assert_true(rule_wants(arena, &rule[i], NULL).n > 0);
	}
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(64 << 20, NULL, NULL);
	root = root_of(S("-- /etc/hostname --\nnode\n"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),          cmocka_unit_test(without_a_kubelet),
		cmocka_unit_test(with_units_unread), cmocka_unit_test(names),
		cmocka_unit_test(members),           cmocka_unit_test(tables),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
