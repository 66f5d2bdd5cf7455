/*
 * challenge.h - the value of WWW-Authenticate (RFC 9110 section 11.6.1); private to net/.
 */
#ifndef CHALLENGE_H
#define CHALLENGE_H

#include "str.h"
#include "vec.h"

struct challenge_parameter {
	struct str name, value; /* unquoted */
};

struct challenge {
	struct str scheme; /* as written */
	struct str token;  /* what stands in place of parameters ("Negotiate oRQ="); or empty */
	VEC(struct challenge_parameter) parameters;
};

struct challenges {
	struct challenge *at;
	size_t n, cap;
};

/* All challenges of a field, in order. What follows a mistake is left out: a server that cannot
 * write one challenge may have written good ones before. */
struct challenges challenges_parse(struct arena *a, struct str field);

/* The first of a scheme; NULL where there is none. */
const struct challenge *challenge_find(const struct challenges *all, struct str scheme);

/* The value of a parameter, whose name's case does not matter; empty where there is none. */
struct str challenge_value(const struct challenge *c, struct str name);

#endif
