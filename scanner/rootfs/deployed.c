/*
 * deployed.c - a deployment to the tree that its initramfs makes of it (ostree-prepare-root,
 * bootc-root-setup): its directory, or an image of composefs; its /etc and the shared /var; the
 * physical root at /sysroot; what `ostree admin unlock --hotfix` lets be written over its /usr.
 * What cannot be read is closed, so that nothing else shows through.
 */
#include "arena.h"
#include "composed.h"
#include "composefs.h"
#include "deployment.h"
#include "overlayfs.h"
#include "root.h"
#include "setup_root.h"

enum { SETUP_BYTES_MAX = 64 << 10 };

struct deploying {
	struct rootfs *top;
	struct arena *a;
	const struct deployment *d;
	struct layers *layers;
	struct fs *composed;
};

static void close_part(struct deploying *g, struct str path, const struct error *why)
{
	struct error e;
	if (!composed_close(g->composed, path, why, &e))
		note(g->top->notes, NULL, "not mounted in the root: %s", e.text);
}

/* A directory, through links. */
static enum walk_end find_part(struct deploying *g, struct fs *fs, struct str part, uint64_t *ino,
			       struct error *e)
{
	struct walk walk;
	enum walk_end end = fs_walk(g->a, fs, part, false, &walk, e);
	if (end == WALK_FAILED)
		fail_in(e, "%" PRIstr, ARG(part));
	*ino = end == WALK_FOUND ? walk.ino : 0;
	return end == WALK_FOUND && walk.st.kind != FS_DIRECTORY ? WALK_ABSENT : end;
}

/* Shows a directory of the physical root at `path`, when it is there. */
static void mount_part(struct deploying *g, struct str path, struct str part)
{
	struct error e;
	uint64_t ino;
	switch (find_part(g, g->top->fs, part, &ino, &e)) {
	case WALK_FAILED: close_part(g, path, &e); return;
	case WALK_ABSENT: return;
	case WALK_FOUND: break;
	}
	if (!composed_mount(g->composed, path, g->top->fs, ino, &e))
		note(g->top->notes, NULL, "not mounted in the root: %s", e.text);
}

/* ---- composefs ---- */

/* NULL without a failure where the deployment is no image. */
static bool open_image(struct deploying *g, struct fs **out, struct error *e)
{
	struct str path = g->d->image;
	struct walk image;
	uint64_t objects;
	*out = NULL;
	enum walk_end end = fs_walk(g->a, g->top->fs, path, false, &image, e);
	if (end == WALK_ABSENT && !g->d->bare)
		return true;
	if (end == WALK_ABSENT)
		return fail(e, ERR_MISSING, "%" PRIstr ": is not there", ARG(path));
	if (end == WALK_FAILED)
		return fail_in(e, "%" PRIstr, ARG(path));
	end = find_part(g, g->top->fs, g->d->objects, &objects, e);
	if (end == WALK_ABSENT)
		return fail(e, ERR_MISSING, "%" PRIstr ": there is no store of objects", ARG(path));
	if (end == WALK_FAILED)
		return false;
	struct blob *b = fs_blob(g->a, g->top->fs, image.ino, path, e);
	*out = b ? composefs_open(g->a, b, g->top->fs, objects, e) : NULL;
	return *out || fail_in(e, "%" PRIstr, ARG(path));
}

static struct fs *tree_of(struct deploying *g, uint64_t dir)
{
	struct error e = {0};
	struct fs *fs;
	bool good = open_image(g, &fs, &e);
	g->composed = composed_new(g->a, fs ? fs : g->top->fs, fs ? fs->root : dir);
	/* Its own directory has a copy of /usr too, or none: that is not what the machine sees. */
	if (!good)
		close_part(g, S("/usr"), &e);
	return fs;
}

