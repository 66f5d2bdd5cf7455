/*
 * test_launch.c - kubelet_launches: one unit a row, and the argv that its kubelet gets. Commands
 * inside commands follow the manuals of the programs named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "kubelet.h"

#include <cmocka.h>

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

static struct launches launches_of(struct arena *a, const char *capture)
{
	struct rootfs *root = root_of(a, capture);
	return kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
}

#define UNIT(name, exec) "-- /etc/systemd/system/" name ".service --\n[Service]\n" exec "\n"
#define KUBELET(exec) UNIT("kubelet", "ExecStart=" exec)

struct row {
	const char *capture;
	const char *argv; /* words joined by a blank; NULL: no launch */
	const char *layout;
	enum reason reason;
};

static const struct row rows[] = {
	{KUBELET("/usr/bin/kubelet --v=2"), "/usr/bin/kubelet --v=2", "systemd", REASON_NONE},
	{UNIT("node", "ExecStart=/opt/kubelet --v=2"), "/opt/kubelet --v=2", "systemd",
	 REASON_NONE},
	{KUBELET("/usr/bin/hyperkube kubelet --v=2"), "kubelet --v=2", "systemd", REASON_NONE},
	{KUBELET("/usr/local/bin/kubenswrapper /usr/bin/kubelet --v=2"), "/usr/bin/kubelet --v=2",
	 "systemd", REASON_NONE},
	{KUBELET("/usr/bin/nice -n 5 /usr/bin/kubelet --v=2"), "/usr/bin/kubelet --v=2", "systemd",
	 REASON_NONE},
	{KUBELET("/usr/bin/env A=b /usr/bin/kubelet --v=2"), "/usr/bin/kubelet --v=2", "systemd",
	 REASON_NONE},
	{KUBELET("/usr/bin/docker run --rm --net host -v /a:/b -dit img/hyperkube:v1 /hyperkube "
		 "kubelet --v=2"),
	 "kubelet --v=2", "container", REASON_NONE},
	{KUBELET("/usr/bin/podman run --name kubelet --privileged img --v=2"), "kubelet --v=2",
	 "container", REASON_NONE},
	{KUBELET("/usr/bin/podman run --entrypoint /usr/bin/kubelet img --v=2"),
	 "/usr/bin/kubelet --v=2", "container", REASON_NONE},
	{KUBELET("/usr/bin/rkt run --volume a,kind=host img --exec=/kubelet -- --v=2 --- other"),
	 "/kubelet --v=2", "container", REASON_NONE},
	{UNIT("web", "ExecStart=/usr/bin/docker run --name web nginx"), NULL, NULL, REASON_NONE},
	{UNIT("kubelet-mount", "ExecStart=/bin/mount --bind /var/lib/kubelet /var/lib/kubelet"),
	 NULL, NULL, REASON_NONE},
	{UNIT("kubelet", "ExecStartPre=/usr/bin/docker run -d --name=kubelet img --v=2\n"
			 "ExecStart=/usr/bin/docker logs -f kubelet"),
	 "kubelet --v=2", "container", REASON_NONE},
	{KUBELET("/bin/sh -c 'exec /usr/bin/kubelet --v=2 \"--a b\" >/dev/null 2>&1'"),
	 "/usr/bin/kubelet --v=2 --a b", "shell", REASON_NONE},
	{UNIT("kubelet", "Environment=X=--v=2\nExecStart=/bin/sh -c 'A=$$X; /usr/bin/kubelet $$A'"),
	 "/usr/bin/kubelet --v=2", "shell", REASON_NONE},
	{KUBELET("/bin/sh -c '/usr/bin/kubelet --node-ip=$$(hostname -i)'"),
	 "/usr/bin/kubelet --node-ip=", "shell", REASON_WRAPPER_UNRESOLVED},
	{KUBELET("/opt/run-kubelet.sh a b") "-- /opt/run-kubelet.sh mode=0755 --\n#!/bin/sh\n"
					    "# start\nif [ -f /x ]; then\n  echo y\nfi\n"
					    "exec /usr/bin/kubelet \\\n  --v=2 \"$@\" # end\n",
	 "/usr/bin/kubelet --v=2 a b", "script", REASON_NONE},
	{KUBELET("/opt/run-kubelet.sh"), "", "script", REASON_WRAPPER_UNRESOLVED},
	{KUBELET("/opt/run-kubelet.sh") "-- /opt/run-kubelet.sh --\nif a; then\nkubelet --v=1\n"
					"else\nkubelet --v=2\nfi\n",
	 "kubelet --v=2", "script", REASON_WRAPPER_UNRESOLVED},
	{KUBELET("/usr/bin/kubelet --v=2") "-- /usr/bin/kubelet mode=0755 --\n#!/bin/bash\n"
					   "docker run img ./hyperkube kubelet \"$@\"\n",
	 "kubelet --v=2", "container", REASON_NONE},
	{KUBELET("/usr/bin/false"), "", "systemd", REASON_GENERATED_AT_BOOT},
	{KUBELET("/opt/odd"), "", "systemd", REASON_WRAPPER_UNRESOLVED},
	{"-- /etc/systemd/system/kubelet.service -> /dev/null --\n", "", "systemd",
	 REASON_UNIT_MASKED},
	{UNIT("kubelet", "ExecStart=/usr/bin/kubelet\nExecStart=/usr/bin/kubelet"), "", "systemd",
	 REASON_UNIT_INVALID},
	{UNIT("kubelet", "EnvironmentFile=/none\nExecStart=/usr/bin/kubelet $A"), "", "systemd",
	 REASON_ENV_FILE_ABSENT},
	{UNIT("snap.microk8s.daemon-kubelite",
	      "ExecStart=/usr/bin/snap run microk8s.daemon-kubelite") "-- /var/snap/microk8s/current/args/kubelet --\n# c\n--a=\"${SNAP_DATA}/x\"\n\n --v=2 --w\n",
	 "kubelet --a=/var/snap/microk8s/current/x --v=2 --w", "snap", REASON_NONE},
	{UNIT("origin-node",
	      "ExecStart=/usr/bin/openshift start node --config=/n.yaml") "-- /n.yaml --\nkubeletArguments:\n  v: [\"2\"]\n",
	 "kubelet --address=0.0.0.0 --anonymous-auth=true --authentication-token-webhook=true "
	 "--authorization-mode=Webhook --cgroup-driver=systemd --client-ca-file= --cluster-dns= "
	 "--cluster-domain= --healthz-port=0 --hostname-override= --http-check-frequency=0s "
	 "--kubeconfig= --max-pods=250 --node-ip= --pod-manifest-path= --pods-per-core=10 "
	 "--port=10250 --read-only-port=0 --register-node=true --root-dir= --tls-cert-file= "
	 "--tls-min-version=VersionTLS12 --tls-private-key-file= --v=2",
	 "openshift", REASON_NONE},
};

