/*
 * test_unit_tree.c - what a service sees under the keys of systemd.exec(5) that change its tree.
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

struct row {
	const char *lines;
	const char *path;
	const char *want; /* on the node; NULL: not there */
};

static const struct row rows[] = {
	{"", "/etc/k", "/etc/k"},
	{"BindPaths=/srv:/etc", "/etc/k", "/srv/k"},
	{"BindReadOnlyPaths=/srv:/etc:norbind", "/etc/k", "/srv/k"},
	{"BindPaths=-/srv:/etc /a:/b", "/b/k", "/a/k"},
	{"BindPaths=/srv:/etc\nBindPaths=/a:/b", "/etc/k", "/srv/k"},
	{"BindPaths=/srv:/etc\nBindPaths=\nBindPaths=/a:/b", "/etc/k", "/etc/k"},
	{"BindPaths=/srv", "/srv/k", "/srv/k"},
	{"BindPaths=%S/x:/etc", "/etc/k", NULL},
	{"BindPaths=/srv:/lib/x", "/lib/x/k", "/srv/k"},
	{"RootDirectory=/node", "/etc/k", "/node/etc/k"},
	{"RootDirectory=/node", "/etc/abs", "/node/etc/k"},
	{"RootDirectory=/node\nBindPaths=/etc", "/etc/k", "/etc/k"},
	{"RootDirectory=/node\nRootDirectory=", "/etc/k", "/etc/k"},
	{"RootImage=/x.raw", "/etc/k", NULL},
	{"RootImage=/x.raw\nBindPaths=/etc", "/etc/k", "/etc/k"},
	{"TemporaryFileSystem=/etc:ro", "/etc/k", NULL},
	{"TemporaryFileSystem=/etc:ro\nBindPaths=/etc/kubernetes", "/etc/kubernetes/k",
	 "/etc/kubernetes/k"},
	{"InaccessiblePaths=-/etc", "/etc/k", NULL},
	{"InaccessiblePaths=-/etc", "/var/k", "/var/k"},
	{"PrivateTmp=yes", "/tmp/k", NULL},
	{"PrivateTmp=no", "/tmp/k", "/tmp/k"},
	{"ProtectHome=tmpfs", "/home/kubernetes/k", NULL},
	{"ProtectHome=read-only", "/home/kubernetes/k", "/home/kubernetes/k"},
	{"MountImages=/x.raw:/opt/k", "/opt/k/x", NULL},
	{"ExtensionImages=/x.raw", "/usr/k", NULL},
	{"ExtensionImages=/x.raw", "/var/k", "/var/k"},
};

static struct launches launches_of(const char *lines, const char *exec)
{
	struct str text = str_fmt(arena,
				  "-- /lib -> usr/lib --\n-- /usr/lib/x/ --\n"
				  "-- /node/etc/abs -> /etc/k --\n"
				  "-- /etc/systemd/system/kubelet.service --\n[Service]\n%s\n"
				  "ExecStart=%s\n",
				  lines, exec);
	struct rootfs *root = captured_root(arena, text);
	return kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
}

static struct location locate(const struct launch *l, const char *path)
{
	struct rootfs *root =
		captured_root(arena, S("-- /lib -> usr/lib --\n-- /node/etc/abs -> /etc/k --\n"));
	return mounts_locate(root, l->mounts, str_from(path), true, NULL);
}

static void maps_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct launches all = launches_of(r->lines, "/kubelet --v=2");
		assert_int_equal(all.n, 1);
		struct location at = locate(&all.at[0], r->path);
		if (at.on_node != (r->want != NULL) ||
		    (r->want && !str_eq(at.path, str_from(r->want))))
			fail_msg("%s: %s is %.*s", r->lines, r->path, ARG(at.path));
	}
}

/* systemd.service(5): '+' commands are run without these, but in the changed root. */
static void leaves_out_the_privileged(void **state)
{
	(void)state;
	struct launches all = launches_of("BindPaths=/srv:/etc", "-+/kubelet");
	assert_int_equal(all.n, 1);
	assert_true(str_eq(locate(&all.at[0], "/etc/k").path, S("/etc/k")));
	all = launches_of("RootDirectory=/node", "+/kubelet");
	assert_true(str_eq(locate(&all.at[0], "/etc/k").path, S("/node/etc/k")));
}

/* The daemon of docker does not live in the unit's tree; podman does. */
static void tells_clients_from_engines(void **state)
{
	(void)state;
	struct launches all =
		launches_of("BindPaths=/srv:/etc", "/usr/bin/docker run -v /etc:/etc img /kubelet");
	assert_true(str_eq(locate(&all.at[0], "/etc/k").path, S("/etc/k")));
	all = launches_of("BindPaths=/srv:/etc", "/usr/bin/podman run -v /etc:/etc img /kubelet");
	assert_true(str_eq(locate(&all.at[0], "/etc/k").path, S("/srv/k")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_paths),
		cmocka_unit_test(leaves_out_the_privileged),
		cmocka_unit_test(tells_clients_from_engines),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
