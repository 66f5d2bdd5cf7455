/*
 * test_xfs.c - XFS volumes made by hand: extents at their widest, what lies about its size or
 * place, trees and directories that loop. Expected values are those of "XFS Algorithms & Data
 * Structures".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "xfs.h"
#include "xfs_volume.h"

#include <cmocka.h>

enum { FILE_INO = 34, REGULAR = 0100644, DIRECTORY = 040755, LINK = 0120777 };

static struct fs *opened(struct xfs_volume *v)
{
	struct error e = {0};
	struct fs *fs = xfs_volume_open(v, &e);
	if (!fs)
		fail_msg("%s", e.text);
	assert_string_equal(fs->stale.n ? fs->stale.p : "", "");
	return fs;
}

static void gives(struct fs *fs, uint64_t ino, uint64_t at, const char *expected, size_t n)
{
	char buf[2048];
	size_t got = 0;
	struct error e = {0};
	if (!fs->ops->read(fs, ino, at, buf, n, &got, &e))
		fail_msg("%s", e.text);
	assert_int_equal(got, n);
	assert_memory_equal(buf, expected, n);
}

static void refuses(struct fs *fs, uint64_t ino, uint64_t at, const char *why)
{
	char buf[2048];
	size_t got = 7;
	struct error e = {0};
	assert_false(fs->ops->read(fs, ino, at, buf, sizeof buf, &got, &e));
	assert_int_equal(got, 7);
	assert_int_equal(e.kind, ERR_CORRUPT);
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
}

/* ---- hashes ---- */

/* By the bytes of its example, at the addresses of the names; its text has another one. */
static void hashes_as_the_book_has_them(void **state)
{
	(void)state;
	assert_int_equal(xfs_hash(S(".")), 0x2e);
	assert_int_equal(xfs_hash(S("..")), 0x172e);
	assert_int_equal(xfs_hash(S("frame000000.tst")), 0xa3a040b4);
	assert_int_equal(xfs_hash(S("frame000007.tst")), 0xd3a040b4);
}

/* ---- extents ---- */

static void extents_at_the_end_of_what_a_file_can_be(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	uint64_t last = ((uint64_t)INT64_MAX >> 9) - 1; /* block */
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, REGULAR, FORM_EXTENTS, INT64_MAX, 3);
	xfs_volume_extent(fork, false, 1, 100, 2);
	xfs_volume_extent(fork + 16, true, 3, 102, 1);
	xfs_volume_extent(fork + 32, false, last, 103, 1);
	memset(xfs_volume_block(v, 100), 'a', VOLUME_BLOCK);
	memset(xfs_volume_block(v, 101), 'b', VOLUME_BLOCK);
	memset(xfs_volume_block(v, 102), 'u', VOLUME_BLOCK);
	memset(xfs_volume_block(v, 103), 'z', VOLUME_BLOCK);
	struct fs *fs = opened(v);
	gives(fs, FILE_INO, 510, "\0\0aa", 4);
	gives(fs, FILE_INO, 1022, "aabb", 4);
	gives(fs, FILE_INO, 1534, "bb\0\0", 4);
	gives(fs, FILE_INO, last * VOLUME_BLOCK - 2, "\0\0zz", 4);
	gives(fs, FILE_INO, last * VOLUME_BLOCK + 510, "zz\0\0", 4);
	char one;
	size_t got;
	struct error e = {0};
	assert_true(fs->ops->read(fs, FILE_INO, (uint64_t)INT64_MAX - 1, &one, 1, &got, &e));
	assert_int_equal(got, 1);
	assert_true(fs->ops->read(fs, FILE_INO, UINT64_MAX, &one, 1, &got, &e));
	assert_int_equal(got, 0);
}

