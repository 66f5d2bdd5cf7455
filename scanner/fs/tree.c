/*
 * tree.c - archive members to a tree of names and inodes, as extracting them would leave it.
 *
 * Follows tar(1) for repeated members (the last wins, a directory over a directory only changes
 * its mode) and the OCI image specification, layer.md, for whiteouts: a mark hides what lower
 * layers have and never an entry of its own layer, wherever the two stand in the archive.
 */
#include "tree.h"

#include <string.h>

#include "arena.h"
#include "backends.h"
#include "map.h"
#include "packed.h"

enum { NAME_BYTES_MAX = 255 };

struct name {
	struct name *next; /* in its directory */
	struct str text;
	uint32_t ino;
};

struct directory {
	struct name *first, *last;
};

struct node {
	struct tree_inode inode; /* first: tree_inode() hands out this */
	struct directory names;
};

struct tree {
	struct arena *arena;
	struct map *index; /* 4 bytes of directory inode and a name, to struct name */
	VEC(struct node *) nodes;
	size_t max_entries;
	bool whiteouts;
};

struct key {
	char bytes[4 + NAME_BYTES_MAX];
	size_t n;
};

static struct str key_of(struct key *k, uint64_t dir, struct str name)
{
	uint32_t ino = (uint32_t)dir;
	memcpy(k->bytes, &ino, 4);
	memcpy(k->bytes + 4, name.p, name.n);
	return (struct str){k->bytes, 4 + name.n};
}

static uint32_t node_new(struct tree *t, const struct fs_stat *st)
{
	struct node *node = NEW(t->arena, struct node);
	node->inode.st = *st;
	*vec_push(t->arena, &t->nodes) = node;
	return (uint32_t)(t->nodes.n - 1);
}

static const struct fs_stat plain_directory = {.kind = FS_DIRECTORY, .mode = 0755};

struct tree *tree_new(struct arena *a, size_t max_entries, bool whiteouts)
{
	struct tree *t = NEW(a, struct tree);
	*t = (struct tree){.arena = a, .index = map_new(a), .whiteouts = whiteouts};
	t->max_entries = max_entries && max_entries < UINT32_MAX ? max_entries : UINT32_MAX - 1;
	node_new(t, &plain_directory);
	return t;
}

static struct name *name_get(struct tree *t, uint64_t dir, struct str text)
{
	struct key k;
	if (text.n == 0 || text.n > NAME_BYTES_MAX)
		return NULL;
	return map_get(t->index, key_of(&k, dir, text));
}

/* The name in `dir`, made to point at `ino` whether it was there before or not. */
static bool name_set(struct tree *t, uint64_t dir, struct str text, uint32_t ino, struct error *e)
{
	struct name *name = name_get(t, dir, text);
	if (name) {
		name->ino = ino;
		return true;
	}
	if (map_count(t->index) >= t->max_entries)
		return fail(e, ERR_LIMIT, "more than %zu names, see --max-entries", t->max_entries);
	struct key k;
	struct str key = str_dup(t->arena, key_of(&k, dir, text));
	name = NEW(t->arena, struct name);
	*name = (struct name){.text = str_tail(key, 4), .ino = ino};
	map_put(t->index, key, name);
	struct directory *d = &t->nodes.at[dir]->names;
	if (d->last)
		d->last->next = name;
	else
		d->first = name;
	d->last = name;
	return true;
}

/* An entry that takes the place of a file or a whiteout hides lower layers' directory of that
 * name, as extraction would have removed it. */
static bool covers(struct tree *t, const struct name *old)
{
	return old && t->nodes.at[old->ino]->inode.st.kind != FS_DIRECTORY;
}

