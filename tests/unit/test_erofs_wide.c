/*
 * fs/erofs: what came with Linux 6.15 and 6.17, in a small image written by hand - block numbers of
 * 48 bits, lists of extents, the metabox - and prefixes of names. Numbers are those of the on-disk
 * format at erofs.docs.kernel.org, of records those of the kernel's erofs_fs.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "erofs_volume.h"
#include "fixture.h"
#include "fs.h"

#include <cmocka.h>

/* Flat without a block is a hole, also by the 48 bits of an inode without number of links. */
static void nowhere(void **state)
{
	struct str text;
	struct error e = {0};
	(void)state;
	for (unsigned wide = 0; wide <= 1; wide++) {
		make();
		put(FILE_ * 32 + 16, 0xffffffff, 4);
		put(FILE_ * 32, wide << 4, 2);
		put(FILE_ * 32 + 6, wide ? 0xffff : 1, 2);
		assert_true(read_all(&text, &e));
		assert_int_equal(text.n, 3 * BLOCK);
		for (size_t i = 0; i < text.n; i++)
			assert_int_equal(text.p[i], 0);
	}
}

/* ---- records: a list of extents, of 4 to 32 bytes each ---- */

static bool far_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got, struct error *e)
{
	uint64_t most = UINT64_C(1) << 48, near = at % most;
	(void)b, (void)e;
	*got = near >= sizeof image      ? 0
	       : n < sizeof image - near ? n
					 : (size_t)(sizeof image - near);
	memcpy(buf, image + near, *got);
	return true;
}

/* The image again and again, every 2^48 bytes. */
static bool read_far(struct str *out, struct error *e)
{
	static struct blob b = {.name = {"image", 5}, .size = UINT64_C(1) << 60, .read = far_read};
	struct fs *fs = NULL;
	struct walk w;
	return fs_open_volume(arena, &b, "erofs", &(struct fs_options){0}, &fs, e) &&
	       fs_walk(arena, fs, S("/file"), false, &w, e) == WALK_FOUND &&
	       fs_slurp(arena, fs, w.ino, 1 << 20, out, e);
}

/* A list of records of 4 << size bytes, for extents of 2^(12 + bits). */
static void put_list(unsigned size, unsigned flags, unsigned n, unsigned bits)
{
	make();
	put(SUPER + 80, 0x80, 4);
	put_inode(FILE_, 1, 0100644, 3 * BLOCK, 0);
	put(INDEX - 8, n, 4);
	put(INDEX - 4, 1 | size << 1 | flags, 2);
	put(INDEX - 1, bits, 1);
}

static void records_of_one_length(void **state)
{
	(void)state;
	put_list(0, 0, 0, 0); /* where the first is stored, then lengths */
	put(INDEX, BYTES, 8);
	put(INDEX + 8, BLOCK, 4);
	put(INDEX + 12, BLOCK, 4);
	put(INDEX + 16, BLOCK, 4);
	assert_content("abc");
	put(INDEX, BYTES + 100, 8); /* and not where a block begins */
	struct str text;
	struct error e = {0};
	assert_true(read_all(&text, &e));
	assert_true(text.p[BLOCK - 101] == 'a' && text.p[BLOCK - 100] == 'b');
	put_list(1, 0, 0, 1); /* a length, and where */
	put(INDEX, 2 * BLOCK, 4);
	put(INDEX + 4, BYTES + BLOCK, 4);
	put(INDEX + 8, BLOCK, 4);
	put(INDEX + 12, BYTES, 4);
	assert_content("bca");
}

static void records_of_any_length(void **state)
{
	(void)state;
	for (unsigned size = 2; size <= 3; size++) {
		unsigned n = 4u << size, at = (INDEX + n - 1) / n * n;
		put_list(size, 0, 2, 0);
		put(at, BLOCK, 4);
		put(at + 4, BYTES + 2 * BLOCK, 8);
		put(at + n, 2 * BLOCK, 4);
		put(at + n + 4, BYTES, 8);
		put(at + n + 12, BLOCK, 4);
		assert_content("cab");
		put(at + n, 0, 4); /* nothing stored is a hole; so is what lies before the first */
		put(at + 12, 10, 4);
		struct str text;
		struct error e = {0};
		assert_true(read_all(&text, &e));
		assert_true(text.p[9] == 0 && text.p[10] == 'c' && text.p[BLOCK - 1] == 'c');
		assert_true(text.p[BLOCK] == 0 && text.p[3 * BLOCK - 1] == 0);
	}
}

