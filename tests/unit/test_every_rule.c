/*
 * test_every_rule.c - each rule that is built in, put to nodes that differ in the one value it
 * asks for: by flag and by file where both exist, so that flipping the value flips the verdict;
 * and to nodes that do not tell it. What passes is what the benchmarks' texts ask for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "arena.h"
#include "captured.h"
#include "rules.h"

static struct arena *arena;
static bool asked[64]; /* by rule: some row asked it for a pass and a failure */

static size_t index_of(const char *id)
{
	size_t n, i = 0;
	const struct rule *all = rules_all(&n);
	while (i < n && strcmp(all[i].id, id) != 0)
		i++;
	if (i == n)
		print_error("no rule %s\n", id);
	assert_true(i < n);
	return i;
}

static struct finding judge_in(const char *id, struct str capture, const char *benchmark)
{
	size_t n;
	const struct rule *rule = &rules_all(&n)[index_of(id)];
	struct rootfs *root = captured_root(arena, capture);
	struct kubelet_options opts = {.version = {.major = 1, .minor = 30}};
	struct systemd *sd = systemd_new(root, &(struct systemd_options){.version = 252});
	struct launches launches = kubelet_launches(root, sd, &opts);
	assert_int_equal(launches.n, 1);
	struct node node = {root, sd, &launches.at[0],
			    kubelet_settings(root, &launches.at[0], &opts)};
	return rule_evaluate(&node, rule, rule_control(rule, str_from(benchmark)), false);
}

static void expect(const char *id, struct str capture, enum verdict verdict)
{
	struct finding f = judge_in(id, capture, "");
	if (f.verdict != verdict)
		print_error("%s: want %s, got %s %s %.*s; effective %.*s in\n%.*s\n", id,
			    verdict_name(verdict), verdict_name(f.verdict),
			    reason_name(f.doubt.reason), ARG(f.doubt.text), ARG(f.effective),
			    ARG(capture));
	assert_int_equal(f.verdict, verdict);
	assert_int_equal(f.verdict == VERDICT_UNKNOWN, f.doubt.reason != REASON_NONE);
	if (f.verdict == VERDICT_FAIL)
		assert_true(f.remedy.n > 0);
}

/* ---- settings ---- */

struct pair {
	const char *id, *pass, *fail;
};

#define SECTION "[Service]\nExecStart=/usr/bin/kubelet "
#define UNIT "-- /etc/systemd/system/kubelet.service --\n" SECTION

static struct str with_flag(const char *flag)
{
	return str_fmt(arena, UNIT "%s\n", flag);
}

static struct str with_field(const char *field)
{
	return str_fmt(arena,
		       UNIT "--config=/etc/kubelet.yaml\n-- /etc/kubelet.yaml --\n"
			    "apiVersion: kubelet.config.k8s.io/v1beta1\n"
			    "kind: KubeletConfiguration\n%s\n",
		       field);
}

