/*
 * unpack.c - blocks of deflate (RFC 1951), zlib (RFC 1950), gzip (RFC 1952) and zstd (RFC 8878) in
 * memory; the one door to libzstd. Other codecs are beside it. Dictionaries are not supported.
 */
#include "unpack.h"

#include <string.h>
#include <zstd.h>

#include "arena.h"
#include "bytes.h"
#include "inflate.h"
#include "unpack_codecs.h"

enum {
	ZLIB_HEAD = 2,
	ZLIB_TRAILER = 4,
	ZLIB_DICTIONARY = 0x20,
	GZIP_HEAD = 10,
	GZIP_TRAILER = 8,
	GZIP_HEADER_CRC = 2,
	GZIP_EXTRA = 4,
	GZIP_NAME = 8,
	GZIP_COMMENT = 16,
	GZIP_RESERVED = 0xE0,
	ZSTD_WINDOW_LOG = 27,
	ADLER = 65521,
	ADLER_RUN = 5552, /* the most bytes whose sums fit 32 bits (RFC 1950 section 9) */
};

struct unpacker {
	struct arena *arena;
	struct inflate *inflate;
	ZSTD_DCtx *zstd;
	struct unlzma *lzma;
};

static void free_zstd(void *arg)
{
	ZSTD_freeDCtx(arg);
}

static uint32_t adler32(const unsigned char *p, size_t n)
{
	uint32_t low = 1, high = 0;
	while (n) {
		size_t run = n < ADLER_RUN ? n : ADLER_RUN;
		n -= run;
		while (run--) {
			low += *p++;
			high += low;
		}
		low %= ADLER;
		high %= ADLER;
	}
	return high << 16 | low;
}

/* Moves *in behind the block when that was seen to end, which *ended tells. */
static bool inflate_block(struct unpacker *u, struct str *in, void *out, size_t n, size_t *got,
			  bool *ended, struct error *e)
{
	size_t have = 0, some, left, more = 0;
	enum inflate_end end = INFLATE_MORE;
	char beyond;
	if (!u->inflate)
		u->inflate = inflate_new(u->arena);
	inflate_reset(u->inflate);
	do {
		left = in->n;
		end = inflate_step(u->inflate, in, (char *)out + have, n - have, &some);
		have += some;
	} while (end == INFLATE_MORE && have < n && (some || in->n < left));
	/* The mark of the end may still be to come. */
	if (end == INFLATE_MORE && have == n)
		end = inflate_step(u->inflate, in, &beyond, sizeof beyond, &more);
	if (end == INFLATE_BAD)
		return fail(e, ERR_CORRUPT, "deflate: the compressed bytes are damaged");
	if (end == INFLATE_MORE && have < n)
		return fail(e, ERR_CORRUPT, "deflate: ends after %zu of %zu bytes", have, n);
	*ended = end == INFLATE_END && more == 0;
	*got = have;
	return true;
}

/* Up to INFLATE_UNUSED_MAX + n bytes behind the block, of which the inflater may have taken some;
 * how many there are. */
static size_t take_tail(struct unpacker *u, struct str rest, unsigned char *tail, size_t n)
{
	size_t have = inflate_unused(u->inflate, tail);
	size_t more = rest.n < n ? rest.n : n;
	if (more)
		memcpy(tail + have, rest.p, more);
	return have + more;
}

static bool check_adler(struct unpacker *u, struct str rest, const void *plain, size_t n,
			struct error *e)
{
	unsigned char tail[INFLATE_UNUSED_MAX + ZLIB_TRAILER];
	if (take_tail(u, rest, tail, ZLIB_TRAILER) < ZLIB_TRAILER)
		return fail(e, ERR_CORRUPT, "zlib: ends before its checksum");
	if (load_be32(tail) != adler32(plain, n))
		return fail(e, ERR_CORRUPT, "zlib: the content does not match its checksum");
	return true;
}

static bool unpack_deflate(struct unpacker *u, struct str in, void *out, size_t n, size_t *got,
			   struct error *e)
{
	bool ended;
	return inflate_block(u, &in, out, n, got, &ended, e);
}

static bool unpack_zlib(struct unpacker *u, struct str in, void *out, size_t n, size_t *got,
			struct error *e)
{
	const unsigned char *head = (const unsigned char *)in.p;
	size_t have;
	bool ended;
	if (in.n < ZLIB_HEAD || (head[0] & 15) != 8 || (head[0] << 8 | head[1]) % 31 != 0)
		return fail(e, ERR_CORRUPT, "zlib: no zlib header");
	if (head[1] & ZLIB_DICTIONARY)
		return fail(e, ERR_UNSUPPORTED, "zlib: needs a dictionary");
	in = str_tail(in, ZLIB_HEAD);
	if (!inflate_block(u, &in, out, n, &have, &ended, e))
		return false;
	if (ended && !check_adler(u, in, out, have, e))
		return false;
	*got = have;
	return true;
}

