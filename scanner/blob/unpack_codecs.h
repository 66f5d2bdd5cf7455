/*
 * unpack_codecs.h - the codecs of unpack.h that have a file, and a library, of their own; private
 * to blob/. Each gives up to n plain bytes of one block, as unpack does.
 */
#ifndef UNPACK_CODECS_H
#define UNPACK_CODECS_H

#include "unpack.h"

bool unlz4_block(struct str in, void *out, size_t n, size_t *got, struct error *e);

struct unlzma;

struct unlzma *unlzma_new(struct arena *a);
bool unlzma_block(struct unlzma *u, struct str in, void *out, size_t n, size_t *got,
		  struct error *e);

/* All n bytes of one block of an .xz file, from its header to its checksum, which is of kind
 * `check` (The .xz File Format, section 2.1.1.2). */
bool unlzma_xz_block(struct unlzma *u, unsigned check, struct str in, void *out, size_t n,
		     struct error *e);

#endif
