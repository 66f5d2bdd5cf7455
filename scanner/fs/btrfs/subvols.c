/*
 * subvols.c - subvolumes: trees of files within the volume (On-disk Format, "ROOT_ITEM",
 * "ROOT_REF"; btrfs-subvolume(8)). A snapshot is one of them.
 */
#include <string.h>

#include "arena.h"
#include "btrfs.h"
#include "bytes.h"
#include "map.h"

enum {
	ROOT_ITEM_LEAST = 239, /* the item as it was before it had a UUID */
	ROOT_REF_HEAD = 18,
	SUBVOLS_MAX = 65535,
	PATH_DEPTH_MAX = 256,
	ITEMS_NAMED = 24, /* that are looked at for a message */
};

bool btrfs_load_root(const struct btrfs_item *item, struct btrfs_tree *out, uint64_t *root_dir,
		     bool *gone, struct error *e)
{
	if (item->n < ROOT_ITEM_LEAST || item->p[238] >= BTRFS_LEVELS)
		return fail(e, ERR_CORRUPT, "btrfs: the root of tree %llu does not hold together",
			    (unsigned long long)item->key.objectid);
	*out = (struct btrfs_tree){
		.root = load_le64(item->p + 176),
		.generation = load_le64(item->p + 160),
		.level = item->p[238],
	};
	*root_dir = load_le64(item->p + 168);
	*gone = load_le32(item->p + 216) == 0;
	return true;
}

static struct btrfs_subvol *listed(const struct btrfs *v, uint64_t id)
{
	return map_get(v->subvols_by_id, (struct str){(const char *)&id, sizeof id});
}

/* *found false where the subvolume is not there, or is being deleted. */
static bool find_root(struct btrfs *v, uint64_t id, bool *found, struct btrfs_tree *tree,
		      uint64_t *root_dir, struct error *e)
{
	struct btrfs_key last = {id, BTRFS_ROOT_ITEM, UINT64_MAX};
	struct btrfs_item item;
	bool any, gone = false;
	if (!btrfs_upto(v, &v->roots, last, &any, &item, e))
		return false;
	any = any && item.key.objectid == id && item.key.type == BTRFS_ROOT_ITEM;
	if (any && !btrfs_load_root(&item, tree, root_dir, &gone, e))
		return false;
	*found = any && !gone;
	return true;
}

static bool is_file_tree(uint64_t id)
{
	return id == BTRFS_FS_TREE || (id >= BTRFS_FIRST_FREE && id <= (uint64_t)INT64_MAX);
}

bool btrfs_subvol(struct btrfs *v, uint64_t id, struct btrfs_subvol **out, struct error *e)
{
	struct btrfs_subvol *s = listed(v, id), fresh = {.id = id, .number = v->subvols.n};
	bool found = false;
	if (!s && is_file_tree(id) && !find_root(v, id, &found, &fresh.tree, &fresh.root_dir, e))
		return false;
	if (!s && found) {
		if (v->subvols.n >= SUBVOLS_MAX)
			return fail(e, ERR_LIMIT, "btrfs: more than %d subvolumes", SUBVOLS_MAX);
		s = NEW(v->arena, struct btrfs_subvol);
		*s = fresh;
		*vec_push(v->arena, &v->subvols) = s;
		map_put(v->subvols_by_id, (struct str){(const char *)&s->id, sizeof s->id}, s);
	}
	*out = s;
	return true;
}

bool btrfs_default_subvol(struct btrfs *v, struct btrfs_subvol **out, struct error *e)
{
	struct btrfs_entry entry = {0};
	uint64_t id = BTRFS_FS_TREE;
	bool found;
	if (!btrfs_find_name(v, &v->roots, BTRFS_ROOT_DIR, S("default"), &found, &entry, e))
		return false;
	if (found)
		id = entry.location.objectid;
	if (!btrfs_subvol(v, id, out, e))
		return false;
	return *out || fail(e, ERR_CORRUPT, "btrfs: the default subvolume %llu is not there",
			    (unsigned long long)id);
}

