/*
 * test_reach.c - which absent environment files can still change a setting. Rows follow
 * systemd.service(5), "COMMAND LINES" (`$NAME` as a word is split into words, `${NAME}` never is),
 * and pflag: the last of two flags counts, a flag that is no boolean takes the next word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "rules.h"

#include <cmocka.h>

#define FLAG "--make-iptables-util-chains=true"
#define UNIT(lines, exec) \
	"-- /etc/systemd/system/kubelet.service --\n[Service]\n" lines \
	"ExecStart=/usr/bin/kubelet " exec "\n"
#define ENV "EnvironmentFile=-/etc/env\n"

struct row {
	const char *capture;
	const char *pending; /* paths joined by a blank */
};

static const struct row rows[] = {
	{UNIT(ENV, "--v=2"), ""},
	{UNIT(ENV, "$ARGS"), "/etc/env"},
	{UNIT(ENV, "\"$ARGS\""), "/etc/env"},
	{UNIT(ENV, "--v=2 ${ARGS}"), "/etc/env"},
	{UNIT(ENV, "--${ARGS}"), "/etc/env"},
	{UNIT(ENV, "--node-ip=${IP}"), ""},
	{UNIT(ENV, "--node-ip ${IP}"), ""},
	{UNIT(ENV, "--node-labels=a=${A},b=${B} --node-ip=${IP}"), ""},
	{UNIT(ENV, "--register-node ${ARGS}"), "/etc/env"},
	{UNIT(ENV, "--make-iptables-util-chains=${CHAINS}"), "/etc/env"},
	{UNIT(ENV, "--config=${FILE}"), "/etc/env"},
	{UNIT(ENV, "--unknown-flag=${X}"), "/etc/env"},
	{UNIT(ENV, "--config=${FILE} " FLAG), ""},
	{UNIT(ENV, "$ARGS " FLAG), ""},
	{UNIT(ENV, FLAG " $ARGS"), "/etc/env"},
	{UNIT(ENV, FLAG " --node-ip=${IP}"), ""},
	/* A later file that is there keeps its variables from an earlier one. */
	{UNIT(ENV "EnvironmentFile=-/etc/late\n", "$ARGS") "-- /etc/late --\nARGS=--v=2\n", ""},
	{UNIT("EnvironmentFile=-/etc/late\n" ENV, "$ARGS") "-- /etc/late --\nARGS=--v=2\n",
	 "/etc/env"},
	{UNIT(ENV "EnvironmentFile=-/etc/late\n", "$ARGS $MORE") "-- /etc/late --\nARGS=--v=2\n",
	 "/etc/env"},
	/* Environment= yields to any file. */
	{UNIT(ENV "Environment=ARGS=--v=2\n", "$ARGS"), "/etc/env"},
	/* Without this one nothing starts. */
	{UNIT("EnvironmentFile=/etc/env\n", "--node-ip=${IP}"), "/etc/env"},
};

static struct finding judge(const char *capture)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	struct systemd *sd = systemd_new(root, &(struct systemd_options){0});
	struct launches all = kubelet_launches(root, sd, NULL);
	const struct rule *rule = rule_named(S("4.2.6"), S(""));
	assert_int_equal(all.n, 1);
	struct node node = {root, NULL, &all.at[0], kubelet_settings(root, &all.at[0], NULL)};
	return rule_evaluate(&node, rule, NULL, false);
}

static void reached(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct finding f = judge(rows[i].capture);
		struct str got = S("");
		for (size_t k = 0; k < f.pending.n; k++)
			/* The program that is not there decides nothing here. */
			if (!str_starts(f.pending.at[k].path, S("/usr/bin/")))
				got = str_cat(arena, got.n ? str_cat(arena, got, S(" ")) : got,
					      f.pending.at[k].path);
		if (!str_eq(got, str_from(rows[i].pending))) {
			print_error("row %zu: %" PRIstr "\n%s", i, ARG(got), rows[i].capture);
			fail();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reached)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