static const struct pair flags[] = {
	{"kubelet-make-iptables-util-chains", "--make-iptables-util-chains=true",
	 "--make-iptables-util-chains=false"},
	{"kubelet-anonymous-auth", "--anonymous-auth=false", "--anonymous-auth=true"},
	{"kubelet-authorization-mode",
	 "--authorization-mode=Webhook --authentication-token-webhook",
	 "--authorization-mode=AlwaysAllow"},
	{"kubelet-client-ca-file", "--client-ca-file=/ca.crt", "--client-ca-file="},
	{"kubelet-read-only-port", "--read-only-port=0", "--read-only-port=10255"},
	{"kubelet-streaming-idle-timeout", "--streaming-connection-idle-timeout=5m",
	 "--streaming-connection-idle-timeout=0m"},
	{"kubelet-protect-kernel-defaults", "--protect-kernel-defaults",
	 "--protect-kernel-defaults=false"},
	{"kubelet-hostname-override", "", "--hostname-override=node-7"},
	{"kubelet-tls-cert-and-key", "--tls-cert-file=/c --tls-private-key-file=/k",
	 "--tls-cert-file=/c"},
	{"kubelet-tls-cert-and-key", "--rotate-server-certificates",
	 "--rotate-server-certificates=false"},
	{"kubelet-rotate-certificates", "--rotate-certificates", "--rotate-certificates=false"},
	{"kubelet-rotate-server-certificate", "--feature-gates=RotateKubeletServerCertificate=true",
	 "--feature-gates=RotateKubeletServerCertificate=false"},
	{"kubelet-strong-ciphers", "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	 "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
	{"kubelet-pod-pids-limit", "--pod-max-pids=4096", "--pod-max-pids=-1"},
	{"kubelet-seccomp-default", "--seccomp-default", "--seccomp-default=false"},
};

static const struct pair fields[] = {
	{"kubelet-make-iptables-util-chains", "makeIPTablesUtilChains: true",
	 "makeIPTablesUtilChains: false"},
	{"kubelet-anonymous-auth", "authentication: {anonymous: {enabled: false}}",
	 "authentication: {anonymous: {enabled: true}}"},
	{"kubelet-authorization-mode", "authorization: {mode: Webhook}",
	 "authorization: {mode: AlwaysAllow}"},
	{"kubelet-client-ca-file", "authentication: {x509: {clientCAFile: /ca.crt}}",
	 "authentication: {x509: {clientCAFile: ''}}"},
	{"kubelet-read-only-port", "readOnlyPort: 0", "readOnlyPort: 10255"},
	{"kubelet-protect-kernel-defaults", "protectKernelDefaults: true",
	 "protectKernelDefaults: false"},
	{"kubelet-tls-cert-and-key", "tlsCertFile: /c\ntlsPrivateKeyFile: /k",
	 "tlsPrivateKeyFile: /k"},
	{"kubelet-tls-cert-and-key", "serverTLSBootstrap: true", "serverTLSBootstrap: false"},
	{"kubelet-rotate-certificates", "rotateCertificates: true", "rotateCertificates: false"},
	{"kubelet-rotate-server-certificate",
	 "featureGates: {RotateKubeletServerCertificate: true}",
	 "featureGates: {RotateKubeletServerCertificate: false}"},
	{"kubelet-strong-ciphers",
	 "tlsCipherSuites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]",
	 "tlsCipherSuites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "
	 "TLS_RSA_WITH_AES_128_CBC_SHA]"},
	{"kubelet-strong-ciphers", "tlsMinVersion: VersionTLS13", "tlsMinVersion: VersionTLS12"},
	{"kubelet-pod-pids-limit", "podPidsLimit: 1", "podPidsLimit: -1"},
	{"kubelet-seccomp-default", "seccompDefault: true", "seccompDefault: false"},
};

enum { FLAGS_N = sizeof flags / sizeof *flags, FIELDS_N = sizeof fields / sizeof *fields };

static void flags_flip(void **state)
{
	(void)state;
	for (size_t i = 0; i < FLAGS_N; i++) {
		expect(flags[i].id, with_flag(flags[i].pass), VERDICT_PASS);
		expect(flags[i].id, with_flag(flags[i].fail), VERDICT_FAIL);
		asked[index_of(flags[i].id)] = true;
	}
}

static void fields_flip(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIELDS_N; i++) {
		expect(fields[i].id, with_field(fields[i].pass), VERDICT_PASS);
		expect(fields[i].id, with_field(fields[i].fail), VERDICT_FAIL);
	}
}

/* A flag wins over the file, whatever that says; of seccomp-default either is enough. */
static void flags_win(void **state)
{
	(void)state;
	for (size_t i = 0; i < FLAGS_N; i++)
		for (size_t k = 0; k < FIELDS_N; k++) {
			bool same = strcmp(flags[i].id, fields[k].id) == 0;
			bool both = strcmp(flags[i].id, "kubelet-tls-cert-and-key") == 0 ||
				    strcmp(fields[k].fail, "tlsMinVersion: VersionTLS12") == 0;
			if (!same || both)
				continue;
			struct str unit = str_fmt(arena, UNIT "%s ", flags[i].pass);
			struct str file = with_field(fields[k].fail);
			struct str config = str_tail(file, strlen(UNIT));
			expect(flags[i].id, str_cat(arena, unit, config), VERDICT_PASS);
		}
	struct str unit = str_from(UNIT "--seccomp-default=false ");
	struct str file = str_tail(with_field("seccompDefault: true"), strlen(UNIT));
	expect("kubelet-seccomp-default", str_cat(arena, unit, file), VERDICT_PASS);
}

