/*
 * test_toc.c - layers with a table of contents made by hand, in both formats: what is in them, that
 * nothing else is fetched, and what is refused. Real ones are in tests/lazy.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "lazy_layer.h"

#include <cmocka.h>

/* A layer as it lies elsewhere: tells how much of it was fetched. */
struct afar {
	struct blob blob;
	struct str bytes;
	uint64_t fetched;
};

struct box {
	struct out *layer, *json;
	struct toc_bound bound;
	struct fs_options opts;
	struct afar afar;
	struct fs *fs;
	struct error e;
};

static const enum lazy_format formats[] = {LAZY_STARGZ, LAZY_STARGZ_OLD, LAZY_ZSTD};

enum { FORMATS = sizeof formats / sizeof *formats };

static struct box box_new(void)
{
	struct box x = {.layer = out_new(arena), .json = out_new(arena)};
	x.opts = (struct fs_options){.whiteouts = true, .max.entries = 1000};
	out_str(x.layer, S("head"));
	out_z(x.json,
	      "{\"version\":1,\"entries\":[{\"type\":\"dir\",\"name\":\"./\",\"mode\":493}");
	return x;
}

/* The digest as a table has it. */
static const char *sum(struct str bytes)
{
	return str_z(arena, digest_sha256(arena, bytes));
}

/* One file in one chunk. */
static size_t add_file(struct box *x, enum lazy_format format, const char *name, struct str body)
{
	size_t at = lazy_member(x->layer, format, body);
	out_fmt(x->json,
		",{\"type\":\"reg\",\"name\":\"%s\",\"mode\":33188,\"uid\":7,\"size\":%zu,"
		"\"offset\":%zu,\"digest\":\"%s\",\"chunkDigest\":\"%s\",\"xattrs\":{\"a\":\"b\"}}",
		name, body.n, at, sum(body), sum(body));
	return at;
}

static bool afar_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		      struct error *e)
{
	struct afar *f = (struct afar *)b;
	struct str part =
		str_slice(f->bytes, (size_t)(at < b->size ? at : b->size), (size_t)(at + n));
	(void)e;
	if (part.n)
		memcpy(buf, part.p, part.n);
	f->fetched += part.n;
	*got = part.n;
	return true;
}

static bool open_bytes(struct box *x, struct str bytes)
{
	x->afar = (struct afar){{.name = S("layer"), .size = bytes.n, .read = afar_read}, bytes, 0};
	x->e = (struct error){0};
	x->fs = fs_open_toc(arena, &x->afar.blob, &x->bound, &x->opts, &x->e);
	return x->fs != NULL;
}

static void close_table(struct box *x, enum lazy_format format)
{
	out_z(x->json, "]}");
	lazy_table(arena, x->layer, format, out_text(x->json), &x->bound);
}

static void opens(struct box *x, enum lazy_format format)
{
	close_table(x, format);
	if (!open_bytes(x, str_dup(arena, out_text(x->layer))))
		fail_msg("%s", x->e.text);
}

/* Marks and hard links are found as what they are. */
static uint64_t find(struct box *x, const char *path)
{
	struct str rest = str_from(path), name;
	uint64_t ino = x->fs->root;
	while (rest.n) {
		bool found = false;
		str_cut(rest, '/', &name, &rest);
		if (!fs_lookup(x->fs, ino, name, &found, &ino, &x->e) || !found)
			fail_msg("%s: not found", path);
	}
	return ino;
}

static void gives(struct box *x, const char *path, struct str want)
{
	struct str got;
	if (!fs_slurp(arena, x->fs, find(x, path), 1 << 20, &got, &x->e))
		fail_msg("%s: %s", path, x->e.text);
	if (!str_eq(got, want))
		fail_msg("%s: %" PRIstr, path, ARG(got));
}

