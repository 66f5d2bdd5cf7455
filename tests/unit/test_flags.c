/*
 * test_flags.c - flags_parse against pflag: what a real kubelet 1.20 did (vectors/kubelet), and the
 * parsing rules of pflag's flag.go that no vector has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "kubelet/flags.h"

#include <cmocka.h>

enum { WORDS = 6 };

static struct words argv_of(struct arena *a, const char *const *words)
{
	struct words w = {0};
	*vec_push(a, &w) = (struct word){S("kubelet"), NULL};
	for (size_t i = 0; i < WORDS && words[i]; i++)
		*vec_push(a, &w) = (struct word){str_from(words[i]), NULL};
	return w;
}

struct row {
	const char *words[WORDS];
	unsigned minor;
	bool second;
	const char *error; /* or NULL, and then: */
	const char *flag, *value;
	size_t rest;
};

static const struct row rows[] = {
	{{"--make-iptables-util-chains"}, 34, false, NULL, "make-iptables-util-chains", "true", 0},
	{{"--make-iptables-util-chains", "false"},
	 34,
	 false,
	 NULL,
	 "make-iptables-util-chains",
	 "true",
	 1},
	{{"--make_iptables_util_chains=F"},
	 34,
	 false,
	 NULL,
	 "make-iptables-util-chains",
	 "false",
	 0},
	{{"--make-iptables-util-chains=no"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--make-iptables-util-chains="}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--hostname-override", "--v=2"}, 34, false, NULL, "hostname-override", "--v=2", 0},
	{{"--root-dir"}, 34, false, "flag-needs-argument", NULL, NULL, 0},
	{{"--root-dir", ""}, 34, false, NULL, "root-dir", "", 0},
	{{"--root-dir"}, 34, true, "reparse-needs-argument", NULL, NULL, 0},
	{{"---x"}, 34, false, "flag-syntax", NULL, NULL, 0},
	{{"--=x"}, 34, false, "flag-syntax", NULL, NULL, 0},
	{{"--no-such"}, 34, false, "flag-unknown", NULL, NULL, 0},
	{{"--Make-iptables-util-chains"}, 34, false, "flag-unknown", NULL, NULL, 0},
	{{"-m"}, 34, false, "flag-unknown-shorthand", NULL, NULL, 0},
	{{"-v=2"}, 34, false, NULL, "v", "2", 0},
	{{"-v2"}, 34, false, NULL, "v", "2", 0},
	{{"-v", "0x10"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"-v="}, 34, false, "flag-value", NULL, NULL, 0},
	{{"-v"}, 34, false, "flag-needs-argument", NULL, NULL, 0},
	{{"-test.v", "--v=3"}, 34, false, NULL, "v", "3", 0},
	{{"-h"}, 34, false, NULL, "help", "true", 0},
	{{"-h"}, 34, true, "reparse-help", NULL, NULL, 0},
	{{"--help=false"}, 34, true, "reparse-help", NULL, NULL, 0},
	{{"--v=1", "--"}, 34, false, NULL, "v", "1", 0},
	{{"--v=1", "--", "--v=2"}, 34, false, NULL, "v", "1", 1},
	{{"--v=1", "-"}, 34, false, NULL, "v", "1", 1},
	{{"--v=1", ""}, 34, false, NULL, "v", "1", 1},
	{{"--log-cadvisor-usage", "--v=3"}, 34, false, NULL, "v", "3", 0},
	{{"--v=1", "--log-cadvisor-usage", "--v=3"}, 34, true, NULL, "v", "1", 0},
	{{"--v=1", "--enable-server", "--v=3"}, 34, true, NULL, "v", "3", 0},
	{{"--logtostderr"}, 26, false, "flag-unknown", NULL, NULL, 0},
	{{"--logtostderr"}, 25, false, NULL, "logtostderr", "true", 0},
	{{"--logtostderr"}, 0, false, NULL, "logtostderr", "true", 0},
	{{"--allow-privileged=true"}, 0, false, NULL, "allow-privileged", "true", 0},
	{{"--allow-privileged=true"}, 20, false, "flag-unknown", NULL, NULL, 0},
	{{"--config-dir=/d"}, 27, false, "flag-unknown", NULL, NULL, 0},
	{{"--containerd=x"}, 37, false, "flag-unknown", NULL, NULL, 0},
	{{"--streaming-connection-idle-timeout=0"},
	 34,
	 false,
	 NULL,
	 "streaming-connection-idle-timeout",
	 "0s",
	 0},
	{{"--streaming-connection-idle-timeout=90m"},
	 34,
	 false,
	 NULL,
	 "streaming-connection-idle-timeout",
	 "1h30m0s",
	 0},
	{{"--streaming-connection-idle-timeout=1.5h"},
	 34,
	 false,
	 NULL,
	 "streaming-connection-idle-timeout",
	 "1h30m0s",
	 0},
	{{"--streaming-connection-idle-timeout=5"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--max-pods=0b11"}, 34, false, NULL, "max-pods", "3", 0},
	{{"--max-pods=1_0"}, 34, false, NULL, "max-pods", "10", 0},
	{{"--max-pods=4294967296"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--max-pods=09"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--feature-gates=A"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--feature-gates=A=maybe"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--address=1.2.3"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--address=::"}, 34, false, NULL, "address", "::", 0},
	{{"--node-labels=a,b=c"}, 34, false, NULL, "node-labels", "", 0},
	{{"--version=vX"}, 34, false, NULL, "version", "vX", 0},
	{{"--version=v1.2.3"}, 20, false, "flag-value", NULL, NULL, 0},
	{{"-v", "0x10"}, 20, false, "flag-value", NULL, NULL, 0},
	{{"-v=-1"}, 20, false, NULL, "v", "-1", 0},
	{{"-v=-1"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"-v=+2"}, 20, false, NULL, "v", "2", 0},
	{{"--stderrthreshold=warning"}, 20, false, NULL, "stderrthreshold", "1", 0},
	{{"--stderrthreshold=3"}, 20, false, NULL, "stderrthreshold", "3", 0},
	{{"--stderrthreshold=0x3"}, 20, false, "flag-value", NULL, NULL, 0},
	{{"--stderrthreshold=loud"}, 20, false, "flag-value", NULL, NULL, 0},
	{{"--log-backtrace-at="}, 20, false, NULL, "log-backtrace-at", "", 0},
	{{"--log-backtrace-at=a.go:7"}, 20, false, NULL, "log-backtrace-at", "a.go:7", 0},
	{{"--log-backtrace-at=a.go:0"}, 20, false, "flag-value", NULL, NULL, 0},
	{{"--log-backtrace-at=a:7"}, 20, false, "flag-value", NULL, NULL, 0},
	{{"--log-backtrace-at=a.go"}, 20, false, "flag-value", NULL, NULL, 0},
	{{"--address="}, 34, false, NULL, NULL, NULL, 0},
	{{"--address= 1.2.3.4"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--address=01.2.3.04"}, 34, false, NULL, "address", "01.2.3.04", 0},
	{{"--address=1.2.3.256"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--register-with-taints=a"}, 34, false, NULL, "register-with-taints", "", 0},
	{{"--register-with-taints=a=:NoExecute"}, 34, false, NULL, "register-with-taints", "", 0},
	{{"--register-with-taints=a-"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--register-with-taints=-a=b:NoSchedule"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--register-with-taints=a=b:NoSchedule,"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--register-with-taints=/a:NoSchedule"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--register-with-taints=a=b:Sometimes"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--tls-cipher-suites=\n"}, 34, false, "flag-value", NULL, NULL, 0},
	{{"--sync-frequency=-9223372036854775808ns"},
	 34,
	 false,
	 NULL,
	 "sync-frequency",
	 "-2562047h47m16.854775808s",
	 0},
	{{"--version=x"}, 34, false, "flag-value", NULL, NULL, 0},
};

static void parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct arena *a = arena_new(16 << 20, NULL, NULL);
		struct flags f = flags_parse(a, argv_of(a, r->words), r->minor, r->second, NULL);
		const struct given *g = r->flag ? flags_last(&f, r->flag) : NULL;
		const char *error = f.error ? f.error : "none";
		if (strcmp(error, r->error ? r->error : "none") != 0)
			fail_msg("%s: error %s", r->words[0], error);
		if (r->flag && (!g || !str_eq(g->value, str_from(r->value))))
			fail_msg("%s: --%s is %.*s", r->words[0], r->flag,
				 ARG(g ? g->value : S("")));
		if (!r->error)
			assert_int_equal(f.rest.n, r->rest);
		arena_free(a);
	}
}

static void words_errors_like_pflag(void **state)
{
	(void)state;
	struct arena *a = arena_new(16 << 20, NULL, NULL);
	const char *bad[WORDS] = {"--make-iptables-util-chains=maybe"};
	struct flags f = flags_parse(a, argv_of(a, bad), 34, false, NULL);
	assert_true(str_eq(f.error_text,
			   S("invalid argument \"maybe\" for \"--make-iptables-util-chains\" flag: "
			     "strconv.ParseBool: parsing \"maybe\": invalid syntax")));
	const char *eaten[WORDS] = {"-v", "--x"};
	f = flags_parse(a, argv_of(a, eaten), 20, false, NULL);
	assert_true(str_eq(f.error_text, S("invalid argument \"--x\" for \"-v, --v\" flag: "
					   "strconv.ParseInt: parsing \"--x\": invalid syntax")));
	f = flags_parse(a, argv_of(a, eaten), 34, false, NULL);
	assert_true(str_eq(f.error_text, S("invalid argument \"--x\" for \"-v, --v\" flag: "
					   "strconv.ParseUint: parsing \"--x\": invalid syntax")));
	arena_free(a);
}

static void splits_lists(void **state)
{
	(void)state;
	struct arena *a = arena_new(16 << 20, NULL, NULL);
	struct flag_items items = {0};
	struct str problem;
	assert_true(flag_split(a, FORM_LIST, S("a,\"b,\"\"c\",d"), &items, &problem));
	assert_int_equal(items.n, 3);
	assert_true(str_eq(items.at[1].value, S("b,\"c")));
	assert_false(flag_split(a, FORM_LIST, S("a\"b"), &items, &problem));
	assert_false(flag_split(a, FORM_LIST, S("\"a"), &items, &problem));
	items.n = 0;
	assert_true(flag_split(a, FORM_PAIRS, S(" a = b ,,c=d"), &items, &problem));
	assert_int_equal(items.n, 2);
	assert_true(str_eq(items.at[0].key, S("a")) && str_eq(items.at[0].value, S("b")));
	items.n = 0;
	assert_true(flag_split(a, FORM_LANGLE, S("memory.available<100Mi"), &items, &problem));
	assert_true(str_eq(items.at[0].value, S("100Mi")));
	arena_free(a);
}

static void spells_durations_like_go(void **state)
{
	(void)state;
	static const struct {
		int64_t ns;
		const char *text;
	} all[] = {{0, "0s"},
		   {1, "1ns"},
		   {1500, "1.5\xC2\xB5s"},
		   {100000000, "100ms"},
		   {1500000000, "1.5s"},
		   {60000000000, "1m0s"},
		   {14400000000000, "4h0m0s"},
		   {-1000000000, "-1s"}};
	struct arena *a = arena_new(1 << 20, NULL, NULL);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		int64_t back;
		struct str text = go_duration_text(a, all[i].ns);
		assert_true(str_eq(text, str_from(all[i].text)));
		assert_true(go_duration(text, &back) && back == all[i].ns);
	}
	int64_t ns;
	assert_false(go_duration(S(""), &ns));
	assert_false(go_duration(S("1"), &ns));
	assert_false(go_duration(S("1x"), &ns));
	assert_false(go_duration(S("."), &ns));
	assert_false(go_duration(S("9999999999h"), &ns));
	assert_false(go_duration(S("9223372036854775808ns"), &ns));
	/* What Go makes of fractions that no float64 holds. */
	assert_true(go_duration(S("0.12345678901234567890123456789m"), &ns) && ns == 7407407340);
	assert_true(go_duration(S("0.3333333333333333333h"), &ns) && ns == 1200000000000);
	assert_true(go_duration(S("1.9999999999s"), &ns) && ns == 1999999999);
	arena_free(a);
}

/* Every row of options.def is found by its names, and no name is there twice. */
static void table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_n; i++) {
		const struct option_row *row = &options[i];
		assert_true(row->pub.flag || row->pub.path);
		assert_true(row->first <= row->last);
		if (row->pub.flag)
			assert_ptr_equal(row_of_flag(str_from(row->pub.flag)), row);
		if (row->pub.path)
			assert_ptr_equal(row_of_path(str_from(row->pub.path)), row);
	}
	assert_non_null(option_find(S("--make-iptables-util-chains")));
	assert_non_null(option_find(S("makeIPTablesUtilChains")));
	assert_null(option_find(S("make-iptables-util-chains")));
}

/* ---- the flags of every minor, as they were read from its source ---- */

static const unsigned minors[] = {20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36};

struct known {
	char name[80], arg[8], scope[24];
	unsigned first, last;
};

static void compare_flag(const struct known *k)
{
	static const char *const scopes[] = {[SCOPE_FIELD] = "",
					     [SCOPE_KUBELET] = "kubelet",
					     [SCOPE_CONFIG] = "config",
					     [SCOPE_GLOBAL] = "global",
					     [SCOPE_FIRST] = "first-parse-only"};
	const struct option_row *row = row_of_flag(str_from(k->name));
	if (!row)
		fail_msg("--%s is not in options.def", k->name);
	bool boolean = row->arg == FORM_BOOL || row->arg == FORM_VERSION;
	if (boolean != (strcmp(k->arg, "bool") == 0))
		fail_msg("--%s: %s", k->name, k->arg);
	if (strcmp(scopes[row->scope], k->scope) != 0)
		fail_msg("--%s: scope %s", k->name, k->scope);
	for (size_t i = 0; i < sizeof minors / sizeof minors[0]; i++)
		if (row_exists(row, minors[i]) != (k->first <= minors[i] && minors[i] <= k->last))
			fail_msg("--%s in 1.%u", k->name, minors[i]);
}

static void knows_every_flag(void **state)
{
	(void)state;
	struct known k;
	size_t listed = 0, rows_n = 0;
	char line[256];
	FILE *f = fopen("testdata/kubelet-flags.txt", "re");
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%79s %7s %u %u %23s", k.name, k.arg, &k.first,
					&k.last, k.scope),
				 5);
		compare_flag(&k);
		listed++;
	}
	fclose(f);
	for (size_t i = 0; i < options_n; i++)
		rows_n += options[i].pub.flag && options[i].last >= 20;
	assert_int_equal(rows_n, listed);
}

/* Defaults that changed, and those that hang on whether there is a file (defaults.go, and
 * applyLegacyDefaults of options.go). */
static void defaults_are_dated(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		unsigned minor;
		bool legacy;
		const char *value;
	} all[] = {
		{"makeIPTablesUtilChains", 20, false, "true"},
		{"makeIPTablesUtilChains", 36, true, "true"},
		{"authentication.anonymous.enabled", 34, false, "false"},
		{"authentication.anonymous.enabled", 34, true, "true"},
		{"authentication.webhook.enabled", 34, false, "true"},
		{"authentication.webhook.enabled", 34, true, "false"},
		{"authorization.mode", 20, false, "Webhook"},
		{"authorization.mode", 20, true, "AlwaysAllow"},
		{"readOnlyPort", 36, false, "0"},
		{"readOnlyPort", 36, true, "10255"},
		{"eventRecordQPS", 26, false, "5"},
		{"eventRecordQPS", 27, false, "50"},
		{"eventBurst", 26, false, "10"},
		{"eventBurst", 27, false, "100"},
		{"streamingConnectionIdleTimeout", 20, false, "4h0m0s"},
		{"protectKernelDefaults", 20, false, "false"},
		{"serverTLSBootstrap", 20, false, "false"},
		{"rotateCertificates", 36, false, "false"},
		{"podPidsLimit", 20, false, "-1"},
		{"seccompDefault", 22, false, "false"},
		{"address", 20, false, "0.0.0.0"},
		{"healthzBindAddress", 20, false, "127.0.0.1"},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		const struct option_row *row = row_of_path(str_from(all[i].path));
		assert_non_null(row);
		assert_string_equal(row_default(row, all[i].minor, all[i].legacy), all[i].value);
	}
}

/* What the benchmarks' rules ask for can be asked. */
static void has_what_rules_ask(void **state)
{
	(void)state;
	static const char *const asked[] = {"authentication.anonymous.enabled",
					    "authorization.mode",
					    "authentication.x509.clientCAFile",
					    "readOnlyPort",
					    "streamingConnectionIdleTimeout",
					    "protectKernelDefaults",
					    "makeIPTablesUtilChains",
					    "eventRecordQPS",
					    "tlsCertFile",
					    "tlsPrivateKeyFile",
					    "rotateCertificates",
					    "serverTLSBootstrap",
					    "tlsCipherSuites",
					    "podPidsLimit",
					    "seccompDefault",
					    "featureGates",
					    "evictionHard",
					    "kubeAPIQPS",
					    "imageGCHighThresholdPercent",
					    "--hostname-override",
					    "--feature-gates",
					    "--cert-dir",
					    "--client-ca-file",
					    "--event-qps",
					    "--pod-max-pids",
					    "--rotate-server-certificates",
					    "--tls-min-version"};
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
		if (!option_find(str_from(asked[i])))
			fail_msg("%s is not in options.def", asked[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(words_errors_like_pflag),
		cmocka_unit_test(splits_lists),
		cmocka_unit_test(spells_durations_like_go),
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(knows_every_flag),
		cmocka_unit_test(defaults_are_dated),
		cmocka_unit_test(has_what_rules_ask),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