static void all_bits_of_a_record(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, REGULAR, FORM_EXTENTS, INT64_MAX, 1);
	memset(fork, 0xff, 16);
	fork[0] = 0x7f;                           /* written */
	gives(opened(v), FILE_INO, 0, "\0\0", 2); /* it lies past the end of any file */
	xfs_volume_extent(fork, false, 0, (uint64_t)1 << 51, 1);
	refuses(opened(v), FILE_INO, 0, "outside the volume");
	xfs_volume_extent(fork, false, 0, VOLUME_BLOCKS - 1, 2);
	refuses(opened(v), FILE_INO, 0, "outside the volume");
	xfs_volume_extent(fork, false, 0, 100, 0);
	refuses(opened(v), FILE_INO, 0, "out of order");
}

static void extents_out_of_order(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, REGULAR, FORM_EXTENTS, 4096, 2);
	xfs_volume_extent(fork, false, 2, 100, 2);
	xfs_volume_extent(fork + 16, false, 3, 200, 1);
	refuses(opened(v), FILE_INO, 0, "out of order");
	xfs_volume_inode(v, FILE_INO, REGULAR, FORM_EXTENTS, 4096, 1000);
	refuses(opened(v), FILE_INO, 0, "more extents than it has room for");
	xfs_volume_inode(v, FILE_INO, REGULAR, FORM_EXTENTS, (uint64_t)1 << 63, 0);
	refuses(opened(v), FILE_INO, 0, "size is negative");
}

/* ---- trees of extents ---- */

/* A block of the tree, version 4. */
static unsigned char *tree_block(struct xfs_volume *v, uint64_t block, unsigned level, unsigned n)
{
	unsigned char *p = xfs_volume_block(v, block);
	memcpy(p, "BMAP", 4);
	put_be(p + 4, level, 2);
	put_be(p + 6, n, 2);
	return p + 24;
}

static unsigned char *root_of(struct xfs_volume *v, unsigned level, uint64_t key, uint64_t child)
{
	enum { ROOM = (256 - 100 - 4) / 16 };
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, REGULAR, FORM_BTREE, 1 << 20, 2);
	put_be(fork, level, 2);
	put_be(fork + 2, 1, 2);
	put_be(fork + 4, key, 8);
	put_be(fork + 4 + ROOM * 8, child, 8);
	return fork;
}

/* A hole at the end of a leaf goes on to the parent's next key, not for ever. */
static void a_hole_between_leaves(void **state)
{
	(void)state;
	enum { ROOM = (512 - 24) / 16 };
	struct xfs_volume *v = xfs_volume_new(arena, false);
	root_of(v, 2, 0, 90);
	unsigned char *keys = tree_block(v, 90, 1, 2);
	put_be(keys, 0, 8);
	put_be(keys + 8, 10, 8);
	put_be(keys + ROOM * 8, 91, 8);
	put_be(keys + ROOM * 8 + 8, 92, 8);
	xfs_volume_extent(tree_block(v, 91, 0, 1), false, 0, 100, 1);
	xfs_volume_extent(tree_block(v, 92, 0, 1), false, 10, 101, 1);
	memset(xfs_volume_block(v, 100), 'a', VOLUME_BLOCK);
	memset(xfs_volume_block(v, 101), 'b', VOLUME_BLOCK);
	struct fs *fs = opened(v);
	gives(fs, FILE_INO, 510, "aa\0\0", 4);
	gives(fs, FILE_INO, 9 * 512 + 510, "\0\0bb", 4);
	gives(fs, FILE_INO, 10 * 512 + 510, "bb\0\0", 4);
}

static void trees_that_lie_about_their_depth(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	enum { ROOM = (512 - 24) / 16 };
	root_of(v, 2, 0, 90);
	put_be(tree_block(v, 90, 1, 1) + ROOM * 8, 90, 8); /* its own child */
	refuses(opened(v), FILE_INO, 0, "uneven depth");
	root_of(v, 10, 0, 90);
	refuses(opened(v), FILE_INO, 0, "the root of its extent tree");
	root_of(v, 0, 0, 90);
	refuses(opened(v), FILE_INO, 0, "the root of its extent tree");
	root_of(v, 1, 0, 90);
	tree_block(v, 90, 0, ROOM + 1);
	refuses(opened(v), FILE_INO, 0, "too many entries");
	root_of(v, 1, 0, (uint64_t)1 << 60);
	refuses(opened(v), FILE_INO, 0, "outside the volume");
}

