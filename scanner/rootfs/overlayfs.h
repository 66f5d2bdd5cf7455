/*
 * overlayfs.h - the overlays that a system mounts over a directory of its own; private to rootfs/.
 */
#ifndef OVERLAYFS_H
#define OVERLAYFS_H

#include "image.h"

/* Shows, at `dir` of a composed tree, the directories `lower` ("/a:/b", the first on top) under
 * `upper`, which may be empty or absent: it is made at boot then. All are paths of the same tree. A
 * layer more is pushed for what comes from `upper`. */
bool overlayfs_lay(struct fs *composed, struct layers *layers, struct str dir, struct str lower,
		   struct str upper, struct error *e);

/* A layer of overlayfs as a tree in which a device is a whiteout, and opaque what is marked so. */
struct fs *overlayfs_upper(struct arena *a, struct fs *of);

#endif
