/*
 * vmdk.h - the two halves of a VMDK: the descriptor, which is text, and sparse extents; private to
 * blob/.
 */
#ifndef VMDK_H
#define VMDK_H

#include "blob.h"

enum { VMDK_SECTOR = 512, VMDK_TEXT_MAX = 1 << 20 };

struct vmdk_extent {
	uint64_t sectors, offset; /* of the disk; where in the file, in sectors */
	struct str kind, file;    /* "FLAT", "SPARSE", "ZERO", …; empty where none is needed */
};

struct vmdk_descriptor {
	struct vmdk_extent *at;
	size_t n, cap;
};

/* Refuses descriptors of disks that are not whole or not plain: differences to a parent,
 * encrypted ones. */
bool vmdk_describe(struct arena *a, struct str text, struct vmdk_descriptor *out, struct error *e);

#endif
