/*
 * test_container.c - kubelets in containers: what their paths are on the node, what their
 * environment is, and which word is the image. The rows follow docker-run(1), podman-run(1), the
 * command reference of nerdctl and rkt's documentation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet.h"
#include "kubelet/launch/mounts.h"

#include <cmocka.h>

#define NODE \
	"-- /etc/k.env --\n\xef\xbb\xbf# c\n A=from file\nB=\"quoted\"\n\nC\nD=a=b\r\n" \
	"-- /srv/k/kubelet.yaml --\n-- /srv/k/link -> /etc/k.env --\n"

static const struct launch *launch_of(const char *lines)
{
	struct str text = str_fmt(
		arena, "%s-- /etc/systemd/system/kubelet.service --\n[Service]\n%s\n", NODE, lines);
	struct rootfs *root = captured_root(arena, text);
	struct launches all =
		kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
	return all.n == 1 ? &all.at[0] : NULL;
}

static struct str joined(struct words w)
{
	struct str s = S("");
	for (size_t i = 0; i < w.n; i++)
		s = str_fmt(arena, "%" PRIstr "%s%" PRIstr, ARG(s), i ? " " : "",
			    ARG(w.at[i].text));
	return s;
}

/* ---- paths ---- */

struct spot {
	const char *exec;
	const char *path; /* in the container */
	const char *want; /* on the node; NULL: nowhere there */
};

#define RUN(options) "ExecStart=/usr/bin/docker run " options " img /kubelet"
#define PODMAN(options) "ExecStart=/usr/bin/podman run " options " img /kubelet"
#define NERDCTL(options) "ExecStart=/usr/bin/nerdctl -n k8s.io run " options " img /kubelet"
#define RKT(options) "ExecStart=/usr/bin/rkt run " options " img --exec=/kubelet"

