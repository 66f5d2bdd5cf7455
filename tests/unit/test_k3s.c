/*
 * test_k3s.c - what K3s and RKE2 make of their configuration and command line. Expected values
 * follow pkg/configfilearg (the cases of its own parser_test.go are among the rows), GetArgs of
 * pkg/util and pkg/daemons/agent of k3s, pkg/cli/cmds and pkg/podexecutor of rke2.
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

#define UNIT(exec) "-- /etc/systemd/system/node.service --\n[Service]\n" exec "\n"
#define K3S(args) UNIT("ExecStart=/usr/local/bin/k3s " args)
#define RKE2(args) UNIT("ExecStart=/usr/local/bin/rke2 " args)
#define CONFIG "-- /etc/rancher/k3s/config.yaml --\n"
#define MORE(name) "-- /etc/rancher/k3s/config.yaml.d/" name " --\n"
#define RKE2_CONFIG "-- /etc/rancher/rke2/config.yaml --\n"

static struct kubelet_options version(const char *text)
{
	struct kubelet_options o = {0};
	version_parse(str_from(text), &o.version);
	return o;
}

static struct launches launches_of(const char *capture, const char *release)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	struct kubelet_options *o = NEW(arena, struct kubelet_options);
	*o = version(release);
	return kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), o);
}

/* The words that somebody wrote, in order; what is built in has no origin. */
static struct str written(const struct launch *l)
{
	struct str out = S("");
	for (size_t i = 1; i < l->argv.n; i++)
		if (l->argv.at[i].from)
			out = str_fmt(arena, "%" PRIstr "%s%" PRIstr, ARG(out), out.n ? " " : "",
				      ARG(l->argv.at[i].text));
	return out;
}

static struct str all_words(const struct launch *l)
{
	struct str out = S("");
	for (size_t i = 0; i < l->argv.n; i++)
		out = str_fmt(arena, "%" PRIstr "%s%" PRIstr, ARG(out), i ? " " : "",
			      ARG(l->argv.at[i].text));
	return out;
}

struct row {
	const char *capture;
	const char *written; /* NULL: no launch */
	enum reason reason;
};

