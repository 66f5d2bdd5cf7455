/*
 * fstab.h - what the machine mounts at boot, as it is written down; private to rootfs/.
 */
#ifndef FSTAB_H
#define FSTAB_H

#include "origin.h"

/* A line of /etc/fstab; escapes are undone. */
struct fstab_line {
	struct str spec, dir, type, options;
	const struct origin *from;
};

struct fstab {
	struct fstab_line *at;
	size_t n, cap;
};

/* Lines without at least three fields are left out, as getmntent(3) does not give them either. */
struct fstab fstab_parse(struct arena *a, const struct file *file);

/* Is `name`, or `name=…`, among the options? *value gets what follows the '='. */
bool fstab_option(const struct fstab_line *line, struct str name, struct str *value);

/* Is it mounted at boot, or when somebody looks into it? */
bool fstab_mounts(const struct fstab_line *line);

#endif
