/*
 * log.h - the two halves of a replay: log.c walks a log and decides, relink.c changes names.
 */
#ifndef BTRFS_LOG_H
#define BTRFS_LOG_H

#include "btrfs.h"

struct btrfs_replay {
	struct btrfs *volume;
	struct btrfs_tree *to; /* the subvolume's, with an overlay */
	const struct btrfs_tree *log;
	uint64_t extents_of,
		extents_end; /* the inode whose extents are replayed, and up to where */
};

/* A name of an inode, as an INODE_REF or INODE_EXTREF has it. */
struct btrfs_ref {
	uint64_t parent, index;
	struct str name;
	size_t size; /* bytes of the item that it takes */
};

bool btrfs_load_ref(const struct btrfs_item *item, size_t at, struct btrfs_ref *out,
		    struct error *e);

/* A copy that lasts. */
struct btrfs_item btrfs_hold(struct btrfs *v, const struct btrfs_item *item);

/* Of the INODE_EXTREF that would hold such a name. */
struct btrfs_key btrfs_far_key(uint64_t ino, uint64_t dir, struct str name);

/* Does the item with the key have this name of this parent? */
bool btrfs_has_ref(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k,
		   const struct btrfs_ref *ref, bool *found, struct error *e);

/* Is there an inode of that number? */
bool btrfs_has_inode(struct btrfs_replay *r, uint64_t ino, bool *found, struct error *e);

/* Takes away a name of an inode, or gives it one. */
bool btrfs_unlink(struct btrfs_replay *r, uint64_t ino, uint64_t dir, struct str name,
		  struct error *e);
bool btrfs_link(struct btrfs_replay *r, uint64_t ino, const struct btrfs_ref *ref, struct error *e);

#endif
