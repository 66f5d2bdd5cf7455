/*
 * test_deployment.c - which deployment of an ostree system is the root, and the root that is
 * composed of it. The layouts are those that `ostree admin deploy` 2022.7 makes; the rules are
 * those of the Boot Loader Specification and of ostree-prepare-root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"

#include <cmocka.h>

#define DEPLOY "/ostree/deploy/os/deploy/"
#define A DEPLOY "aa.0"
#define B DEPLOY "bb.0"
#define LINK(boot, kernel, i, name) \
	"-- /ostree/boot." boot "/os/" kernel "/" i " -> ../../../deploy/os/deploy/" name " --\n"
#define ENTRY(file, version, link) \
	"-- /boot/loader/entries/" file ".conf --\ntitle T\nversion " version \
	"\noptions root=UUID=1 rw ostree=/ostree/boot.1/os/" link " quiet\n"
#define TWO "-- " A "/etc/name --\nA\n-- " B "/etc/name --\nB\n"
#define LINKS \
	"-- /ostree/boot.1 -> boot.1.1 --\n" LINK("1.1", "cc", "0", "aa.0") \
		LINK("1.1", "cc", "1", "bb.0")

static struct str name_of(const char *capture, struct rootfs **root)
{
	*root = captured_root(arena, str_from(capture));
	return rootfs_read(*root, S("/etc/name"))->text;
}

struct choice {
	const char *capture;
	const char *name; /* what /etc/name says; "": it is not there */
	size_t notes;
};

static const struct choice choices[] = {
	{"-- " A "/etc/name --\nA\n", "A\n", 0},
	{TWO LINKS ENTRY("ostree-1-os", "1", "cc/0") ENTRY("ostree-2-os", "2", "cc/1"), "B\n", 0},
	{TWO LINKS ENTRY("ostree-1-os", "2", "cc/0") ENTRY("ostree-2-os", "1", "cc/1"), "A\n", 0},
	/* Versions are numbers: 10 is above 9. */
	{TWO LINKS ENTRY("a", "10", "cc/0") ENTRY("b", "9", "cc/1"), "A\n", 0},
	{TWO LINKS ENTRY("a", "1", "cc/0") ENTRY("b", "1", "cc/1"), "B\n", 0},
	/* Entries of other systems and dead ones do not count. */
	{TWO LINKS ENTRY("a", "1", "cc/0") ENTRY("b", "9", "cc/7"), "A\n", 0},
	{TWO LINKS "-- /boot/loader/entries/z.conf --\nversion 9\noptions root=/dev/sda1\n" ENTRY(
		 "a", "1", "cc/1"),
	 "B\n", 0},
	{TWO LINKS "-- /boot/loader/entries/z.conf --\nversion 9\noptions ostree=/etc\n" ENTRY(
		 "a", "1", "cc/1"),
	 "B\n", 0},
	/* /boot is elsewhere: the first link of the only kernel. */
	{TWO LINKS, "A\n", 0},
	{TWO "-- /ostree/boot.1 -> boot.1.1 --\n" LINK("1.1", "cc", "0", "bb.0")
		 LINK("1.1", "cc", "1", "aa.0"),
	 "B\n", 0},
	/* Two kernels, and nothing that tells which of them boots: the highest serial, and a note.
	 */
	{"-- " A "/etc/name --\nA\n-- " DEPLOY
	 "bb.1/etc/name --\nB\n-- /ostree/boot.1 -> boot.1.1 --\n" LINK("1.1", "cc", "0", "aa.0")
		 LINK("1.1", "dd", "0", "bb.1"),
	 "B\n", 1},
	/* No deployments at all: the image is a root. */
	{"-- /ostree/deploy/os/deploy/README --\nx\n-- /etc/name --\nplain\n", "plain\n", 0},
	/* A root that was copied while it ran, and a container image: /ostree is a link. */
	{TWO "-- /ostree2 -> x --\n-- /etc/name --\nplain\n-- /usr/bin/ --\n", "plain\n", 0},
	{"-- /ostree -> sysroot/ostree --\n-- /sysroot/ostree/deploy/os/deploy/aa.0/etc/name --\nA\n"
	 "-- /etc/name --\nplain\n",
	 "plain\n", 0},
	/* An entry makes it sure even where the disk has a /usr of its own. */
	{TWO LINKS ENTRY("a", "1", "cc/1") "-- /usr/bin/ --\n-- /etc/name --\nplain\n", "B\n", 0},
	/* Never deployed: /usr/etc becomes /etc, unless there is one. */
	{"-- /usr/etc/name --\nD\n", "D\n", 0},
	{"-- /usr/etc/name --\nD\n-- /etc/other --\nx\n", "", 0},
	{"-- " A "/usr/etc/name --\nD\n", "D\n", 0},
};

