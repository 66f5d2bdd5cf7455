/*
 * composed.c - one root out of several trees. An inode of the composed tree is a directory entry's
 * inode together with the mount through which it was reached, so that the same directory seen by
 * two ways carries the mounts of its own way alone, as in Linux. Trees may be the same one more
 * than once (a bind mount). Nothing outside of what is mounted can be reached.
 */
#include "composed.h"

#include <string.h>

#include "arena.h"
#include "map.h"

enum { NAME_BYTES_MAX = 255, MOUNTS_MAX = 1000 };

struct node {
	struct fs *fs;
	uint64_t ino;
	uint32_t mount;
};

struct cover {
	uint64_t dir; /* the node it is mounted in */
	struct str name;
	uint64_t node;
};

struct composed {
	struct fs fs;
	struct arena *arena;
	uint32_t n; /* mounts so far */
	VEC(struct node) nodes;
	struct map *index; /* mount and inode, to node number + 1 */
	VEC(struct cover) covers;
};

static uint64_t node_of(struct composed *m, struct fs *fs, uint32_t mount, uint64_t ino)
{
	char key[12];
	memcpy(key, &mount, 4);
	memcpy(key + 4, &ino, 8);
	struct str k = {key, sizeof key};
	uintptr_t known = (uintptr_t)map_get(m->index, k);
	if (known)
		return known - 1;
	*vec_push(m->arena, &m->nodes) = (struct node){fs, ino, mount};
	map_put(m->index, str_dup(m->arena, k), (void *)(uintptr_t)m->nodes.n);
	return m->nodes.n - 1;
}

static const struct node *node_at(struct composed *m, uint64_t number, struct error *e)
{
	if (number < m->nodes.n)
		return &m->nodes.at[number];
	fail(e, ERR_CORRUPT, "no inode %llu", (unsigned long long)number);
	return NULL;
}

static const struct cover *covered(const struct composed *m, uint64_t dir, struct str name)
{
	for (size_t i = m->covers.n; i-- > 0;)
		if (m->covers.at[i].dir == dir && str_eq(m->covers.at[i].name, name))
			return &m->covers.at[i];
	return NULL;
}

/* ---- fs_ops ---- */

static bool composed_stat(struct fs *fs, uint64_t number, struct fs_stat *out, struct error *e)
{
	const struct node *n = node_at((struct composed *)fs, number, e);
	return n && fs_stat_at(n->fs, n->ino, out, e);
}

static bool composed_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found,
			    uint64_t *ino, struct error *e)
{
	struct composed *m = (struct composed *)fs;
	const struct cover *cover = covered(m, dir, name);
	if (cover) {
		*found = true;
		*ino = cover->node;
		return true;
	}
	const struct node *found_in = node_at(m, dir, e);
	if (!found_in)
		return false;
	struct node n = *found_in;
	if (!fs_lookup(n.fs, n.ino, name, found, ino, e))
		return false;
	if (*found)
		*ino = node_of(m, n.fs, n.mount, *ino);
	return true;
}

struct listed {
	struct composed *m;
	uint64_t dir;
	struct node node;
	fs_visit *visit;
	void *arg;
	bool stopped;
};

static bool show(void *arg, struct str name, uint64_t ino)
{
	struct listed *l = arg;
	if (covered(l->m, l->dir, name))
		return true;
	l->stopped = !l->visit(l->arg, name, node_of(l->m, l->node.fs, l->node.mount, ino));
	return !l->stopped;
}

static bool composed_list(struct fs *fs, uint64_t dir, fs_visit *visit, void *arg, struct error *e)
{
	struct composed *m = (struct composed *)fs;
	const struct node *n = node_at(m, dir, e);
	if (!n)
		return false;
	struct listed l = {m, dir, *n, visit, arg, false};
	if (!fs_list(l.node.fs, l.node.ino, show, &l, e))
		return false;
	for (size_t i = 0; i < m->covers.n && !l.stopped; i++) {
		const struct cover *c = &m->covers.at[i];
		if (c->dir == dir && covered(m, dir, c->name) == c)
			l.stopped = !visit(arg, c->name, c->node);
	}
	return true;
}

static bool composed_read(struct fs *fs, uint64_t number, uint64_t at, void *buf, size_t n,
			  size_t *got, struct error *e)
{
	const struct node *node = node_at((struct composed *)fs, number, e);
	return node && node->fs->ops->read(node->fs, node->ino, at, buf, n, got, e);
}

static bool composed_gist(struct fs *fs, uint64_t number, struct str *out, struct error *e)
{
	const struct node *n = node_at((struct composed *)fs, number, e);
	if (!n)
		return false;
	*out = (struct str){0};
	return !n->fs->ops->gist || n->fs->ops->gist(n->fs, n->ino, out, e);
}

static bool composed_hides(struct fs *fs, uint64_t number, bool *out, struct error *e)
{
	const struct node *n = node_at((struct composed *)fs, number, e);
	return n && fs_hides(n->fs, n->ino, out, e);
}

