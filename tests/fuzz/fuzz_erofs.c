/*
 * fuzz_erofs.c - any bytes as an erofs: what opens keeps the promises of a tree (tour.h). The
 * checksum over the superblock's block is not looked at, so that what it covers can change.
 */
#include <stdlib.h>
#include <string.h>

#include "tour.h"

enum { FEATURES_AT = 1032 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *image = malloc(size ? size : 1);
	if (!image)
		abort();
	if (size)
		memcpy(image, bytes, size);
	if (size > FEATURES_AT)
		image[FEATURES_AT] &= ~1;
	tour_volume("erofs", (struct str){image, size});
	free(image);
	return 0;
}
