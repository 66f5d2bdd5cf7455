/*
 * rootfs.c - one tree to files that can be asked for by path: the fail line. Errors of the
 * stages below end here, as FILE_UNREADABLE with the reason, and are remembered together with
 * everything else that was looked at, so that a capture can repeat the scan.
 */
#include "rootfs.h"

#include <stdlib.h>

#include "arena.h"
#include "map.h"
#include "owned.h"
#include "root.h"

/* What is known of one path, as it was asked for. */
struct known {
	struct file *read, *stat, *lstat;
	struct listing *listing;
	struct str target;
};

/* What is known of one path without links: for the trace. */
struct seen {
	const struct file *file; /* with its text, where that was read */
	struct str gist;
	bool listed, has_gist;
};

struct rootfs *root_over(struct arena *a, const struct layers *layers, struct fs *fs,
			 struct notes *notes)
{
	struct rootfs *root = NEW(a, struct rootfs);
	*root = (struct rootfs){.arena = a,
				.layers = layers,
				.notes = notes,
				.fs = fs,
				.asked = NEW_N(a, bool, layers->n + 1),
				.owned = NEW_N(a, bool, layers->n + 1),
				.paths = map_new(a),
				.trace = map_new(a)};
	return root;
}

struct arena *rootfs_arena(struct rootfs *root)
{
	return root->arena;
}

struct notes *rootfs_notes(struct rootfs *root)
{
	return root->notes;
}

static bool emptied(const struct rootfs *root, struct str path)
{
	for (size_t i = 0; i < root->emptied.n; i++) {
		struct str dir = root->emptied.at[i].text;
		if (path.n > dir.n && path.p[dir.n] == '/' && str_starts(path, dir))
			return true;
	}
	return false;
}

static struct known *known(struct rootfs *root, struct str path)
{
	struct known *k = map_get(root->paths, path);
	if (k)
		return k;
	k = NEW(root->arena, struct known);
	path = str_dup(root->arena, path);
	map_put(root->paths, path, k);
	if (emptied(root, path)) {
		struct file *absent = NEW(root->arena, struct file);
		*absent = (struct file){.path = path, .real = path, .state = FILE_ABSENT};
		k->read = k->stat = k->lstat = absent;
		k->listing = NEW(root->arena, struct listing);
		k->listing->state = FILE_ABSENT;
	}
	return k;
}

static struct seen *seen(struct rootfs *root, struct str real)
{
	struct seen *s = map_get(root->trace, real);
	if (!s) {
		s = NEW(root->arena, struct seen);
		map_put(root->trace, real, s);
	}
	return s;
}

/* ---- errors end here ---- */

static void set_unreadable(struct rootfs *root, struct file *f, const struct error *e)
{
	f->state = FILE_UNREADABLE;
	f->fault = e->kind == ERR_LOOP          ? FAULT_LOOP
		   : e->kind == ERR_CORRUPT     ? FAULT_CORRUPT
		   : e->kind == ERR_LIMIT       ? FAULT_LIMIT
		   : e->kind == ERR_UNSUPPORTED ? FAULT_UNSUPPORTED
		   : e->kind == ERR_ENCRYPTED   ? FAULT_ENCRYPTED
						: FAULT_IO;
	f->why = str_dup(root->arena, str_from(e->text));
	struct str text = str_fmt(root->arena, "%" PRIstr ": %" PRIstr, ARG(f->real), ARG(f->why));
	for (size_t i = 0; i < root->unreadable.n; i++)
		if (str_eq(root->unreadable.at[i].text, text))
			return;
	if (!root->unreadable.n)
		root->unread = doubt_file(root->arena, f, NULL);
	*vec_push(root->arena, &root->unreadable) = (struct word){text, NULL};
	note(root->notes, NULL, "cannot be read: %" PRIstr, ARG(text));
}

