/* systemd/envfile.c: the grammar of EnvironmentFile=, by version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "captured.h"
#include "fixture.h"
#include "out.h"
#include "systemd/envfile.h"

#include <cmocka.h>

/* "NAME<value>" for each, '!' for a file that is refused. */
static struct str parse(struct str text, unsigned version)
{
	struct env_pairs pairs = envfile_parse(arena, captured_file(arena, S("/e"), text), version);
	struct out *o = out_new(arena);
	if (pairs.fault.n)
		return S("!");
	for (size_t i = 0; i < pairs.n; i++) {
		out_str(o, pairs.at[i].name.text);
		out_fmt(o, "<%" PRIstr ">", ARG(pairs.at[i].value.text));
	}
	return out_text(o);
}

static void files_are_read(void **state)
{
	static const struct {
		unsigned version;
		struct str in;
		const char *want;
	} cases[] = {
#define C(version, in, want) {version, {in, sizeof(in) - 1}, want}
		C(252, "A=1\nB=2", "A<1>B<2>"),
		C(252, "A=\"x\"", "A<x>"),
		C(252, "A=--x=\"y\"", "A<--x=\"y\">"),
		C(252, "A=\"a\" \"b\"", "A<ab>"),
		C(252, "A=\"x\"  y  z \n", "A<xy  z>"),
		C(252, "A=\"1\" # c", "A<1# c>"),
		C(252, "A= b \\\n c \n", "A<b  c>"),
		C(252, "A=a\\nb", "A<anb>"),
		C(252, "A=\"a\\nb\\\"\\\\\\`\\$\\\nc\"", "A<a\\nb\"\\`$c>"),
		C(244, "A=\"a\\nb\"", "A<anb>"),
		C(252, "A='a\\b'", "A<a\\b>"),
		C(240, "A='a\\b'", "A<ab>"),
		C(252, "A='a\nb'\n", "A<a\nb>"),
		C(252, "A=a\\ \nB=1", "A<a >B<1>"),
		C(252, "# c\\\nA=1\nB=2", "B<2>"),
		C(254, "# c\\\nA=1\nB=2", "A<1>B<2>"),
		C(252, " ; c\n A =1", "A<1>"),
		C(252, "A\nB=1", "B<1>"),
		C(252, "A=1\r\nB=2\rC=3", "A<1>B<2>C<3>"),
		C(252, "=x", ""),
		C(252, "export A=1", "export A<1>"),
		C(252, "A=", "A<>"),
		C(252, "A='x", "A<x>"),
		C(252, "A=\xff", "!"),
		C(252, "# \xff\nA=1", "A<1>"),
		C(252, "A=1\n\0B=2", "!"),
		C(239, "A=1\n\0B=2", "A<1>"),
#undef C
	};
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

static void values_know_their_place(void **state)
{
	struct str text = S("KUBELET_EXTRA_ARGS=\"--anonymous-auth=true\"\n");
	struct env_pairs pairs = envfile_parse(arena, captured_file(arena, S("/e"), text), 252);
	(void)state;
	assert_int_equal(pairs.n, 1);
	const struct origin *o = traced_origin(arena, pairs.at[0].value);
	assert_int_equal(o->at, 20);
	assert_int_equal(o->len, 21);
	assert_null(pairs.at[0].value.at);
}

static void names_are_checked(void **state)
{
	(void)state;
	assert_true(env_name_valid(S("_A1")));
	assert_false(env_name_valid(S("1A")));
	assert_false(env_name_valid(S("A-B")));
	assert_false(env_name_valid(S("")));
	assert_true(env_value_valid(S("a\tb\n"), 239));
	assert_false(env_value_valid(S("a\rb"), 239));
	assert_true(env_value_valid(S("a\rb"), 252));
	assert_false(env_value_valid(S("\xff"), 252));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(values_know_their_place),
		cmocka_unit_test(names_are_checked),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
