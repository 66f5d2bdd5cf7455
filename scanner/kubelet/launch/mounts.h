/*
 * mounts.h - the tree that a command sees, told in paths of the node: bind mounts, changed roots,
 * and what lies in neither.
 */
#ifndef MOUNTS_H
#define MOUNTS_H

#include "kubelet.h"

struct mount {
	struct str target; /* as the command sees it: absolute and clean */
	struct str source; /* of the node; empty: `what` lies there */
	struct str what;   /* "the volume kubelet", "a tmpfs" */
	const struct origin *from;
};

struct mounts {
	struct mount *at; /* of two on the same target the later one counts */
	size_t n, cap;
	struct str rest;    /* what holds the paths that no mount covers; empty: the node itself */
	struct str root;    /* where chroot(2) put "/" among these; empty: nowhere else */
	struct doubt doubt; /* why these are not all of them; REASON_NONE when they are */
	bool own_processes; /* process 1 is not the node's */
};

/* What a path of the command is on the node. */
struct location {
	bool on_node;
	struct str path;    /* of the node, when it is there */
	struct doubt doubt; /* where it lies, when it is not */
};

/* Absolute, without ".", ".." and doubled slashes: filepath.Clean. */
struct str path_clean(struct arena *a, struct str path);

/* `path` where it is absolute, else below `dir` (or "/"); as it is written, or clean. */
struct str path_joined(struct arena *a, struct str dir, struct str path);
struct str path_below(struct arena *a, struct str dir, struct str path);

/* A copy that can grow; of NULL, the node's own tree. */
struct mounts *mounts_copy(struct arena *a, const struct mounts *m);

void mounts_bind(struct arena *a, struct mounts *m, struct str target, struct str source,
		 const struct origin *from);
void mounts_hide(struct arena *a, struct mounts *m, struct str target, struct str what,
		 const struct origin *from);

/* As chroot(2) to `dir` leaves it. */
struct mounts *mounts_enter(struct rootfs *root, const struct mounts *m, struct str dir);

/* As the kernel walks it: a symbolic link leads to where the command's tree has its target; the
 * last one only with `follow`. `m` may be NULL: the node's own tree, where each path is what it
 * says. `named` is where the path is named. */
struct location mounts_locate(struct rootfs *root, const struct mounts *m, struct str path,
			      bool follow, const struct origin *named);

/* Is what the command sees at `path` the file `f` of the node? Otherwise *why. */
bool mounts_same(struct rootfs *root, const struct mounts *m, struct str path, const struct file *f,
		 struct doubt *why);

/* The first mount below `dir`, which hides a part of it; NULL when there is none. */
const struct mount *mounts_below(const struct mounts *m, struct str dir);

#endif
