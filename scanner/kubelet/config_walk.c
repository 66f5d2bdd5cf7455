/*
 * config_walk.c - a directory of drop-ins into its files, in the order in which Go's
 * filepath.WalkDir meets them: names of a directory by their bytes, links to directories not
 * followed. Files that whoever starts the kubelet makes first (K3s copies what --kubelet-arg
 * names) lie over those of the image.
 */
#include <stdlib.h>

#include "arena.h"
#include "slots.h"

enum { DIR_DEPTH_MAX = 64, DIR_FILES_MAX = 10000 };

struct tour {
	struct rootfs *root;
	struct arena *a;
	const struct mades *made; /* NULL: nothing is made */
	struct config_dir out;
};

static bool has_suffix(struct str name)
{
	size_t dot = str_rfind(name, '.');
	return dot < name.n && str_eq(str_tail(name, dot), S(".conf"));
}

static bool refuse_read(struct tour *w, const struct file *f)
{
	const char *why = f->state == FILE_ABSENT ? "no such file or directory" : "is a directory";
	w->out.fault = (struct config_fault){
		CONFIG_READ, str_fmt(w->a, "open %" PRIstr ": %s", ARG(f->path), why), NULL};
	return false;
}

/* ---- what is made ---- */

static bool lies_in(struct str path, struct str dir)
{
	return path.n > dir.n && str_starts(path, dir) && path.p[dir.n] == '/';
}

/* Where the image holds what will lie at `path`: the copy's source, if it has it. */
static struct str place_of(struct tour *w, struct str path, const struct doc **doc)
{
	*doc = NULL;
	for (size_t i = 0; w->made && i < w->made->n; i++) {
		const struct made *m = &w->made->at[i];
		if (!str_eq(path, m->path) && !lies_in(path, m->path))
			continue;
		struct str source = str_cat(w->a, m->source, str_tail(path, m->path.n));
		if (str_eq(path, m->path))
			*doc = m->doc;
		if (m->source.n && rootfs_lstat(w->root, source)->state != FILE_ABSENT)
			return source;
	}
	return path;
}

static bool is_made_in(const struct tour *w, struct str dir)
{
	for (size_t i = 0; w->made && i < w->made->n; i++)
		if (lies_in(w->made->at[i].path, dir))
			return true;
	return false;
}

/* ---- names ---- */

static bool add_listed(struct tour *w, struct str dir, struct words *names)
{
	const struct listing *l = rootfs_list(w->root, dir);
	w->out.unreadable = l->unread;
	if (l->unread)
		return false;
	for (size_t i = 0; i < l->n; i++)
		*vec_push(w->a, names) = (struct word){.text = l->names[i]};
	return true;
}

static int by_text(const void *x, const void *y)
{
	return str_cmp(((const struct word *)x)->text, ((const struct word *)y)->text);
}

/* The names of the directory in the image, of the one copied over it, and of what is made. */
static bool names_in(struct tour *w, struct str path, struct str place, struct words *names)
{
	if (!add_listed(w, path, names))
		return false;
	if (!str_eq(place, path) && !add_listed(w, place, names))
		return false;
	for (size_t i = 0; w->made && i < w->made->n; i++)
		if (str_eq(str_dirname(w->made->at[i].path), path))
			*vec_push(w->a, names) =
				(struct word){.text = str_basename(w->made->at[i].path)};
	if (names->n)
		qsort(names->at, names->n, sizeof names->at[0], by_text);
	size_t n = 0;
	for (size_t i = 0; i < names->n; i++)
		if (!n || !str_eq(names->at[n - 1].text, names->at[i].text))
			names->at[n++] = names->at[i];
	names->n = n;
	return true;
}

/* ---- the walk ---- */

static bool take_file(struct tour *w, struct str place)
{
	const struct file *f = rootfs_read(w->root, place);
	if (f->state == FILE_UNREADABLE || w->out.files.n == DIR_FILES_MAX) {
		w->out.unreadable = f;
		return false;
	}
	if (f->state == FILE_ABSENT || f->kind != FILE_REGULAR)
		return refuse_read(w, f);
	*vec_push(w->a, &w->out.files) = (struct drop_in){.file = f};
	return true;
}

static bool walk(struct tour *w, struct str path, const struct file *f, unsigned depth);

static bool walk_into(struct tour *w, struct str path, struct str place, unsigned depth)
{
	struct words names = {0};
	if (!names_in(w, path, place, &names))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		const struct doc *doc;
		const char *slash = str_ends(path, S("/")) ? "" : "/";
		struct str sub = str_fmt(w->a, "%" PRIstr "%s%" PRIstr, ARG(path), slash,
					 ARG(names.at[i].text));
		struct str at = place_of(w, sub, &doc);
		const struct file *f = rootfs_lstat(w->root, at);
		if (doc)
			*vec_push(w->a, &w->out.files) = (struct drop_in){.doc = doc};
		/* A copy whose source is missing is the doubt of who makes it. */
		else if (f->state != FILE_ABSENT && !walk(w, sub, f, depth + 1))
			return false;
	}
	return true;
}

/* `f` is what lies at `path`, which is where the kubelet will see it. */
static bool walk(struct tour *w, struct str path, const struct file *f, unsigned depth)
{
	if (f->state == FILE_UNREADABLE || depth > DIR_DEPTH_MAX) {
		w->out.unreadable = f;
		return false;
	}
	if (f->kind != FILE_DIRECTORY)
		return !has_suffix(str_basename(path)) || take_file(w, f->path);
	return walk_into(w, path, f->path, depth);
}

struct config_dir config_dir_find(struct rootfs *root, struct str dir, const struct mades *made)
{
	struct tour w = {.root = root, .a = rootfs_arena(root), .made = made};
	/* lstat of "link/" follows the link. */
	bool follow = dir.n > 1 && str_ends(dir, S("/"));
	struct str path = dir;
	while (path.n > 1 && str_ends(path, S("/")))
		path.n--;
	const struct file *f = follow ? rootfs_stat(root, path) : rootfs_lstat(root, path);
	if (f->state != FILE_ABSENT)
		walk(&w, path, f, 0);
	else if (is_made_in(&w, path))
		walk_into(&w, path, path, 0);
	else
		refuse_read(&w, f);
	return w.out;
}