static void refuses(struct box *x, const char *path, const char *why)
{
	struct str got;
	x->e = (struct error){0};
	assert_false(fs_slurp(arena, x->fs, find(x, path), 1 << 20, &got, &x->e));
	assert_int_equal(x->e.kind, ERR_CORRUPT);
	if (!strstr(x->e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", x->e.text, why);
}

static struct fs_stat stat_of(struct box *x, const char *path)
{
	struct fs_stat st = {0};
	assert_true(fs_stat_at(x->fs, find(x, path), &st, &x->e));
	return st;
}

static struct str letters(size_t n)
{
	char *p = NEW_N(arena, char, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)('a' + i * i % 26);
	return (struct str){p, n};
}

/* ---- what is there ---- */

static void names_are_those_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct box x = box_new();
		add_file(&x, formats[i], "./etc/one", S("first"));
		out_z(x.json, ",{\"type\":\"symlink\",\"name\":\"etc/link\",\"linkName\":\"one\"}"
			      ",{\"type\":\"hardlink\",\"name\":\"two\",\"linkName\":\"./etc/one\"}"
			      ",{\"type\":\"hardlink\",\"name\":\"three\",\"linkName\":\"below\"}"
			      ",{\"type\":\"fifo\",\"name\":\"fifo\"}"
			      ",{\"type\":\"reg\",\"name\":\"/../etc/./empty\",\"MODE\":420}"
			      ",{\"type\":\"reg\",\"name\":\"etc/.wh.gone\"}"
			      ",{\"type\":\"dir\",\"name\":\"var/\",\"mode\":448}"
			      ",{\"type\":\"reg\",\"name\":\"var/.wh..wh..opq\"}"
			      ",{\"type\":\"reg\",\"name\":\"caf\\u00e9\",\"modtime\":null}");
		add_file(&x, formats[i], "etc/one", S("second"));
		opens(&x, formats[i]);
		gives(&x, "etc/one", S("second"));
		gives(&x, "two", S("first"));
		gives(&x, "etc/link", S("one"));
		gives(&x, "three", S("below"));
		gives(&x, "etc/empty", S(""));
		gives(&x, "caf\xc3\xa9", S(""));
		assert_int_equal(stat_of(&x, "three").kind, FS_HARDLINK);
		assert_int_equal(stat_of(&x, "fifo").kind, FS_OTHER);
		assert_int_equal(stat_of(&x, "etc/gone").kind, FS_WHITEOUT);
		assert_true(stat_of(&x, "var").opaque);
		assert_int_equal(stat_of(&x, "var").mode, 0700);
		assert_int_equal(stat_of(&x, "etc/empty").mode, 0644);
		assert_int_equal(stat_of(&x, "etc/one").mode, 0644);
		assert_int_equal(stat_of(&x, "etc/one").uid, 7);
	}
}

/* A file of chunks of 1000 bytes, the second of which is zeros. */
static void add_chunks(struct box *x, enum lazy_format format, struct str body)
{
	for (size_t at = 0; at < body.n; at += 1000) {
		struct str chunk = str_slice(body, at, at + 1000);
		bool zeros = at == 1000;
		size_t member = zeros ? 0 : lazy_member(x->layer, format, chunk);
		out_fmt(x->json, ",{\"type\":\"%s\",\"name\":\"big\",\"size\":%zu,",
			at ? "chunk" : "reg", at ? 0 : body.n);
		out_fmt(x->json, "\"offset\":%zu,\"chunkOffset\":%zu,\"chunkSize\":%zu,", member,
			at, at + 1000 < body.n ? chunk.n : 0);
		out_fmt(x->json, "\"chunkDigest\":\"%s\"%s}", sum(chunk),
			zeros ? ",\"chunkType\":\"zeros\"" : "");
	}
}

static void files_are_read_by_the_chunks_they_need(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct box x = box_new();
		struct str body = letters(4500);
		memset((char *)(uintptr_t)body.p + 1000, 0, 1000);
		add_file(&x, formats[i], "before", letters(50000));
		add_chunks(&x, formats[i], body);
		add_file(&x, formats[i], "after", letters(50000));
		opens(&x, formats[i]);
		char buf[3000];
		size_t got = 0;
		uint64_t table = x.afar.fetched;
		uint64_t ino = find(&x, "big");
		assert_true(x.fs->ops->read(x.fs, ino, 4400, buf, sizeof buf, &got, &x.e));
		assert_int_equal(got, 100);
		assert_memory_equal(buf, body.p + 4400, 100);
		assert_in_range(x.afar.fetched - table, 500, 600);
		assert_true(x.fs->ops->read(x.fs, ino, 900, buf, sizeof buf, &got, &x.e));
		assert_int_equal(got, sizeof buf);
		assert_memory_equal(buf, body.p + 900, sizeof buf);
		assert_in_range(x.afar.fetched - table, 3500, 3700);
		gives(&x, "big", body);
		assert_in_range(x.afar.fetched - table, 3500, 3700);
		gives(&x, "after", letters(50000));
		assert_in_range(x.afar.fetched - table, 53500, 53800);
	}
}

