/*
 * overlay.c - layers to one tree, without extracting any of them.
 *
 * Follows the OCI image specification, layer.md ("Applying changesets", "Whiteouts"), seen from
 * the top: an entry of a higher layer stands for itself; a directory is joined with the lower
 * ones of its name, down to the first that is opaque, is no directory, or is hidden by a
 * whiteout. A hard link to a path of lower layers is looked up in those layers alone.
 *
 * Entries are merged when they are asked for, and once: an image is mostly never looked at.
 */
#include "overlay.h"

#include <string.h>

#include "arena.h"
#include "map.h"

enum { HARDLINK_HOPS_MAX = 8, NAME_BYTES_MAX = 255 };

#define LAYER_OF_BASE UINT32_MAX

/* Where a merged entry's bytes or names come from; a directory may have several, top first. */
struct part {
	struct fs *fs;
	uint64_t ino;
	uint32_t layer;
};

struct entry {
	VEC(struct part) parts;
	struct fs_stat st;
	struct error error; /* kind ERR_NONE unless the entry is there but cannot be had */
	uint64_t ino;
};

struct overlay {
	struct fs fs;
	struct arena *arena;
	struct fs *base; /* lies below all of them; or NULL */
	const struct layers *layers;
	size_t from, to; /* these of them count */
	unsigned hops;
	VEC(struct entry *) entries;
	struct map *index;    /* 8 bytes of directory and a name, to struct entry */
	struct entry *absent; /* in the index: no layer shows that name */
	struct fs **below;    /* for hard links: overlays of fewer layers, made when needed */
};

static struct fs *overlay_of(const struct overlay *like);

static struct entry *entry_new(struct overlay *o)
{
	struct entry *entry = NEW(o->arena, struct entry);
	entry->ino = o->entries.n;
	*vec_push(o->arena, &o->entries) = entry;
	return entry;
}

static struct entry *entry_at(struct overlay *o, uint64_t ino)
{
	return ino < o->entries.n ? o->entries.at[ino] : NULL;
}

static void add_part(struct overlay *o, struct entry *entry, struct part part)
{
	*vec_push(o->arena, &entry->parts) = part;
}

/* ---- hard links into lower layers ---- */

static bool link_part(struct overlay *o, const struct part *link, struct part *out,
		      struct fs_stat *st, struct error *e)
{
	struct str path;
	struct walk walk;
	bool lowest = link->layer == LAYER_OF_BASE || (link->layer == o->from && !o->base);
	if (lowest || o->hops >= HARDLINK_HOPS_MAX)
		return fail(e, ERR_CORRUPT, "hard link to a path that no layer holds");
	if (!fs_slurp(o->arena, link->fs, link->ino, 1 << 16, &path, e))
		return false;
	if (!o->below)
		o->below = NEW_N(o->arena, struct fs *, o->to - o->from);
	struct fs **below = &o->below[link->layer - o->from];
	if (!*below) {
		struct overlay fewer = *o;
		fewer.to = link->layer;
		fewer.hops++;
		*below = overlay_of(&fewer);
	}
	enum walk_end end = fs_walk(o->arena, *below, path, true, &walk, e);
	if (end == WALK_ABSENT)
		return fail(e, ERR_CORRUPT, "hard link to /%" PRIstr ", which no layer holds",
			    ARG(path));
	if (end != WALK_FOUND)
		return false;
	*out = (struct part){*below, walk.ino, walk.st.layer};
	*st = walk.st;
	return true;
}

/* ---- merging ---- */

enum merge { MERGE_ON, MERGE_DONE, MERGE_FAILED };

/* What one layer's directory contributes to the entry `name`. */
static enum merge merge_part(struct overlay *o, struct entry *entry, const struct part *dir,
			     struct str name, struct error *e)
{
	struct part part = {.fs = dir->fs, .layer = dir->layer};
	struct fs_stat st;
	bool found = false;
	if (!fs_lookup(dir->fs, dir->ino, name, &found, &part.ino, e))
		return MERGE_FAILED;
	if (!found)
		return MERGE_ON;
	if (!fs_stat_at(dir->fs, part.ino, &st, e))
		return MERGE_FAILED;
	if (st.kind == FS_WHITEOUT)
		return MERGE_DONE;
	if (part.layer != LAYER_OF_BASE)
		st.layer = part.layer;
	if (st.kind == FS_HARDLINK && !link_part(o, &part, &part, &st, e))
		return MERGE_FAILED;
	bool directory = st.kind == FS_DIRECTORY;
	if (entry->parts.n && !directory)
		return MERGE_DONE;
	if (entry->parts.n == 0)
		entry->st = st;
	add_part(o, entry, part);
	return directory && !st.opaque ? MERGE_ON : MERGE_DONE;
}

/* The merged entry of a name, or NULL when no layer shows one. A layer that cannot tell makes
 * the entry one that cannot be had: what lies below it might be hidden, or not. */
static struct entry *merge(struct overlay *o, const struct entry *dir, struct str name)
{
	struct entry made = {0};
	enum merge state = MERGE_ON;
	for (size_t i = 0; i < dir->parts.n && state == MERGE_ON; i++)
		state = merge_part(o, &made, &dir->parts.at[i], name, &made.error);
	if (state == MERGE_FAILED && made.error.kind == ERR_NONE)
		made.error.kind = ERR_IO;
	if (made.parts.n == 0 && state != MERGE_FAILED)
		return NULL;
	struct entry *entry = entry_new(o);
	made.ino = entry->ino;
	*entry = made;
	return entry;
}

