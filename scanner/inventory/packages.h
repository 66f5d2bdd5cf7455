/*
 * packages.h - the package databases that are looked into; private to inventory/.
 *
 * A database X brings packages_X: the version of an installed package as the database writes it,
 * empty when it does not hold the package or is not there.
 */
#ifndef PACKAGES_H
#define PACKAGES_H

#include "inventory.h"

#define PACKAGES(X) X(dpkg) X(apk)

#define X(name) struct str packages_##name(struct rootfs *root, struct str package);
PACKAGES(X)
#undef X

/* The next paragraph of `rest`, up to an empty line; false at the end. */
bool paragraph_next(struct str *rest, struct str *out);

/* The value of the line that begins with `key`, trimmed; empty when there is none. */
struct str paragraph_field(struct str paragraph, struct str key);

#endif
