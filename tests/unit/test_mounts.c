/*
 * test_mounts.c - mounts_locate against path_resolution(7): what a path of a command is on the
 * node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet/launch/mounts.h"

#include <cmocka.h>

static const char node[] = "-- /etc/kubernetes/kubelet.yaml --\n"
			   "-- /srv/real/a.yaml --\n"
			   "-- /srv/link -> real --\n"
			   "-- /srv/conf/there -> /etc/kubernetes/kubelet.yaml --\n"
			   "-- /srv/conf/other -> /opt/other --\n"
			   "-- /srv/conf/near -> ../real/a.yaml --\n"
			   "-- /srv/conf/up -> ../../../../etc/x --\n"
			   "-- /srv/conf/loop -> loop --\n"
			   "-- /srv/conf/deep -> sub/there --\n"
			   "-- /srv/conf/sub/there -> ../plain --\n"
			   "-- /host/etc/abs -> /etc/target --\n"
			   "-- /host/out -> ../../etc/target --\n";

/* Mounts: "target source" each, a source of "-" is none of the node's. */
struct row {
	const char *mounts[4];
	const char *root; /* of chroot */
	bool host;        /* what no mount covers is the node's */
	const char *path;
	const char *want; /* NULL: not on the node */
};

static const struct row rows[] = {
	{{"/etc/kubernetes /etc/kubernetes"}, "", false, "/etc/kubernetes/k", "/etc/kubernetes/k"},
	{{"/etc/kubernetes /srv/conf"}, "", false, "/etc/kubernetes/k", "/srv/conf/k"},
	{{"/etc/kubernetes /srv/conf"}, "", false, "/etc/kubernetes", "/srv/conf"},
	{{"/etc/kubernetes /srv/conf"}, "", false, "/etc/kubernetes2/k", NULL},
	{{"/etc/kubernetes /srv/conf"}, "", false, "/etc", NULL},
	{{"/etc /a", "/etc/kubernetes /b"}, "", false, "/etc/kubernetes/k", "/b/k"},
	{{"/etc/kubernetes /b", "/etc /a"}, "", false, "/etc/kubernetes/k", "/b/k"},
	{{"/etc /a", "/etc /b"}, "", false, "/etc/k", "/b/k"},
	{{"/k.yaml /etc/kubernetes/kubelet.yaml"},
	 "",
	 false,
	 "/k.yaml",
	 "/etc/kubernetes/kubelet.yaml"},
	{{"/etc /a", "/etc/vol -"}, "", false, "/etc/vol/k", NULL},
	{{"/etc/vol -", "/etc/vol/sub /a"}, "", false, "/etc/vol/sub/k", "/a/k"},
	{{"/rootfs /"}, "", false, "/rootfs/etc/k", "/etc/k"},
	{{"/rootfs /"}, "", false, "/rootfs", "/"},
	{{"/ /host"}, "", false, "/etc/k", "/host/etc/k"},
	{{"/ /host", "/etc /a"}, "", false, "/etc/k", "/a/k"},
	{{"/c /srv/conf"}, "", false, "/c/./x/../k", "/srv/conf/k"},
	/* a link leads to where the command has its target */
	{{"/c /srv/conf"}, "", false, "/c/there", NULL},
	{{"/c /srv/conf", "/etc/kubernetes /etc/kubernetes"},
	 "",
	 false,
	 "/c/there",
	 "/etc/kubernetes/kubelet.yaml"},
	{{"/c /srv/conf", "/etc/kubernetes /b"}, "", false, "/c/there", "/b/kubelet.yaml"},
	{{"/c /srv/conf", "/opt /host"}, "", false, "/c/other", "/host/other"},
	{{"/c /srv/conf"}, "", false, "/c/near", NULL},
	{{"/c /srv/conf", "/real /b"}, "", false, "/c/near", "/b/a.yaml"},
	{{"/c /srv/conf", "/etc /b"}, "", false, "/c/up", "/b/x"},
	{{"/c /srv/conf"}, "", false, "/c/deep", "/srv/conf/plain"},
	{{"/c /srv/conf"}, "", false, "/c/loop", "/srv/conf/loop"},
	{{"/l /srv/link"}, "", false, "/l/a.yaml", "/srv/link/a.yaml"},
	{{"/c/there /a"}, "", false, "/c/there", "/a"},
	/* roots that were changed */
	{{0}, "/host", true, "/etc/k", "/host/etc/k"},
	{{0}, "/host", true, "/etc/abs", "/host/etc/target"},
	{{0}, "/host", true, "/out", "/host/etc/target"},
	{{0}, "/host", true, "/../../k", "/host/k"},
	{{0}, "/srv/link", true, "/a.yaml", "/srv/real/a.yaml"},
	{{"/rootfs /"}, "/rootfs", false, "/etc/k", "/etc/k"},
	{{"/rootfs /", "/rootfs/etc /a"}, "/rootfs", false, "/etc/k", "/a/k"},
	{{"/etc /a"}, "", true, "/var/k", "/var/k"},
	{{"/etc /a"}, "", true, "/etc/k", "/a/k"},
};

