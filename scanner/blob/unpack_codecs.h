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

#endif
