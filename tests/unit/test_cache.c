/*
 * test_cache.c - pages kept, reads counted, budgets kept to; files beside the target, and pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob.h"
#include "fixture.h"

#include <cmocka.h>

enum { PAGE = 4096 };

static char bytes[9 << 20];

static struct blob *numbers(size_t n)
{
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7 >> 5 ^ i >> 13);
	return blob_memory(arena, S("numbers"), (struct str){bytes, n});
}

static void check(struct blob *b, uint64_t at, size_t n)
{
	static char buf[1 << 20];
	struct error e = {0};
	size_t got, want = at < b->size ? (size_t)(b->size - at < n ? b->size - at : n) : 0;
	if (!b->read(b, at, buf, n, &got, &e))
		fail_msg("%zu bytes at %llu: %s", n, (unsigned long long)at, e.text);
	assert_int_equal(got, want);
	assert_memory_equal(buf, bytes + (want ? at : 0), want);
}

static struct blob_budget plenty(void)
{
	return (struct blob_budget){.max_reads = 1 << 30, .max_bytes = UINT64_MAX};
}

static void counted(void **state)
{
	(void)state;
	struct blob_budget budget = plenty();
	struct blob *b = blob_cached(arena, numbers(100 * PAGE + 5), &budget);
	check(b, 10, 1);
	check(b, 0, PAGE);
	assert_int_equal(budget.reads, 1);
	assert_int_equal(budget.bytes, PAGE);
	/* the neighbours that are missing come in one read */
	check(b, PAGE - 1, 3 * PAGE);
	assert_int_equal(budget.reads, 2);
	assert_int_equal(budget.bytes, 4 * PAGE);
	check(b, 6 * PAGE, 1);
	check(b, 4 * PAGE, 4 * PAGE);
	assert_int_equal(budget.reads, 5);
	assert_int_equal(budget.bytes, 8 * PAGE);
	/* a large one goes past the cache */
	check(b, 20 * PAGE + 1, 64 * PAGE);
	check(b, 20 * PAGE + 1, 64 * PAGE);
	assert_int_equal(budget.reads, 7);
	/* the end */
	check(b, 99 * PAGE, 10 * PAGE);
	check(b, 100 * PAGE + 4, 10);
	check(b, 100 * PAGE + 5, 10);
	check(b, UINT64_MAX - 5, 10);
	assert_int_equal(budget.reads, 8);
}

/* Any order of reads gives the same bytes, many more than the cache holds. */
static void evicted(void **state)
{
	(void)state;
	struct blob_budget budget = plenty();
	struct blob *b = blob_cached(arena, numbers(sizeof bytes - 77), &budget);
	uint64_t seed = 1;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		check(b, (seed >> 33) % (sizeof bytes + 100), (seed >> 20) % 20000);
	}
	/* what was used last is still there */
	uint64_t before = budget.reads;
	check(b, 5 * PAGE, 1);
	for (int i = 0; i < 50; i++) {
		check(b, (uint64_t)i * 16 * PAGE, 1);
		check(b, 5 * PAGE, 1);
	}
	assert_true(budget.reads - before <= 51);
}

