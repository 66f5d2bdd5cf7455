/*
 * archive_source.h - the plain bytes of an archive, front to back; private to fs/archive/.
 *
 * A source knows where it stands, can go back to any byte of the piece it handed out last, and
 * may be seen as a stream, which is how one compressed archive follows another in an initramfs.
 */
#ifndef ARCHIVE_SOURCE_H
#define ARCHIVE_SOURCE_H

#include "fs.h"

enum { SOURCE_HEAD = 4096, SOURCE_TAIL = 1024, SOURCE_PIECE = 64 << 10 };

struct source {
	struct stream stream; /* what is left of it */
	struct arena *arena;
	struct blob *blob; /* either a blob, of which parts may be skipped … */
	struct stream *of; /* … or a stream */
	uint64_t blob_at;
	struct str piece; /* handed out last, and where it stood */
	uint64_t piece_at;
	struct str pending[2];  /* pulled, not handed out yet */
	char tail[SOURCE_TAIL]; /* the last bytes in front of the piece */
	size_t tail_n;
	char head[SOURCE_HEAD];
	char *buf;
	bool decoded; /* its end is proven by the compression's own format */
	unsigned depth;
	const struct limits *max; /* NULL: what it decodes to may be of any size */
};

struct source *source_blob(struct arena *a, struct blob *b, uint64_t at, const struct limits *max);
struct source *source_stream(struct arena *a, struct stream *of, const struct limits *max);

/* The plain bytes of *s when it is compressed, *s itself when not. */
bool source_decode(struct source **s, struct error *e);

/* The next piece, borrowed until the next call; empty at the end. */
bool source_next(struct source *s, struct str *piece, struct error *e);

/* Skips up to n bytes without reading them: a blob's source only, 0 for others. */
uint64_t source_skip(struct source *s, uint64_t n);

/* The next bytes without taking them: at least SOURCE_HEAD, or all that are left. */
bool source_peek(struct source *s, struct str *head, struct error *e);

/* Goes back to byte `at` of the piece handed out last, or to its end. */
bool source_rewind(struct source *s, uint64_t at, struct error *e);

/* Passes zero bytes; *more is false at the end. */
bool source_skip_zeros(struct source *s, bool *more, struct error *e);

/* Are the n bytes in front of `at`, which lies in the piece handed out last, all zero? */
bool source_zeros_before(const struct source *s, uint64_t at, uint64_t n);

/* ---- zstd_frames.c ---- */

/* The frames at the beginning of a stream, behind which only zeros may follow. */
struct stream *zstd_frames(struct arena *a, struct stream *of);

#endif
