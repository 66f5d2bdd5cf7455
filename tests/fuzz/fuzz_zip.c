/*
 * fuzz_zip.c - any bytes as a zip archive: what opens keeps the promises of a tree (tour.h).
 */
#include <stdlib.h>
#include <string.h>

#include "tour.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *archive = malloc(size + 4);
	if (!archive)
		abort();
	if (size)
		memcpy(archive, bytes, size);
	memcpy(archive, "PK\3\4", 4);
	tour_volume(NULL, (struct str){archive, size < 4 ? 4 : size});
	free(archive);
	return 0;
}
