/*
 * cache_dir.h - the directory of the cache as files that are ours; private to net/cache/.
 *
 * A directory is one that this user alone may write, opened anew for each use, and never through a
 * link. What other names it holds is left alone.
 */
#ifndef CACHE_DIR_H
#define CACHE_DIR_H

#include <sys/stat.h>

#include "blob.h"

enum { CACHE_NAME_MAX = 200, CACHE_NOTE_NAME_MAX = 32 };

/* What a blob's file is called, or that of a note where `note` is not empty: "sha256-HEX.index-1".
 * False where digest or note are none. */
bool cache_name(char name[CACHE_NAME_MAX], struct str digest, struct str note);

/* Opens PATH; with `make`, it is made where its parent's parent is there. -1 with a reason. */
int cache_dir_open(const char *path, bool make, struct error *e);

/* A file under construction: locked, and without a name where the file system has O_TMPFILE. */
struct cache_file {
	int fd;
	char temporary[32]; /* its name meanwhile; or empty */
};

bool cache_file_new(int dir, struct cache_file *f);
/* Gives it its name, and takes that from the file that has it. The descriptor stays open. */
bool cache_file_name(int dir, struct cache_file *f, const char *name);
void cache_file_drop(int dir, struct cache_file *f);

/* Opens a regular file of ours for reading, and marks that it is in use; -1 where there is none. */
int cache_file_open(int dir, const char *name);

enum cache_kind { CACHE_BLOB, CACHE_NOTE, CACHE_TEMPORARY };

struct cache_entry {
	const char *name;
	enum cache_kind kind;
	struct stat st;
};

/* Calls `visit` on each file of ours; it may unlink that one. False when the directory cannot be
 * read. */
typedef void cache_visit(void *arg, int dir, const struct cache_entry *entry);
bool cache_each(int dir, cache_visit *visit, void *arg);

/* Removes what others left under construction, which nobody holds locked. */
void cache_sweep(int dir, const struct cache_entry *entry);

/* Removes files, the oldest use first, until no more than `most` bytes are left. */
void cache_bound(int dir, uint64_t most);

#endif
