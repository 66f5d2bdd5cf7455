/*
 * test_json.c - doc_json against RFC 8259 and the behaviour of Go's encoding/json.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "doc.h"
#include "pull.h"

static struct file text_file(struct str text)
{
	return (struct file){.path = S("/doc.json"), .text = text, .size = text.n};
}

#define B(bytes) \
	{ \
		bytes, sizeof(bytes) - 1 \
	}

/* The document on one line, so that a table can hold it. */
static void show(const struct doc *d, char *to, size_t size)
{
	size_t n = strlen(to);
	if (d->kind != DOC_MAP && d->kind != DOC_LIST) {
		const char *quote = d->kind == DOC_STRING ? "'" : "";
		const char *text = d->kind == DOC_NULL ? "null" : d->text.p;
		int len = d->kind == DOC_NULL ? 4 : (int)d->text.n;
		snprintf(to + n, size - n, "%s%.*s%s", quote, len, text ? text : "", quote);
		return;
	}
	strncat(to, d->kind == DOC_MAP ? "{" : "[", size - n - 1);
	for (size_t i = 0; i < d->n; i++) {
		n = strlen(to);
		if (d->kind == DOC_MAP)
			snprintf(to + n, size - n, "%.*s=", ARG(d->entries[i].key));
		show(d->entries[i].value, to, size);
		strncat(to, i + 1 < d->n ? " " : "", size - strlen(to) - 1);
	}
	strncat(to, d->kind == DOC_MAP ? "}" : "]", size - strlen(to) - 1);
}

static const struct {
	struct str in;
	const char *want; /* NULL: refused */
} parses[] = {
	{B("{}"), "{}"},
	{B(" [ ] "), "[]"},
	{B("null"), "null"},
	{B("true"), "true"},
	{B("\"x\""), "'x'"},
	{B("-1.50e+3"), "-1.50e+3"},
	{B("0"), "0"},
	{B("123456789012345678901234567890"), "123456789012345678901234567890"},
	{B("{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}"),
	 "{a=1 b=[true false null] c={d='e'}}"},
	{B("{\"a\":1,\"a\":2}"), "{a=1 a=2}"},
	{B("{\"\\u0061\":\"\\n\\t\\\"\\\\\\/\"}"), "{a='\n\t\"\\/'}"},
	{B("\"\\u00e9\\u20ac\\ud83d\\ude00\""), "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"},
	{B("\"\\ud83d\""), "'\xef\xbf\xbd'"},
	{B("\"\\ude00x\""), "'\xef\xbf\xbdx'"},
	{B("\"\\ud83d\\u0041\""), "'\xef\xbf\xbd"
				  "A'"},
	{B("\"a\xff"
	   "b\""),
	 "'a\xef\xbf\xbd"
	 "b'"},
	{B("\"\xed\xa0\x80\""), "'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd'"},
	{B("\"\xc3\xa9\""), "'\xc3\xa9'"},
	{B("{\"k\" \n:\t[1 , 2]\r\n}\n"), "{k=[1 2]}"},
	{B("[\"]\",\"}\",\"\\\"\"]"), "[']' '}' '\"']"},
	{B(""), NULL},
	{B(" "), NULL},
	{B("{"), NULL},
	{B("[1,]"), NULL},
	{B("{\"a\":1,}"), NULL},
	{B("{a:1}"), NULL},
	{B("{\"a\" 1}"), NULL},
	{B("01"), NULL},
	{B("1 2"), NULL},
	{B("{} x"), NULL},
	{B("'x'"), NULL},
	{B("\"a\nb\""), NULL},
	{B("\"a\n\""), NULL},
	{B("{\"a\t\":1}"), NULL},
	{B("\"a"), NULL},
	{B("\"\\x\""), NULL},
	{B("\"\\u12\""), NULL},
	{B("nul"), NULL},
	{B("NaN"), NULL},
	{B("\xef\xbb\xbf{}"), NULL},
	{B("\xff"), NULL},
	{B("{}\0"), NULL},
};

static void parses_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof parses / sizeof *parses; i++) {
		struct arena *a = arena_new(16 << 20, NULL, NULL);
		struct file f = text_file(str_dup(a, parses[i].in));
		struct doc_fault fault = {0};
		const struct doc *d = doc_json(a, &f, &fault);
		char got[400] = "";
		if (d)
			show(d, got, sizeof got);
		if (!d != !parses[i].want || (d && strcmp(got, parses[i].want) != 0))
			fail_msg("%.*s: got %s", ARG(parses[i].in), d ? got : "a fault");
		if (!d)
			assert_true(fault.text.n > 0);
		arena_free(a);
	}
}

