/* systemd/words.c: words as systemd.service(5) "COMMAND LINES" and extract_first_word have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "captured.h"
#include "fixture.h"
#include "out.h"
#include "systemd/words.h"

#include <cmocka.h>

/* Words in angle brackets; '!' where the reading broke off. */
static struct str split(struct str text, unsigned flags, bool forgiving)
{
	const struct file *f = captured_file(arena, S("/x"), text);
	struct traced rest = traced_file(f, 0, text.n), word, raw;
	struct notes notes = {.arena = arena};
	struct out *o = out_new(arena);
	for (;;) {
		enum words_end end =
			forgiving ? words_next_forgiving(arena, &rest, &word, &raw, &notes)
				  : words_next(arena, &rest, flags, &word, &raw);
		if (end != WORDS_WORD) {
			out_z(o, end == WORDS_BAD ? "!" : "");
			return out_text(o);
		}
		out_fmt(o, "<%" PRIstr ">", ARG(word.text));
	}
}

static void expect(const char *in, struct str got, const char *want)
{
	if (!str_eq(got, str_from(want)))
		fail_msg("%s: got %s, want %s", in, str_z(arena, got), want);
}

static void words_are_split(void **state)
{
	static const struct {
		const char *in, *strict, *forgiving;
	} cases[] = {
		{"", "", ""},
		{" \t a  b\r\nc ", "<a><b><c>", "<a><b><c>"},
		{"a'b c'd", "<ab cd>", "<ab cd>"},
		{"\"a\"'b' \"\" ''", "<ab><><>", "<ab><><>"},
		{"a # b;c", "<a><#><b;c>", "<a><#><b;c>"},
		{"\\x41\\101\\u00e9\\U0001F600", "<AA\xc3\xa9\xf0\x9f\x98\x80>",
		 "<AA\xc3\xa9\xf0\x9f\x98\x80>"},
		{"\\s\\t'\\n'", "< \t\n>", "< \t\n>"},
		{"a\\qb c", "!", "<a\\qb><c>"},
		{"a\\ b c", "!", "<a\\ b><c>"},
		{"a\\777b", "!", "<a\\777b>"},
		{"a\\x0b", "<a\v>", "<a\v>"},
		{"a\\x00b", "!", "<a\\x00b>"},
		{"\\uD800", "<\xed\xa0\x80>", "<\xed\xa0\x80>"},
		{"\\UFFFFFFFF", "!", "<\\UFFFFFFFF>"},
		{"a b\\", "<a>!", "<a><b\\>"},
		{"a 'b", "<a>!", "<a>!"},
		{"a \"b\\", "<a>!", "<a>!"},
		{"'\\''", "<'>", "<'>"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str in = str_from(cases[i].in);
		expect(cases[i].in, split(in, WORDS_CUNESCAPE, false), cases[i].strict);
		expect(cases[i].in, split(in, 0, true), cases[i].forgiving);
		for (size_t n = 0; n < in.n; n++) {
			split(str_slice(in, 0, n), WORDS_CUNESCAPE, false);
			split(str_slice(in, 0, n), 0, true);
			split(str_slice(in, 0, n), WORDS_RELAX, false);
		}
	}
}

/* How the value of a $VAR is split. */
static void values_are_split(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"a 'b c' \"d\"", "<a><b c><d>"},
		{"a\\nb \\x41", "<anb><x41>"},
		{"'a\\'b'", "<a'b>"},
		{"a 'b c", "<a><b c>"},
		{"a\\", "<a>"},
		{"'' ; #", "<><;><#>"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].in, split(str_from(cases[i].in), WORDS_RELAX, false),
		       cases[i].want);
}

static void words_know_their_place(void **state)
{
	struct str text = S("ab  'c d'e \\x41f");
	const struct file *f = captured_file(arena, S("/x"), text);
	struct traced rest = traced_file(f, 0, text.n), word, raw;
	static const struct {
		size_t at, len, raw_at, raw_len;
	} want[] = {{0, 2, 0, 2}, {5, 5, 4, 6}, {11, 5, 11, 5}};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(words_next(arena, &rest, WORDS_CUNESCAPE, &word, &raw),
				 WORDS_WORD);
		assert_int_equal(traced_origin(arena, word)->at, want[i].at);
		assert_int_equal(traced_origin(arena, word)->len, want[i].len);
		assert_int_equal(traced_origin(arena, raw)->at, want[i].raw_at);
		assert_int_equal(traced_origin(arena, raw)->len, want[i].raw_len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split),
		cmocka_unit_test(values_are_split),
		cmocka_unit_test(words_know_their_place),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
