/*
 * fuzz_iso9660.c - any bytes as a CD image, from its volume descriptors on, behind the 32 KiB that
 * belong to no one: what opens keeps the promises of a tree (tour.h).
 */
#include <stdlib.h>
#include <string.h>

#include "tour.h"

enum { UNUSED = 32 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *image = calloc(1, UNUSED + size);
	if (!image)
		abort();
	if (size)
		memcpy(image + UNUSED, bytes, size);
	tour_volume("iso9660", (struct str){image, UNUSED + size});
	free(image);
	return 0;
}