/* Benchmarks' tests look for text; these are the kubelet's own defaults. */
static void defaults(void **state)
{
	(void)state;
	static const struct {
		const char *id;
		enum verdict with, without; /* a config file */
	} rows[] = {
		{"kubelet-make-iptables-util-chains", VERDICT_PASS, VERDICT_PASS},
		{"kubelet-anonymous-auth", VERDICT_PASS, VERDICT_FAIL},
		{"kubelet-authorization-mode", VERDICT_PASS, VERDICT_FAIL},
		{"kubelet-client-ca-file", VERDICT_FAIL, VERDICT_FAIL},
		{"kubelet-read-only-port", VERDICT_PASS, VERDICT_FAIL},
		{"kubelet-streaming-idle-timeout", VERDICT_PASS, VERDICT_PASS},
		{"kubelet-protect-kernel-defaults", VERDICT_FAIL, VERDICT_FAIL},
		{"kubelet-hostname-override", VERDICT_PASS, VERDICT_PASS},
		{"kubelet-event-qps", VERDICT_PASS, VERDICT_PASS},
		{"kubelet-tls-cert-and-key", VERDICT_FAIL, VERDICT_FAIL},
		{"kubelet-rotate-certificates", VERDICT_FAIL, VERDICT_FAIL},
		{"kubelet-rotate-server-certificate", VERDICT_PASS, VERDICT_PASS},
		{"kubelet-strong-ciphers", VERDICT_FAIL, VERDICT_FAIL},
		{"kubelet-pod-pids-limit", VERDICT_FAIL, VERDICT_FAIL},
		{"kubelet-seccomp-default", VERDICT_FAIL, VERDICT_FAIL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		expect(rows[i].id, with_field("maxPods: 7"), rows[i].with);
		expect(rows[i].id, with_flag("--max-pods=7"), rows[i].without);
	}
	/* A zero in a file is no zero: it is replaced by four hours. */
	expect("kubelet-streaming-idle-timeout", with_field("streamingConnectionIdleTimeout: 0s"),
	       VERDICT_PASS);
}

/* No kubelet runs with a negative rate: the rule cannot fail, but in a kubelet that cannot start it
 * cannot be told either. */
static void events(void **state)
{
	(void)state;
	expect("kubelet-event-qps", with_flag("--event-qps=0"), VERDICT_PASS);
	expect("kubelet-event-qps", with_field("eventRecordQPS: 7"), VERDICT_PASS);
	expect("kubelet-event-qps", with_field("eventRecordQPS: -1"), VERDICT_UNKNOWN);
	asked[index_of("kubelet-event-qps")] = true;
}

/* A config file that is still to come can say all but what a flag says; a command that cannot be
 * told says nothing at all. */
static void settings_untold(void **state)
{
	(void)state;
	static const char wrapper[] = "-- /etc/systemd/system/kubelet.service --\n[Service]\n"
				      "ExecStart=/bin/sh -c 'exec kubelet $(uname -r)'\n";
	for (size_t i = 0; i < FIELDS_N; i++) {
		expect(fields[i].id, with_flag("--config=/etc/absent.yaml"), VERDICT_UNKNOWN);
		expect(fields[i].id, str_from(wrapper), VERDICT_UNKNOWN);
	}
	for (size_t i = 0; i < FLAGS_N; i++) {
		struct str pass = str_fmt(arena, "%s --config=/etc/absent.yaml", flags[i].pass);
		expect(flags[i].id, with_flag(str_z(arena, pass)), VERDICT_PASS);
	}
	for (size_t i = 0; i < FLAGS_N; i++)
		expect(flags[i].id, str_from(wrapper), VERDICT_UNKNOWN);
	expect("kubelet-streaming-idle-timeout", with_flag("--config=/etc/absent.yaml"),
	       VERDICT_UNKNOWN);
	expect("kubelet-protect-kernel-defaults", with_flag("--config=/etc/absent.yaml"),
	       VERDICT_UNKNOWN);
	expect("kubelet-hostname-override", str_from(wrapper), VERDICT_UNKNOWN);
	expect("kubelet-event-qps", str_from(wrapper), VERDICT_UNKNOWN);
	/* Only a true flag decides: a file may still turn it on. */
	expect("kubelet-seccomp-default",
	       with_flag("--seccomp-default=false --config=/etc/absent.yaml"), VERDICT_UNKNOWN);
}

/* ---- files, the unit, kube-proxy ---- */

#define FILES \
	"-- /etc/systemd/system/kubelet.service%s --\n" SECTION \
	"--config=/etc/k/config.yaml --config-dir=/etc/k/conf.d --kubeconfig=/etc/k/kubeconfig\n" \
	"-- /usr/lib/systemd/system/kubelet.service.d/10.conf%s --\n[Service]\n%s\n" \
	"-- /etc/k/config.yaml%s --\napiVersion: kubelet.config.k8s.io/v1beta1\n" \
	"kind: KubeletConfiguration\nauthentication: {x509: {clientCAFile: ca.crt}}\n" \
	"-- /etc/k/conf.d/20.conf%s --\napiVersion: kubelet.config.k8s.io/v1beta1\n" \
	"kind: KubeletConfiguration\n" \
	"-- /etc/k/kubeconfig -> real/kubeconfig --\n" \
	"-- /etc/k/real/kubeconfig%s --\n-- /etc/k/ca.crt%s --\n" \
	"-- /etc/systemd/system/kube-proxy.service --\n[Service]\n" \
	"ExecStart=/usr/bin/kube-proxy --kubeconfig=/etc/k/proxy.conf %s\n" \
	"-- /etc/k/proxy.conf%s --\n" \
	"-- /etc/kubernetes/azure.json%s --\n-- /etc/root --\n"

enum {
	AT_UNIT,
	AT_DROPIN,
	AT_LINE,
	AT_CONFIG,
	AT_CONFIG_DIR,
	AT_KUBECONFIG,
	AT_CA,
	AT_PROXY,
	AT_PROXY_CONFIG,
	AT_AZURE,
	AT_N
};

static struct str files_with(int at, const char *what)
{
	const char *x[AT_N];
	for (int i = 0; i < AT_N; i++)
		x[i] = i == at ? what : i == AT_LINE || i == AT_PROXY ? "" : " mode=0600";
	return str_fmt(arena, FILES, x[AT_UNIT], x[AT_DROPIN], x[AT_LINE], x[AT_CONFIG],
		       x[AT_CONFIG_DIR], x[AT_KUBECONFIG], x[AT_CA], x[AT_PROXY],
		       x[AT_PROXY_CONFIG], x[AT_AZURE]);
}

/* Every file that a rule is about can fail it. */
static void files_flip(void **state)
{
	(void)state;
	static const struct {
		const char *mode, *owner;
		int at;
		const char *path;
	} rows[] = {
		{"kubelet-unit-mode", "kubelet-unit-owner", AT_UNIT,
		 "/etc/systemd/system/kubelet.service"},
		{"kubelet-unit-mode", "kubelet-unit-owner", AT_DROPIN,
		 "/usr/lib/systemd/system/kubelet.service.d/10.conf"},
		{"kubelet-config-mode", "kubelet-config-owner", AT_CONFIG, "/etc/k/config.yaml"},
		{"kubelet-config-mode", "kubelet-config-owner", AT_CONFIG_DIR,
		 "/etc/k/conf.d/20.conf"},
		{"kubelet-kubeconfig-mode", "kubelet-kubeconfig-owner", AT_KUBECONFIG,
		 "/etc/k/kubeconfig"},
		{"kubelet-client-ca-mode", "kubelet-client-ca-owner", AT_CA, "/etc/k/ca.crt"},
		{"proxy-kubeconfig-mode", "proxy-kubeconfig-owner", AT_PROXY_CONFIG,
		 "/etc/k/proxy.conf"},
		{"aks-azure-json-mode", "aks-azure-json-owner", AT_AZURE,
		 "/etc/kubernetes/azure.json"},
	};
	struct str good = files_with(AT_N, "");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str wide = files_with(rows[i].at, " mode=0666");
		struct str others = files_with(rows[i].at, " mode=0600 uid=1000");
		struct str group = files_with(rows[i].at, " mode=0600 gid=1000");
		expect(rows[i].mode, good, VERDICT_PASS);
		expect(rows[i].mode, wide, VERDICT_FAIL);
		expect(rows[i].owner, good, VERDICT_PASS);
		expect(rows[i].owner, others, VERDICT_FAIL);
		expect(rows[i].owner, group, VERDICT_FAIL);
		struct finding f = judge_in(rows[i].mode, wide, "");
		assert_true(str_eq(f.from->file->path, str_from(rows[i].path)));
		assert_true(str_eq(f.effective, S("0666")));
		asked[index_of(rows[i].mode)] = asked[index_of(rows[i].owner)] = true;
	}
}

