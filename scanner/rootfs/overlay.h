/*
 * overlay.h - layers as one tree; private to rootfs/.
 */
#ifndef OVERLAY_H
#define OVERLAY_H

#include "image.h"

/* A tree over the layers from `from` up to, not including, `to`, lowest first; st.layer is the
 * index of the one an entry came from. They lie on `base`, whose own st.layer stands; NULL is
 * nothing. */
struct fs *overlay_open(struct arena *a, struct fs *base, const struct layers *layers, size_t from,
			size_t to);

#endif
