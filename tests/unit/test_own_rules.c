/*
 * test_own_rules.c - files of rules: what is refused and where, what a control file of kube-bench
 * comes to on one node. Expected verdicts are those of the node, written out below.
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

static const char node_text[] =
	"-- /etc/systemd/system/kubelet.service --\n[Service]\n"
	"ExecStart=/usr/bin/kubelet --config=/etc/kubelet.yaml --kubeconfig=/etc/kubelet.conf "
	"--read-only-port=10255\n"
	"-- /etc/systemd/system/kubelet.service.d/10.conf mode=0666 --\n[Service]\n"
	"IPAddressDeny=any\n"
	"-- /etc/kubelet.yaml mode=0600 --\n"
	"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
	"tlsCipherSuites: [TLS_AES, TLS_CHACHA]\nstreamingConnectionIdleTimeout: 5m\n"
	"eventRecordQPS: 7\nfeatureGates:\n  GracefulNodeShutdown: false\n"
	"-- /etc/kubelet.conf mode=0644 uid=7 --\n"
	"-- /etc/passwd --\nroot:x:0:0::/:/bin/sh\nnode:x:7:7::/:/bin/sh\n"
	"-- /etc/group --\nroot:x:0:\nnode:x:7:\n";

static struct arena *arena;
static struct node node;

static bool read_rules(struct str text, struct rule_file *out, struct doc_fault *fault)
{
	struct file *f = NEW(arena, struct file);
	f->path = S("/dir/acme.yaml");
	f->text = text;
	return rules_read(arena, f, out, fault);
}

/* ---- what is refused ---- */

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t line, column;
		const char *says;
	} rows[] = {
		{"", 0, 0, ""},
		{"rules: [", 0, 0, ""},
		{"a: 1\n", 1, 1, "neither rules: nor groups:"},
		{"rules: 7\n", 1, 8, "rules: is a list"},
		{"rules: []\n", 1, 1, "has no rule"},
		{"rules: [7]\n", 1, 9, "a rule is a map"},
		{"rules: [{id: x}]\n", 1, 9, "wants nothing"},
		{"rules: [{want: {setting: maxPods, is: 1}}]\n", 1, 9, "has an id"},
		{"rules:\n- id: x\n  colour: red\n", 3, 3, "'colour' is no member"},
		{"more: 1\nrules: [{id: x}]\n", 1, 1, "'more' is neither"},
		{"rules:\n- id: x\n  severity: worst\n", 3, 13, "low, medium or high"},
		{"rules:\n- id: x\n  match: some\n", 3, 10, "all or any"},
		{"rules:\n- id: x\n  want: {setting: foo, is: 1}\n", 3, 19, "'foo' is no setting"},
		{"rules:\n- id: x\n  want: {setting: maxPods}\n", 3, 9, "asks for something"},
		{"rules:\n- id: x\n  want: {is: 1}\n", 3, 9, "names a setting"},
		{"rules:\n- id: x\n  want: {setting: maxPods, files: unit, mode: 600}\n", 3, 35,
		 "one subject"},
		{"rules:\n- id: x\n  want: {setting: maxPods, mode: 600}\n", 3, 34,
		 "asked of files"},
		{"rules:\n- id: x\n  want: {files: unit, above: 1}\n", 3, 30, "mode or owner"},
		{"rules:\n- id: x\n  want: {files: unit, mode: rwx}\n", 3, 29, "octal"},
		{"rules:\n- id: x\n  want: {files: unit, owner: root}\n", 3, 30, "USER:GROUP"},
		{"rules:\n- id: x\n  want: {setting: maxPods, is: many}\n", 3, 32,
		 "would not take the value 'many'"},
		{"rules:\n- id: x\n  want: {setting: maxPods, given: perhaps}\n", 3, 35,
		 "true or false"},
		{"rules:\n- id: x\n  want: {proxy: metricsBindAddress, loopback: false}\n", 3, 47,
		 "is true"},
		{"rules:\n- id: x\n  want: {setting: maxPods, wants: 1}\n", 3, 28, "asks nothing"},
		{"rules:\n- id: x\n  want: {setting: maxPods, matches: '('}\n", 3, 37,
		 "regular expression"},
		{"rules:\n- id: x\n  want: {setting: maxPods, matches: 'a{9999}'}\n", 3, 37,
		 "regular expression"},
		{"rules:\n- id: x\n  want: {setting: maxPods, matches: '\\d'}\n", 3, 37,
		 "regular expression"},
		{"rules:\n- {id: x, want: {setting: maxPods, is: 1}}\n"
		 "- {id: x, want: {setting: maxPods, is: 2}}\n",
		 3, 3, "there already"},
		{"rules: [{id: kubelet-read-only-port, want: {setting: maxPods, is: 1}}]\n", 1, 9,
		 "there already"},
		{"groups: 1\n", 1, 9, "groups: is a list"},
		{"groups: [{checks: 1}]\n", 1, 19, "checks: is a list"},
		{"groups: [{checks: [{text: x}]}]\n", 1, 20, "a check has an id"},
		{"groups: [{checks: [{id: 1, audit: ps kubelet, tests: {bin_op: xor}}]}]\n", 1, 63,
		 "not 'xor'"},
		{"groups: []\n", 1, 1, "has no rule"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule_file out = {0};
		struct doc_fault fault = {0};
		if (read_rules(str_from(rows[i].text), &out, &fault))
			print_error("%s: is taken\n", rows[i].text);
		struct place at = {0};
		if (fault.from)
			at = origin_place(fault.from);
		bool same =
			str_has(fault.text, str_from(rows[i].says)) && fault.text.n > 0 &&
			(!rows[i].line || (at.line == rows[i].line && at.column == rows[i].column));
		if (!same)
			print_error("%s: %zu:%zu: %.*s\n", rows[i].text, at.line, at.column,
				    ARG(fault.text));
		assert_true(same);
	}
}