static void files_are_lines(void **state)
{
	(void)state;
	struct str capture = files_with(AT_DROPIN, " mode=0644");
	struct finding f = judge_in("kubelet-unit-mode", capture, "cis-1.12");
	assert_int_equal(f.answers.n, 2);
	assert_int_equal(f.answers.at[0].verdict, VERDICT_PASS);
	assert_int_equal(f.answers.at[1].verdict, VERDICT_FAIL);
	assert_true(str_eq(f.expected, S("0600 or tighter")));
	/* Older benchmarks ask for less. */
	assert_int_equal(judge_in("kubelet-unit-mode", capture, "cis-1.20").verdict, VERDICT_PASS);
}

/* Not there yet, in nobody's hands, or not to be told whose. */
static void files_untold(void **state)
{
	(void)state;
	static const char bare[] = UNIT "--kubeconfig=/etc/absent --config=/etc/absent.yaml "
					"--client-ca-file=/etc/absent.crt\n";
	static const char *const absent[] = {"kubelet-kubeconfig-mode", "kubelet-kubeconfig-owner",
					     "kubelet-client-ca-mode",  "kubelet-client-ca-owner",
					     "kubelet-config-mode",     "kubelet-config-owner"};
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
		expect(absent[i], str_from(bare), VERDICT_UNKNOWN);
		expect(absent[i], with_flag(""), VERDICT_NOT_APPLICABLE);
	}
	static const char *const nobodys[] = {"proxy-kubeconfig-mode", "proxy-kubeconfig-owner",
					      "aks-azure-json-mode", "aks-azure-json-owner",
					      "kube-proxy-metrics-localhost"};
	for (size_t i = 0; i < sizeof nobodys / sizeof *nobodys; i++)
		expect(nobodys[i], str_from(bare), VERDICT_NOT_APPLICABLE);
	expect("proxy-kubeconfig-mode",
	       S(UNIT "\n-- /etc/systemd/system/p.service --\n[Service]\n"
		      "ExecStart=/usr/bin/kube-proxy --kubeconfig /etc/absent\n"),
	       VERDICT_UNKNOWN);
}

