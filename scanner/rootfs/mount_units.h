/*
 * mount_units.h - what units mount at boot; private to rootfs/.
 */
#ifndef MOUNT_UNITS_H
#define MOUNT_UNITS_H

#include "fstab.h"
#include "rootfs.h"

/* The mount units of `root` that something starts, as lines of fstab. */
struct fstab mount_units(struct rootfs *root);

#endif
