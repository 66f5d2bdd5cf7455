/*
 * composed.h - one root out of several trees, as mount(2) would lay them; private to rootfs/.
 */
#ifndef COMPOSED_H
#define COMPOSED_H

#include "fs.h"

/* A tree whose root is the directory `ino` of `fs`. Links and ".." inside it end there. */
struct fs *composed_new(struct arena *a, struct fs *fs, uint64_t ino);

struct arena *composed_arena(struct fs *composed);

/* Shows the directory `ino` of `fs` at `path`, which need not be there, but its parent must.
 * Mounts made earlier are seen; a later one at the same path covers the earlier. */
bool composed_mount(struct fs *composed, struct str path, struct fs *fs, uint64_t ino,
		    struct error *e);

/* Shows what is at `from` at `path` too, without what is mounted below it: mount --bind. */
bool composed_bind(struct fs *composed, struct str path, struct str from, struct error *e);

/* Makes every directory of `path` that is not there. */
bool composed_make(struct fs *composed, struct str path, struct error *e);

/* A directory is at `path` that cannot be listed or entered, for this reason. */
bool composed_close(struct fs *composed, struct str path, const struct error *why, struct error *e);

#endif
