/*
 * test_unpack.c - blocks as Python's zlib and zstd(1) made them, whole, in part, cut and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"
#include "unpack.h"

#include <cmocka.h>

#define PLAIN "hello, hello, hello, hello!\n"
#define DEFLATED "\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\xc0\xa4\x14\xb9\x00"
#define ZLIB "\x78\xda" DEFLATED "\x8e\xcc\x09\x60"
#define ZSTD \
	"\x28\xb5\x2f\xfd\x04\x68\x7d\x00\x00\x48\x68\x65\x6c\x6c\x6f\x2c\x20\x21\x0a\x01\x00\x4a" \
	"\x8a\x11\xf5\x30\x33\xbc"

enum { PLAIN_N = sizeof PLAIN - 1 };

static const struct {
	enum packing how;
	struct str packed;
} blocks[] = {
	{PACKING_DEFLATE, {DEFLATED, sizeof DEFLATED - 1}},
	{PACKING_ZLIB, {ZLIB, sizeof ZLIB - 1}},
	{PACKING_ZSTD, {ZSTD, sizeof ZSTD - 1}},
};

static void each_length(void **state)
{
	(void)state;
	struct unpacker *u = unpacker_new(arena);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		for (size_t n = 1; n < 2 * PLAIN_N; n++) {
			struct error e = {0};
			size_t got = 0, want = n < PLAIN_N ? n : PLAIN_N;
			char *out = NEW_N(arena, char, n);
			/* clusters are padded with whatever lies there */
			struct str in = str_cat(arena, blocks[i].packed, S("\0\xff garbage"));
			if (!unpack(u, blocks[i].how, in, out, n, &got, &e))
				fail_msg("block %zu, %zu bytes: %s", i, n, e.text);
			assert_int_equal(got, want);
			assert_memory_equal(out, PLAIN, want);
		}
}

static void each_prefix(void **state)
{
	(void)state;
	struct unpacker *u = unpacker_new(arena);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		for (size_t cut = 0; cut < blocks[i].packed.n; cut++) {
			struct error e = {0};
			size_t got;
			char out[2 * PLAIN_N];
			struct str in = str_slice(blocks[i].packed, 0, cut);
			if (unpack(u, blocks[i].how, in, out, sizeof out, &got, &e))
				fail_msg("block %zu cut at %zu was read", i, cut);
			assert_int_equal(e.kind, ERR_CORRUPT);
		}
}

static void damaged(void **state)
{
	(void)state;
	const struct {
		enum packing how;
		struct str packed;
		enum error_kind kind;
		const char *words;
	} cases[] = {
		{PACKING_DEFLATE, S("\xff\xff\xff"), ERR_CORRUPT, "deflate: the compressed bytes"},
		{PACKING_ZLIB, S("\x78\xdb" DEFLATED), ERR_CORRUPT, "no zlib header"},
		{PACKING_ZLIB, S("\x78\xf9" DEFLATED), ERR_UNSUPPORTED, "needs a dictionary"},
		{PACKING_ZLIB, S("\x78\xda" DEFLATED "\x8e\xcc\x09\x61"), ERR_CORRUPT,
		 "does not match its checksum"},
		{PACKING_ZSTD, S("\x28\xb5\x2f\xfc" DEFLATED), ERR_CORRUPT, "zstd: "},
		/* a window of 2 GiB: descriptor 0x00, window 0xa8 (RFC 8878 section 3.1.1.1.2) */
		{PACKING_ZSTD, S("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"), ERR_CORRUPT, "zstd: "},
	};
	struct unpacker *u = unpacker_new(arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error e = {0};
		size_t got;
		char out[2 * PLAIN_N];
		if (unpack(u, cases[i].how, cases[i].packed, out, sizeof out, &got, &e))
			fail_msg("case %zu was read", i);
		if (e.kind != cases[i].kind || !strstr(e.text, cases[i].words))
			fail_msg("case %zu: %d %s", i, e.kind, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_length),
		cmocka_unit_test(each_prefix),
		cmocka_unit_test(damaged),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
