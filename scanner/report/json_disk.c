/*
 * json_disk.c - a disk's volumes, what is mounted of them, what reading and fetching have cost, and
 * the cache, as JSON.
 */
#include "json.h"

static void number(struct json *j, const char *key, uint64_t n, bool known)
{
	json_key(&j->out, key);
	if (known && n <= INT64_MAX)
		json_int(&j->out, (int64_t)n);
	else
		json_null(&j->out);
}

static void volume(struct json *j, const struct volume *v)
{
	json_open(&j->out, '{');
	put_text(j, "name", v->name);
	number(j, "offset", v->at, true);
	number(j, "size", v->size, v->size != BLOB_UNSIZED);
	put_text(j, "holds", v->holds);
	put_text(j, "through", v->through);
	put_text(j, "label", v->label);
	put_text(j, "uuid", v->uuid);
	put_text(j, "type", v->type);
	put_text(j, "partuuid", v->partuuid);
	put_text(j, "partlabel", v->partlabel);
	put_text(j, "stale", v->fs ? v->fs->stale : (struct str){0});
	put_text(j, "replayed", v->fs ? v->fs->replayed : (struct str){0});
	put_text(j, "error", str_from(v->error.text));
	json_close(&j->out);
}

static void mounted(struct json *j, const struct mounted *m)
{
	json_open(&j->out, '{');
	put_text(j, "path", m->dir);
	put_text(j, "what", m->what);
	put_text(j, "volume", m->volume ? m->volume->name : (struct str){0});
	put_text(j, "error", str_from(m->error.text));
	json_close(&j->out);
}

void json_fetched(struct json *j, const struct target_report *target)
{
	const struct net_use *use = &target->read.fetched;
	if (!use->requests)
		return;
	json_key(&j->out, "fetched");
	json_open(&j->out, '{');
	number(j, "requests", use->requests, true);
	number(j, "bytes", use->bytes, true);
	number(j, "of", target->image.remote, target->image.remote != BLOB_UNSIZED);
	json_close(&j->out);
}

void json_disk(struct json *j, const struct target_report *target)
{
	const struct disk *disk = target->image.layers.disk;
	json_key(&j->out, "partitions");
	json_open(&j->out, '[');
	for (size_t i = 0; disk && i < disk->volumes.n; i++)
		volume(j, &disk->volumes.at[i]);
	json_close(&j->out);
	json_key(&j->out, "mounts");
	json_open(&j->out, '[');
	for (size_t i = 0; target->mounted && i < target->mounted->n; i++)
		mounted(j, &target->mounted->at[i]);
	json_close(&j->out);
	if (!disk || j->r->verbosity <= 0)
		return;
	json_key(&j->out, "cost");
	json_open(&j->out, '{');
	number(j, "reads", disk->budget->reads, true);
	number(j, "bytes", disk->budget->bytes, true);
	json_close(&j->out);
}

void json_cache(struct json *j)
{
	const struct cache_report *c = &j->r->cache;
	if (!c->directory.n) {
		json_member_z(&j->out, "cache", NULL);
		return;
	}
	json_member(&j->out, "cache", '{');
	json_member_str(&j->out, "directory", c->directory);
	json_member_int(&j->out, "limit", (int64_t)c->limit);
	json_member(&j->out, c->cleared ? "removed" : "holds", '{');
	json_member_int(&j->out, "blobs", (int64_t)c->use.blobs);
	json_member_int(&j->out, "notes", (int64_t)c->use.notes);
	json_member_int(&j->out, "bytes", (int64_t)c->use.bytes);
	json_close(&j->out);
	json_close(&j->out);
}
