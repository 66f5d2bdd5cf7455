/*
 * fuzz_vfat.c - any bytes as a FAT volume: what opens keeps the promises of a tree (tour.h).
 */
#include "tour.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	tour_volume("vfat", (struct str){(const char *)bytes, size});
	return 0;
}
