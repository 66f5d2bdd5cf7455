/*
 * composefs.c - the deployments of ostree and bootc that are mounted with composefs: an erofs image
 * has the names, and each file's bytes are an object of the repository, to which the image leads
 * the kernel's overlayfs (Documentation/filesystems/overlayfs.rst, "Data-only lower layers";
 * composefs, "How it works"). Not supported: checking objects against their fs-verity digests.
 */
#include "composefs.h"

#include "arena.h"
#include "composed.h"
#include "image.h"

struct composefs {
	struct fs fs;
	struct arena *arena;
	struct fs *names, *objects;
	/* The file that was read last, and where its bytes are. */
	uint64_t ino, object;
	struct fs *in;
};

static struct fs *names_of(struct fs *fs)
{
	return ((struct composefs *)fs)->names;
}

static bool find_object(struct composefs *c, uint64_t ino, struct str path, struct error *e)
{
	struct fs_stat st;
	struct walk walk;
	if (!fs_stat_at(c->names, ino, &st, e))
		return false;
	enum walk_end end = fs_walk(c->arena, c->objects, path, false, &walk, e);
	if (end == WALK_FAILED)
		return false;
	if (end == WALK_ABSENT || walk.st.kind != FS_REGULAR)
		return fail(e, ERR_MISSING, "its object %" PRIstr " is not in the store",
			    ARG(path));
	if (walk.st.size != st.size)
		return fail(e, ERR_CORRUPT, "its object has %llu bytes instead of %llu",
			    (unsigned long long)walk.st.size, (unsigned long long)st.size);
	c->object = walk.ino;
	c->in = c->objects;
	return true;
}

static bool find_bytes(struct composefs *c, uint64_t ino, struct error *e)
{
	struct fs_stat st;
	struct str path = S("");
	if (c->in && c->ino == ino)
		return true;
	c->in = NULL;
	if (!fs_stat_at(c->names, ino, &st, e) ||
	    (st.kind == FS_REGULAR && !fs_redirect(c->arena, c->names, ino, &path, e)))
		return false;
	if (path.n && !find_object(c, ino, path, e))
		return false;
	if (!path.n) {
		c->object = ino;
		c->in = c->names;
	}
	c->ino = ino;
	return true;
}

static bool composefs_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	return fs_stat_at(names_of(fs), ino, out, e);
}

static bool composefs_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	return fs_list(names_of(fs), ino, visit, arg, e);
}

static bool composefs_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found,
			     uint64_t *ino, struct error *e)
{
	return fs_lookup(names_of(fs), dir, name, found, ino, e);
}

static bool composefs_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n,
			   size_t *got, struct error *e)
{
	struct composefs *c = (struct composefs *)fs;
	return find_bytes(c, ino, e) && c->in->ops->read(c->in, c->object, at, buf, n, got, e);
}

static const struct fs_ops composefs_ops = {
	.name = "composefs",
	.stat = composefs_stat,
	.list = composefs_list,
	.read = composefs_read,
	.lookup = composefs_lookup,
};

struct fs *composefs_open(struct arena *a, struct blob *b, struct fs *of, uint64_t objects,
			  struct error *e)
{
	const struct disk *disk = image_disk(a, b, e);
	if (!disk)
		return NULL;
	const struct volume *v = &disk->volumes.at[0];
	if (!v->fs && v->error.kind != ERR_NONE)
		*e = v->error;
	else if (!v->fs)
		fail(e, ERR_CORRUPT, "no file system but %" PRIstr, ARG(v->holds));
	if (!v->fs)
		return NULL;
	struct composefs *c = NEW(a, struct composefs);
	*c = (struct composefs){.fs = {.ops = &composefs_ops, .root = v->fs->root, .max = of->max},
				.arena = a,
				.names = v->fs,
				.objects = composed_new(a, of, objects)};
	return &c->fs;
}
