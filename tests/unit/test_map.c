/*
 * test_map.c - names to pointers: replacing, order, many names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "map.h"

static void puts_and_gets(void **state)
{
	(void)state;
	struct arena *a = arena_new(1 << 20, NULL, NULL);
	struct map *m = map_new(a);
	int x = 1, y = 2;
	assert_null(map_get(m, S("x")));
	map_put(m, S("x"), &x);
	map_put(m, S(""), &y);
	assert_ptr_equal(map_get(m, S("x")), &x);
	assert_ptr_equal(map_get(m, S("")), &y);
	map_put(m, S("x"), &y);
	assert_ptr_equal(map_get(m, S("x")), &y);
	assert_int_equal(map_count(m), 2);
	arena_free(a);
}

static void keeps_order(void **state)
{
	(void)state;
	enum { N = 20000 };
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	struct map *m = map_new(a);
	for (size_t i = 0; i < N; i++)
		map_put(m, str_fmt(a, "key%zu", i), (void *)(i + 1));
	assert_int_equal(map_count(m), N);
	for (size_t i = 0; i < N; i++) {
		struct str key;
		assert_int_equal((size_t)map_at(m, i, &key), i + 1);
		assert_true(str_eq(key, str_fmt(a, "key%zu", i)));
		assert_int_equal((size_t)map_get(m, key), i + 1);
	}
	assert_null(map_get(m, S("key20000")));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_and_gets),
		cmocka_unit_test(keeps_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
