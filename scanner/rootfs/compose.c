/*
 * compose.c - layers to the root that boots: laid over each other; of an ostree system the
 * deployment; of a disk what is mounted in the volume that the root is on, and overlays on top of
 * all of it; extensions over the whole.
 */
#include "arena.h"
#include "composed.h"
#include "composefs.h"
#include "deployment.h"
#include "extensions.h"
#include "mounted.h"
#include "overlay.h"
#include "products.h"
#include "root.h"

static bool directory_of(struct rootfs *root, struct fs *fs, struct str path, uint64_t *ino)
{
	struct error e;
	struct walk walk;
	bool found = fs_walk(root->arena, fs, path, false, &walk, &e) == WALK_FOUND;
	*ino = found ? walk.ino : 0;
	return found && walk.st.kind == FS_DIRECTORY;
}

/* Shows a directory of the image at `path` of the composed root, when it is there. */
static void mount_part(struct rootfs *top, struct fs *composed, const char *path, struct str part)
{
	struct error e;
	uint64_t ino;
	if (directory_of(top, top->fs, part, &ino) &&
	    !composed_mount(composed, str_from(path), top->fs, ino, &e))
		note(top->notes, NULL, "not mounted in the root: %s", e.text);
}

/* The tree of a deployment that is an image of composefs; NULL without a failure when it is none.
 */
static bool open_composefs(struct rootfs *top, const struct deployment *d, struct fs **out,
			   struct error *e)
{
	struct arena *a = top->arena;
	struct str path = str_cat(a, d->path, S("/.ostree.cfs"));
	struct walk image;
	uint64_t objects;
	enum walk_end end = fs_walk(a, top->fs, path, true, &image, e);
	*out = NULL;
	if (end == WALK_ABSENT)
		return true;
	if (end == WALK_FAILED)
		return fail_in(e, "%" PRIstr, ARG(path));
	if (!directory_of(top, top->fs, S("/ostree/repo/objects"), &objects))
		return fail(e, ERR_MISSING, "%" PRIstr ": there is no store of objects", ARG(path));
	struct blob *b = fs_blob(a, top->fs, image.ino, path, e);
	*out = b ? composefs_open(a, b, top->fs, objects, e) : NULL;
	return *out || fail_in(e, "%" PRIstr, ARG(path));
}

/* Its own directory has a copy of /usr too, or none; when the image cannot be read, neither can
 * what the machine would see there. */
static struct fs *deployed_tree(struct rootfs *top, const struct deployment *d, uint64_t dir)
{
	struct error e = {0}, closed;
	struct fs *fs;
	bool good = open_composefs(top, d, &fs, &e);
	struct fs *composed = composed_new(top->arena, fs ? fs : top->fs, fs ? fs->root : dir);
	if (!good)
		(void)composed_close(composed, S("/usr"), &e, &closed);
	if (fs)
		mount_part(top, composed, "/etc", str_cat(top->arena, d->path, S("/etc")));
	return composed;
}

/* What its initramfs makes of a deployment (ostree-prepare-root). */
static struct fs *deployed(struct rootfs *top, const struct deployment *d)
{
	uint64_t ino;
	struct error e;
	if (!directory_of(top, top->fs, d->path, &ino))
		return NULL;
	struct fs *composed = deployed_tree(top, d, ino);
	mount_part(top, composed, "/var", d->var);
	mount_part(top, composed, "/sysroot", S("/"));
	if (!directory_of(top, composed, S("/etc"), &ino) &&
	    directory_of(top, composed, S("/usr/etc"), &ino))
		(void)composed_bind(composed, S("/etc"), S("/usr/etc"), &e);
	if (directory_of(top, top->fs, S("/boot/loader"), &ino))
		mount_part(top, composed, "/boot", S("/boot"));
	return composed;
}

/* A tree that was never deployed keeps what will be /etc in /usr/etc. */
static struct fs *undeployed(struct rootfs *top)
{
	uint64_t ino;
	if (directory_of(top, top->fs, S("/etc"), &ino) ||
	    !directory_of(top, top->fs, S("/usr/etc"), &ino))
		return NULL;
	struct fs *composed = composed_new(top->arena, top->fs, top->fs->root);
	mount_part(top, composed, "/etc", S("/usr/etc"));
	return composed;
}

/* What is mounted, on a disk, in what was composed so far, and the layers above the first on it. */
static struct fs *with_mounts(struct rootfs *top, struct fs *composed, struct layers *layers,
			      struct mounted_list *out)
{
	size_t n = layers->n, first = layers->root ? 1 : 0;
	if (!composed)
		composed = composed_new(top->arena, top->fs, top->fs->root);
	struct rootfs *inner = root_over(top->arena, layers, composed, top->notes);
	mounted_lay(inner, composed, layers, out);
	products_lay(inner, composed, layers, out);
	return n > first ? overlay_open(top->arena, composed, layers, first, n) : composed;
}

struct rootfs *rootfs_new(struct arena *a, const struct layers *layers, struct notes *notes)
{
	struct layers *kept = NEW(a, struct layers);
	struct deployment d = {0};
	struct mounted_list mounts = {0};
	struct words settled = {0};
	*kept = *layers;
	size_t below = !kept->disk ? kept->n : kept->root ? 1 : 0;
	struct rootfs *top = root_over(a, kept, overlay_open(a, NULL, kept, 0, below), notes);
	struct fs *composed =
		deployment_find(top, kept->deployment, &d) ? deployed(top, &d) : undeployed(top);
	if (kept->disk)
		composed = with_mounts(top, composed, kept, &mounts);
	struct rootfs *booted = composed ? root_over(a, kept, composed, notes) : top;
	struct fs *extended = extensions_lay(booted, kept, &settled);
	struct rootfs *root = extended ? root_over(a, kept, extended, notes) : booted;
	root->deployment = d.chosen;
	root->mounts = mounts;
	root->settled = settled;
	doubt_volumes(root);
	extensions_trace(root);
	return root;
}

struct str rootfs_deployment(const struct rootfs *root)
{
	return root->deployment;
}

const struct mounted_list *rootfs_mounted(const struct rootfs *root)
{
	return &root->mounts;
}

bool rootfs_extended(const struct rootfs *root, struct str path)
{
	for (size_t i = 0; i < root->settled.n; i++)
		if (str_eq(root->settled.at[i].text, path))
			return true;
	return false;
}