static const struct spot places[] = {
	{RUN(""), "/etc/k", NULL},
	{RUN("-v /etc:/etc"), "/etc/k", "/etc/k"},
	{RUN("-v /srv:/etc:ro,z"), "/etc/k", "/srv/k"},
	{RUN("-v=/srv:/etc"), "/etc/k", "/srv/k"},
	{RUN("-v/srv:/etc"), "/etc/k", "/srv/k"},
	{RUN("-dv /srv:/etc"), "/etc/k", "/srv/k"},
	{RUN("--volume /srv:/etc"), "/etc/k", "/srv/k"},
	{RUN("--volume=/srv:/etc/"), "/etc/k", "/srv/k"},
	{RUN("-v srv:/etc"), "/etc/k", NULL},
	{RUN("-v /etc"), "/etc/k", NULL},
	{RUN("-v /etc:/etc -v /etc/k"), "/etc/k/x", NULL},
	{RUN("-v /srv/k/kubelet.yaml:/k.yaml"), "/k.yaml", "/srv/k/kubelet.yaml"},
	{RUN("--mount type=bind,source=/srv,target=/etc"), "/etc/k", "/srv/k"},
	{RUN("--mount type=bind,src=/srv,dst=/etc,readonly"), "/etc/k", "/srv/k"},
	{RUN("--mount=destination=/etc,type=bind,src=/srv"), "/etc/k", "/srv/k"},
	{RUN("--mount source=/srv,target=/etc"), "/etc/k", NULL},
	{RUN("--mount type=tmpfs,target=/etc"), "/etc/k", NULL},
	{RUN("-v /etc:/etc --tmpfs /etc/k:size=1m"), "/etc/k/x", NULL},
	{RUN("-v /etc:/etc --volumes-from other"), "/etc/k", NULL},
	{RUN("-v /srv:/etc --privileged --rm -it --name x"), "/etc/k", "/srv/k"},
	{RUN("--rm=false -v /srv:/etc --init=true"), "/etc/k", "/srv/k"},
	{RUN("-v /srv/k:/c"), "/c/link", NULL},
	{RUN("-v /srv/k:/c -v /opt:/etc"), "/c/link", "/opt/k.env"},
	{RUN("-v /:/rootfs"), "/rootfs/etc/k", "/etc/k"},
	{"ExecStart=/usr/bin/docker run -v /:/rootfs img chroot /rootfs /kubelet", "/etc/k",
	 "/etc/k"},
	{"ExecStart=/usr/bin/docker run --pid host img nsenter -t 1 -m -- /kubelet", "/etc/k",
	 "/etc/k"},
	{"ExecStart=/usr/bin/docker run --pid=host img nsenter --target 1 --mount /kubelet",
	 "/etc/k", "/etc/k"},
	{"ExecStart=/usr/bin/docker run img nsenter -t 1 -m -- /kubelet", "/etc/k", NULL},
	{"ExecStart=/usr/bin/docker run -v /proc:/host/proc img nsenter "
	 "--mount=/host/proc/1/ns/mnt -- /kubelet",
	 "/etc/k", "/etc/k"},
	{"ExecStart=/usr/sbin/chroot /node docker run -v /etc:/etc img /kubelet", "/etc/k",
	 "/etc/k"},
	{"ExecStart=/usr/sbin/chroot /node podman run -v /etc:/etc img /kubelet", "/etc/k",
	 "/node/etc/k"},
	{"WorkingDirectory=/srv\n" PODMAN("-v ./k:/etc"), "/etc/x", "/srv/k/x"},
	{PODMAN("-v /srv:/etc:O"), "/etc/k", "/srv/k"},
	{PODMAN("--mount type=image,source=x,target=/etc"), "/etc/k", NULL},
	{PODMAN("--mount type=glob,src=/srv/*"), "/etc/k", NULL},
	{"ExecStart=/usr/bin/podman run --rootfs /srv /kubelet", "/k/x", "/srv/k/x"},
	{NERDCTL("-v /srv:/etc --net host"), "/etc/k", "/srv/k"},
	{RKT("--volume a,kind=host,source=/srv --mount volume=a,target=/etc"), "/etc/k", "/srv/k"},
	{RKT("--mount volume=a,target=/etc --volume=a,kind=host,source=/srv,readOnly=true"),
	 "/etc/k", "/srv/k"},
	{RKT("--volume a,kind=empty --mount volume=a,target=/etc"), "/etc/k", NULL},
	{RKT("--volume a,kind=host,source=/srv --net"), "/etc/k", NULL},
	{"ExecStart=/usr/bin/rkt --debug run img --volume a,kind=host,source=/srv --exec /kubelet "
	 "--mount volume=a,target=/etc -- --v=2",
	 "/etc/k", "/srv/k"},
	{"ExecStart=/usr/bin/ctr -n k8s.io run --rm --net-host "
	 "--mount type=bind,src=/srv,dst=/etc,options=rbind:ro img id /kubelet",
	 "/etc/k", "/srv/k"},
	{"ExecStart=/usr/bin/ctr run -d -mount=type=bind,src=/srv,dst=/etc img id /kubelet",
	 "/etc/k", "/srv/k"},
	{"ExecStart=/usr/bin/ctr run --rootfs /srv id /kubelet", "/etc/k", "/srv/etc/k"},
	{"ExecStart=/usr/bin/ctr run --with-ns pid:/proc/1/ns/pid img id nsenter -t 1 -m /kubelet",
	 "/etc/k", "/etc/k"},
	{"ExecStart=/usr/bin/systemd-nspawn -D /srv --bind=/etc --bind-ro=/a:/b /kubelet", "/etc/k",
	 "/etc/k"},
	{"ExecStart=/usr/bin/systemd-nspawn -qD /srv --bind=/etc --bind-ro=/a:/b /kubelet", "/b/k",
	 "/a/k"},
	{"ExecStart=/usr/bin/systemd-nspawn --directory=/srv /kubelet", "/etc/k", "/srv/etc/k"},
	{"ExecStart=/usr/bin/systemd-nspawn -D /srv --tmpfs=/etc /kubelet", "/etc/k", NULL},
	{"ExecStart=/usr/bin/systemd-nspawn -M box /kubelet", "/etc/k", NULL},
	{"ExecStart=/usr/lib/coreos/kubelet-wrapper --v=2", "/etc/kubernetes/k",
	 "/etc/kubernetes/k"},
	{"ExecStart=/usr/lib/coreos/kubelet-wrapper --v=2", "/etc/k", NULL},
	{"Environment=\"RKT_RUN_ARGS=--volume a,kind=host,source=/srv --mount volume=a,target=/k\"\n"
	 "ExecStart=/usr/lib/coreos/kubelet-wrapper --v=2",
	 "/k/x", "/srv/x"},
};