/* The directory `text` in `dir`, made where there is none. */
static bool directory_in(struct tree *t, uint64_t dir, struct str text, uint64_t *ino,
			 struct error *e)
{
	const struct name *old = name_get(t, dir, text);
	if (old && t->nodes.at[old->ino]->inode.st.kind == FS_DIRECTORY) {
		*ino = old->ino;
		return true;
	}
	struct fs_stat st = plain_directory;
	st.opaque = covers(t, old);
	uint32_t made = node_new(t, &st);
	if (!name_set(t, dir, text, made, e))
		return false;
	*ino = made;
	return true;
}

struct str tree_clean_path(struct arena *a, struct str path)
{
	char *clean = arena_alloc(a, 1, path.n + 1);
	size_t n = 0;
	while (path.n) {
		struct str part;
		str_cut(path, '/', &part, &path);
		if (part.n == 0 || str_eq(part, S(".")))
			continue;
		if (str_eq(part, S(".."))) {
			size_t slash = str_rfind((struct str){clean, n}, '/');
			n = slash < n ? slash : 0;
			continue;
		}
		if (n)
			clean[n++] = '/';
		memcpy(clean + n, part.p, part.n);
		n += part.n;
	}
	return (struct str){clean, n};
}

static bool impossible(struct str name)
{
	return name.n > NAME_BYTES_MAX || memchr(name.p, 0, name.n);
}

/* Walks to the parent of a clean path. *last gets its final name; *skip, that some name on the
 * way is one that no file system can hold: such an entry cannot come to be. */
static bool parent_of(struct tree *t, struct str path, uint64_t *dir, struct str *last, bool *skip,
		      struct error *e)
{
	struct str rest = path, part;
	unsigned depth = 0;
	*dir = TREE_ROOT;
	while (str_cut(rest, '/', &part, &rest)) {
		if (impossible(part)) {
			*skip = true;
			return true;
		}
		if (++depth > TREE_DEPTH_MAX)
			return fail(e, ERR_LIMIT, "a path is more than %d directories deep",
				    TREE_DEPTH_MAX);
		if (!directory_in(t, *dir, part, dir, e))
			return false;
	}
	*last = part;
	*skip = impossible(part);
	return true;
}

static bool add_whiteout(struct tree *t, uint64_t dir, struct str text, struct error *e)
{
	struct name *old = name_get(t, dir, text);
	if (old) {
		struct fs_stat *st = &t->nodes.at[old->ino]->inode.st;
		if (st->kind == FS_DIRECTORY)
			st->opaque = true;
		return true;
	}
	static const struct fs_stat st = {.kind = FS_WHITEOUT};
	return name_set(t, dir, text, node_new(t, &st), e);
}

/* A ".wh." name. ".wh..wh..opq" marks its directory; other ".wh..wh." names are notes that
 * aufs keeps for itself. */
static bool add_mark(struct tree *t, uint64_t dir, struct str text, struct error *e)
{
	if (str_eq(text, S(".wh..wh..opq")))
		t->nodes.at[dir]->inode.st.opaque = true;
	if (str_starts(text, S(".wh..wh.")))
		return true;
	struct str hidden = str_tail(text, 4);
	if (hidden.n == 0 || str_eq(hidden, S(".")) || str_eq(hidden, S("..")))
		return true;
	return add_whiteout(t, dir, hidden, e);
}

static bool add_directory(struct tree *t, uint64_t dir, struct str text, const struct fs_stat *st,
			  struct tree_inode **out, struct error *e)
{
	uint64_t ino;
	if (!directory_in(t, dir, text, &ino, e))
		return false;
	struct tree_inode *inode = &t->nodes.at[ino]->inode;
	bool opaque = inode->st.opaque || st->opaque;
	inode->st = *st;
	inode->st.opaque = opaque;
	*out = inode;
	return true;
}

/* Does this archive have something else than a directory on the way to `clean`? */
static bool below_file(struct tree *t, struct str clean)
{
	uint64_t ino = TREE_ROOT;
	struct str part;
	while (str_cut(clean, '/', &part, &clean)) {
		if (!tree_find(t, ino, part, &ino))
			return false;
		if (t->nodes.at[ino]->inode.st.kind != FS_DIRECTORY)
			return true;
	}
	return false;
}

