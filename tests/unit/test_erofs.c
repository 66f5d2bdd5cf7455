/*
 * fs/erofs: a small image written by hand, and what is made of it when its bytes lie. Numbers are
 * those of the on-disk format at erofs.docs.kernel.org.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "erofs_volume.h"
#include "fixture.h"
#include "fs.h"
#include "tour.h"

#include <cmocka.h>

static void plain(void **state)
{
	struct error e = {0};
	(void)state;
	make();
	assert_content("abc");
	assert_true(str_eq(open_image(&e)->label, S("small")));
	put(SUPER + 48, 0x78563412, 4);
	assert_true(str_eq(open_image(&e)->uuid, S("12345678-0000-0000-0000-000000000000")));
}

static void chunks(void **state)
{
	(void)state;
	make();
	put_inode(FILE_, 4, 0100644, 3 * BLOCK, 0);
	put(FILE_ * 32 + 32, 4, 4);
	put(FILE_ * 32 + 36, 0xffffffff, 4);
	put(FILE_ * 32 + 40, 2, 4);
	struct str text;
	struct error e = {0};
	assert_true(read_all(&text, &e));
	assert_int_equal(text.n, 3 * BLOCK);
	assert_true(text.p[0] == 'c' && text.p[BLOCK] == 0 && text.p[2 * BLOCK] == 'a');
}

/* Three plain extents of a block each, in an index of two entries a pack: an entry's bits are the
 * offset (12) and the type (2); a pack's number is that of the block before its first extent's. */
static void compact_index(void **state)
{
	(void)state;
	make();
	put_inode(FILE_, 3, 0100644, 3 * BLOCK, 0);
	put(INDEX, 0, 4);
	put(INDEX + 4, 2, 4);
	put(INDEX + 8, 0, 4);
	put(INDEX + 12, 1, 4);
	assert_content("bca");
}

struct poke {
	size_t at, n;
	uint64_t value;
};