static const struct row rows[] = {
	/* Where the configuration is. */
	{K3S("server") CONFIG "kubelet-arg: v=2\n", "--v=2", REASON_NONE},
	{K3S("--debug server") CONFIG "kubelet-arg: v=2\n", "--v=2", REASON_NONE},
	{K3S("server --config /c") CONFIG "kubelet-arg: v=2\n-- /c --\nkubelet-arg: v=3\n", "--v=3",
	 REASON_NONE},
	{K3S("--config=/c server -c /d") "-- /c --\nkubelet-arg: v=3\n", "--v=3", REASON_NONE},
	{K3S("agent -c=/c") "-- /c --\nkubelet-arg: v=3\n", "--v=3", REASON_NONE},
	{K3S("agent -c=") CONFIG "kubelet-arg: v=2\n", "", REASON_NONE},
	{UNIT("Environment=K3S_CONFIG_FILE=/e\nExecStart=/k3s server -c /c") "-- /c --\n"
									     "kubelet-arg: v=3\n"
									     "-- /e --\n"
									     "kubelet-arg: v=4\n",
	 "--v=4", REASON_NONE},
	{UNIT("Environment=RKE2_CONFIG_FILE=/e\nExecStart=/k3s server") "-- /e --\n"
									"kubelet-arg: v=4\n",
	 "", REASON_NONE},
	{UNIT("WorkingDirectory=/opt\nExecStart=/k3s server -c c.yaml") "-- /opt/c.yaml --\n"
									"kubelet-arg: v=4\n",
	 "--v=4", REASON_NONE},
	{K3S("server -c /none"), "", REASON_GENERATED_AT_BOOT},
	{K3S("server -c /none") "-- /none.d/a.yaml --\nkubelet-arg: v=4\n", "--v=4", REASON_NONE},
	{K3S("server -c https://host/c.yaml"), "", REASON_GENERATED_AT_BOOT},
	{K3S("server -c /etc") "-- /etc/rancher --\n", "", REASON_KUBELET_WOULD_NOT_START},
	{K3S("server") CONFIG, "", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: {\n", "", REASON_KUBELET_WOULD_NOT_START},
	{K3S("server") CONFIG "- a\n", "", REASON_KUBELET_WOULD_NOT_START},

	/* config.yaml.d: by name, hidden ones too, of two suffixes in any case, no directories. */
	{K3S("server") MORE("b.yaml") "kubelet-arg: v=2\n" MORE("a.yml") "kubelet-arg: v=1\n",
	 "--v=2", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: v=1\n" MORE(".h.YAML") "kubelet-arg: v=2\n", "--v=2",
	 REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: v=1\n" MORE("c.yaml.bak") "kubelet-arg: v=2\n", "--v=1",
	 REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: v=1\n" MORE("d.yaml/x") "kubelet-arg: v=2\n", "--v=1",
	 REASON_NONE},

	/* Keys with "+", as in data.yaml and data.yaml.d of the source. */
	{K3S("server") CONFIG "kubelet-arg: one\n" MORE("a.yaml") "kubelet-arg+: two=\n",
	 "--one=true --two=", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg:\n- one=\n- two=\n" MORE("a.yaml") "kubelet-arg+:\n"
									      "- three=\n",
	 "--one= --three= --two=", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg+: [one=, two=]\n", "--one= --two=", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg:\n" MORE("a.yaml") "kubelet-arg+: [a=]\n",
	 "--a=", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: a=\nkubelet-arg: b=\n", "--b=", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: a=\n" MORE("a.yaml") "kubelet-arg: []\n", "",
	 REASON_NONE},

	/* Values of every kind. */
	{K3S("server") CONFIG "kubelet-arg:\n- v=1\n- ' b=2 '\n- 7\n- yes\n- 1.50\n",
	 "--1.5=true --7=true --b=2 --true=true --v=1", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg:\n- max-pods: 7\n  v: [1, ~]\n",
	 "--[{max-pods 7} {v [1 <nil>]}]=true", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg:\n- [v=1, v=2]\n", "--v=1", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: {v: 1}\n", "--[{v 1}]=true", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg:\n", "--=true", REASON_NONE},
	{K3S("server") CONFIG "kubelet-arg: feature-gates=A=true,B=false\n",
	 "--feature-gates=A=true,B=false", REASON_NONE},

	/* The command line comes after; other flags keep their values. */
	{K3S("server --kubelet-arg v=3") CONFIG "kubelet-arg: v=2\n", "--v=2 --v=3", REASON_NONE},
	{K3S("server -kubelet-arg=v=3 --kubelet-arg --x=y"), "--v=3 --x=y", REASON_NONE},
	{K3S("server --token --kubelet-arg=v=3 --kubelet-arg=v=4"), "--v=4", REASON_NONE},
	{K3S("server --selinux --kubelet-arg=v=3"), "--v=3", REASON_NONE},
	{K3S("server -- --kubelet-arg=v=3"), "", REASON_NONE},

	/* GetArgs: names sorted, values in order, the user's instead of their own. */
	{K3S("server --kubelet-arg=b=1 --kubelet-arg=a=1 --kubelet-arg=b=0"), "--a=1 --b=1 --b=0",
	 REASON_NONE},
	{K3S("server --kubelet-arg=a=1 --kubelet-arg=a-=0 --kubelet-arg=a+=2"), "--a=0 --a=1 --a=2",
	 REASON_NONE},
	{K3S("server --kubelet-arg=--a=1 --kubelet-arg=---b=1"), "---b=1 --a=1", REASON_NONE},

	/* Whose command it is. */
	{K3S("server --disable-agent"), NULL, REASON_NONE},
	{K3S("server --disable-agent=false"), "", REASON_NONE},
	{K3S("server --disable-agent=maybe"), "", REASON_KUBELET_WOULD_NOT_START},
	{K3S("server") CONFIG "disable-agent: true\n", NULL, REASON_NONE},
	{K3S("kubectl get nodes"), NULL, REASON_NONE},
	{K3S("etcd-snapshot --config /x server"), NULL, REASON_NONE},
	{UNIT("ExecStart=/usr/bin/k3s-arm64 agent --kubelet-arg=v=1"), "--v=1", REASON_NONE},
	{UNIT("ExecStart=/usr/bin/k3sup agent --kubelet-arg=v=1"), NULL, REASON_NONE},

	/* RKE2. */
	{RKE2("server") RKE2_CONFIG "kubelet-arg: [v=2, alsologtostderr=true, log_file=/x]\n",
	 "--v=2", REASON_NONE},
	{RKE2("agent --profile=cis-1.23"), "", REASON_NONE},
	{RKE2("agent --profile=etcd"), "", REASON_NONE},
	{RKE2("agent --profile=other"), "", REASON_KUBELET_WOULD_NOT_START},
	{RKE2("agent --profile=cis --protect-kernel-defaults=false"), "",
	 REASON_KUBELET_WOULD_NOT_START},
};

static void reads_what_it_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct launches l = launches_of(r->capture, "1.31");
		bool same = l.n == (r->written != NULL);
		if (same && r->written)
			same = str_eq(written(&l.at[0]), str_from(r->written)) &&
			       l.at[0].doubt.reason == r->reason;
		if (!same) {
			print_error("%s\n", r->capture);
			if (l.n)
				print_error("%.*s (%s)\n", ARG(written(&l.at[0])),
					    reason_name(l.at[0].doubt.reason));
			fail();
		}
	}
}

/* ---- their own arguments ---- */

static void keeps_its_own(void **state)
{
	static const char up_to_1_32_0[] =
		"kubelet --anonymous-auth=true --authentication-token-webhook=true "
		"--authorization-mode=Webhook --client-ca-file=/d/agent/client-ca.crt "
		"--container-runtime-endpoint=unix:///run/k3s/containerd/containerd.sock "
		"--eviction-hard=imagefs.available<5%,nodefs.available<5% "
		"--eviction-hard=memory.available<1Gi "
		"--eviction-minimum-reclaim=imagefs.available=10%,nodefs.available=10% "
		"--fail-swap-on=false --kubeconfig=/d/agent/kubelet.kubeconfig "
		"--pod-manifest-path=/d/agent/pod-manifests --protect-kernel-defaults=true "
		"--read-only-port=0 --serialize-image-pulls=false "
		"--tls-cert-file=/d/agent/serving-kubelet.crt "
		"--tls-private-key-file=/d/agent/serving-kubelet.key";
	static const char from_1_32_4[] =
		"kubelet --anonymous-auth=true --config-dir=/d/agent/etc/kubelet.conf.d "
		"--eviction-hard=memory.available<1Gi --kubeconfig=/d/agent/kubelet.kubeconfig "
		"--read-only-port=0";
	static const char capture[] = K3S("server --data-dir=/d/ --protect-kernel-defaults "
					  "--kubelet-arg=eviction-hard+=memory.available<1Gi")
		CONFIG "kubelet-arg: anonymous-auth=true\n";
	(void)state;
	assert_string_equal(str_z(arena, all_words(&launches_of(capture, "v1.32.0").at[0])),
			    up_to_1_32_0);
	assert_string_equal(str_z(arena, all_words(&launches_of(capture, "v1.32.4").at[0])),
			    from_1_32_4);
}

static const struct setting *setting_of(const char *capture, const char *release, const char *name)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	struct kubelet_options o = version(release);
	struct launches l =
		kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), &o);
	assert_int_equal(l.n, 1);
	const struct settings *s = kubelet_settings(root, &l.at[0], &o);
	if (s->error)
		print_error("%.*s\n", ARG(s->error_text));
	assert_null(s->error);
	return setting_get(s, str_from(name));
}

