/*
 * test_gunzip.c - gzip members put together by hand after RFC 1952, and files by gzip(1).
 *
 * Header CRCs and the trailer were computed with Python's zlib.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "blob.h"

#include <cmocka.h>

#define HEAD "\x1f\x8b\x08\0\0\0\0\0\0\x03"
#define BODY "\xcb\x48\xcd\xc9\xc9\xe7\x02\x00"
#define TRAILER "\x20\x30\x3a\x36\x06\x00\x00\x00"
#define MEMBER HEAD BODY TRAILER

/* A stream that hands out pieces of a given size. */
struct pieces {
	struct stream stream;
	struct str rest;
	size_t size;
};

static bool pieces_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct pieces *p = (struct pieces *)s;
	(void)e;
	*n = p->rest.n < p->size ? p->rest.n : p->size;
	*buf = p->rest.p;
	p->rest = str_tail(p->rest, *n);
	return true;
}

static bool collect(struct arena *a, struct stream *s, struct str *out, struct error *e)
{
	const void *p;
	size_t n, have = 0, room = 8 << 20;
	char *text = NEW_N(a, char, room);
	do {
		if (!s->next(s, &p, &n, e))
			return false;
		assert_true(n <= room - have);
		if (n)
			memcpy(text + have, p, n);
		have += n;
	} while (n);
	/* the end stays the end */
	assert_true(s->next(s, &p, &n, e) && n == 0);
	*out = (struct str){text, have};
	return true;
}

static bool gunzip(struct arena *a, struct str packed, size_t piece, struct str *out,
		   struct error *e)
{
	struct pieces p = {{.name = S("test"), .next = pieces_next}, packed, piece};
	return collect(a, stream_gunzip(a, &p.stream), out, e);
}

