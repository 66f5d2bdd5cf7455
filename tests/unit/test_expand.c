/* systemd/expand.c: $VAR and ${VAR}, and where the words came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "captured.h"
#include "fixture.h"
#include "out.h"
#include "systemd/expand.h"

#include <cmocka.h>

static struct variables sample(void)
{
	static const struct {
		const char *name, *value;
	} all[] = {{"A", "1"},    {"B", "x 'y z' \\n"}, {"E", ""},
		   {"R", "${A}"}, {"P", "x=rest"},      {"Q", "a\"b"}};
	struct variables vars = {0};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		variables_set(arena, &vars,
			      (struct variable){.name = str_from(all[i].name),
						.value = {str_from(all[i].value), NULL}});
	return vars;
}

static struct str expand(struct str word, unsigned version)
{
	struct variables vars = sample();
	struct words in = {0}, got;
	struct out *o = out_new(arena);
	*vec_push(arena, &in) = (struct word){word, NULL};
	assert_true(expand_words(arena, &in, &vars, version, &got));
	for (size_t i = 0; i < got.n; i++)
		out_fmt(o, "<%" PRIstr ">", ARG(got.at[i].text));
	return out_text(o);
}

static void words_are_filled_in(void **state)
{
	static const struct {
		unsigned version;
		const char *in, *want;
	} cases[] = {
		{252, "plain", "<plain>"},
		{252, "$A", "<1>"},
		{252, "$B", "<x><y z><n>"},
		{252, "$E", ""},
		{252, "$NONE", ""},
		{252, "$", ""},
		{252, "$A-x", ""},
		{252, "$A$B", ""},
		{252, "$(id)", ""},
		{252, "a$A", "<a$A>"},
		{252, "--x=$A", "<--x=$A>"},
		{252, "${B}", "<x 'y z' \\n>"},
		{252, "${E}", "<>"},
		{252, "${NONE}", "<>"},
		{252, "--x=${A}y${A}", "<--x=1y1>"},
		{252, "${R}", "<${A}>"},
		{252, "$Q", "<ab>"},
		{252, "$$", "<$>"},
		{252, "$$$", "<$$>"},
		{252, "$$A", "<$A>"},
		{234, "$$A", ""},
		{252, "$$${A}", "<$1>"},
		{252, "x$$$A", "<x$$A>"},
		{252, "${A", "<${A>"},
		{252, "${A:-x}${A}", "<${A:-x}1>"},
		{252, "${A-x}", "<>"},
		{252, "$P=x", "<rest>"},
		{254, "$P=x", ""},
		{252, "$A=1", ""},
		{252, "a$", "<a$>"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str in = str_from(cases[i].in), got = expand(in, cases[i].version);
		if (!str_eq(got, str_from(cases[i].want)))
			fail_msg("v%u %s: got %s, want %s", cases[i].version, cases[i].in,
				 str_z(arena, got), cases[i].want);
		for (size_t n = 0; n < in.n; n++)
			expand(str_slice(in, 0, n), cases[i].version);
	}
}

/* Up to v253 `$A=x` is the variable A, if its value begins with "x=". */
static void names_are_prefixes_in_old_versions(void **state)
{
	(void)state;
	struct variables vars = {0};
	struct words in = {0}, got;
	variables_set(arena, &vars, (struct variable){.name = S("A"), .value = {S("x=1 2"), NULL}});
	*vec_push(arena, &in) = (struct word){S("$A=x"), NULL};
	assert_true(expand_words(arena, &in, &vars, 252, &got));
	assert_int_equal(got.n, 2);
	assert_true(expand_words(arena, &in, &vars, 254, &got));
	assert_int_equal(got.n, 0);
}

static void words_know_where_they_came_from(void **state)
{
	struct str unit = S("ExecStart=/x $A --z=${A} p${A}q");
	const struct file *u = captured_file(arena, S("/unit"), unit);
	const struct file *e = captured_file(arena, S("/env"), S("A='--b --c'"));
	struct variables vars = {0};
	struct words in = {0}, got;
	(void)state;
	variables_set(arena, &vars,
		      (struct variable){.name = S("A"),
					.value = {S("--b --c"), origin_new(arena, e, 3, 7, NULL)}});
	*vec_push(arena, &in) = (struct word){S("$A"), origin_new(arena, u, 13, 2, NULL)};
	*vec_push(arena, &in) = (struct word){S("--z=${A}"), origin_new(arena, u, 16, 8, NULL)};
	*vec_push(arena, &in) = (struct word){S("p${A}q"), origin_new(arena, u, 25, 6, NULL)};
	assert_true(expand_words(arena, &in, &vars, 252, &got));
	assert_int_equal(got.n, 4);
	static const struct {
		bool env;
		size_t at, len, via_at, via_len;
	} want[] = {{true, 3, 3, 13, 2},
		    {true, 7, 3, 13, 2},
		    {true, 3, 7, 20, 4},
		    {false, 25, 6, 0, 0}};
	for (size_t i = 0; i < 4; i++) {
		const struct origin *o = got.at[i].from;
		assert_ptr_equal(o->file, want[i].env ? e : u);
		assert_int_equal(o->at, want[i].at);
		assert_int_equal(o->len, want[i].len);
		assert_int_equal(o->via != NULL, want[i].env);
		if (o->via) {
			assert_int_equal(o->via->at, want[i].via_at);
			assert_int_equal(o->via->len, want[i].via_len);
		}
	}
}

static void replaced_values_are_kept(void **state)
{
	struct variables vars = {0};
	(void)state;
	variables_set(arena, &vars, (struct variable){.name = S("A"), .value = {S("1"), NULL}});
	variables_set(arena, &vars, (struct variable){.name = S("B"), .value = {S("2"), NULL}});
	variables_set(arena, &vars, (struct variable){.name = S("A"), .value = {S("3"), NULL}});
	assert_int_equal(vars.n, 2);
	assert_true(str_eq(variables_get(&vars, S("A"))->over->value.text, S("1")));
	variables_unset(arena, &vars, S("A"));
	assert_null(variables_get(&vars, S("A")));
	assert_true(str_eq(variables_get(&vars, S("B"))->value.text, S("2")));
}

static void growth_is_bounded(void **state)
{
	struct variables vars = {0};
	struct words in = {0}, got;
	char *big = arena_alloc(arena, 1, 1 << 20);
	(void)state;
	for (size_t i = 0; i < 1 << 20; i++)
		big[i] = 'x';
	variables_set(arena, &vars,
		      (struct variable){.name = S("A"), .value = {{big, 1 << 20}, NULL}});
	for (size_t i = 0; i < 1000; i++)
		*vec_push(arena, &in) = (struct word){S("${A}"), NULL};
	assert_false(expand_words(arena, &in, &vars, 252, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_filled_in),
		cmocka_unit_test(names_are_prefixes_in_old_versions),
		cmocka_unit_test(words_know_where_they_came_from),
		cmocka_unit_test(replaced_values_are_kept),
		cmocka_unit_test(growth_is_bounded),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
