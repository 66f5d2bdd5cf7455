/* recaptured.h - a capture of what a kubelet read tells the same of that kubelet. */
#ifndef RECAPTURED_H
#define RECAPTURED_H

#include "kubelet.h"

/* Aborts when the settings that come of a capture of `root` differ from `s`. */
void recaptured_same(struct arena *a, struct rootfs *root, const struct launch *l,
		     const struct kubelet_options *opts, const struct settings *s);

#endif