struct effect {
	const char *capture, *release, *name, *value;
	enum level level;
};

#define KIND "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
#define DIR "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/"

static const struct effect effects[] = {
	{K3S("server"), "1.31.5", "authentication.anonymous.enabled", "false", LEVEL_FLAG},
	{K3S("server"), "1.33.1", "authentication.anonymous.enabled", "false", LEVEL_CONFIG_DIR},
	{K3S("server"), "1.33.1", "authorization.mode", "Webhook", LEVEL_CONFIG_DIR},
	/* k3s-io/k3s#12164 */
	{K3S("server"), "v1.32.0+k3s1", "readOnlyPort", "0", LEVEL_FLAG},
	{K3S("server"), "v1.32.3+k3s1", "readOnlyPort", "10255", LEVEL_DEFAULT},
	{K3S("server"), "v1.32.4+k3s1", "readOnlyPort", "0", LEVEL_FLAG},
	{K3S("server"), "v1.33.0", "readOnlyPort", "0", LEVEL_FLAG},
	{K3S("server"), "1.33.1", "tlsCertFile", "/var/lib/rancher/k3s/agent/serving-kubelet.crt",
	 LEVEL_CONFIG_DIR},
	{RKE2("server --profile=cis"), "1.33.1", "protectKernelDefaults", "true", LEVEL_CONFIG_DIR},
	{RKE2("server --profile=cis"), "1.30.1", "protectKernelDefaults", "true", LEVEL_FLAG},
	{UNIT("Environment=RKE2_CIS_PROFILE=cis\nExecStart=/rke2 agent"), "1.33.1",
	 "protectKernelDefaults", "true", LEVEL_CONFIG_DIR},
	{RKE2("server"), "1.33.1", "syncFrequency", "30s", LEVEL_FLAG},
	{RKE2("server --kubelet-arg=sync-frequency=7s"), "1.33.1", "syncFrequency", "7s",
	 LEVEL_FLAG},

	/* What the user's file may change: under flags nothing that is a flag of theirs. */
	{K3S("server --kubelet-arg=config=/f") "-- /f --\n" KIND "authorization:\n"
					       "  mode: AlwaysAllow\n",
	 "1.31.5", "authorization.mode", "Webhook", LEVEL_FLAG},
	{K3S("server --kubelet-arg=config=/f") "-- /f --\n" KIND "authorization:\n"
					       "  mode: AlwaysAllow\n",
	 "1.33.1", "authorization.mode", "AlwaysAllow", LEVEL_CONFIG_DIR},
	/* The copies' names decide their order, and a copy replaces one of an earlier start. */
	{K3S("server --kubelet-arg=config=/f --kubelet-arg=config-dir=/g") "-- /f --\n" KIND
									   "maxPods: 1\n"
									   "-- /g/x.conf --\n" KIND
									   "maxPods: 2\n",
	 "1.33.1", "maxPods", "2", LEVEL_CONFIG_DIR},
	{K3S("server --kubelet-arg=config=/f") "-- /f --\n" KIND "maxPods: 1\n-- " DIR
					       "10-cli-config.conf --\n" KIND "maxPods: 2\n",
	 "1.33.1", "maxPods", "1", LEVEL_CONFIG_DIR},
	{K3S("server") "-- " DIR "10-cli-config.conf --\n" KIND "maxPods: 2\n", "1.33.1", "maxPods",
	 "2", LEVEL_CONFIG_DIR},
	{K3S("server --kubelet-arg=config=/f") "-- /f --\n" KIND "maxPods: 1\n-- " DIR
					       "05-node.conf --\n" KIND "maxPods: 2\n",
	 "1.33.1", "maxPods", "1", LEVEL_CONFIG_DIR},
	{K3S("server --kubelet-arg=config-dir=/g") "-- /g/20.conf --\n" KIND "maxPods: 1\n-- " DIR
						   "20-cli-config-dir/10.conf --\n" KIND
						   "maxPods: 2\n-- " DIR
						   "20-cli-config-dir/30.conf --\n" KIND
						   "maxPods: 3\n",
	 "1.33.1", "maxPods", "3", LEVEL_CONFIG_DIR},
	{K3S("server --kubelet-arg=config=" DIR "50.conf") "-- " DIR "50.conf --\n" KIND
							   "maxPods: 5\n",
	 "1.33.1", "maxPods", "5", LEVEL_CONFIG_DIR},
	{K3S("server --kubelet-arg=config --kubelet-arg=/f") "-- /f --\n" KIND "maxPods: 1\n",
	 "1.33.1", "maxPods", "1", LEVEL_CONFIG_DIR},
	{K3S("server --kubelet-arg=max-pods=9") "-- " DIR "99.conf --\n" KIND "maxPods: 5\n",
	 "1.33.1", "maxPods", "9", LEVEL_FLAG},
	/* Where its own tree is another one than the node's. */
	{"-- /etc/systemd/system/k3s.service --\n[Service]\nRootDirectory=/r\n"
	 "ExecStart=/k3s server\n-- /r/etc/rancher/k3s/config.yaml --\n"
	 "kubelet-arg: config=/f\n-- /r/f --\n" KIND "maxPods: 4\n-- /f --\n" KIND "maxPods: 5\n",
	 "1.33.1", "maxPods", "4", LEVEL_CONFIG_DIR},
	{UNIT("ExecStart=/usr/bin/docker run -v /o:/etc/rancher/k3s -v /s:/var/lib/rancher/k3s img "
	      "k3s server") "-- /o/config.yaml --\nkubelet-arg: max-pods=6\n"
			    "-- /s/agent/etc/kubelet.conf.d/9.conf --\n" KIND
			    "authorization: {mode: AlwaysAllow}\n",
	 "1.33.1", "authorization.mode", "AlwaysAllow", LEVEL_CONFIG_DIR},
	{UNIT("ExecStart=/usr/bin/docker run -v /o:/etc/rancher/k3s -v /s:/var/lib/rancher/k3s img "
	      "k3s server") "-- /o/config.yaml --\nkubelet-arg: max-pods=6\n",
	 "1.33.1", "authorization.mode", "Webhook", LEVEL_CONFIG_DIR},
	/* Theirs is written anew. */
	{K3S("server") "-- " DIR "00-k3s-defaults.conf --\n" KIND "maxPods: 5\n", "1.33.1",
	 "maxPods", "110", LEVEL_DEFAULT},
};

