/*
 * version.h - the version of the kubelet that a launch runs; private to kubelet/.
 */
#ifndef VERSION_H
#define VERSION_H

#include "kubelet.h"

/* Of what `command` executes, as far as its first word is known: 0.0 where nothing tells. */
struct version kubelet_version(struct rootfs *root, struct words command,
			       const struct kubelet_options *opts);

/* Of a launch that was found. */
struct version launch_version(struct rootfs *root, const struct launch *l,
			      const struct kubelet_options *opts);

#endif