static void maps_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const struct spot *p = &places[i];
		const struct launch *l = launch_of(p->exec);
		if (!l)
			fail_msg("%s: no launch", p->exec);
		struct location at = mounts_locate(captured_root(arena, S(NODE)), l->mounts,
						   str_from(p->path), true, NULL);
		struct str want = p->want ? str_from(p->want) : S("");
		if (at.on_node != (p->want != NULL) || (p->want && !str_eq(at.path, want)))
			fail_msg("%s: %s is %.*s", p->exec, p->path, ARG(at.path));
		if (l->doubt.reason != REASON_NONE)
			fail_msg("%s: %.*s", p->exec, ARG(l->doubt.text));
	}
}

/* ---- environment ---- */

struct environment {
	const char *lines;
	const char *want; /* "NAME=VALUE;…" of names of one letter */
};

static const struct environment environments[] = {
	{"Environment=A=b\n" RUN(""), ""},
	{"Environment=A=b\n" RUN("-e A"), "A=b;"},
	{"Environment=A=b\n" RUN("-e Z"), ""},
	{"Environment=A=b\n" RUN("-e A=c --env=B=d=e --env C="), "A=c;B=d=e;C=;"},
	{RUN("--env-file /etc/k.env"), "A=from file;B=\"quoted\";D=a=b;"},
	{"Environment=C=unit\n" RUN("-e A=last --env-file=/etc/k.env"),
	 "B=\"quoted\";C=unit;D=a=b;A=last;"},
	{"Environment=A=b C=d\n" PODMAN("--env-host -e C=e"), "A=b;C=e;"},
	{"Environment=A=b C=d\n" PODMAN("--env A*"), "A=b;"},
	{"Environment=A=b\n" RKT("--inherit-env --set-env=C=d --environment=E=f"), "A=b;C=d;E=f;"},
	{"Environment=A=b C=d\nExecStart=/usr/bin/ctr run --env A=c img id /kubelet", "A=c;"},
	{"Environment=A=b\nExecStart=/usr/bin/systemd-nspawn -D / -E C=d /kubelet", "C=d;"},
	{"ExecStart=/usr/bin/docker run -e A=b img env -u A C=d /kubelet", "C=d;"},
};

static void gives_the_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof environments / sizeof environments[0]; i++) {
		const struct environment *e = &environments[i];
		const struct launch *l = launch_of(e->lines);
		struct str got = S("");
		assert_non_null(l);
		for (size_t k = 0; k < l->environment.n; k++) {
			const struct variable *v = &l->environment.at[k];
			if (v->name.n == 1)
				got = str_fmt(arena, "%" PRIstr "%" PRIstr "=%" PRIstr ";",
					      ARG(got), ARG(v->name), ARG(v->value.text));
		}
		if (!str_eq(got, str_from(e->want)))
			fail_msg("%s: %.*s", e->lines, ARG(got));
	}
}

/* ---- words ---- */

struct row {
	const char *lines;
	const char *argv; /* NULL: no launch */
	enum reason reason;
};

#define KUBELET "ExecStart=/usr/bin/docker "

