/*
 * fuzz_xfs_log.c - any bytes as what the records of an XFS log contain, over a small volume made by
 * hand: the first byte picks its version, then each record is a count of operations, a length of
 * two bytes, and that many bytes. Both passes are run, and the tree that comes of it keeps the
 * promises of one (tour.h).
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "fuzzed.h"
#include "tour.h"
#include "xfs_log.h"
#include "xfs_volume.h"

enum { FILE_INO = 34, FILE_BYTES = 64 << 10, ENTRIES = 200, DEPTH = 10, HEAD = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool take_all(struct xfs_transactions *t, const uint8_t *bytes, size_t size, struct error *e)
{
	uint64_t lsn = (uint64_t)1 << 32;
	for (size_t at = 0; size - at > HEAD; lsn++) {
		size_t n = load_le16(bytes + at + 1);
		n = n < size - at - HEAD ? n : size - at - HEAD;
		struct xfs_record r = {.lsn = lsn,
				       .bytes = (uint32_t)n,
				       .operations = bytes[at],
				       .contents = bytes + at + HEAD};
		if (!xfs_transactions_take(t, &r, e))
			return false;
		at += HEAD + n;
	}
	return true;
}

static void replay(struct arena *a, struct xfs *x, const uint8_t *bytes, size_t size)
{
	struct error e = {0};
	struct xfs_replay *r = xfs_replay_new(x);
	struct tour t = {.max_file = FILE_BYTES, .max_entries = ENTRIES, .max_depth = DEPTH};
	x->replayed = blob_overlay_new(a, x->blob, 0);
	x->blob = blob_overlaid(x->replayed);
	bool taken = take_all(xfs_transactions_new(a, xfs_replay_note, r), bytes, size, &e) &&
		     take_all(xfs_transactions_new(a, xfs_replay_apply, r), bytes, size, &e);
	if (!taken && (!e.kind || !e.text[0]))
		abort();
	tour_tree(a, &x->fs, &t);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct error e = {0};
	struct xfs_volume *v = xfs_volume_new(a, bytes[0] & 1);
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, 0100644, FORM_EXTENTS, VOLUME_BLOCK, 1);
	xfs_volume_extent(fork, false, 0, 100, 1);
	xfs_volume_name(v, "file", FILE_INO);
	struct fs *fs = xfs_volume_open(v, &e);
	if (!fs)
		abort();
	replay(a, (struct xfs *)fs, bytes + 1, size - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size == 0 ? 0 : fuzzed((size_t)64 << 20, run, bytes, size);
}
