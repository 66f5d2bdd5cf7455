/*
 * relink.c - names given and taken while a log is replayed, in the three places that have each of
 * them: a DIR_ITEM, a DIR_INDEX, and an INODE_REF or INODE_EXTREF (On-disk Format).
 */
#include <string.h>

#include "arena.h"
#include "btrfs.h"
#include "bytes.h"
#include "crc32c.h"
#include "log.h"

enum { REF_HEAD = 10, EXTREF_HEAD = 18 };

bool btrfs_load_ref(const struct btrfs_item *item, size_t at, struct btrfs_ref *out,
		    struct error *e)
{
	bool far = item->key.type == BTRFS_INODE_EXTREF;
	size_t head = far ? EXTREF_HEAD : REF_HEAD, left = item->n - at;
	const unsigned char *p = item->p + at;
	size_t n = left >= head ? load_le16(p + head - 2) : 0;
	if (n == 0 || n > left - head)
		return fail(e, ERR_CORRUPT, "btrfs: the names of inode %llu do not hold together",
			    (unsigned long long)item->key.objectid);
	*out = (struct btrfs_ref){far ? load_le64(p) : item->key.offset,
				  load_le64(p + head - 10),
				  {(const char *)p + head, n},
				  head + n};
	return true;
}

struct btrfs_item btrfs_hold(struct btrfs *v, const struct btrfs_item *item)
{
	struct str copy = str_dup(v->arena, (struct str){(const char *)item->p, item->n});
	return (struct btrfs_item){item->key, (const unsigned char *)copy.p, item->n};
}

static bool put(struct btrfs_replay *r, struct btrfs_key k, const void *p, size_t n,
		struct error *e)
{
	return btrfs_overlay_put(r->to->over, k, p, (uint32_t)n, e);
}

static bool hide(struct btrfs_replay *r, struct btrfs_key k, struct error *e)
{
	return btrfs_overlay_put(r->to->over, k, NULL, 0, e);
}

/* The item without `size` bytes at `at`; nothing is left of one that held no more. */
static bool cut_out(struct btrfs_replay *r, const struct btrfs_item *item, size_t at, size_t size,
		    struct error *e)
{
	struct btrfs_item copy = btrfs_hold(r->volume, item);
	unsigned char *rest = arena_alloc(r->volume->arena, 1, copy.n + 1);
	if (size >= copy.n)
		return hide(r, copy.key, e);
	memcpy(rest, copy.p, at);
	memcpy(rest + at, copy.p + at + size, copy.n - at - size);
	return put(r, copy.key, rest, copy.n - size, e);
}

/* The item, if there is one, with bytes behind its own. */
static bool append(struct btrfs_replay *r, struct btrfs_key k, const void *p, size_t n,
		   struct error *e)
{
	struct btrfs_item item;
	bool found;
	if (!btrfs_exact(r->volume, r->to, k, &found, &item, e))
		return false;
	size_t had = found ? item.n : 0;
	unsigned char *all = arena_alloc(r->volume->arena, 1, had + n);
	if (had)
		memcpy(all, item.p, had);
	memcpy(all + had, p, n);
	return put(r, k, all, had + n, e);
}

bool btrfs_has_inode(struct btrfs_replay *r, uint64_t ino, bool *found, struct error *e)
{
	struct btrfs_item item;
	return btrfs_exact(r->volume, r->to, (struct btrfs_key){ino, BTRFS_INODE_ITEM, 0}, found,
			   &item, e);
}

/* Where in which item the name is; item->p is borrowed. */
static bool find_ref(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k,
		     uint64_t parent, struct str name, bool *found, struct btrfs_item *item,
		     size_t *at, struct btrfs_ref *ref, struct error *e)
{
	bool any;
	*found = false;
	if (!btrfs_exact(v, t, k, &any, item, e))
		return false;
	for (*at = 0; any && *at < item->n; *at += ref->size) {
		if (!btrfs_load_ref(item, *at, ref, e))
			return false;
		*found = ref->parent == parent && str_eq(ref->name, name);
		if (*found)
			break;
	}
	return true;
}

