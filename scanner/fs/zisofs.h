/*
 * zisofs.h - files in a CD image that are compressed block by block; private to fs/.
 */
#ifndef ZISOFS_H
#define ZISOFS_H

#include "blob.h"

/* What the image says of such a file, and where its bytes are. */
struct zisofs_file {
	bool known; /* else it is compressed in a way of which nothing is known */
	unsigned header_n, block_bits;
	uint64_t plain_n;
	uint64_t at, n; /* in the image */
};

struct zisofs;

/* The decoder's memory, for any number of files of one image. */
struct zisofs *zisofs_new(struct arena *a, struct blob *image);

/* The file's "ZF" entry of Rock Ridge, of n bytes. */
void zisofs_entry(struct zisofs_file *file, const unsigned char *p, size_t n);

/* n bytes at `at`, all inside the file. */
bool zisofs_read(struct zisofs *z, const struct zisofs_file *file, uint64_t at, char *buf, size_t n,
		 struct error *e);

#endif