static void chooses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		struct rootfs *root;
		struct str name = name_of(choices[i].capture, &root);
		if (!str_eq(name, str_from(choices[i].name)) ||
		    rootfs_notes(root)->n != choices[i].notes)
			fail_msg("row %zu: '%.*s', %zu notes\n%s", i, ARG(name),
				 rootfs_notes(root)->n, choices[i].capture);
	}
}

/* What cannot be read might have been the default: nothing is chosen, and it is told. */
static void unread_is_no_choice(void **state)
{
	static const char *const captures[] = {
		TWO LINKS ENTRY(
			"a", "1",
			"cc/0") "-- /boot/loader/entries/b.conf unreadable=io --\nInput/output error\n",
		TWO LINKS "-- /boot/loader/ unreadable=io --\nInput/output error\n",
		"-- " A
		"/etc/name --\nA\n-- /ostree/deploy/zz/deploy/ unreadable=corrupt --\nbad\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
		struct rootfs *root;
		struct str name = name_of(captures[i], &root);
		if (name.n || !rootfs_unreadable(root).n || rootfs_deployment(root).n)
			fail_msg("capture %zu: '%.*s'", i, ARG(name));
	}
}

static const char system_text[] =
	"-- " A "/etc/name --\nA\n-- " A "/etc/link -> /var/lib/x --\n-- " A
	"/home -> var/home --\n-- " A "/ostree -> sysroot/ostree --\n-- " A
	"/up -> ../../../../../top --\n-- " A "/usr/bin/ --\n-- " A "/sysroot/ --\n-- " A
	"/var/hidden --\nh\n-- /ostree/deploy/os/var/lib/x --\nvar\n"
	"-- /ostree/deploy/os/var/home/u --\nhome\n-- /top --\ntop\n-- /boot/loader/entries/ --\n";

static struct str text_at(struct rootfs *root, const char *path)
{
	const struct file *f = rootfs_read(root, str_from(path));
	return f->state == FILE_OK && f->kind == FILE_REGULAR ? f->text : S("-");
}

static const struct {
	const char *path, *text; /* "-": no file */
} files[] = {
	{"/etc/link", "var\n"},
	{"/var/lib/x", "var\n"},
	{"/home/u", "home\n"},
	{"/var/hidden", "-"},
	{"/top", "-"},
	{"/up", "-"},
	{"/../top", "-"},
	{"/sysroot/top", "top\n"},
	{"/sysroot/../top", "-"},
	{"/ostree/deploy/os/var/lib/x", "var\n"},
	{"/ostree/deploy/os/deploy/aa.0/var/hidden", "h\n"},
	{"/sysroot/ostree/deploy/os/deploy/aa.0/sysroot/top", "-"},
};

static void composes(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(arena, str_from(system_text));
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct str text = text_at(root, files[i].path);
		if (!str_eq(text, str_from(files[i].text)))
			fail_msg("%s: '%.*s'", files[i].path, ARG(text));
	}
	const struct file *f = rootfs_read(root, S("/home/u"));
	assert_true(str_eq(f->real, S("/var/home/u")));
	assert_true(rootfs_stat(root, S("/boot/loader/entries"))->state == FILE_OK);
	assert_true(str_has(rootfs_deployment(root), S("there is no other")));
}

static void lists_what_is_mounted(void **state)
{
	static const char *const names[] = {"boot",    "etc", "home", "ostree",
					    "sysroot", "up",  "usr",  "var"};
	(void)state;
	struct rootfs *root = captured_root(arena, str_from(system_text));
	const struct listing *l = rootfs_list(root, S("/"));
	assert_int_equal(l->n, sizeof names / sizeof names[0]);
	for (size_t i = 0; i < l->n; i++)
		assert_true(str_eq(l->names[i], str_from(names[i])));
	l = rootfs_list(root, S("/var"));
	assert_int_equal(l->n, 2);
	assert_true(str_eq(l->names[0], S("home")) && str_eq(l->names[1], S("lib")));
}

/* What was captured is the composed root, and answers as it did. */
static void captures(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(arena, str_from(system_text));
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		(void)text_at(root, files[i].path);
	struct out *o = out_new(arena);
	rootfs_capture(root, o);
	struct rootfs *again = captured_root(arena, out_text(o));
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct str text = text_at(again, files[i].path);
		if (!str_eq(text, str_from(files[i].text)))
			fail_msg("%s: '%.*s'", files[i].path, ARG(text));
	}
	assert_int_equal(rootfs_deployment(again).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses),  cmocka_unit_test(unread_is_no_choice),
		cmocka_unit_test(composes), cmocka_unit_test(lists_what_is_mounted),
		cmocka_unit_test(captures),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