bool btrfs_has_ref(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k,
		   const struct btrfs_ref *ref, bool *found, struct error *e)
{
	struct btrfs_item item;
	struct btrfs_ref same;
	size_t at;
	return find_ref(v, t, k, ref->parent, ref->name, found, &item, &at, &same, e);
}

struct btrfs_key btrfs_far_key(uint64_t ino, uint64_t dir, struct str name)
{
	return (struct btrfs_key){ino, BTRFS_INODE_EXTREF, crc32c((uint32_t)dir, name.p, name.n)};
}

static bool drop_ref(struct btrfs_replay *r, uint64_t ino, uint64_t dir, struct str name,
		     bool *found, uint64_t *index, struct error *e)
{
	struct btrfs_key keys[] = {{ino, BTRFS_INODE_REF, dir}, btrfs_far_key(ino, dir, name)};
	struct btrfs_item item;
	struct btrfs_ref ref;
	size_t at;
	*found = false;
	for (size_t i = 0; i < sizeof keys / sizeof *keys && !*found; i++) {
		if (!find_ref(r->volume, r->to, keys[i], dir, name, found, &item, &at, &ref, e))
			return false;
		if (!*found)
			continue;
		*index = ref.index;
		if (!cut_out(r, &item, at, ref.size, e))
			return false;
	}
	return true;
}

static bool drop_hashed(struct btrfs_replay *r, uint64_t dir, struct str name, struct error *e)
{
	struct btrfs_key k = {dir, BTRFS_DIR_ITEM, btrfs_name_hash(name)};
	struct btrfs_item item;
	struct btrfs_entry entry;
	bool found;
	if (!btrfs_exact(r->volume, r->to, k, &found, &item, e))
		return false;
	for (size_t at = 0; found && at < item.n; at += entry.size) {
		if (!btrfs_load_entry(&item, at, &entry, e))
			return false;
		if (str_eq(entry.name, name))
			return cut_out(r, &item, at, entry.size, e);
	}
	return true;
}

bool btrfs_unlink(struct btrfs_replay *r, uint64_t ino, uint64_t dir, struct str name,
		  struct error *e)
{
	uint64_t index;
	bool found;
	name = str_dup(r->volume->arena, name);
	if (!drop_hashed(r, dir, name, e) || !drop_ref(r, ino, dir, name, &found, &index, e))
		return false;
	return !found || hide(r, (struct btrfs_key){dir, BTRFS_DIR_INDEX, index}, e);
}

bool btrfs_link(struct btrfs_replay *r, uint64_t ino, const struct btrfs_ref *ref, struct error *e)
{
	size_t n = ref->name.n;
	unsigned char *entry = arena_alloc(r->volume->arena, 1, BTRFS_ENTRY_HEAD + n);
	unsigned char *back = arena_alloc(r->volume->arena, 1, REF_HEAD + n);
	struct btrfs_key hashed = {ref->parent, BTRFS_DIR_ITEM, btrfs_name_hash(ref->name)};
	struct btrfs_key indexed = {ref->parent, BTRFS_DIR_INDEX, ref->index};
	btrfs_store(entry, ino, 8);
	entry[8] = BTRFS_INODE_ITEM;
	btrfs_store(entry + 27, n, 2);
	memcpy(entry + BTRFS_ENTRY_HEAD, ref->name.p, n);
	btrfs_store(back, ref->index, 8);
	btrfs_store(back + 8, n, 2);
	memcpy(back + REF_HEAD, ref->name.p, n);
	return append(r, hashed, entry, BTRFS_ENTRY_HEAD + n, e) &&
	       put(r, indexed, entry, BTRFS_ENTRY_HEAD + n, e) &&
	       append(r, (struct btrfs_key){ino, BTRFS_INODE_REF, ref->parent}, back, REF_HEAD + n,
		      e);
}
