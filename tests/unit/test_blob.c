/*
 * test_blob.c - blobs, spools and checked streams.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "blob.h"

#include <cmocka.h>

static char work[64];

struct counter {
	struct watch watch;
	uint64_t bytes;
	unsigned ticks, fail_at;
};

static bool tick(struct watch *w, uint64_t bytes, struct error *e)
{
	struct counter *c = (struct counter *)w;
	c->bytes += bytes;
	if (++c->ticks == c->fail_at)
		return (fail)(e, ERR_IO, "injected");
	return true;
}

static int set_up(void **state)
{
	*state = arena_new(128 << 20, NULL, NULL);
	return 0;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static void write_file(const char *name, struct str bytes)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	fclose(f);
}

static void check_read(struct blob *b, uint64_t at, size_t n, const char *want)
{
	char buf[100];
	size_t got = 99;
	struct error e = {0};
	assert_true(b->read(b, at, buf, n, &got, &e));
	assert_int_equal(got, strlen(want));
	assert_memory_equal(buf, want, got);
}

static void check_zeros(struct blob *b, uint64_t at, size_t n)
{
	char buf[100], zero[100] = {0};
	struct error e = {0};
	for (size_t some; n; at += some, n -= some) {
		some = n < sizeof buf ? n : sizeof buf;
		assert_true(blob_read(b, at, buf, some, &e));
		assert_memory_equal(buf, zero, some);
	}
}

static void files(void **state)
{
	struct arena *a = *state;
	struct error e = {0};
	struct counter c = {.watch.tick = tick};
	struct str text;
	write_file("digits", S("0123456789"));
	struct blob *b = blob_open(a, S("digits"), &c.watch, &e);
	assert_non_null(b);
	assert_int_equal(b->size, 10);
	assert_true(b->shared);
	check_read(b, 0, 4, "0123");
	check_read(b, 8, 4, "89");
	check_read(b, 10, 4, "");
	check_read(b, UINT64_MAX, 4, "");
	assert_int_equal(c.bytes, 6);
	assert_true(blob_slurp(a, b, 10, &text, &e));
	assert_true(str_eq(text, S("0123456789")));
	assert_false(blob_slurp(a, b, 9, &text, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	char buf[20];
	assert_false(blob_read(b, 5, buf, 6, &e));
	assert_string_equal(e.text, "digits: ends at byte 10 of 11");
	c.fail_at = c.ticks + 1;
	assert_false(blob_read(b, 0, buf, 6, &e));
	assert_string_equal(e.text, "injected");
	assert_int_equal(truncate("digits", 3), 0);
	assert_false(blob_read(b, 0, buf, 10, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
}

static void refused(void **state)
{
	struct arena *a = *state;
	struct error e = {0};
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_null(blob_open(a, S("absent"), NULL, &e));
	assert_int_equal(e.kind, ERR_MISSING);
	assert_string_equal(e.text, "absent: No such file or directory");
	assert_null(blob_open(a, S("fifo"), NULL, &e));
	assert_string_equal(e.text, "fifo: is a FIFO, not a file");
	assert_null(blob_open(a, S("."), NULL, &e));
	assert_string_equal(e.text, ".: is a directory, not a file");
	assert_null(blob_open(a, S("/dev/null"), NULL, &e));
	assert_string_equal(e.text, "/dev/null: is a character device, not a file");
	assert_null(blob_open(a, S("digits\0x"), NULL, &e));
	assert_int_equal(e.kind, ERR_USAGE);
}

static void windows(void **state)
{
	struct arena *a = *state;
	struct blob *b = blob_memory(a, S("memory"), S("0123456789"));
	struct blob *w = blob_window(a, b, S("window"), 2, 5);
	assert_int_equal(w->size, 5);
	check_read(w, 0, 10, "23456");
	check_read(w, 3, 10, "56");
	check_read(w, 5, 10, "");
	w = blob_window(a, w, S("inner"), 4, UINT64_MAX);
	assert_int_equal(w->size, 1);
	check_read(w, 0, 10, "6");
	assert_int_equal(blob_window(a, b, S("after"), 11, 5)->size, 0);
	check_read(blob_window(a, b, S("after"), UINT64_MAX, 5), 0, 10, "");
}

/* Standard input as a pipe: only as much is taken as was asked for. */
static void pipes(void **state)
{
	struct arena *a = *state;
	struct error e = {0};
	struct counter c = {.watch.tick = tick};
	struct str text;
	int end[2], before = dup(0);
	assert_int_equal(pipe(end), 0);
	assert_int_equal(dup2(end[0], 0), 0);
	close(end[0]);
	assert_int_equal(write(end[1], "abc", 3), 3);
	struct blob *b = blob_stdin(a, 100, &c.watch, &e);
	assert_non_null(b);
	assert_true(b->size == BLOB_UNSIZED && !b->shared);
	check_read(b, 0, 2, "ab");
	check_read(b, 1, 2, "bc");
	assert_int_equal(write(end[1], "defgh", 5), 5);
	check_read(b, 3, 2, "de");
	struct blob *w = blob_window(a, b, S("window"), 6, BLOB_UNSIZED);
	close(end[1]);
	check_read(w, 0, 10, "gh");
	check_read(b, 0, 20, "abcdefgh");
	assert_int_equal(b->size, 8);
	assert_true(blob_slurp(a, b, 8, &text, &e) && str_eq(text, S("abcdefgh")));
	assert_int_equal(c.bytes, 8);
	dup2(before, 0);
	close(before);
}