/* ---- directories ---- */

struct names {
	char text[256];
};

static bool note_name(void *arg, struct str name, uint64_t ino)
{
	struct names *n = arg;
	size_t have = strlen(n->text);
	snprintf(n->text + have, sizeof n->text - have, "%" PRIstr "=%u ", ARG(name),
		 (unsigned)ino);
	return true;
}

static void lists(struct fs *fs, uint64_t ino, const char *expected)
{
	struct names n = {""};
	struct error e = {0};
	if (!fs_list(fs, ino, note_name, &n, &e))
		fail_msg("%s", e.text);
	assert_string_equal(n.text, expected);
}

static void does_not_list(struct fs *fs, uint64_t ino, const char *why)
{
	struct names n = {""};
	struct error e = {0};
	assert_false(fs_list(fs, ino, note_name, &n, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
}

static void names_in_the_inode(void **state)
{
	(void)state;
	for (int v5 = 0; v5 < 2; v5++) {
		struct xfs_volume *v = xfs_volume_new(arena, v5);
		xfs_volume_name(v, "one", 34);
		xfs_volume_name(v, "three", 36);
		lists(opened(v), VOLUME_ROOT, "one=34 three=36 ");
		xfs_volume_name(v, "a/b", 34);
		does_not_list(opened(v), VOLUME_ROOT, "a name is none");
	}
}

static void names_of_eight_byte_inodes(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	static const unsigned char fork[] = {1, 1, 0,   0, 0, 0, 0, 0, 0, 32, 1,
					     0, 0, 'x', 0, 0, 0, 0, 0, 0, 0,  34};
	memcpy(xfs_volume_inode(v, VOLUME_ROOT, DIRECTORY, FORM_LOCAL, sizeof fork, 0), fork,
	       sizeof fork);
	lists(opened(v), VOLUME_ROOT, "x=34 ");
	memcpy(xfs_volume_inode(v, VOLUME_ROOT, DIRECTORY, FORM_LOCAL, sizeof fork - 1, 0), fork,
	       sizeof fork);
	does_not_list(opened(v), VOLUME_ROOT, "ends within an entry");
	xfs_volume_inode(v, VOLUME_ROOT, DIRECTORY, FORM_LOCAL, 157, 0);
	does_not_list(opened(v), VOLUME_ROOT, "larger than its inode");
}

/* The example of the chapter "Block Directories", cut down to what an entry is. */
static unsigned char *block_directory(struct xfs_volume *v)
{
	unsigned char *fork = xfs_volume_inode(v, VOLUME_ROOT, DIRECTORY, FORM_EXTENTS, 512, 1);
	unsigned char *p = xfs_volume_block(v, 100);
	xfs_volume_extent(fork, false, 0, 100, 1);
	memset(p, 0, VOLUME_BLOCK);
	memcpy(p, "XD2B", 4);
	put_be(p + 16, VOLUME_ROOT, 8);
	memcpy(p + 24, "\1.", 2);
	put_be(p + 30, 16, 2);
	put_be(p + 32, 0xffff, 2); /* the smallest that can be free */
	put_be(p + 34, 8, 2);
	put_be(p + 38, 32, 2);
	put_be(p + 40, 34, 8);
	memcpy(p + 48, "\17frame000000.tst", 16);
	put_be(p + 70, 40, 2);
	put_be(p + 72, 0xffff, 2);
	put_be(p + 74, 512 - 8 - 16 - 72, 2);
	put_be(p + 512 - 8 - 16 - 2, 72, 2);
	put_be(p + 504, 2, 4);
	return p;
}

static void names_in_one_block(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	block_directory(v);
	lists(opened(v), VOLUME_ROOT, "frame000000.tst=34 ");
	put_be(block_directory(v) + 70, 48, 2);
	does_not_list(opened(v), VOLUME_ROOT, "does not end where it should");
	put_be(block_directory(v) + 74, 0, 2);
	does_not_list(opened(v), VOLUME_ROOT, "does not end where it should");
	block_directory(v)[48] = 0;
	does_not_list(opened(v), VOLUME_ROOT, "entry");
	put_be(block_directory(v) + 504, 0x20000000, 4);
	does_not_list(opened(v), VOLUME_ROOT, "out of shape");
	memcpy(block_directory(v), "XD2F", 4);
	does_not_list(opened(v), VOLUME_ROOT, "a block of entries is none");
}

/* Two blocks of entries, which no listing needs to ask the hashes for. */
static unsigned char *hashed_directory(struct xfs_volume *v)
{
	unsigned char *fork = xfs_volume_inode(v, VOLUME_ROOT, DIRECTORY, FORM_EXTENTS, 1024, 2);
	unsigned char *hashes = xfs_volume_block(v, 102);
	xfs_volume_extent(fork, false, 0, 100, 2);
	xfs_volume_extent(fork + 16, false, ((uint64_t)32 << 30) / 512, 102, 2);
	for (unsigned i = 0; i < 2; i++) {
		unsigned char *p = xfs_volume_block(v, 100 + i);
		memset(p, 0, VOLUME_BLOCK);
		memcpy(p, "XD2D", 4);
		put_be(p + 16, 34 + i, 8);
		memcpy(p + 24, i ? "\1y" : "\1x", 2);
		put_be(p + 30, 16, 2);
		put_be(p + 32, 0xffff, 2);
		put_be(p + 34, 480, 2);
		put_be(p + 510, 32, 2);
	}
	memset(hashes, 0, (size_t)2 * VOLUME_BLOCK);
	put_be(hashes + 8, 0xd2f1, 2);
	put_be(hashes + 12, 2, 2);
	put_be(hashes + 16, 'x', 4);
	put_be(hashes + 20, 16 / 8, 4);
	put_be(hashes + 24, 'y', 4);
	put_be(hashes + 28, (512 + 16) / 8, 4);
	return hashes;
}

static bool looks_up(struct fs *fs, struct str name, uint64_t expected)
{
	struct error e = {0};
	bool found;
	uint64_t ino;
	if (!fs_lookup(fs, VOLUME_ROOT, name, &found, &ino, &e))
		fail_msg("%s", e.text);
	return found && ino == expected;
}

static void fails_to_look_up(struct fs *fs, struct str name, const char *why)
{
	struct error e = {0};
	bool found;
	uint64_t ino;
	assert_false(fs_lookup(fs, VOLUME_ROOT, name, &found, &ino, &e));
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
}

static void names_by_their_hash(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	unsigned char *hashes = hashed_directory(v);
	struct fs *fs = opened(v);
	lists(fs, VOLUME_ROOT, "x=34 y=35 ");
	assert_true(looks_up(fs, S("x"), 34));
	assert_true(looks_up(fs, S("y"), 35));
	assert_false(looks_up(fs, S("z"), 0));
	put_be(hashes + 28, 512 / 8, 4);
	fails_to_look_up(fs, S("y"), "leads to no entry");
	put_be(hashes + 28, UINT32_MAX, 4);
	fails_to_look_up(fs, S("y"), "leads outside");
}

static void hashes_that_loop(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	unsigned char *hashes = hashed_directory(v);
	uint64_t here = ((uint64_t)32 << 30) / 512;
	struct fs *fs = opened(v);
	put_be(hashes, here, 4); /* after the last leaf the same again */
	put_be(hashes + 24, 'z', 4);
	fails_to_look_up(fs, S("z"), "too many names of one hash");
	hashes = hashed_directory(v);
	put_be(hashes + 8, 0xfebe, 2); /* its own child */
	put_be(hashes + 14, 1, 2);
	put_be(hashes + 20, here, 4);
	fails_to_look_up(fs, S("x"), "uneven depth");
	put_be(hashes + 14, 6, 2);
	fails_to_look_up(fs, S("x"), "uneven depth");
}

/* ---- links ---- */

static void links_say_where_they_lead(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, false);
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, LINK, FORM_LOCAL, 3, 0);
	memcpy(fork, "a/b", 3);
	gives(opened(v), FILE_INO, 1, "/b", 2);
	xfs_volume_inode(v, FILE_INO, LINK, FORM_LOCAL, 157, 0);
	refuses(opened(v), FILE_INO, 0, "longer than its inode");
	xfs_volume_inode(v, FILE_INO, LINK, FORM_EXTENTS, 1025, 0);
	refuses(opened(v), FILE_INO, 0, "too long");
	xfs_volume_inode(v, FILE_INO, LINK, FORM_LOCAL, 0, 0);
	refuses(opened(v), FILE_INO, 0, "empty");
}