bool btrfs_subvol_entered(struct btrfs *v, uint64_t from, uint64_t to, uint64_t dir,
			  struct str name, bool *yes, struct error *e)
{
	struct btrfs_item item;
	bool found;
	if (!btrfs_exact(v, &v->roots, (struct btrfs_key){from, BTRFS_ROOT_REF, to}, &found, &item,
			 e))
		return false;
	*yes = found && item.n == ROOT_REF_HEAD + name.n && load_le64(item.p) == dir &&
	       memcmp(item.p + ROOT_REF_HEAD, name.p, name.n) == 0;
	return true;
}

/* The subvolume and the inode in it that a name leads to. */
struct spot {
	struct btrfs_subvol *in;
	uint64_t ino;
};

static bool step(struct btrfs *v, struct spot *at, struct str name, bool *found, struct error *e)
{
	struct btrfs_entry entry = {0};
	if (!btrfs_find_name(v, &at->in->tree, at->ino, name, found, &entry, e))
		return false;
	if (!*found || entry.location.type == BTRFS_INODE_ITEM) {
		at->ino = entry.location.objectid;
		return true;
	}
	uint64_t to = entry.location.objectid;
	if (!btrfs_subvol_entered(v, at->in->id, to, at->ino, name, found, e))
		return false;
	struct btrfs_subvol *next = NULL;
	if (*found && !btrfs_subvol(v, to, &next, e))
		return false;
	*found = next != NULL;
	if (next)
		*at = (struct spot){next, next->root_dir};
	return true;
}

static bool by_path(struct btrfs *v, struct str path, struct btrfs_subvol **out, struct error *e)
{
	struct spot at = {0};
	struct str name, rest = path;
	bool found = true;
	if (!btrfs_subvol(v, BTRFS_FS_TREE, &at.in, e))
		return false;
	if (!at.in)
		return fail(e, ERR_CORRUPT, "btrfs: no top level");
	at.ino = at.in->root_dir;
	for (unsigned depth = 0; rest.n && found; depth++) {
		if (depth > PATH_DEPTH_MAX)
			return fail(e, ERR_LIMIT, "subvolume: a path of more than %d names",
				    PATH_DEPTH_MAX);
		str_cut(rest, '/', &name, &rest);
		if (name.n && !step(v, &at, name, &found, e))
			return false;
	}
	*out = found && at.ino == at.in->root_dir ? at.in : NULL;
	return true;
}

/* "subvolid=256 (@), subvolid=257 (home)": the first that names lead to, for a message. */
static struct str first_names(struct btrfs *v)
{
	struct btrfs_key k = {BTRFS_FIRST_FREE, BTRFS_ROOT_BACKREF, 0};
	struct str all = {0};
	struct btrfs_item item;
	struct error unheard;
	bool found = true;
	for (unsigned i = 0;
	     i < ITEMS_NAMED && btrfs_from(v, &v->roots, k, &found, &item, &unheard) && found &&
	     is_file_tree(item.key.objectid);
	     i++) {
		k = item.key;
		if (k.type == BTRFS_ROOT_BACKREF && item.n > ROOT_REF_HEAD)
			all = str_fmt(v->arena, "%" PRIstr "%ssubvolid=%llu (%.*s)", ARG(all),
				      all.n ? ", " : "", (unsigned long long)k.objectid,
				      (int)(item.n - ROOT_REF_HEAD),
				      (const char *)item.p + ROOT_REF_HEAD);
		btrfs_key_next(&k);
	}
	return all;
}

bool btrfs_named_subvol(struct btrfs *v, struct str which, struct btrfs_subvol **out,
			struct error *e)
{
	static const struct str by_id = {"subvolid=", 9};
	struct btrfs_subvol *s = NULL;
	uint64_t id;
	bool ok;
	if (!str_starts(which, by_id))
		ok = by_path(v, which, &s, e);
	else if (str_u64(str_tail(which, by_id.n), &id))
		ok = btrfs_subvol(v, id ? id : BTRFS_FS_TREE, &s, e);
	else
		ok = fail(e, ERR_USAGE, "subvolume: %" PRIstr " is no number", ARG(which));
	if (!ok)
		return false;
	if (!s)
		return fail(e, ERR_MISSING, "btrfs: no subvolume %" PRIstr " among %" PRIstr,
			    ARG(which), ARG(first_names(v)));
	*out = s;
	return true;
}
