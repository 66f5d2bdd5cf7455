/*
 * fuzz_ext.c - any bytes as an ext2, ext3 or ext4, its journal among them; patched.h has the form
 * of the input. Beyond not crashing, what opens keeps the promises of a tree (tour.h).
 */
#include <setjmp.h>
#include <stdlib.h>

#include "patched.h"
#include "tour.h"

enum { IMAGE_KIB = 4096, FILE_BYTES = 64 << 10, ENTRIES = 500, DEPTH = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct fs_options opts = {.max.entries = ENTRIES};
	struct tour t = {.max_file = FILE_BYTES, .max_entries = ENTRIES, .max_depth = DEPTH};
	jmp_buf out;
	struct error e = {0};
	struct fs *fs = NULL;
	struct arena *a = arena_new((size_t)64 << 20, full, &out);
	if (setjmp(out) == 0) {
		struct str image = patched_image(a, bytes, size, IMAGE_KIB);
		struct blob *b = blob_memory(a, S("image"), image);
		if (!fs_open_volume(a, b, "ext", &opts, &fs, &e) && (!e.kind || !e.text[0]))
			abort();
		if (fs)
			tour_tree(a, fs, &t);
	}
	arena_free(a);
	return 0;
}