static void several_chunks_may_share_a_member(void **state)
{
	(void)state;
	struct box x = box_new();
	size_t at = lazy_member(x.layer, LAZY_STARGZ, S("tar headers, one, more headers, two"));
	out_fmt(x.json,
		",{\"type\":\"reg\",\"name\":\"one\",\"size\":3,\"offset\":%zu,\"innerOffset\":13,"
		"\"chunkDigest\":\"%s\"}",
		at, sum(S("one")));
	out_fmt(x.json,
		",{\"type\":\"reg\",\"name\":\"two\",\"size\":3,\"offset\":%zu,\"innerOffset\":32,"
		"\"chunkDigest\":\"%s\"}",
		at, sum(S("two")));
	opens(&x, LAZY_STARGZ);
	gives(&x, "one", S("one"));
	uint64_t fetched = x.afar.fetched;
	gives(&x, "two", S("two"));
	assert_int_equal(x.afar.fetched, fetched);
}

/* ---- what is not what it should be ---- */

static void a_chunk_that_changed_is_corrupt(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct box x = box_new();
		size_t at = lazy_member(x.layer, formats[i], S("something else"));
		out_fmt(x.json,
			",{\"type\":\"reg\",\"name\":\"bad\",\"size\":5,\"offset\":%zu,"
			"\"chunkDigest\":\"%s\"}"
			",{\"type\":\"reg\",\"name\":\"long\",\"size\":5000,\"offset\":%zu,"
			"\"chunkDigest\":\"%s\"}",
			at, sum(S("somet")), at, sum(S("x")));
		at = add_file(&x, formats[i], "torn", letters(500));
		add_file(&x, formats[i], "good", S("good"));
		opens(&x, formats[i]);
		char *p = (char *)(uintptr_t)x.afar.bytes.p;
		p[at + 300] ^= 1;
		gives(&x, "good", S("good"));
		refuses(&x, "torn", formats[i] == LAZY_ZSTD ? "digest mismatch" : "checksum");
		refuses(&x, "long", "");
		refuses(&x, "torn", "");
	}
}

static void a_chunk_with_another_digest_is_corrupt(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct box x = box_new();
		size_t at = lazy_member(x.layer, formats[i], S("something else"));
		out_fmt(x.json,
			",{\"type\":\"reg\",\"name\":\"bad\",\"size\":5,\"offset\":%zu,"
			"\"digest\":\"%s\"}",
			at, sum(S("other")));
		opens(&x, formats[i]);
		refuses(&x, "bad", "digest mismatch");
	}
}

static void a_table_is_the_one_that_is_bound(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct box x = box_new();
		add_file(&x, formats[i], "one", S("first"));
		close_table(&x, formats[i]);
		struct str layer = str_dup(arena, out_text(x.layer));
		x.bound.digest = digest_sha256(arena, S("another table"));
		assert_false(open_bytes(&x, layer));
		assert_int_equal(x.e.kind, ERR_CORRUPT);
		assert_non_null(strstr(x.e.text, "digest mismatch"));
		x.bound.digest = S("md5:00");
		assert_false(open_bytes(&x, layer));
	}
}

static void every_prefix_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct box x = box_new();
		add_file(&x, formats[i], "one", S("first"));
		close_table(&x, formats[i]);
		struct str layer = out_text(x.layer);
		for (size_t n = 0; n < layer.n; n++) {
			if (open_bytes(&x, str_slice(layer, 0, n)))
				fail_msg("%zu of %zu bytes were read", n, layer.n);
			assert_int_equal(x.e.kind, ERR_CORRUPT);
			assert_non_null(strstr(x.e.text, "table of contents"));
		}
	}
}

