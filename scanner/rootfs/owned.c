/*
 * owned.c - does a layer tell who owns its files? A root that a user unpacked, or packed from such
 * a directory, gives everything to that user. A real one has at least one regular file of root's;
 * it is looked for breadth first, in a bounded number of entries, so that a layer without any
 * costs no whole walk.
 */
#include "owned.h"
#include "arena.h"

enum { ENTRIES_MOST = 10000 };

struct search {
	struct arena *a;
	struct fs *fs;
	VEC(uint64_t) dirs;
	size_t entries;
	bool found;
};

static bool look(void *arg, struct str name, uint64_t ino)
{
	struct search *s = arg;
	struct fs_stat st;
	struct error e = {0};
	(void)name;
	if (s->entries++ == ENTRIES_MOST)
		return false;
	if (!fs_stat_at(s->fs, ino, &st, &e))
		return true;
	if (st.kind == FS_DIRECTORY)
		*vec_push(s->a, &s->dirs) = ino;
	s->found |= st.kind == FS_REGULAR && st.uid == 0;
	return !s->found;
}

bool fs_owned(struct arena *a, struct fs *fs)
{
	struct search s = {.a = a, .fs = fs};
	struct error e = {0};
	*vec_push(a, &s.dirs) = fs->root;
	for (size_t i = 0; i < s.dirs.n && !s.found && s.entries <= ENTRIES_MOST; i++)
		(void)fs_list(fs, s.dirs.at[i], look, &s, &e);
	return s.found;
}
