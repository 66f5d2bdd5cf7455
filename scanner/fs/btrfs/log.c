/*
 * log.c - the log of a volume that was not unmounted to what mounting it would make of its files.
 * An fsync writes into a log tree per subvolume what changed since the last whole commit; Linux
 * replays it into the subvolume at the next mount, and so does this, into an overlay (On-disk
 * Format, "Log tree"; the order of things is that of Linux 6.1 and later): first inodes, with the
 * names that a directory has lost and the extents behind a file's end; then the names of
 * directories; then the names and the extents that inodes have.
 *
 * Counts, sizes of directories, extended attributes and what only allocation knows are left alone:
 * nobody sees them here. A log that does not hold together leaves the subvolumes as they were and
 * is told as stale: Linux would not mount that volume.
 */
#include "log.h"

#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "btrfs.h"
#include "bytes.h"

enum { INODE_SIZE_AT = 16 };

static bool put(struct btrfs_replay *r, const struct btrfs_item *item, struct error *e)
{
	return btrfs_overlay_put(r->to->over, item->key, item->p, item->n, e);
}

/* ---- extents ---- */

static uint64_t extent_end(const struct btrfs_item *item)
{
	uint64_t start = item->key.offset, end, n = 0;
	if (item->n >= BTRFS_EXTENT_SIZE && item->p[20] != 0)
		n = load_le64(item->p + 45);
	else if (item->n >= BTRFS_EXTENT_HEAD)
		n = load_le64(item->p + 8);
	return add_u64(start, n, &end) ? end : UINT64_MAX;
}

/* A regular extent's part from `from` to `to`, which lie in it. */
static bool put_part(struct btrfs_replay *r, const struct btrfs_item *item, uint64_t from,
		     uint64_t to, struct error *e)
{
	unsigned char part[BTRFS_EXTENT_SIZE];
	struct btrfs_key k = item->key;
	memcpy(part, item->p, sizeof part);
	btrfs_store(part + 37, load_le64(part + 37) + (from - k.offset), 8);
	btrfs_store(part + 45, to - from, 8);
	k.offset = from;
	return btrfs_overlay_put(r->to->over, k, part, sizeof part, e);
}

/* One extent that begins before `to`: what lies from `from` on, before `to`, goes. */
static bool drop_within(struct btrfs_replay *r, const struct btrfs_item *item, uint64_t from,
			uint64_t to, struct error *e)
{
	uint64_t start = item->key.offset, end = extent_end(item);
	if (start < from && end <= from)
		return true;
	bool inlined = item->n < BTRFS_EXTENT_SIZE || item->p[20] == 0;
	if (!btrfs_overlay_put(r->to->over, item->key, NULL, 0, e))
		return false;
	if (inlined)
		return true;
	if (start < from && !put_part(r, item, start, from, e))
		return false;
	return end <= to || put_part(r, item, to, end, e);
}

static bool drop_extents(struct btrfs_replay *r, uint64_t ino, uint64_t from, uint64_t to,
			 struct error *e)
{
	struct btrfs_key k = {ino, BTRFS_EXTENT_DATA, from};
	struct btrfs_item item;
	bool found;
	if (!btrfs_upto(r->volume, r->to, k, &found, &item, e))
		return false;
	if (found && item.key.objectid == ino && item.key.type == k.type)
		k = item.key;
	do {
		if (!btrfs_from(r->volume, r->to, k, &found, &item, e))
			return false;
		if (!found || item.key.objectid != ino || item.key.type != k.type ||
		    item.key.offset >= to)
			break;
		item = btrfs_hold(r->volume, &item);
		k = item.key;
		if (!drop_within(r, &item, from, to, e))
			return false;
	} while (btrfs_key_next(&k));
	return true;
}

static uint64_t round_up(const struct btrfs *v, uint64_t at)
{
	uint64_t mask = v->super.sector - 1;
	return at > UINT64_MAX - mask ? UINT64_MAX : (at + mask) & ~mask;
}

/* The extents of a log do not overlap, so that no part of a file is dropped over and over. */
static bool replay_extent(struct btrfs_replay *r, const struct btrfs_item *item, struct error *e)
{
	uint64_t ino = item->key.objectid, start = item->key.offset;
	uint64_t end = round_up(r->volume, extent_end(item));
	if (item->n < BTRFS_EXTENT_HEAD || (r->extents_of == ino && start < r->extents_end))
		return fail(e, ERR_CORRUPT, "btrfs: an extent in the log does not hold together");
	r->extents_of = ino;
	r->extents_end = end;
	return drop_extents(r, ino, start, end, e) && put(r, item, e);
}

