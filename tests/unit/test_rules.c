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
#include "rules.h"

#define ID "kubelet-make-iptables-util-chains"

static struct arena *arena;
static struct rootfs *root;

static struct rootfs *root_of(struct str capture)
{
	struct fs_options opts = {.max_entries = 100, .max_kept = 1 << 20, .max_file = 1 << 20};
	struct error e = {0};
	struct layers *layers = NEW(arena, struct layers);
	struct notes *notes = NEW(arena, struct notes);
	notes->arena = arena;
	struct fs *fs = fs_open_txtar(arena, blob_memory(arena, S("capture"), capture), &opts, &e);
	assert_non_null(fs);
	*vec_push(arena, layers) = (struct layer){fs, S("capture")};
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
	struct node node = {root, &l, &s};
	size_t n;
	return rule_evaluate(&node, rules_all(&n), g->strict);
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
	struct rule_set set = rules_named(arena, S(ID));
	struct settings s = settings_with("true", LEVEL_DEFAULT);
	const struct settings *settings[] = {&s, &s};
	return rules_evaluate(r, launches, settings, &set, S("cis-1.20"), false);
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

static void names(void **state)
{
	(void)state;
	static const char *const known[] = {ID,      "4.2.6", "4.2.7",      "3.2.6",
					    "3.2.7", "7.8",   "jeq-xry-fa2"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_int_equal(rules_named(arena, str_from(known[i])).n, 1);
	assert_int_equal(rules_named(arena, S("4.2")).n, 0);
	assert_int_equal(rules_named(arena, S("")).n, 0);
	size_t n;
	const struct rule *rule = rules_all(&n);
	assert_string_equal(rule_number(rule, S("")), "4.2.6");
	assert_string_equal(rule_number(rule, S("rh-0.7")), "7.8");
	assert_string_equal(rule_number(rule, S("no-such")), "4.2.6");
	assert_int_equal(rule_aliases(arena, rule).n, 6);
	struct rule_set set = {0};
	assert_true(rules_of_benchmark(arena, S("eks-1.8.0"), &set));
	assert_int_equal(set.n, 1);
	assert_false(rules_of_benchmark(arena, S("eks"), &set));
}

/* Each control speaks of a rule that there is, each rule of an option that there is. */
static void tables(void **state)
{
	(void)state;
	size_t families, rules, controls = 0;
	const struct rule *rule = rules_all(&rules);
	const struct controls *const *all = controls_all(&families);
	for (size_t f = 0; f < families; f++)
		for (size_t i = 0; i < all[f]->n; i++) {
			controls++;
			assert_int_equal(rules_named(arena, str_from(all[f]->at[i].rule)).n, 1);
		}
	assert_int_equal(controls, 44);
	for (size_t i = 0; i < rules; i++)
		assert_non_null(option_find(str_from(rule[i].want.path)));
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
		cmocka_unit_test(verdicts),
		cmocka_unit_test(without_a_kubelet),
		cmocka_unit_test(with_units_unread),
		cmocka_unit_test(names),
		cmocka_unit_test(tables),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