/* The same line, of values that are taken one by one. */
static void show_pulled(struct pull *p, char *to, size_t size)
{
	struct str key;
	size_t n = strlen(to);
	char next = p->at < p->text.n ? p->text.p[p->at] : '\0';
	if (next == '[') {
		strncat(to, "[", size - n - 1);
		pull_list(p);
		for (bool first = true; pull_item(p); first = false) {
			strncat(to, first ? "" : " ", size - strlen(to) - 1);
			show_pulled(p, to, size);
		}
		strncat(to, "]", size - strlen(to) - 1);
	} else if (next == '{') {
		strncat(to, "{", size - n - 1);
		pull_map(p);
		for (bool first = true; pull_member(p, &key); first = false) {
			n = strlen(to);
			snprintf(to + n, size - n, "%s%.*s=", first ? "" : " ", ARG(key));
			show_pulled(p, to, size);
		}
		strncat(to, "}", size - strlen(to) - 1);
	} else if (next == '"') {
		struct str text = pull_string(p);
		snprintf(to + n, size - n, "'%.*s'", ARG(text));
	} else {
		size_t at = p->at;
		pull_skip(p);
		snprintf(to + n, size - n, "%.*s", ARG(str_slice(p->text, at, p->at)));
	}
}

static void values_are_pulled_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof parses / sizeof *parses; i++) {
		struct arena *a = arena_new(16 << 20, NULL, NULL);
		struct pull p = pull_new(a, str_dup(a, parses[i].in));
		pull_skip(&p);
		if (pull_end(&p) != !!parses[i].want)
			fail_msg("%.*s: pulled otherwise", ARG(parses[i].in));
		p = pull_new(a, parses[i].in);
		char got[400] = "";
		show_pulled(&p, got, sizeof got);
		if (parses[i].want && !strpbrk(parses[i].in.p, " \t") &&
		    strcmp(got, parses[i].want) != 0)
			fail_msg("%.*s: pulled %s", ARG(parses[i].in), got);
		arena_free(a);
	}
}

static void what_is_pulled_as_something_else_fails(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool number;
		uint64_t want;
		bool good;
	} table[] = {
		{"18446744073709551615", true, UINT64_MAX, true},
		{"18446744073709551616", true, 0, false},
		{"-1", true, 0, false},
		{"1.0", true, 0, false},
		{"\"1\"", true, 0, false},
		{"null", true, 0, true},
		{"null", false, 0, true},
		{"1", false, 0, false},
		{"[]", false, 0, false},
	};
	struct arena *a = arena_new(1 << 20, NULL, NULL);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct pull p = pull_new(a, str_from(table[i].text));
		if (table[i].number)
			assert_true(pull_u64(&p) == table[i].want);
		else
			assert_int_equal(pull_string(&p).n, 0);
		assert_true(pull_end(&p) == table[i].good);
	}
	char deep[200];
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	struct pull p = pull_new(a, (struct str){deep, 200});
	pull_skip(&p);
	assert_false(pull_end(&p));
	arena_free(a);
}

static void nul_is_decoded_in_keys_and_values(void **state)
{
	(void)state;
	struct arena *a = arena_new(1 << 20, NULL, NULL);
	struct file f = text_file(S("{\"a\\u0000b\":\"c\\u0000\"}"));
	struct doc_fault fault = {0};
	const struct doc *d = doc_json(a, &f, &fault);
	assert_non_null(d);
	assert_true(str_eq(d->entries[0].key, S("a\0b")));
	assert_true(str_eq(doc_string(d->entries[0].value), S("c\0")));
	arena_free(a);
}

static void nodes_know_their_places(void **state)
{
	(void)state;
	struct arena *a = arena_new(1 << 20, NULL, NULL);
	struct file f = text_file(S("{\n  \"a\": [10, \"x\"]\n}\n"));
	struct doc_fault fault = {0};
	const struct doc *d = doc_json(a, &f, &fault);
	assert_non_null(d);
	const struct doc *list = doc_get(d, S("a"));
	static const struct {
		size_t at, len;
	} want[] = {{0, 20}, {4, 3}, {9, 9}, {10, 2}, {14, 3}};
	const struct origin *got[] = {d->from, d->entries[0].key_from, list->from,
				      list->entries[0].value->from, list->entries[1].value->from};
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(got[i]->at, want[i].at);
		assert_int_equal(got[i]->len, want[i].len);
	}
	struct place p = origin_place(list->entries[1].value->from);
	assert_int_equal(p.line, 2);
	assert_int_equal(p.column, 13);
	arena_free(a);
}

