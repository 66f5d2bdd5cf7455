/*
 * elemental.h - the layout of an Elemental system, as `elemental mount` takes it; private to
 * rootfs/.
 */
#ifndef ELEMENTAL_H
#define ELEMENTAL_H

#include "immutable.h"

/* A file of its configuration that a stage of the boot writes. */
struct written {
	struct str path, text;
	const struct origin *from;
};

struct written_list {
	struct written *at;
	size_t n, cap;
};

/* What a system mounts by itself, then what its files say. False: one of them cannot be read, and
 * *why tells. */
bool elemental_layout(struct rootfs *top, const struct written_list *written, struct layout *out,
		      struct error *why);

#endif
