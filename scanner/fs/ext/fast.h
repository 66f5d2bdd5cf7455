/*
 * fast.h - fast commits: what happened after the last whole transaction of a journal, told file by
 * file and not block by block.
 */
#ifndef EXT_FAST_H
#define EXT_FAST_H

#include "jbd2.h"
#include "vec.h"

/* Blocks of a file that were given others, or, where `at` is 0, none that are stored. */
struct fast_range {
	uint64_t first, n, at;
};

/* One that happened to a name. */
struct fast_link {
	uint32_t inode;
	bool added;  /* else taken away */
	bool untold; /* nothing was said of the inode before: it is as the volume has it */
};

struct fast_name {
	struct str name;
	size_t index;                /* among the names of its directory */
	VEC(struct fast_link) links; /* in order */
};

struct fast_inode {
	struct str raw; /* as it is now, but for its block map; or empty */
	bool made;      /* it is new: a directory has no entries but those of `names` */
	VEC(struct fast_range) ranges; /* a later one lies over earlier ones */
	VEC(struct fast_name *) names; /* of a directory, each once */
};

struct fast; /* NULL where there are none */

/* The commits in the journal that `j` was replayed from; *out is NULL when there are none. What is
 * not complete is no commit. ERR_UNSUPPORTED where there is one that cannot be understood. */
bool fast_read(struct arena *a, struct blob *journal, uint32_t block_size, const struct jbd2 *j,
	       struct fast **out, struct error *e);

/* What happened to an inode; NULL where nothing did. */
const struct fast_inode *fast_inode(const struct fast *f, uint32_t number);

/* What happened to a name of a directory; NULL where nothing did. */
const struct fast_name *fast_name(const struct fast *f, uint32_t directory, struct str name);

/* Has an inode a link, as the volume lies? */
typedef bool fast_linked(void *arg, uint32_t inode, bool *out, struct error *e);

/* Where the name leads in the end; *inode is where it led before, 0 is nowhere. */
bool fast_follow(const struct fast_name *name, fast_linked *linked, void *arg, uint32_t *inode,
		 struct error *e);

/* True, and the range that lies over `block`, cut to begin there; or false, and *out is what of the
 * file is as it was: from `block` on up to the next range. out->at means nothing then. */
bool fast_range(const struct fast_inode *i, uint64_t block, struct fast_range *out);

#endif