/* Passes the header of a member; false where there is none, or it goes on behind `in`. */
static bool took_gzip_head(struct str *in)
{
	const unsigned char *head = (const unsigned char *)in->p;
	if (in->n < GZIP_HEAD || head[0] != 0x1f || head[1] != 0x8b || head[2] != 8)
		return false;
	unsigned flags = head[3];
	size_t n = GZIP_HEAD;
	if ((flags & GZIP_EXTRA) && in->n >= n + 2)
		n += load_le16(head + n);
	n += flags & GZIP_EXTRA ? 2 : 0;
	for (unsigned text = GZIP_NAME; text <= GZIP_COMMENT; text <<= 1)
		if (flags & text)
			n += str_find(str_tail(*in, n), 0) + 1;
	n += flags & GZIP_HEADER_CRC ? 2 : 0;
	if (n > in->n || (flags & GZIP_RESERVED))
		return false;
	*in = str_tail(*in, n);
	return true;
}

static bool unpack_gzip(struct unpacker *u, struct str in, void *out, size_t n, size_t *got,
			struct error *e)
{
	unsigned char tail[INFLATE_UNUSED_MAX + GZIP_TRAILER];
	size_t have;
	bool ended;
	if (!took_gzip_head(&in))
		return fail(e, ERR_CORRUPT, "gzip: no gzip header");
	if (!inflate_block(u, &in, out, n, &have, &ended, e))
		return false;
	if (ended && take_tail(u, in, tail, GZIP_TRAILER) < GZIP_TRAILER)
		return fail(e, ERR_CORRUPT, "gzip: ends before its checksum");
	if (ended && (load_le32(tail) != inflate_crc(u->inflate) ||
		      load_le32(tail + 4) != (have & UINT32_MAX)))
		return fail(e, ERR_CORRUPT, "gzip: the content does not match its checksum");
	*got = have;
	return true;
}

/* A whole frame into room for all of it needs no window beside that. */
static bool unzstd_at_once(struct unpacker *u, struct str in, void *out, size_t n, size_t *got)
{
	size_t frame = ZSTD_findFrameCompressedSize(in.p, in.n);
	if (ZSTD_isError(frame))
		return false;
	size_t have = ZSTD_decompressDCtx(u->zstd, out, n, in.p, frame);
	if (ZSTD_isError(have))
		return false;
	*got = have;
	return true;
}

static bool unpack_zstd(struct unpacker *u, struct str in, void *out, size_t n, size_t *got,
			struct error *e)
{
	ZSTD_inBuffer from = {in.p, in.n, 0};
	ZSTD_outBuffer to = {out, n, 0};
	if (!u->zstd) {
		u->zstd = ZSTD_createDCtx();
		if (!u->zstd)
			return fail(e, ERR_LIMIT, "zstd: no memory left");
		arena_defer(u->arena, free_zstd, u->zstd);
		ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	}
	if (unzstd_at_once(u, in, out, n, got))
		return true;
	ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
	size_t hint, in_before, out_before;
	do {
		in_before = from.pos;
		out_before = to.pos;
		hint = ZSTD_decompressStream(u->zstd, &to, &from);
		if (ZSTD_isError(hint))
			return fail(e, ERR_CORRUPT, "zstd: %s", ZSTD_getErrorName(hint));
	} while (hint && to.pos < n && (from.pos > in_before || to.pos > out_before));
	if (hint && to.pos < n)
		return fail(e, ERR_CORRUPT, "zstd: ends after %zu of %zu bytes", to.pos, n);
	*got = to.pos;
	return true;
}

static bool unpack_lzma(struct unpacker *u, struct str in, void *out, size_t n, size_t *got,
			struct error *e)
{
	if (!u->lzma)
		u->lzma = unlzma_new(u->arena);
	return unlzma_block(u->lzma, in, out, n, got, e);
}

struct unpacker *unpacker_new(struct arena *a)
{
	struct unpacker *u = NEW(a, struct unpacker);
	u->arena = a;
	return u;
}

bool unpack(struct unpacker *u, enum packing how, struct str in, void *out, size_t n, size_t *got,
	    struct error *e)
{
	switch (how) {
	case PACKING_DEFLATE: return unpack_deflate(u, in, out, n, got, e);
	case PACKING_ZLIB: return unpack_zlib(u, in, out, n, got, e);
	case PACKING_GZIP: return unpack_gzip(u, in, out, n, got, e);
	case PACKING_ZSTD: return unpack_zstd(u, in, out, n, got, e);
	case PACKING_LZ4: return unlz4_block(in, out, n, got, e);
	case PACKING_LZMA: return unpack_lzma(u, in, out, n, got, e);
	}
	return fail(e, ERR_UNSUPPORTED, "unknown compression");
}
