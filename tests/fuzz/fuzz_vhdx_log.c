/*
 * fuzz_vhdx_log.c - any bytes as a VHDX whose log is its second MiB; patched.h has the form of the
 * input. Sums are made to fit. What is replayed is the same by sectors and by pieces, and a sector
 * of it is one of the file, one of the log but for its ends, or zeros.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "blob/vhdx_log.h"
#include "bytes.h"
#include "crc32c.h"
#include "fuzzed.h"
#include "patched.h"

enum { MIB = 1 << 20, SECTOR = 4096, PIECE = 700, SUM = 4, LENGTH = 8, LEADING = 8, TRAILING = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Of an entry that begins at `at`; the log is a ring. */
static void mend_sum(char *ring, size_t at)
{
	unsigned char *p = (unsigned char *)ring + at;
	uint32_t n = load_le32(p + LENGTH), sum = ~0u;
	memset(p + SUM, 0, 4);
	for (uint32_t i = 0; n <= MIB && i + SECTOR <= n; i += SECTOR)
		sum = crc32c(sum, ring + (at + i) % MIB, SECTOR);
	for (unsigned i = 0; i < 4; i++)
		p[SUM + i] = (unsigned char)(~sum >> (8 * i));
}

/* A copy in which they fit. */
static struct str mended(struct arena *a, struct str image)
{
	char *p = NEW_N(a, char, image.n);
	memcpy(p, image.p, image.n);
	for (size_t at = 0; image.n == 2 * MIB && at < MIB; at += SECTOR)
		if (memcmp(p + MIB + at, "loge", 4) == 0)
			mend_sum(p + MIB, at);
	return (struct str){p, image.n};
}

static bool known(struct str image, uint64_t at, const char *sector)
{
	static const char zero[SECTOR];
	bool found = memcmp(sector, zero, SECTOR) == 0 ||
		     (at < image.n && memcmp(sector, image.p + at, SECTOR) == 0);
	for (size_t i = MIB; !found && i < image.n; i += SECTOR)
		found = memcmp(sector + LEADING, image.p + i + LEADING,
			       SECTOR - LEADING - TRAILING) == 0;
	return found;
}

static void compare(struct blob *file, struct str image)
{
	struct error e = {0};
	char sector[SECTOR], piece[PIECE];
	size_t got;
	if (file->size < image.n)
		abort();
	for (uint64_t at = 0; at + SECTOR <= file->size && at < 4 * MIB; at += SECTOR) {
		if (!blob_read(file, at, sector, SECTOR, &e) || !known(image, at, sector))
			abort();
		if (!file->read(file, at + 100, piece, PIECE, &got, &e) || got != PIECE ||
		    memcmp(piece, sector + 100, PIECE) != 0)
			abort();
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const struct vhdx_log log = {MIB, MIB, (const unsigned char *)"0123456789abcdef"};
	struct error e = {0};
	struct str image = mended(a, patched_image(a, bytes, size, 2 * MIB >> 10));
	struct blob *file = blob_memory(a, S("image"), image);
	struct blob *replayed = vhdx_log_replay(a, file, &log, &e);
	if (replayed)
		compare(replayed, image);
	else if (!e.kind || !e.text[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed((size_t)96 << 20, run, bytes, size);
}
