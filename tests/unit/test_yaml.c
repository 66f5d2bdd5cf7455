/*
 * test_yaml.c - doc_yaml against what go-yaml v2 was seen to do (vectors/kubelet, reference).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "doc.h"
#include "out.h"

static const struct doc *parse(struct arena *a, struct str text, struct doc_fault *fault)
{
	struct file *f = NEW(a, struct file);
	f->path = S("/t.yaml");
	/* A copy that ends where its block ends, so that a memory checker sees overruns. */
	f->text = str_dup(a, text);
	return doc_yaml(a, f, fault);
}

/* A slice that a static table takes. */
#define T(literal) \
	{ \
		"" literal, sizeof(literal) - 1 \
	}

struct row {
	struct str in;
	enum doc_kind kind; /* of the value of x */
	const char *text;   /* NULL: the document is refused */
};

#define FAULT NULL
static const struct row rows[] = {
	{T("x: yes"), DOC_BOOL, "true"},
	{T("x: Y"), DOC_BOOL, "true"},
	{T("x: On"), DOC_BOOL, "true"},
	{T("x: no"), DOC_BOOL, "false"},
	{T("x: N"), DOC_BOOL, "false"},
	{T("x: OFF"), DOC_BOOL, "false"},
	{T("x: nO"), DOC_STRING, "nO"},
	{T("x: t"), DOC_STRING, "t"},
	{T("x: \"false\""), DOC_STRING, "false"},
	{T("x: 'null'"), DOC_STRING, "null"},
	{T("x: |-\n  false\n"), DOC_STRING, "false"},
	{T("x: !!binary aGk="), DOC_STRING, "hi"},
	{T("x: !!binary |\n  aG\n  k=\n"), DOC_STRING, "hi"},
	{T("x: !!binary '/w=='"), DOC_STRING, "\xEF\xBF\xBD"},
	{T("x: !!binary aGk"), DOC_STRING, FAULT},
	{T("x: !!binary 'aG=k'"), DOC_STRING, FAULT},
	{T("x: !!binary 'a==='"), DOC_STRING, FAULT},
	{T("x: !!binary '!!!'"), DOC_STRING, FAULT},
	{T("x: !!binary ''"), DOC_STRING, ""},
	{T("x: \"a\\/b\""), DOC_STRING, FAULT},
	{T("x: \"a\\\\/b\""), DOC_STRING, "a\\/b"},
	{T("x:"), DOC_NULL, ""},
	{T("x: ~"), DOC_NULL, ""},
	{T("x: NULL"), DOC_NULL, ""},
	{T("x: nUll"), DOC_STRING, "nUll"},
	{T("x: ! false"), DOC_STRING, "false"},
	{T("x: ! \"false\""), DOC_STRING, "false"},
	{T("x: &a ! false"), DOC_STRING, "false"},
	{T("x: !x false"), DOC_STRING, "false"},
	{T("x: !!bool \"false\""), DOC_BOOL, "false"},
	{T("x: !!str false"), DOC_STRING, "false"},
	{T("x: !!bool 0"), DOC_NULL, FAULT},
	{T("x: !!int 0"), DOC_NUMBER, "0"},
	{T("x: !!float 3"), DOC_NUMBER, "3"},
	{T("x: 0x1F"), DOC_NUMBER, "31"},
	{T("x: 0b101"), DOC_NUMBER, "5"},
	{T("x: 010"), DOC_NUMBER, "8"},
	{T("x: 0o10"), DOC_NUMBER, "8"},
	{T("x: 1_000"), DOC_NUMBER, "1000"},
	{T("x: +7"), DOC_NUMBER, "7"},
	{T("x: -0"), DOC_NUMBER, "0"},
	{T("x: 09"), DOC_NUMBER, "9"},
	{T("x: 1.50"), DOC_NUMBER, "1.5"},
	{T("x: 1e3"), DOC_NUMBER, "1000"},
	{T("x: .5"), DOC_NUMBER, "0.5"},
	{T("x: ."), DOC_STRING, "."},
	{T("x: 10s"), DOC_STRING, "10s"},
	{T("x: 2001-12-14"), DOC_STRING, "2001-12-14"},
	{T("x: 18446744073709551615"), DOC_NUMBER, "18446744073709551615"},
	{T("x: .inf"), DOC_NULL, FAULT},
	{T("x: 1\nx: 2"), DOC_NUMBER, "2"},
	{T("x: 1\n---\nx: 2"), DOC_NUMBER, "1"},
	{T("x: 1\n...\n@garbage: ["), DOC_NUMBER, "1"},
	{T("%YAML 1.1\n---\nx: 1"), DOC_NUMBER, "1"},
	{T("%YAML 1.2\n---\nx: 1"), DOC_NULL, FAULT},
	{T("\xEF\xBB\xBFx: 1"), DOC_NUMBER, "1"},
	{T("\xFF\xFEx\0:\0 \0n\0o\0"), DOC_BOOL, "false"},
	{T("\xFE\xFF\0x\0:\0 \0n\0o"), DOC_BOOL, "false"},
	{T("x: 1\r\ny: 2\r\n"), DOC_NUMBER, "1"},
	{T("? x\n: 1"), DOC_NUMBER, "1"},
	{T("x:\tno"), DOC_BOOL, "false"},
	{T("a:\n\tx: 1"), DOC_NULL, FAULT},
	{T("x: 1\0"), DOC_NULL, FAULT},
	{T("x: 1 #\xFF\xFE"), DOC_NULL, FAULT},
	{T("x: {{ .V }}"), DOC_NULL, FAULT},
	{T("x: 1\n? [a]\n: 2"), DOC_NULL, FAULT},
	{T("x: 1\n~: 2"), DOC_NULL, FAULT},
	{T("x: *nope"), DOC_NULL, FAULT},
	{T("x: &a [*a]"), DOC_NULL, FAULT},
	{T("y: &a 5\nx: *a"), DOC_NUMBER, "5"},
	{T("b: &b {x: 1}\n<<: *b"), DOC_NUMBER, "1"},
	{T("b: &b {x: 1}\nx: 2\n<<: *b"), DOC_NUMBER, "1"},
	{T("b: &b {x: 1}\n<<: *b\nx: 2"), DOC_NUMBER, "2"},
	{T("b: &b {x: 1}\nc: &c {x: 3}\n<<: [*b, *c]"), DOC_NUMBER, "1"},
	{T("b: &b {x: 1}\nx: 7\n\"<<\": *b"), DOC_NUMBER, "7"},
	{T("x: 7\n<<: 3"), DOC_NULL, FAULT},
	{T("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	   "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\nx: 1"),
	 DOC_NULL, FAULT},
};

static void resolves(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_new(64 << 20, NULL, NULL);
		struct doc_fault fault = {0};
		const struct doc *d = parse(a, rows[i].in, &fault);
		const struct doc *x = doc_get(d, S("x"));
		if (!rows[i].text) {
			if (d || !fault.text.n)
				fail_msg("%.*s: taken", ARG(rows[i].in));
		} else if (!x || x->kind != rows[i].kind ||
			   !str_eq(x->text, str_from(rows[i].text))) {
			fail_msg("%.*s: %s %.*s (%.*s)", ARG(rows[i].in),
				 x ? doc_kind_name(x->kind) : "none", ARG(x ? x->text : S("")),
				 ARG(fault.text));
		}
		arena_free(a);
	}
}

