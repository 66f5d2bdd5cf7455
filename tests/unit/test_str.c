/*
 * test_str.c - slices: comparing, cutting, numbers, UTF-8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "str.h"
#include "vec.h"

#define assert_str(got, want) assert_true(str_eq((got), (want)))

static void comparing(void **state)
{
	(void)state;
	assert_true(str_eq(S(""), (struct str){NULL, 0}));
	assert_true(str_eq_nocase(S("KubeLET"), S("kubelet")));
	assert_false(str_eq_nocase(S("a"), S("ab")));
	assert_true(str_cmp(S("a"), S("ab")) < 0);
	assert_true(str_cmp(S("b"), S("ab")) > 0);
	assert_int_equal(str_cmp(S("x"), S("x")), 0);
	assert_true(str_starts(S("--flag"), S("--")));
	assert_false(str_starts(S("-"), S("--")));
	assert_true(str_ends(S("a.service"), S(".service")));
	assert_false(str_ends(S("e"), S(".service")));
	assert_true(str_has(S("abc"), S("bc")));
	assert_true(str_has(S(""), S("")));
	assert_false(str_has(S(""), S("x")));
}

static void cutting(void **state)
{
	(void)state;
	struct str head, tail;
	assert_true(str_cut(S("a=b=c"), '=', &head, &tail));
	assert_str(head, S("a"));
	assert_str(tail, S("b=c"));
	assert_false(str_cut(S("abc"), '=', &head, &tail));
	assert_str(head, S("abc"));
	assert_str(tail, S(""));
	assert_true(str_cut(S("a="), '=', &head, &tail));
	assert_str(tail, S(""));
	assert_str(str_slice(S("abc"), 1, 99), S("bc"));
	assert_str(str_slice(S("abc"), 5, 2), S(""));
	assert_str(str_tail(S("abc"), 3), S(""));
	assert_str(str_trim(S(" \ta b\t "), " \t"), S("a b"));
	assert_str(str_trim(S("   "), " "), S(""));
	assert_int_equal(str_find(S("abca"), 'a'), 0);
	assert_int_equal(str_rfind(S("abca"), 'a'), 3);
	assert_int_equal(str_find(S("abc"), 'x'), 3);
	assert_int_equal(str_rfind(S("abc"), 'x'), 3);
}

static void names_of_paths(void **state)
{
	(void)state;
	static const struct {
		const char *path, *dir, *base;
	} cases[] = {
		{"/a/b/c", "/a/b", "c"}, {"/a", "/", "a"}, {"a", ".", "a"},
		{"/", "/", ""},          {"a/", "a", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_str(str_dirname(str_from(cases[i].path)), str_from(cases[i].dir));
		assert_str(str_basename(str_from(cases[i].path)), str_from(cases[i].base));
	}
}

static void numbers(void **state)
{
	(void)state;
	uint64_t v = 7;
	assert_true(str_u64(S("18446744073709551615"), &v));
	assert_true(v == UINT64_MAX);
	static const char *const bad[] = {
		"", "18446744073709551616", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_u64(str_from(bad[i]), &v));
}

/* Markus Kuhn's classes of trouble, and RFC 3629. */
static void utf8(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n; /* of the first sequence, 0: invalid */
		uint32_t cp;
	} cases[] = {
		{"A", 1, 'A'},
		{"\xC3\xA9", 2, 0xE9},
		{"\xE2\x82\xAC", 3, 0x20AC},
		{"\xF0\x9F\x98\x80", 4, 0x1F600},
		{"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
		{"\xF4\x90\x80\x80", 0, 0}, /* above the last */
		{"\xC0\x80", 0, 0},         /* overlong */
		{"\xE0\x80\xAF", 0, 0},
		{"\xF0\x80\x80\xAF", 0, 0},
		{"\xED\xA0\x80", 0, 0}, /* surrogate */
		{"\x80", 0, 0},
		{"\xE2\x82", 0, 0}, /* cut off */
		{"\xFF", 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t cp = 0;
		assert_int_equal(str_rune(str_from(cases[i].bytes), &cp), cases[i].n);
		assert_int_equal(cp, cases[i].cp);
		assert_int_equal(str_utf8(str_from(cases[i].bytes)), cases[i].n > 0);
	}
}

static void copies(void **state)
{
	struct arena *a = *state;
	assert_str(str_fmt(a, "%d-%" PRIstr, 5, ARG(S("x"))), S("5-x"));
	assert_str(str_cat(a, S("ab"), S("")), S("ab"));
	assert_str(str_dup(a, (struct str){NULL, 0}), S(""));
	assert_string_equal(str_z(a, str_slice(S("abc"), 0, 2)), "ab");
	VEC(int) v = {0};
	for (int i = 0; i < 1000; i++)
		*vec_push(a, &v) = i;
	assert_int_equal(v.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v.at[i], i);
}

static int begin(void **state)
{
	*state = arena_new(1 << 20, NULL, NULL);
	return 0;
}

static int end(void **state)
{
	arena_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing),
		cmocka_unit_test(cutting),
		cmocka_unit_test(names_of_paths),
		cmocka_unit_test(numbers),
		cmocka_unit_test(utf8),
		cmocka_unit_test_setup_teardown(copies, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