/* ---- version 5 ---- */

static void blocks_that_belong_elsewhere(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, true);
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, REGULAR, FORM_EXTENTS, 3, 1);
	xfs_volume_extent(fork, false, 0, 100, 1);
	memcpy(xfs_volume_block(v, 100), "yes", 3);
	struct fs *fs = opened(v);
	gives(fs, FILE_INO, 0, "yes", 3);
	fork[20] ^= 1; /* behind the extents, so only the checksum tells */
	refuses(fs, FILE_INO, 0, "checksum");
	fork[20] ^= 1;
	put_be(fork - 176 + 152, FILE_INO + 1, 8);
	refuses(fs, FILE_INO, 0, "is another");
}

static void superblocks_that_are_refused(void **state)
{
	static const struct {
		unsigned at, value, n;
		const char *why;
	} rows[] = {
		{216, 0x203, 4, "zoned"},      {216, 0x80000003, 4, "feature"},
		{126, 1, 1, "finished"},       {4, 0, 4, "block size"},
		{102, 48, 2, "sector size"},   {104, 4096, 2, "inode size"},
		{192, 7, 1, "directory"},      {84, 0, 4, "groups"},
		{88, 2, 4, "groups"},          {100, 0xb4a3, 2, "version"},
		{100, 0x94a4, 2, "version 1"}, {124, 9, 1, "groups"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct xfs_volume *v = xfs_volume_new(arena, true);
		struct error e = {0};
		put_be(v->p + rows[i].at, rows[i].value, rows[i].n);
		assert_null(xfs_volume_open(v, &e));
		if (!strstr(e.text, rows[i].why))
			fail_msg("\"%s\" does not say \"%s\"", e.text, rows[i].why);
	}
}

static void what_a_volume_says_of_itself(void **state)
{
	(void)state;
	struct xfs_volume *v = xfs_volume_new(arena, true);
	struct fs *fs = opened(v);
	assert_true(str_eq(fs->label, S("by hand")));
	assert_true(str_eq(fs->uuid, S("61207465-7374-2773-2076-6f6c756d6500")));
	struct error e = {0};
	put_be(v->p + 216, 0x13, 4);
	fs = xfs_volume_open(v, &e);
	assert_true(str_has(fs->stale, S("xfs_repair")));
	put_be(v->p + 48, 0, 8);
	fs = xfs_volume_open(v, &e);
	assert_true(str_has(fs->stale, S("another device")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_as_the_book_has_them),
		cmocka_unit_test(extents_at_the_end_of_what_a_file_can_be),
		cmocka_unit_test(all_bits_of_a_record),
		cmocka_unit_test(extents_out_of_order),
		cmocka_unit_test(a_hole_between_leaves),
		cmocka_unit_test(trees_that_lie_about_their_depth),
		cmocka_unit_test(names_in_the_inode),
		cmocka_unit_test(names_of_eight_byte_inodes),
		cmocka_unit_test(names_in_one_block),
		cmocka_unit_test(names_by_their_hash),
		cmocka_unit_test(hashes_that_loop),
		cmocka_unit_test(links_say_where_they_lead),
		cmocka_unit_test(blocks_that_belong_elsewhere),
		cmocka_unit_test(superblocks_that_are_refused),
		cmocka_unit_test(what_a_volume_says_of_itself),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
