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

/* Mounts what units mount, once everything else is: they may lie in it. A directory on which
 * something is mounted already keeps that. */
void mounted_lay_units(struct rootfs *top, struct fs *composed, struct layers *layers,
		       struct mounted_list *out);

/* Mounts at `dir` a volume, which `spec` names as a line of fstab does, or closes it. */
void mounted_add(struct rootfs *top, struct fs *composed, struct layers *layers,
		 struct mounted_list *out, struct str spec, struct str dir,
		 const struct origin *from);

/* Has the volume a tree? False with why it has none. */
bool mounted_readable(const struct volume *v, struct error *why);

#endif
