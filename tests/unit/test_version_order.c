/*
 * test_version_order.c - rootfs/version_order.c: the order of versions, as `systemd-analyze
 * compare-versions` 252 gives it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../../scanner/rootfs/version_order.h"
#include "fixture.h"

#include <cmocka.h>

static const struct {
	const char *a, *b;
	int order;
} rows[] = {
	{"1", "1", 0},
	{"10", "9", 1},
	{"1.10", "1.9", 1},
	{"1", "1.0", -1},
	{"1~rc1", "1", -1},
	{"1~", "1", -1},
	{"1~~", "1~", 1},
	{"1-2", "1.2", -1},
	{"1-2", "1^2", -1},
	{"1^2", "1.2", -1},
	{"1.2-3", "1.2", 1},
	{"007", "7", 0},
	{"1.a", "1.1", -1},
	{"a", "1", -1},
	{"A", "a", -1},
	{"ab", "abc", -1},
	{"1_2", "1.2", 1},
	{"1_2", "12", -1},
	{"k8s", "k10s", -1},
	{"v1.29.0", "v1.29.0-1", -1},
	{"1.29+1", "1.29", 1},
	{"1.29^git1", "1.29", 1},
	{"1.29^git1", "1.29.1", -1},
	{"", "1", -1},
	{"", "~", 1},
	{"~", "~1", -1},
	{"1.", "1", 1},
	{"1..2", "1.2", -1},
	{"123abc", "123", 1},
	{"20240101", "20240101.1", -1},
	{"-", "", 1},
	{"^", ".", -1},
	{"-^1", "-x", -1},
	{".-1", ".x", -1},
	{"1 2", "1_2", 0},
	{"\xc3\xa9"
	 "1",
	 "1", 0},
};

static void orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str a = str_from(rows[i].a), b = str_from(rows[i].b);
		int there = version_order(a, b), back = version_order(b, a);
		if ((there > 0) - (there < 0) != rows[i].order ||
		    (back < 0) - (back > 0) != rows[i].order)
			fail_msg("'%s' and '%s': %d, %d", rows[i].a, rows[i].b, there, back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(orders)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