/* Unpacked by a user, everything is that user's: only a mode that is too wide is certain. */
static void owners_untold(void **state)
{
	(void)state;
	static const char mine[] = "-- /etc/systemd/system/kubelet.service mode=0%s uid=1000 "
				   "gid=1000 --\n" SECTION "\n";
	struct str tight = str_fmt(arena, mine, "600"), wide = str_fmt(arena, mine, "666");
	static const char azure[] = "-- /etc/kubernetes/azure.json mode=0600 uid=1000 gid=1000 "
				    "--\n-- /etc/systemd/system/kubelet.service mode=0600 uid=1000 "
				    "gid=1000 --\n" SECTION "\n";
	expect("aks-azure-json-mode", str_from(azure), VERDICT_UNKNOWN);
	expect("aks-azure-json-owner", str_from(azure), VERDICT_UNKNOWN);
	expect("kubelet-unit-owner", tight, VERDICT_UNKNOWN);
	expect("kubelet-unit-mode", tight, VERDICT_UNKNOWN);
	expect("kubelet-unit-mode", wide, VERDICT_FAIL);
	struct finding f = judge_in("kubelet-unit-owner", tight, "");
	assert_int_equal(f.doubt.reason, REASON_UNREADABLE);
}

static void unit_flips(void **state)
{
	(void)state;
	static const char id[] = "kubelet-unit-ip-address-deny";
	expect(id, files_with(AT_LINE, "IPAddressDeny=any\nIPAddressAllow=10.0.0.0/8"),
	       VERDICT_PASS);
	expect(id, files_with(AT_LINE, "IPAddressDeny=any\nIPAddressDeny=192.0.2.1"), VERDICT_PASS);
	expect(id, files_with(AT_LINE, "IPAddressDeny=any\nIPAddressDeny="), VERDICT_FAIL);
	expect(id, files_with(AT_LINE, "IPAddressDeny=192.0.2.1"), VERDICT_FAIL);
	expect(id, with_flag(""), VERDICT_FAIL);
	asked[index_of(id)] = true;
}