static const struct {
	const char *what;
	struct poke pokes[5];
	enum error_kind kind;
	const char *words;
} lies[] = {
	{"2^63 bytes",
	 {{FILE_ * 32, 2, 1}, {FILE_ * 32 + 8, 8, 1ull << 63}},
	 ERR_LIMIT,
	 "bytes long"},
	{"no block before inline bytes",
	 {{FILE_ * 32, 2, 2 << 1}, {FILE_ * 32 + 16, 4, 0xffffffff}},
	 ERR_CORRUPT,
	 "nowhere"},
	{"past the end", {{FILE_ * 32 + 16, 4, BLOCKS - 1}}, ERR_CORRUPT, "ends at"},
	{"nid far away", {{DIR + 24, 8, UINT64_MAX}}, ERR_CORRUPT, "outside of the image"},
	{"nid past the end", {{DIR + 24, 8, 1 << 20}}, ERR_CORRUPT, "ends at byte"},
	{"no entries", {{DIR + 8, 2, 0}}, ERR_CORRUPT, "begin where they cannot"},
	{"names in the middle of an entry",
	 {{DIR + 8, 2, 40}},
	 ERR_CORRUPT,
	 "begin where they cannot"},
	{"names go back",
	 {{DIR + 20, 2, 40}, {DIR + 32, 2, 39}},
	 ERR_CORRUPT,
	 "outside of its block"},
	{"a name past its block", {{DIR + 32, 2, 48}}, ERR_CORRUPT, "outside of its block"},
	{"an empty name", {{DIR + 39, 1, 0}}, ERR_CORRUPT, "not a name"},
	{"a slash", {{DIR + 40, 1, '/'}}, ERR_CORRUPT, "not a name"},
	{"a name before the last", {{DIR + 37, 2, 0x7a7a}}, ERR_CORRUPT, "out of order"},
	{"a layout of tomorrow", {{FILE_ * 32, 2, 5 << 1}}, ERR_UNSUPPORTED, "layout 5"},
	{"a format of tomorrow", {{FILE_ * 32, 2, 0x20}}, ERR_UNSUPPORTED, "format 0x20"},
	{"no type", {{FILE_ * 32 + 4, 2, 0644}}, ERR_CORRUPT, "neither a file"},
	{"a size of 48 bits",
	 {{SUPER + 80, 4, 0x80}, {SUPER + 14, 2, 1}, {SUPER + 112, 8, ROOT}},
	 ERR_CORRUPT,
	 "are there"},
	{"a metabox without a name", {{SUPER + 80, 4, 0x100}}, ERR_CORRUPT, "names no metabox"},
	{"a metabox in itself",
	 {{SUPER + 80, 4, 0x100}, {SUPER + 13, 1, 1}, {SUPER + 128, 8, BOXED | FILE_}},
	 ERR_CORRUPT,
	 "is not there"},
	{"a metabox of names",
	 {{SUPER + 80, 4, 0x100}, {SUPER + 13, 1, 1}, {SUPER + 128, 8, ROOT}},
	 ERR_CORRUPT,
	 "metabox: not a file"},
	{"no metabox", {{DIR + 24, 8, BOXED | 3}}, ERR_CORRUPT, "is not there"},
	{"past the metabox's end",
	 {{SUPER + 80, 4, 0x100},
	  {SUPER + 13, 1, 1},
	  {SUPER + 128, 8, FILE_},
	  {DIR + 24, 8, BOXED | 384}},
	 ERR_CORRUPT,
	 "metabox: ends at byte 12288"},
	{"an extent nowhere",
	 {{FILE_ * 32, 2, 1 << 1},
	  {SUPER + 80, 4, 0x80},
	  {INDEX - 8, 8, 0x500000001},
	  {INDEX + 8, 4, BLOCK},
	  {INDEX + 12, 8, BOXED}},
	 ERR_CORRUPT,
	 "an extent is nowhere"},
	{"extents out of order",
	 {{FILE_ * 32, 2, 1 << 1},
	  {SUPER + 80, 4, 0x80},
	  {INDEX - 8, 8, 0x500000001},
	  {INDEX + 20, 4, 4 * BLOCK}},
	 ERR_CORRUPT,
	 "not in order"},
	{"an extent stored in 2 MiB",
	 {{FILE_ * 32, 2, 1 << 1},
	  {SUPER + 80, 4, 0x80},
	  {INDEX - 8, 8, 0x500000001},
	  {INDEX + 8, 4, 0x1fffff}},
	 ERR_UNSUPPORTED,
	 "more than a MiB"},
	{"more extents than bytes",
	 {{FILE_ * 32, 2, 1 << 1}, {SUPER + 80, 4, 0x80}, {INDEX - 8, 8, 0x0fff0005ffffffff}},
	 ERR_CORRUPT,
	 "ends at"},
	{"features of tomorrow", {{SUPER + 80, 4, 0x1000}}, ERR_UNSUPPORTED, "0x1000"},
	{"checksum", {{SUPER + 8, 4, 1}}, ERR_CORRUPT, "does not match its checksum"},
	{"blocks of 2^40", {{SUPER + 12, 1, 40}}, ERR_CORRUPT, "2^40"},
	{"cut short", {{SUPER + 36, 4, BLOCKS + 1}}, ERR_CORRUPT, "are there"},
	{"inline over a block",
	 {{FILE_ * 32, 2, 2 << 1}, {FILE_ * 32 + 8, 4, 4000}},
	 ERR_CORRUPT,
	 "over the end"},
	{"chunks elsewhere",
	 {{FILE_ * 32, 2, 4 << 1}, {FILE_ * 32 + 16, 4, 0x20}, {FILE_ * 32 + 32, 8, 0x200010000}},
	 ERR_UNSUPPORTED,
	 "device 1"},
	{"chunks of tomorrow",
	 {{FILE_ * 32, 2, 4 << 1}, {FILE_ * 32 + 16, 4, 0x80}},
	 ERR_UNSUPPORTED,
	 "format 0x80"},
	{"a fragment of nothing",
	 {{FILE_ * 32, 2, 3 << 1}, {INDEX - 8, 8, 1ull << 63}},
	 ERR_CORRUPT,
	 "a fragment of no file"},
	{"a fragment of itself",
	 {{FILE_ * 32, 2, 3 << 1},
	  {INDEX - 8, 8, 1ull << 63},
	  {SUPER + 80, 4, 0x20},
	  {SUPER + 96, 8, FILE_}},
	 ERR_CORRUPT,
	 "a fragment of no file"},
	{"the first is not a head",
	 {{FILE_ * 32, 2, 3 << 1}, {INDEX, 4, 0x20012001}},
	 ERR_CORRUPT,
	 "before its beginning"},
	{"the first begins late",
	 {{FILE_ * 32, 2, 3 << 1}, {INDEX, 4, 0x00000001}},
	 ERR_CORRUPT,
	 "in no extent"},
	{"a head no cluster back",
	 {{FILE_ * 32, 2, 3 << 1}, {INDEX, 4, 0x20011000}, {INDEX + 8, 4, 0x2000}},
	 ERR_CORRUPT,
	 "before its beginning"},
	{"a codec of tomorrow",
	 {{FILE_ * 32, 2, 3 << 1}, {INDEX - 2, 1, 9}, {INDEX, 4, 0x10001000}, {INDEX + 4, 4, 1}},
	 ERR_UNSUPPORTED,
	 "codec 9"},
	{"a way of tomorrow",
	 {{FILE_ * 32, 2, 3 << 1}, {INDEX - 4, 2, 0x40}},
	 ERR_UNSUPPORTED,
	 "not known"},
	{"lz4 of letters",
	 {{FILE_ * 32, 2, 3 << 1}, {INDEX, 4, 0x10001000}, {INDEX + 4, 4, 1}},
	 ERR_CORRUPT,
	 "inode 48"},
	{"shares too much",
	 {{FILE_ * 32 + 2, 2, 1}, {FILE_ * 32 + 36, 1, 200}},
	 ERR_CORRUPT,
	 "shares more"},
	{"an attribute cut short",
	 {{FILE_ * 32 + 2, 2, 2}, {FILE_ * 32 + 44, 4, 0xffff04ff}},
	 ERR_CORRUPT,
	 "cut short"},
};

