/*
 * ahead.h - random access over something that gives ranges, with a read-ahead that adapts; private
 * to net/.
 */
#ifndef AHEAD_H
#define AHEAD_H

#include "blob.h"

struct ranges {
	/* The bytes from `at` on: `n` of them, or all where n is 0. One is open at a time. */
	struct stream *(*open)(struct ranges *r, uint64_t at, uint64_t n, struct error *e);
	void (*close)(struct ranges *r, struct stream *s);
	bool bounded; /* never ask for all: of several objects that are read, none keeps one open */
};

enum { AHEAD_FIRST = 64 << 10 }; /* bytes that are asked for where nobody read before */

/* `first` gives the AHEAD_FIRST bytes from `at` on, or as many as there are, and is closed. */
struct blob *ahead_blob(struct arena *a, struct ranges *from, struct str name, uint64_t size,
			struct stream *first, uint64_t at, uint64_t max_spill, struct error *e);

#endif