/* ---- inodes ---- */

/* The first name of a directory from an index on; its text is borrowed. */
static bool next_indexed(struct btrfs_replay *r, uint64_t dir, uint64_t index, bool *found,
			 struct btrfs_entry *out, struct error *e)
{
	struct btrfs_key k = {dir, BTRFS_DIR_INDEX, index};
	struct btrfs_item item;
	if (!btrfs_from(r->volume, r->to, k, found, &item, e))
		return false;
	*found = *found && item.key.objectid == dir && item.key.type == k.type;
	return !*found || btrfs_load_entry(&item, 0, out, e);
}

/* Names of a directory between two indices that the log does not have are gone. */
static bool drop_names(struct btrfs_replay *r, uint64_t dir, uint64_t from, uint64_t to,
		       struct error *e)
{
	struct btrfs_entry entry = {0}, logged;
	struct btrfs_key k = {dir, BTRFS_DIR_INDEX, 0};
	struct btrfs_item item;
	bool found, same;
	for (; from <= to; from = entry.index + 1) {
		if (!next_indexed(r, dir, from, &found, &entry, e))
			return false;
		if (!found || entry.index > to)
			return true;
		entry.name = str_dup(r->volume->arena, entry.name);
		k.offset = entry.index;
		if (!btrfs_exact(r->volume, r->log, k, &same, &item, e) ||
		    (same && !btrfs_load_entry(&item, 0, &logged, e)))
			return false;
		same = same && str_eq(logged.name, entry.name);
		if (!same && entry.location.type == BTRFS_INODE_ITEM &&
		    !btrfs_unlink(r, entry.location.objectid, dir, entry.name, e))
			return false;
		if (entry.index == UINT64_MAX)
			break;
	}
	return true;
}

/* Ranges may overlap: what was looked at is not looked at again. */
static bool drop_logged_ranges(struct btrfs_replay *r, uint64_t dir, struct error *e)
{
	struct btrfs_key k = {dir, BTRFS_DIR_LOG_INDEX, 0};
	struct btrfs_item item;
	uint64_t seen = 0;
	bool found;
	do {
		if (!btrfs_from(r->volume, r->log, k, &found, &item, e))
			return false;
		if (!found || item.key.objectid != dir || item.key.type != k.type)
			break;
		if (item.n < 8)
			return fail(e, ERR_CORRUPT, "btrfs: a range in the log is cut short");
		k = item.key;
		uint64_t from = k.offset < seen ? seen : k.offset, to = load_le64(item.p);
		if (from > to)
			continue;
		if (!drop_names(r, dir, from, to, e))
			return false;
		if (to == UINT64_MAX)
			break;
		seen = to + 1;
	} while (btrfs_key_next(&k));
	return true;
}

/* An inode that is in the log without having been written itself has generation 0: of one that was
 * there before, only a file's size is news then, and only where it is not 0. */
static bool put_inode(struct btrfs_replay *r, const struct btrfs_item *item, struct error *e)
{
	struct btrfs_item had;
	bool found;
	if (!btrfs_exact(r->volume, r->to, item->key, &found, &had, e))
		return false;
	if (!found || had.n < BTRFS_INODE_LEAST || load_le64(item->p))
		return put(r, item, e);
	uint64_t size = load_le64(item->p + INODE_SIZE_AT);
	if (!size || !S_ISREG(load_le32(item->p + 52)) || !S_ISREG(load_le32(had.p + 52)))
		return true;
	had = btrfs_hold(r->volume, &had);
	unsigned char *changed = arena_alloc(r->volume->arena, 1, had.n);
	memcpy(changed, had.p, had.n);
	btrfs_store(changed + INODE_SIZE_AT, size, 8);
	had.p = changed;
	return put(r, &had, e);
}

static bool replay_inode(struct btrfs_replay *r, const struct btrfs_item *item, struct error *e)
{
	uint64_t ino = item->key.objectid;
	uint32_t mode = load_le32(item->p + 52);
	struct btrfs_item now;
	bool found;
	if (S_ISDIR(mode) && !drop_logged_ranges(r, ino, e))
		return false;
	if (!put_inode(r, item, e))
		return false;
	if (!S_ISREG(mode))
		return true;
	if (!btrfs_exact(r->volume, r->to, item->key, &found, &now, e))
		return false;
	uint64_t size = found && now.n >= BTRFS_INODE_LEAST ? load_le64(now.p + INODE_SIZE_AT) : 0;
	return drop_extents(r, ino, round_up(r->volume, size), UINT64_MAX, e);
}

