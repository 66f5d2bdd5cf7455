/*
 * extensions.h - what systemd-sysext and systemd-confext lay over a root at boot; private to
 * rootfs/.
 */
#ifndef EXTENSIONS_H
#define EXTENSIONS_H

#include "rootfs.h"

/* The tree of `root` with its extensions, each of which is a layer more; NULL where there are
 * none, or the service that merges them is not enabled. *settled gets the paths of those whose
 * part is known: laid, or left out because they are made for another system. */
struct fs *extensions_lay(struct rootfs *root, struct layers *layers, struct words *settled);

/* Asks again what the laying hung on, so that a trace of the root has it. */
void extensions_trace(struct rootfs *root);

#endif
