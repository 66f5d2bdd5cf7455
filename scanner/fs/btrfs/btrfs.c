/*
 * btrfs.c - a btrfs volume to a tree of files: its default subvolume, or another (On-disk Format
 * in the btrfs documentation). Nested subvolumes are entered by their names, as Linux does; an
 * inode number holds the subvolume's place in a list above the number that the subvolume knows.
 *
 * Not supported: zoned volumes, extent-tree-v2, raid-stripe-tree.
 */
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "backends.h"
#include "btrfs.h"
#include "bytes.h"
#include "map.h"
#include "unpack.h"

enum {
	INODE_NO_SUMS = 1,
	NUMBER_BITS = 48, /* of an inode in its subvolume */
	EMPTY_DIR = 2,    /* stands where a snapshot's original held a subvolume */
	DEVICES_MAX = 256,
};

#define FLAG_SEEDING ((uint64_t)1 << 32)

struct btrfs_fs {
	struct fs fs;
	struct btrfs *volume;
};

/* An inode of ours in its subvolume. */
struct spot {
	struct btrfs_subvol *in;
	uint64_t ino;
};

struct inode {
	uint64_t size, flags;
	uint32_t mode, uid, gid;
};

static struct btrfs *volume_of(struct fs *fs)
{
	return ((struct btrfs_fs *)fs)->volume;
}

static bool number(const struct btrfs_subvol *in, uint64_t ino, uint64_t *out, struct error *e)
{
	if (ino >> NUMBER_BITS)
		return fail(e, ERR_LIMIT, "btrfs: an inode number of %llu",
			    (unsigned long long)ino);
	*out = in->number << NUMBER_BITS | ino;
	return true;
}

static bool spot_of(struct btrfs *v, uint64_t ino, struct spot *out, struct error *e)
{
	if (ino >> NUMBER_BITS >= v->subvols.n)
		return fail(e, ERR_CORRUPT, "btrfs: no inode %llu", (unsigned long long)ino);
	*out = (struct spot){v->subvols.at[ino >> NUMBER_BITS],
			     ino & (((uint64_t)1 << NUMBER_BITS) - 1)};
	return true;
}

static bool load_inode(struct btrfs *v, const struct spot *at, struct inode *out, struct error *e)
{
	struct btrfs_item item;
	bool found;
	if (at->ino == EMPTY_DIR) {
		*out = (struct inode){.mode = S_IFDIR | 0755};
		return true;
	}
	struct btrfs_key k = {at->ino, BTRFS_INODE_ITEM, 0};
	if (!btrfs_exact(v, &at->in->tree, k, &found, &item, e))
		return false;
	if (!found || item.n < BTRFS_INODE_LEAST || load_le64(item.p + 16) > INT64_MAX)
		return fail(e, ERR_CORRUPT, "btrfs: inode %llu of subvolume %llu %s",
			    (unsigned long long)at->ino, (unsigned long long)at->in->id,
			    found ? "does not hold together" : "is not there");
	*out = (struct inode){
		.size = load_le64(item.p + 16),
		.uid = load_le32(item.p + 44),
		.gid = load_le32(item.p + 48),
		.mode = load_le32(item.p + 52),
		.flags = load_le64(item.p + 64),
	};
	return true;
}

static bool btrfs_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct btrfs *v = volume_of(fs);
	struct spot at = {0};
	struct inode inode = {0};
	enum fs_kind kind = FS_OTHER;
	if (!spot_of(v, ino, &at, e) || !load_inode(v, &at, &inode, e))
		return false;
	if (!fs_kind_of(inode.mode, &kind))
		return fail(e, ERR_CORRUPT, "btrfs: an inode of mode %o", inode.mode);
	*out = (struct fs_stat){
		.kind = kind,
		.mode = inode.mode & 07777,
		.uid = inode.uid,
		.gid = inode.gid,
		.size = kind == FS_DIRECTORY ? 0 : inode.size,
	};
	return true;
}

/* Where a name leads: to an inode of its own subvolume, to the root of another, or, where it was
 * copied by a snapshot without what it stands for, to an empty directory. */
static bool follow(struct btrfs *v, const struct spot *dir, const struct btrfs_entry *entry,
		   uint64_t *ino, struct error *e)
{
	struct btrfs_key to = entry->location;
	struct btrfs_subvol *next = NULL;
	bool entered;
	if (to.type == BTRFS_INODE_ITEM)
		return number(dir->in, to.objectid, ino, e);
	if (to.type != BTRFS_ROOT_ITEM)
		return fail(e, ERR_CORRUPT, "btrfs: a name in directory %llu leads nowhere",
			    (unsigned long long)dir->ino);
	if (!btrfs_subvol_entered(v, dir->in->id, to.objectid, dir->ino, entry->name, &entered, e))
		return false;
	if (entered && !btrfs_subvol(v, to.objectid, &next, e))
		return false;
	return next ? number(next, next->root_dir, ino, e) : number(dir->in, EMPTY_DIR, ino, e);
}

