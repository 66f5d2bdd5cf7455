/*
 * archive_source.c - from a blob or a stream to the plain bytes of an archive: which compression
 * it is, a guard against bombs, and going back a little for what follows the archive.
 */
#include "archive_source.h"

#include <string.h>

#include "archive_pass.h"
#include "arena.h"
#include "bytes.h"

enum { RATIO_GRACE = 64 << 20 };

static bool rest_next(struct stream *st, const void **buf, size_t *n, struct error *e)
{
	struct source *s = (struct source *)st;
	struct str piece;
	if (!source_next(s, &piece, e))
		return false;
	*buf = piece.p;
	*n = piece.n;
	return true;
}

static struct source *source_new(struct arena *a, struct str name, const struct limits *max)
{
	struct source *s = NEW(a, struct source);
	s->arena = a;
	s->max = max;
	s->stream = (struct stream){.name = name, .next = rest_next};
	return s;
}

static bool pull(struct source *s, struct str *piece, struct error *e)
{
	const void *p;
	size_t n;
	if (s->blob) {
		if (!s->blob->read(s->blob, s->blob_at, s->buf, SOURCE_PIECE, &n, e))
			return false;
		s->blob_at += n;
		p = s->buf;
	} else if (!s->of->next(s->of, &p, &n, e)) {
		return false;
	}
	*piece = (struct str){p, n};
	return true;
}

/* Keeps the end of the piece that is about to be replaced. */
static void keep_tail(struct source *s)
{
	if (s->piece.n >= SOURCE_TAIL) {
		memcpy(s->tail, s->piece.p + s->piece.n - SOURCE_TAIL, SOURCE_TAIL);
		s->tail_n = SOURCE_TAIL;
	} else if (s->piece.n) {
		size_t keep = SOURCE_TAIL - s->piece.n;
		keep = keep < s->tail_n ? keep : s->tail_n;
		memmove(s->tail, s->tail + s->tail_n - keep, keep);
		memcpy(s->tail + keep, s->piece.p, s->piece.n);
		s->tail_n = keep + s->piece.n;
	}
}

static enum codec look(struct source *s, struct error *e, bool *ok)
{
	struct str head;
	*ok = source_peek(s, &head, e);
	return *ok ? codec_of(head) : CODEC_NONE;
}

struct source *source_blob(struct arena *a, struct blob *b, uint64_t at, const struct limits *max)
{
	struct source *s = source_new(a, b->name, max);
	s->blob = b;
	s->blob_at = s->piece_at = at;
	s->buf = NEW_N(a, char, SOURCE_PIECE);
	return s;
}

struct source *source_stream(struct arena *a, struct stream *of, const struct limits *max)
{
	struct source *s = source_new(a, of->name, max);
	s->of = of;
	return s;
}

bool source_decode(struct source **source, struct error *e)
{
	struct source *s = *source;
	bool ok;
	enum codec codec = look(s, e, &ok);
	if (!ok)
		return false;
	if (codec == CODEC_NONE)
		return true;
	if (s->max && s->depth >= limits_depth(s->max))
		return fail(e, ERR_LIMIT, "compressed more than %u times over, see --max-depth",
			    s->depth);
	struct stream *packed = stream_count(s->arena, &s->stream);
	struct stream *in = codec == CODEC_ZSTD ? zstd_frames(s->arena, packed) : packed;
	struct stream *plain = codec == CODEC_GZIP ? stream_gunzip(s->arena, packed)
						   : pass_decode(s->arena, in, e);
	if (!plain)
		return false;
	if (s->max)
		plain = stream_guard(s->arena, plain, packed, limits_ratio(s->max), RATIO_GRACE);
	*source = source_stream(s->arena, plain, s->max);
	(*source)->decoded = true;
	(*source)->depth = s->depth + 1;
	return true;
}

bool source_next(struct source *s, struct str *piece, struct error *e)
{
	struct str next = s->pending[0];
	keep_tail(s);
	s->piece_at += s->piece.n;
	s->piece = (struct str){0};
	if (next.n) {
		s->pending[0] = s->pending[1];
		s->pending[1] = (struct str){0};
	} else if (!pull(s, &next, e)) {
		return false;
	}
	*piece = s->piece = next;
	return true;
}

uint64_t source_skip(struct source *s, uint64_t n)
{
	if (!s->blob || s->pending[0].n || s->blob->size == BLOB_UNSIZED)
		return 0;
	uint64_t left = s->blob_at < s->blob->size ? s->blob->size - s->blob_at : 0;
	n = n < left ? n : left;
	s->blob_at += n;
	s->piece_at = s->blob_at;
	s->piece = (struct str){0};
	s->tail_n = 0;
	return n;
}

/* A pull reuses the buffer that pending[0] may lie in. */
static void settle(struct source *s)
{
	if (s->pending[0].n)
		memmove(s->head, s->pending[0].p, s->pending[0].n);
	s->pending[0].p = s->head;
}

bool source_peek(struct source *s, struct str *head, struct error *e)
{
	struct str *first = &s->pending[0], *second = &s->pending[1];
	while (first->n < SOURCE_HEAD) {
		if (second->n == 0) {
			settle(s);
			if (!pull(s, second, e))
				return false;
		}
		if (second->n == 0)
			break;
		if (first->n == 0) {
			*first = *second;
			*second = (struct str){0};
			continue;
		}
		/* Two short pieces: a look ahead must not end between them. */
		settle(s);
		size_t room = SOURCE_HEAD - first->n;
		size_t n = second->n < room ? second->n : room;
		memcpy(s->head + first->n, second->p, n);
		first->n += n;
		*second = str_tail(*second, n);
	}
	*head = *first;
	return true;
}

bool source_rewind(struct source *s, uint64_t at, struct error *e)
{
	if (at < s->piece_at || at > s->piece_at + s->piece.n || s->pending[1].n)
		return fail(e, ERR_CORRUPT, "the archive's end lies outside of what was read");
	size_t used = (size_t)(at - s->piece_at);
	struct str rest = str_tail(s->piece, used);
	s->piece.n = used;
	keep_tail(s);
	s->piece_at = at;
	s->piece = (struct str){0};
	if (rest.n) {
		s->pending[1] = s->pending[0];
		s->pending[0] = rest;
	}
	return true;
}

bool source_skip_zeros(struct source *s, bool *more, struct error *e)
{
	struct str piece;
	for (;;) {
		if (!source_next(s, &piece, e))
			return false;
		size_t zeros = 0;
		while (zeros < piece.n && piece.p[zeros] == 0)
			zeros++;
		if (zeros == piece.n && piece.n)
			continue;
		*more = piece.n > 0;
		return source_rewind(s, s->piece_at + zeros, e);
	}
}

bool source_zeros_before(const struct source *s, uint64_t at, uint64_t n)
{
	if (at < s->piece_at || at > s->piece_at + s->piece.n)
		return false;
	uint64_t here = at - s->piece_at;
	if (n > here + s->tail_n)
		return false;
	for (uint64_t i = 1; i <= n; i++) {
		char c = i <= here ? s->piece.p[here - i] : s->tail[s->tail_n - (i - here)];
		if (c)
			return false;
	}
	return true;
}