static void members(void **state)
{
	(void)state;
	const struct {
		struct str packed;
		const char *plain;
	} good[] = {
		{S(MEMBER), "hello\n"},
		{S(MEMBER MEMBER MEMBER), "hello\nhello\nhello\n"},
		{S(MEMBER "\0\0\0\0\0\0"), "hello\n"},
		{S("\x1f\x8b\x08\x02\0\0\0\0\0\x03\xa7\x77" BODY TRAILER), "hello\n"},
		{S("\x1f\x8b\x08\x1f\0\0\0\0\0\x03\x04\0"
		   "abcd"
		   "name\0note\0\xed\x8d" BODY TRAILER),
		 "hello\n"},
		{S(HEAD "\x03\0\0\0\0\0\0\0\0\0"), ""},
		{S(HEAD "\x03\0\0\0\0\0\0\0\0\0" MEMBER), "hello\n"},
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		for (size_t piece = 1; piece < 70; piece++) {
			struct arena *a = arena_new(64 << 20, NULL, NULL);
			struct error e = {0};
			struct str got;
			if (!gunzip(a, good[i].packed, piece, &got, &e))
				fail_msg("%zu in pieces of %zu: %s", i, piece, e.text);
			if (!str_eq(got, str_from(good[i].plain)))
				fail_msg("%zu in pieces of %zu: %zu bytes", i, piece, got.n);
			arena_free(a);
		}
}

static void broken(void **state)
{
	(void)state;
	const struct {
		struct str packed;
		enum error_kind kind;
		const char *words;
	} bad[] = {
		{S("PK\3\4"), ERR_CORRUPT, "no gzip header"},
		{S(""), ERR_CORRUPT, "middle of a member"},
		{S("\x1f\x8b\x07\0\0\0\0\0\0\x03"), ERR_UNSUPPORTED, "method 7"},
		{S("\x1f\x8b\x08\x20\0\0\0\0\0\x03"), ERR_CORRUPT, "reserved flags"},
		{S("\x1f\x8b\x08\x02\0\0\0\0\0\x03\x17\x6e" BODY TRAILER), ERR_CORRUPT,
		 "header does not match"},
		{S(HEAD BODY "\x21\x30\x3a\x36\x06\0\0\0"), ERR_CORRUPT, "match its CRC"},
		{S(HEAD BODY "\x20\x30\x3a\x36\x07\0\0\0"), ERR_CORRUPT, "trailer says 7"},
		{S(HEAD "\xff\xff\xff\xff\xff\xff"), ERR_CORRUPT, "damaged"},
		{S(MEMBER "\x1f\x8b\x08"), ERR_CORRUPT, "middle of a member"},
		{S(MEMBER "garbage"), ERR_CORRUPT, "follows its end"},
		{S(MEMBER "\0\0\0BZh9"), ERR_CORRUPT, "follows its end"},
		{S(MEMBER "\x1f"), ERR_CORRUPT, "follows its end"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena *a = arena_new(64 << 20, NULL, NULL);
		struct error e = {0};
		struct str got;
		if (gunzip(a, bad[i].packed, 5, &got, &e))
			fail_msg("%zu: was read", i);
		if (e.kind != bad[i].kind || !strstr(e.text, bad[i].words))
			fail_msg("%zu: %d %s", i, e.kind, e.text);
		arena_free(a);
	}
	/* every prefix of a member is a truncation */
	for (size_t n = 0; n < sizeof MEMBER - 1; n++) {
		struct arena *a = arena_new(64 << 20, NULL, NULL);
		struct error e = {0};
		struct str got;
		assert_false(gunzip(a, str_slice(S(MEMBER), 0, n), 7, &got, &e));
		assert_non_null(strstr(e.text, "middle of a member"));
		arena_free(a);
	}
}

/* What gzip(1) makes of a few megabytes, in pieces of odd sizes, twice in a row. */
static void real_files(void **state)
{
	(void)state;
	char command[300], dir[] = "/tmp/offnode-gunzip-XXXXXX";
	assert_non_null(mkdtemp(dir));
	static const char *const levels[] = {"-1", "-6", "-9n", "-1 -r"};
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		snprintf(command, sizeof command,
			 "cd %s && (seq 60000; head -c 200000 /dev/urandom; head -c 1500000 "
			 "/dev/zero) > plain && gzip -c %s plain > gz && cat gz gz > two",
			 dir, levels[i]);
		assert_int_equal(system(command), 0);
		static const size_t sizes[] = {7, 4093, 65536, 1000003};
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			struct arena *a = arena_new(256 << 20, NULL, NULL);
			struct error e = {0};
			struct str plain, packed, got;
			struct blob *b = blob_open(a, str_fmt(a, "%s/plain", dir), NULL, &e);
			assert_true(b && blob_slurp(a, b, 8 << 20, &plain, &e));
			b = blob_open(a, str_fmt(a, "%s/two", dir), NULL, &e);
			assert_true(b && blob_slurp(a, b, 8 << 20, &packed, &e));
			if (!gunzip(a, packed, sizes[k], &got, &e))
				fail_msg("gzip %s: %s", levels[i], e.text);
			assert_true(str_eq(got, str_cat(a, plain, plain)));
			arena_free(a);
		}
	}
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

static void bombs(void **state)
{
	(void)state;
	char command[300], dir[] = "/tmp/offnode-gunzip-XXXXXX";
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof command, "head -c 300000000 /dev/zero | gzip -c9 > %s/bomb", dir);
	assert_int_equal(system(command), 0);
	struct arena *a = arena_new(256 << 20, NULL, NULL);
	struct error e = {0};
	struct blob *b = blob_open(a, str_fmt(a, "%s/bomb", dir), NULL, &e);
	struct stream *packed = stream_count(a, stream_blob(a, b));
	struct stream *plain = stream_count(a, stream_gunzip(a, packed));
	assert_false(stream_drain(stream_guard(a, plain, packed, 1000, 64 << 20), &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_true(stream_counted(plain) < 100 << 20 || stream_counted(packed) > 64 << 10);
	packed = stream_count(a, stream_blob(a, b));
	plain = stream_count(a, stream_gunzip(a, packed));
	assert_true(stream_drain(stream_guard(a, plain, packed, 2000, 64 << 20), &e));
	assert_int_equal(stream_counted(plain), 300000000);
	arena_free(a);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),
		cmocka_unit_test(broken),
		cmocka_unit_test(real_files),
		cmocka_unit_test(bombs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