static bool btrfs_lookup(struct fs *fs, uint64_t ino, struct str name, bool *found, uint64_t *out,
			 struct error *e)
{
	struct btrfs *v = volume_of(fs);
	struct btrfs_entry entry = {0};
	struct spot dir = {0};
	bool any;
	if (!spot_of(v, ino, &dir, e) ||
	    !btrfs_find_name(v, &dir.in->tree, dir.ino, name, &any, &entry, e))
		return false;
	entry.name = name;
	if (any && !follow(v, &dir, &entry, out, e))
		return false;
	*found = any;
	return true;
}

static bool btrfs_hides(struct fs *fs, uint64_t ino, bool *out, struct error *e)
{
	struct btrfs *v = volume_of(fs);
	struct str value = {0};
	struct spot at = {0};
	if (!spot_of(v, ino, &at, e) ||
	    !btrfs_find_attribute(v, &at.in->tree, at.ino, S("trusted.overlay.opaque"), &value, e))
		return false;
	*out = str_eq(value, S("y"));
	return true;
}

static bool btrfs_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct btrfs *v = volume_of(fs);
	struct btrfs_entry entry = {0};
	struct spot dir = {0};
	char name[256];
	bool found = true;
	if (!spot_of(v, ino, &dir, e))
		return false;
	struct btrfs_listing at = {.dir = dir.ino};
	for (uint64_t bytes = 0;;) {
		if (!btrfs_next_name(v, &dir.in->tree, &at, &found, &entry, e))
			return false;
		if (!found)
			return true;
		bytes += entry.size;
		if (!fs_directory_fits(fs, bytes, e))
			return fail_in(e, "btrfs: directory %llu", (unsigned long long)dir.ino);
		memcpy(name, entry.name.p, entry.name.n);
		entry.name.p = name;
		if (!follow(v, &dir, &entry, &ino, e))
			return false;
		if (!visit(arg, entry.name, ino))
			return true;
	}
}

static bool btrfs_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	struct btrfs *v = volume_of(fs);
	struct spot spot = {0};
	struct inode inode = {0};
	if (!spot_of(v, ino, &spot, e) || !load_inode(v, &spot, &inode, e))
		return false;
	if (!S_ISREG(inode.mode) && !S_ISLNK(inode.mode))
		return fail(e, ERR_UNSUPPORTED, "btrfs: inode %llu has no content",
			    (unsigned long long)spot.ino);
	uint64_t left = at < inode.size ? inode.size - at : 0;
	struct btrfs_file file = {fs, spot.in, spot.ino, !(inode.flags & INODE_NO_SUMS)};
	n = left < n ? (size_t)left : n;
	if (!btrfs_read_file(v, &file, at, buf, n, e))
		return false;
	*got = n;
	return true;
}

static const struct fs_ops btrfs_ops;

static struct fs *tree_of(struct arena *a, struct btrfs *v, const struct btrfs_subvol *s,
			  struct error *e)
{
	struct btrfs_fs *f = NEW(a, struct btrfs_fs);
	*f = (struct btrfs_fs){{.ops = &btrfs_ops, .max = v->max}, v};
	if (!number(s, s->root_dir, &f->fs.root, e))
		return NULL;
	f->fs.label = v->super.label;
	f->fs.uuid = fs_uuid_text(a, v->super.fsid);
	f->fs.stale = v->stale;
	if (v->super.log_root && !v->stale.n)
		f->fs.replayed = S("its log");
	f->fs.devices = v->members.at;
	f->fs.n_devices = v->members.n;
	if (v->missing)
		f->fs.lacks = str_fmt(a,
				      "lacks %zu of its %zu devices: Linux would not mount it "
				      "without being told to (degraded)",
				      v->missing, v->members.n + v->missing);
	return &f->fs;
}

static struct fs *btrfs_subvolume(struct fs *fs, struct arena *a, struct str which, struct error *e)
{
	struct btrfs_subvol *s;
	if (!btrfs_named_subvol(volume_of(fs), which, &s, e))
		return NULL;
	return tree_of(a, volume_of(fs), s, e);
}

/* ---- opening ---- */

static void add_device(struct btrfs *v, const struct btrfs_super *super, struct blob *b)
{
	struct btrfs_device *d = vec_push(v->arena, &v->devices);
	d->blob = b;
	memcpy(d->uuid, super->device, sizeof d->uuid);
	memcpy(d->node_uuid, super->node_uuid, sizeof d->node_uuid);
}

