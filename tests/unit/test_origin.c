/*
 * test_origin.c - lines, columns, trails, notes, failures in words.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "error.h"
#include "fixture.h"
#include "origin.h"
#include "reason.h"

static void places(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t at, len, line, column;
		const char *whole;
	} cases[] = {
		{"abc\ndef\n", 5, 2, 2, 2, "def"},
		{"abc\r\ndef", 5, 1, 2, 1, "def"},
		{"abc\rdef", 4, 1, 2, 1, "def"},
		{"", 0, 0, 1, 1, ""},
		{"a\n", 2, 0, 2, 1, ""},
		{"a\n\n\nb", 4, 1, 4, 1, "b"},
		{"\xC3\xA9\xC3\xA9x", 4, 1, 1, 3, "\xC3\xA9\xC3\xA9x"},
		{"\xFF\xFFx", 2, 1, 1, 3, "\xFF\xFFx"},
		{"abc", 99, 5, 1, 4, "abc"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f = {.text = str_from(cases[i].text)};
		struct place p =
			origin_place(origin_new(arena, &f, cases[i].at, cases[i].len, NULL));
		assert_int_equal(p.line, cases[i].line);
		assert_int_equal(p.column, cases[i].column);
		assert_true(str_eq(p.text, str_from(cases[i].whole)));
		assert_true(p.from + p.len <= p.text.n);
	}
}

static void spans_end_with_their_line(void **state)
{
	(void)state;
	struct file f = {.text = S("one\ntwo\nthree")};
	struct place p = origin_place(origin_new(arena, &f, 4, 9, NULL));
	assert_int_equal(p.len, 3);
}

static void trails(void **state)
{
	(void)state;
	struct file f = {.text = S("abc")};
	const struct origin *one = origin_new(arena, &f, 0, 1, NULL);
	const struct origin *two = origin_new(arena, &f, 1, 1, NULL);
	const struct origin *three = origin_new(arena, &f, 2, 1, NULL);
	const struct origin *trail = origin_through(arena, origin_through(arena, one, two), three);
	assert_int_equal(trail->at, 0);
	assert_int_equal(trail->via->at, 1);
	assert_int_equal(trail->via->via->at, 2);
	assert_null(trail->via->via->via);
	assert_null(one->via);
	assert_ptr_equal(origin_through(arena, NULL, two), two);
}

static void notes_once(void **state)
{
	(void)state;
	struct file f = {.text = S("abc")};
	struct notes notes = {.arena = arena};
	note(&notes, origin_new(arena, &f, 0, 1, NULL), "odd %d", 1);
	note(&notes, origin_new(arena, &f, 0, 1, NULL), "odd %d", 1);
	note(&notes, origin_new(arena, &f, 1, 1, NULL), "odd %d", 1);
	note(&notes, NULL, "odd %d", 1);
	note(&notes, NULL, "odd %d", 1);
	assert_int_equal(notes.n, 3);
	for (int i = 0; i < NOTES_MAX + 10; i++)
		note(&notes, NULL, "number %d", i);
	assert_int_equal(notes.n, NOTES_MAX);
	assert_int_equal(notes.dropped, 13);
}

static void failures(void **state)
{
	(void)state;
	struct error e = {0};
	assert_false(fail(&e, ERR_CORRUPT, "bad %s", "a\033b\nc"));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_string_equal(e.text, "bad a?b?c");
	assert_false(fail_in(&e, "layer %d", 3));
	assert_string_equal(e.text, "layer 3: bad a?b?c");
	char longer[1000];
	memset(longer, 'x', sizeof longer);
	longer[999] = 0;
	assert_false(fail_in(&e, "%s", longer));
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_false(fail_errno(&e, ENOENT, "a/b"));
	assert_int_equal(e.kind, ERR_MISSING);
	assert_string_equal(e.text, "a/b: No such file or directory");
	assert_false(fail_errno(&e, EIO, "x"));
	assert_int_equal(e.kind, ERR_IO);
}

static void doubts_by_fault(void **state)
{
	(void)state;
	static const struct {
		enum file_fault fault;
		const char *reason;
	} cases[] = {
		{FAULT_IO, "unreadable"},       {FAULT_CORRUPT, "corrupt"},
		{FAULT_LIMIT, "limit"},         {FAULT_UNSUPPORTED, "unsupported-format"},
		{FAULT_ENCRYPTED, "encrypted"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f = {.path = S("/x"), .fault = cases[i].fault, .why = S("why")};
		struct doubt d = doubt_file(arena, &f, NULL);
		assert_string_equal(reason_name(d.reason), cases[i].reason);
		assert_true(str_eq(d.text, S("/x: why")));
	}
	assert_string_equal(reason_name(REASON_NONE), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),   cmocka_unit_test(spans_end_with_their_line),
		cmocka_unit_test(trails),   cmocka_unit_test(notes_once),
		cmocka_unit_test(failures), cmocka_unit_test(doubts_by_fault),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
