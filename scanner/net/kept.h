/*
 * kept.h - what was fetched of an object, in a temporary file and at its place there, so that it is
 * fetched once; private to net/.
 */
#ifndef KEPT_H
#define KEPT_H

#include "blob.h"

struct kept;

struct kept *kept_new(struct arena *a, uint64_t max_bytes, struct error *e);

/* How many bytes are there from `at` on. Where there are none, *missing is how many those are, up
 * to UINT64_MAX. */
uint64_t kept_from(const struct kept *k, uint64_t at, uint64_t *missing);

/* Forgets everything where `n` more bytes would be too many. */
bool kept_make_room(struct kept *k, uint64_t n, struct error *e);

bool kept_put(struct kept *k, uint64_t at, struct str bytes, struct error *e);

/* Of bytes that are there. */
bool kept_read(struct kept *k, uint64_t at, void *buf, size_t n, struct error *e);

#endif