static void faults_know_their_places(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		size_t line;
	} table[] = {
		{B("{\n\"a\": 1,\n}"), 3},
		{B("{\n\"a\": tru\n}"), 2},
		{B("{\n\"a\": 1\n} x"), 3},
		{B("{\n\"\xff\xff\": 1\n x"), 3},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena *a = arena_new(1 << 20, NULL, NULL);
		struct file f = text_file(table[i].in);
		struct doc_fault fault = {0};
		assert_null(doc_json(a, &f, &fault));
		assert_non_null(fault.from);
		assert_int_equal(origin_place(fault.from).line, table[i].line);
		arena_free(a);
	}
}

static void the_last_of_a_name_counts(void **state)
{
	(void)state;
	struct arena *a = arena_new(1 << 20, NULL, NULL);
	struct file f = text_file(S("{\"a\":1,\"b\":\"s\",\"a\":2,\"c\":-1,\"d\":1.0}"));
	struct doc_fault fault = {0};
	const struct doc *d = doc_json(a, &f, &fault);
	uint64_t n = 0;
	assert_true(doc_u64(doc_get(d, S("a")), &n));
	assert_int_equal(n, 2);
	assert_false(doc_u64(doc_get(d, S("b")), &n));
	assert_false(doc_u64(doc_get(d, S("c")), &n));
	assert_false(doc_u64(doc_get(d, S("d")), &n));
	assert_false(doc_u64(doc_get(d, S("none")), &n));
	assert_true(str_eq(doc_string(doc_get(d, S("b"))), S("s")));
	assert_int_equal(doc_string(doc_get(NULL, S("b"))).n, 0);
	assert_string_equal(doc_kind_name(d->kind), "a map");
	arena_free(a);
}

static void depth_and_number_are_bounded(void **state)
{
	(void)state;
	static const struct {
		const char *piece;
		size_t times;
		bool good;
	} table[] = {{"[", 100000, false}, {"[],", 600000, false}, {"{\"a\":", 5000, false}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena *a = arena_new(64 << 20, NULL, NULL);
		size_t step = strlen(table[i].piece);
		char *text = arena_alloc(a, step, table[i].times);
		for (size_t k = 0; k < table[i].times; k++)
			memcpy(text + k * step, table[i].piece, step);
		struct file f = text_file((struct str){text, step * table[i].times});
		struct doc_fault fault = {0};
		assert_null(doc_json(a, &f, &fault));
		arena_free(a);
	}
}

static void deep_but_allowed(void **state)
{
	(void)state;
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	char text[2001];
	memset(text, '[', 1000);
	memset(text + 1000, ']', 1000);
	struct file f = text_file((struct str){text, 2000});
	struct doc_fault fault = {0};
	assert_non_null(doc_json(a, &f, &fault));
	arena_free(a);
}

/* Go reads 10000 levels: what lies between is not read here, but is no error. */
static void deeper_is_a_limit(void **state)
{
	(void)state;
	static const struct {
		size_t depth;
		bool limit;
	} table[] = {{2049, true}, {10000, true}, {10001, false}};
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	char *text = arena_alloc(a, 1, 20002);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t n = table[i].depth;
		memset(text, '[', n);
		memset(text + n, ']', n);
		struct file f = text_file((struct str){text, 2 * n});
		struct doc_fault fault = {0};
		assert_null(doc_json(a, &f, &fault));
		assert_int_equal(fault.limit, table[i].limit);
	}
	arena_free(a);
}

static void every_prefix_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof parses / sizeof *parses; i++)
		for (size_t n = 0; n < parses[i].in.n; n++) {
			struct arena *a = arena_new(16 << 20, NULL, NULL);
			struct file f = text_file(str_dup(a, str_slice(parses[i].in, 0, n)));
			struct doc_fault fault = {0};
			const struct doc *d = doc_json(a, &f, &fault);
			assert_true(d || fault.text.n);
			arena_free(a);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_as_the_table_says),
		cmocka_unit_test(values_are_pulled_as_the_table_says),
		cmocka_unit_test(what_is_pulled_as_something_else_fails),
		cmocka_unit_test(nul_is_decoded_in_keys_and_values),
		cmocka_unit_test(nodes_know_their_places),
		cmocka_unit_test(faults_know_their_places),
		cmocka_unit_test(the_last_of_a_name_counts),
		cmocka_unit_test(depth_and_number_are_bounded),
		cmocka_unit_test(deep_but_allowed),
		cmocka_unit_test(deeper_is_a_limit),
		cmocka_unit_test(every_prefix_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