static struct mounts *mounts_of(struct rootfs *root, const struct row *r)
{
	struct mounts *m = NEW(arena, struct mounts);
	for (size_t i = 0; i < 4 && r->mounts[i]; i++) {
		struct str target, source;
		str_cut(str_from(r->mounts[i]), ' ', &target, &source);
		if (str_eq(source, S("-")))
			mounts_hide(arena, m, target, S("a volume"), NULL);
		else
			mounts_bind(arena, m, target, source, NULL);
	}
	if (!r->host)
		m->rest = S("the image");
	return r->root[0] ? mounts_enter(root, m, str_from(r->root)) : m;
}

static void follows_the_tree(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(arena, str_from(node));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct location l =
			mounts_locate(root, mounts_of(root, r), str_from(r->path), true, NULL);
		if (l.on_node != (r->want != NULL) ||
		    (r->want && !str_eq(l.path, str_from(r->want))))
			fail_msg("row %zu, %s: %d %.*s", i, r->path, l.on_node, ARG(l.path));
		assert_true(l.on_node || l.doubt.reason == REASON_CONFIG_ABSENT);
	}
}

static void leaves_the_last_link(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(arena, str_from(node));
	const struct row r = {.mounts = {"/c /srv/conf"}, .root = ""};
	struct location l = mounts_locate(root, mounts_of(root, &r), S("/c/there"), false, NULL);
	assert_true(l.on_node && str_eq(l.path, S("/srv/conf/there")));
}

static void is_the_node_without_mounts(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(arena, str_from(node));
	struct location l = mounts_locate(root, NULL, S("/etc//x/"), true, NULL);
	assert_true(l.on_node && str_eq(l.path, S("/etc//x/")));
}

static void bounds_its_walk(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(arena, str_from(node));
	const struct row r = {.mounts = {"/c /srv/conf"}, .root = ""};
	char deep[20001];
	for (size_t i = 0; i < sizeof deep - 1; i++)
		deep[i] = i % 2 ? 'a' : '/';
	deep[sizeof deep - 1] = 0;
	struct location l = mounts_locate(root, mounts_of(root, &r), str_from(deep), true, NULL);
	assert_false(l.on_node);
	assert_int_equal(l.doubt.reason, REASON_LIMIT);
}

static void cleans_paths(void **state)
{
	static const struct {
		const char *dir, *path, *want;
	} paths[] = {{"", "/a//b/./c/", "/a/b/c"}, {"", "/../a", "/a"},      {"", "/", "/"},
		     {"/w", "a", "/w/a"},          {"", "a", "/a"},          {"/", "a", "/a"},
		     {"/w", "../a", "/a"},         {"/w/x", "./y", "/w/x/y"}};
	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct str got = path_below(arena, str_from(paths[i].dir), str_from(paths[i].path));
		if (!str_eq(got, str_from(paths[i].want)))
			fail_msg("%s: %.*s", paths[i].path, ARG(got));
	}
}

static void knows_what_is_the_same(void **state)
{
	(void)state;
	struct doubt why;
	struct rootfs *root = captured_root(arena, str_from(node));
	struct mounts *m = NEW(arena, struct mounts);
	mounts_bind(arena, m, S("/etc"), S("/etc"), NULL);
	m->rest = S("the image");
	const struct file *f = rootfs_read(root, S("/etc/kubernetes/kubelet.yaml"));
	assert_true(mounts_same(root, m, S("/etc/kubernetes/kubelet.yaml"), f, &why));
	assert_false(mounts_same(root, m, S("/var/x"), f, &why));
	assert_int_equal(why.reason, REASON_CONFIG_ABSENT);
	mounts_bind(arena, m, S("/etc/kubernetes/kubelet.yaml"), S("/srv/real/a.yaml"), NULL);
	assert_false(mounts_same(root, m, S("/etc/kubernetes/kubelet.yaml"), f, &why));
	assert_int_equal(why.reason, REASON_WRAPPER_UNRESOLVED);
	assert_non_null(mounts_below(m, S("/etc/kubernetes")));
	assert_null(mounts_below(m, S("/etc/kubernetes/kubelet.yaml")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_tree), cmocka_unit_test(leaves_the_last_link),
		cmocka_unit_test(bounds_its_walk),  cmocka_unit_test(is_the_node_without_mounts),
		cmocka_unit_test(cleans_paths),     cmocka_unit_test(knows_what_is_the_same),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