static void proxy_flips(void **state)
{
	(void)state;
	static const char id[] = "kube-proxy-metrics-localhost";
	static const struct {
		const char *flags;
		enum verdict verdict;
	} rows[] = {
		{"", VERDICT_PASS},
		{"--metrics-bind-address=127.0.0.1:10249", VERDICT_PASS},
		{"--metrics-bind-address=0.0.0.0:10249", VERDICT_FAIL},
		{"--metrics-bind-address=0.0.0.0 --metrics-bind-address [::1]:1", VERDICT_PASS},
		{"--metrics-bind-address=::", VERDICT_FAIL},
		{"--config=/p.yaml --metrics-bind-address=0.0.0.0\n-- /p.yaml --\n"
		 "metricsBindAddress: localhost:10249",
		 VERDICT_PASS},
		{"--config=/p.yaml\n-- /p.yaml --\nmetricsBindAddress: ':10249'", VERDICT_FAIL},
		{"--config=/p.yaml\n-- /p.yaml --\nbindAddress: 0.0.0.0", VERDICT_PASS},
		{"--config=/absent.yaml", VERDICT_UNKNOWN},
		{"--config=/p.yaml\n-- /p.yaml --\na: [", VERDICT_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect(id, files_with(AT_PROXY, rows[i].flags), rows[i].verdict);
	asked[index_of(id)] = true;
}

/* Last: nothing was left out. */
static void every_rule_was_asked(void **state)
{
	(void)state;
	size_t n;
	const struct rule *all = rules_all(&n);
	for (size_t i = 0; i < n; i++)
		if (!asked[i])
			print_error("%s: no row\n", all[i].id);
	for (size_t i = 0; i < n; i++)
		assert_true(asked[i]);
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 30, NULL, NULL);
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
		cmocka_unit_test(flags_flip),
		cmocka_unit_test(fields_flip),
		cmocka_unit_test(flags_win),
		cmocka_unit_test(defaults),
		cmocka_unit_test(events),
		cmocka_unit_test(settings_untold),
		cmocka_unit_test(files_flip),
		cmocka_unit_test(files_are_lines),
		cmocka_unit_test(files_untold),
		cmocka_unit_test(owners_untold),
		cmocka_unit_test(unit_flips),
		cmocka_unit_test(proxy_flips),
		cmocka_unit_test(every_rule_was_asked),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
