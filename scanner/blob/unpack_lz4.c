/*
 * unpack_lz4.c - blocks of lz4 (lz4's doc/lz4_Block_format.md) in memory; the one door to liblz4.
 * Dictionaries are not supported.
 */
#include <limits.h>
#include <lz4.h>

#include "unpack_codecs.h"

bool unlz4_block(struct str in, void *out, size_t n, size_t *got, struct error *e)
{
	if (in.n > INT_MAX || n > INT_MAX)
		return fail(e, ERR_LIMIT, "lz4: a block larger than %d bytes", INT_MAX);
	int have = LZ4_decompress_safe_partial(in.p, out, (int)in.n, (int)n, (int)n);
	if (have < 0)
		return fail(e, ERR_CORRUPT, "lz4: the compressed bytes are damaged");
	*got = (size_t)have;
	return true;
}
