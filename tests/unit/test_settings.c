/*
 * test_settings.c - kubelet_settings where the vectors do not look: what lost, origins, doubts, and
 * --config-dir in its three ages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "kubelet.h"

#include <cmocka.h>

#define HEAD "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
#define CHAINS "makeIPTablesUtilChains"

static struct rootfs *root_of(struct arena *a, const char *capture)
{
	static const struct fs_options none = {0};
	struct error e;
	struct blob *b = blob_memory(a, S("capture"), str_from(capture));
	struct layers *layers = NEW(a, struct layers);
	struct notes *notes = NEW(a, struct notes);
	notes->arena = a;
	*vec_push(a, layers) = (struct layer){.fs = fs_open_txtar(a, b, &none, &e)};
	return rootfs_new(a, layers, notes);
}

static const struct settings *settings_of(struct arena *a, const char *capture, unsigned minor,
					  const char *const *argv)
{
	struct launch l = {.workdir = S("/")};
	struct kubelet_options opts = {.version = {.major = minor ? 1 : 0, .minor = minor}};
	*vec_push(a, &l.environment) =
		(struct variable){.name = S("KUBELET_CONFIG_DROPIN_DIR_ALPHA")};
	*vec_push(a, &l.argv) = (struct word){S("kubelet"), NULL};
	for (; *argv; argv++)
		*vec_push(a, &l.argv) = (struct word){str_from(*argv), NULL};
	return kubelet_settings(root_of(a, capture), &l, &opts);
}

struct row {
	const char *capture;
	const char *argv[5];
	unsigned minor;
	const char *name, *value;
	enum level level;
	const char *error;
};

#define BASE "-- /c --\n" HEAD
#define DROP "-- /d/1.conf --\n" HEAD
#define DROP_JSON \
	"-- /d/1.conf --\n{\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\"," \
	"\"kind\":\"KubeletConfiguration\","

static const struct row rows[] = {
	{BASE "readOnlyPort: 1\n" DROP "readOnlyPort: null\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "readOnlyPort",
	 "0",
	 LEVEL_DEFAULT,
	 NULL},
	{BASE DROP "ReadOnlyPort: 7\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "readOnlyPort",
	 "7",
	 LEVEL_CONFIG_DIR,
	 NULL},
	{BASE DROP "makeiptablesutilchains: false\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 CHAINS,
	 "false",
	 LEVEL_CONFIG_DIR,
	 NULL},
	{BASE DROP "MAKEIPTABLESUTILCHAINS: false\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 CHAINS,
	 "true",
	 LEVEL_DEFAULT,
	 NULL},
	{BASE "authentication: {anonymous: {enabled: true}}\n" DROP
	      "authentication: {webhook: {enabled: false}}\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "authentication.anonymous.enabled",
	 "true",
	 LEVEL_CONFIG,
	 NULL},
	{BASE "evictionHard: {a: 1%, b: 2%}\n" DROP "evictionHard: {b: null, c: 3%}\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "evictionHard",
	 "{\"a\":\"1%\",\"c\":\"3%\"}",
	 LEVEL_CONFIG_DIR,
	 NULL},
	{BASE "evictionHard: {a: 1%}\n" DROP "evictionHard: null\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "evictionHard",
	 "",
	 LEVEL_DEFAULT,
	 NULL},
	/* A drop-in is carried as JSON whose numbers are float64; a config file is not. */
	{BASE DROP_JSON "\"maxPods\":1.5e2}\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "maxPods",
	 "150",
	 LEVEL_CONFIG_DIR,
	 NULL},
	{BASE DROP_JSON "\"maxPods\":1.5}\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "maxPods",
	 NULL,
	 LEVEL_DEFAULT,
	 "config-dir-decode"},
	{DROP_JSON "\"maxPods\":1.5e2}\n",
	 {"--config=/d/1.conf"},
	 34,
	 "maxPods",
	 NULL,
	 LEVEL_DEFAULT,
	 "config-decode"},
	/* encoding/json decodes a map into the one that is there. */
	{DROP_JSON "\"kubeReserved\":{\"cpu\":\"1\"},\"kubeReserved\":{\"pid\":\"2\"}}\n",
	 {"--config=/d/1.conf"},
	 34,
	 "kubeReserved",
	 "{\"cpu\":\"1\",\"pid\":\"2\"}",
	 LEVEL_CONFIG,
	 NULL},
	{DROP_JSON "\"kubeReserved\":{\"cpu\":\"1\"},\"kubeReserved\":null,"
		   "\"kubeReserved\":{\"pid\":\"2\"}}\n",
	 {"--config=/d/1.conf"},
	 34,
	 "kubeReserved",
	 "{\"pid\":\"2\"}",
	 LEVEL_CONFIG,
	 NULL},
	{BASE "clusterDNS: [a, b]\n" DROP "clusterDNS: [c]\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "clusterDNS",
	 "[\"c\"]",
	 LEVEL_CONFIG_DIR,
	 NULL},
	{BASE "clusterDNS: [a]\n" DROP "clusterDNS: x\n",
	 {"--config=/c", "--config-dir=/d"},
	 34,
	 "clusterDNS",
	 NULL,
	 LEVEL_CONFIG,
	 "config-dir-decode"},
	{DROP,
	 {"--config-dir=/d"},
	 34,
	 "authentication.anonymous.enabled",
	 "true",
	 LEVEL_DEFAULT,
	 NULL},
	{DROP "authentication: {anonymous: {enabled: null}}\n",
	 {"--config-dir=/d"},
	 34,
	 "authentication.anonymous.enabled",
	 "false",
	 LEVEL_DEFAULT,
	 NULL},
	{DROP,
	 {"--config-dir=/d", "--log-cadvisor-usage", "--make-iptables-util-chains=false"},
	 34,
	 CHAINS,
	 "false",
	 LEVEL_FLAG,
	 NULL},
	{BASE DROP "MakeIPTablesUtilChains: false\n",
	 {"--config=/c", "--config-dir=/d"},
	 29,
	 CHAINS,
	 "false",
	 LEVEL_CONFIG_DIR,
	 NULL},
	{BASE DROP "MAKEIPTABLESUTILCHAINS: false\n",
	 {"--config=/c", "--config-dir=/d"},
	 29,
	 CHAINS,
	 "true",
	 LEVEL_DEFAULT,
	 NULL},
	{BASE "maxPods: 7\n" DROP,
	 {"--config=/c", "--config-dir=/d"},
	 28,
	 "maxPods",
	 "110",
	 LEVEL_CONFIG_DIR,
	 NULL},
	{BASE,
	 {"--config=/c", "--tls-cipher-suites=A", "--tls-cipher-suites=B,C"},
	 34,
	 "tlsCipherSuites",
	 "[\"A\",\"B\",\"C\"]",
	 LEVEL_FLAG,
	 NULL},
	{BASE "featureGates: {AllBeta: true, MemoryQoS: false}\n",
	 {"--config=/c", "--feature-gates=AllBeta=false"},
	 34,
	 "featureGates",
	 "{\"AllBeta\":false,\"MemoryQoS\":false}",
	 LEVEL_FLAG,
	 NULL},
	{BASE "seccompDefault: true\n",
	 {"--config=/c", "--seccomp-default=false"},
	 34,
	 "seccompDefault",
	 "true",
	 LEVEL_CONFIG,
	 NULL},
	{BASE,
	 {"--config=/c", "--seccomp-default"},
	 34,
	 "seccompDefault",
	 "true",
	 LEVEL_FLAG,
	 NULL},
	{BASE "authorization: {mode: \"\"}\n",
	 {"--config=/c"},
	 34,
	 "authorization.mode",
	 "Webhook",
	 LEVEL_DEFAULT,
	 NULL},
	{BASE "port: 70000\n", {"--config=/c"}, 34, "port", "70000", LEVEL_CONFIG, "validation"},
	{BASE "hairpinMode: odd\n",
	 {"--config=/c"},
	 34,
	 "hairpinMode",
	 "odd",
	 LEVEL_CONFIG,
	 "validation"},
	{BASE, {"--config=/c", "--help=false"}, 34, CHAINS, "true", LEVEL_DEFAULT, "reparse-help"},
	{BASE, {"--config=/a/../c"}, 34, CHAINS, "true", LEVEL_DEFAULT, NULL},
	{"",
	 {"--feature-gates=SeccompDefault=false"},
	 27,
	 CHAINS,
	 "true",
	 LEVEL_DEFAULT,
	 "feature-gate"},
	{"", {"--feature-gates=NoGateOfThisName=true"}, 0, CHAINS, "true", LEVEL_DEFAULT, NULL},
};

