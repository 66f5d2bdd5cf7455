/*
 * products.h - mounts that a system's own initramfs or boot makes, beside /etc/fstab; private to
 * rootfs/.
 */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "rootfs.h"

/* Lays them in `composed`, the tree of `top`, after everything else was mounted. */
void products_lay(struct rootfs *top, struct fs *composed, struct layers *layers,
		  struct mounted_list *out);

#endif
