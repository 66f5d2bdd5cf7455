/*
 * super.h - what the superblock of an ext2, ext3 or ext4 says of its volume, checked.
 */
#ifndef EXT_SUPER_H
#define EXT_SUPER_H

#include "blob.h"

struct arena;

enum { EXT_ROOT_INODE = 2, EXT_SUPER_AT = 1024, EXT_SUPER_BYTES = 1024 };

struct ext_super {
	uint32_t block_size, inodes, first_inode;
	uint64_t blocks;
	uint32_t journal_inode; /* 0: it has none of its own */
	bool journaled;         /* here, or on a device of its own */
	bool recover;           /* its journal holds what is not in place yet */
	const char *kind;       /* "ext2", "ext3", "ext4", as blkid tells them apart */
	struct str label, uuid, journal_uuid;
};

/* Do 1024 bytes at EXT_SUPER_AT look like a superblock? */
bool ext_super_looks(const unsigned char *bytes);

/* ERR_UNSUPPORTED names the features of a volume that must not be read without knowing them. */
bool ext_super_read(struct arena *a, struct blob *b, struct ext_super *out, struct error *e);

#endif
