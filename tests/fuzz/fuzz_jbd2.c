/*
 * fuzz_jbd2.c - any bytes as a journal over a volume of a few blocks; patched.h has the form of the
 * input. What the overlay gives is the same by blocks and by pieces, and is a block of the volume
 * or one of the journal.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fast.h"
#include "fuzzed.h"
#include "patched.h"

enum { JOURNAL_KIB = 256, BLOCK = 1024, BLOCKS = 64, PIECE = 700 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* But for its first four bytes, which may be escaped. */
static bool known(struct str journal, const char *block)
{
	static const char volume[BLOCK];
	bool found = memcmp(block, volume, BLOCK) == 0;
	for (size_t at = 0; !found && at + BLOCK <= journal.n; at += BLOCK)
		found = memcmp(block + 4, journal.p + at + 4, BLOCK - 4) == 0;
	return found;
}

static void compare(struct blob *volume, struct str journal)
{
	struct error e = {0};
	char block[BLOCK], piece[PIECE];
	size_t got;
	for (uint64_t at = 0; at < volume->size; at += BLOCK) {
		if (!blob_read(volume, at, block, BLOCK, &e))
			continue;
		if (!known(journal, block))
			abort();
		if (!volume->read(volume, at + 100, piece, PIECE, &got, &e) || got != PIECE ||
		    memcmp(piece, block + 100, PIECE) != 0)
			abort();
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const char zero[BLOCK * BLOCKS];
	struct error e = {0};
	struct jbd2 j;
	struct fast *fast = NULL;
	struct blob *volume = blob_memory(a, S("volume"), (struct str){zero, sizeof zero});
	struct str image = patched_image(a, bytes, size, JOURNAL_KIB);
	struct blob *journal = blob_memory(a, S("journal"), image);
	if (jbd2_replay(a, volume, journal, BLOCK, &j, &e)) {
		compare(j.volume, image);
		fast_read(a, journal, BLOCK, &j, &fast, &e);
	} else if (!e.kind || !e.text[0]) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed((size_t)64 << 20, run, bytes, size);
}
