/*
 * unpack.h - a compressed block in memory to its plain bytes.
 *
 * File systems and disk containers compress block by block, each on its own, and know how long
 * each plain block is. Streams, which know neither, are in blob.h.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "str.h"

struct arena;
struct unpacker;

enum packing {
	PACKING_DEFLATE, /* RFC 1951 */
	PACKING_ZLIB,    /* RFC 1950: the same in a frame; its Adler-32 is checked */
	PACKING_GZIP,    /* RFC 1952: one member; its checksum is checked */
	PACKING_ZSTD,    /* RFC 8878, one frame; in part, with a window of at most 128 MiB */
	/* The others do not say where they end: `in` must not go beyond, or n not ask for more
	 * than the block holds. */
	PACKING_LZ4,  /* lz4's block format, without a frame */
	PACKING_LZMA, /* LZMA1 as XZ Utils' MicroLZMA: the properties, negated, come first */
};

/* The decoders' memory, for any number of blocks; for one thread at a time. */
struct unpacker *unpacker_new(struct arena *a);

/* The first n plain bytes of the block at the head of `in`; *got < n only when it holds no more.
 * What follows the block in `in` is not looked at. ERR_CORRUPT when it is damaged or ends before
 * it should; a block of more than n bytes is not checked behind them. */
bool unpack(struct unpacker *u, enum packing how, struct str in, void *out, size_t n, size_t *got,
	    struct error *e);

#endif