static enum file_kind kind_of(enum fs_kind kind)
{
	switch (kind) {
	case FS_REGULAR: return FILE_REGULAR;
	case FS_DIRECTORY: return FILE_DIRECTORY;
	case FS_SYMLINK: return FILE_SYMLINK;
	case FS_DEVICE: return FILE_DEVICE;
	case FS_OTHER:
	case FS_WHITEOUT:
	case FS_HARDLINK: break;
	}
	return FILE_OTHER;
}

static void set_stat(const struct rootfs *root, struct file *f, const struct fs_stat *st)
{
	f->state = FILE_OK;
	f->kind = kind_of(st->kind);
	f->mode = st->mode;
	f->uid = st->uid;
	f->gid = st->gid;
	f->size = st->size;
	if (root->layers->n)
		f->layer = root->layers->at[st->layer].label;
}

/* ---- looking ---- */

static struct file *symlink_file(struct rootfs *root, struct str path);

/* Links on the way are part of the trace: without them the path would not lead there. */
static void trace_links(struct rootfs *root, const struct walk *walk)
{
	for (size_t i = 0; i < walk->links.n; i++) {
		struct seen *s = seen(root, walk->links.at[i].path);
		if (!s->file)
			s->file = symlink_file(root, walk->links.at[i].path);
	}
}

/* Walks to `path` and says what is there. *ino is set for FILE_OK. */
static struct file *look(struct rootfs *root, struct str path, bool nofollow, uint64_t *ino)
{
	struct file *f = NEW(root->arena, struct file);
	struct walk walk;
	struct error e = {0};
	f->path = f->real = str_dup(root->arena, path);
	f->state = FILE_ABSENT;
	enum walk_end end = fs_walk(root->arena, root->fs, path, nofollow, &walk, &e);
	if (end == WALK_FAILED) {
		set_unreadable(root, f, &e);
	} else {
		f->real = walk.real;
		*ino = walk.ino;
	}
	if (end == WALK_FOUND)
		set_stat(root, f, &walk.st);
	trace_links(root, &walk);
	bool looped = end == WALK_FAILED && e.kind == ERR_LOOP; /* its links tell the story */
	if (end != WALK_ABSENT && !looped && !seen(root, f->real)->file)
		seen(root, f->real)->file = f;
	return f;
}

static struct file *symlink_file(struct rootfs *root, struct str path)
{
	struct known *k = known(root, path);
	uint64_t ino = 0;
	if (!k->lstat) {
		struct error e = {0};
		k->lstat = look(root, path, true, &ino);
		if (k->lstat->state == FILE_OK && k->lstat->kind == FILE_SYMLINK &&
		    !fs_slurp(root->arena, root->fs, ino, 1 << 16, &k->target, &e))
			set_unreadable(root, k->lstat, &e);
	}
	return k->lstat;
}

const struct file *rootfs_lstat(struct rootfs *root, struct str path)
{
	return symlink_file(root, path);
}

const struct file *rootfs_stat(struct rootfs *root, struct str path)
{
	struct known *k = known(root, path);
	uint64_t ino;
	if (!k->stat)
		k->stat = k->read ? k->read : look(root, path, false, &ino);
	return k->stat;
}

struct str rootfs_link(struct rootfs *root, struct str path)
{
	return symlink_file(root, path)->state == FILE_OK ? known(root, path)->target : S("");
}

bool rootfs_owned(struct rootfs *root, const struct file *file)
{
	for (size_t i = 0; i < root->layers->n; i++) {
		const struct layer *layer = &root->layers->at[i];
		if (!str_eq(layer->label, file->layer))
			continue;
		if (!root->asked[i])
			root->owned[i] = fs_owned(root->arena, layer->fs);
		root->asked[i] = true;
		if (root->owned[i])
			return true;
	}
	return false;
}

/* ---- reading ---- */

const struct file *rootfs_read(struct rootfs *root, struct str path)
{
	struct known *k = known(root, path);
	uint64_t ino = 0;
	if (k->read)
		return k->read;
	struct file *f = look(root, path, false, &ino);
	k->read = f;
	if (f->state != FILE_OK || f->kind != FILE_REGULAR)
		return f;
	struct seen *s = seen(root, f->real);
	if (s->file && s->file != f && s->file->text.p) {
		f->text = s->file->text; /* the same file by another path */
		return f;
	}
	struct error e = {0};
	if (!fs_slurp(root->arena, root->fs, ino, ROOTFS_FILE_MAX, &f->text, &e))
		set_unreadable(root, f, &e);
	s->file = f;
	return f;
}