/* ---- names ---- */

static bool entry_at(struct btrfs_replay *r, uint64_t dir, uint64_t index, struct str name,
		     bool *found, struct btrfs_entry *out, struct error *e)
{
	struct btrfs_key k = {dir, BTRFS_DIR_INDEX, index};
	struct btrfs_item item;
	if (!btrfs_exact(r->volume, r->to, k, found, &item, e) ||
	    (*found && !btrfs_load_entry(&item, 0, out, e)))
		return false;
	*found = *found && str_eq(out->name, name);
	return true;
}

/* Takes away whoever else stands under the name, which may be two where index and hash differ. */
static bool clear_name(struct btrfs_replay *r, uint64_t ino, const struct btrfs_ref *ref,
		       bool *there_already, struct error *e)
{
	struct btrfs_key to = {ino, BTRFS_INODE_ITEM, 0};
	struct btrfs_entry hashed = {0}, indexed = {0};
	bool by_hash, by_index;
	if (!btrfs_find_name(r->volume, r->to, ref->parent, ref->name, &by_hash, &hashed, e) ||
	    !entry_at(r, ref->parent, ref->index, ref->name, &by_index, &indexed, e))
		return false;
	*there_already = by_hash && by_index && btrfs_key_order(hashed.location, to) == 0 &&
			 btrfs_key_order(indexed.location, to) == 0;
	if (*there_already)
		return true;
	return (!by_index ||
		btrfs_unlink(r, indexed.location.objectid, ref->parent, ref->name, e)) &&
	       (!by_hash || btrfs_unlink(r, hashed.location.objectid, ref->parent, ref->name, e));
}

/* The inode itself, in the log, has that name: then it brings it. */
static bool brought_by_inode(struct btrfs_replay *r, uint64_t ino, const struct btrfs_ref *ref,
			     bool *yes, struct error *e)
{
	struct btrfs_key near = {ino, BTRFS_INODE_REF, ref->parent};
	struct btrfs_key far = btrfs_far_key(ino, ref->parent, ref->name);
	return btrfs_has_ref(r->volume, r->log, near, ref, yes, e) &&
	       (*yes || btrfs_has_ref(r->volume, r->log, far, ref, yes, e));
}

static bool replay_name(struct btrfs_replay *r, const struct btrfs_item *item, struct error *e)
{
	struct btrfs_entry entry = {0};
	bool has_dir, exists, done = false;
	if (!btrfs_load_entry(item, 0, &entry, e))
		return false;
	struct btrfs_ref ref = {item->key.objectid, item->key.offset, entry.name, 0};
	uint64_t ino = entry.location.objectid;
	if (!btrfs_has_inode(r, ref.parent, &has_dir, e) || !btrfs_has_inode(r, ino, &exists, e))
		return false;
	if (!has_dir)
		return fail(e, ERR_CORRUPT,
			    "btrfs: the log names directory %llu, which is not there",
			    (unsigned long long)ref.parent);
	if (!exists || entry.location.type != BTRFS_INODE_ITEM)
		return true;
	if (!clear_name(r, ino, &ref, &done, e) ||
	    (!done && !brought_by_inode(r, ino, &ref, &done, e)))
		return false;
	return done || btrfs_link(r, ino, &ref, e);
}

/* Names of the same item that the log's item does not have. */
static bool drop_old_refs(struct btrfs_replay *r, const struct btrfs_item *item, struct error *e)
{
	struct btrfs_item old;
	struct btrfs_ref ref;
	bool found, kept;
	if (!btrfs_exact(r->volume, r->to, item->key, &found, &old, e))
		return false;
	if (!found)
		return true;
	old = btrfs_hold(r->volume, &old);
	for (size_t at = 0; at < old.n; at += ref.size) {
		if (!btrfs_load_ref(&old, at, &ref, e) ||
		    !btrfs_has_ref(r->volume, r->log, item->key, &ref, &kept, e) ||
		    (!kept && !btrfs_unlink(r, old.key.objectid, ref.parent, ref.name, e)))
			return false;
	}
	return true;
}

/* A directory that is not there was not logged: the name is left out. */
static bool replay_ref(struct btrfs_replay *r, uint64_t ino, const struct btrfs_ref *ref,
		       struct error *e)
{
	bool has_dir, done = false;
	if (!btrfs_has_inode(r, ref->parent, &has_dir, e))
		return false;
	if (!has_dir)
		return true;
	return clear_name(r, ino, ref, &done, e) && (done || btrfs_link(r, ino, ref, e));
}

