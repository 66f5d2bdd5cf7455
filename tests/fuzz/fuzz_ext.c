/*
 * fuzz_ext.c - any bytes as an ext2, ext3 or ext4, its journal among them; patched.h has the form
 * of the input. Beyond not crashing, what opens keeps the promises of a tree (tour.h).
 */
#include "patched.h"
#include "tour.h"

enum { IMAGE_KIB = 4096, ROOM = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *a = arena_new(ROOM, NULL, NULL);
	tour_volume("ext", patched_image(a, bytes, size, IMAGE_KIB));
	arena_free(a);
	return 0;
}
