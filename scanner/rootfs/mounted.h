/*
 * mounted.h - which volumes of a disk are mounted where in a root on it; private to rootfs/.
 */
#ifndef MOUNTED_H
#define MOUNTED_H

#include "rootfs.h"

/* Mounts in `composed`, the tree of `top`, what its /etc/fstab names, and the partitions that are
 * mounted by their types. Each volume becomes a layer more. What cannot be mounted closes the
 * directory: nothing can be told of what lies below it. */
void mounted_lay(struct rootfs *top, struct fs *composed, struct layers *layers,
		 struct mounted_list *out);

#endif
