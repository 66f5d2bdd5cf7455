/*
 * fix.h - the smallest change of an image's files that turns failed rules; private to the library
 * side.
 *
 * A fix is a list of changed files. Each is written out as a layer (an OCI layer tarball), as a
 * directory, or as a unified diff; the layer is what the image is scanned with again, so that no
 * fix leaves that does not turn its verdict.
 */
#ifndef FIX_H
#define FIX_H

#include "session.h"

/* Bytes of a file's text that give way to others. */
struct edit {
	size_t at, len;
	struct str text;
};

/* A file of the image and what becomes of it. */
struct change {
	struct str path;         /* where its bytes lie, links followed */
	const struct file *file; /* FILE_ABSENT: the change makes it */
	struct str text;         /* its new text */
	uint32_t mode, uid, gid; /* as they shall be */
	VEC(struct edit) edits;
};

struct changes {
	struct change *at;
	size_t n, cap;
};

/* Adds to `all` what makes a failed finding pass; `s` is of its launch, or NULL. False: no place in
 * the image's files can be edited for it, and *why tells. */
bool fix_finding(struct rootfs *root, const struct finding *f, const struct settings *s,
		 struct changes *all, struct str *why);

/* Fills the new text of every change; false when two edits of one file overlap. */
bool fix_apply(struct arena *a, struct changes *all);

/* The changed files as a layer: POSIX.1-1988 ustar, owners and modes kept. False when a path is
 * too long for it. */
bool fix_layer(struct arena *a, const struct changes *all, struct str *out);

/* The changes as a unified diff, as patch(1) takes it with -p1. What a diff cannot say, of modes
 * and owners, stands before it as the commands that do it. */
struct str fix_patch(struct arena *a, const struct changes *all);

#endif
