/*
 * test_arena.c - the budget, zeroed memory, deferred closings, children.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"

static jmp_buf full;

static void when_full(void *arg)
{
	(void)arg;
	longjmp(full, 1);
}

static void zeroed_and_aligned(void **state)
{
	(void)state;
	struct arena *a = arena_new(16 << 20, NULL, NULL);
	for (size_t n = 0; n < 3000; n += 7) {
		unsigned char *p = arena_alloc(a, 1, n);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xAA, n);
	}
	arena_free(a);
}

static bool refuses(size_t limit, size_t size, size_t n)
{
	struct arena *a = arena_new(limit, when_full, NULL);
	bool refused = true;
	if (!setjmp(full)) {
		(void)arena_alloc(a, size, n);
		refused = false;
	}
	arena_free(a);
	return refused;
}

static void budget(void **state)
{
	(void)state;
	assert_true(refuses(1 << 20, 1, 2 << 20));
	assert_false(refuses(1 << 20, 1, 1000));
	assert_true(refuses(SIZE_MAX, SIZE_MAX / 2, 3));
	assert_true(refuses(SIZE_MAX, 1, SIZE_MAX));
}

static void budget_in_pieces(void **state)
{
	(void)state;
	struct arena *a = arena_new(1 << 20, when_full, NULL);
	static volatile size_t pieces;
	if (!setjmp(full))
		for (pieces = 0; pieces < 5000; pieces++)
			(void)arena_alloc(a, 1, 1024);
	assert_in_range(pieces, 500, 1024);
	assert_true(arena_used(a) <= 1 << 20);
	arena_free(a);
}

static char order[8];

static void append(void *arg)
{
	strcat(order, arg);
}

static void deferred_last_first(void **state)
{
	(void)state;
	static char one[] = "1", two[] = "2", three[] = "3";
	order[0] = 0;
	struct arena *a = arena_new(1 << 20, NULL, NULL);
	arena_defer(a, append, one);
	arena_defer(a, append, two);
	struct arena *child = arena_child(a, NULL, NULL);
	arena_defer(child, append, three);
	arena_free(a);
	assert_string_equal(order, "321");
	arena_free(NULL);
}

static void *fill(void *arg)
{
	for (int i = 0; i < 1000; i++)
		memset(arena_alloc(arg, 1, 100), 1, 100);
	return NULL;
}

static void children_in_threads(void **state)
{
	(void)state;
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, fill, arena_child(a, NULL, NULL)), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(arena_used(a) >= 400000);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroed_and_aligned),  cmocka_unit_test(budget),
		cmocka_unit_test(budget_in_pieces),    cmocka_unit_test(deferred_last_first),
		cmocka_unit_test(children_in_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