/* ---- ours ---- */

static enum verdict verdict_of(const struct rule *rule)
{
	return rule_evaluate(&node, rule, rule->own, false).verdict;
}

static void asks(void **state)
{
	(void)state;
	static const struct {
		const char *want;
		enum verdict verdict;
	} rows[] = {
		{"{setting: readOnlyPort, is: 10255}", VERDICT_PASS},
		{"{setting: readOnlyPort, is: 0x280f}", VERDICT_PASS},
		{"{setting: readOnlyPort, is: 0}", VERDICT_FAIL},
		{"{setting: --read-only-port, is-not: 0}", VERDICT_PASS},
		{"{setting: streamingConnectionIdleTimeout, is: 300s}", VERDICT_PASS},
		{"{setting: streamingConnectionIdleTimeout, above: 4m59s}", VERDICT_PASS},
		{"{setting: streamingConnectionIdleTimeout, above: 5m}", VERDICT_FAIL},
		{"{setting: streamingConnectionIdleTimeout, below: 1h}", VERDICT_PASS},
		{"{setting: eventRecordQPS, at-least: 7, at-most: 7}", VERDICT_PASS},
		{"{setting: eventRecordQPS, at-most: 6}", VERDICT_FAIL},
		{"{setting: eventRecordQPS, given: true}", VERDICT_PASS},
		{"{setting: eventRecordQPS, given: false}", VERDICT_FAIL},
		{"{setting: eventBurst, given: false}", VERDICT_PASS},
		{"{setting: --hostname-override, given: false}", VERDICT_PASS},
		{"{setting: tlsCipherSuites, has: TLS_AES}", VERDICT_PASS},
		{"{setting: tlsCipherSuites, has: TLS}", VERDICT_FAIL},
		{"{setting: tlsCipherSuites, has-not: TLS_RC4}", VERDICT_PASS},
		{"{setting: tlsCipherSuites, within: [TLS_CHACHA, TLS_AES, B]}", VERDICT_PASS},
		{"{setting: tlsCipherSuites, within: 'TLS_AES,B'}", VERDICT_FAIL},
		{"{setting: allowedUnsafeSysctls, within: [a]}", VERDICT_FAIL},
		{"{setting: authorization.mode, matches: '^Web(hook)?$'}", VERDICT_PASS},
		{"{setting: authorization.mode, matches: '^hook'}", VERDICT_FAIL},
		{"{setting: featureGates.GracefulNodeShutdown, is: false}", VERDICT_PASS},
		{"{setting: featureGates.RotateKubeletServerCertificate, is: true}", VERDICT_PASS},
		{"{files: config, mode: 600, owner: 'root:root'}", VERDICT_PASS},
		{"{files: config, mode: 0400}", VERDICT_FAIL},
		{"{files: unit, mode: 644}", VERDICT_FAIL},
		{"{files: unit, mode: 666}", VERDICT_PASS},
		{"{files: kubeconfig, owner: 'root:root'}", VERDICT_FAIL},
		{"{files: kubeconfig, owner: 'node:root'}", VERDICT_PASS},
		{"{files: kubeconfig, owner: '7:0'}", VERDICT_PASS},
		{"{files: kubeconfig, owner: 'nobody:root'}", VERDICT_FAIL},
		{"{files: client-ca, mode: 644}", VERDICT_NOT_APPLICABLE},
		{"{files: proxy-kubeconfig, mode: 644}", VERDICT_NOT_APPLICABLE},
		{"{files: /etc/passwd, mode: 644}", VERDICT_PASS},
		{"{files: /etc/shadow, mode: 644}", VERDICT_NOT_APPLICABLE},
		{"{unit: Service.IPAddressDeny, has: any}", VERDICT_PASS},
		{"{unit: Service.IPAddressAllow, given: true}", VERDICT_FAIL},
		{"{proxy: metricsBindAddress, loopback: true}", VERDICT_NOT_APPLICABLE},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule_file out = {0};
		struct doc_fault fault = {0};
		struct str text = str_fmt(arena, "rules: [{id: x, want: %s}]\n", rows[i].want);
		if (!read_rules(text, &out, &fault))
			print_error("%s: %.*s\n", rows[i].want, ARG(fault.text));
		assert_int_equal(out.rules.n, 1);
		enum verdict v = verdict_of(out.rules.at[0]);
		if (v != rows[i].verdict)
			print_error("%s: %s\n", rows[i].want, verdict_name(v));
		assert_int_equal(v, rows[i].verdict);
	}
}

