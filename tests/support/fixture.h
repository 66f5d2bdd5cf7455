/*
 * fixture.h - the arena that the tests of one program share, made and freed by cmocka's group
 * set-up and tear-down.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "arena.h"

extern struct arena *arena;

int arena_up(void **state);
int arena_down(void **state);

#endif
