/*
 * inflate.h - raw deflate (RFC 1951), by whichever library was built in; private to blob/.
 *
 * gunzip_isal.c and gunzip_zlib.c bring the same functions, and the Makefile builds one of them;
 * gunzip.c puts the members of RFC 1952 around them, so that both mean the same by gzip.
 */
#ifndef INFLATE_H
#define INFLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

struct arena;
struct inflate;

enum inflate_end {
	INFLATE_MORE, /* all input used, or no room left */
	INFLATE_END,  /* the last block is out */
	INFLATE_BAD,
};

enum { INFLATE_UNUSED_MAX = 8 };

struct inflate *inflate_new(struct arena *a);
void inflate_reset(struct inflate *z);

/* Takes input from the head of *in, which moves on, and puts *n bytes into out. */
enum inflate_end inflate_step(struct inflate *z, struct str *in, void *out, size_t room, size_t *n);

/* After INFLATE_END: the CRC-32 of all output since the reset, and the bytes that were taken
 * from the input but lie behind the last block. */
uint32_t inflate_crc(const struct inflate *z);
size_t inflate_unused(const struct inflate *z, unsigned char unused[INFLATE_UNUSED_MAX]);

#endif
