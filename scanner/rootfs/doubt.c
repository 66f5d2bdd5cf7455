/*
 * doubt.c - what of an image was not seen, or not as the machine would see it: files that could not
 * be read, volumes that cannot be, trees that are older than what lies in a log beside them.
 */
#include "arena.h"
#include "root.h"

static enum reason reason_of(enum error_kind kind)
{
	switch (kind) {
	case ERR_CORRUPT: return REASON_CORRUPT;
	case ERR_UNSUPPORTED: return REASON_UNSUPPORTED_FORMAT;
	case ERR_ENCRYPTED: return REASON_ENCRYPTED;
	case ERR_LIMIT: return REASON_LIMIT;
	case ERR_NONE:
	case ERR_IO:
	case ERR_MISSING:
	case ERR_LOOP:
	case ERR_USAGE: break;
	}
	return REASON_UNREADABLE;
}

static bool is_below(struct str path, struct str dir)
{
	bool top = str_eq(dir, S("/"));
	return top || (str_starts(path, dir) && path.n > dir.n && path.p[dir.n] == '/');
}

static bool asked_below(const struct rootfs *root, struct str dir)
{
	for (size_t i = 0; i < map_count(root->paths); i++) {
		struct str path;
		(void)map_at(root->paths, i, &path);
		if (is_below(path, dir))
			return true;
	}
	return false;
}

static struct doubt stale_volume(struct rootfs *root, const struct volume *v, struct str dir)
{
	if (!v || !v->fs || !v->fs->stale.n || !asked_below(root, dir))
		return (struct doubt){0};
	return (struct doubt){
		REASON_UNREADABLE,
		str_fmt(root->arena, "%" PRIstr ": %" PRIstr, ARG(v->name), ARG(v->fs->stale)),
		NULL};
}

struct doubt rootfs_stale(struct rootfs *root)
{
	struct doubt d = stale_volume(root, root->layers->root, S("/"));
	for (size_t i = 0; i < root->mounts.n && d.reason == REASON_NONE; i++)
		d = stale_volume(root, root->mounts.at[i].volume, root->mounts.at[i].dir);
	return d;
}

/* What a disk is unpacked from is only known to be whole at its end, which nobody may have asked
 * for. */
static struct doubt damaged_disk(struct rootfs *root)
{
	struct blob *b = root->layers->disk ? root->layers->disk->bytes : NULL;
	struct error e = {0};
	char byte;
	size_t got;
	if (!b || !b->size || b->read(b, b->size - 1, &byte, 1, &got, &e))
		return (struct doubt){0};
	return (struct doubt){reason_of(e.kind), str_dup(root->arena, str_from(e.text)), NULL};
}

struct doubt rootfs_doubt(struct rootfs *root)
{
	const struct disk *disk = root->layers->disk;
	struct doubt d = rootfs_stale(root);
	if (d.reason == REASON_NONE)
		d = root->unread;
	for (size_t i = 0; disk && i < disk->volumes.n && d.reason == REASON_NONE; i++) {
		const struct volume *v = &disk->volumes.at[i];
		if (v->error.kind != ERR_NONE)
			d = (struct doubt){reason_of(v->error.kind),
					   str_fmt(root->arena, "%" PRIstr ": %s", ARG(v->name),
						   v->error.text),
					   NULL};
	}
	return d.reason == REASON_NONE ? damaged_disk(root) : d;
}

void doubt_inherit(struct rootfs *to, const struct rootfs *from, struct str volume)
{
	for (size_t i = 0; i < from->unreadable.n; i++)
		*vec_push(to->arena, &to->unreadable) = (struct word){
			str_cat(to->arena, volume, from->unreadable.at[i].text), NULL};
	if (to->unread.reason == REASON_NONE)
		to->unread = from->unread;
}

static void note_volume(struct rootfs *root, const struct volume *v)
{
	if (v->error.kind != ERR_NONE)
		note(root->notes, NULL, "not read: %" PRIstr ": %s", ARG(v->name), v->error.text);
	if (v->additions.n)
		note(root->notes, NULL, "%" PRIstr ": not counted, but added at boot: %" PRIstr,
		     ARG(v->name), ARG(v->additions));
	if (v->fs && v->fs->stale.n)
		note(root->notes, NULL, "%" PRIstr ": %" PRIstr, ARG(v->name), ARG(v->fs->stale));
	if (v->fs && v->fs->replayed.n)
		note(root->notes, NULL, "%" PRIstr ": read with %" PRIstr " replayed", ARG(v->name),
		     ARG(v->fs->replayed));
	if (v->fs && v->fs->lacks.n && !v->spare)
		note(root->notes, NULL, "%" PRIstr ": %" PRIstr, ARG(v->name), ARG(v->fs->lacks));
}

void doubt_volumes(struct rootfs *root)
{
	const struct disk *disk = root->layers->disk;
	for (size_t i = 0; disk && i < disk->volumes.n; i++)
		note_volume(root, &disk->volumes.at[i]);
	if (disk && !root->layers->root)
		note(root->notes, NULL, "no volume of the disk holds the root of a system");
}
