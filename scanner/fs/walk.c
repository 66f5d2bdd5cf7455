/*
 * walk.c - path resolution inside a tree, after path_resolution(7), with the tree's root as the
 * root of everything: an absolute link starts there again, ".." stops there.
 */
#include <string.h>

#include "arena.h"
#include "fs.h"

enum {
	LINKS_MAX = 40,
	DEPTH_MAX = 256,
	TARGET_MAX = 4096,
	PATH_BYTES_MAX = 1 << 16,
	PATH_ROOM = 128
};

/* Where the walk stands: the directories from the root down to here. */
struct position {
	struct arena *arena;
	struct fs *fs;
	uint64_t ino[DEPTH_MAX + 1];
	size_t end[DEPTH_MAX + 1]; /* length of the path at that depth */
	size_t depth;
	char *path; /* "/a/b" below the root, "" at it */
	size_t room;
};

static struct str path_here(const struct position *p)
{
	return (struct str){p->path, p->end[p->depth]};
}

static bool push(struct position *p, struct str name, uint64_t ino, struct error *e)
{
	size_t at = p->end[p->depth], need = at + 1 + name.n;
	if (p->depth == DEPTH_MAX || need > PATH_BYTES_MAX)
		return fail(e, ERR_LIMIT, "path is too deep");
	if (need > p->room) {
		char *wider = arena_alloc(p->arena, 1, need * 2);
		memcpy(wider, p->path, at);
		p->path = wider;
		p->room = need * 2;
	}
	p->path[at] = '/';
	memcpy(p->path + at + 1, name.p, name.n);
	p->depth++;
	p->ino[p->depth] = ino;
	p->end[p->depth] = need;
	return true;
}

/* What is still to be walked once a link is followed. */
static bool splice(struct arena *a, struct str target, bool slash, struct str *rest,
		   struct error *e)
{
	if (target.n + rest->n + 1 > PATH_BYTES_MAX)
		return fail(e, ERR_LIMIT, "path grows too long through its links");
	*rest = slash ? str_cat(a, str_cat(a, target, S("/")), *rest) : target;
	return true;
}

static struct str below(const struct position *p, struct str name)
{
	return str_cat(p->arena, str_cat(p->arena, path_here(p), S("/")), name);
}

static enum walk_end absent(const struct position *p, struct str name, struct walk *out)
{
	bool dots = str_eq(name, S(".")) || str_eq(name, S(".."));
	out->real = below(p, dots ? S("") : name);
	return WALK_ABSENT;
}

/* A hard link's target is a path from the root, whatever it looks like. */
static bool follow(struct position *p, struct str name, uint64_t ino, bool slash, struct str *rest,
		   struct walk *out, struct error *e)
{
	struct str target;
	if (out->links.n == LINKS_MAX)
		return fail(e, ERR_LOOP, "too many levels of symbolic links");
	if (out->links.n >= limits_links(&p->fs->max))
		return fail(e, ERR_LIMIT, "more than %zu symbolic links, see --max-links",
			    out->links.n);
	if (!fs_slurp(p->arena, p->fs, ino, TARGET_MAX, &target, e))
		return false;
	if (target.n == 0)
		return fail(e, ERR_CORRUPT, "symbolic link without a target");
	*vec_push(p->arena, &out->links) = (struct walk_link){below(p, name), target};
	if (target.p[0] == '/' || out->st.kind == FS_HARDLINK)
		p->depth = 0;
	out->st.kind = FS_DIRECTORY; /* the one that the walk goes on from */
	return splice(p->arena, target, slash, rest, e);
}

/* One name below the position; out->st tells what the position is before and after. `slash`
 * says that a '/' came after the name, so that even a last link must be followed. */
static enum walk_end step(struct position *p, struct str name, bool slash, struct str *rest,
			  bool nofollow, struct walk *out, struct error *e)
{
	bool there = false;
	uint64_t ino = 0;
	if (!fs_lookup(p->fs, p->ino[p->depth], name, &there, &ino, e))
		return WALK_FAILED;
	if (!there)
		return absent(p, name, out);
	if (!fs_stat_at(p->fs, ino, &out->st, e))
		return WALK_FAILED;
	bool last_stays = nofollow && !slash;
	if (out->st.kind == FS_WHITEOUT)
		return absent(p, name, out);
	if (out->st.kind == FS_HARDLINK || (out->st.kind == FS_SYMLINK && !last_stays))
		return follow(p, name, ino, slash, rest, out, e) ? WALK_FOUND : WALK_FAILED;
	return push(p, name, ino, e) ? WALK_FOUND : WALK_FAILED;
}

static enum walk_end step_up(struct position *p, struct walk *out, struct error *e)
{
	p->depth -= p->depth > 0;
	return fs_stat_at(p->fs, p->ino[p->depth], &out->st, e) ? WALK_FOUND : WALK_FAILED;
}

static struct str skip_slashes(struct str path)
{
	while (path.n && path.p[0] == '/')
		path = str_tail(path, 1);
	return path;
}

enum walk_end fs_walk(struct arena *a, struct fs *fs, struct str path, bool nofollow,
		      struct walk *out, struct error *e)
{
	struct position here = {.arena = a,
				.fs = fs,
				.ino = {fs->root},
				.path = arena_alloc(a, 1, PATH_ROOM),
				.room = PATH_ROOM};
	struct position *p = &here;
	bool slash = false;
	*out = (struct walk){.real = S("/")};
	if (!fs_stat_at(fs, fs->root, &out->st, e))
		return WALK_FAILED;
	for (struct str rest = skip_slashes(path); rest.n; rest = skip_slashes(rest)) {
		struct str name;
		enum walk_end end = WALK_FOUND;
		slash = str_cut(rest, '/', &name, &rest);
		if (out->st.kind != FS_DIRECTORY)
			return absent(p, name, out);
		if (str_eq(name, S("..")))
			end = step_up(p, out, e);
		else if (!str_eq(name, S(".")))
			end = step(p, name, slash, &rest, nofollow, out, e);
		if (end != WALK_FOUND)
			return end;
	}
	if (slash && out->st.kind != FS_DIRECTORY)
		return absent(p, S(""), out);
	out->ino = p->ino[p->depth];
	if (p->depth)
		out->real = str_dup(a, path_here(p));
	return WALK_FOUND;
}
