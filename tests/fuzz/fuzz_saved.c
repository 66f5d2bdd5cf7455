/*
 * fuzz_saved.c - any bytes as what was learnt of a layer: none, or a tree that is walked to its end
 * with every file read, and that is the same again when it is saved and opened once more. The
 * layer's own blob is an empty one, so that nothing can be read late.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fs.h"
#include "fuzzed.h"
#include "out.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct tour {
	struct arena *arena;
	struct fs *fs;
	unsigned depth;
	size_t *looks;
};

static bool look(void *arg, struct str name, uint64_t ino)
{
	struct tour *t = arg;
	struct fs_stat st;
	struct str text;
	struct error e = {0};
	if (memchr(name.p, '/', name.n) || t->depth > 300)
		abort();
	if (++*t->looks > 20000)
		return false;
	if (!fs_stat_at(t->fs, ino, &st, &e))
		abort();
	fs_slurp(t->arena, t->fs, ino, 1 << 16, &text, &e);
	t->fs->ops->gist(t->fs, ino, &text, &e);
	if (st.kind != FS_DIRECTORY)
		return true;
	struct tour below = {t->arena, t->fs, t->depth + 1, t->looks};
	return fs_list(t->fs, ino, look, &below, &e);
}

static void try(struct arena *a, struct str saved)
{
	static const struct fs_options opts = {.whiteouts = true, .max.file = 1 << 20};
	static const struct str digest = {
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 71};
	struct blob *b = blob_memory(a, S("empty"), S(""));
	struct fs *fs = fs_open_saved(a, saved, b, digest, 0, &opts), *again;
	struct error e = {0};
	size_t looks = 0;
	if (!fs)
		return;
	struct out *once = out_new(a), *twice = out_new(a);
	fs_save_layer(fs, once);
	again = fs_open_saved(a, out_text(once), b, digest, 0, &opts);
	if (!again)
		abort();
	fs_save_layer(again, twice);
	if (!str_eq(out_text(once), out_text(twice)))
		abort();
	struct tour t = {a, fs, 0, &looks};
	fs_list(fs, fs->root, look, &t, &e);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	try(a, (struct str){(const char *)bytes, size});
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