static bool is_mark(const struct tree *t, struct str clean, const struct fs_stat *st)
{
	return st->kind == FS_WHITEOUT ||
	       (t->whiteouts && str_starts(str_basename(clean), S(".wh.")));
}

bool tree_add(struct tree *t, struct str path, const struct fs_stat *st, struct tree_inode **out,
	      struct error *e)
{
	struct str clean = tree_clean_path(t->arena, path), text;
	uint64_t dir;
	bool skip;
	*out = NULL;
	if (clean.n == 0) {
		if (st->kind == FS_DIRECTORY)
			t->nodes.at[TREE_ROOT]->inode.st.mode = st->mode;
		return true;
	}
	/* umoci whites out what lay in a directory that the same layer replaced by a file: the
	 * file hides all of it already. */
	if (is_mark(t, clean, st) && below_file(t, clean))
		return true;
	if (!parent_of(t, clean, &dir, &text, &skip, e))
		return false;
	if (skip)
		return true;
	if (t->whiteouts && str_starts(text, S(".wh.")))
		return add_mark(t, dir, text, e);
	if (st->kind == FS_WHITEOUT)
		return add_whiteout(t, dir, text, e);
	if (st->kind == FS_DIRECTORY)
		return add_directory(t, dir, text, st, out, e);
	uint32_t ino = node_new(t, st);
	if (!name_set(t, dir, text, ino, e))
		return false;
	*out = &t->nodes.at[ino]->inode;
	return true;
}

/* What a clean path names, without following symbolic links. */
static bool resolve(struct tree *t, struct str clean, uint64_t *ino)
{
	*ino = TREE_ROOT;
	while (clean.n) {
		struct str part;
		str_cut(clean, '/', &part, &clean);
		if (!tree_find(t, *ino, part, ino))
			return false;
	}
	return true;
}

bool tree_link(struct tree *t, struct str path, struct str target, struct error *e)
{
	struct str clean = tree_clean_path(t->arena, path), text;
	struct str of = tree_clean_path(t->arena, target);
	uint64_t dir, ino;
	bool skip;
	if (clean.n == 0 || str_eq(clean, of))
		return true;
	if (!parent_of(t, clean, &dir, &text, &skip, e))
		return false;
	if (skip)
		return true;
	if (resolve(t, of, &ino)) {
		enum fs_kind kind = t->nodes.at[ino]->inode.st.kind;
		if (kind != FS_DIRECTORY && kind != FS_WHITEOUT)
			return name_set(t, dir, text, (uint32_t)ino, e);
	}
	static const struct fs_stat st = {.kind = FS_HARDLINK};
	uint32_t made = node_new(t, &st);
	t->nodes.at[made]->inode.text = of;
	t->nodes.at[made]->inode.kept = true;
	t->nodes.at[made]->inode.st.size = of.n;
	return name_set(t, dir, text, made, e);
}

struct tree_inode *tree_inode(struct tree *t, uint64_t ino)
{
	return ino < t->nodes.n ? &t->nodes.at[ino]->inode : NULL;
}

size_t tree_count(const struct tree *t)
{
	return map_count(t->index);
}

bool tree_find(struct tree *t, uint64_t dir, struct str name, uint64_t *ino)
{
	if (dir >= t->nodes.n || t->nodes.at[dir]->inode.st.kind != FS_DIRECTORY)
		return false;
	const struct name *found = name_get(t, dir, name);
	if (!found)
		return false;
	*ino = found->ino;
	return true;
}

void tree_each(struct tree *t, uint64_t dir, fs_visit *visit, void *arg)
{
	if (dir >= t->nodes.n)
		return;
	for (const struct name *name = t->nodes.at[dir]->names.first; name; name = name->next)
		if (!visit(arg, name->text, name->ino))
			return;
}

