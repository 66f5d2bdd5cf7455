/*
 * erofs_volume.c - a small erofs in bytes, by the on-disk format at erofs.docs.kernel.org.
 */
#include "erofs_volume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"

#include <cmocka.h>

unsigned char image[BLOCKS * BLOCK];

void put(size_t at, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		image[at + i] = (unsigned char)(value >> 8 * i);
}

void put_inode_at(size_t at, unsigned layout, unsigned mode, uint32_t size, uint32_t place)
{
	memset(image + at, 0, 32);
	put(at, layout << 1, 2);
	put(at + 4, mode, 2);
	put(at + 6, 1, 2);
	put(at + 8, size, 4);
	put(at + 16, place, 4);
}

void put_inode(unsigned nid, unsigned layout, unsigned mode, uint32_t size, uint32_t place)
{
	put_inode_at((size_t)nid * 32, layout, mode, size, place);
}

static void put_entry(unsigned i, uint64_t nid, unsigned name_at, const char *name)
{
	put(DIR + 12 * i, nid, 8);
	put(DIR + 12 * i + 8, name_at, 2);
	memcpy(image + DIR + name_at, name, strlen(name));
}

void make(void)
{
	memset(image, 0, sizeof image);
	put(SUPER, 0xE0F5E1E2, 4);
	put(SUPER + 12, 12, 1);
	put(SUPER + 14, ROOT, 2);
	put(SUPER + 36, BLOCKS, 4);
	memcpy(image + SUPER + 64, "small", 5);
	put_inode(ROOT, 0, 040755, 48, 1);
	put_entry(0, ROOT, 36, ".");
	put_entry(1, ROOT, 37, "..");
	put_entry(2, FILE_, 39, "file");
	put_inode(FILE_, 0, 0100644, 3 * BLOCK, 2);
	for (size_t i = 0; i < 3; i++)
		memset(image + BYTES + i * BLOCK, "abc"[i], BLOCK);
}

struct fs *open_image(struct error *e)
{
	struct fs *fs = NULL;
	struct blob *b = blob_memory(arena, S("image"), (struct str){(char *)image, sizeof image});
	return fs_open_volume(arena, b, NULL, &(struct fs_options){0}, &fs, e) ? fs : NULL;
}

bool read_all(struct str *out, struct error *e)
{
	struct fs *fs = open_image(e);
	struct walk w;
	if (!fs || fs_walk(arena, fs, S("/file"), false, &w, e) != WALK_FOUND)
		return false;
	return fs_slurp(arena, fs, w.ino, 1 << 20, out, e);
}

void assert_content(const char *letters)
{
	struct str text;
	struct error e = {0};
	if (!read_all(&text, &e))
		fail_msg("%s", e.text);
	assert_int_equal(text.n, strlen(letters) * BLOCK);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != letters[i / BLOCK])
			fail_msg("byte %zu is %c", i, text.p[i]);
}
