/*
 * immutable.h - mounts of the immutable root file system that cOS, Elemental and Kairos boot;
 * private to rootfs/.
 */
#ifndef IMMUTABLE_H
#define IMMUTABLE_H

#include "rootfs.h"

struct setting {
	struct str value;
	const struct origin *from;
};

/* Names of volumes, as "SPEC:DIR", and paths, with blanks between them. */
struct layout {
	struct setting volumes;
	struct setting paths;  /* that are kept */
	struct setting bind;   /* "true": by binding a copy, else as the upper part of an overlay */
	struct setting bound;  /* more of them, which are bound whatever that says */
	struct setting target; /* the directory that they are kept in */
	struct setting writable; /* paths that are lost with the next boot, unless */
	struct setting overlay;  /* this is no tmpfs */
};

/* Lays in `composed`, the tree of `top`, what its layout says of the disk's partitions. */
void immutable_lay(struct rootfs *top, struct fs *composed, struct layers *layers,
		   struct mounted_list *out);

#endif
