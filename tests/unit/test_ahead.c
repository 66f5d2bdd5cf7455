/*
 * test_ahead.c - reads at any place over ranges: the bytes, and how few requests and bytes they
 * cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ahead.h"
#include "fixture.h"

#include <cmocka.h>

enum { KIB = 1 << 10, MIB = 1 << 20, PIECE = 16 * KIB, ALL = 24 * MIB + 77 };

static char bytes[ALL];

/* Gives the bytes and counts what it gave; fails, or ends early, at a byte of its own. */
struct fake {
	struct ranges ranges;
	struct stream stream;
	uint64_t at, end;
	unsigned open, requests;
	uint64_t given;
	uint64_t fails_at, ends_at;
	bool too_much;
};

static struct fake fake;

static bool fake_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	(void)s;
	uint64_t end = fake.end < fake.ends_at ? fake.end : fake.ends_at;
	size_t piece = fake.at < end ? (size_t)(end - fake.at) : 0;
	piece = piece < PIECE ? piece : PIECE;
	assert_int_equal(fake.open, 1);
	if (fake.at + piece > fake.fails_at)
		return (fail)(e, ERR_IO, "the line is dead");
	*buf = bytes + fake.at;
	*n = piece + (fake.too_much && fake.at + piece == end);
	fake.at += piece;
	fake.given += piece;
	return true;
}

static struct stream *fake_open(struct ranges *r, uint64_t at, uint64_t n, struct error *e)
{
	(void)r;
	(void)e;
	assert_int_equal(fake.open, 0);
	assert_true(at < ALL && n <= ALL - at);
	fake.open++;
	fake.requests++;
	fake.at = at;
	fake.end = n ? at + n : ALL;
	return &fake.stream;
}

static void fake_close(struct ranges *r, struct stream *s)
{
	(void)r;
	assert_ptr_equal(s, &fake.stream);
	fake.open--;
}

static struct blob *begin(uint64_t max_spill)
{
	struct error e = {0};
	fake = (struct fake){.ranges = {fake_open, fake_close},
			     .stream = {.name = S("object"), .next = fake_next},
			     .fails_at = UINT64_MAX,
			     .ends_at = UINT64_MAX};
	for (size_t i = 0; i < ALL; i++)
		bytes[i] = (char)(i * 7 >> 5 ^ i >> 13);
	struct stream *head = fake_open(&fake.ranges, 0, AHEAD_FIRST, &e);
	struct blob *b = ahead_blob(arena, &fake.ranges, S("object"), ALL, head, 0, max_spill, &e);
	assert_non_null(b);
	return b;
}

static void check(struct blob *b, uint64_t at, size_t n)
{
	static char buf[2 * MIB];
	struct error e = {0};
	size_t got, want = at < ALL ? (size_t)(ALL - at < n ? ALL - at : n) : 0;
	if (!b->read(b, at, buf, n, &got, &e))
		fail_msg("%zu bytes at %llu: %s", n, (unsigned long long)at, e.text);
	assert_int_equal(got, want);
	assert_memory_equal(buf, bytes + (want ? at : 0), want);
}

static void refused(struct blob *b, uint64_t at, enum error_kind kind, const char *text)
{
	char buf[10];
	struct error e = {0};
	size_t got;
	assert_false(b->read(b, at, buf, sizeof buf, &got, &e));
	assert_int_equal(e.kind, kind);
	assert_non_null(strstr(e.text, text));
	assert_int_equal(fake.open, 0);
}

static void front_to_back(void **state)
{
	(void)state;
	static const size_t pieces[] = {4 * KIB, 64 * KIB, 256 * KIB, 2 * MIB};
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct blob *b = begin(UINT64_MAX);
		for (uint64_t at = 0; at <= ALL; at += pieces[i])
			check(b, at, pieces[i]);
		assert_int_equal(fake.given, ALL);
		/* 32K, 64K, 128K, 256K, 512K, 1M, and everything */
		assert_true(fake.requests <= 7);
		assert_int_equal(fake.open, 0);
		/* and once more, for nothing */
		for (uint64_t at = 0; at <= ALL; at += pieces[i])
			check(b, at, pieces[i]);
		assert_int_equal(fake.given, ALL);
	}
}

