/*
 * unpack_lzma.c - blocks of MicroLZMA and of .xz files in memory; the one door to liblzma.
 *
 * MicroLZMA is a raw LZMA1 stream without an end mark, whose first byte, always zero, gave way to
 * the negated properties (XZ Utils, lzma_microlzma_decoder; the properties are those of
 * doc/lzma-file-format.txt, 1.1). Decoded here as raw LZMA1, which liblzma knew before it knew the
 * other by name.
 */
#include <lzma.h>

#include "arena.h"
#include "unpack_codecs.h"

enum { PROPERTIES_MAX = (4 * 5 + 4) * 9 + 8, DICTIONARY_MAX = 16 << 20, XZ_MEMORY_MAX = 160 << 20 };

struct unlzma {
	lzma_stream stream;
};

static void end_stream(void *arg)
{
	lzma_end(&((struct unlzma *)arg)->stream);
}

struct unlzma *unlzma_new(struct arena *a)
{
	struct unlzma *u = NEW(a, struct unlzma);
	u->stream = (lzma_stream)LZMA_STREAM_INIT;
	arena_defer(a, end_stream, u);
	return u;
}

/* A distance never reaches behind the block's first byte: its size is dictionary enough. */
static bool start(struct unlzma *u, unsigned properties, size_t n, struct error *e)
{
	lzma_options_lzma options = {
		.dict_size = n < LZMA_DICT_SIZE_MIN ? LZMA_DICT_SIZE_MIN : (uint32_t)n,
		.lc = properties % 9,
		.lp = properties / 9 % 5,
		.pb = properties / 45,
	};
	lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, NULL}};
	if (properties > PROPERTIES_MAX || options.lc + options.lp > LZMA_LCLP_MAX)
		return fail(e, ERR_CORRUPT, "lzma: properties %u", properties);
	if (n > DICTIONARY_MAX)
		return fail(e, ERR_LIMIT, "lzma: a block larger than %d bytes", DICTIONARY_MAX);
	if (lzma_raw_decoder(&u->stream, filters) != LZMA_OK)
		return fail(e, ERR_LIMIT, "lzma: no memory left");
	return true;
}

bool unlzma_block(struct unlzma *u, struct str in, void *out, size_t n, size_t *got,
		  struct error *e)
{
	static const uint8_t first[1] = {0};
	if (in.n == 0)
		return fail(e, ERR_CORRUPT, "lzma: an empty block");
	if (!start(u, (unsigned char)~in.p[0], n, e))
		return false;
	u->stream.next_out = out;
	u->stream.avail_out = n;
	u->stream.next_in = first;
	u->stream.avail_in = sizeof first;
	lzma_ret end = lzma_code(&u->stream, LZMA_RUN);
	u->stream.next_in = (const uint8_t *)in.p + 1;
	u->stream.avail_in = in.n - 1;
	if (end == LZMA_OK)
		end = lzma_code(&u->stream, LZMA_RUN);
	if (end != LZMA_STREAM_END && (end != LZMA_OK || u->stream.avail_out))
		return fail(e, ERR_CORRUPT, "lzma: the compressed bytes are damaged");
	*got = n - u->stream.avail_out;
	return true;
}

/* A stream of which no more than its header and this block is ever seen. */
bool unlzma_xz_block(struct unlzma *u, unsigned check, struct str in, void *out, size_t n,
		     struct error *e)
{
	uint8_t header[LZMA_STREAM_HEADER_SIZE];
	lzma_stream_flags flags = {.version = 0, .check = (lzma_check)check};
	lzma_stream *s = &u->stream;
	if (lzma_stream_header_encode(&flags, header) != LZMA_OK)
		return fail(e, ERR_CORRUPT, "xz: a checksum of kind %u", check);
	lzma_ret end = lzma_stream_decoder(s, XZ_MEMORY_MAX, LZMA_TELL_UNSUPPORTED_CHECK);
	if (end != LZMA_OK)
		return fail(e, ERR_LIMIT, "xz: no memory left");
	s->next_in = header;
	s->avail_in = sizeof header;
	s->next_out = out;
	s->avail_out = n;
	end = lzma_code(s, LZMA_RUN);
	s->next_in = (const uint8_t *)in.p;
	s->avail_in = in.n;
	while (end == LZMA_OK && s->avail_in)
		end = lzma_code(s, LZMA_RUN);
	if (end == LZMA_MEMLIMIT_ERROR)
		return fail(e, ERR_LIMIT, "xz: a block needs more than %d MiB to decode",
			    XZ_MEMORY_MAX >> 20);
	if (end == LZMA_UNSUPPORTED_CHECK)
		return fail(e, ERR_UNSUPPORTED, "xz: a checksum of kind %u", check);
	if (end != LZMA_OK || s->avail_out)
		return fail(e, ERR_CORRUPT, "xz: the compressed bytes are damaged");
	return true;
}
