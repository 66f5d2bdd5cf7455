/*
 * wrappers.h - the containers that blob_unwrap finds, in the order in which they look; private to
 * blob/.
 *
 * A container X brings blob_probe_X, which looks at the bytes that give it away (and fails only
 * when they cannot be read), and blob_open_X, which gives the disk inside as a blob.
 */
#ifndef WRAPPERS_H
#define WRAPPERS_H

#include "blob.h"

#define WRAPPERS(X) X(qcow2) X(vmdk) X(vdi) X(vhdx) X(vhd) X(xz) X(uki)

struct blob_wrapper {
	const char *name;
	bool (*probe)(struct blob *b, bool *mine, struct error *e);
	struct blob *(*open)(struct arena *a, struct blob *b, const struct blob_opening *o,
			     struct error *e);
};

#define X(name) \
	bool blob_probe_##name(struct blob *b, bool *mine, struct error *e); \
	struct blob *blob_open_##name(struct arena *a, struct blob *b, \
				      const struct blob_opening *o, struct error *e);
WRAPPERS(X)
#undef X

/* Opens the file that a container names as its `what` ("backing file"); NULL with a sentence where
 * none may be opened. */
struct blob *wrapper_sibling(const struct blob_opening *o, const char *what, struct str name,
			     struct error *e);

#endif
