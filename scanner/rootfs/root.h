/*
 * root.h - what a root remembers; private to rootfs/.
 */
#ifndef ROOT_H
#define ROOT_H

#include "map.h"
#include "rootfs.h"

struct rootfs {
	struct arena *arena;
	const struct layers *layers;
	struct notes *notes;
	struct fs *fs;
	struct map *paths; /* to struct known: what was asked for */
	struct map *trace; /* to struct seen */
	struct words unreadable;
	struct doubt unread;  /* the first of them */
	struct words emptied; /* directories that begin empty at boot */
	bool *asked, *owned;  /* by layer: does it tell owners, and was that looked at */
	/* How it was laid together. */
	struct str deployment;
	size_t deployments; /* that may be booted */
	struct mounted_list mounts;
	struct words settled; /* paths of extensions */
};

struct rootfs *root_over(struct arena *a, const struct layers *layers, struct fs *fs,
			 struct notes *notes);

/* As rootfs_list, of up to *left names, which it takes off. A directory of more has none, and
 * counts as unreadable: limits' `deployments` is where *left begins. */
const struct listing *rootfs_list_within(struct rootfs *root, struct str dir, uint64_t *left);

/* What could not be read of `from` is missing in `to` too; `volume` stands before its paths. */
void doubt_inherit(struct rootfs *to, const struct rootfs *from, struct str volume);

/* Notes what of the root's disk was not read, or is stale. */
void doubt_volumes(struct rootfs *root);

#endif
