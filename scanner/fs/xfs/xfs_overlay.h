/*
 * xfs_overlay.h - writes that have not reached the volume, held in memory over it; private to
 * fs/xfs/.
 */
#ifndef XFS_OVERLAY_H
#define XFS_OVERLAY_H

#include "blob.h"

struct xfs_overlay;

struct xfs_overlay *xfs_overlay_new(struct arena *a, struct blob *under);

/* The volume as it is with the writes. */
struct blob *xfs_overlay_blob(struct xfs_overlay *o);

/* ERR_LIMIT past `max` bytes held; a write beyond the volume's end is ERR_CORRUPT. */
bool xfs_overlay_write(struct xfs_overlay *o, uint64_t at, const void *p, size_t n,
		       struct error *e);

/* Has any sector of these bytes been written to? Of no overlay (NULL), none. */
bool xfs_overlay_touched(const struct xfs_overlay *o, uint64_t at, size_t n);

#endif
