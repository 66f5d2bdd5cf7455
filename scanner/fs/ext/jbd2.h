/*
 * jbd2.h - what a journal still holds for its volume: a blob over a blob.
 */
#ifndef EXT_JBD2_H
#define EXT_JBD2_H

#include "blob.h"

struct arena;

struct jbd2 {
	/* The volume as it is once every committed transaction is in place. Blocks that the journal
	 * holds are checked when they are read, and are an ERR_CORRUPT then. */
	struct blob *volume;
	/* Why a mount would refuse the journal, or do more with it than is done here; else empty.
	 */
	struct str stale;
	/* The fast commits that may follow: blocks of the journal, and whose transaction they must
	 * name. fast_n is 0 where there can be none. */
	uint32_t fast_first, fast_n, transaction;
};

/* `journal` is the journal's own bytes, wherever they lie. What is wrong with it is told in
 * out->stale; only bytes that cannot be had are a failure. */
bool jbd2_replay(struct arena *a, struct blob *volume, struct blob *journal, uint32_t block_size,
		 struct jbd2 *out, struct error *e);

#endif
