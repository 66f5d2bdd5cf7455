/*
 * tree.h - the names of an archive or a capture as a tree in memory; private to fs/.
 *
 * Directory entries (names) and inodes are apart, as on a disk: a hard link is a second name of
 * an inode, and replacing a name leaves other names of the old inode alone. Inode numbers are
 * indexes; the root is 0. Later entries of the same path win, as with tar(1).
 *
 * Paths are taken as archives give them: "./a", "/a", "a//b" and "x/../a" all mean "a" below
 * the root; ".." stops at the root. Missing parents are made as needed (mode 0755), and a
 * parent that is not a directory is replaced by one.
 */
#ifndef TREE_H
#define TREE_H

#include "fs.h"

struct out;
struct packed;

enum { TREE_ROOT = 0, TREE_DEPTH_MAX = 256 };

struct tree_inode {
	struct fs_stat st;
	struct str text; /* body or link target, when `kept`; a hard link's target path */
	bool kept;
	uint64_t cookie; /* the backend's own: where the body is */
};

struct tree;

/* ERR_LIMIT past max_entries names (0: no limit). With `whiteouts`, ".wh." names are whiteouts
 * and opaque marks (OCI image spec, layer.md "Whiteouts"), otherwise plain names. */
struct tree *tree_new(struct arena *a, size_t max_entries, bool whiteouts);

/* Makes `path` name a new inode. *out may be changed until the next tree_add. NULL is possible
 * without a failure: the path was the root, or a mark that only changed another entry. */
bool tree_add(struct tree *t, struct str path, const struct fs_stat *st, struct tree_inode **out,
	      struct error *e);

/* Makes `path` a second name of what `target` names now; where the tree has no such file, an
 * FS_HARDLINK inode that holds the target's path. */
bool tree_link(struct tree *t, struct str path, struct str target, struct error *e);

struct tree_inode *tree_inode(struct tree *t, uint64_t ino);
size_t tree_count(const struct tree *t); /* names */

/* fs_ops members over the tree; the backend adds `read`. */
bool tree_find(struct tree *t, uint64_t dir, struct str name, uint64_t *ino);
void tree_each(struct tree *t, uint64_t dir, fs_visit *visit, void *arg);

/* All of a tree as bytes (packed.h), and again: the same names in their order under the same inode
 * numbers. False when the bytes are those of no tree, or of one that this may not be: with more
 * names than max_entries, or a cookie above `cookies`. */
void tree_save(const struct tree *t, struct out *o);
bool tree_restore(struct tree *t, struct packed *s, uint64_t cookies);

/* The path of an archive member as the tree sees it: relative, clean; empty for the root. */
struct str tree_clean_path(struct arena *a, struct str path);

#endif
