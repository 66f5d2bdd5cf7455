/* inventory/: os-release(5), versions, and the package databases of dpkg and apk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "fixture.h"
#include "inventory.h"

#include <cmocka.h>

static struct rootfs *root_of(struct str capture)
{
	struct error e = {0};
	struct fs_options opts = {0};
	struct fs *fs = fs_open_txtar(arena, blob_memory(arena, S("t"), capture), &opts, &e);
	if (!fs)
		fail_msg("%s", e.text);
	struct layers layers = {0};
	*vec_push(arena, &layers) = (struct layer){.fs = fs, .label = S("t")};
	struct notes *notes = NEW(arena, struct notes);
	notes->arena = arena;
	return rootfs_new(arena, &layers, notes);
}

static void same(struct str got, const char *want, const char *label)
{
	if (!str_eq(got, str_from(want)))
		fail_msg("%s: got '%.*s', want '%s'", label, ARG(got), want);
}

static void values_are_unquoted_as_a_shell_would(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *want;
	} table[] = {
		{"debian", "debian"},
		{"\"Ubuntu 22.04.3 LTS\"", "Ubuntu 22.04.3 LTS"},
		{"'single $x \\n'", "single $x \\n"},
		{"\"a \\\"b\\\" \\$c \\\\ \\`\"", "a \"b\" $c \\ `"},
		{"\"a\\n\"", "a\\n"},
		{"a\\ b", "a b"},
		{"\"a\"'b'c", "abc"},
		{"", ""},
		{"\"\"", ""},
		{"\"open", "open"},
		{"x=y", "x=y"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct str text = str_fmt(arena, "-- /etc/os-release --\nID=%s\n", table[i].raw);
		same(os_read(root_of(text))->id, table[i].want, table[i].raw);
	}
}

static void lines_that_are_no_assignment_are_passed_over(void **state)
{
	(void)state;
	const struct os *os = os_read(root_of(S("-- /etc/os-release --\n"
						"# comment=1\n"
						"\n"
						"  ID=first\n"
						"9X=1\n"
						"no assignment\n"
						"A B=1\n"
						"ID=last\r\n"
						"VERSION_ID=\"12\"\n"
						"PRETTY_NAME=\"Some Linux\"\n")));
	assert_int_equal(os->fields.n, 4);
	same(os->id, "last", "ID");
	same(os->version_id, "12", "VERSION_ID");
	same(os->pretty, "Some Linux", "PRETTY_NAME");
	struct word pretty = os_get(os, S("PRETTY_NAME"));
	assert_int_equal(origin_place(pretty.from).line, 9);
	assert_int_equal(origin_place(pretty.from).column, 13);
	same(os_get(os, S("NONE")).text, "", "NONE");
}

static void etc_comes_before_usr_lib(void **state)
{
	(void)state;
	same(os_read(root_of(S("-- /usr/lib/os-release --\nID=usr\n")))->id, "usr", "usr alone");
	same(os_read(root_of(S("-- /usr/lib/os-release --\nID=usr\n-- /etc/os-release --\n")))->id,
	     "", "an empty one in etc");
	same(os_read(root_of(S("-- /usr/lib/os-release --\nID=usr\n"
			       "-- /etc/os-release -> ../usr/lib/os-release --\n")))
		     ->id,
	     "usr", "through a link");
	assert_null(os_read(root_of(S("-- /etc/x --\n")))->file);
}

static void versions_begin_with_major_and_minor(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
		unsigned major, minor;
	} table[] = {
		{"v1.29.3", true, 1, 29},
		{"1.29", true, 1, 29},
		{"1.29.3-1.1", true, 1, 29},
		{" v1.30.0+k3s1\n", true, 1, 30},
		{"252.22-1~deb12u1", true, 252, 22},
		{"", false, 0, 0},
		{"v", false, 0, 0},
		{"1", false, 0, 0},
		{"1.", false, 0, 0},
		{".5", false, 0, 0},
		{"x1.2", false, 0, 0},
		{"1.x", false, 0, 0},
		{"99999999999.1", false, 0, 0},
		{"-1.2", false, 0, 0},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct version v = {0};
		bool good = version_parse(str_from(table[i].text), &v);
		if (good != table[i].good || v.major != table[i].major || v.minor != table[i].minor)
			fail_msg("'%s': got %d, %u.%u", table[i].text, good, v.major, v.minor);
	}
}

static void packages_are_found_in_dpkg(void **state)
{
	(void)state;
	struct rootfs *root = root_of(S("-- /var/lib/dpkg/status --\n"
					"Package: systemd-sysv\n"
					"Status: install ok installed\n"
					"Version: 1.0\n"
					"\n"
					"Package: kubelet\n"
					"Status: hold ok installed\n"
					"Description: a\n"
					" Version: 9.9\n"
					"Version: 1.29.3-1.1\n"
					"\n"
					"\n"
					"Package: systemd\n"
					"Status: install ok installed\n"
					"Version: 1:255-4\n"
					"\n"
					"Package: k3s\n"
					"Status: deinstall ok config-files\n"
					"Version: 7.7\n"
					"-- /var/lib/dpkg/status.d/k0s --\n"
					"Package: k0s\n"
					"Version: 2024.1-0\n"));
	struct version v = inventory_package(root, S("kubelet"));
	same(v.text, "1.29.3-1.1", "kubelet");
	same(v.source, "dpkg", "source");
	assert_int_equal(v.major * 100 + v.minor, 129);
	v = inventory_package(root, S("systemd"));
	same(v.text, "255-4", "systemd");
	assert_int_equal(v.major, 255);
	assert_int_equal(v.minor, 0);
	same(inventory_package(root, S("k3s")).text, "", "removed, configuration kept");
	same(inventory_package(root, S("rke2-agent")).text, "", "never there");
	same(inventory_package(root, S("k0s")).text, "2024.1-0", "status.d");
}

static void packages_are_found_in_apk(void **state)
{
	(void)state;
	struct rootfs *root = root_of(S("-- /lib/apk/db/installed --\n"
					"C:Q1abc=\n"
					"P:musl\n"
					"V:1.2.4-r2\n"
					"F:lib\n"
					"\n"
					"P:kubelet\n"
					"V:1.28.4-r0\n"
					"\n"));
	struct version v = inventory_package(root, S("kubelet"));
	same(v.text, "1.28.4-r0", "kubelet");
	same(v.source, "apk", "source");
	assert_int_equal(v.minor, 28);
	same(inventory_package(root, S("systemd")).text, "", "another package");
}

static void every_prefix_is_survived(void **state)
{
	(void)state;
	static const char text[] =
		"-- /etc/os-release --\nID=\"a\\\"b\"\nX='y\\\nA=\\\n"
		"-- /var/lib/dpkg/status --\n\n\nPackage: k0s\nVersion: 1:2\n\n\n"
		"-- /lib/apk/db/installed --\nP:k0s\nV:1\n\n";
	for (size_t n = 0; n < sizeof text; n++) {
		struct rootfs *root = root_of(str_dup(arena, (struct str){text, n}));
		os_read(root);
		inventory_package(root, S("k0s"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_unquoted_as_a_shell_would),
		cmocka_unit_test(lines_that_are_no_assignment_are_passed_over),
		cmocka_unit_test(etc_comes_before_usr_lib),
		cmocka_unit_test(versions_begin_with_major_and_minor),
		cmocka_unit_test(packages_are_found_in_dpkg),
		cmocka_unit_test(packages_are_found_in_apk),
		cmocka_unit_test(every_prefix_is_survived),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
