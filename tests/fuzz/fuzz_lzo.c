/*
 * fuzz_lzo.c - any bytes as an LZO1X stream and as a row of segments of a btrfs extent: no more
 * comes out than there is room for, and a failure has a message. The first byte is the room, in
 * pieces of 16 bytes, the second one the sector's size as a power of two.
 */
#include <stdlib.h>

#include "btrfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void judge(bool ok, size_t got, size_t room, const struct error *e)
{
	if (ok ? got > room : !e->kind || !e->text[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error e = {0};
	size_t got = 0;
	if (size < 2)
		return 0;
	size_t room = (size_t)bytes[0] * 16;
	uint32_t sector = 1u << (9 + bytes[1] % 8);
	struct str in = {(const char *)bytes + 2, size - 2};
	char *out = malloc(room + 1);
	judge(lzo_decode(in, out, room, &got, &e), got, room, &e);
	e = (struct error){0};
	judge(btrfs_unpack_lzo(in, sector, out, room, &got, &e), got, room, &e);
	free(out);
	return 0;
}