#define REG ",{\"type\":\"reg\",\"name\":\"x\",\"size\":10,\"offset\":4,"
#define CHUNK ",{\"type\":\"chunk\",\"name\":\"x\",\"offset\":4,"
#define SUM \
	"\"chunkDigest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\""

static void wrong_entries_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *entries;
		enum error_kind kind;
		const char *why;
	} table[] = {
		{",{\"type\":\"file\",\"name\":\"x\"}", ERR_CORRUPT, "a type that is not known"},
		{",{\"type\":\"reg\"}", ERR_CORRUPT, "a name is missing"},
		{",{\"type\":\"symlink\",\"name\":\"x\"}", ERR_CORRUPT, "a name is missing"},
		{",{\"type\":\"reg\",\"name\":\"x\",\"size\":-1}", ERR_CORRUPT,
		 "not JSON of its shape"},
		{",{\"type\":\"reg\",\"name\":1}", ERR_CORRUPT, "not JSON of its shape"},
		{",[]", ERR_CORRUPT, "not JSON of its shape"},
		{",", ERR_CORRUPT, "not JSON of its shape"},
		{"],\"entries\":[", ERR_CORRUPT, "a second list"},
		{",{\"type\":\"reg\",\"name\":\"x\",\"size\":1," SUM "}", ERR_CORRUPT, "outside"},
		{",{\"type\":\"reg\",\"name\":\"x\",\"size\":1,\"offset\":99999," SUM "}",
		 ERR_CORRUPT, "outside"},
		{",{\"type\":\"reg\",\"name\":\"x\",\"size\":1,\"offset\":18446744073709551615," SUM
		 "}",
		 ERR_CORRUPT, "outside"},
		{REG "\"chunkDigest\":\"sha256:00\"}", ERR_CORRUPT, "without a sha256"},
		{REG "\"chunkSize\":5}", ERR_CORRUPT, "without a sha256"},
		{REG "\"chunkSize\":11," SUM "}", ERR_CORRUPT, "do not follow"},
		{REG "\"chunkSize\":18446744073709551615," SUM "}", ERR_CORRUPT, "do not follow"},
		{REG "\"chunkOffset\":1," SUM "}", ERR_CORRUPT, "do not follow"},
		{REG "\"chunkSize\":5," SUM "}", ERR_CORRUPT, "end before the file does"},
		{REG "\"chunkType\":\"holes\"," SUM "}", ERR_CORRUPT, "a chunk of a kind"},
		{REG SUM "}" CHUNK "\"chunkOffset\":10," SUM "}", ERR_CORRUPT, "do not follow"},
		{REG "\"chunkSize\":5," SUM "}" CHUNK "\"chunkOffset\":4," SUM "}", ERR_CORRUPT,
		 "do not follow"},
		{CHUNK SUM "}", ERR_CORRUPT, "a chunk of another file"},
		{",{\"type\":\"reg\",\"name\":\"x\"}" CHUNK SUM "}", ERR_CORRUPT,
		 "a chunk of no file"},
		{",{\"type\":\"reg\",\"name\":\"x\",\"size\":99999999999,\"offset\":4," SUM "}",
		 ERR_LIMIT, "a chunk of more than"},
		{REG "\"innerOffset\":99999999999," SUM "}", ERR_LIMIT, "a chunk of more than"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct box x = box_new();
		add_file(&x, LAZY_ZSTD, "good", S("good"));
		out_z(x.json, table[i].entries);
		close_table(&x, LAZY_ZSTD);
		if (open_bytes(&x, out_text(x.layer)))
			fail_msg("case %zu was read", i);
		if (x.e.kind != table[i].kind || !strstr(x.e.text, table[i].why))
			fail_msg("case %zu: %s", i, x.e.text);
	}
}

static void a_whole_files_digest_is_none_of_a_chunk(void **state)
{
	(void)state;
	struct box x = box_new();
	size_t at = lazy_member(x.layer, LAZY_ZSTD, S("first"));
	out_fmt(x.json,
		",{\"type\":\"reg\",\"name\":\"x\",\"size\":10,\"offset\":%zu,\"chunkSize\":5,"
		"\"digest\":\"%s\"},{\"type\":\"chunk\",\"name\":\"x\",\"offset\":%zu,"
		"\"chunkOffset\":5,\"chunkSize\":5,\"chunkDigest\":\"%s\"}",
		at, sum(S("first")), at, sum(S("first")));
	close_table(&x, LAZY_ZSTD);
	assert_false(open_bytes(&x, out_text(x.layer)));
	assert_non_null(strstr(x.e.text, "no digest of its own"));
}