static void survives_every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t n = 0; n < rows[i].in.n; n++) {
			struct arena *a = arena_new(64 << 20, NULL, NULL);
			struct doc_fault fault = {0};
			parse(a, str_slice(rows[i].in, 0, n), &fault);
			arena_free(a);
		}
	}
}

struct span {
	struct str in, value;
	size_t at;
};

static const struct span spans[] = {
	{T("a: b\nx: no # c\n"), T("no"), 8},
	{T("# \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\nx: no\n"), T("no"), 15},
	{T("\xEF\xBB\xBFx: \"no\"\n"), T("\"no\""), 6},
	{T("\xEF\xBB\xBF# \xC3\xA9\r\nx: no\r\n"), T("no"), 12},
	{T("\xFF\xFEx\0:\0 \0n\0o\0"), T("n\0o\0"), 8},
};

static void knows_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
		struct arena *a = arena_new(64 << 20, NULL, NULL);
		struct doc_fault fault = {0};
		const struct doc *x = doc_get(parse(a, spans[i].in, &fault), S("x"));
		assert_non_null(x);
		assert_int_equal(x->from->at, spans[i].at);
		assert_true(str_eq(
			str_slice(x->from->file->text, x->from->at, x->from->at + x->from->len),
			spans[i].value));
		arena_free(a);
	}
}

