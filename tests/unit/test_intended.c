/*
 * test_intended.c - what inputs of a join mean to set: a row is such inputs on a node that still
 * waits for its config file, and the values of one setting that are told, in order. Forms follow
 * the kubeadm API (v1beta1 to v1beta4), "kubeadm init --patches", nodeadm's NodeConfig,
 * cloud-init's and Ignition's specifications, RFC 2046, 2397, 4648 and 6902. Every prefix is read,
 * too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base64.h"
#include "captured.h"
#include "fixture.h"
#include "kubelet/intended/intended.h"

#include <cmocka.h>

#define WAITS \
	"-- /etc/systemd/system/kubelet.service --\n[Service]\nEnvironmentFile=-/etc/default/kubelet\n" \
	"ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml $KUBELET_EXTRA_ARGS\n"
#define KUBELET "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
#define FALSE "makeIPTablesUtilChains: false\n"
#define TRUE "makeIPTablesUtilChains: true\n"
#define JOIN(version) "apiVersion: kubeadm.k8s.io/" version "\nkind: JoinConfiguration\n"
#define USER_DATA "-- /var/lib/cloud/seed/nocloud/user-data --\n"
#define IGNITION "-- /usr/lib/ignition/user.ign --\n{\"ignition\": {\"version\": \"3.4.0\"}, "
#define MIME "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="

struct row {
	const char *inputs;
	const char *values; /* joined by a blank */
};

