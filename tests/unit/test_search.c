/* systemd/: which files make a unit, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "captured.h"
#include "fixture.h"
#include "out.h"
#include "systemd.h"

#include <cmocka.h>

#define BIN "-- /usr/bin/kubelet mode=0755 --\nx\n"
#define UNIT(path, what) "-- " path " --\n[Service]\nExecStart=/usr/bin/kubelet " what "\n"
#define ETC "/etc/systemd/system/"
#define LIB "/usr/lib/systemd/system/"

static const struct unit *load(const char *capture, const char *name, unsigned version, bool run)
{
	struct systemd_options opts = {.version = version, .live_run = run};
	struct rootfs *root = captured_root(arena, str_fmt(arena, "%s" BIN, capture));
	return unit_load(systemd_new(root, &opts), str_from(name));
}

/* The load state, and the arguments of the first command. */
static struct str summary(const struct unit *u)
{
	struct out *o = out_new(arena);
	out_z(o, unit_load_name(u->load));
	for (size_t i = 1; u->commands.n && i < u->commands.at[0].argv.n; i++)
		out_fmt(o, " %" PRIstr, ARG(u->commands.at[0].argv.at[i].text));
	return out_text(o);
}

static void units_are_found(void **state)
{
	static const struct {
		const char *capture, *want;
	} cases[] = {
		{UNIT(ETC "kubelet.service", "etc") UNIT(LIB "kubelet.service", "lib"),
		 "loaded etc"},
		{"", "not-found"},
		{UNIT(LIB "kubelet.service", "lib") "-- " ETC "kubelet.service -> /dev/null --\n",
		 "masked"},
		{UNIT(LIB "kubelet.service", "lib") "-- " ETC "kubelet.service --\n", "masked"},
		{UNIT(LIB "kubelet.service", "lib") "-- " ETC "kubelet.service --\n\n",
		 "bad-setting"},
		{UNIT(LIB "kubelet.service", "lib") "-- " ETC "kubelet.service -> /nowhere --\n",
		 "not-found"},
		{UNIT(LIB "x.service", "x") "-- " ETC "kubelet.service -> x.service --\n",
		 "loaded x"},
		{UNIT(LIB "kubelet.service", "lib") "-- " ETC "kubelet.service -> x.service --\n",
		 "not-found"},
		{UNIT("/opt/k", "opt") "-- " ETC "kubelet.service -> /opt/k --\n", "loaded opt"},
		{UNIT("/run/systemd/system/kubelet.service", "run"), "not-found"},
		{UNIT(ETC "kubelet@.service", "%i"), "not-found"},
		{"-- " ETC "kubelet.service --\n[Service\n", "error"},
		{"-- " ETC "kubelet.service --\n[Service]\nExecStart=/a\nExecStart=/b\n",
		 "bad-setting"},
		{UNIT(ETC "kubelet.service", "$A $B") "-- " LIB "kubelet.service.d/20.conf --\n"
						      "[Service]\nEnvironment=A=lib B=lib\n"
						      "-- " ETC "kubelet.service.d/10.conf --\n"
						      "[Service]\nEnvironment=A=etc\n",
		 "loaded lib lib"},
		{UNIT(ETC "kubelet.service", "$A") "-- " ETC "service.d/20.conf --\n"
						   "[Service]\nEnvironment=A=wide\n"
						   "-- " LIB "kubelet.service.d/20.conf --\n"
						   "[Service]\nEnvironment=A=own\n",
		 "loaded own"},
		{UNIT(ETC "kubelet.service", "a") "-- " ETC "kubelet.service.d/1.conf --\n"
						  "[Service]\nExecStart=\nExecStart=x'y\n"
						  "ExecStart=/usr/bin/kubelet b\n",
		 "loaded b"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str got = summary(load(cases[i].capture, "kubelet", 252, false));
		if (!str_eq(got, str_from(cases[i].want)))
			fail_msg("case %zu: got %s, want %s", i, str_z(arena, got), cases[i].want);
	}
}

static void instances_come_from_templates(void **state)
{
	const char *capture = UNIT(ETC "k@.service", "%i %I %p %n");
	(void)state;
	assert_true(str_eq(summary(load(capture, "k@a-b.service", 252, false)),
			   S("loaded a-b a/b k k@a-b.service")));
	/* An instance's link to nowhere leaves it to its template, a circle does not. */
	capture = UNIT(ETC "k@.service", "%n") "-- " ETC "k@a.service -> gone@.service --\n"
					       "-- " ETC "k@b.service -> l@b.service --\n-- " ETC
					       "l@b.service -> k@b.service --\n";
	assert_true(
		str_eq(summary(load(capture, "k@a.service", 252, false)), S("loaded k@a.service")));
	assert_true(str_eq(summary(load(capture, "k@b.service", 252, false)), S("not-found")));
}

static void run_counts_on_a_live_machine(void **state)
{
	const char *capture = UNIT("/run/systemd/system/kubelet.service", "run");
	(void)state;
	assert_true(str_eq(summary(load(capture, "kubelet", 252, true)), S("loaded run")));
}

static void environment_files_decide(void **state)
{
	struct str optional = str_fmt(arena, "-- " ETC "kubelet.service --\n[Service]\n"
					     "EnvironmentFile=-/etc/x\n"
					     "ExecStart=/usr/bin/kubelet $X\n");
	struct str mandatory = str_fmt(arena, "-- " ETC "kubelet.service --\n[Service]\n"
					      "EnvironmentFile=/etc/x\n"
					      "ExecStart=/usr/bin/kubelet $X\n");
	const struct unit *u = load(optional.p, "kubelet", 252, false);
	(void)state;
	assert_int_equal(u->starts, STARTS_YES);
	assert_int_equal(u->pending.n, 1);
	assert_true(str_eq(u->pending.at[0].path, S("/etc/x")));
	assert_int_equal(u->doubt.reason, REASON_NONE);

	u = load(mandatory.p, "kubelet", 252, false);
	assert_int_equal(u->load, UNIT_LOADED);
	assert_int_equal(u->starts, STARTS_NO);
	assert_int_equal(u->doubt.reason, REASON_ENV_FILE_ABSENT);
	assert_int_equal(u->commands.at[0].argv.n, 0);
	assert_int_equal(u->commands.at[0].words.n, 2);

	u = load(str_fmt(arena, "%s-- /etc/x unreadable=io --\nbroken disk\n", mandatory.p).p,
		 "kubelet", 252, false);
	assert_int_equal(u->starts, STARTS_UNTOLD);
	assert_int_equal(u->doubt.reason, REASON_UNREADABLE);

	u = load(str_fmt(arena, "%s-- /etc/x --\nX=--v=1\n", optional.p).p, "kubelet", 252, false);
	assert_int_equal(u->pending.n, 0);
	const struct origin *o = u->commands.at[0].argv.at[1].from;
	assert_true(str_eq(o->file->path, S("/etc/x")));
	assert_int_equal(o->at, 2);
	assert_true(str_eq(o->via->file->path, S(ETC "kubelet.service")));
}

static void unreadable_is_not_absent(void **state)
{
	const char *capture =
		UNIT(LIB "kubelet.service", "lib") "-- " ETC "kubelet.service.d/1.conf "
						   "unreadable=io --\nbroken\n";
	const struct unit *u = load(capture, "kubelet", 252, false);
	(void)state;
	assert_int_equal(u->doubt.reason, REASON_UNREADABLE);
	assert_int_equal(u->starts, STARTS_UNTOLD);
	u = load(UNIT(LIB "kubelet.service", "lib") "-- /etc/systemd/system/ unreadable=io --\n",
		 "kubelet", 252, false);
	assert_int_equal(u->doubt.reason, REASON_UNREADABLE);
}

static void runtime_specifiers_leave_a_doubt(void **state)
{
	const struct unit *u =
		load(UNIT(ETC "kubelet.service", "--id=%b x"), "kubelet", 252, false);
	(void)state;
	assert_true(str_eq(summary(u), S("loaded --id=%b x")));
	assert_int_equal(u->doubt.reason, REASON_RUNTIME_SPECIFIER);
}

static void versions_are_found(void **state)
{
	static const struct {
		const char *capture;
		unsigned major;
		const char *source;
	} cases[] = {
		{"-- /usr/lib/systemd/libsystemd-shared-249.so --\nx\n", 249, "libsystemd-shared"},
		{"-- /usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so --\nx\n", 257,
		 "libsystemd-shared"},
		{"-- /lib/systemd/libsystemd-shared-245.so --\nx\n", 245, "libsystemd-shared"},
		{"-- /etc/hostname --\nx\n", 252, "assumed"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct systemd_options none = {0};
		struct rootfs *root = captured_root(arena, str_from(cases[i].capture));
		struct version v = systemd_version(systemd_new(root, &none));
		assert_int_equal(v.major, cases[i].major);
		assert_true(str_eq(v.source, str_from(cases[i].source)));
	}
}

static void services_are_listed(void **state)
{
	struct systemd_options none = {0};
	struct rootfs *root =
		captured_root(arena, S(UNIT(LIB "b.service", "") UNIT(ETC "a.service", "") UNIT(
					     ETC "t@.service", "") UNIT(ETC "x.socket", "")));
	struct words all = systemd_services(systemd_new(root, &none));
	(void)state;
	assert_int_equal(all.n, 2);
	assert_true(str_eq(all.at[0].text, S("a.service")));
	assert_true(str_eq(all.at[1].text, S("b.service")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_found),
		cmocka_unit_test(instances_come_from_templates),
		cmocka_unit_test(run_counts_on_a_live_machine),
		cmocka_unit_test(environment_files_decide),
		cmocka_unit_test(unreadable_is_not_absent),
		cmocka_unit_test(runtime_specifiers_leave_a_doubt),
		cmocka_unit_test(versions_are_found),
		cmocka_unit_test(services_are_listed),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
