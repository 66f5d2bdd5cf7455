/*
 * toc.h - a layer by its table of contents; private to fs/toc/.
 *
 * A file is cut into chunks, which lie in members of the blob: gzip members or zstd frames, each
 * compressed on its own. A member mostly holds one chunk, and behind it headers of the tar that
 * nobody needs; in an eStargz it may hold several.
 */
#ifndef TOC_H
#define TOC_H

#include "fs.h"
#include "tree.h"
#include "vec.h"

enum { TOC_MEMBER_MAX = 64 << 20 }; /* plain bytes, up to the end of a member's last chunk */

struct toc_chunk {
	uint64_t from;  /* in its file; it ends where the next one begins */
	uint64_t at;    /* of its member in the blob */
	uint32_t inner; /* in the plain bytes of its member */
	bool zeros;     /* it has no member: it is read as zeros */
	bool proved;    /* its member is in memory, and it hashes to */
	unsigned char sum[32];
};

struct toc_file {
	uint64_t size;
	size_t first, n; /* chunks */
};

struct toc_member {
	uint64_t at;
	uint32_t
		plain; /* bytes up to the end of its last chunk; 0 where only the one before ends */
	uint32_t have; /* of them in `bytes`, */
	char *bytes;   /* when they were read and are kept */
};

struct toc {
	struct tree *tree; /* a file's cookie is its number + 1; 0: it is empty */
	VEC(struct toc_file) files;
	VEC(struct toc_chunk) chunks;
	VEC(struct toc_member) members; /* by place; the last one ends all of them */
};

/* The JSON of the table, proved, and where in the blob chunks end at the latest. */
bool toc_table(struct arena *a, struct blob *b, const struct toc_bound *bound, struct str *json,
	       uint64_t *end, struct error *e);

/* What the JSON says. */
bool toc_index(struct arena *a, struct str json, uint64_t end, const struct fs_options *opts,
	       struct toc *out, struct error *e);

#endif