static struct str joined(struct arena *a, struct words w)
{
	struct str s = S("");
	for (size_t i = 0; i < w.n; i++)
		s = str_fmt(a, "%" PRIstr "%s%" PRIstr, ARG(s), i ? " " : "", ARG(w.at[i].text));
	return s;
}

static void finds_the_kubelet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct arena *a = arena_new(64 << 20, NULL, NULL);
		struct launches all = launches_of(a, r->capture);
		if (all.n != (r->argv != NULL))
			fail_msg("row %zu: %zu launches\n%s", i, all.n, r->capture);
		if (r->argv) {
			const struct launch *l = &all.at[0];
			struct str argv = joined(a, l->argv);
			if (!str_eq(argv, str_from(r->argv)) || strcmp(l->layout, r->layout) != 0 ||
			    l->doubt.reason != r->reason)
				fail_msg("row %zu: %s, %s, %.*s\n%s", i, l->layout,
					 reason_name(l->doubt.reason), ARG(argv), r->capture);
		}
		arena_free(a);
	}
}

/* A word of a script has its place there; a variable's words that of the variable's value. */
static void traces_words(void **state)
{
	(void)state;
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	struct launches all = launches_of(
		a,
		UNIT("kubelet",
		     "EnvironmentFile=/e\nExecStart=/bin/sh /run-kubelet.sh") "-- /e --\nARGS=--x=1 --y=2\n"
									      "-- /run-kubelet.sh --\n#!/bin/sh\nkubelet --v=2 $ARGS\n");
	assert_int_equal(all.n, 1);
	struct words w = all.at[0].argv;
	assert_int_equal(w.n, 4);
	assert_true(str_eq(w.at[1].from->file->path, S("/run-kubelet.sh")));
	struct place p = origin_place(w.at[1].from);
	assert_int_equal(p.line, 2);
	assert_int_equal(p.column, 9);
	assert_true(str_eq(w.at[3].from->file->path, S("/e")));
	assert_non_null(w.at[3].from->via);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_kubelet),
		cmocka_unit_test(traces_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
