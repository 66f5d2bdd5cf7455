/*
 * test_report.c - masking of secrets, counts, and the writers over hand-made reports.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "fixture.h"
#include "report.h"

static void masks(void **state)
{
	(void)state;
	static const struct {
		const char *line, *shown;
	} cases[] = {
		{"--token=abc123", "--token=******"},
		{"--token abc123 --v=2", "--token ****** --v=2"},
		{"ARGS=\"--token=abc --v=2\"", "ARGS=\"--token=*** --v=2\""},
		{"KUBE_PASSWORD=hunter2", "KUBE_PASSWORD=*******"},
		{"  \"clientSecret\": \"s3 cr\",", "  \"clientSecret\": \"*****\","},
		{"token: 'ab cd'", "token: '*****'"},
		{"--bootstrap-token=07401b.f395accd246ae52d",
		 "--bootstrap-token=***********************"},
		{"--bootstrap-kubeconfig=/etc/k8s/b.conf",
		 "--bootstrap-kubeconfig=/etc/k8s/b.conf"},
		{"--authentication-token-webhook=true", "--authentication-token-webhook=true"},
		{"--authentication-token-webhook-cache-ttl=2m0s",
		 "--authentication-token-webhook-cache-ttl=2m0s"},
		{"--token-ttl=10s", "--token-ttl=10s"},
		{"--token=$TOKEN", "--token=$TOKEN"},
		{"--token=a --password=b", "--token=* --password=*"},
		{"configMapAndSecretChangeDetectionStrategy: Watch",
		 "configMapAndSecretChangeDetectionStrategy: Watch"},
		{"--manifest-url-header=Authorization:Basic_x",
		 "--manifest-url-header=*********************"},
		{"token", "token"},
		{"--token", "--token"},
		{"token=", "token="},
		{"the token is here", "the token is here"},
		{"", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(str_z(arena, report_mask(arena, str_from(cases[i].line))),
				    cases[i].shown);
}

static void masks_on_every_prefix(void **state)
{
	(void)state;
	struct str line = S("a=\"--token='x y' \xFF --password: z\\\" secret =\t\"q");
	for (size_t n = 0; n <= line.n; n++)
		assert_int_equal(report_mask(arena, str_dup(arena, str_slice(line, 0, n))).n, n);
}

static void masks_words(void **state)
{
	(void)state;
	struct words w = {0};
	*vec_push(arena, &w) = (struct word){S("--token"), NULL};
	*vec_push(arena, &w) = (struct word){S("abc"), NULL};
	*vec_push(arena, &w) = (struct word){S("abc"), NULL};
	assert_true(str_eq(report_mask_word(arena, &w, 1), S("***")));
	assert_true(str_eq(report_mask_word(arena, &w, 2), S("abc")));
}

/* One target with a finding of each verdict, and words no terminal should see. */
static struct report *report_made(enum report_kind kind)
{
	struct report *r = NEW(arena, struct report);
	struct file *f = NEW(arena, struct file);
	*f = (struct file){.path = S("/etc/\033]0;x\007"),
			   .text = S("a\nKEY=\033[31mfalse\xE2\x80\xAE\n")};
	const struct origin *via = origin_new(arena, f, 0, 1, NULL);
	const struct origin *o = origin_new(arena, f, 6, 9, via);
	*r = (struct report){.kind = kind, .version = "0", .arena = arena};
	struct target_report *t = vec_push(arena, &r->targets);
	*t = (struct target_report){.target = S("x\ny"), .notes = {.arena = arena}};
	note(&t->notes, o, "odd\r");
	size_t n;
	const struct rule *rule = rules_all(&n);
	for (int v = VERDICT_PASS; v <= VERDICT_NOT_APPLICABLE; v++)
		*vec_push(arena, &t->findings) =
			(struct finding){.rule = rule,
					 .want = &rule->wants[0],
					 .number = "4.2.6",
					 .verdict = (enum verdict)v,
					 .effective = v < VERDICT_UNKNOWN ? S("\033x") : S(""),
					 .expected = S("true"),
					 .from = o,
					 .doubt = {REASON_LIMIT, S("why\n"), o}};
	struct unit *u = NEW(arena, struct unit);
	*u = (struct unit){.name = S("\x9B.service"), .fragment = f};
	struct command *c = vec_push(arena, &u->commands);
	*vec_push(arena, &c->argv) = (struct word){S("\xFF\033"), o};
	*vec_push(arena, &t->units) = u;
	*vec_push(arena, &r->targets) = (struct target_report){
		.target = S("gone"), .error = {ERR_MISSING, "no such \033 thing"}};
	r->about = S("u");
	return r;
}

static bool harmless(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool ends = str_starts(str_tail(s, i), S("\n")) ||
			    str_starts(str_tail(s, i), S("\r\n"));
		if ((unsigned char)s.p[i] < 0x20 && !ends)
			return false;
	}
	return str_utf8(s) && !str_has(s, S("\xE2\x80\xAE"));
}

