/*
 * fuzz_xfs.c - any bytes as an XFS volume and its log; patched.h has the form of the input. The
 * checksums of version 5 are made to agree, so that what is changed is also looked at. Beyond not
 * crashing, what opens keeps the promises of a tree (tour.h).
 */
#include "patched.h"
#include "tour.h"
#include "xfs_volume.h"

enum { IMAGE_KIB = 32 << 10, ROOM = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *a = arena_new(ROOM, NULL, NULL);
	struct str image = patched_image(a, bytes, size, IMAGE_KIB);
	xfs_volume_seal((unsigned char *)(uintptr_t)image.p, image.n);
	tour_volume("xfs", image);
	arena_free(a);
	return 0;
}