const struct file *rootfs_peek(struct rootfs *root, struct str path, uint64_t at, void *buf,
			       size_t n, size_t *got)
{
	struct error e = {0};
	uint64_t ino = 0;
	struct file *f = look(root, path, false, &ino);
	*got = 0;
	if (f->state == FILE_OK && f->kind == FILE_REGULAR &&
	    !root->fs->ops->read(root->fs, ino, at, buf, n, got, &e))
		set_unreadable(root, f, &e);
	return f;
}

/* What an archive or a capture has, or else what is made now. */
static bool find_gist(struct rootfs *root, struct file *f, uint64_t ino, rootfs_gist_fn *make,
		      struct str *out, struct error *e)
{
	const struct fs_ops *ops = root->fs->ops;
	if (ops->gist && !ops->gist(root->fs, ino, out, e))
		return false;
	if (out->p)
		return true;
	struct blob *b = fs_blob(root->arena, root->fs, ino, f->real, e);
	return b && make(root->arena, b, out, e);
}

struct str rootfs_gist(struct rootfs *root, struct str path, rootfs_gist_fn *make)
{
	struct error e = {0};
	uint64_t ino = 0;
	struct file *f = look(root, path, false, &ino);
	if (f->state != FILE_OK || f->kind != FILE_REGULAR)
		return (struct str){0};
	struct seen *s = seen(root, f->real);
	if (!s->has_gist && !find_gist(root, f, ino, make, &s->gist, &e)) {
		set_unreadable(root, f, &e);
		s->gist = (struct str){0};
	}
	s->has_gist = true;
	return s->gist;
}

/* ---- listing ---- */

struct gathering {
	struct arena *arena;
	VEC(struct str) names;
};

static bool gather(void *arg, struct str name, uint64_t ino)
{
	struct gathering *g = arg;
	(void)ino;
	*vec_push(g->arena, &g->names) = str_dup(g->arena, name);
	return true;
}

static void list_into(struct rootfs *root, struct str dir, struct listing *l)
{
	struct gathering g = {.arena = root->arena};
	struct error e = {0};
	uint64_t ino = 0;
	struct file *f = look(root, dir, false, &ino);
	l->state = f->state;
	l->unread = f->state == FILE_UNREADABLE ? f : NULL;
	if (f->state == FILE_OK && f->kind != FILE_DIRECTORY)
		l->state = FILE_ABSENT;
	if (l->state != FILE_OK)
		return;
	if (!fs_list(root->fs, ino, gather, &g, &e)) {
		set_unreadable(root, f, &e);
		seen(root, f->real)->file = f;
		l->state = FILE_UNREADABLE;
		l->unread = f;
		return;
	}
	seen(root, f->real)->listed = true;
	if (g.names.n)
		qsort(g.names.at, g.names.n, sizeof *g.names.at, str_order);
	l->names = g.names.at;
	l->n = g.names.n;
}

const struct listing *rootfs_list(struct rootfs *root, struct str dir)
{
	struct known *k = known(root, dir);
	if (!k->listing) {
		k->listing = NEW(root->arena, struct listing);
		list_into(root, dir, k->listing);
	}
	return k->listing;
}

const struct listing *rootfs_list_within(struct rootfs *root, struct str dir, uint64_t *left)
{
	struct known *k = known(root, dir);
	const struct listing *l = rootfs_list(root, dir);
	struct error e;
	if (l->n <= *left) {
		*left -= l->n;
		return l;
	}
	fail(&e, ERR_LIMIT, "too many deployments and boot entries, see --max-deployments");
	struct file *f = NEW(root->arena, struct file);
	*f = *rootfs_stat(root, dir);
	set_unreadable(root, f, &e);
	k->listing = NEW(root->arena, struct listing);
	*k->listing = (struct listing){.state = FILE_UNREADABLE, .unread = f};
	return k->listing;
}