/* ---- saved ---- */

static void save_node(const struct node *node, struct out *o)
{
	const struct tree_inode *inode = &node->inode;
	pack_number(o, inode->st.kind);
	pack_number(o, inode->st.opaque);
	pack_number(o, inode->st.mode);
	pack_number(o, inode->st.uid);
	pack_number(o, inode->st.gid);
	pack_number(o, inode->st.size);
	pack_number(o, inode->cookie);
	pack_number(o, inode->kept);
	pack_text(o, inode->text);
}

void tree_save(const struct tree *t, struct out *o)
{
	pack_number(o, t->nodes.n);
	for (size_t i = 0; i < t->nodes.n; i++)
		save_node(t->nodes.at[i], o);
	for (size_t i = 0; i < t->nodes.n; i++) {
		size_t n = 0;
		for (const struct name *x = t->nodes.at[i]->names.first; x; x = x->next)
			n++;
		pack_number(o, n);
		for (const struct name *x = t->nodes.at[i]->names.first; x; x = x->next) {
			pack_number(o, x->ino);
			pack_text(o, x->text);
		}
	}
}

/* A body is where the cookie says or in the text, whole. */
static bool restore_node(struct tree *t, struct packed *s, uint64_t cookies)
{
	struct tree_inode inode = {0};
	inode.st.kind = (enum fs_kind)packed_number(s, FS_HARDLINK);
	inode.st.opaque = packed_number(s, true);
	inode.st.mode = (uint32_t)packed_number(s, 07777);
	inode.st.uid = (uint32_t)packed_number(s, UINT32_MAX);
	inode.st.gid = (uint32_t)packed_number(s, UINT32_MAX);
	inode.st.size = packed_number(s, UINT64_MAX);
	inode.cookie = packed_number(s, cookies);
	inode.kept = packed_number(s, true);
	inode.text = packed_text(s);
	enum fs_kind kind = inode.st.kind;
	bool bytes = kind == FS_REGULAR || kind == FS_SYMLINK || kind == FS_HARDLINK;
	if (s->bad || (inode.cookie && kind != FS_REGULAR) ||
	    (bytes && !inode.cookie && inode.st.size != inode.text.n))
		return false;
	uint32_t ino = node_new(t, &inode.st);
	t->nodes.at[ino]->inode = inode;
	return true;
}

/* Directories are made before what is in them, and have one name: they cannot form a circle. */
static bool restore_name(struct tree *t, struct packed *s, size_t dir, uint16_t *depth)
{
	struct error ignored;
	uint64_t ino = packed_number(s, t->nodes.n - 1);
	struct str text = packed_text(s);
	if (s->bad || !fs_name_valid(text) || name_get(t, dir, text))
		return false;
	if (t->nodes.at[ino]->inode.st.kind == FS_DIRECTORY) {
		if (ino <= dir || depth[ino] || depth[dir] >= TREE_DEPTH_MAX)
			return false;
		depth[ino] = (uint16_t)(depth[dir] + 1);
	}
	return name_set(t, dir, text, (uint32_t)ino, &ignored);
}

bool tree_restore(struct tree *t, struct packed *s, uint64_t cookies)
{
	size_t n = packed_count(s);
	t->nodes.n = 0;
	for (size_t i = 0; i < n; i++)
		if (!restore_node(t, s, cookies))
			return false;
	if (n == 0 || t->nodes.at[TREE_ROOT]->inode.st.kind != FS_DIRECTORY)
		return false;
	uint16_t *depth = NEW_N(t->arena, uint16_t, n);
	for (size_t dir = 0; dir < n; dir++) {
		size_t names = packed_count(s);
		if (names && t->nodes.at[dir]->inode.st.kind != FS_DIRECTORY)
			return false;
		for (size_t i = 0; i < names; i++)
			if (!restore_name(t, s, dir, depth))
				return false;
	}
	return !s->bad;
}
