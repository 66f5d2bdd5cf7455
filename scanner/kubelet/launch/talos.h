/*
 * talos.h - the kubelet of a Talos node, which no unit launches.
 */
#ifndef TALOS_H
#define TALOS_H

#include "kubelet.h"

/* False when the system is not Talos. */
bool launch_talos(struct rootfs *root, struct launch *out);

#endif
