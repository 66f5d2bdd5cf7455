/*
 * fuzz_archive.c - any bytes as a tar or cpio under any compression. Beyond not crashing, what
 * opens reads the same by pieces, as a whole and as a blob, or fails.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fs.h"
#include "fuzzed.h"

enum { FILES_MAX = 200, FILE_MAX = 64 << 10, DEPTH_MAX = 260 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct tour {
	struct arena *arena;
	struct fs *fs;
	unsigned files, depth;
};

static bool want(struct str path, uint64_t size)
{
	return path.n % 2 && size < 4096;
}

static void read_file(struct tour *t, uint64_t ino)
{
	struct error e = {0};
	struct str whole, other;
	char piece[7];
	size_t got;
	if (!fs_slurp(t->arena, t->fs, ino, FILE_MAX, &whole, &e))
		return;
	for (size_t at = 0; at < whole.n; at += got) {
		if (!t->fs->ops->read(t->fs, ino, at, piece, sizeof piece, &got, &e))
			return;
		if (got == 0 || memcmp(piece, whole.p + at, got) != 0)
			abort();
		at += at > 64 ? whole.n / 16 : 0;
	}
	struct blob *b = fs_blob(t->arena, t->fs, ino, S("file"), &e);
	if (b && blob_slurp(t->arena, b, FILE_MAX, &other, &e) && !str_eq(whole, other))
		abort();
}

static bool visit(void *arg, struct str name, uint64_t ino)
{
	struct tour *t = arg;
	struct fs_stat st;
	struct error e = {0};
	if (name.n == 0 || name.n > 255 || str_find(name, '/') < name.n || ++t->files > FILES_MAX)
		return t->files <= FILES_MAX || (abort(), false);
	if (!fs_stat_at(t->fs, ino, &st, &e))
		abort();
	if (st.kind != FS_DIRECTORY) {
		read_file(t, ino);
	} else if (t->depth < DEPTH_MAX) {
		t->depth++;
		fs_list(t->fs, ino, visit, t, &e);
		t->depth--;
	}
	return true;
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const struct fs_options opts = {.wanted = want,
					       .max.entries = 1000,
					       .max_kept = 64 << 10,
					       .max.file = 256 << 10,
					       .max.spill = 1 << 20};
	struct error e = {0};
	struct str input = {(const char *)bytes, size};
	struct tour t = {.arena = a};
	t.fs = fs_open_archive(a, blob_memory(a, S("input"), input), &opts, &e);
	if (t.fs)
		fs_list(t.fs, t.fs->root, visit, &t, &e);
	else if (e.kind == ERR_NONE || e.text[0] == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed((size_t)64 << 20, run, bytes, size);
}
