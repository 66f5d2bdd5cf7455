/* systemd/syntax.c: lines, sections and what ends a unit file, by version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "out.h"
#include "systemd/syntax.h"

#include <cmocka.h>

/* "Section.key<value>" for each, '!' where the file ends by a fault. */
static struct str parse(struct str text, unsigned version)
{
	struct notes notes = {.arena = arena};
	struct lines lines =
		syntax_parse(arena, captured_file(arena, S("/u"), text), version, &notes);
	struct out *o = out_new(arena);
	for (size_t i = 0; i < lines.n; i++) {
		const struct line *l = &lines.at[i];
		if (l->include)
			out_fmt(o, "include<%" PRIstr ">", ARG(l->value.text));
		else
			out_fmt(o, "%.1s.%" PRIstr "<%" PRIstr ">", l->section.p, ARG(l->key.text),
				ARG(l->value.text));
	}
	out_z(o, lines.fault.n ? "!" : "");
	return out_text(o);
}

static const struct {
	unsigned version;
	struct str in;
	const char *want;
} cases[] = {
#define C(version, in, want) \
	{ \
		version, {in, sizeof(in) - 1}, want \
	}
	C(252, "[Service]\na = b \nc=\n", "S.a<b>S.c<>"),
	C(252, "a=1\n[Unit]\nb=2\n[X-y]\nc=3\n[Service]\nd=4", "U.b<2>S.d<4>"),
	C(252, "[Service]\na=b \\\n  c\nd=e", "S.a<b    c>S.d<e>"),
	C(252, "[Service]\na=b \\\n# x\n  ; y\nc\nd=e", "S.a<b  c>S.d<e>"),
	C(240, "[Service]\na=b \\\n# x\nc=d\n", "S.a<b  # x>S.c<d>"),
	C(240, "[Service]\n# x \\\na=b\nc=d\n", "S.c<d>"),
	C(252, "[Service]\n# x \\\na=b\n", "S.a<b>"),
	C(252, "[Service]\na=b \\\n\nc=d\n", "S.a<b>S.c<d>"),
	C(252, "[Service]\na=b\\ \nc=d\n", "S.a<b\\>S.c<d>"),
	C(252, "[Service]\na=b\\\\\nc=d\\", "S.a<b\\\\>S.c<d>"),
	C(252, "[Service]\na=b \\\n[Unit]\nc=d\n", "S.a<b  [Unit]>S.c<d>"),
	C(252, "[Service]\nnothing\n=x\na=b\n", "S.a<b>"),
	C(240, "[Service]\na=b\nnothing\nc=d\n", "S.a<b>!"),
	C(252, "[Service] # c\na=b\n", "!"),
	C(252, "[Service]\na=1\n[x=1\nb=2", "S.a<1>!"),
	C(252, "[]\na=1\n[Service]\nb=2\n", "S.b<2>"),
	C(258, "[]\na=1\n", "!"),
	C(252, "[Service]\na=1\nb=\xff\nc=3\n", "S.a<1>!"),
	C(219, "[Service]\na=1\nb=\xff\n", "S.a<1>S.b<\xff>"),
	C(252, "[Service]\n# \xff\na=1\n", "S.a<1>"),
	C(252, "\xEF\xBB\xBF[Service]\r\na=1\rb=2\0c=3\n", "S.a<1>S.b<2>S.c<3>"),
	C(239, "[Service]\r\na=1\rb=2\0c=3\n", "S.a<1\rb=2>S.c<3>"),
	C(252, "[Service]\na=b\\\r\n c\n", "S.a<b  c>"),
	C(245, "[Service]\n.include x\n", "include<x>"),
	C(246, "[Service]\n.include x\n", ""),
	C(252, "", ""),
#undef C
};

static void lines_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str got = parse(cases[i].in, cases[i].version);
		if (!str_eq(got, str_from(cases[i].want)))
			fail_msg("v%u %s: got %s, want %s", cases[i].version, cases[i].in.p,
				 str_z(arena, got), cases[i].want);
		for (size_t n = 0; n < cases[i].in.n; n++)
			parse(str_slice(cases[i].in, 0, n), cases[i].version);
	}
}

static void long_lines_end_the_file(void **state)
{
	enum { LONG = 1 << 20 };
	char *text = arena_alloc(arena, 1, LONG + 64);
	int n = snprintf(text, 32, "[Service]\na=1\n#");
	(void)state;
	memset(text + n, 'x', LONG);
	strcpy(text + n + LONG - 2, "\nb=2\n");
	assert_true(str_eq(parse(str_from(text), 252), S("S.a<1>S.b<2>")));
	memset(text + n + LONG - 2, 'x', 8);
	strcpy(text + n + LONG - 1, "\nb=2\n");
	assert_true(str_eq(parse(str_from(text), 252), S("S.a<1>!")));
}

/* Through a continuation, every byte keeps its own place. */
static void places_survive_joining(void **state)
{
	struct str text = S("[Service]\nExecStart=/x \\\n  # c\n  --y\n");
	struct notes notes = {.arena = arena};
	struct lines lines = syntax_parse(arena, captured_file(arena, S("/u"), text), 252, &notes);
	(void)state;
	assert_int_equal(lines.n, 1);
	struct traced value = lines.at[0].value;
	assert_true(str_ends(value.text, S("--y")));
	assert_int_equal(traced_offset(&value, value.text.n - 3), text.n - 4);
	assert_int_equal(traced_offset(&value, 0), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(long_lines_end_the_file),
		cmocka_unit_test(places_survive_joining),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
