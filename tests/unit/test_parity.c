/*
 * test_parity.c - the founding rule beside the audit that benchmarks describe for it (CIS 4.2.6 and
 * 4.2.7, the check jeq-xry-fa2): a flag that is given must be true; without one, a config file must
 * not say false; with neither, the default of true holds. Wherever the audit gives a verdict, ours
 * is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "rules.h"

#include <cmocka.h>

/* What is given, and what the audit says; NULL where it says nothing. */
struct row {
	const char *flag;   /* NULL: absent */
	const char *config; /* NULL: no --config; "": a file that does not set it */
	const char *audit;
	const char *verdict;
};

static const struct row rows[] = {
	/* The flag is there: it decides, whatever the file says. */
	{"=true", NULL, "pass", "pass"},
	{"=true", "", "pass", "pass"},
	{"=true", "true", "pass", "pass"},
	{"=true", "false", "pass", "pass"},
	{"=false", NULL, "fail", "fail"},
	{"=false", "", "fail", "fail"},
	{"=false", "true", "fail", "fail"},
	{"=false", "false", "fail", "fail"},
	/* A bare flag is true: the audit speaks of its value alone. */
	{"", NULL, NULL, "pass"},
	{"", "false", NULL, "pass"},
	/* It is not there: the file decides, else the default. */
	{NULL, NULL, "pass", "pass"},
	{NULL, "", "pass", "pass"},
	{NULL, "true", "pass", "pass"},
	{NULL, "false", "fail", "fail"},
	/* What only a kubelet knows. */
	{NULL, "off", NULL, "fail"},
	{NULL, "null", NULL, "pass"},
	{NULL, "\"false\"", NULL, "unknown"},
	{"=off", NULL, NULL, "unknown"},
	{"=0", "true", NULL, "fail"},
};

static struct str capture_of(const struct row *r)
{
	struct str flag =
		r->flag ? str_fmt(arena, " --make-iptables-util-chains%s", r->flag) : S("");
	struct str text = str_fmt(arena,
				  "-- /etc/systemd/system/kubelet.service --\n[Service]\n"
				  "ExecStart=/usr/bin/kubelet%s%" PRIstr "\n",
				  r->config ? " --config=/etc/kubelet.yaml" : "", ARG(flag));
	if (!r->config)
		return text;
	return str_fmt(arena,
		       "%" PRIstr "-- /etc/kubelet.yaml --\n"
		       "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
		       "%s%s\n",
		       ARG(text), *r->config ? "makeIPTablesUtilChains: " : "", r->config);
}

static const char *verdict_of(const struct row *r, const char *number)
{
	struct rootfs *root = captured_root(arena, capture_of(r));
	struct systemd *sd = systemd_new(root, &(struct systemd_options){.version = 252});
	struct kubelet_options opts = {.version = {.major = 1, .minor = 34}};
	struct launches launches = kubelet_launches(root, sd, &opts);
	assert_int_equal(launches.n, 1);
	const struct settings *settings = kubelet_settings(root, &launches.at[0], &opts);
	const struct rule *rule = rule_named(str_from(number), S(""));
	struct node node = {root, sd, &launches.at[0], settings};
	assert_non_null(rule);
	assert_string_equal(rule->id, "kubelet-make-iptables-util-chains");
	return verdict_name(rule_evaluate(&node, rule, NULL, false).verdict);
}

static void agrees_with_the_audit(void **state)
{
	(void)state;
	static const char *const numbers[] = {"4.2.6", "4.2.7", "jeq-xry-fa2"};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t k = 0; k < 3; k++) {
			const struct row *r = &rows[i];
			const char *verdict = verdict_of(r, numbers[k]);
			bool right = strcmp(verdict, r->verdict) == 0 &&
				     (!r->audit || strcmp(verdict, r->audit) == 0);
			if (!right)
				fail_msg("flag %s, config %s: %s", r->flag ? r->flag : "absent",
					 r->config ? r->config : "absent", verdict);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_the_audit)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