static void works_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct arena *a = arena_new(64 << 20, NULL, NULL);
		const struct settings *s = settings_of(a, r->capture, r->minor, r->argv);
		const struct setting *x = setting_get(s, str_from(r->name));
		const char *error = s->error ? s->error : "none";
		if (strcmp(error, r->error ? r->error : "none") != 0)
			fail_msg("row %zu: %s (%.*s)", i, error, ARG(s->error_text));
		if (x->level != r->level || (r->value && !str_eq(x->value, str_from(r->value))))
			fail_msg("row %zu: %s = %.*s from %s", i, r->name, ARG(x->value),
				 level_name(x->level));
		arena_free(a);
	}
}

static void keeps_the_losers(void **state)
{
	(void)state;
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	const char *argv[] = {"--config=/c", "--config-dir=/d", "--make-iptables-util-chains",
			      NULL};
	const struct settings *s =
		settings_of(a, BASE CHAINS ": true\n" DROP CHAINS ": false\n", 34, argv);
	const struct setting *x = setting_get(s, S(CHAINS));
	static const enum level levels[] = {LEVEL_FLAG, LEVEL_CONFIG_DIR, LEVEL_CONFIG,
					    LEVEL_DEFAULT};
	for (size_t i = 0; i < 4; i++, x = x->shadowed) {
		assert_non_null(x);
		assert_int_equal(x->level, levels[i]);
	}
	assert_null(x);
	x = setting_get(s, S(CHAINS))->shadowed;
	struct place p = origin_place(x->from);
	assert_true(str_eq(x->from->file->path, S("/d/1.conf")));
	assert_int_equal(p.line, 3);
	assert_int_equal(p.column, 25);
	assert_true(setting_decided(s, setting_get(s, S(CHAINS))));
	arena_free(a);
}

static void doubts_an_absent_config(void **state)
{
	(void)state;
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	const char *argv[] = {"--config=/none", "--make-iptables-util-chains=false", NULL};
	const struct settings *s = settings_of(a, "", 34, argv);
	assert_int_equal(s->doubt.reason, REASON_CONFIG_ABSENT);
	assert_string_equal(s->error, "config-read");
	assert_int_equal(s->pending.n, 1);
	assert_true(str_eq(s->pending.at[0].path, S("/none")));
	assert_true(setting_decided(s, setting_get(s, S(CHAINS))));
	assert_false(setting_decided(s, setting_get(s, S("readOnlyPort"))));
	const char *bad[] = {"--config=/none", "--nonsense", NULL};
	s = settings_of(a, "", 34, bad);
	assert_string_equal(s->error, "flag-unknown");
	assert_false(setting_decided(s, setting_get(s, S(CHAINS))));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(works_out),
		cmocka_unit_test(keeps_the_losers),
		cmocka_unit_test(doubts_an_absent_config),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
