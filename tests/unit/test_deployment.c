/*
 * test_deployment.c - which deployment of an ostree system is the root, and the root that is
 * composed of it. The layouts are those that `ostree admin deploy` 2022.7 makes; the rules are
 * those of the Boot Loader Specification and of ostree-prepare-root, and for the file that says how
 * bootc mounts /etc and /var those of bootc-root-setup.service(5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../scanner/rootfs/setup_root.h"
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
	{TWO LINKS ENTRY("ostree-2-os", "2", "cc/0") ENTRY("ostree-1-os", "1", "cc/1"), "A\n", 0},
	/* Versions are numbers: 10 is above 9. */
	{TWO LINKS ENTRY("ostree-10", "10", "cc/0") ENTRY("ostree-9", "9", "cc/1"), "A\n", 0},
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

/* More than are looked at: nothing is chosen, and which option allows more is told. */
static void too_many_are_told(void **state)
{
	static const struct {
		const char *head, *tail; /* of each, around a number of so many digits */
		int digits;
		unsigned n;
	} rows[] = {
		{"-- /ostree/deploy/os/deploy/", ".0/etc/name --\nA\n", 8, 4100},
		{"-- /ostree/deploy/os", "/deploy/aa.0/etc/name --\nA\n", 1, 2100},
		{"-- /ostree/deploy/os", " -> os --\n", 1, 4100},
		{"-- /boot/loader/entries/", ".conf --\noptions ostree=/x\n", 1, 4100},
		{"-- /ostree/boot.1/os/cc/", " -> ../../../deploy/os/deploy/aa.0 --\n", 1, 4100},
		{"-- /ostree/boot.1/os/", "/0 -> ../../../deploy/os/deploy/aa.0 --\n", 1, 2100},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct out *o = out_new(arena);
		out_z(o, "-- " A "/etc/name --\nA\n");
		for (unsigned k = 0; k < rows[i].n; k++)
			out_fmt(o, "%s%0*x%s", rows[i].head, rows[i].digits, k, rows[i].tail);
		struct rootfs *root = captured_root(arena, out_text(o));
		struct doubt doubt = rootfs_doubt(root);
		if (doubt.reason != REASON_LIMIT || !str_has(doubt.text, S("--max-deployments")) ||
		    rootfs_deployment(root).n)
			fail_msg("row %zu: '%.*s'", i, ARG(doubt.text));
	}
	struct out *o = out_new(arena);
	for (unsigned k = 0; k < 4100; k++)
		out_fmt(o, "-- /state/deploy/%064x/etc/name --\nA\n", k);
	assert_int_equal(rootfs_doubt(captured_root(arena, out_text(o))).reason, REASON_LIMIT);
}

/* An entry may be long, and of many lines. */
static void a_long_entry(void **state)
{
	struct out *o = out_new(arena);
	(void)state;
	out_z(o,
	      TWO LINKS ENTRY("a", "1", "cc/0") "-- /boot/loader/entries/b.conf --\nversion 2\n");
	for (unsigned i = 0; i < 50000; i++)
		out_z(o, "options x\n");
	out_z(o, "options ostree=/ostree/boot.1/os/cc/1\n");
	struct rootfs *root = captured_root(arena, out_text(o));
	assert_true(str_eq(rootfs_read(root, S("/etc/name"))->text, S("B\n")));
}