static const struct fs_ops composed_ops = {
	.name = "composed",
	.stat = composed_stat,
	.list = composed_list,
	.read = composed_read,
	.lookup = composed_lookup,
	.gist = composed_gist,
	.hides = composed_hides,
};

struct fs *composed_new(struct arena *a, struct fs *fs, uint64_t ino)
{
	struct composed *m = NEW(a, struct composed);
	*m = (struct composed){.fs = {.ops = &composed_ops, .root = 0, .max = fs->max},
			       .arena = a,
			       .n = 1,
			       .index = map_new(a)};
	node_of(m, fs, 0, ino);
	return &m->fs;
}

struct arena *composed_arena(struct fs *composed)
{
	return ((struct composed *)composed)->arena;
}

/* The directory that holds a path's last name, once links are followed. */
static bool find_place(struct composed *m, struct str path, uint64_t *dir, struct str *name,
		       struct error *e)
{
	struct walk walk;
	enum walk_end end = fs_walk(m->arena, &m->fs, path, false, &walk, e);
	if (end == WALK_FAILED)
		return false;
	if (str_eq(walk.real, S("/")))
		return fail(e, ERR_UNSUPPORTED, "the root is mounted already");
	*name = str_basename(walk.real);
	end = fs_walk(m->arena, &m->fs, str_dirname(walk.real), false, &walk, e);
	if (end == WALK_FAILED)
		return false;
	if (end == WALK_ABSENT || walk.st.kind != FS_DIRECTORY || !name->n)
		return fail(e, ERR_MISSING, "no directory to mount on");
	*dir = walk.ino;
	return true;
}

bool composed_mount(struct fs *composed, struct str path, struct fs *fs, uint64_t ino,
		    struct error *e)
{
	struct composed *m = (struct composed *)composed;
	struct cover c = {0};
	if (m->n == MOUNTS_MAX)
		return fail(e, ERR_LIMIT, "more than %d mounts", MOUNTS_MAX);
	if (!find_place(m, path, &c.dir, &c.name, e))
		return fail_in(e, "%" PRIstr, ARG(path));
	if (c.name.n > NAME_BYTES_MAX)
		return fail(e, ERR_LIMIT, "%" PRIstr ": name is too long", ARG(path));
	c.node = node_of(m, fs, m->n++, ino);
	*vec_push(m->arena, &m->covers) = c;
	return true;
}

bool composed_bind(struct fs *composed, struct str path, struct str from, struct error *e)
{
	struct composed *m = (struct composed *)composed;
	struct walk walk;
	switch (fs_walk(m->arena, composed, from, false, &walk, e)) {
	case WALK_FAILED: return fail_in(e, "%" PRIstr, ARG(from));
	case WALK_ABSENT: return fail(e, ERR_MISSING, "%" PRIstr ": is not there", ARG(from));
	case WALK_FOUND: break;
	}
	struct node n = m->nodes.at[walk.ino];
	return composed_mount(composed, path, n.fs, n.ino, e);
}

/* ---- what is empty, or cannot be entered ---- */

struct closed {
	struct fs fs;
	struct error why; /* ERR_NONE: it is empty */
};

static bool closed_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	(void)fs;
	(void)ino;
	(void)e;
	*out = (struct fs_stat){.kind = FS_DIRECTORY, .mode = 0755};
	return true;
}

static bool closed_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	(void)ino;
	(void)visit;
	(void)arg;
	const struct error *why = &((struct closed *)fs)->why;
	if (why->kind != ERR_NONE)
		*e = *why;
	return why->kind == ERR_NONE;
}

static bool closed_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	(void)ino;
	(void)at;
	(void)buf;
	(void)n;
	(void)got;
	*e = ((struct closed *)fs)->why;
	return false;
}

static const struct fs_ops closed_ops = {
	.name = "closed",
	.stat = closed_stat,
	.list = closed_list,
	.read = closed_read,
};

bool composed_close(struct fs *composed, struct str path, const struct error *why, struct error *e)
{
	struct closed *c = NEW(((struct composed *)composed)->arena, struct closed);
	*c = (struct closed){.fs = {.ops = &closed_ops}, .why = *why};
	return composed_mount(composed, path, &c->fs, 0, e);
}

bool composed_make(struct fs *composed, struct str path, struct error *e)
{
	const struct error none = {0};
	struct walk walk;
	for (size_t i = 1; i <= path.n; i++) {
		struct str dir = str_slice(path, 0, i);
		if (i < path.n && path.p[i] != '/')
			continue;
		switch (fs_walk(((struct composed *)composed)->arena, composed, dir, false, &walk,
				e)) {
		case WALK_FAILED: return fail_in(e, "%" PRIstr, ARG(dir));
		case WALK_FOUND: continue;
		case WALK_ABSENT: break;
		}
		if (!composed_close(composed, dir, &none, e))
			return false;
	}
	return true;
}