static void nothing_hostile_comes_out(void **state)
{
	(void)state;
	static const enum report_kind kinds[] = {REPORT_SCAN, REPORT_ARGV, REPORT_CONFIG,
						 REPORT_INSPECT, REPORT_RULES};
	size_t formats;
	const struct report_format *all = report_formats(&formats);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t f = 0; f < formats; f++)
			for (int v = -1; v <= 1; v++) {
				struct report *r = report_made(kinds[k]);
				struct out *o = out_new(arena);
				r->verbosity = v;
				if (report_format_shows(&all[f], kinds[k]))
					all[f].write(r, o);
				assert_true(harmless(out_text(o)));
			}
}

static void exact_bytes_in_json(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	report_format_find(S("json"))->write(report_made(REPORT_ARGV), o);
	assert_true(str_has(out_text(o), S("\"text\": \"\\ufffd\\u001b\"")));
	assert_true(str_has(out_text(o), S("\"bytes\": \"ff1b\"")));
}

static void counts(void **state)
{
	(void)state;
	struct report_counts n = report_count(report_made(REPORT_SCAN));
	assert_int_equal(n.pass, 1);
	assert_int_equal(n.fail, 1);
	assert_int_equal(n.unknown, 1);
	assert_int_equal(n.not_applicable, 1);
	assert_int_equal(n.errors, 1);
	assert_null(report_format_find(S("xml")));
}

/* ---- saved reports ---- */

#define SAVED(rest) "{\"schemaVersion\": \"1.0\", \"targets\": [\n{" rest "}]}"
#define RESULT(rest) SAVED("\"results\": [\n{\"rule\": \"r\"" rest "}]")

static bool read_saved(const char *text, struct report *out, struct error *e)
{
	struct file *file = NEW(arena, struct file);
	*file = (struct file){.path = S("/r.json"), .text = str_from(text)};
	file->real = file->path;
	return report_read(arena, file, out, e);
}

static void what_is_no_report_is_refused(void **state)
{
	(void)state;
	static const char scan[] = "line 1: not a report of a scan, schemaVersion 1.0";
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "is not JSON: "},
		{"{\"schemaVersion\": \"1.0\", \"targets\": [", "is not JSON: "},
		{"[]", scan},
		{"7", scan},
		{"{}", scan},
		{"{\"schemaVersion\": \"1.0\"}", scan},
		{"{\"schemaVersion\": 1.0, \"targets\": []}", scan},
		{"{\"schemaVersion\": \"2.0\", \"targets\": []}", scan},
		{"{\"schemaVersion\": \"1.0\", \"targets\": {}}", scan},
		{"{\"schemaVersion\": \"1.0\", \"targets\": [\n7]}",
		 "line 2: a target without results"},
		{SAVED(""), "line 2: a target without results"},
		{SAVED("\"results\": {}"), "line 2: a target without results"},
		{SAVED("\"results\": [\n7]"), "line 3: a result without a rule"},
		{SAVED("\"results\": [\n{\"verdict\": \"pass\"}]"),
		 "line 3: a result without a rule"},
		{RESULT(""), "line 3: a result without a verdict"},
		{RESULT(", \"verdict\": \"maybe\""), "line 3: a result without a verdict"},
		{RESULT(", \"verdict\": \"unknown\",\n\"reason\": \"mood\""),
		 "line 4: not a reason"},
		{RESULT(", \"verdict\": \"pass\", \"answers\": [\n{}]"),
		 "line 4: a result without a verdict"},
		{SAVED("\"results\": [],\n\"error\": {\"kind\": \"mood\"}"),
		 "line 3: not a kind of error"},
		{SAVED("\"results\": [], \"launches\": [\n{\"reason\": \"mood\"}]"),
		 "line 3: not a reason"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct report out = {0};
		struct error e = {0};
		assert_false(read_saved(cases[i].text, &out, &e));
		assert_int_equal(e.kind, ERR_CORRUPT);
		if (!str_starts(str_from(e.text), str_from(cases[i].why)))
			assert_string_equal(e.text, cases[i].why);
	}
}

static void a_saved_report_may_lack_most(void **state)
{
	(void)state;
	struct report out = {0};
	struct error e = {0};
	assert_true(read_saved(RESULT(", \"verdict\": \"fail\", \"later\": [1]"), &out, &e));
	assert_int_equal(out.targets.n, 1);
	assert_int_equal(report_count(&out).fail, 1);
	assert_int_equal(e.kind, ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks),
		cmocka_unit_test(masks_on_every_prefix),
		cmocka_unit_test(masks_words),
		cmocka_unit_test(nothing_hostile_comes_out),
		cmocka_unit_test(exact_bytes_in_json),
		cmocka_unit_test(counts),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(a_saved_report_may_lack_most),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
