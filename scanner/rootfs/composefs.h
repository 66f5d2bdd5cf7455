/*
 * composefs.h - a tree of names over a store of contents; private to rootfs/.
 */
#ifndef COMPOSEFS_H
#define COMPOSEFS_H

#include "fs.h"

/* The tree in the image `b`, whose files have their bytes below the directory `objects` of `of`.
 * What is not there cannot be read: it is never empty. */
struct fs *composefs_open(struct arena *a, struct blob *b, struct fs *of, uint64_t objects,
			  struct error *e);

#endif
