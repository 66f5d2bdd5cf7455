/*
 * test_made.c - kubelets whose flags and configuration a launcher makes: OpenShift 3, MicroShift,
 * Talos. What they make is told by their own sources (origin's ComputeKubeletFlags, MicroShift's
 * kubelet.yaml and its files.go, Talos' kubelet_spec.go).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet.h"
#include "kubelet/launch/made.h"

#include <cmocka.h>

/* ---- merge patches: the examples of RFC 7386, appendix A ---- */

static struct str json(const struct doc *d)
{
	struct str s = S(""), open = d->kind == DOC_LIST ? S("[") : S("{");
	if (d->kind == DOC_STRING)
		return str_fmt(arena, "\"%" PRIstr "\"", ARG(d->text));
	if (d->kind != DOC_MAP && d->kind != DOC_LIST)
		return d->kind == DOC_NULL ? S("null") : d->text;
	for (size_t i = 0; i < d->n; i++) {
		struct str key =
			d->kind == DOC_LIST
				? S("")
				: str_fmt(arena, "\"%" PRIstr "\":", ARG(d->entries[i].key));
		s = str_fmt(arena, "%" PRIstr "%s%" PRIstr "%" PRIstr, ARG(s), i ? "," : "",
			    ARG(key), ARG(json(d->entries[i].value)));
	}
	return str_fmt(arena, "%" PRIstr "%" PRIstr "%s", ARG(open), ARG(s),
		       d->kind == DOC_LIST ? "]" : "}");
}

static const struct doc *parsed(const char *text)
{
	struct doc_fault fault;
	const struct doc *d =
		doc_json(arena, captured_file(arena, S("/x"), str_from(text)), &fault);
	assert_non_null(d);
	return d;
}

