/*
 * pick.h - the newest of the versions of one thing; private to rootfs/.
 */
#ifndef PICK_H
#define PICK_H

#include "rootfs.h"

/* Which entry of the directory `dir`, of those named NAME_VERSION…SUFFIX, would be used on a
 * machine of that architecture, in the words of systemd; empty where nothing tells it. *out is
 * empty when there is none. False: it cannot be told. */
bool pick_newest(struct rootfs *root, struct str dir, struct str name, struct str suffix,
		 struct str architecture, struct str *out, struct error *e);

#endif