/* Interlaced: a byte stands in its block where it does in the file's. */
static void records_interlaced(void **state)
{
	struct str text;
	struct error e = {0};
	unsigned at = (INDEX + 15) / 16 * 16;
	(void)state;
	put_list(2, 0x10, 2, 0);
	put(at, 100, 4);
	put(at + 4, BYTES + 1, 8);
	put(at + 16, BLOCK, 4);
	put(at + 20, BYTES + BLOCK, 8);
	put(at + 28, 100, 4);
	put(FILE_ * 32 + 8, BLOCK, 4);
	image[BYTES + BLOCK + 100] = '>';
	assert_true(read_all(&text, &e));
	assert_int_equal(text.n, BLOCK);
	assert_true(text.p[99] == 'a' && text.p[100] == '>' && text.p[101] == 'b');
}

/* ---- block numbers of 48 bits; the metabox ---- */

static void far_blocks(void **state)
{
	struct str text;
	struct error e = {0};
	(void)state;
	for (unsigned way = 0; way < 4; way++) {
		make();
		put(SUPER + 80, 0x80, 4);
		put(SUPER + 14, 0x10, 2); /* of the image's size */
		put(SUPER + 112, ROOT, 8);
		uint64_t block = (UINT64_C(1) << 36) + 3;
		put(FILE_ * 32 + 6, block >> 32, 2);
		put(FILE_ * 32 + 16, block & UINT32_MAX, 4);
		if (way == 0)
			put(FILE_ * 32, 0x10, 2);
		if (way == 1) { /* an inode of 64 bytes */
			put(FILE_ * 32, 1, 2);
			put(FILE_ * 32 + 24, 7, 4);
		}
		if (way == 2) { /* chunks */
			put(FILE_ * 32, 4 << 1, 2);
			put(FILE_ * 32 + 16, 0x60 | 2, 4);
			put(FILE_ * 32 + 32, block >> 32, 2);
			put(FILE_ * 32 + 36, block & UINT32_MAX, 4);
		}
		if (way == 3) { /* records */
			put(FILE_ * 32, 1 << 1, 2);
			put(INDEX - 8, 1, 4);
			put(INDEX - 4, 1 | 2 << 1, 2);
			put(INDEX + 8, 3 * BLOCK, 4);
			put(INDEX + 12, block * BLOCK, 8);
		}
		put(FILE_ * 32 + 8, 2 * BLOCK, 8);
		if (way != 1)
			put(FILE_ * 32 + 12, 0, 4);
		if (!read_far(&text, &e))
			fail_msg("way %u: %s", way, e.text);
		assert_int_equal(text.n, 2 * BLOCK);
		assert_true(text.p[0] == 'b' && text.p[2 * BLOCK - 1] == 'c');
	}
}

/* The inode of "/file" is in the metabox, and its last bytes behind it. */
static void put_metabox(void)
{
	make();
	put(SUPER + 13, 1, 1);
	put(SUPER + 80, 0x180, 4);
	put(SUPER + 128, BOX, 8);
	put_inode(BOX, 0, 0100600, 2 * BLOCK, 2);
	put(DIR + 24, BOXED | 3, 8);
	put_inode_at(BYTES + 3 * 32, 2, 0100640, BLOCK + 5, 4);
	memcpy(image + BYTES + 4 * 32, "hello", 5);
}