/* The mount is made where there is the directory that overlayfs works in. */
static void lay_hotfix(struct deploying *g)
{
	struct str upper = str_fmt(g->a, "/sysroot%" PRIstr "/.usr-ovl-upper", ARG(g->d->path));
	struct str work = str_cat(g->a, g->d->path, S("/.usr-ovl-work"));
	struct error e;
	uint64_t ino;
	enum walk_end end = find_part(g, g->top->fs, work, &ino, &e);
	if (g->d->bare || end == WALK_ABSENT)
		return;
	if (end == WALK_FAILED ||
	    !overlayfs_lay(g->composed, g->layers, S("/usr"), S("/usr"), upper, &e))
		close_part(g, S("/usr"), &e);
}

/* ---- /etc and /var ---- */

/* What the image says of how they are mounted; false where that cannot be read. */
static bool read_setup(struct deploying *g, struct str *out, struct error *e)
{
	struct walk walk;
	*out = S("");
	if (!g->d->setup.n)
		return true;
	enum walk_end end = fs_walk(g->a, g->composed, g->d->setup, false, &walk, e);
	return end == WALK_ABSENT ||
	       (end == WALK_FOUND &&
		fs_slurp(g->a, g->composed, walk.ino, SETUP_BYTES_MAX, out, e)) ||
	       fail_in(e, "%" PRIstr, ARG(g->d->setup));
}

/* Of ostree, what was not changed since it was deployed is in /usr/etc. Nothing is told of a tree
 * without composefs, of which the repository's configuration has a say too. */
static bool show_original(struct deploying *g, bool image, struct error *e)
{
	if (g->d->bare)
		return true;
	if (!image)
		return fail(e, ERR_UNSUPPORTED,
			    "a transient /etc without composefs: not supported");
	return composed_bind(g->composed, S("/etc"), S("/usr/etc"), e);
}

/* The state is seen where the physical root is. */
static bool lay_state(struct deploying *g, struct str path, struct str part, struct error *e)
{
	struct str upper = str_fmt(g->a, "/sysroot%" PRIstr "/upper", ARG(part));
	return overlayfs_lay(g->composed, g->layers, path, path, upper, e);
}

/* `image`: the tree is one of composefs, and does not have its /etc and /var by itself. */
static void mount_state(struct deploying *g, struct str path, struct str part, bool image)
{
	struct str setup;
	struct error e;
	enum setup_mount how = SETUP_OTHER;
	bool etc = str_eq(path, S("/etc"));
	if (read_setup(g, &setup, &e)) {
		how = setup_root_mount(setup, str_tail(path, 1));
		fail(&e, ERR_UNSUPPORTED, "%" PRIstr ": mounts it in a way that is not supported",
		     ARG(g->d->setup));
	}
	if (how == SETUP_BIND && (image || !etc))
		mount_part(g, path, part);
	else if (how == SETUP_OTHER || (how == SETUP_OVERLAY && !lay_state(g, path, part, &e)) ||
		 (how == SETUP_IMAGE && etc && !show_original(g, image, &e)))
		close_part(g, path, &e);
}

struct fs *deployment_tree(struct rootfs *top, const struct deployment *d, struct layers *layers)
{
	struct deploying g = {.top = top, .a = rootfs_arena(top), .d = d, .layers = layers};
	uint64_t ino;
	struct error e;
	if (find_part(&g, top->fs, d->path, &ino, &e) != WALK_FOUND)
		return NULL;
	bool image = tree_of(&g, ino) != NULL;
	mount_part(&g, S("/sysroot"), S("/"));
	mount_state(&g, S("/etc"), d->etc, image);
	lay_hotfix(&g);
	mount_state(&g, S("/var"), d->var, image);
	if (find_part(&g, g.composed, S("/etc"), &ino, &e) == WALK_ABSENT &&
	    find_part(&g, g.composed, S("/usr/etc"), &ino, &e) == WALK_FOUND)
		(void)composed_bind(g.composed, S("/etc"), S("/usr/etc"), &e);
	if (d->boot.n && find_part(&g, top->fs, S("/boot/loader"), &ino, &e) == WALK_FOUND)
		mount_part(&g, S("/boot"), d->boot);
	return g.composed;
}
