/*
 * archive.h - an archive whose names are known; private to fs/archive/.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "tree.h"
#include "vec.h"

/* Where the bytes of a regular file are. */
struct body {
	struct str text; /* when kept */
	struct str head; /* the first bytes of a program that is not */
	struct str gist; /* p is NULL: it was not skimmed */
	uint64_t header_at, content_at, size;
	uint64_t number;    /* of the entry; 0: there are no bytes */
	uint32_t directory; /* a hash: equal for files of the same directory */
	uint16_t depth;
	bool kept, in_a_row;
	bool late, asked; /* kept on a later pass, which keeps more than it is asked for */
};

struct archive_fs {
	struct fs fs;
	struct arena *arena;
	struct blob *blob;
	struct fs_options opts;
	struct str digest; /* empty for what need not prove itself */
	uint64_t digest_size;
	struct tree *tree;
	VEC(struct body *) bodies; /* an inode's cookie is the index + 1 */
	size_t kept;
	unsigned passes, skims;
	bool compressed;
	struct blob *spool; /* the plain bytes of a compressed archive, on disk */
	struct pass *runs;  /* reads sparse files in place: inode, and how far it is */
	uint64_t runs_ino, runs_at;
};

extern const struct fs_ops archive_tar, archive_cpio;

/* Without a name in it yet. */
struct archive_fs *archive_new(struct arena *a, struct blob *b, const struct fs_options *opts);

#endif
