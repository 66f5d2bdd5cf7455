/*
 * test_k0s.c - the kubelet's arguments as k0s makes them. Expected values follow
 * pkg/component/worker/kubelet.go, internal/pkg/flags (with the cases of its flags_test.go) and
 * pkg/config/cli.go of k0s.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet.h"

#include <cmocka.h>

#define K0S(args) \
	"-- /etc/systemd/system/k0s.service --\n[Service]\nExecStart=/usr/bin/k0s " args "\n"
#define OWN(config) \
	"--cert-dir=/var/lib/k0s/kubelet/pki --config=" config \
	" --kubeconfig=/var/lib/k0s/kubelet.conf"
#define ROOT " --root-dir=/var/lib/k0s/kubelet"
#define RUN "/run/k0s/kubelet/config.yaml"

struct row {
	const char *capture;
	const char *argv; /* behind "kubelet"; NULL: no launch */
	enum reason reason;
};

static const struct row rows[] = {
	{K0S("worker"), OWN(RUN) ROOT, REASON_NONE},
	{K0S("--debug worker --token-file /t"), OWN(RUN) ROOT, REASON_NONE},
	{K0S("--data-dir /d worker"),
	 "--cert-dir=/d/kubelet/pki --config=" RUN " --kubeconfig=/d/kubelet.conf "
	 "--root-dir=/d/kubelet",
	 REASON_NONE},
	{K0S("worker --kubelet-root-dir=/var/lib/kubelet"),
	 "--cert-dir=/var/lib/kubelet/pki --config=" RUN " --kubeconfig=/var/lib/k0s/kubelet.conf "
	 "--root-dir=/var/lib/kubelet",
	 REASON_NONE},

	/* flags.Split */
	{K0S("worker \"--kubelet-extra-args=--foo=bar --foobar=xyz,asd --bool-flag\""),
	 "--bool-flag= --cert-dir=/var/lib/k0s/kubelet/pki --config=" RUN
	 " --foo=bar --foobar=xyz,asd --kubeconfig=/var/lib/k0s/kubelet.conf" ROOT,
	 REASON_NONE},
	{K0S("worker --kubelet-extra-args \"  --v=2\\t--v=3 \""), OWN(RUN) ROOT " --v=3",
	 REASON_NONE},
	{K0S("worker --kubelet-extra-args=--v=2 --kubelet-extra-args=--x=1"),
	 OWN(RUN) ROOT " --x=1", REASON_NONE},
	{K0S("worker --kubelet-extra-args=--v=a=b"), OWN(RUN) ROOT " --v=a=b", REASON_NONE},
	{K0S("worker --kubelet-extra-args=--config=/own"), OWN("/own") ROOT, REASON_NONE},
	{K0S("worker '--kubelet-extra-args=\"--v=2 --x=1\"'"), "\"--v=2 " OWN(RUN) ROOT " --x=1\"",
	 REASON_NONE},
	{K0S("worker '--kubelet-extra-args=--a_b=1 --a-b=2'"), "--a-b=2 --a_b=1 " OWN(RUN) ROOT,
	 REASON_RUNTIME_SPECIFIER},
	{K0S("worker -- --kubelet-extra-args=--v=2"), OWN(RUN) ROOT, REASON_NONE},
	{K0S("worker --token-file --kubelet-extra-args=--v=2"), OWN(RUN) ROOT, REASON_NONE},

	/* Controllers. */
	{K0S("controller"), NULL, REASON_NONE},
	{K0S("controller --enable-worker"), OWN(RUN) ROOT, REASON_NONE},
	{K0S("controller --single"), OWN(RUN) ROOT, REASON_NONE},
	{K0S("controller --enable-worker=0"), NULL, REASON_NONE},
	{K0S("controller --enable-worker --enable-worker=false"), NULL, REASON_NONE},
	{K0S("controller --config --single"), NULL, REASON_NONE},
	{K0S("server --enable-worker"), OWN(RUN) ROOT, REASON_NONE},
	{K0S("status"), NULL, REASON_NONE},
	{K0S("install worker"), NULL, REASON_NONE},
};

static struct launches launches_of(const char *capture)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	return kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
}

static struct str words_of(const struct launch *l)
{
	struct str out = S("");
	for (size_t i = 1; i < l->argv.n; i++)
		out = str_fmt(arena, "%" PRIstr "%s%" PRIstr, ARG(out), i > 1 ? " " : "",
			      ARG(l->argv.at[i].text));
	return out;
}

static void makes_arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct launches l = launches_of(r->capture);
		bool same = l.n == (r->argv != NULL);
		if (same && r->argv)
			same = str_eq(words_of(&l.at[0]), str_from(r->argv)) &&
			       l.at[0].doubt.reason == r->reason;
		if (!same) {
			print_error("%s\n", r->capture);
			if (l.n)
				print_error("%.*s (%s)\n", ARG(words_of(&l.at[0])),
					    reason_name(l.at[0].doubt.reason));
			fail();
		}
	}
}

static const struct settings *settings_of(const char *capture)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	struct launches l =
		kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
	assert_int_equal(l.n, 1);
	return kubelet_settings(root, &l.at[0], NULL);
}

/* The configuration comes with the start; extra arguments hold whatever it says. */
static void waits_for_the_configuration(void **state)
{
	(void)state;
	const struct settings *s =
		settings_of(K0S("worker --kubelet-extra-args=--make-iptables-util-chains=false"));
	assert_int_equal(s->doubt.reason, REASON_CONFIG_ABSENT);
	assert_true(setting_decided(s, setting_get(s, S("makeIPTablesUtilChains"))));
	assert_false(setting_decided(s, setting_get(s, S("authorization.mode"))));
	assert_int_equal(s->pending.n, 1);
	assert_string_equal(str_z(arena, s->pending.at[0].path), RUN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_arguments),
		cmocka_unit_test(waits_for_the_configuration),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
