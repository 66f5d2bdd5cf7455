/*
 * gunzip.c - gzip files (RFC 1952) to their contents, member after member.
 *
 * Headers are checked with their CRC where they have one; the CRC and size of each trailer are.
 * Zeros may pad the end. What else follows a good member without being one is an error, as are
 * bytes that end inside a member.
 */
#include <string.h>

#include "arena.h"
#include "blob.h"
#include "bytes.h"
#include "inflate.h"

enum { PIECE = 256 << 10, TRAILER = 8 };

enum flag { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xE0 };

struct gunzip {
	struct stream stream;
	struct stream *of;
	struct inflate *z;
	struct str in; /* of the piece that `of` lent us last, what is left */
	unsigned char unused[INFLATE_UNUSED_MAX];
	size_t unused_n, unused_at; /* bytes in front of `in` that the inflater gave back */
	bool inside, started, ended;
	uint32_t size;       /* of this member, modulo 2^32 */
	uint32_t header_crc; /* running, inverted */
	char buf[PIECE];
};

static bool refill(struct gunzip *g, struct error *e)
{
	const void *p;
	size_t n;
	if (g->in.n)
		return true;
	if (!g->of->next(g->of, &p, &n, e))
		return false;
	g->in = (struct str){p, n};
	return true;
}

static bool truncated(struct error *e)
{
	return fail(e, ERR_CORRUPT, "gzip: ends in the middle of a member");
}

/* One byte; *more is false at the end of the input. */
static bool take(struct gunzip *g, unsigned char *c, bool *more, struct error *e)
{
	*more = true;
	if (g->unused_at < g->unused_n) {
		*c = g->unused[g->unused_at++];
		return true;
	}
	if (!refill(g, e))
		return false;
	*more = g->in.n > 0;
	if (*more) {
		*c = (unsigned char)g->in.p[0];
		g->in = str_tail(g->in, 1);
	}
	return true;
}

static bool take_n(struct gunzip *g, unsigned char *p, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		bool more;
		if (!take(g, p + i, &more, e))
			return false;
		if (!more)
			return truncated(e);
	}
	return true;
}

/* CRC-32 of a few header bytes, bit by bit: no table is worth its lines here. */
static void header_crc(struct gunzip *g, unsigned char c)
{
	g->header_crc ^= c;
	for (int bit = 0; bit < 8; bit++)
		g->header_crc = g->header_crc >> 1 ^ (g->header_crc & 1 ? 0xEDB88320u : 0);
}

static bool take_header(struct gunzip *g, unsigned char *p, size_t n, struct error *e)
{
	if (!take_n(g, p, n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		header_crc(g, p[i]);
	return true;
}

static bool skip_text(struct gunzip *g, struct error *e)
{
	unsigned char c;
	do {
		if (!take_header(g, &c, 1, e))
			return false;
	} while (c);
	return true;
}

static bool skip_extra(struct gunzip *g, struct error *e)
{
	unsigned char len[2], c;
	if (!take_header(g, len, 2, e))
		return false;
	for (unsigned n = load_le16(len); n; n--)
		if (!take_header(g, &c, 1, e))
			return false;
	return true;
}

/* The header after its two magic bytes (RFC 1952 section 2.3). */
static bool header(struct gunzip *g, struct error *e)
{
	unsigned char h[8], crc[2];
	if (!take_header(g, h, sizeof h, e))
		return false;
	if (h[0] != 8)
		return fail(e, ERR_UNSUPPORTED, "gzip: unknown compression method %d", h[0]);
	if (h[1] & RESERVED)
		return fail(e, ERR_CORRUPT, "gzip: reserved flags 0x%02x are set", h[1] & RESERVED);
	if ((h[1] & FEXTRA) && !skip_extra(g, e))
		return false;
	if ((h[1] & FNAME) && !skip_text(g, e))
		return false;
	if ((h[1] & FCOMMENT) && !skip_text(g, e))
		return false;
	if (!(h[1] & FHCRC))
		return true;
	uint32_t want = ~g->header_crc & 0xFFFF;
	if (!take_n(g, crc, 2, e))
		return false;
	if (load_le16(crc) != want)
		return fail(e, ERR_CORRUPT, "gzip: the header does not match its CRC");
	return true;
}

/* After a member: zeros that pad the end, up to it. `c` is the first byte, when there is one. */
static bool padding(struct gunzip *g, unsigned char c, bool more, struct error *e)
{
	while (more && c == 0)
		if (!take(g, &c, &more, e))
			return false;
	g->ended = true;
	return !more || fail(e, ERR_CORRUPT, "gzip: something else follows its end");
}

/* Looks for a member: sets `inside` or `ended`. */
static bool begin_member(struct gunzip *g, struct error *e)
{
	static const unsigned char magic[2] = {0x1f, 0x8b};
	g->header_crc = 0xFFFFFFFF;
	for (size_t i = 0; i < sizeof magic; i++) {
		unsigned char c = 0;
		bool more;
		if (!take(g, &c, &more, e))
			return false;
		if (more && c == magic[i]) {
			header_crc(g, c);
			continue;
		}
		if (!g->started)
			return more ? fail(e, ERR_CORRUPT, "gzip: no gzip header") : truncated(e);
		return padding(g, i ? magic[0] : c, more || i, e);
	}
	if (!header(g, e))
		return false;
	inflate_reset(g->z);
	g->size = 0;
	g->inside = g->started = true;
	return true;
}

static bool end_member(struct gunzip *g, struct error *e)
{
	unsigned char t[TRAILER];
	g->unused_at = 0;
	g->unused_n = inflate_unused(g->z, g->unused);
	if (!take_n(g, t, sizeof t, e))
		return false;
	if (load_le32(t) != inflate_crc(g->z))
		return fail(e, ERR_CORRUPT, "gzip: the content does not match its CRC");
	if (load_le32(t + 4) != g->size)
		return fail(e, ERR_CORRUPT, "gzip: %u bytes where the trailer says %u", g->size,
			    load_le32(t + 4));
	g->inside = false;
	return true;
}

/* One step inside a member; appends to buf at *have. */
static bool inflate_some(struct gunzip *g, size_t *have, struct error *e)
{
	size_t n;
	if (!refill(g, e))
		return false;
	bool dry = g->in.n == 0;
	enum inflate_end end =
		inflate_step(g->z, &g->in, g->buf + *have, sizeof g->buf - *have, &n);
	*have += n;
	g->size += (uint32_t)n;
	if (end == INFLATE_BAD)
		return fail(e, ERR_CORRUPT, "gzip: the compressed bytes are damaged");
	if (end == INFLATE_END)
		return end_member(g, e);
	/* The library may still hold output although its input has run dry. */
	if (dry && n == 0)
		return truncated(e);
	return true;
}

static bool gunzip_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct gunzip *g = (struct gunzip *)s;
	size_t have = 0;
	while (!g->ended && have < sizeof g->buf) {
		if (!g->inside && !begin_member(g, e))
			return false;
		if (g->inside && !inflate_some(g, &have, e))
			return false;
	}
	*buf = g->buf;
	*n = have;
	return true;
}

struct stream *stream_gunzip(struct arena *a, struct stream *of)
{
	struct gunzip *g = NEW(a, struct gunzip);
	g->stream = (struct stream){.name = of->name, .next = gunzip_next};
	g->of = of;
	g->z = inflate_new(a);
	return &g->stream;
}
