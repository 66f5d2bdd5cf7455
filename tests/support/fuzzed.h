/*
 * fuzzed.h - one input of a fuzz target, in little memory: where that is spent, the run is over and
 * nothing is wrong.
 */
#ifndef FUZZED_H
#define FUZZED_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

typedef void fuzzed_fn(struct arena *a, const uint8_t *bytes, size_t size);

/* Returns 0, as LLVMFuzzerTestOneInput does. */
int fuzzed(size_t memory, fuzzed_fn *fn, const uint8_t *bytes, size_t size);

#endif
