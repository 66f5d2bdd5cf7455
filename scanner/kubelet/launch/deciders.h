/*
 * deciders.h - who will write what an image lacks.
 */
#ifndef DECIDERS_H
#define DECIDERS_H

#include "kubelet.h"

/* Adds what the launch waits for: environment files without which the unit does not start, and
 * files that its product is known to write at boot. */
void deciders_await(struct rootfs *root, struct systemd *sd, struct launch *l);

/* Names the writers of what is pending, and, in the doubt, the writer of what it misses. */
void deciders_name(struct arena *a, struct str recognised, struct pendings *pending,
		   struct doubt *doubt);

#endif
