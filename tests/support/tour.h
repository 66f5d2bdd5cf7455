/*
 * tour.h - a walk over everything in a tree, told as the lines that tests/stress_tree.py tells of
 * the directory it was made from: "PATH KIND MODE UID GID", and of a regular file its size and
 * sha256; "PATH link TARGET". What cannot be read is a line "PATH failed: MESSAGE".
 *
 * On the way the tree is held to its promises, and the program aborts when it breaks one: names
 * and kinds are legal, a failure has a message, a file reads the same by pieces, as a whole and as
 * a blob. That a name that was listed is not found is a failure.
 */
#ifndef TOUR_H
#define TOUR_H

#include "fs.h"

struct tour {
	size_t max_file;    /* larger files fail */
	size_t max_entries; /* the tour ends after as many */
	unsigned max_depth;
	/* Out: */
	size_t entries, failures;
	struct words lines; /* sorted */
};

void tour_tree(struct arena *a, struct fs *fs, struct tour *t);

/* For fuzz targets: what the file system of that name (of fs_open_volume), or with NULL whatever
 * fs_open finds, makes of the bytes is toured for a while, in little memory. A refusal must have
 * its reason. */
void tour_volume(const char *only, struct str image);

#endif