static void members(void **state)
{
	(void)state;
	struct rule_file out = {0};
	struct doc_fault fault;
	assert_true(read_rules(S("version: v7\nrules:\n"
				 "- {id: a, number: '1.1', title: t, severity: high, about: b,\n"
				 "   remedy: r, match: any, want: [{setting: maxPods, is: 1},\n"
				 "   {setting: readOnlyPort, is: 10255}]}\n"
				 "- {id: b, want: {setting: maxPods, is: 1}}\n"),
			       &out, &fault));
	const struct rule *a = out.rules.at[0], *b = out.rules.at[1];
	assert_true(str_eq(out.benchmark, S("v7")));
	assert_string_equal(a->own->number, "1.1");
	assert_string_equal(a->own->benchmark, "v7");
	assert_string_equal(a->severity, "high");
	assert_string_equal(a->title, "t");
	assert_string_equal(b->title, "b");
	assert_string_equal(b->severity, "medium");
	assert_int_equal(verdict_of(a), VERDICT_PASS);
	assert_int_equal(verdict_of(b), VERDICT_FAIL);
	assert_string_equal(rule_number(b, S("")), "");
	assert_true(
		read_rules(S("rules: [{id: a, want: {setting: maxPods, is: 1}}]"), &out, &fault));
	assert_true(str_eq(out.benchmark, S("acme.yaml")));
}

/* ---- kube-bench ---- */

#define PS "audit: /bin/ps -fC $kubeletbin, audit_config: /bin/cat $kubeletconf, "
#define STAT(format, file) \
	"audit: \"/bin/sh -c 'if test -e " file "; then stat -c " format " " file "; fi'\", "