static const struct row rows[] = {
	{KUBELET "run img /kubelet --v=2", "/kubelet --v=2", REASON_NONE},
	{KUBELET "run -- img /kubelet --v=2", "/kubelet --v=2", REASON_NONE},
	{KUBELET "container run img /kubelet --v=2", "/kubelet --v=2", REASON_NONE},
	{KUBELET "-H unix:///d.sock --debug run img /kubelet", "/kubelet", REASON_NONE},
	{KUBELET "run -p 1:1 --net host -m 1g -c 5 -w /w -u 0 -h x -l a=b img /kubelet", "/kubelet",
	 REASON_NONE},
	{KUBELET "run --entrypoint kubelet img --v=2", "kubelet --v=2", REASON_NONE},
	{KUBELET "run --entrypoint /hyperkube img kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{KUBELET "run --entrypoint=/bin/sh img -c \"exec kubelet --v=2\"", "kubelet --v=2",
	 REASON_NONE},
	{KUBELET "run quay.io/x/kubelet:v1 --v=2", "kubelet --v=2", REASON_NONE},
	{KUBELET "run --name kubelet quay.io/x:v1 --v=2", "kubelet --v=2", REASON_NONE},
	{KUBELET "run quay.io/x/kubelet:v1", "kubelet", REASON_WRAPPER_UNRESOLVED},
	{KUBELET "run --frob a img kubelet --v=2", "kubelet --v=2", REASON_WRAPPER_UNRESOLVED},
	{KUBELET "run -Z a img --v=2", "", REASON_WRAPPER_UNRESOLVED},
	{KUBELET "--frob run img kubelet --v=2", "kubelet --v=2", REASON_WRAPPER_UNRESOLVED},
	{KUBELET "exec box kubelet --v=2", "kubelet --v=2", REASON_WRAPPER_UNRESOLVED},
	{"ExecStart=/usr/bin/ctr run img kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"ExecStart=/usr/bin/ctr run img id kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"ExecStart=/usr/bin/ctr run --frob img id kubelet --v=2", "kubelet --v=2",
	 REASON_WRAPPER_UNRESOLVED},
	{"ExecStart=/usr/bin/systemd-nspawn -D /srv -- kubelet --v=2", "kubelet --v=2",
	 REASON_NONE},
	{"ExecStart=/usr/bin/systemd-nspawn -bD /srv kubelet --v=2", "", REASON_WRAPPER_UNRESOLVED},
	{KUBELET "run --name kubelet img /opt/start.sh", "", REASON_WRAPPER_UNRESOLVED},
	{KUBELET "run img /openshift start node --config=/n", "kubelet", REASON_WRAPPER_UNRESOLVED},
	{KUBELET "run --env-file /none img kubelet", "kubelet", REASON_ENV_FILE_ABSENT},
	{KUBELET "run -e A=--v=3 img sh -c \"kubelet $$A\"", "kubelet --v=3", REASON_NONE},
	{"ExecStart=/usr/bin/podman run --entrypoint '[\"kubelet\",\"--v=3\"]' img --v=2",
	 "kubelet --v=3 --v=2", REASON_NONE},
	{"ExecStart=/usr/bin/podman --log-level=debug run --cgroups split --sdnotify conmon img kubelet",
	 "kubelet", REASON_NONE},
	{"ExecStart=/usr/bin/nerdctl --namespace k8s.io --snapshotter overlayfs run img kubelet",
	 "kubelet", REASON_NONE},
	{"ExecStartPre=/usr/bin/docker create --name k img kubelet --v=2\n"
	 "ExecStart=/usr/bin/docker start -a k",
	 "kubelet --v=2", REASON_NONE},
	{"ExecStartPre=/usr/bin/docker create --name other img kubelet --v=2\n"
	 "ExecStart=/usr/bin/docker start -a k",
	 "", REASON_WRAPPER_UNRESOLVED},
	{"ExecStart=/usr/bin/rkt run --insecure-options=image docker://img --exec=/kubelet -- --v=2 "
	 "--- other",
	 "/kubelet --v=2", REASON_NONE},
	{"ExecStart=/usr/bin/rkt run --frob a img --exec=/kubelet -- kubelet --v=2",
	 "kubelet --v=2", REASON_WRAPPER_UNRESOLVED},
	{"ExecStart=/usr/bin/rkt run img -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
};

static void finds_the_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct launch *l = launch_of(rows[i].lines);
		if (!l)
			fail_msg("%s: no launch", rows[i].lines);
		if (!str_eq(joined(l->argv), str_from(rows[i].argv)) ||
		    l->doubt.reason != rows[i].reason)
			fail_msg("%s: %.*s, %s %.*s", rows[i].lines, ARG(joined(l->argv)),
				 reason_name(l->doubt.reason), ARG(l->doubt.text));
	}
}

static void shows_what_is_read(void **state)
{
	(void)state;
	const struct launch *l = launch_of(RUN("--env-file /etc/k.env"));
	assert_non_null(l);
	assert_true(l->environment.n > 0);
	const struct origin *from = l->environment.at[0].value.from;
	assert_true(str_eq(from->file->path, S("/etc/k.env")));
	assert_true(str_eq(str_slice(from->file->text, from->at, from->at + from->len),
			   S("from file")));
	assert_non_null(from->via);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_paths),
		cmocka_unit_test(gives_the_environment),
		cmocka_unit_test(finds_the_words),
		cmocka_unit_test(shows_what_is_read),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
