/*
 * fast.h - fast commits: what happened after the last whole transaction of a journal, told file by
 * file and not block by block.
 */
#ifndef EXT_FAST_H
#define EXT_FAST_H

#include "jbd2.h"
#include "vec.h"

enum fast_kind {
	FAST_ADD_RANGE = 1,
	FAST_DEL_RANGE,
	FAST_CREATE,
	FAST_LINK,
	FAST_UNLINK,
	FAST_INODE,
	FAST_PAD,
	FAST_TAIL,
	FAST_HEAD,
};

struct fast_tag {
	enum fast_kind kind;
	struct str value; /* as long as its kind needs, or longer */
};

struct fast_commits {
	VEC(struct fast_tag) tags; /* in order, of complete commits; none of the last three kinds */
};

/* Those of the journal that `j` was replayed from. What is not complete is no commit. */
bool fast_read(struct arena *a, struct blob *journal, uint32_t block_size, const struct jbd2 *j,
	       struct fast_commits *out, struct error *e);

#endif
