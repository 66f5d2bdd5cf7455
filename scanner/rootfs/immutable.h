/*
 * immutable.h - mounts of the immutable root file system that cOS, Elemental and Kairos boot;
 * private to rootfs/.
 */
#ifndef IMMUTABLE_H
#define IMMUTABLE_H

#include "rootfs.h"

/* Lays in `composed`, the tree of `top`, what its layout says of the disk's partitions. */
void immutable_lay(struct rootfs *top, struct fs *composed, struct layers *layers,
		   struct mounted_list *out);

#endif
