/*
 * test_pick.c - rootfs/pick.c: which of several versions counts, by systemd.v(7); the first row is
 * its example.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../../scanner/rootfs/pick.h"
#include "captured.h"
#include "fixture.h"

#include <cmocka.h>

#define MACHINE "m_7.5.13.raw m_7.5.14_x86-64.raw m_7.6.0_arm64.raw m_7.7.0_x86-64+0-5.raw"

static const struct {
	const char *names, *suffix, *architecture;
	const char *picked; /* "": none; NULL: it cannot be told */
} rows[] = {
	{MACHINE, ".raw", "x86-64", "m_7.5.14_x86-64.raw"},
	{MACHINE, ".raw", "arm64", "m_7.6.0_arm64.raw"},
	{MACHINE, ".raw", "riscv64", "m_7.5.13.raw"},
	{MACHINE, ".raw", "", NULL},
	{"m_1.raw m_2 m_3.img n_4.raw m5.raw m_.raw", ".raw", "", "m_1.raw"},
	{"m_1 m_2 m_10", "", "", "m_10"},
	{"m_2~rc1 m_1", "", "", "m_2~rc1"},
	{"m_2~rc1 m_2", "", "", "m_2"},
	{"m_1+0 m_1+0-3", "", "", "m_1+0"},
	{"m_2+0-1 m_1+1", "", "", "m_1+1"},
	{"m_2+1-1 m_1", "", "", "m_2+1-1"},
	{"m_1+x m_0", "", "", "m_1+x"},
	{"m_1_x86-64 m_1", "", "x86-64", "m_1_x86-64"},
	{"m_1_x86 m_1_x86-64", "", "x86-64", "m_1_x86-64"},
	{"m_2_x86 m_1_x86-64", "", "x86-64", "m_2_x86"},
	{"m_2_x86-64", "", "x86", ""},
	{"", "", "", ""},
};

static struct rootfs *filled(const char *names)
{
	struct str rest = str_from(names), name, text = S("-- /d/ --\n");
	while (rest.n) {
		str_cut(rest, ' ', &name, &rest);
		text = str_fmt(arena, "%.*s-- /d/%.*s --\nx\n", ARG(text), ARG(name));
	}
	return captured_root(arena, text);
}

static void picks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str out = S("?");
		struct error e = {0};
		bool told = pick_newest(filled(rows[i].names), S("/d"), S("m"),
					str_from(rows[i].suffix), str_from(rows[i].architecture),
					&out, &e);
		if (told != (rows[i].picked != NULL) ||
		    (told && !str_eq(out, str_from(rows[i].picked))))
			fail_msg("row %zu: '%.*s' %s", i, ARG(out), e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(picks)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
