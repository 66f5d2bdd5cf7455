/*
 * recognise.h - whose node an image is.
 */
#ifndef RECOGNISE_H
#define RECOGNISE_H

#include "kubelet.h"

/* "kubeadm", "EKS AL2023", …; empty when nothing is recognised. */
struct str recognise_launch(struct rootfs *root, const struct launch *l);

/* An image without a kubelet, of a kind that is known to get one at boot: fills *out with a
 * launch that is decided there. A plain system gives false. */
bool recognise_image(struct rootfs *root, struct systemd *sd, struct launch *out);

#endif
