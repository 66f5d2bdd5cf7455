/*
 * disk.h - for tests of disk containers: an image put together number by number after its
 * specification, what opening it says, and what its disk holds.
 */
#ifndef DISK_H
#define DISK_H

#include "blob.h"
#include "origin.h"

enum { IMAGE_MAX = 3 << 20 };

struct made_image {
	unsigned char bytes[IMAGE_MAX];
	size_t n;
};

/* `width` bytes of v at `at`; the image grows to hold them. */
void image_be(struct made_image *m, size_t at, unsigned width, uint64_t v);
void image_le(struct made_image *m, size_t at, unsigned width, uint64_t v);
void image_text(struct made_image *m, size_t at, struct str text);

/* Files by name, all of the same bytes as `m`: for chains of them. */
struct blob_siblings *siblings_all(const struct made_image *m);

/* The disk inside, which must be of this container; fails the test when there is none. */
struct blob *disk_in(const struct made_image *m, const char *container,
		     const struct blob_opening *o);

/* Opening must fail so, with these words somewhere in the message. */
void disk_refused(const struct made_image *m, const char *container, const struct blob_opening *o,
		  enum error_kind kind, const char *words);

/* What reading `want.n` bytes at `at` must give. */
void disk_holds(struct blob *disk, uint64_t at, struct str want);
void disk_fails(struct blob *disk, uint64_t at, enum error_kind kind, const char *words);

#endif
