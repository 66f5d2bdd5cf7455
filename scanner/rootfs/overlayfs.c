/*
 * overlayfs.c - directories laid over each other as the kernel's overlayfs does it
 * (Documentation/filesystems/overlayfs.rst): in all but the lowest a character device stands for an
 * entry that is gone, and an attribute marks directories that hide what lies below them. Not
 * supported: redirected directories and files without their data, which attributes mark too.
 */
#include "overlayfs.h"

#include "arena.h"
#include "composed.h"
#include "overlay.h"

struct upper {
	struct fs fs;
	struct fs *of;
};

static struct fs *inner(struct fs *fs)
{
	return ((struct upper *)fs)->of;
}

static bool upper_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	if (!fs_stat_at(inner(fs), ino, out, e))
		return false;
	if (out->kind == FS_DEVICE)
		out->kind = FS_WHITEOUT;
	return out->kind != FS_DIRECTORY || fs_hides(inner(fs), ino, &out->opaque, e);
}

static bool upper_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	return fs_list(inner(fs), ino, visit, arg, e);
}

static bool upper_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	return inner(fs)->ops->read(inner(fs), ino, at, buf, n, got, e);
}

static bool upper_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
			 struct error *e)
{
	return fs_lookup(inner(fs), dir, name, found, ino, e);
}

static const struct fs_ops upper_ops = {
	.name = "overlay",
	.stat = upper_stat,
	.list = upper_list,
	.read = upper_read,
	.lookup = upper_lookup,
};

struct fs *overlayfs_upper(struct arena *a, struct fs *of)
{
	struct upper *u = NEW(a, struct upper);
	*u = (struct upper){.fs = {.ops = &upper_ops, .root = of->root, .max = of->max}, .of = of};
	return &u->fs;
}

/* A directory of the composed tree as a tree of its own, with the label of the layer it is in. */
static bool part_of(struct arena *a, struct fs *composed, const struct layers *layers,
		    struct str path, struct layer *out, bool *found, struct error *e)
{
	struct walk walk;
	enum walk_end end = fs_walk(a, composed, path, false, &walk, e);
	*found = end == WALK_FOUND && walk.st.kind == FS_DIRECTORY;
	if (end == WALK_FAILED)
		return fail_in(e, "%" PRIstr, ARG(path));
	if (*found) {
		out->fs = composed_new(a, composed, walk.ino);
		out->label = walk.st.layer < layers->n ? layers->at[walk.st.layer].label : path;
	}
	return true;
}

/* The lowest of them is the base, which keeps telling where its entries come from. */
static bool lay_lower(struct arena *a, struct fs *composed, struct layers *layers, struct str all,
		      struct fs **base, struct error *e)
{
	size_t cut = str_rfind(all, ':');
	struct str path = cut < all.n ? str_tail(all, cut + 1) : all;
	struct layer part = {0};
	bool found;
	if (!part_of(a, composed, layers, path, &part, &found, e))
		return false;
	if (!found)
		return fail(e, ERR_MISSING, "%" PRIstr ": no such directory", ARG(path));
	if (*base) {
		part.fs = overlayfs_upper(a, part.fs);
		*vec_push(a, layers) = part;
		*base = overlay_open(a, *base, layers, layers->n - 1, layers->n);
	} else {
		*base = part.fs;
	}
	return cut == all.n || lay_lower(a, composed, layers, str_slice(all, 0, cut), base, e);
}

bool overlayfs_lay(struct fs *composed, struct layers *layers, struct str dir, struct str lower,
		   struct str upper, struct error *e)
{
	struct arena *a = composed_arena(composed);
	struct fs *merged = NULL;
	struct layer part = {0};
	bool found = false;
	if (!lay_lower(a, composed, layers, lower, &merged, e) ||
	    (upper.n && !part_of(a, composed, layers, upper, &part, &found, e)))
		return false;
	if (found) {
		part.fs = overlayfs_upper(a, part.fs);
		*vec_push(a, layers) = part;
		merged = overlay_open(a, merged, layers, layers->n - 1, layers->n);
	}
	return composed_mount(composed, dir, merged, merged->root, e);
}
