/*
 * test_out.c - escaping for terminals and JSON, and the JSON emitter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "out.h"

static const char *safe(struct str s)
{
	struct out *o = out_new(arena);
	out_safe(o, s);
	return str_z(arena, out_text(o));
}

static const char *json(struct str s)
{
	struct out *o = out_new(arena);
	out_json(o, s);
	return str_z(arena, out_text(o));
}

static void terminals(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		const char *out;
	} cases[] = {
		{{"plain", 5}, "plain"},
		{{"a\nb\tc\rd", 7}, "a\\nb\\tc\\rd"},
		{{"\033[31mred", 8}, "\\x1b[31mred"},
		{{"\0x", 2}, "\\x00x"},
		{{"\x7F", 1}, "\\x7f"},
		{{"\xFF", 1}, "\\xff"},
		{{"\xC2\x9B", 2}, "\\u{009b}"},          /* C1: CSI in one character */
		{{"\xE2\x80\xAE", 3}, "\\u{202e}"},      /* right-to-left override */
		{{"\xE2\x80\x8B", 3}, "\\u{200b}"},      /* zero-width space */
		{{"\xEF\xBB\xBF", 3}, "\\u{feff}"},      /* byte order mark */
		{{"\xF3\xA0\x81\x81", 4}, "\\u{e0041}"}, /* tag */
		{{"\xC3\xA9", 2}, "\xC3\xA9"},
		{{"\xE2\x82", 2}, "\\xe2\\x82"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(safe(cases[i].in), cases[i].out);
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(out_safe_width(S("abc")), 3);
	assert_int_equal(out_safe_width(S("\n")), 2);
	assert_int_equal(out_safe_width(S("\xC3\xA9")), 1);
	assert_int_equal(out_safe_width(S("\xE2\x80\xAE")), 8);
}

static void json_strings(void **state)
{
	(void)state;
	assert_string_equal(json(S("a\"b\\c")), "\"a\\\"b\\\\c\"");
	assert_string_equal(json(S("\n\t\r\001")), "\"\\n\\t\\r\\u0001\"");
	assert_string_equal(json((struct str){"\0", 1}), "\"\\u0000\"");
	assert_string_equal(json(S("\xFFx")), "\"\\ufffdx\"");
	assert_string_equal(json(S("\xE2\x80\xAE")), "\"\\u202e\"");
	assert_string_equal(json(S("\xF3\xA0\x81\x81")), "\"\\udb40\\udc41\"");
	assert_string_equal(json(S("\xF0\x9F\x98\x80")), "\"\xF0\x9F\x98\x80\"");
}

static void documents(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	struct json_out j;
	json_begin(&j, o);
	json_open(&j, '{');
	json_key(&j, "a");
	json_int(&j, INT64_MIN);
	json_key(&j, "b");
	json_open(&j, '[');
	json_bool(&j, true);
	json_z(&j, NULL);
	json_open(&j, '{');
	json_close(&j);
	json_close(&j);
	json_key_str(&j, S("c\n"));
	json_raw(&j, S("1e5"));
	json_close(&j);
	assert_string_equal(str_z(arena, out_text(o)), "{\n"
						       "  \"a\": -9223372036854775808,\n"
						       "  \"b\": [\n"
						       "    true,\n"
						       "    null,\n"
						       "    {}\n"
						       "  ],\n"
						       "  \"c\\n\": 1e5\n"
						       "}\n");
}

static void grows(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	for (int i = 0; i < 100000; i++)
		out_fill(o, 'x', 3);
	assert_int_equal(out_text(o).n, 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminals),    cmocka_unit_test(widths),
		cmocka_unit_test(json_strings), cmocka_unit_test(documents),
		cmocka_unit_test(grows),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
