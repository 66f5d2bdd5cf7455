/*
 * dirs.c - names in directories (On-disk Format, "DIR_ITEM", "DIR_INDEX"): a directory has each of
 * its names twice, by hash to be found and by index in the order of their making. Both lookups and
 * listings go by hash here, so that what is listed is found.
 */
#include <string.h>

#include "btrfs.h"
#include "bytes.h"
#include "crc32c.h"

enum { NAME_MAX_BYTES = 255 };

static bool is_name(struct str s)
{
	return s.n >= 1 && s.n <= NAME_MAX_BYTES && str_find(s, '/') == s.n &&
	       str_find(s, '\0') == s.n && !str_eq(s, S(".")) && !str_eq(s, S(".."));
}

bool btrfs_load_entry(const struct btrfs_item *item, size_t at, struct btrfs_entry *out,
		      struct error *e)
{
	size_t left = at < item->n ? item->n - at : 0;
	const unsigned char *p = item->p + at;
	size_t name = left >= BTRFS_ENTRY_HEAD ? load_le16(p + 27) : 0;
	size_t size = left >= BTRFS_ENTRY_HEAD ? BTRFS_ENTRY_HEAD + name + load_le16(p + 25) : 0;
	struct str text = {(const char *)p + BTRFS_ENTRY_HEAD, name};
	if (size == 0 || size > left || !is_name(text))
		return fail(e, ERR_CORRUPT, "btrfs: directory %llu holds an impossible name",
			    (unsigned long long)item->key.objectid);
	*out = (struct btrfs_entry){btrfs_load_key(p), text, item->key.offset, size};
	return true;
}

uint32_t btrfs_name_hash(struct str name)
{
	return crc32c(~1u, name.p, name.n);
}

static bool find_entry(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k,
		       struct str name, bool *found, struct btrfs_entry *out, struct error *e)
{
	struct btrfs_item item;
	struct btrfs_entry entry = {0};
	bool any;
	if (!btrfs_exact(v, t, k, &any, &item, e))
		return false;
	for (size_t at = 0; any && at < item.n; at += entry.size) {
		if (!btrfs_load_entry(&item, at, &entry, e))
			return false;
		if (str_eq(entry.name, name)) {
			*found = true;
			*out = entry;
			return true;
		}
	}
	*found = false;
	return true;
}

bool btrfs_find_name(struct btrfs *v, const struct btrfs_tree *t, uint64_t dir, struct str name,
		     bool *found, struct btrfs_entry *out, struct error *e)
{
	struct btrfs_key k = {dir, BTRFS_DIR_ITEM, btrfs_name_hash(name)};
	return find_entry(v, t, k, name, found, out, e);
}

bool btrfs_find_attribute(struct btrfs *v, const struct btrfs_tree *t, uint64_t ino,
			  struct str name, struct str *value, struct error *e)
{
	struct btrfs_key k = {ino, BTRFS_XATTR_ITEM, btrfs_name_hash(name)};
	struct btrfs_entry entry;
	bool found = false;
	if (!find_entry(v, t, k, name, &found, &entry, e))
		return false;
	*value = found ? (struct str){entry.name.p + entry.name.n,
				      entry.size - BTRFS_ENTRY_HEAD - entry.name.n}
		       : S("");
	return true;
}

bool btrfs_next_name(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_listing *at,
		     bool *found, struct btrfs_entry *out, struct error *e)
{
	struct btrfs_item item;
	bool any;
	if (!btrfs_from(v, t, (struct btrfs_key){at->dir, BTRFS_DIR_ITEM, at->hash}, &any, &item,
			e))
		return false;
	if (!any || item.key.objectid != at->dir || item.key.type != BTRFS_DIR_ITEM) {
		*found = false;
		return true;
	}
	size_t in_item = item.key.offset == at->hash ? at->in_item : 0;
	if (!btrfs_load_entry(&item, in_item, out, e))
		return false;
	if (btrfs_name_hash(out->name) != item.key.offset)
		return fail(e, ERR_CORRUPT, "btrfs: directory %llu has a name where none finds it",
			    (unsigned long long)at->dir);
	in_item += out->size;
	bool last = in_item >= item.n;
	at->hash = item.key.offset + last;
	at->in_item = last ? 0 : in_item;
	*found = true;
	return true;
}
