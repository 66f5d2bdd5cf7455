/*
 * erofs_volume.h - a small erofs made by hand, for tests of what no mkfs makes.
 */
#ifndef EROFS_VOLUME_H
#define EROFS_VOLUME_H

#include "fs.h"

enum {
	BLOCK = 4096,
	BLOCKS = 6,
	SUPER = 1024,
	ROOT = 40,   /* nids; an inode's place is 32 times it */
	FILE_ = 48,  /* with 1 KiB of room behind it */
	DIR = BLOCK, /* where the root's block lies */
	BYTES = 2 * BLOCK,
	INDEX = FILE_ * 32 + 32 + 8, /* of a compressed file: behind inode and map header */
	BOX = 80,                    /* a metabox, with room for any inode */
};

#define BOXED (1ull << 63)

extern unsigned char image[BLOCKS * BLOCK];

/* Makes it anew: "/file" has the three blocks of 'a', 'b' and 'c'. */
void make(void);

/* A number into the image. */
void put(size_t at, uint64_t value, size_t n);

/* A compact inode, at a byte or by its nid. */
void put_inode_at(size_t at, unsigned layout, unsigned mode, uint32_t size, uint32_t place);
void put_inode(unsigned nid, unsigned layout, unsigned mode, uint32_t size, uint32_t place);

struct fs *open_image(struct error *e);

/* "/file" */
bool read_all(struct str *out, struct error *e);

/* It has these blocks. */
void assert_content(const char *letters);

#endif