static void documents_of_another_shape_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		enum error_kind kind;
	} table[] = {
		{"{}", ERR_UNSUPPORTED},
		{"{\"version\":2,\"entries\":[]}", ERR_UNSUPPORTED},
		{"{\"version\":1}", ERR_UNSUPPORTED},
		{"{\"version\":1,\"entries\":{}}", ERR_CORRUPT},
		{"{\"version\":1,\"entries\":[]} x", ERR_CORRUPT},
		{"[]", ERR_CORRUPT},
		{"", ERR_CORRUPT},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct box x = box_new();
		lazy_table(arena, x.layer, LAZY_STARGZ, str_from(table[i].json), &x.bound);
		assert_false(open_bytes(&x, out_text(x.layer)));
		if (x.e.kind != table[i].kind)
			fail_msg("case %zu: %s", i, x.e.text);
	}
}

static void large_tables_are_a_limit(void **state)
{
	(void)state;
	struct box x = box_new();
	close_table(&x, LAZY_ZSTD);
	x.bound.plain = (uint64_t)1 << 40;
	assert_false(open_bytes(&x, out_text(x.layer)));
	assert_int_equal(x.e.kind, ERR_LIMIT);

	x = box_new();
	for (unsigned i = 0; i < 11; i++)
		out_fmt(x.json, ",{\"type\":\"reg\",\"name\":\"%u\"}", i);
	x.opts.max.entries = 10;
	close_table(&x, LAZY_STARGZ);
	assert_false(open_bytes(&x, out_text(x.layer)));
	assert_int_equal(x.e.kind, ERR_LIMIT);

	/* 8 GiB by the header of its tar */
	x = box_new();
	close_table(&x, LAZY_STARGZ);
	struct str layer = str_dup(arena, out_text(x.layer));
	char *name = memmem(layer.p, layer.n, "stargz.index.json", 17);
	assert_non_null(name);
	memcpy(name + 124, "77777777777", 11);
	assert_false(open_bytes(&x, layer));
	assert_int_equal(x.e.kind, ERR_LIMIT);
}

static void a_table_outside_of_the_layer_is_corrupt(void **state)
{
	(void)state;
	struct box x = box_new();
	close_table(&x, LAZY_ZSTD);
	struct str layer = out_text(x.layer);
	x.bound.at = layer.n - 1;
	assert_false(open_bytes(&x, layer));
	x.bound.at = UINT64_MAX - 3;
	assert_false(open_bytes(&x, layer));
	assert_int_equal(x.e.kind, ERR_CORRUPT);

	x = box_new();
	close_table(&x, LAZY_STARGZ);
	layer = str_dup(arena, out_text(x.layer));
	char *place = memmem(layer.p, layer.n, "STARGZ", 6);
	assert_non_null(place);
	memcpy(place - 16, "ffffffffffffffff", 16);
	assert_false(open_bytes(&x, layer));
	assert_non_null(strstr(x.e.text, "lies outside"));
	memcpy(place - 16, "fffffffffffffffX", 16);
	assert_false(open_bytes(&x, layer));
	assert_non_null(strstr(x.e.text, "does not tell where"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_table),
		cmocka_unit_test(files_are_read_by_the_chunks_they_need),
		cmocka_unit_test(several_chunks_may_share_a_member),
		cmocka_unit_test(a_chunk_that_changed_is_corrupt),
		cmocka_unit_test(a_chunk_with_another_digest_is_corrupt),
		cmocka_unit_test(a_table_is_the_one_that_is_bound),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(wrong_entries_are_refused),
		cmocka_unit_test(a_whole_files_digest_is_none_of_a_chunk),
		cmocka_unit_test(documents_of_another_shape_are_refused),
		cmocka_unit_test(large_tables_are_a_limit),
		cmocka_unit_test(a_table_outside_of_the_layer_is_corrupt),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
