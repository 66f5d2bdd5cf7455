/*
 * xfs_volume.h - a small XFS volume made by hand, for tests of what no mkfs makes: one group of
 * 1024 blocks of 512 bytes, inodes of 256 bytes (512 in version 5), two of them or one in each
 * block. Checksums of version 5 are set by xfs_volume_open; in between everything may be written
 * to.
 */
#ifndef XFS_VOLUME_H
#define XFS_VOLUME_H

#include "fs.h"

enum {
	VOLUME_BLOCK = 512,
	VOLUME_BLOCKS = 1024,
	VOLUME_LOG_AT = 512, /* block */
	VOLUME_LOG = 256,    /* blocks */
	VOLUME_ROOT = 32,    /* inode */
};

struct xfs_volume {
	struct arena *arena;
	unsigned char *p;
	bool v5;
};

enum xfs_form { FORM_LOCAL = 1, FORM_EXTENTS = 2, FORM_BTREE = 3 };

/* With an empty root directory. Blocks of version 5 are of 1 KiB. */
struct xfs_volume *xfs_volume_new(struct arena *a, bool v5);

unsigned char *xfs_volume_block(struct xfs_volume *v, uint64_t block);
uint32_t xfs_volume_block_size(const struct xfs_volume *v);

/* Makes an inode; returns its data fork. */
unsigned char *xfs_volume_inode(struct xfs_volume *v, uint64_t ino, uint32_t mode,
				enum xfs_form form, uint64_t size, uint32_t extents);

/* Puts an entry into the root directory, which has room for a few. */
void xfs_volume_name(struct xfs_volume *v, const char *name, uint64_t ino);

/* 128 bits, as "Data Extents" has them. */
void xfs_volume_extent(unsigned char *record, bool unwritten, uint64_t start, uint64_t block,
		       uint64_t count);

void put_be(unsigned char *p, uint64_t value, size_t n);
void put_le(unsigned char *p, uint64_t value, size_t n);

/* Sets the checksums of whatever looks like a block, an inode or a log record of version 5, so that
 * what was changed in the image is believed. */
void xfs_volume_seal(unsigned char *p, size_t n);

struct fs *xfs_volume_open(struct xfs_volume *v, struct error *e);

#endif