static void patches(void **state)
{
	static const char *const rows[][3] = {
		{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
		{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
		{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
		{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
		 "{\"a\":{\"b\":\"d\"}}"},
		{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
		{"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
		{"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
		{"{\"a\":\"foo\"}", "null", "null"},
		{"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
		{"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
		{"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
		{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str got = json(made_patched(arena, parsed(rows[i][0]), parsed(rows[i][1])));
		if (!str_eq(got, str_from(rows[i][2])))
			fail_msg("row %zu: %.*s", i, ARG(got));
	}
}

/* ---- launches ---- */

#define ORIGIN \
	"-- /etc/systemd/system/origin-node.service --\n[Service]\nExecStart=/usr/bin/openshift " \
	"start node --config=/etc/origin/node/node-config.yaml\n"
#define SCRIPT \
	"-- /etc/systemd/system/origin-node.service --\n[Service]\nExecStart=" \
	"/usr/local/bin/openshift-node\n-- /usr/local/bin/openshift-node mode=0755 " \
	"--\n#!/bin/sh\neval \"exec hyperkube kubelet $(openshift-node-config)\"\n"
#define NODE "-- /etc/origin/node/node-config.yaml --\nkind: NodeConfig\n"
#define BOOTSTRAP "-- /etc/origin/node/bootstrap-node-config.yaml --\nkind: NodeConfig\n"
#define MICROSHIFT \
	"-- /usr/lib/systemd/system/microshift.service --\n[Service]\nExecStart=/usr/bin/" \
	"microshift run\n"
#define SHIFT_YAML "-- /etc/microshift/config.yaml --\n"
#define DROPIN(name) "-- /etc/microshift/config.d/" name " --\n"
#define TALOS "-- /etc/os-release --\nID=talos\n"
#define STATE "-- /system/state/config.yaml --\n"
#define MACHINE STATE "version: v1alpha1\nmachine:\n  kubelet:\n"

static const struct {
	const char *capture, *layout;
	const char *name, *value; /* of a setting */
	enum level level;
	const char *where; /* the file its value comes from */
	enum reason reason;
} rows[] = {
	{ORIGIN NODE "kubeletArguments:\n  make-iptables-util-chains: [\"false\"]\n", "openshift",
	 "makeIPTablesUtilChains", "false", LEVEL_FLAG, "/etc/origin/node/node-config.yaml",
	 REASON_NONE},
	{ORIGIN NODE "kubeletArguments:\n  max-pods: [\"7\", \"9\"]\n", "openshift", "maxPods", "9",
	 LEVEL_FLAG, "/etc/origin/node/node-config.yaml", REASON_NONE},
	{ORIGIN NODE, "openshift", "readOnlyPort", "0", LEVEL_FLAG,
	 "/etc/systemd/system/origin-node.service", REASON_NONE},
	{ORIGIN NODE "kubeletArguments:\n  read-only-port: [\"10255\"]\n", "openshift",
	 "readOnlyPort", "10255", LEVEL_FLAG, "/etc/origin/node/node-config.yaml", REASON_NONE},
	/* An empty list is a name all the same: nothing is put in its place. */
	{ORIGIN NODE "kubeletArguments:\n  read-only-port: []\n", "openshift", "readOnlyPort",
	 "10255", LEVEL_DEFAULT, NULL, REASON_NONE},
	{ORIGIN NODE "servingInfo:\n  clientCA: ca.crt\n", "openshift",
	 "authentication.x509.clientCAFile", "ca.crt", LEVEL_FLAG,
	 "/etc/origin/node/node-config.yaml", REASON_NONE},
	{ORIGIN NODE "servingInfo:\n  bindAddress: \"[::]:10251\"\n", "openshift", "port", "10251",
	 LEVEL_FLAG, "/etc/origin/node/node-config.yaml", REASON_NONE},
	{ORIGIN NODE "kubeletArguments:\n  max-pods: [7]\n", "openshift", "maxPods", NULL,
	 LEVEL_DEFAULT, NULL, REASON_KUBELET_WOULD_NOT_START},
	{ORIGIN NODE "kubeletArguments:\n  max-pods: \"7\"\n", "openshift", "maxPods", NULL,
	 LEVEL_DEFAULT, NULL, REASON_KUBELET_WOULD_NOT_START},
	{ORIGIN, "openshift", "maxPods", NULL, LEVEL_DEFAULT, NULL, REASON_CONFIG_ABSENT},
	{SCRIPT NODE BOOTSTRAP "kubeletArguments:\n  max-pods: [\"7\"]\n", "openshift", "maxPods",
	 "250", LEVEL_FLAG, "/etc/systemd/system/origin-node.service", REASON_NONE},
	{SCRIPT BOOTSTRAP "kubeletArguments:\n  max-pods: [\"7\"]\n", "openshift", "maxPods", "7",
	 LEVEL_FLAG, "/etc/origin/node/bootstrap-node-config.yaml", REASON_NONE},

	{MICROSHIFT, "microshift", "makeIPTablesUtilChains", "true", LEVEL_DEFAULT, NULL,
	 REASON_NONE},
	{MICROSHIFT, "microshift", "maxPods", "250", LEVEL_CONFIG,
	 "/usr/lib/systemd/system/microshift.service", REASON_NONE},
	{MICROSHIFT SHIFT_YAML "kubelet:\n  maxPods: 7\n", "microshift", "maxPods", "7",
	 LEVEL_CONFIG, "/etc/microshift/config.yaml", REASON_NONE},
	{MICROSHIFT SHIFT_YAML "kubelet:\n  maxPods: 7\n" DROPIN(
		 "b.yaml") "kubelet:\n  maxPods: 8\n" DROPIN("a.yaml") "kubelet:\n  maxPods: 9\n",
	 "microshift", "maxPods", "8", LEVEL_CONFIG, "/etc/microshift/config.d/b.yaml",
	 REASON_NONE},
	{MICROSHIFT SHIFT_YAML
	 "kubelet:\n  maxPods: 7\n" DROPIN("a.yaml") "kubelet:\n  maxPods: null\n",
	 "microshift", "maxPods", "250", LEVEL_CONFIG, "/usr/lib/systemd/system/microshift.service",
	 REASON_NONE},
	{MICROSHIFT DROPIN("a.yml") "kubelet:\n  maxPods: 7\n" DROPIN(
		 "d/c.yaml") "kubelet:\n  maxPods: 8\n",
	 "microshift", "maxPods", "8", LEVEL_CONFIG, "/etc/microshift/config.d/d/c.yaml",
	 REASON_NONE},
	/* A key of the section replaces Microshift's own of that name whole. */
	{MICROSHIFT SHIFT_YAML "kubelet:\n  authentication:\n    anonymous:\n      enabled: true\n",
	 "microshift", "authentication.x509.clientCAFile", "", LEVEL_DEFAULT, NULL, REASON_NONE},
	{MICROSHIFT SHIFT_YAML "apiServer:\n  tls:\n    minVersion: VersionTLS13\n", "microshift",
	 "tlsMinVersion", "VersionTLS13", LEVEL_CONFIG, "/etc/microshift/config.yaml", REASON_NONE},
	{MICROSHIFT SHIFT_YAML " \n", "microshift", "maxPods", "250", LEVEL_CONFIG,
	 "/usr/lib/systemd/system/microshift.service", REASON_NONE},
	{MICROSHIFT SHIFT_YAML "kubelet: [\n", "microshift", "maxPods", NULL, LEVEL_DEFAULT, NULL,
	 REASON_KUBELET_WOULD_NOT_START},
	{MICROSHIFT SHIFT_YAML "kubelet: 5\n", "microshift", "maxPods", NULL, LEVEL_DEFAULT, NULL,
	 REASON_KUBELET_WOULD_NOT_START},
	{MICROSHIFT "-- /etc/microshift/config.yaml unreadable=io --\nbad\n", "microshift",
	 "maxPods", NULL, LEVEL_DEFAULT, NULL, REASON_UNREADABLE},
	/* What an earlier start has left is written anew. */
	{MICROSHIFT "-- /var/lib/microshift/resources/kubelet/config/config.yaml --\nnonsense: [\n",
	 "microshift", "maxPods", "250", LEVEL_CONFIG, "/usr/lib/systemd/system/microshift.service",
	 REASON_NONE},

	{TALOS, "talos", "makeIPTablesUtilChains", NULL, LEVEL_DEFAULT, NULL,
	 REASON_GENERATED_AT_BOOT},
	{TALOS MACHINE "    extraConfig:\n      maxPods: 7\n", "talos", "maxPods", "7",
	 LEVEL_CONFIG, "/system/state/config.yaml", REASON_NONE},
	{TALOS MACHINE "    extraArgs:\n      max-pods: 7\n    extraConfig:\n      maxPods: 8\n",
	 "talos", "maxPods", "7", LEVEL_FLAG, "/system/state/config.yaml", REASON_NONE},
	{TALOS MACHINE "    extraArgs:\n      max-pods: [\"7\", \"8\"]\n", "talos", "maxPods", "8",
	 LEVEL_FLAG, "/system/state/config.yaml", REASON_NONE},
	{TALOS STATE "machine: {type: worker}\n", "talos", "authorization.mode", "Webhook",
	 LEVEL_CONFIG, "/system/state/config.yaml", REASON_NONE},
	{TALOS MACHINE "    skipNodeRegistration: true\n", "talos", "authorization.mode",
	 "AlwaysAllow", LEVEL_CONFIG, "/system/state/config.yaml", REASON_NONE},
	{TALOS MACHINE "    defaultRuntimeSeccompProfileEnabled: true\n", "talos", "seccompDefault",
	 "true", LEVEL_CONFIG, "/system/state/config.yaml", REASON_NONE},
	{TALOS MACHINE "    extraConfig:\n      tlsMinVersion: VersionTLS12\n", "talos",
	 "tlsMinVersion", "VersionTLS12", LEVEL_CONFIG, "/system/state/config.yaml", REASON_NONE},
	{TALOS MACHINE "    extraConfig:\n      authentication: {}\n", "talos", "maxPods", NULL,
	 LEVEL_DEFAULT, NULL, REASON_KUBELET_WOULD_NOT_START},
	{TALOS MACHINE "    extraArgs:\n      config: /x\n", "talos", "maxPods", NULL,
	 LEVEL_DEFAULT, NULL, REASON_KUBELET_WOULD_NOT_START},
	/* Other documents stand before and after it. */
	{TALOS STATE "apiVersion: v1alpha1\nkind: HostnameConfig\n---\nmachine:\n  kubelet:\n"
		     "    extraConfig: {maxPods: 7}\n---\nkind: X\n",
	 "talos", "maxPods", "7", LEVEL_CONFIG, "/system/state/config.yaml", REASON_NONE},
	{TALOS STATE "kind: X\n", "talos", "maxPods", NULL, LEVEL_DEFAULT, NULL,
	 REASON_GENERATED_AT_BOOT},
	{TALOS STATE "machine: [\n", "talos", "maxPods", NULL, LEVEL_DEFAULT, NULL,
	 REASON_KUBELET_WOULD_NOT_START},
};

static void check(size_t i, const struct settings *s)
{
	const struct setting *x = setting_get(s, str_from(rows[i].name));
	struct str where = x->from ? x->from->file->path : S("");
	if (s->doubt.reason != rows[i].reason)
		fail_msg("row %zu: %s (%.*s)", i, reason_name(s->doubt.reason), ARG(s->doubt.text));
	if (!rows[i].value)
		return;
	if (s->error || !str_eq(x->value, str_from(rows[i].value)) || x->level != rows[i].level ||
	    !str_eq(where, str_from(rows[i].where)))
		fail_msg("row %zu: %s, '%.*s', %s, %.*s", i, s->error ? s->error : "",
			 ARG(x->value), level_name(x->level), ARG(where));
}

static void makes(void **state)
{
	static const struct kubelet_options newest;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rootfs *root = captured_root(arena, str_from(rows[i].capture));
		struct launches all = kubelet_launches(
			root, systemd_new(root, &(struct systemd_options){0}), NULL);
		if (all.n != 1 || strcmp(all.at[0].layout, rows[i].layout) != 0)
			fail_msg("row %zu: %zu launches", i, all.n);
		check(i, kubelet_settings(root, &all.at[0], &newest));
	}
}

/* Its lines are those of the file, though documents are read one by one. */
static void places_lines(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(
		arena, S(TALOS STATE "---\nkind: X\n---\nmachine:\n  kubelet:\n    extraArgs:\n"
				     "      max-pods: \"7\"\n"));
	struct launches all =
		kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
	assert_int_equal(all.n, 1);
	const struct word *last = &all.at[0].argv.at[all.at[0].argv.n - 1];
	assert_true(str_eq(last->text, S("--max-pods=7")));
	struct place p = origin_place(last->from);
	assert_int_equal(p.line, 7);
	assert_int_equal(p.column, 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patches),
		cmocka_unit_test(makes),
		cmocka_unit_test(places_lines),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
