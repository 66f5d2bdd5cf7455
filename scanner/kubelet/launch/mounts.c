/*
 * mounts.c - a path as a command in a container, a changed root or a namespace of its own knows it,
 * into the path of the node that it is. The walk is that of path_resolution(7): component by
 * component, the longest mount point that is a prefix wins, and a link is followed in the tree of
 * the command, not in the node's. What lies in a container image, a volume or a tmpfs is not on the
 * node: that is told, and never taken for absent. Not supported: links inside a container image
 * that lead to a mount point by another name.
 */
#include "mounts.h"

#include <string.h>

#include "arena.h"

enum { LINKS_MAX = 40, DEPTH_MAX = 1000, MOUNTS_MAX = 1000 };

/* ---- paths ---- */

struct str path_clean(struct arena *a, struct str path)
{
	char *out = arena_alloc(a, 1, path.n + 2);
	size_t n = 0;
	struct str rest = path, part;
	while (rest.n) {
		str_cut(rest, '/', &part, &rest);
		if (!part.n || str_eq(part, S(".")))
			continue;
		if (str_eq(part, S(".."))) {
			while (n && out[--n] != '/')
				continue;
			continue;
		}
		out[n++] = '/';
		memcpy(out + n, part.p, part.n);
		n += part.n;
	}
	if (!n)
		out[n++] = '/';
	return (struct str){out, n};
}

static struct str join(struct arena *a, struct str dir, struct str rest)
{
	const char *slash = str_ends(dir, S("/")) || str_starts(rest, S("/")) ? "" : "/";
	if (!rest.n)
		return dir;
	if (str_eq(dir, S("/")) && str_starts(rest, S("/")))
		return rest;
	return str_fmt(a, "%" PRIstr "%s%" PRIstr, ARG(dir), slash, ARG(rest));
}

struct str path_joined(struct arena *a, struct str dir, struct str path)
{
	return str_starts(path, S("/")) ? path : join(a, dir.n ? dir : S("/"), path);
}

struct str path_below(struct arena *a, struct str dir, struct str path)
{
	return path_clean(a, path_joined(a, dir, path));
}

/* Is `path` the directory `dir`, or below it? `rest` is what lies behind, with its slash. */
static bool covers(struct str dir, struct str path, struct str *rest)
{
	if (str_eq(dir, S("/"))) {
		*rest = path.n > 1 ? path : S("");
		return true;
	}
	if (!str_starts(path, dir) || (path.n > dir.n && path.p[dir.n] != '/'))
		return false;
	*rest = str_tail(path, dir.n);
	return true;
}

/* ---- making them ---- */

struct mounts *mounts_copy(struct arena *a, const struct mounts *m)
{
	struct mounts *copy = NEW(a, struct mounts);
	if (m)
		*copy = *m;
	copy->cap = copy->n; /* what it grows is its own */
	return copy;
}

static void add(struct arena *a, struct mounts *m, struct mount x)
{
	if (m->n >= MOUNTS_MAX) {
		m->doubt = (struct doubt){REASON_LIMIT, S("too many mounts"), x.from};
		return;
	}
	x.target = path_clean(a, x.target);
	*vec_push(a, m) = x;
}

void mounts_bind(struct arena *a, struct mounts *m, struct str target, struct str source,
		 const struct origin *from)
{
	add(a, m, (struct mount){.target = target, .source = path_clean(a, source), .from = from});
}

void mounts_hide(struct arena *a, struct mounts *m, struct str target, struct str what,
		 const struct origin *from)
{
	add(a, m, (struct mount){.target = target, .what = what, .from = from});
}

/* ---- the walk ---- */

struct trail {
	struct arena *a;
	struct rootfs *root;
	const struct mounts *m;
	struct str at;   /* walked so far: no link in it */
	struct str left; /* still to go */
	unsigned links;
	bool last; /* the last component is followed too */
};

static const struct mount *mount_of(const struct mounts *m, struct str path, struct str *rest)
{
	const struct mount *best = NULL;
	struct str behind;
	*rest = path;
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *x = &m->at[i];
		if (!covers(x->target, path, &behind) || (best && x->target.n < best->target.n))
			continue;
		best = x;
		*rest = behind;
	}
	return best;
}

/* The node's path of what `path` names; false where it is none. */
static bool on_node(const struct trail *w, struct str path, bool real, struct str *out)
{
	struct str rest;
	const struct mount *x = mount_of(w->m, path, &rest);
	*out = path;
	if (!x)
		return !w->m->rest.n;
	if (!x->source.n)
		return false;
	struct str source = x->source;
	const struct file *f = real ? rootfs_stat(w->root, source) : NULL;
	if (f && f->state == FILE_OK && f->real.n)
		source = f->real;
	*out = join(w->a, source, rest);
	return true;
}

static struct str top(const struct trail *w)
{
	return w->m->root.n ? w->m->root : S("/");
}

