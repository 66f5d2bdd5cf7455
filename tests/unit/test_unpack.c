/*
 * test_unpack.c - blocks as Python's zlib and lzma, and zstd(1), made them, whole, in part, cut and
 * damaged; a block of lz4 by the letter of its format.
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
#define GZIP_TAIL "\xc3\xc2\x80\xa5\x1c\x00\x00\x00"
#define GZIP "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" DEFLATED GZIP_TAIL
/* with an extra field, a name, a comment and two bytes for the header's own sum */
#define GZIP_ALL \
	"\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\xff\x03\x00" \
	"abc" \
	"name\0" \
	"comment\0\0\0" DEFLATED GZIP_TAIL
#define ZSTD \
	"\x28\xb5\x2f\xfd\x04\x68\x7d\x00\x00\x48\x68\x65\x6c\x6c\x6f\x2c\x20\x21\x0a\x01\x00\x4a" \
	"\x8a\x11\xf5\x30\x33\xbc"
/* seven literals, a match of 16 at distance 7, five literals */
#define LZ4 "\x7chello, \x07\x00\x50llo!\n"
/* with an end mark, and the first byte as MicroLZMA has it: not 0 but ~0x5d */
#define LZMA \
	"\xa2\x34\x19\x49\xee\x8d\xef\x8c\x8a\x71\x3c\x71\x07\xdc\x96\x5b\xff\xff\x70\x58" \
	"\x00\x00"

enum { PLAIN_N = sizeof PLAIN - 1 };

static const struct {
	enum packing how;
	struct str packed;
} blocks[] = {
	{PACKING_DEFLATE, {DEFLATED, sizeof DEFLATED - 1}},
	{PACKING_ZLIB, {ZLIB, sizeof ZLIB - 1}},
	{PACKING_GZIP, {GZIP, sizeof GZIP - 1}},
	{PACKING_GZIP, {GZIP_ALL, sizeof GZIP_ALL - 1}},
	{PACKING_ZSTD, {ZSTD, sizeof ZSTD - 1}},
};

/* These do not tell where they end. */
static const struct {
	enum packing how;
	struct str packed;
} endless[] = {
	{PACKING_LZ4, {LZ4, sizeof LZ4 - 1}},
	{PACKING_LZMA, {LZMA, sizeof LZMA - 1}},
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

static void without_an_end(void **state)
{
	(void)state;
	struct unpacker *u = unpacker_new(arena);
	for (size_t i = 0; i < sizeof endless / sizeof *endless; i++)
		for (size_t n = 1; n < 2 * PLAIN_N; n++) {
			struct error e = {0};
			size_t got = 0, want = n < PLAIN_N ? n : PLAIN_N;
			char *out = NEW_N(arena, char, n);
			struct str in = endless[i].packed;
			if (n <= PLAIN_N)
				in = str_cat(arena, in, S("\0\xff garbage"));
			if (!unpack(u, endless[i].how, in, out, n, &got, &e))
				fail_msg("block %zu, %zu bytes: %s", i, n, e.text);
			assert_int_equal(got, want);
			assert_memory_equal(out, PLAIN, want);
		}
}

static void without_an_end_cut(void **state)
{
	(void)state;
	struct unpacker *u = unpacker_new(arena);
	for (size_t i = 0; i < sizeof endless / sizeof *endless; i++)
		for (size_t cut = 0; cut < endless[i].packed.n; cut++) {
			struct error e = {0};
			size_t got = 0;
			char out[PLAIN_N];
			struct str in = str_slice(endless[i].packed, 0, cut);
			bool read = unpack(u, endless[i].how, in, out, sizeof out, &got, &e);
			/* all that is cut off may be the end mark */
			if (read && got == sizeof out && memcmp(out, PLAIN, PLAIN_N) != 0)
				fail_msg("block %zu cut at %zu was read", i, cut);
			assert_int_equal(e.kind, read ? ERR_NONE : ERR_CORRUPT);
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
		{PACKING_LZ4, S("\x7chello, \x08\x00\x50llo!\n"), ERR_CORRUPT,
		 "lz4: the compressed bytes"},
		{PACKING_LZMA, S("\x1e\x34"), ERR_CORRUPT, "lzma: properties 225"},
		{PACKING_LZMA, S("\xa2\x34\x19\x49\xff\xff\xff\xff"), ERR_CORRUPT, "lzma: the"},
		{PACKING_LZMA, S(""), ERR_CORRUPT, "lzma: an empty block"},
		/* cut, with a window of 2 GiB: descriptor 0x00, window 0xa8 (RFC 8878
		   section 3.1.1.1.2) */
		{PACKING_ZSTD, S("\x28\xb5\x2f\xfd\x00\xa8\x01\x00"), ERR_CORRUPT, "zstd: "},
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
		cmocka_unit_test(each_length),    cmocka_unit_test(each_prefix),
		cmocka_unit_test(without_an_end), cmocka_unit_test(without_an_end_cut),
		cmocka_unit_test(damaged),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
