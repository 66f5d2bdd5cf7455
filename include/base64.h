/*
 * base64.h - bytes as letters (RFC 4648).
 */
#ifndef BASE64_H
#define BASE64_H

#include "str.h"

/* Section 4, padded. */
struct str base64_encode(struct arena *a, struct str bytes);

/* Either alphabet, padded or not, blanks and line ends anywhere; ends at the first '='. False, and
 * *out untouched, at any other byte. */
bool base64_decode(struct arena *a, struct str in, struct str *out);

#endif