static void limited(void **state)
{
	(void)state;
	struct error e = {0};
	char c[2 * PAGE];
	size_t got;
	struct blob_budget budget = {.max_reads = 2, .max_bytes = UINT64_MAX};
	struct blob *b = blob_cached(arena, numbers(100 * PAGE), &budget);
	check(b, 0, 1);
	check(b, PAGE, 1);
	check(b, 0, 2 * PAGE);
	assert_false(b->read(b, 3 * PAGE, c, 1, &got, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.text, "disk: needs more than 2 reads, see --max-reads");
	budget = (struct blob_budget){.max_reads = 100, .max_bytes = 3 * PAGE};
	b = blob_cached(arena, numbers(100 * PAGE), &budget);
	check(b, 0, 2 * PAGE);
	assert_false(b->read(b, 3 * PAGE, c, sizeof c, &got, &e));
	assert_string_equal(e.text, "disk: needs more than 12288 bytes, see --max-read-bytes");
	check(b, 3 * PAGE, 1);
	check(b, 0, 2 * PAGE);
}

/* A pipe's end is only known when it has been seen. */
static void unsized(void **state)
{
	(void)state;
	struct error e = {0};
	struct blob_budget budget = plenty();
	struct blob *of = blob_spool(arena, stream_blob(arena, numbers(5 * PAGE + 7)), 1 << 20, &e);
	struct blob *b = blob_cached(arena, of, &budget);
	char buf[3 * PAGE];
	size_t got;
	assert_true(b->size == BLOB_UNSIZED);
	assert_true(b->read(b, 4 * PAGE, buf, sizeof buf, &got, &e));
	assert_int_equal(got, PAGE + 7);
	assert_int_equal(b->size, 5 * PAGE + 7);
	assert_true(b->read(b, UINT64_MAX - 1, buf, sizeof buf, &got, &e) && got == 0);
}

static void siblings(void **state)
{
	(void)state;
	char dir[] = "/tmp/offnode-cache-XXXXXX";
	struct error e = {0};
	struct blob_budget budget = plenty();
	assert_non_null(mkdtemp(dir));
	char command[300];
	snprintf(
		command, sizeof command,
		"cd %s && mkdir d && echo inside > d/file && echo outside > secret && mkfifo d/fifo && "
		"ln -s file d/link && ln -s ../secret d/out && mkdir d/dir && echo x > d/..x",
		dir);
	assert_int_equal(system(command), 0);
	struct blob_siblings *s =
		blob_beside(arena, str_fmt(arena, "%s/d/typed", dir), &budget, NULL, &e);
	assert_non_null(s);
	struct str text;
	struct blob *b = s->open(s, S("file"), &e);
	assert_true(b && blob_slurp(arena, b, 100, &text, &e) && str_eq(text, S("inside\n")));
	assert_int_equal(budget.reads, 1);
	assert_non_null(s->open(s, S("..x"), &e));
	const struct {
		struct str name;
		enum error_kind kind;
		const char *words;
	} bad[] = {
		{S("absent"), ERR_MISSING, "No such file"},
		{S("link"), ERR_UNSUPPORTED, "no regular file"},
		{S("out"), ERR_UNSUPPORTED, "no regular file"},
		{S("fifo"), ERR_UNSUPPORTED, "no regular file"},
		{S("dir"), ERR_UNSUPPORTED, "no regular file"},
		{S("../secret"), ERR_UNSUPPORTED, "no bare name"},
		{S("dir/../file"), ERR_UNSUPPORTED, "no bare name"},
		{S("/etc/passwd"), ERR_UNSUPPORTED, "no bare name"},
		{S("json:{\"driver\":\"raw\"}/"), ERR_UNSUPPORTED, "no bare name"},
		{S("."), ERR_UNSUPPORTED, "no bare name"},
		{S(".."), ERR_UNSUPPORTED, "no bare name"},
		{S(""), ERR_UNSUPPORTED, "no bare name"},
		{S("file\0x"), ERR_UNSUPPORTED, "no bare name"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (s->open(s, bad[i].name, &e))
			fail_msg("%.*s was opened", ARG(bad[i].name));
		if (e.kind != bad[i].kind || !strstr(e.text, bad[i].words))
			fail_msg("%.*s: %d %s", ARG(bad[i].name), e.kind, e.text);
	}
	assert_null(blob_beside(arena, S("/nonexistent/x"), &budget, NULL, &e));
	assert_int_equal(e.kind, ERR_MISSING);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

static void pieces(void **state)
{
	(void)state;
	char dir[] = "/tmp/offnode-cache-XXXXXX";
	assert_non_null(mkdtemp(dir));
	char command[400];
	snprintf(
		command, sizeof command,
		"cd %s && printf abc > a.001 && printf d > a.002 && : > a.003 && printf ef > a.004 &&"
		"printf x > z.000 && printf y > z.001 && printf 1 > gap.001 && printf 2 > gap.003 &&"
		"printf one > b.001 && printf 1 > l.001 && ln -s a.002 l.002 && printf c > n.01",
		dir);
	assert_int_equal(system(command), 0);
	const struct {
		const char *name, *text;
		enum error_kind kind;
	} cases[] = {
		{"a.001", "abcdef", ERR_NONE},
		{"a.002", "d", ERR_NONE},
		{"z.000", "xy", ERR_NONE},
		{"z.001", "z.000 is the first piece", ERR_USAGE},
		{"gap.001", "gap.002: there is none, but a next one", ERR_MISSING},
		{"b.001", "one", ERR_NONE},
		{"l.001", "l.002: is no regular file", ERR_UNSUPPORTED},
		{"n.01", "c", ERR_NONE},
		{"absent.001", "No such file", ERR_MISSING},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error e = {0};
		struct str text;
		struct str path = str_fmt(arena, "%s/%s", dir, cases[i].name);
		struct blob *b = blob_open_pieces(arena, path, NULL, &e);
		if (e.kind != cases[i].kind || (!b && !strstr(e.text, cases[i].text)))
			fail_msg("%s: %d %s", cases[i].name, e.kind, e.text);
		if (!b)
			continue;
		assert_true(blob_slurp(arena, b, 100, &text, &e));
		if (!str_eq(text, str_from(cases[i].text)))
			fail_msg("%s: %.*s", cases[i].name, ARG(text));
		for (size_t at = 0; at <= text.n; at++) {
			char c[4];
			size_t got;
			assert_true(b->read(b, at, c, sizeof c, &got, &e));
			assert_true(str_eq((struct str){c, got}, str_slice(text, at, at + 4)));
		}
	}
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted), cmocka_unit_test(evicted),  cmocka_unit_test(limited),
		cmocka_unit_test(unsized), cmocka_unit_test(siblings), cmocka_unit_test(pieces),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
