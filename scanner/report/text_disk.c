/*
 * text_disk.c - the volumes of a disk for people: a line each, with what stands on it and where
 * that is mounted, and a line of the names that fstab may call it by; what was fetched, and the
 * cache.
 */
#include <inttypes.h>
#include <stdio.h>

#include "text.h"

/* "62.0M" */
static struct str size_text(struct text *t, uint64_t n)
{
	static const char units[] = "BKMGTPE";
	size_t unit = 0;
	uint64_t tenths = n < UINT64_MAX / 10 ? n * 10 : n;
	if (n == BLOB_UNSIZED)
		return S("-");
	for (; tenths >= 10240 && unit + 1 < sizeof units - 1; unit++)
		tenths /= 1024;
	return str_fmt(t->arena, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10,
		       units[unit]);
}

static void say(struct text *t, const char *before, struct str value, const char *after)
{
	if (!value.n)
		return;
	out_z(t->o, before);
	out_safe(t->o, value);
	out_z(t->o, after);
}

static void say_mounts(struct text *t, const struct target_report *target, const struct volume *v)
{
	if (v == target->image.layers.root)
		out_z(t->o, "  on /");
	for (size_t i = 0; i < target->mounted->n; i++)
		if (target->mounted->at[i].volume == v)
			say(t, "  on ", target->mounted->at[i].dir, "");
}

static void say_names(struct text *t, const struct volume *v)
{
	if (!v->uuid.n && !v->type.n)
		return;
	out_fmt(t->o, "  %-20s", "");
	say(t, "  uuid ", v->uuid, "");
	say(t, "  type ", v->type, "");
	say(t, "  partuuid ", v->partuuid, "");
	out_z(t->o, "\n");
}

static void say_volume(struct text *t, const struct target_report *target, const struct volume *v)
{
	out_z(t->o, "    ");
	out_safe(t->o, v->name);
	out_fill(t->o, ' ', v->name.n < 9 ? 10 - v->name.n : 1);
	out_fmt(t->o, "%8.*s  ", ARG(size_text(t, v->size)));
	say(t, "", v->through, " > ");
	out_safe(t->o, v->holds);
	say(t, " \"", v->label, "\"");
	say(t, "  (", v->partlabel, ")");
	say_mounts(t, target, v);
	out_z(t->o, "\n");
	say_names(t, v);
	if (v->error.kind != ERR_NONE)
		say(t, "                        not read: ", str_from(v->error.text), "\n");
	if (!v->fs)
		return;
	say(t, "                        replayed: ", v->fs->replayed, "\n");
	say(t, "                        stale: ", v->fs->stale, "\n");
}

/* Mounts that no volume stands behind. */
static void say_others(struct text *t, const struct mounted *m)
{
	if (m->volume)
		return;
	say(t, "    ", m->dir, "  ");
	out_safe(t->o, m->what);
	if (m->error.kind != ERR_NONE)
		say(t, "  not read: ", str_from(m->error.text), "");
	out_z(t->o, "\n");
}

void text_disk(struct text *t, const struct target_report *target)
{
	const struct disk *disk = target->image.layers.disk;
	if (!disk)
		return;
	out_fmt(t->o, "  %-10s%s\n", "disk", disk->table ? disk->table : "no partition table");
	for (size_t i = 0; i < disk->volumes.n; i++)
		say_volume(t, target, &disk->volumes.at[i]);
	for (size_t i = 0; i < target->mounted->n; i++)
		say_others(t, &target->mounted->at[i]);
	if (t->r->verbosity > 0)
		out_fmt(t->o, "  %-10s%" PRIu64 " reads, %.*s\n", "cost", disk->budget->reads,
			ARG(size_text(t, disk->budget->bytes)));
}

/* "fetched   3.2M of 10.0G, 12 requests" */
void text_fetched(struct text *t, const struct target_report *target)
{
	const struct net_use *use = &target->read.fetched;
	if (!use->requests)
		return;
	out_fmt(t->o, "  %-10s%.*s of %.*s, %" PRIu64 " request%s\n", "fetched",
		ARG(size_text(t, use->bytes)), ARG(size_text(t, target->image.remote)),
		use->requests, use->requests == 1 ? "" : "s");
}

void text_cache(struct text *t)
{
	const struct cache_report *c = &t->r->cache;
	if (!c->directory.n)
		return;
	out_safe(t->o, c->directory);
	out_fmt(t->o, "\n%" PRIu64 " blob%s, %" PRIu64 " note%s, %.*s", c->use.blobs,
		c->use.blobs == 1 ? "" : "s", c->use.notes, c->use.notes == 1 ? "" : "s",
		ARG(size_text(t, c->use.bytes)));
	if (c->cleared)
		out_z(t->o, " removed\n");
	else
		out_fmt(t->o, " of at most %.*s\n", ARG(size_text(t, c->limit)));
}