static bool is_known(const struct btrfs *v, const unsigned char uuid[16])
{
	for (size_t i = 0; i < v->devices.n; i++)
		if (memcmp(v->devices.at[i].uuid, uuid, 16) == 0)
			return true;
	return false;
}

/* A device of the volume, or of one that it may have grown out of, that is not known yet? Of clones
 * of a device the first one counts. */
static bool may_be_ours(const struct btrfs *v, struct blob *b, bool *maybe, struct error *e)
{
	unsigned char head[BTRFS_DEVICE_AT + 16];
	size_t got;
	if (!b->read(b, BTRFS_SUPER_AT, head, sizeof head, &got, e))
		return false;
	*maybe = got == sizeof head && memcmp(head + 0x40, BTRFS_MAGIC, strlen(BTRFS_MAGIC)) == 0 &&
		 !is_known(v, head + BTRFS_DEVICE_AT) &&
		 (memcmp(head + 0x20, v->super.fsid, sizeof v->super.fsid) == 0 ||
		  load_le64(head + 0x38) & FLAG_SEEDING);
	return true;
}

/* The other devices: chunks tell them apart by UUID. One of a later generation knows better than
 * the one that was opened. */
static bool add_devices(struct btrfs *v, const struct fs_options *opts, struct error *e)
{
	for (size_t i = 0; i < opts->n_volumes; i++) {
		struct btrfs_super super;
		struct error why = {0};
		bool maybe = false;
		if (!may_be_ours(v, opts->volumes[i], &maybe, e))
			return false;
		if (!maybe ||
		    !btrfs_read_super(v->arena, opts->volumes[i], v->unchecked, &super, &why))
			continue;
		if (v->devices.n >= DEVICES_MAX)
			return fail(e, ERR_LIMIT, "btrfs: more than %d devices", DEVICES_MAX);
		add_device(v, &super, opts->volumes[i]);
		if (memcmp(super.fsid, v->super.fsid, sizeof super.fsid) == 0 &&
		    super.generation > v->super.generation)
			v->super = super;
	}
	return true;
}

static bool load_trees(struct btrfs *v, struct error *e)
{
	struct btrfs_key last = {BTRFS_CSUM_TREE, BTRFS_ROOT_ITEM, UINT64_MAX};
	struct btrfs_item item;
	uint64_t root_dir;
	bool found, gone;
	v->roots = (struct btrfs_tree){.root = v->super.root,
				       .generation = v->super.generation,
				       .level = v->super.root_level};
	if (!btrfs_upto(v, &v->roots, last, &found, &item, e))
		return false;
	found = found && item.key.objectid == last.objectid && item.key.type == last.type;
	return !found || btrfs_load_root(&item, &v->csums, &root_dir, &gone, e);
}

struct fs *btrfs_open(struct arena *a, struct blob *b, const struct fs_options *opts,
		      bool unchecked, struct error *e)
{
	struct btrfs *v = NEW(a, struct btrfs);
	struct btrfs_subvol *s;
	v->arena = a;
	v->unchecked = unchecked;
	v->max = opts->max;
	v->unpacker = unpacker_new(a);
	v->subvols_by_id = map_new(a);
	if (!btrfs_read_super(a, b, unchecked, &v->super, e))
		return NULL;
	add_device(v, &v->super, b);
	if (!add_devices(v, opts, e))
		return NULL;
	btrfs_nodes_new(v);
	if (!btrfs_add_system_chunks(v, e) || !btrfs_load_chunks(v, e) ||
	    !btrfs_load_members(v, e) || !load_trees(v, e) || !btrfs_replay(v, e) ||
	    !btrfs_default_subvol(v, &s, e))
		return NULL;
	return tree_of(a, v, s, e);
}

bool fs_probe_btrfs(struct blob *b, bool *mine, struct error *e)
{
	char magic[sizeof BTRFS_MAGIC - 1];
	size_t got;
	if (!b->read(b, BTRFS_SUPER_AT + 0x40, magic, sizeof magic, &got, e))
		return false;
	*mine = got == sizeof magic && memcmp(magic, BTRFS_MAGIC, sizeof magic) == 0;
	return true;
}

struct fs *fs_open_btrfs(struct arena *a, struct blob *b, const struct fs_options *opts,
			 struct error *e)
{
	return btrfs_open(a, b, opts, false, e);
}

static const struct fs_ops btrfs_ops = {
	.name = "btrfs",
	.stat = btrfs_stat,
	.list = btrfs_list,
	.read = btrfs_read,
	.lookup = btrfs_lookup,
	.subvolume = btrfs_subvolume,
	.hides = btrfs_hides,
};
