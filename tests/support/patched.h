/*
 * patched.h - a large image in few bytes: what is written where over zeros, so that a seed of a
 * fuzz target stays small and its changes hit what matters.
 */
#ifndef PATCHED_H
#define PATCHED_H

#include <stdint.h>

#include "arena.h"
#include "str.h"

/* `bytes` is the size in KiB (16 bits, little endian), clamped to max_kib, and then patches to the
 * end: where (32 bits), how many (16 bits), the bytes. What lies outside of the image is cut. */
struct str patched_image(struct arena *a, const uint8_t *bytes, size_t n, size_t max_kib);

#endif
