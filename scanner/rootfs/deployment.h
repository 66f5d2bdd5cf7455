/*
 * deployment.h - which directory of an ostree system is the root that boots; private to rootfs/.
 */
#ifndef DEPLOYMENT_H
#define DEPLOYMENT_H

#include "rootfs.h"

struct deployment {
	struct str path;   /* of its root: "/ostree/deploy/OS/deploy/CHECKSUM.0" */
	struct str var;    /* what becomes its /var: "/ostree/deploy/OS/var" */
	struct str chosen; /* for people: which, why, and that there are others */
};

/* The one that boots, or of a `wanted` number ("0" is the one that boots). False: the root is no
 * ostree system, or which deployment boots cannot be told because something could not be read. */
bool deployment_find(struct rootfs *top, struct str wanted, struct deployment *out);

#endif