static const struct row rows[] = {
	/* kubeadm */
	{"-- /etc/kubernetes/kubeadm.yaml --\n" KUBELET FALSE, "false"},
	{"-- /etc/kubernetes/kubeadm.yaml --\n---\n" KUBELET FALSE "---\n" KUBELET TRUE,
	 "false true"},
	{"-- /etc/kubernetes/kubeadm.yaml --\n--- \n" JOIN("v1beta3") "--- # next\n" KUBELET FALSE
								      "...\n",
	 "false"},
	{"-- /etc/kubernetes/other.yaml --\n" KUBELET FALSE, ""},
	{"-- /etc/kubernetes/other.yaml --\n" KUBELET FALSE "---\n" JOIN("v1beta3"), "false"},
	{"-- /etc/kubernetes/kubeadm.yaml --\n" JOIN(
		 "v1beta3") "nodeRegistration:\n  kubeletExtraArgs:\n    make-iptables-util-chains: \"false\"\n",
	 "false"},
	{"-- /etc/kubernetes/kubeadm.yaml --\n" JOIN(
		 "v1beta4") "nodeRegistration:\n  kubeletExtraArgs:\n  - name: make-iptables-util-chains\n"
			    "    value: \"false\"\n  - name: v\n    value: \"2\"\n",
	 "false"},
	{"-- /etc/kubernetes/kubeadm.yaml --\n" JOIN(
		 "v1beta4") "nodeRegistration:\n  kubeletExtraArgs:\n  - name: make-iptables-util-chains\n"
			    "    value: \"perhaps\"\n",
	 ""},
	{"-- /etc/kubernetes/kubeadm.json --\n{\"apiVersion\": \"kubeadm.k8s.io/v1beta3\", \"kind\": "
	 "\"InitConfiguration\", \"nodeRegistration\": {\"kubeletExtraArgs\": "
	 "{\"make-iptables-util-chains\": \"false\"}}}\n",
	 "false"},
	{"-- /etc/kubernetes/kubeadm.yaml --\n" KUBELET "makeIPTablesUtilChains: \"false\"\n", ""},
	{"-- /etc/kubernetes/kubeadm.yaml --\n" KUBELET "makeIPTablesUtilChains: null\n", ""},
	{"-- /etc/kubernetes/kubeadm.yaml --\n" KUBELET "a: [\n---\n" KUBELET FALSE, "false"},

	/* Patches */
	{"-- /etc/kubernetes/patches/kubeletconfiguration.yaml --\n" FALSE, "false"},
	{"-- /etc/kubernetes/patches/kubeletconfiguration1+merge.json --\n"
	 "{\"makeIPTablesUtilChains\": false}\n",
	 "false"},
	{"-- /etc/kubernetes/patches/kubeletconfiguration+json.yaml --\n"
	 "- op: add\n  path: /makeIPTablesUtilChains\n  value: false\n"
	 "- op: test\n  path: /makeIPTablesUtilChains\n  value: true\n",
	 "false"},
	{"-- /etc/kubernetes/patches/etcd.yaml --\n" FALSE, ""},
	{"-- /var/lib/kubelet/instance-config.yaml --\n" KUBELET FALSE, "false"},

	/* nodeadm */
	{"-- /etc/eks/nodeadm.d/10.yaml --\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n"
	 "spec:\n  kubelet:\n    config:\n      " FALSE
	 "    flags:\n    - --make-iptables-util-chains\n",
	 "false true"},

	/* cloud-init */
	{USER_DATA "#cloud-config\nwrite_files:\n- path: /etc/default/kubelet\n"
		   "  content: KUBELET_EXTRA_ARGS=--make-iptables-util-chains=false\n",
	 "false"},
	{USER_DATA "#cloud-config\nwrite_files:\n- path: /etc/default/kubelet\n"
		   "  content: OTHER=--make-iptables-util-chains=false\n",
	 ""},
	{USER_DATA
	 "#cloud-config\nwrite_files:\n- path: /etc/default/kubelet\n  encoding: b64\n"
	 "  content: S1VCRUxFVF9FWFRSQV9BUkdTPS0tbWFrZS1pcHRhYmxlcy11dGlsLWNoYWlucz1mYWxzZQo=\n",
	 "false"},
	{USER_DATA "#cloud-config\nwrite_files:\n- path: /run/kubeadm/kubeadm.yaml\n  content: |\n"
		   "    apiVersion: kubelet.config.k8s.io/v1beta1\n"
		   "    kind: KubeletConfiguration\n    " FALSE,
	 "false"},
	{USER_DATA "#cloud-config\nruncmd:\n- [/etc/eks/bootstrap.sh, c, --kubelet-extra-args, "
		   "\"--v=2 --make-iptables-util-chains=false\"]\n",
	 "false"},
	{USER_DATA "#!/bin/sh\n/etc/eks/bootstrap.sh c --kubelet-extra-args "
		   "'--make-iptables-util-chains=false'\n",
	 "false"},
	{USER_DATA "#cloud-config\nruncmd:\n- kubeadm join --config /srv/join.yaml\n"
		   "-- /srv/join.yaml --\n" JOIN("v1beta3") "---\n" KUBELET FALSE,
	 "false"},
	{USER_DATA "#include\nhttps://example.com/x\n", ""},

	/* MIME */
	{USER_DATA MIME "\"B\"\n\n--B\nContent-Type: text/cloud-config\n\n#cloud-config\n"
			"write_files:\n- path: /etc/default/kubelet\n"
			"  content: KUBELET_EXTRA_ARGS=--make-iptables-util-chains=false\n--B--\n",
	 "false"},
	{USER_DATA MIME "B\n\n--B\nContent-Type: x/y\nContent-Transfer-Encoding: base64\n\n"
			"IyEvYmluL3NoCi9ldGMvZWtzL2Jvb3RzdHJhcC5zaCBjIC0ta3ViZWxldC1leHRyYS1hcmdz\n"
			"ICctLW1ha2UtaXB0YWJsZXMtdXRpbC1jaGFpbnM9ZmFsc2UnCg==\n--B--\n",
	 "false"},

	/* Ignition */
	{IGNITION
	 "\"storage\": {\"files\": [{\"path\": \"/var/lib/kubelet/config.yaml\", "
	 "\"contents\": {\"source\": \"data:,apiVersion%3A%20kubelet.config.k8s.io%2Fv1beta1"
	 "%0Akind%3A%20KubeletConfiguration%0AmakeIPTablesUtilChains%3A%20false%0A\"}}]}}\n",
	 "false"},
	{IGNITION
	 "\"systemd\": {\"units\": [{\"name\": \"kubelet.service\", \"dropins\": [{\"name\": "
	 "\"a.conf\", \"contents\": \"[Service]\\nExecStart=\\nExecStart=/usr/bin/kubelet "
	 "--make-iptables-util-chains false --make-iptables-util-chains=false\\n\"}]}]}}\n",
	 "true false"},
	{IGNITION "\"storage\": {\"files\": [{\"path\": \"/var/lib/kubelet/config.yaml\", "
		  "\"contents\": {\"source\": \"https://example.com/x\"}}]}}\n",
	 ""},

	/* Templates */
	{"-- /usr/share/templates/kubelet-config --\n{{#if x}}\nmakeIPTablesUtilChains: {{x}}\n"
	 "{{/if}}\nother:\n  makeIPTablesUtilChains: false\n",
	 "{{x}}"},
};

