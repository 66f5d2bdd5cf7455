/*
 * snap.h - what snapd gives a program, and files of arguments as the programs in snaps read them.
 */
#ifndef SNAP_H
#define SNAP_H

#include "launch.h"

/* An installed snap at the revision that `snap run` would take. */
struct snap {
	struct str name, revision; /* "x1"; "current" where no link tells */
	struct str data, common;   /* $SNAP_DATA, $SNAP_COMMON */
	struct variables environment;
};

/* kubelite's reader: words of every line, quotes dropped, variables expanded by os.ExpandEnv.
 * Words are added to *argv; `doubt` gets why they are not the whole truth. With `sanitised`, lines
 * that its launcher removes beforehand are left out. */
void snap_read_lines(struct arena *a, const struct file *f, const struct variables *environment,
		     bool sanitised, struct words *argv, struct doubt *doubt);

/* A bash array: args=( FILE ). */
void snap_read_array(struct rootfs *root, const struct file *f, const struct variables *environment,
		     struct words *argv, struct doubt *doubt);

/* Go's os.ExpandEnv. */
struct str go_expand(struct arena *a, struct str text, const struct variables *environment);

#endif