/* A mount hides a link of the same name. */
static bool is_link(const struct trail *w, struct str path, struct str *target)
{
	struct str rest, node;
	const struct mount *x = mount_of(w->m, path, &rest);
	if ((x && !rest.n) || !on_node(w, path, true, &node))
		return false;
	*target = rootfs_link(w->root, node);
	return target->n > 0;
}

static void step(struct trail *w, struct str part)
{
	struct str target;
	if (!part.n || str_eq(part, S(".")))
		return;
	if (str_eq(part, S(".."))) {
		if (!str_eq(w->at, top(w)))
			w->at = str_dirname(w->at);
		return;
	}
	struct str next = join(w->a, w->at, part);
	bool followed = w->last || w->left.n;
	if (!followed || w->links > LINKS_MAX || !is_link(w, next, &target)) {
		w->at = next;
		return;
	}
	w->links++;
	if (str_starts(target, S("/")))
		w->at = top(w);
	w->left = w->left.n ? str_fmt(w->a, "%" PRIstr "/%" PRIstr, ARG(target), ARG(w->left))
			    : target;
}

/* Why the path is not on the node. */
static struct doubt elsewhere(const struct trail *w, struct str path, const struct origin *named)
{
	struct str rest;
	const struct mount *x = mount_of(w->m, w->at, &rest);
	struct str what = x ? x->what : w->m->rest;
	if (w->left.n)
		return (struct doubt){REASON_LIMIT,
				      S("a path of too many parts, or links in a circle"), named};
	struct str leads =
		w->links ? str_fmt(w->a, "leads to %" PRIstr " in ", ARG(w->at)) : S("lies in ");
	return (struct doubt){REASON_CONFIG_ABSENT,
			      str_fmt(w->a,
				      "%" PRIstr ": %" PRIstr "%" PRIstr
				      ", which the node's image does not hold",
				      ARG(path), ARG(leads), ARG(what)),
			      named ? named
			      : x   ? x->from
				    : NULL};
}

static void walk_on(struct trail *w)
{
	for (unsigned i = 0; w->left.n && i < DEPTH_MAX; i++) {
		struct str part, rest;
		str_cut(w->left, '/', &part, &rest);
		w->left = rest;
		step(w, part);
	}
}

struct location mounts_locate(struct rootfs *root, const struct mounts *m, struct str path,
			      bool follow, const struct origin *named)
{
	struct location l = {.on_node = true, .path = path};
	if (!m)
		return l;
	struct trail w = {.a = rootfs_arena(root), .root = root, .m = m, .left = path};
	w.last = follow;
	w.at = top(&w);
	walk_on(&w);
	/* Where no link was met, the path is shown as the mount names it. */
	l.on_node = !w.left.n && on_node(&w, w.at, w.links > 0, &l.path);
	if (m->doubt.reason != REASON_NONE)
		l = (struct location){.doubt = m->doubt};
	else if (!l.on_node)
		l.doubt = elsewhere(&w, path, named);
	return l;
}

struct mounts *mounts_enter(struct rootfs *root, const struct mounts *m, struct str dir)
{
	struct arena *a = rootfs_arena(root);
	struct mounts *inner = mounts_copy(a, m);
	struct trail w = {.a = a, .root = root, .m = inner, .left = dir, .last = true};
	w.at = top(&w);
	walk_on(&w);
	inner->root = str_eq(w.at, S("/")) ? S("") : w.at;
	return inner;
}

bool mounts_same(struct rootfs *root, const struct mounts *m, struct str path, const struct file *f,
		 struct doubt *why)
{
	struct location l = mounts_locate(root, m, path, true, NULL);
	*why = l.doubt;
	if (!m || (l.on_node && str_eq(rootfs_stat(root, l.path)->real, f->real)))
		return true;
	if (l.on_node)
		*why = (struct doubt){REASON_WRAPPER_UNRESOLVED,
				      str_fmt(rootfs_arena(root),
					      "%" PRIstr ": is %" PRIstr " where the kubelet runs",
					      ARG(f->path), ARG(l.path)),
				      NULL};
	return false;
}

const struct mount *mounts_below(const struct mounts *m, struct str dir)
{
	struct str rest;
	for (size_t i = 0; m && i < m->n; i++)
		if (covers(dir, m->at[i].target, &rest) && rest.n)
			return &m->at[i];
	return NULL;
}

const struct file *launch_stat(struct rootfs *root, const struct launch *l, struct str path,
			       const struct origin *from, struct doubt *why)
{
	struct arena *a = rootfs_arena(root);
	struct str full = path_below(a, l->workdir, path);
	struct location at = mounts_locate(root, l->mounts, full, true, from);
	if (at.on_node)
		return rootfs_stat(root, at.path);
	struct file *elsewhere = NEW(a, struct file);
	*elsewhere = (struct file){.path = full,
				   .real = full,
				   .state = FILE_UNREADABLE,
				   .fault = FAULT_UNSUPPORTED,
				   .why = at.doubt.text};
	*why = at.doubt;
	return elsewhere;
}