static void settles_by_release(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
		const struct effect *e = &effects[i];
		const struct setting *x = setting_of(e->capture, e->release, e->name);
		if (!str_eq(x->value, str_from(e->value)) || x->level != e->level) {
			print_error("%s\n%s: %s is %.*s (%s)\n", e->capture, e->release, e->name,
				    ARG(x->value), level_name(x->level));
			fail();
		}
	}
}

static void their_own_has_no_origin(void **state)
{
	(void)state;
	assert_null(setting_of(K3S("server"), "1.33", "authorization.mode")->from);
	assert_null(setting_of(K3S("server"), "1.31", "authorization.mode")->from);
	const struct setting *x =
		setting_of(K3S("server --kubelet-arg=config=/f") "-- /f --\n" KIND "maxPods: 1\n",
			   "1.33", "maxPods");
	assert_string_equal(str_z(arena, x->from->file->path), "/f");
}

/* Every prefix of a configuration is read without harm. */
static void reads_every_prefix(void **state)
{
	static const char config[] = "kubelet-arg+: &a\n- v=1\n- {x: [1, *b]}\n- config=/f\n"
				     "kubelet-arg: *a\ndata-dir: /x\nprofile: cis\n";
	(void)state;
	for (size_t n = 0; n < sizeof config; n++) {
		struct str text =
			str_fmt(arena, "%s" CONFIG "%.*s\n", K3S("server"), (int)n, config);
		struct launches l = launches_of(str_z(arena, text), "1.33");
		assert_int_equal(l.n, 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_is_told), cmocka_unit_test(keeps_its_own),
		cmocka_unit_test(settles_by_release),    cmocka_unit_test(their_own_has_no_origin),
		cmocka_unit_test(reads_every_prefix),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