static const struct {
	const char *check;
	enum verdict verdict;
} checks[] = {
	{PS "tests: {test_items: [{flag: --read-only-port, path: '{.readOnlyPort}', "
	    "compare: {op: eq, value: 0}}]}",
	 VERDICT_FAIL},
	{PS "tests: {bin_op: or, test_items: [{flag: --event-qps, path: "
	    "'{.eventRecordQPS}', compare: {op: gte, value: 0}}, {flag: --event-qps, "
	    "path: '{.eventRecordQPS}', set: false}]}",
	 VERDICT_PASS},
	{PS "tests: {bin_op: and, test_items: [{flag: --event-qps, compare: {op: lt, "
	    "value: 8}}, {flag: --event-qps, compare: {op: gt, value: 7}}]}",
	 VERDICT_FAIL},
	{PS "tests: {test_items: [{flag: --hostname-override, set: false}]}", VERDICT_PASS},
	{PS "tests: {test_items: [{flag: --client-ca-file, path: "
	    "'{.authentication.x509.clientCAFile}'}]}",
	 VERDICT_FAIL},
	{PS "tests: {test_items: [{path: '{.authorization.mode}', compare: {op: nothave, "
	    "value: AlwaysAllow}}]}",
	 VERDICT_PASS},
	{PS "tests: {test_items: [{flag: --streaming-connection-idle-timeout, path: "
	    "'{.streamingConnectionIdleTimeout}', compare: {op: noteq, value: 0}}]}",
	 VERDICT_PASS},
	{PS "tests: {test_items: [{flag: --tls-cipher-suites, path: "
	    "\"{range .tlsCipherSuites[:]}{}{','}{end}\", compare: {op: valid_elements, "
	    "value: 'TLS_AES,TLS_CHACHA,X'}}]}",
	 VERDICT_PASS},
	{PS "tests: {test_items: [{flag: RotateKubeletServerCertificate, compare: {op: "
	    "eq, value: true}}]}",
	 VERDICT_PASS},
	{PS "tests: {test_items: [{flag: --authorization-mode, compare: {op: regex, "
	    "value: 'W.*k'}}]}",
	 VERDICT_PASS},
	{PS "tests: {test_items: [{flag: --event-qps, compare: {op: noteqx, value: 1}}]}",
	 VERDICT_UNKNOWN},
	{PS "tests: {test_items: [{flag: --event-qps, compare: {op: eq, value: many}}]}",
	 VERDICT_UNKNOWN},
	{PS "tests: {test_items: [{flag: --no-such-flag}]}", VERDICT_UNKNOWN},
	{PS "tests: {test_items: [{env: SOMETHING}]}", VERDICT_UNKNOWN},
	{"audit: 'journalctl -u k3s | grep kubelet', tests: {test_items: [{flag: "
	 "--read-only-port, set: false}]}",
	 VERDICT_FAIL},
	{STAT("permissions=%a", "$kubeletconf") "tests: {test_items: [{flag: permissions, "
						"compare: {op: bitmask, value: '600'}}]}",
	 VERDICT_PASS},
	{STAT("permissions=%a", "$kubeletsvc") "tests: {test_items: [{flag: permissions, "
					       "compare: {op: bitmask, value: '644'}}]}",
	 VERDICT_FAIL},
	{STAT("%a", "$kubeletkubeconfig") "tests: {bin_op: or, test_items: [{flag: '640', "
					  "compare: {op: eq, value: '640'}}, {flag: '644', "
					  "compare: {op: eq, value: '644'}}]}",
	 VERDICT_PASS},
	{STAT("%a", "$kubeletkubeconfig") "tests: {test_items: [{flag: '600'}]}", VERDICT_FAIL},
	{STAT("%U:%G", "$kubeletconf") "tests: {test_items: [{flag: root:root}]}", VERDICT_PASS},
	{STAT("%U:%G", "$kubeletkubeconfig") "tests: {bin_op: or, test_items: [{flag: "
					     "root:root}, {flag: File not found}]}",
	 VERDICT_FAIL},
	{STAT("%U:%G", "$kubeletcafile") "tests: {bin_op: or, test_items: [{flag: "
					 "root:root}, {flag: File not found}]}",
	 VERDICT_PASS},
	{STAT("permissions=%a", "/etc/passwd") "tests: {test_items: [{flag: permissions, "
					       "compare: {op: bitmask, value: '644'}}]}",
	 VERDICT_PASS},
	{"audit: 'stat -c %a /etc/cni/net.d/*', tests: {test_items: [{flag: permissions, "
	 "compare: {op: bitmask, value: '644'}}]}",
	 VERDICT_UNKNOWN},
	/* kube-bench sees the node below a mount, or enters it. */
	{STAT("permissions=%a", "/node/etc/kubelet.yaml") "tests: {test_items: [{flag: "
							  "permissions, compare: {op: "
							  "bitmask, value: '400'}}]}",
	 VERDICT_FAIL},
	{"audit: 'oc debug node/${n} -- chroot /host stat -c \"$n %n permissions=%a\" "
	 "/etc/kubelet.yaml 2> /dev/null', use_multiple_values: true, tests: {test_items: "
	 "[{flag: permissions, compare: {op: bitmask, value: '600'}}]}",
	 VERDICT_PASS},
	{"audit: 'oc exec $pod -- stat -c %U:%G /etc/passwd', tests: {test_items: [{flag: "
	 "root:root}]}",
	 VERDICT_UNKNOWN},
	{"audit: stat -c %U:%G /etc/kubeletconf, tests: {test_items: [{flag: root:root}]}",
	 VERDICT_NOT_APPLICABLE},
	{"audit: stat -c %a $nodesvc, tests: {test_items: [{flag: '644', compare: {op: eq, "
	 "value: '644'}}]}",
	 VERDICT_FAIL},
	{"audit: stat -c %a /etc/kubelet.yaml, tests: {test_items: [{flag: permissions, "
	 "compare: {op: bitmask, value: 0600}}]}",
	 VERDICT_PASS},
	/* What is looked for in the text of a file, or of a command line. */
	{"audit: grep kubelet, tests: {test_items: [{flag: '--read-only-port=10255'}]}",
	 VERDICT_PASS},
	{"audit: grep kubelet, tests: {test_items: [{flag: GracefulNodeShutdown=true, "
	 "compare: {op: has, value: 'true'}}]}",
	 VERDICT_FAIL},
	{"audit: grep eventRecordQPS /etc/kubelet.yaml, tests: {test_items: [{flag: "
	 "'eventRecordQPS: 7'}]}",
	 VERDICT_PASS},
	{"audit: grep eventRecordQPS /etc/kubelet.yaml, tests: {test_items: [{flag: "
	 "'eventRecordQPS: 7', set: false}]}",
	 VERDICT_FAIL},
	{"audit: grep mode /etc/kubelet.yaml, tests: {test_items: [{flag: Webhook, set: "
	 "false}]}",
	 VERDICT_UNKNOWN},
	{"audit: grep clientCAFile /etc/kubelet.yaml, tests: {test_items: [{flag: "
	 "clientCAFile}]}",
	 VERDICT_FAIL},
	{"audit: grep -A1 read-only-port /etc/origin/node/node-config.yaml, tests: "
	 "{test_items: [{flag: read-only-port, compare: {op: has, value: '0'}}]}",
	 VERDICT_FAIL},
	{"audit: 'journalctl -u k3s | grep apiserver', tests: {test_items: [{flag: "
	 "--read-only-port, path: '{.readOnlyPort}', compare: {op: eq, value: 10255}}]}",
	 VERDICT_PASS},
	{"audit: 'journalctl -u k3s | grep apiserver', tests: {test_items: [{flag: "
	 "--read-only-port}]}",
	 VERDICT_UNKNOWN},
	{"audit: sysctl -a, tests: {test_items: [{flag: vm.x}]}", VERDICT_UNKNOWN},
	{"audit: ps -fC $proxybin, tests: {test_items: [{flag: --metrics-bind-address, "
	 "set: false}]}",
	 VERDICT_NOT_APPLICABLE},
	{"text: nothing to run", VERDICT_UNKNOWN},
	{"type: manual, " PS "tests: {test_items: [{flag: --hostname-override, set: false}]}",
	 VERDICT_UNKNOWN},
	{"type: skip, " PS "tests: {test_items: [{flag: --hostname-override, set: false}]}",
	 VERDICT_NOT_APPLICABLE},
};

