/*
 * owned.h - does a tree tell who owns its files?
 */
#ifndef ROOTFS_OWNED_H
#define ROOTFS_OWNED_H

#include "fs.h"

/* Does a regular file near its root belong to root? What cannot be read is passed over. */
bool fs_owned(struct arena *a, struct fs *fs);

#endif