/* A large read is one request, and none stays open where that is not wanted. */
static void in_bounds(void **state)
{
	(void)state;
	struct blob *b = begin(UINT64_MAX);
	check(b, MIB, 2 * MIB);
	assert_int_equal(fake.requests, 2);
	assert_int_equal(fake.given, AHEAD_FIRST + 2 * MIB);
	b = begin(UINT64_MAX);
	fake.ranges.bounded = true;
	for (uint64_t at = 0; at < ALL; at += 64 * KIB) {
		check(b, at, 64 * KIB);
		assert_int_equal(fake.open, 0);
	}
	assert_int_equal(fake.given, ALL);
}

static void far_apart(void **state)
{
	(void)state;
	struct blob *b = begin(UINT64_MAX);
	for (uint64_t i = 0; i < 20; i++)
		check(b, MIB + 3 + (i * 7 % 20) * MIB, 100);
	assert_int_equal(fake.requests, 1 + 20);
	assert_int_equal(fake.given, (1 + 20) * AHEAD_FIRST);
	/* what lies behind what was asked for came along */
	for (uint64_t i = 0; i < 20; i++)
		check(b, MIB + 3 + (i * 7 % 20) * MIB + 5000, 20000);
	assert_int_equal(fake.requests, 1 + 20);
	check(b, ALL - 5, 10);
	check(b, ALL, 10);
	check(b, UINT64_MAX - 5, 10);
	assert_int_equal(fake.given, (1 + 20) * AHEAD_FIRST + 5);
}

/* Who reads much and leaves out a little reads in a row; who reads little does not. */
static void gaps(void **state)
{
	(void)state;
	struct blob *b = begin(UINT64_MAX);
	for (uint64_t at = 0; at < ALL; at += 300 * KIB)
		check(b, at, 64 * KIB);
	assert_true(fake.requests <= 7);
	assert_true(fake.given <= ALL);
	b = begin(UINT64_MAX);
	for (uint64_t at = 0; at < ALL; at += 300 * KIB)
		check(b, at, 4 * KIB);
	assert_int_equal(fake.requests, (ALL + 300 * KIB - 1) / (300 * KIB));
	assert_true(fake.given <= fake.requests * (uint64_t)AHEAD_FIRST);
}

/* A reader in a row who is interrupted by another soon reads in a row again. */
static void interrupted(void **state)
{
	(void)state;
	struct blob *b = begin(UINT64_MAX);
	for (uint64_t at = 0; at < 16 * MIB; at += 64 * KIB) {
		check(b, at, 64 * KIB);
		if (at == 8 * MIB)
			check(b, 20 * MIB, 10);
	}
	assert_true(fake.requests <= 7 + 1 + 2);
	assert_true(fake.given <= 16 * MIB + 2 * AHEAD_FIRST);
}

static void forgotten(void **state)
{
	(void)state;
	struct blob *b = begin(0);
	for (uint64_t at = 0; at <= ALL; at += 64 * KIB)
		check(b, at, 64 * KIB);
	assert_int_equal(fake.given, ALL);
	for (uint64_t at = ALL - ALL % MIB; at > 0; at -= MIB)
		check(b, at - MIB, MIB);
	assert_true(fake.given > ALL);
}

static void wrong(void **state)
{
	(void)state;
	struct blob *b = begin(UINT64_MAX);
	fake.ends_at = 5 * MIB + 100;
	refused(b, 5 * MIB + 50, ERR_CORRUPT, "object: ends at byte 5242980 of 25165901");
	check(b, 5 * MIB + 50, 50);
	fake.ends_at = UINT64_MAX;
	fake.fails_at = 9 * MIB;
	refused(b, 9 * MIB, ERR_IO, "the line is dead");
	fake.fails_at = UINT64_MAX;
	fake.too_much = true;
	refused(b, 12 * MIB, ERR_CORRUPT, "more bytes came than were asked for");
	fake.too_much = false;
	check(b, 12 * MIB, MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(front_to_back), cmocka_unit_test(far_apart),
		cmocka_unit_test(in_bounds),     cmocka_unit_test(gaps),
		cmocka_unit_test(interrupted),   cmocka_unit_test(forgotten),
		cmocka_unit_test(wrong),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