static void controls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		struct rule_file out = {0};
		struct doc_fault fault = {0};
		struct str text =
			str_fmt(arena, "version: cis-0\ngroups: [{checks: [{id: 4.10, %s}]}]\n",
				checks[i].check);
		if (!read_rules(text, &out, &fault))
			print_error("%s: %.*s\n", checks[i].check, ARG(fault.text));
		assert_int_equal(out.rules.n, 1);
		assert_string_equal(out.rules.at[0]->id, "cis-0/4.10");
		struct finding f = rule_evaluate(&node, out.rules.at[0], NULL, false);
		if (f.verdict != checks[i].verdict)
			print_error("%s: %s\n", checks[i].check, verdict_name(f.verdict));
		assert_int_equal(f.verdict, checks[i].verdict);
		assert_int_equal(out.live > 0, f.doubt.reason == REASON_LIVE_AUDIT);
	}
}

static int begin(void **state)
{
	static struct launches launches;
	(void)state;
	arena = arena_new(256 << 20, NULL, NULL);
	struct kubelet_options opts = {.version = {.major = 1, .minor = 30}};
	node.root = captured_root(arena, str_from(node_text));
	node.sd = systemd_new(node.root, &(struct systemd_options){.version = 252});
	launches = kubelet_launches(node.root, node.sd, &opts);
	assert_int_equal(launches.n, 1);
	node.launch = &launches.at[0];
	node.settings = kubelet_settings(node.root, node.launch, &opts);
	assert_null(node.settings->error);
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
		cmocka_unit_test(refusals),
		cmocka_unit_test(asks),
		cmocka_unit_test(members),
		cmocka_unit_test(controls),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
