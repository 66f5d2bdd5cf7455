/*
 * directory.c - erofs directories, "Directories" of the on-disk format: each block begins with
 * fixed entries that tell where in the block their names begin; a name ends where the next begins,
 * the last at a NUL or with the block.
 */
#include <string.h>

#include "backends.h"
#include "bytes.h"
#include "erofs.h"

enum { ENTRY = 12 };

struct listing {
	struct erofs *f;
	const struct erofs_inode *dir;
	fs_visit *visit;
	void *arg;
	char last[FS_NAME_MAX];
	size_t last_n;
	bool stopped;
};

/* A block of names, or what the directory's end leaves of it. */
struct names {
	uint64_t at;
	unsigned n, first; /* first: where the first name begins, and the entries end */
};

static bool damaged(const struct listing *l, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "erofs: directory %llu: %s", (unsigned long long)l->dir->nid,
		    why);
}

static bool load_entry(struct listing *l, const struct names *b, unsigned i, uint64_t *nid,
		       unsigned *name_at, struct error *e)
{
	unsigned char p[ENTRY];
	if (!erofs_content(l->f, l->dir, b->at + (uint64_t)i * ENTRY, p, sizeof p, e))
		return false;
	*nid = load_le64(p);
	*name_at = load_le16(p + 8);
	return true;
}

/* Names go upward through all blocks, so that each comes once. */
static bool tell(struct listing *l, struct str name, uint64_t nid, struct error *e)
{
	if (str_eq(name, S(".")) || str_eq(name, S("..")))
		return true;
	if (!fs_name_valid(name))
		return damaged(l, "not a name", e);
	if (str_cmp((struct str){l->last, l->last_n}, name) >= 0)
		return damaged(l, "names out of order", e);
	memcpy(l->last, name.p, name.n);
	l->last_n = name.n;
	l->stopped = !l->visit(l->arg, name, nid);
	return true;
}

/* The name of the last entry may be followed by NULs up to the block's end. */
static bool list_entry(struct listing *l, const struct names *b, uint64_t nid, unsigned from,
		       unsigned to, struct error *e)
{
	char name[FS_NAME_MAX + 1];
	bool last = to == b->n;
	if (from < b->first || from >= to || to > b->n)
		return damaged(l, "a name lies outside of its block", e);
	if (!last && to - from > FS_NAME_MAX)
		return damaged(l, "a name is too long", e);
	size_t n = to - from < sizeof name ? to - from : sizeof name;
	if (!erofs_content(l->f, l->dir, b->at + from, name, n, e))
		return false;
	struct str text = {name, n};
	return tell(l, last ? str_slice(text, 0, str_find(text, '\0')) : text, nid, e);
}

static bool list_block(struct listing *l, struct names *b, struct error *e)
{
	uint64_t nid, next_nid;
	unsigned from, to;
	if (b->n < ENTRY)
		return damaged(l, "a block is too short", e);
	if (!load_entry(l, b, 0, &nid, &from, e))
		return false;
	b->first = from;
	if (from < ENTRY || from % ENTRY || from >= b->n)
		return damaged(l, "a block's names begin where they cannot", e);
	for (unsigned i = 1; i <= b->first / ENTRY && !l->stopped; i++) {
		next_nid = 0;
		to = b->n;
		if (i < b->first / ENTRY && !load_entry(l, b, i, &next_nid, &to, e))
			return false;
		if (!list_entry(l, b, nid, from, to, e))
			return false;
		nid = next_nid;
		from = to;
	}
	return true;
}

bool erofs_list(struct erofs *f, const struct erofs_inode *dir, fs_visit *visit, void *arg,
		struct error *e)
{
	struct listing l = {.f = f, .dir = dir, .visit = visit, .arg = arg};
	uint64_t size = dir->st.size, block = UINT64_C(1) << f->block_bits;
	if (dir->st.kind != FS_DIRECTORY)
		return damaged(&l, "is none", e);
	if (!fs_directory_fits(&f->fs, size, e))
		return fail_in(e, "erofs: directory %llu", (unsigned long long)dir->nid);
	for (uint64_t at = 0; at < size && !l.stopped; at += block) {
		struct names b = {.at = at, .n = (unsigned)(size - at < block ? size - at : block)};
		if (!list_block(&l, &b, e))
			return false;
	}
	return true;
}