static void spools(void **state)
{
	struct arena *a = *state;
	struct error e = {0};
	struct str text;
	char *large = NEW_N(a, char, 3 << 20);
	for (size_t i = 0; i < 3 << 20; i++)
		large[i] = (char)(i * 7 >> 3);
	struct str all = {large, 3 << 20};
	struct blob *m = blob_memory(a, S("large"), all);
	struct blob *b = blob_spool(a, stream_blob(a, m), 4 << 20, &e);
	assert_true(blob_slurp(a, b, 4 << 20, &text, &e) && str_eq(text, all));
	assert_false(blob_slurp(a, blob_spool(a, stream_blob(a, m), 4 << 20, &e), 1000, &text, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	b = blob_spool(a, stream_blob(a, m), 1 << 20, &e);
	assert_false(blob_slurp(a, b, 4 << 20, &text, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	char c;
	assert_true(blob_read(b, 1000, &c, 1, &e));
	assert_int_equal(c, large[1000]);
	assert_false(blob_read(b, 2 << 20, &c, 1, &e));
	setenv("TMPDIR", "/nonexistent", 1);
	assert_null(blob_spool(a, stream_blob(a, m), 1 << 20, &e));
	assert_int_equal(e.kind, ERR_IO);
	unsetenv("TMPDIR");
}

/* Zeros take no room on the disk, wherever they lie and in whatever pieces they come. */
static void holes(void **state)
{
	struct arena *a = *state;
	struct error e = {0};
	struct str text;
	size_t n = 8 << 20;
	char *sparse = NEW_N(a, char, n);
	memset(sparse + 5000, 1, 3);
	memset(sparse + (1 << 20), 2, 9000);
	sparse[n - 7] = 3;
	struct str all = {sparse, n};
	for (size_t cut = 0; cut < 3; cut++) {
		struct blob *m = blob_memory(a, S("sparse"), str_slice(all, 0, n - 5000 * cut));
		struct blob *b = blob_spool(a, stream_blob(a, m), 256 << 10, &e);
		if (!blob_slurp(a, b, n, &text, &e))
			fail_msg("%s", e.text);
		assert_true(str_eq(text, str_slice(all, 0, n - 5000 * cut)));
	}
	/* but not for ever */
	struct blob *m = blob_memory(a, S("sparse"), all);
	assert_false(blob_slurp(a, blob_spool(a, stream_blob(a, m), 64 << 10, &e), n, &text, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

#define ABC256 "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC512 \
	"sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

/* The digests of "abc" are those of FIPS 180-4's examples. */
static void digests(void **state)
{
	struct arena *a = *state;
	const struct {
		const char *digest;
		uint64_t size;
		enum error_kind at_once, at_end;
	} cases[] = {
		{ABC256, 3, ERR_NONE, ERR_NONE},
		{ABC512, 3, ERR_NONE, ERR_NONE},
		{ABC256, 4, ERR_NONE, ERR_CORRUPT},
		{ABC256, 2, ERR_NONE, ERR_CORRUPT},
		{"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ae", 3,
		 ERR_NONE, ERR_CORRUPT},
		{"sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", 3,
		 ERR_USAGE, ERR_NONE},
		{"sha256:ba78", 3, ERR_USAGE, ERR_NONE},
		{"sha256:", 3, ERR_USAGE, ERR_NONE},
		{"sha256", 3, ERR_USAGE, ERR_NONE},
		{"", 3, ERR_USAGE, ERR_NONE},
		{"md5:900150983cd24fb0d6963f7d28e17f72", 3, ERR_UNSUPPORTED, ERR_NONE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error e = {0};
		struct stream *of = stream_blob(a, blob_memory(a, S("abc"), S("abc")));
		struct stream *s =
			stream_verify(a, of, str_from(cases[i].digest), cases[i].size, &e);
		if (cases[i].at_once != e.kind || !s != (e.kind != ERR_NONE))
			fail_msg("%s: %s", cases[i].digest, e.text);
		if (!s)
			continue;
		stream_drain(s, &e);
		if (cases[i].at_end != e.kind)
			fail_msg("%s: %s", cases[i].digest, e.text);
		if (e.kind == ERR_NONE)
			assert_true(stream_drain(s, &e));
	}
	assert_true(str_eq(digest_sha256(a, S("abc")), S(ABC256)));
	assert_true(str_eq(
		digest_sha256(a, S("")),
		S("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
}

static void magic(void **state)
{
	(void)state;
	const struct {
		struct str head;
		enum codec codec;
	} cases[] = {
		{S("\x1f\x8b\x08"), CODEC_GZIP},
		{S("\x28\xb5\x2f\xfd"), CODEC_ZSTD},
		{S("\x50\x2a\x4d\x18"), CODEC_ZSTD},
		{S("\x5f\x2a\x4d\x18"), CODEC_ZSTD},
		{S("\xfd"
		   "7zXZ\0\0"),
		 CODEC_XZ},
		{S("BZh9"), CODEC_BZIP2},
		{S("\x04\x22\x4d\x18"), CODEC_LZ4},
		{S("\x02\x21\x4c\x18"), CODEC_LZ4},
		{S("\x1f\x9d"), CODEC_OTHER},
		{S("LZIP\1"), CODEC_OTHER},
		{S("\x1f"), CODEC_NONE},
		{S(""), CODEC_NONE},
		{S("070701"), CODEC_NONE},
		{S("etc/\0\0\0"), CODEC_NONE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (codec_of(cases[i].head) != cases[i].codec)
			fail_msg("case %zu: %d", i, codec_of(cases[i].head));
}

static void overlays(void **state)
{
	struct arena *a = *state;
	struct error e = {0};
	char *large = NEW_N(a, char, 10000);
	memset(large, 'u', 10000);
	struct blob *under = blob_memory(a, S("under"), (struct str){large, 10000});
	struct blob_overlay *o = blob_overlay_new(a, under, 20000);
	struct blob *b = blob_overlaid(o);
	assert_int_equal(b->size, 20000);
	check_zeros(b, 10000, 10000);
	assert_true(blob_overlay_write(o, 4094, "write", 5, &e));
	check_read(b, 4092, 9, "uuwriteuu");
	assert_true(blob_overlay_write(o, 4096, NULL, 2, &e));
	assert_true(blob_overlay_write(o, 19998, "ab", 2, &e));
	char got[9];
	assert_true(blob_read(b, 4092, got, 9, &e));
	assert_memory_equal(got, "uuwr\0\0euu", 9);
	check_read(b, 19998, 9, "ab");
	check_read(under, 4094, 5, "uuuuu");
	/* by sectors of 512 bytes */
	assert_true(blob_overlay_touched(o, 3584, 1));
	assert_false(blob_overlay_touched(o, 3583, 1));
	assert_true(blob_overlay_touched(o, 0, 5000));
	assert_false(blob_overlay_touched(o, 5000, 5000));
	assert_false(blob_overlay_touched(NULL, 0, 5000));
	assert_false(blob_overlay_write(o, 19999, "ab", 2, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_false(blob_overlay_write(o, UINT64_MAX, "a", 1, &e));
	/* not longer than what is beneath, and so much held in memory at most */
	assert_int_equal(blob_overlaid(blob_overlay_new(a, under, 0))->size, 10000);
	o = blob_overlay_new(a, under, UINT64_MAX - 1);
	assert_true(blob_overlay_write(o, 100, NULL, 30 << 20, &e));
	assert_true(blob_overlay_write(o, 1 << 20, NULL, 20 << 20, &e));
	assert_false(blob_overlay_write(o, 50 << 20, NULL, 100 << 20, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

static int enter(void **state)
{
	(void)state;
	snprintf(work, sizeof work, "%s", "/tmp/offnode-blob-XXXXXX");
	return mkdtemp(work) && chdir(work) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[100];
	(void)state;
	if (chdir("/") != 0)
		return -1;
	snprintf(command, sizeof command, "rm -rf %s", work);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(windows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pipes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spools, set_up, tear_down),
		cmocka_unit_test_setup_teardown(holes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(overlays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(digests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(magic, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, enter, leave);
}