static void metabox(void **state)
{
	struct str text;
	struct error e = {0};
	(void)state;
	put_metabox();
	if (!read_all(&text, &e))
		fail_msg("%s", e.text);
	assert_int_equal(text.n, BLOCK + 5);
	assert_true(text.p[0] == 'c' && text.p[BLOCK - 1] == 'c');
	assert_true(str_eq(str_tail(text, BLOCK), S("hello")));
	put_inode(BOX, 4, 0100600, 2 * BLOCK, 0); /* in chunks: a metabox is a file like others */
	put(BOX * 32 + 32, 2, 4);
	put(BOX * 32 + 36, 3, 4);
	assert_true(read_all(&text, &e) && text.n == BLOCK + 5);
}

/* An attribute that inodes share is in the metabox or, at the same place, in the image. */
static void shared_in_the_metabox(void **state)
{
	const size_t own = BYTES + 4 * 32, place = 3072;
	(void)state;
	for (unsigned boxed = 0; boxed <= 1; boxed++) {
		struct str text;
		struct error e = {0};
		put_metabox();
		put(SUPER + 8, boxed ? 0x8 : 0, 4);
		put(BYTES + 3 * 32 + 2, 2, 2);
		memset(image + own, 0, 16);
		put(own + 4, 1, 1);
		put(own + 12, place / 4, 4);
		memcpy(image + own + 16, "hello", 5);
		put(place, 0x0404, 4); /* trusted.none here, overlay's there */
		memcpy(image + place + 4, "none", 4);
		put(BYTES + place, 0x0410, 4);
		memcpy(image + BYTES + place + 4, "overlay.metacopy", 16);
		assert_true(read_all(&text, &e) == !boxed);
		assert_true(!boxed || strstr(e.text, "store of objects"));
	}
}

/* A prefix of the image's own may be all of a name. */
static void prefixes(void **state)
{
	static const struct {
		unsigned base, number, n;
		const char *rest, *left, *words;
	} cases[] = {
		{4, 0, 16, "overlay.metacopy", "", "store of objects"},
		{1, 0, 12, "overlay.meta", "copy", "store of objects"},
		{4, 0, 0, "", "overlay.redirect", "store of objects"},
		{6, 0, 16, "overlay.metacopy", "", NULL}, /* security. */
		{4, 0, 4, "foo.", "metacopy", NULL},
		{4, 1, 4, "foo.", "metacopy", "number 1 of 1"},
	};
	const size_t table = 3072, own = FILE_ * 32 + 32 + 12;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text;
		struct error e = {0};
		size_t n = strlen(cases[i].left);
		make();
		put(SUPER + 8, 0x10, 4);
		put(SUPER + 80, 0x40, 4);
		put(SUPER + 91, 1, 1);
		put(SUPER + 92, table / 4, 4);
		put(table, 1 + cases[i].n, 2);
		put(table + 2, cases[i].base, 1);
		memcpy(image + table + 3, cases[i].rest, cases[i].n);
		put(FILE_ * 32 + 2, 1 + (4 + n) / 4, 2);
		put(own, n, 1);
		put(own + 1, 0x80 | cases[i].number, 1);
		memcpy(image + own + 4, cases[i].left, n);
		bool read = read_all(&text, &e);
		if (read != !cases[i].words || (!read && !strstr(e.text, cases[i].words)))
			fail_msg("%zu: %s", i, read ? "was read" : e.text);
	}
}

/* The metabox's bytes are among the fragments, whose inode is in the metabox. */
static void a_metabox_that_needs_itself(void **state)
{
	struct str text;
	struct error e = {0};
	(void)state;
	put_metabox();
	put_inode(BOX, 3, 0100600, 2 * BLOCK, 0);
	put(BOX * 32 + 32, 1ull << 63, 8);
	put(SUPER + 80, 0x1a0, 4);
	put(SUPER + 96, BOXED | 1, 8);
	assert_false(read_all(&text, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.text, "needs it itself"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nowhere),
		cmocka_unit_test(records_of_one_length),
		cmocka_unit_test(records_of_any_length),
		cmocka_unit_test(records_interlaced),
		cmocka_unit_test(far_blocks),
		cmocka_unit_test(metabox),
		cmocka_unit_test(shared_in_the_metabox),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(a_metabox_that_needs_itself),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
