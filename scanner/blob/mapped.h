/*
 * mapped.h - a disk whose bytes lie in pieces elsewhere; private to blob/.
 *
 * A container tells of any place on its disk where the bytes are and how far that holds. Reads over
 * the borders of pieces, zeros for what was never written, and keeping the last pieces that were
 * decompressed are looked after here, once.
 */
#ifndef MAPPED_H
#define MAPPED_H

#include "blob.h"

enum piece_kind {
	PIECE_ZEROS,
	PIECE_STORED,
	PIECE_PACKED,
};

struct piece {
	enum piece_kind kind;
	uint64_t n; /* how far this holds, from the place that was asked for; never 0 */
	/* STORED and PACKED: the unit of the container that holds the place, and where in it, of
	 * the plain bytes. A file may end inside a unit, and the rest is zeros, but a unit that
	 * begins past the end is missing. */
	struct blob *of;
	uint64_t at, skip;
	/* PACKED: bytes at `at`, perhaps more than there are; and when unpacked. */
	size_t packed, plain;
};

struct mapped {
	struct blob blob;
	const char *container; /* its name, for messages */
	/* Where the byte at `at` is, which is less than blob.size. */
	bool (*map)(struct mapped *m, uint64_t at, struct piece *out, struct error *e);
	/* All p->plain bytes of a PACKED piece. */
	bool (*unpack)(struct mapped *m, const struct piece *p, struct str packed, char *out,
		       struct error *e);
	struct units *units; /* those unpacked last */
};

/* Fills what every mapped disk has in common, and leaves the two functions to its owner. */
void mapped_init(struct mapped *m, const char *container, struct blob *of, uint64_t size);

/* Room for PACKED pieces, of which none is larger than these. */
void mapped_packs(struct mapped *m, struct arena *a, size_t max_packed, size_t max_plain);

#endif