static void lying_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct error e = {0};
		struct str text;
		make();
		for (size_t k = 0; k < sizeof lies->pokes / sizeof *lies->pokes; k++)
			put(lies[i].pokes[k].at, lies[i].pokes[k].value, lies[i].pokes[k].n);
		if (read_all(&text, &e))
			fail_msg("%s: was read", lies[i].what);
		if (e.kind != lies[i].kind || !strstr(e.text, lies[i].words))
			fail_msg("%s: %d, %s", lies[i].what, e.kind, e.text);
	}
}

static void a_loop_of_directories_ends(void **state)
{
	struct error e = {0};
	struct tour t = {.max_file = 1 << 20, .max_entries = 1000, .max_depth = 50};
	(void)state;
	make();
	put(DIR + 24, ROOT, 8);
	tour_tree(arena, open_image(&e), &t);
	assert_int_equal(t.entries, 50);
	assert_int_equal(t.failures, 0);
}

/* As mkcomposefs 1.0.8 writes it: small files are inside, others in a store of objects. */
static void composefs(void **state)
{
	struct error e = {0};
	struct str path, text;
	struct walk w;
	(void)state;
	struct blob *b = blob_open(arena, S("testdata/fuzz/erofs/composefs.img"), NULL, &e);
	struct fs *fs = b ? fs_open(arena, b, &(struct fs_options){0}, &e) : NULL;
	assert_non_null(fs);
	assert_int_equal(fs_walk(arena, fs, S("/d/link"), false, &w, &e), WALK_FOUND);
	assert_true(str_eq(w.real, S("/etc/long")));
	assert_int_equal(w.st.size, 292);
	assert_true(fs_redirect(arena, fs, w.ino, &path, &e));
	assert_true(
		str_eq(path, S("/fe/"
			       "fa97c3a2277c88d9e650b723c8af6dfc9b147c1862d4c4e28b5bcfc4cfae39")));
	assert_false(fs_slurp(arena, fs, w.ino, 1000, &text, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_null(fs_blob(arena, fs, w.ino, S("long"), &e));
	assert_int_equal(fs_walk(arena, fs, S("/etc/hostname"), false, &w, &e), WALK_FOUND);
	assert_true(fs_redirect(arena, fs, w.ino, &path, &e) && path.n == 0);
	assert_true(fs_slurp(arena, fs, w.ino, 1000, &text, &e) && str_eq(text, S("node\n")));
}

static bool broken_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	if (at >= BYTES)
		return (fail)(e, ERR_IO, "the disk is broken");
	*got = at >= b->size ? 0 : n < b->size - at ? n : (size_t)(b->size - at);
	memcpy(buf, image + at, *got);
	return true;
}

static void a_blob_keeps_its_failure(void **state)
{
	struct blob b = {.name = S("image"), .size = sizeof image, .read = broken_read};
	struct error e = {0};
	struct fs *fs = NULL;
	struct str text;
	(void)state;
	make();
	assert_true(fs_open_volume(arena, &b, "erofs", &(struct fs_options){0}, &fs, &e));
	assert_false(fs_slurp(arena, fs, FILE_, 1 << 20, &text, &e));
	assert_int_equal(e.kind, ERR_IO);
	assert_string_equal(e.text, "the disk is broken");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(chunks),
		cmocka_unit_test(compact_index),
		cmocka_unit_test(lying_bytes),
		cmocka_unit_test(a_loop_of_directories_ends),
		cmocka_unit_test(composefs),
		cmocka_unit_test(a_blob_keeps_its_failure),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
