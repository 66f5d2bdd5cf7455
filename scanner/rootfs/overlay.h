/*
 * overlay.h - layers as one tree; private to rootfs/.
 */
#ifndef OVERLAY_H
#define OVERLAY_H

#include "image.h"

/* A tree over the layers, lowest first; st.layer is the index of the one an entry came from. */
struct fs *overlay_open(struct arena *a, const struct layers *layers);

#endif