static void words_faults_like_go(void **state)
{
	(void)state;
	struct arena *a = arena_new(64 << 20, NULL, NULL);
	struct doc_fault fault = {0};
	assert_null(parse(a, S("not: valid: yaml"), &fault));
	assert_true(str_eq(fault.text, S("yaml: mapping values are not allowed in this context")));
	assert_int_equal(fault.from->at, 10);
	assert_null(parse(a, S("a: 1\nnot: valid: yaml"), &fault));
	assert_true(str_eq(fault.text,
			   S("yaml: line 2: mapping values are not allowed in this context")));
	arena_free(a);
}

/* Deep nesting and chains of aliases end as faults, not as a stack overflow. */
static void survives_depth(void **state)
{
	(void)state;
	struct arena *a = arena_new((size_t)1 << 30, NULL, NULL);
	struct doc_fault fault = {0};
	struct out *o = out_new(a);
	for (int i = 0; i < 100000; i++)
		out_str(o, S("["));
	assert_null(parse(a, out_text(o), &fault));
	o = out_new(a);
	out_str(o, S("- &a0 1\n"));
	for (int i = 1; i < 30000; i++)
		out_fmt(o, "- &a%d [*a%d]\n", i, i - 1);
	assert_null(parse(a, out_text(o), &fault));
	arena_free(a);
}

static struct str nested(struct arena *a, int depth, const char *open, const char *inside,
			 const char *close)
{
	struct out *o = out_new(a);
	for (int i = 0; i < depth; i++)
		out_z(o, open);
	out_z(o, inside);
	for (int i = 0; i < depth; i++)
		out_z(o, close);
	return out_text(o);
}

/* go-yaml's max_flow_level and max_indents are 10000. */
static void nests_like_go(void **state)
{
	(void)state;
	struct arena *a = arena_new((size_t)1 << 30, NULL, NULL);
	struct doc_fault fault = {0};
	assert_non_null(parse(a, nested(a, 9999, "[", "", "]"), &fault));
	assert_non_null(parse(a, nested(a, 9999, "{a: ", "1", "}"), &fault));
	assert_non_null(parse(a, nested(a, 9999, "- ", "1", ""), &fault));
	assert_null(parse(a, nested(a, 10001, "[", "", "]"), &fault));
	assert_true(str_eq(fault.text, S("yaml: exceeded max depth of 10000")));
	assert_false(fault.limit);
	/* What would cost too much is not read, and that is no word on the text. */
	struct out *o = out_new(a);
	for (int i = 0; i < 100000; i++)
		out_str(o, S("1,"));
	assert_null(parse(a, nested(a, 5000, "[", str_z(a, out_text(o)), "]"), &fault));
	assert_true(fault.limit);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves),       cmocka_unit_test(survives_every_prefix),
		cmocka_unit_test(knows_places),   cmocka_unit_test(words_faults_like_go),
		cmocka_unit_test(survives_depth), cmocka_unit_test(nests_like_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
