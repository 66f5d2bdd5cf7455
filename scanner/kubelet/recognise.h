/*
 * recognise.h - whose node an image is.
 */
#ifndef RECOGNISE_H
#define RECOGNISE_H

#include "kubelet.h"

/* "kubeadm", "EKS AL2023", …; empty when nothing is recognised. */
struct str recognise_unit(struct rootfs *root, const struct unit *u);

#endif