/* ---- what the boot makes ---- */

static void make_directory(struct rootfs *root, struct str path)
{
	struct known *k = known(root, path);
	struct file *f = NEW(root->arena, struct file);
	*f = (struct file){.path = str_dup(root->arena, path),
			   .state = FILE_OK,
			   .kind = FILE_DIRECTORY,
			   .mode = 0755};
	f->real = f->path;
	k->read = k->stat = k->lstat = f;
	k->listing = NEW(root->arena, struct listing);
	k->listing->state = FILE_OK;
}

void rootfs_empty(struct rootfs *root, struct str dir)
{
	make_directory(root, dir);
	if (!emptied(root, str_cat(root->arena, dir, S("/"))))
		*vec_push(root->arena, &root->emptied) =
			(struct word){str_dup(root->arena, dir), NULL};
}

static void enter_name(struct rootfs *root, struct str dir, struct str name)
{
	struct listing *l = known(root, dir)->listing;
	struct str *names = NEW_N(root->arena, struct str, l->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->names[i], name))
			return;
		names[n++] = l->names[i];
	}
	names[n++] = name;
	qsort(names, n, sizeof *names, str_order);
	l->names = names;
	l->n = n;
}

void rootfs_make(struct rootfs *root, const struct file *file)
{
	struct file *f = NEW(root->arena, struct file);
	struct str dir = str_dirname(file->path);
	struct known *k = known(root, file->path);
	*f = *file;
	f->real = f->path;
	if (rootfs_list(root, dir)->state != FILE_OK)
		make_directory(root, dir);
	enter_name(root, dir, str_basename(f->path));
	if (f->kind == FILE_DIRECTORY) {
		if (rootfs_list(root, f->path)->state != FILE_OK)
			make_directory(root, f->path);
		return;
	}
	k->lstat = f;
	if (f->kind != FILE_SYMLINK) {
		k->read = k->stat = f;
		return;
	}
	k->target = f->text;
	struct str to = f->text;
	if (!str_starts(to, S("/")))
		to = str_fmt(root->arena, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(to));
	const struct file *there = rootfs_read(root, to);
	struct file *seen_there = NEW(root->arena, struct file);
	*seen_there = *there;
	seen_there->path = f->path;
	k->read = k->stat = seen_there;
}

/* ---- the trace ---- */

static struct str joined(struct arena *a, struct str dir, struct str name)
{
	struct str slash = str_eq(dir, S("/")) ? S("") : S("/");
	return str_cat(a, str_cat(a, dir, slash), name);
}

/* Names that a listing showed belong to what was seen, whether they were looked at or not. */
static void trace_listed(struct rootfs *root)
{
	for (size_t i = 0; i < map_count(root->trace); i++) {
		struct str dir;
		const struct seen *s = map_at(root->trace, i, &dir);
		if (!s->listed)
			continue;
		const struct listing *l = rootfs_list(root, dir);
		for (size_t k = 0; k < l->n; k++)
			rootfs_lstat(root, joined(root->arena, dir, l->names[k]));
	}
}

static int trace_order(const void *a, const void *b)
{
	return str_cmp(((const struct trace *)a)->file->real,
		       ((const struct trace *)b)->file->real);
}

struct traces rootfs_trace(struct rootfs *root)
{
	struct traces all = {0};
	trace_listed(root);
	for (size_t i = 0; i < map_count(root->trace); i++) {
		struct str real;
		const struct seen *s = map_at(root->trace, i, &real);
		if (!s->file)
			continue;
		struct trace *t = vec_push(root->arena, &all);
		*t = (struct trace){.file = s->file, .gist = s->gist, .listed = s->listed};
		if (s->file->kind == FILE_SYMLINK)
			t->target = rootfs_link(root, real);
	}
	if (all.n)
		qsort(all.at, all.n, sizeof *all.at, trace_order);
	return all;
}

struct words rootfs_unreadable(struct rootfs *root)
{
	return root->unreadable;
}
