/*
 * json_text.h - strings of JSON; private to base/.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "str.h"

/* The length of the \uXXXX, or pair of them, at `at`, 0 when none stands there; *cp gets its code
 * point, U+FFFD for half a pair. */
size_t json_escaped_rune(struct str s, size_t at, uint32_t *cp);

/* The text of what stands between two quotes; borrowed from there where nothing is to be changed.
 */
struct str json_decode(struct arena *a, struct str raw);

#endif