/* How many are offered, and what each of them is: the numbers follow the menu. */
static void offers(void **state)
{
	static const struct {
		const char *capture,
			*names; /* of #deploy=0, 1, … in turn, the offered ones before '|' */
	} rows[] = {
		{"-- " A "/etc/name --\nA\n", "A|"},
		{"-- /etc/name --\nplain\n", "|"},
		{TWO LINKS ENTRY("a", "1", "cc/0") ENTRY("b", "2", "cc/1"), "BA|"},
		{TWO LINKS ENTRY("b", "2", "cc/0") ENTRY("a", "1", "cc/1"), "AB|"},
		/* Only one is in the menu; two entries start the same. */
		{TWO LINKS ENTRY("a", "2", "cc/1") ENTRY("b", "1", "cc/1"), "B|A"},
		/* Versions of another kind, and the key that goes before them. */
		{TWO LINKS ENTRY("b", "6.1.0-9\nsort-key os", "cc/0")
			 ENTRY("a", "6.1.0-10\nsort-key os", "cc/1"),
		 "BA|"},
		{TWO LINKS ENTRY("a", "2\nsort-key os-1", "cc/0")
			 ENTRY("b", "1\nsort-key os-0", "cc/1"),
		 "BA|"},
		/* The version counts beside such a key alone; one without it comes last. */
		{TWO LINKS ENTRY("b", "1", "cc/0") ENTRY("a", "2", "cc/1"), "AB|"},
		{TWO LINKS ENTRY("b", "1", "cc/0") ENTRY("a", "1\nsort-key z", "cc/1"), "BA|"},
		{TWO LINKS ENTRY("b", "2\nsort-key os\nmachine-id 2", "cc/0")
			 ENTRY("a", "1\nsort-key os\nmachine-id 1", "cc/1"),
		 "BA|"},
		/* Boot counting: without tries left it is the last. */
		{TWO LINKS ENTRY("b+0-3", "1", "cc/0") ENTRY("a", "1", "cc/1"), "BA|"},
		{TWO LINKS ENTRY("b+1-2", "1", "cc/0") ENTRY("a", "1", "cc/1"), "AB|"},
		{TWO LINKS ENTRY("b+0", "2\nsort-key a", "cc/0") ENTRY("a", "1", "cc/1"), "BA|"},
		{TWO LINKS ENTRY("os-9+3", "1", "cc/0") ENTRY("os-10", "1", "cc/1"), "BA|"},
		{TWO LINKS, "AB|"},
		/* The number of a link is the order, and of several systems too. */
		{TWO
		 "-- /ostree/deploy/zz/deploy/ee.0/etc/name --\nE\n" LINK("1", "cc", "10", "aa.0")
			 LINK("1", "cc", "2", "bb.0") "-- /ostree/boot.1/zz/cc/0 -> "
						      "../../../deploy/zz/deploy/ee.0 --\n",
		 "EBA|"},
		{TWO LINKS "-- " DEPLOY "dd.0/etc/name --\nD\n", "AB|D"},
		{TWO, "AB|"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str offered, others, text = str_from(rows[i].capture);
		str_cut(str_from(rows[i].names), '|', &offered, &others);
		struct str all = str_cat(arena, offered, others);
		for (size_t k = 0; k < all.n; k++) {
			struct rootfs *root =
				captured_deployment(arena, text, str_fmt(arena, "%zu", k));
			struct str name = rootfs_read(root, S("/etc/name"))->text;
			if (!name.n || name.p[0] != all.p[k] ||
			    rootfs_deployments(root) != offered.n)
				fail_msg("row %zu, %zu: '%.*s' of %zu", i, k, ARG(name),
					 rootfs_deployments(root));
		}
		assert_int_equal(rootfs_deployments(captured_root(arena, text)), offered.n);
		struct rootfs *none =
			captured_deployment(arena, text, str_fmt(arena, "%zu", all.n));
		assert_int_equal(rootfs_deployment(none).n, 0);
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

/* What was written over /usr since, by `ostree admin unlock --hotfix`. */
static void hotfixes(void **state)
{
	static const struct {
		const char *more, *one, *two;
	} rows[] = {
		{"", "old\n", "two\n"},
		{"-- " A "/.usr-ovl-upper/lib/one --\nnew\n", "old\n", "two\n"},
		{"-- " A "/.usr-ovl-work/ --\n-- " A "/.usr-ovl-upper/lib/one --\nnew\n", "new\n",
		 "two\n"},
		{"-- " A "/.usr-ovl-work/ --\n-- " A "/.usr-ovl-upper/ unreadable=io --\nno\n", "-",
		 "-"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rootfs *root =
			captured_root(arena, str_fmt(arena,
						     "-- " A "/usr/lib/one --\nold\n-- " A
						     "/usr/lib/two --\ntwo\n%s",
						     rows[i].more));
		if (!str_eq(text_at(root, "/usr/lib/one"), str_from(rows[i].one)) ||
		    !str_eq(text_at(root, "/usr/lib/two"), str_from(rows[i].two)))
			fail_msg("row %zu", i);
	}
}

static void setups(void **state)
{
	static const struct {
		const char *text;
		enum setup_mount etc, var;
	} rows[] = {
		{"", SETUP_BIND, SETUP_BIND},
		{"[etc]\nmount = \"bind\"\n\n[var]\nmount = \"bind\"\n", SETUP_BIND, SETUP_BIND},
		{"[etc]\ntransient = true\n", SETUP_IMAGE, SETUP_BIND},
		{"[etc]\ntransient = false\n", SETUP_BIND, SETUP_BIND},
		{"# of us\n [ etc ] # too\r\n\tmount='transient'\r\n[var]\nmount = \"none\"",
		 SETUP_IMAGE, SETUP_IMAGE},
		/* The kind goes before the switch. */
		{"[etc]\ntransient = true\nmount = \"bind\"\n", SETUP_BIND, SETUP_BIND},
		{"[root]\ntransient = true\n", SETUP_BIND, SETUP_BIND},
		{"[etc]\nmount = \"overlay\"\n", SETUP_OVERLAY, SETUP_BIND},
		{"[etc]\nmount = \"Overlay\"\n", SETUP_OTHER, SETUP_BIND},
		{"[var]\nmount = \"new\"\n", SETUP_BIND, SETUP_OTHER},
		{"etc.transient = true\n", SETUP_OTHER, SETUP_OTHER},
		{"etc = { transient = true }\n[var]\n", SETUP_OTHER, SETUP_OTHER},
		{"[etc]\nmount\n", SETUP_OTHER, SETUP_BIND},
		/* prepare-root.conf */
		{"[composefs]\nenabled = verity\n[sysroot]\nreadonly = true\n", SETUP_BIND,
		 SETUP_BIND},
		{"[etc]\ntransient=1\n[root]\ntransient=0\n", SETUP_IMAGE, SETUP_BIND},
		{"[etc]\ntransient=maybe\n", SETUP_OTHER, SETUP_BIND},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (setup_root_mount(str_from(rows[i].text), S("etc")) != rows[i].etc ||
		    setup_root_mount(str_from(rows[i].text), S("var")) != rows[i].var)
			fail_msg("row %zu: %s", i, rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses),      cmocka_unit_test(unread_is_no_choice),
		cmocka_unit_test(composes),     cmocka_unit_test(lists_what_is_mounted),
		cmocka_unit_test(captures),     cmocka_unit_test(offers),
		cmocka_unit_test(setups),       cmocka_unit_test(too_many_are_told),
		cmocka_unit_test(a_long_entry), cmocka_unit_test(hotfixes),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