static struct entry *child(struct overlay *o, uint64_t dir, struct str name)
{
	char key[8 + NAME_BYTES_MAX];
	const struct entry *parent = entry_at(o, dir);
	if (!parent || parent->st.kind != FS_DIRECTORY || name.n == 0 || name.n > NAME_BYTES_MAX)
		return NULL;
	memcpy(key, &dir, 8);
	memcpy(key + 8, name.p, name.n);
	struct str k = {key, 8 + name.n};
	struct entry *entry = map_get(o->index, k);
	if (!entry) {
		entry = merge(o, parent, name);
		map_put(o->index, str_dup(o->arena, k), entry ? entry : o->absent);
	}
	return entry == o->absent ? NULL : entry;
}

/* ---- fs_ops ---- */

/* The entry, or NULL with the reason why it cannot be had. */
static struct entry *available(struct overlay *o, uint64_t ino, struct error *e)
{
	struct entry *entry = entry_at(o, ino);
	if (!entry)
		fail(e, ERR_CORRUPT, "no inode %llu", (unsigned long long)ino);
	else if (entry->error.kind != ERR_NONE)
		*e = entry->error;
	return entry && entry->error.kind == ERR_NONE ? entry : NULL;
}

static bool overlay_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	const struct entry *entry = available((struct overlay *)fs, ino, e);
	if (!entry)
		return false;
	*out = entry->st;
	return true;
}

static bool overlay_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
			   struct error *e)
{
	const struct entry *entry = child((struct overlay *)fs, dir, name);
	(void)e;
	*found = entry != NULL;
	*ino = entry ? entry->ino : 0;
	return true;
}

struct listing_merge {
	struct overlay *overlay;
	struct map *seen;
	VEC(struct str) names;
};

static bool collect(void *arg, struct str name, uint64_t ino)
{
	struct listing_merge *l = arg;
	(void)ino;
	if (map_get(l->seen, name))
		return true;
	struct str kept = str_dup(l->overlay->arena, name);
	map_put(l->seen, kept, l);
	*vec_push(l->overlay->arena, &l->names) = kept;
	return true;
}

static bool overlay_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct overlay *o = (struct overlay *)fs;
	const struct entry *dir = available(o, ino, e);
	if (!dir)
		return false;
	struct listing_merge l = {.overlay = o, .seen = map_new(o->arena)};
	for (size_t i = 0; i < dir->parts.n; i++)
		if (!fs_list(dir->parts.at[i].fs, dir->parts.at[i].ino, collect, &l, e))
			return false;
	for (size_t i = 0; i < l.names.n; i++) {
		const struct entry *entry = child(o, ino, l.names.at[i]);
		if (entry && !visit(arg, l.names.at[i], entry->ino))
			break;
	}
	return true;
}

static bool overlay_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
			 struct error *e)
{
	const struct entry *entry = available((struct overlay *)fs, ino, e);
	if (!entry)
		return false;
	const struct part *part = &entry->parts.at[0];
	return part->fs->ops->read(part->fs, part->ino, at, buf, n, got, e);
}

static bool overlay_gist(struct fs *fs, uint64_t ino, struct str *out, struct error *e)
{
	const struct entry *entry = available((struct overlay *)fs, ino, e);
	if (!entry)
		return false;
	const struct part *part = &entry->parts.at[0];
	*out = (struct str){0};
	return !part->fs->ops->gist || part->fs->ops->gist(part->fs, part->ino, out, e);
}

static bool overlay_hides(struct fs *fs, uint64_t ino, bool *out, struct error *e)
{
	const struct entry *entry = available((struct overlay *)fs, ino, e);
	if (!entry)
		return false;
	*out = false;
	return entry->parts.n != 1 ||
	       fs_hides(entry->parts.at[0].fs, entry->parts.at[0].ino, out, e);
}

static const struct fs_ops overlay_ops = {
	.name = "overlay",
	.stat = overlay_stat,
	.list = overlay_list,
	.read = overlay_read,
	.lookup = overlay_lookup,
	.gist = overlay_gist,
	.hides = overlay_hides,
};

/* Its base, layers and hops are those of `like`. */
static struct fs *overlay_of(const struct overlay *like)
{
	struct overlay *o = NEW(like->arena, struct overlay);
	*o = (struct overlay){.fs = {.ops = &overlay_ops, .root = 0},
			      .arena = like->arena,
			      .base = like->base,
			      .layers = like->layers,
			      .from = like->from,
			      .to = like->to,
			      .hops = like->hops,
			      .index = map_new(like->arena),
			      .absent = NEW(like->arena, struct entry)};
	struct entry *root = entry_new(o);
	root->st = (struct fs_stat){.kind = FS_DIRECTORY, .mode = 0755};
	bool opaque = false;
	for (size_t i = o->to; i-- > o->from && !opaque;) {
		struct fs *fs = o->layers->at[i].fs;
		struct fs_stat st = {0};
		o->fs.max = fs->max;
		add_part(o, root, (struct part){fs, fs->root, (uint32_t)i});
		opaque = root->error.kind == ERR_NONE &&
			 fs_stat_at(fs, fs->root, &st, &root->error) && st.opaque;
	}
	if (o->base)
		o->fs.max = o->base->max;
	if (o->base && !opaque)
		add_part(o, root, (struct part){o->base, o->base->root, LAYER_OF_BASE});
	return &o->fs;
}

struct fs *overlay_open(struct arena *a, struct fs *base, const struct layers *layers, size_t from,
			size_t to)
{
	return overlay_of(&(struct overlay){
		.arena = a, .base = base, .layers = layers, .from = from, .to = to});
}
