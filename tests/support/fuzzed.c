/*
 * fuzzed.c - see fuzzed.h.
 */
#include "fuzzed.h"

#include <setjmp.h>

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

int fuzzed(size_t memory, fuzzed_fn *fn, const uint8_t *bytes, size_t size)
{
	jmp_buf spent;
	struct arena *a = arena_new(memory, full, &spent);
	if (setjmp(spent) == 0)
		fn(a, bytes, size);
	arena_free(a);
	return 0;
}
