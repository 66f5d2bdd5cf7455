/*
 * test_lzo.c - LZO1X streams that liblzo2 made (lzo1x_1 and lzo1x_999), whole, cut and damaged;
 * codes by the letter of the format; segments of a btrfs extent around the ends of sectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "btrfs.h"
#include "fixture.h"

#include <cmocka.h>

#define STREAM(text) \
	{ \
		text, sizeof(text) - 1 \
	}

static const struct {
	struct str packed;
	const char *unit;
	size_t n;
} streams[] = {
	{STREAM("\x04\x68\x65\x6c\x6c\x6f\x2c\x20\x32\x18\x00\x0a\x20\x68\x65\x6c\x6c\x6f\x2c\x20\x68\x65\x6c\x6c\x6f\x11\x00\x00"),
	 "hello, ", 40},
	{STREAM("\x18\x68\x65\x6c\x6c\x6f\x2c\x20\x3f\x18\x00\x11\x00\x00"), "hello, ", 40},
	{STREAM("\x02\x61\x61\x61\x61\x61\x20\x00\x00\x00\xb6\x10\x00\x0c\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x11\x00\x00"),
	 "a", 1000},
	{STREAM("\x12\x61\x20\x00\x00\x00\xc9\x00\x00\x11\x00\x00"), "a", 1000},
	{STREAM("\x00\x12\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f\x70\x71\x72\x73\x74\x75\x76\x77\x78\x79\x7a\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x20\xd3\x8c\x00\x00\x02\x32\x33\x34\x35\x36\x37\x38\x39\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x11\x00\x00"),
	 "abcdefghijklmnopqrstuvwxyz0123456789", 300},
	{STREAM("\x35\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f\x70\x71\x72\x73\x74\x75\x76\x77\x78\x79\x7a\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x20\xe7\x8c\x00\x11\x00\x00"),
	 "abcdefghijklmnopqrstuvwxyz0123456789", 300},
	{STREAM("\x15\x61\x62\x63\x61\x11\x00\x00"), "abc", 4},
	{STREAM("\x15\x61\x62\x63\x61\x11\x00\x00"), "abc", 4},
};

static struct str plain_of(size_t i)
{
	char *p = NEW_N(arena, char, streams[i].n + 1);
	for (size_t at = 0, unit = strlen(streams[i].unit); at < streams[i].n; at++)
		p[at] = streams[i].unit[at % unit];
	return (struct str){p, streams[i].n};
}

static void what_liblzo2_makes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		struct str plain = plain_of(i);
		char *out = NEW_N(arena, char, plain.n);
		struct error e = {0};
		size_t got = 0;
		assert_true(lzo_decode(streams[i].packed, out, plain.n, &got, &e));
		assert_int_equal(got, plain.n);
		assert_memory_equal(out, plain.p, plain.n);
		assert_false(lzo_decode(streams[i].packed, out, plain.n - 1, &got, &e));
		for (size_t n = 0; n < streams[i].packed.n; n++)
			assert_false(lzo_decode(str_slice(streams[i].packed, 0, n), out, plain.n,
						&got, &e));
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
}

/* Code by code, as the format has them; "\x11\0\0" ends a stream. */
static const struct {
	const char *what;
	struct str packed;
	const char *plain; /* NULL: refused */
} codes[] = {
	{"nothing", STREAM("\x11\0\0"), ""},
	{"three literals first",
	 STREAM("\x14"
		"abc\x11\0\0"),
	 "abc"},
	{"two bytes near, after few literals",
	 STREAM("\x14"
		"abc\x08\0\x11\0\0"),
	 "abcab"},
	{"three bytes of distance 1, and two literals",
	 STREAM("\x15"
		"abcd\x42\0xy\x11\0\0"),
	 "abcddddxy"},
	{"a distance behind the beginning",
	 STREAM("\x14"
		"abc\x0c\0\x11\0\0"),
	 NULL},
	{"literals that are not there",
	 STREAM("\x20"
		"abc"),
	 NULL},
	{"a length without an end",
	 STREAM("\x14"
		"abc\x20\0\0\0\0\0"),
	 NULL},
	{"no end",
	 STREAM("\x14"
		"abc"),
	 NULL},
};

static void code_by_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		char out[64];
		struct error e = {0};
		size_t got = 0;
		bool ok = lzo_decode(codes[i].packed, out, sizeof out, &got, &e);
		if (ok != (codes[i].plain != NULL) ||
		    (ok && !str_eq((struct str){out, got}, str_from(codes[i].plain))))
			fail_msg("%s: %.*s", codes[i].what, (int)got, out);
	}
}

/* ---- segments ---- */

enum { SECTOR = 512, ROOM = 4096 };

static size_t put_le32(unsigned char *p, size_t x)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (unsigned char)(x >> 8 * i);
	return 4;
}

/* A segment of n literals all `c`, with its length; n is 4 to 238. */
static size_t put_segment(unsigned char *p, char c, unsigned n)
{
	put_le32(p, n + 4);
	p[4] = (unsigned char)(17 + n);
	memset(p + 5, c, n);
	memcpy(p + 5 + n, "\x11\0\0", 3);
	return 4 + n + 4;
}

/* An extent whose fourth length would begin `left` bytes before the end of the sector. */
static struct str row(unsigned left)
{
	unsigned char *p = NEW_N(arena, unsigned char, 2 * SECTOR);
	size_t at = 4;
	at += put_segment(p + at, 'a', 200);
	at += put_segment(p + at, 'a', 60);
	at += put_segment(p + at, 'b', SECTOR - (unsigned)at - 8 - left);
	if (left < 4)
		at = SECTOR;
	at += put_segment(p + at, 'c', 10);
	put_le32(p, at);
	return (struct str){(char *)p, at};
}

static void lengths_lie_in_one_sector(void **state)
{
	(void)state;
	for (unsigned left = 0; left < 8; left++) {
		struct str packed = row(left);
		char *out = NEW_N(arena, char, ROOM);
		struct error e = {0};
		size_t got = 0;
		assert_true(btrfs_unpack_lzo(packed, SECTOR, out, ROOM, &got, &e));
		assert_int_equal(out[259], 'a');
		assert_int_equal(out[260], 'b');
		assert_int_equal(out[got - 11], 'b');
		assert_memory_equal(out + got - 10, "cccccccccc", 10);
		for (size_t n = 0; n < packed.n; n++)
			assert_false(btrfs_unpack_lzo(str_slice(packed, 0, n), SECTOR, out, ROOM,
						      &got, &e));
	}
}

static void lengths_that_cannot_be(void **state)
{
	static const size_t lengths[] = {0, 1, 3, SECTOR, 0x7FFFFFFF, 0xFFFFFFFF};
	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (size_t at = 0; at <= 4; at += 4) {
			struct str packed = row(0);
			unsigned char *p = NEW_N(arena, unsigned char, packed.n);
			char out[ROOM];
			struct error e = {0};
			size_t got;
			memcpy(p, packed.p, packed.n);
			put_le32(p + at,
				 lengths[i] + (at == 0 && lengths[i] == SECTOR ? packed.n : 0));
			assert_false(btrfs_unpack_lzo((struct str){(char *)p, packed.n}, SECTOR,
						      out, ROOM, &got, &e));
			assert_int_equal(e.kind, ERR_CORRUPT);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_liblzo2_makes),
		cmocka_unit_test(code_by_code),
		cmocka_unit_test(lengths_lie_in_one_sector),
		cmocka_unit_test(lengths_that_cannot_be),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lzo", tests, arena_up, arena_down);
}
