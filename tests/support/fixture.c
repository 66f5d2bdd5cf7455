/*
 * fixture.c - see fixture.h.
 */
#include "fixture.h"

#include <stddef.h>

struct arena *arena;

int arena_up(void **state)
{
	(void)state;
	arena = arena_new((size_t)256 << 20, NULL, NULL);
	return 0;
}

int arena_down(void **state)
{
	(void)state;
	arena_free(arena);
	arena = NULL;
	return 0;
}