static bool replay_refs(struct btrfs_replay *r, const struct btrfs_item *item, struct error *e)
{
	struct btrfs_ref ref;
	if (item->key.offset == item->key.objectid)
		return true; /* the root's, in itself */
	if (!drop_old_refs(r, item, e))
		return false;
	for (size_t at = 0; at < item->n; at += ref.size)
		if (!btrfs_load_ref(item, at, &ref, e) ||
		    !replay_ref(r, item->key.objectid, &ref, e))
			return false;
	return true;
}

/* ---- the walk ---- */

enum stage { INODES, NAMES, ALL };

static bool replay_item(struct btrfs_replay *r, enum stage stage, const struct btrfs_item *item,
			struct error *e)
{
	switch (item->key.type) {
	case BTRFS_INODE_ITEM: return stage != INODES || replay_inode(r, item, e);
	case BTRFS_DIR_INDEX: return stage != NAMES || replay_name(r, item, e);
	case BTRFS_INODE_REF:
	case BTRFS_INODE_EXTREF: return stage != ALL || replay_refs(r, item, e);
	case BTRFS_XATTR_ITEM:
		return stage != ALL ||
		       btrfs_overlay_put(r->to->over, item->key, item->p, item->n, e);
	case BTRFS_EXTENT_DATA: return stage != ALL || replay_extent(r, item, e);
	default: return true;
	}
}

/* Items of an inode without links, which nobody could reach, are passed over. */
static bool walk(struct btrfs_replay *r, enum stage stage, unsigned char *held, struct error *e)
{
	struct btrfs_key k = {0};
	struct btrfs_item item;
	uint64_t unlinked = 0;
	bool found;
	do {
		if (!btrfs_from(r->volume, r->log, k, &found, &item, e))
			return false;
		if (!found || item.key.objectid > (uint64_t)INT64_MAX)
			break;
		k = item.key;
		if (k.type == BTRFS_INODE_ITEM && item.n < BTRFS_INODE_LEAST)
			return fail(e, ERR_CORRUPT, "btrfs: an inode in the log is cut short");
		if (k.type == BTRFS_INODE_ITEM && load_le32(item.p + 40) == 0)
			unlinked = k.objectid;
		if (k.objectid == unlinked)
			continue;
		memcpy(held, item.p, item.n);
		item.p = held;
		if (!replay_item(r, stage, &item, e))
			return false;
	} while (btrfs_key_next(&k));
	return true;
}

static bool replay_log(struct btrfs *v, const struct btrfs_item *root, struct error *e)
{
	struct btrfs_subvol *s;
	struct btrfs_tree log;
	uint64_t root_dir;
	bool gone;
	uint64_t id = root->key.offset;
	if (!btrfs_load_root(root, &log, &root_dir, &gone, e) || !btrfs_subvol(v, id, &s, e))
		return false;
	if (!s)
		return true;
	s->log = log;
	s->tree.over = btrfs_overlay_new(v->arena);
	struct btrfs_replay r = {.volume = v, .to = &s->tree, .log = &s->log};
	unsigned char *held = arena_alloc(v->arena, 1, v->super.node);
	for (enum stage stage = INODES; stage <= ALL; stage++)
		if (!walk(&r, stage, held, e))
			return false;
	return true;
}

static bool replay_logs(struct btrfs *v, struct error *e)
{
	struct btrfs_tree logs = {.root = v->super.log_root,
				  .generation = v->super.generation + 1,
				  .level = v->super.log_level};
	struct btrfs_key k = {BTRFS_LOGS, BTRFS_ROOT_ITEM, 0};
	struct btrfs_item item;
	bool found;
	do {
		if (!btrfs_from(v, &logs, k, &found, &item, e))
			return false;
		if (!found || item.key.objectid != BTRFS_LOGS || item.key.type != k.type)
			break;
		k = item.key;
		if (!replay_log(v, &item, e))
			return false;
	} while (btrfs_key_next(&k));
	return true;
}

bool btrfs_replay(struct btrfs *v, struct error *e)
{
	struct error why = {0};
	if (!v->super.log_root || replay_logs(v, &why))
		return true;
	if (why.kind != ERR_CORRUPT) {
		*e = why;
		return false;
	}
	for (size_t i = 0; i < v->subvols.n; i++) {
		v->subvols.at[i]->tree.over = NULL;
		v->subvols.at[i]->log.root = 0;
	}
	v->stale = str_fmt(v->arena,
			   "its log holds newer writes but cannot be replayed (%s); mount it once",
			   why.text);
	return true;
}
