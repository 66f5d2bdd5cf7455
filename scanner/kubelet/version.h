/*
 * version.h - the version of the kubelet that a launch runs; private to kubelet/.
 */
#ifndef VERSION_H
#define VERSION_H

#include "kubelet.h"

/* 0.0 where nothing tells. */
struct version kubelet_version(struct rootfs *root, const struct kubelet_options *opts);

#endif
