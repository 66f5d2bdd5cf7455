/*
 * fuzz_btrfs.c - any bytes as a btrfs, its log among them; patched.h has the form of the input.
 * Checksums are taken for right. Beyond not crashing, what opens keeps the promises of a tree
 * (tour.h), and so do its first subvolumes.
 */
#include <stdlib.h>

#include "btrfs.h"
#include "fuzzed.h"
#include "patched.h"
#include "tour.h"

enum { IMAGE_KIB = 12 << 10, FILE_BYTES = 256 << 10, ENTRIES = 300, DEPTH = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void tour(struct arena *a, struct fs *fs, const struct error *e)
{
	struct tour t = {.max_file = FILE_BYTES, .max_entries = ENTRIES, .max_depth = DEPTH};
	if (fs)
		tour_tree(a, fs, &t);
	else if (!e->kind || !e->text[0])
		abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const struct fs_options opts = {.max.entries = ENTRIES};
	struct error e = {0};
	struct str image = patched_image(a, bytes, size, IMAGE_KIB);
	struct fs *fs = btrfs_open(a, blob_memory(a, S("image"), image), &opts, true, &e);
	tour(a, fs, &e);
	if (fs)
		tour(a, fs_subvolume(a, fs, S("@/snap"), &e), &e);
	if (fs)
		tour(a, fs_subvolume(a, fs, S("subvolid=5"), &e), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed((size_t)96 << 20, run, bytes, size);
}
