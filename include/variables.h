/*
 * variables.h - named values, each with where it came from: an environment, or what a shell knows.
 */
#ifndef VARIABLES_H
#define VARIABLES_H

#include "origin.h"

struct map;

struct variable {
	struct str name;
	struct word value;           /* from: the span of the value */
	const uint32_t *at;          /* file offset of each byte, NULL where they lie in one row */
	const struct variable *over; /* the assignment it replaced, or NULL */
};

struct variables {
	struct variable *at;
	size_t n, cap;
	struct map *index; /* for systemd/ alone */
};

#endif
