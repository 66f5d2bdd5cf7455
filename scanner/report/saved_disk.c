/*
 * saved_disk.c - what a target was read from, out of a saved report: layers, a disk's volumes and
 * what is mounted of them; json_disk.c the other way. Nothing of it can be read again: a volume's
 * bytes and trees are not there.
 */
#include <stdio.h>

#include "arena.h"
#include "saved.h"

static uint64_t number(const struct doc *d, const char *key, uint64_t otherwise)
{
	uint64_t n;
	return doc_u64(doc_get(d, str_from(key)), &n) ? n : otherwise;
}

/* Its kind is not told: that there is one is. */
static void error_text(const struct doc *d, struct error *e)
{
	struct str text = saved_text(d, "error");
	if (!text.n)
		return;
	e->kind = ERR_CORRUPT;
	snprintf(e->text, sizeof e->text, "%" PRIstr, ARG(text));
}

static struct fs *fs_named(struct saved *s, struct str name)
{
	struct fs_ops *ops = NEW(s->arena, struct fs_ops);
	struct fs *fs = NEW(s->arena, struct fs);
	ops->name = str_z(s->arena, name);
	fs->ops = ops;
	return fs;
}

static struct volume volume_saved(struct saved *s, const struct doc *d)
{
	struct volume v = {
		.name = saved_text(d, "name"),
		.at = number(d, "offset", 0),
		.size = number(d, "size", BLOB_UNSIZED),
		.holds = saved_text(d, "holds"),
		.through = saved_text(d, "through"),
		.label = saved_text(d, "label"),
		.uuid = saved_text(d, "uuid"),
		.type = saved_text(d, "type"),
		.partuuid = saved_text(d, "partuuid"),
		.partlabel = saved_text(d, "partlabel"),
	};
	struct str stale = saved_text(d, "stale"), replayed = saved_text(d, "replayed");
	if (stale.n || replayed.n) {
		v.fs = fs_named(s, v.holds);
		v.fs->stale = stale;
		v.fs->replayed = replayed;
	}
	error_text(d, &v.error);
	return v;
}

static struct disk *disk_saved(struct saved *s, const struct doc *read)
{
	const struct doc *list = saved_list(read, "partitions"), *cost = doc_get(read, S("cost"));
	struct disk *disk = NEW(s->arena, struct disk);
	struct blob_budget *budget = NEW(s->arena, struct blob_budget);
	budget->reads = number(cost, "reads", 0);
	budget->bytes = number(cost, "bytes", 0);
	disk->budget = budget;
	for (size_t i = 0; i < list->n; i++)
		*vec_push(s->arena, &disk->volumes) = volume_saved(s, list->entries[i].value);
	return list->n || cost ? disk : NULL;
}

static const struct volume *volume_named(const struct disk *disk, struct str name)
{
	for (size_t i = 0; disk && name.n && i < disk->volumes.n; i++)
		if (str_eq(disk->volumes.at[i].name, name))
			return &disk->volumes.at[i];
	return NULL;
}

static const struct mounted_list *mounts_saved(struct saved *s, const struct doc *read,
					       const struct disk *disk)
{
	const struct doc *list = saved_list(read, "mounts");
	struct mounted_list *all = NEW(s->arena, struct mounted_list);
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *d = list->entries[i].value;
		struct mounted *m = vec_push(s->arena, all);
		m->dir = saved_text(d, "path");
		m->what = saved_text(d, "what");
		m->volume = volume_named(disk, saved_text(d, "volume"));
		error_text(d, &m->error);
	}
	return all;
}

/* The lists end in what is mounted; before that each is a layer. */
static void layers_saved(struct saved *s, const struct doc *read, const struct mounted_list *mounts,
			 struct layers *out)
{
	struct words kinds = saved_texts(s, read, "filesystems");
	struct words labels = saved_texts(s, read, "layers");
	size_t n = kinds.n < labels.n ? kinds.n : labels.n;
	for (size_t i = 0; i < mounts->n && n; i++) {
		const struct mounted *m = &mounts->at[i];
		n -= m->volume && m->error.kind == ERR_NONE && m->volume->holds.n;
	}
	for (size_t i = 0; i < n; i++)
		*vec_push(s->arena, out) = (struct layer){.fs = fs_named(s, kinds.at[i].text),
							  .label = labels.at[i].text};
}

static void fetched_saved(const struct doc *d, struct target_report *t)
{
	if (!d)
		return;
	t->read.fetched = (struct net_use){number(d, "requests", 0), number(d, "bytes", 0)};
	t->image.remote = number(d, "of", BLOB_UNSIZED);
}

void saved_read(struct saved *s, const struct doc *read, struct target_report *t)
{
	const struct disk *disk = disk_saved(s, read);
	t->mounted = mounts_saved(s, read, disk);
	layers_saved(s, read, t->mounted, &t->image.layers);
	t->image.layers.disk = disk;
	fetched_saved(doc_get(read, S("fetched")), t);
	t->read.unreadable = saved_texts(s, read, "unreadable");
	t->read.limits = saved_texts(s, read, "limits");
}
