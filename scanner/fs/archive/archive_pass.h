/*
 * archive_pass.h - one reading of an archive, entry after entry; private to fs/archive/.
 *
 * This is the face of archive_pass.c, the door to libarchive. An entry's slices hold until the
 * next step. Offsets count the plain (decompressed) bytes of the whole source.
 */
#ifndef ARCHIVE_PASS_H
#define ARCHIVE_PASS_H

#include "fs.h"

struct source;
struct pass;

struct pass_entry {
	struct str path; /* as the archive has it */
	struct str link; /* target of a symbolic link, or the path that this is a hard link to */
	struct fs_stat st;
	bool hardlink;
	bool sparse;         /* its bytes do not lie in a row */
	uint64_t header_at;  /* a pass that begins here reads this entry first */
	uint64_t content_at; /* of one that is not sparse */
	uint64_t number;     /* counted from 1 */
	unsigned depth;      /* of compression that the offsets lie under */
};

enum pass_step { PASS_ENTRY, PASS_END, PASS_FAILED };

struct pass *pass_new(struct arena *a);

/* (Re)starts at where `s` stands. What s holds may be compressed. */
bool pass_open(struct pass *p, struct source *s, struct error *e);

enum pass_step pass_next(struct pass *p, struct pass_entry *out, struct error *e);

/* Bytes of the current entry from `at` on, holes as zeros. `at` may not go back. */
bool pass_read(struct pass *p, uint64_t at, void *buf, size_t n, struct error *e);

/* After a step: where the bytes of the entry before it end, padding included. */
uint64_t pass_previous_end(const struct pass *p);

/* After PASS_END: the plain bytes that follow, and whether the archive said itself that it ends
 * there. */
struct source *pass_rest(const struct pass *p);
bool pass_end_marked(const struct pass *p);

const char *pass_format(const struct pass *p); /* "tar", "cpio" */

/* The contents of a stream in any other compression that libarchive reads by itself. */
struct stream *pass_decode(struct arena *a, struct stream *of, struct error *e);

#endif