static const struct settings *settings_of(struct str capture)
{
	struct rootfs *root = captured_root_or_none(arena, capture);
	if (!root)
		return NULL;
	struct systemd *sd = systemd_new(root, &(struct systemd_options){0});
	struct launches all = kubelet_launches(root, sd, NULL);
	return all.n ? kubelet_settings(root, &all.at[0], NULL) : NULL;
}

static struct str values_of(const struct settings *s)
{
	const struct option *opt = option_find(S("makeIPTablesUtilChains"));
	struct str got = S("");
	for (size_t i = 0; i < s->intended.n; i++)
		if (s->intended.at[i].option == opt)
			got = str_cat(arena, got.n ? str_cat(arena, got, S(" ")) : got,
				      s->intended.at[i].value);
	return got;
}

static void intended(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str capture = str_cat(arena, S(WAITS), str_from(rows[i].inputs));
		struct str got = values_of(settings_of(capture));
		if (!str_eq(got, str_from(rows[i].values))) {
			print_error("row %zu: %" PRIstr "\n%s", i, ARG(got), rows[i].inputs);
			fail();
		}
	}
}

static void every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str capture = str_cat(arena, S(WAITS), str_from(rows[i].inputs));
		for (size_t n = sizeof WAITS - 1; n < capture.n; n += 3) {
			arena_free(arena);
			arena = arena_new((size_t)256 << 20, NULL, NULL);
			capture = str_cat(arena, S(WAITS), str_from(rows[i].inputs));
			settings_of(str_slice(capture, 0, n));
		}
	}
}

/* What is intended is told while something is pending, and changes nothing that is effective. */
static void nothing_else(void **state)
{
	(void)state;
	static const char inputs[] = "-- /etc/kubernetes/kubeadm.yaml --\n" KUBELET FALSE;
	static const char there[] =
		"-- /var/lib/kubelet/config.yaml --\n" KUBELET "-- /etc/default/kubelet --\n";
	const struct settings *s = settings_of(str_cat(arena, S(WAITS), str_from(inputs)));
	const struct setting *x = setting_get(s, S("makeIPTablesUtilChains"));
	assert_true(str_eq(x->value, S("true")) && x->level == LEVEL_DEFAULT);
	assert_int_equal(s->doubt.reason, REASON_CONFIG_ABSENT);
	s = settings_of(
		str_cat(arena, str_cat(arena, S(WAITS), str_from(inputs)), str_from(there)));
	assert_int_equal(s->intended.n, 0);
}

static void decoded(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} base64[] =
		{{"", ""},           {"Zg==", "f"},      {"Zm8=", "fo"},         {"Zm9v", "foo"},
		 {"Zm9vYg", "foob"}, {"Zm 9\nv", "foo"}, {"Zm9vYmFy", "foobar"}, {"Z!", NULL}},
	  urls[] = {{"data:,a%20b", "a b"},       {"data:text/plain;charset=utf-8,x%2", "x%2"},
		    {"data:;base64,Zm9v", "foo"}, {"data:;base64,Zm9v%3D", "foo"},
		    {"data:none", NULL},          {"https://x/,y", NULL}};
	struct str out;
	for (size_t i = 0; i < sizeof base64 / sizeof *base64; i++) {
		bool taken = base64_decode(arena, str_from(base64[i].in), &out);
		assert_int_equal(taken, base64[i].out != NULL);
		if (taken)
			assert_true(str_eq(out, str_from(base64[i].out)));
	}
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		bool taken = url_decode(arena, str_from(urls[i].in), &out);
		assert_int_equal(taken, urls[i].out != NULL);
		if (taken)
			assert_true(str_eq(out, str_from(urls[i].out)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intended), cmocka_unit_test(every_prefix),
		cmocka_unit_test(nothing_else), cmocka_unit_test(decoded)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
