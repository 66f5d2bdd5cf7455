/*
 * packed.h - numbers and texts one after another, as bytes; private to fs/.
 *
 * A number takes seven bits a byte, the lowest first, and a text follows its length. What is read
 * may be any bytes: `bad` says that they were not written so, and everything read from then on is
 * nothing.
 */
#ifndef PACKED_H
#define PACKED_H

#include "out.h"

struct packed {
	struct str rest;
	bool bad;
};

void pack_number(struct out *o, uint64_t n);
void pack_text(struct out *o, struct str s);

uint64_t packed_number(struct packed *s, uint64_t most); /* 0 when bad; more than `most` is */
struct str packed_text(struct packed *s);                /* borrowed */

/* Of things that take a byte each at least: no more than there are bytes left. */
size_t packed_count(struct packed *s);

#endif
