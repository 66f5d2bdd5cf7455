/*
 * machine.h - whose partition it is; private to rootfs/.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "rootfs.h"

/* Has a partition of this type, when it is that of the machine, another UUID than this? Both are
 * text as in struct volume. False too where /etc/machine-id holds no ID yet. */
bool machine_disowns(struct rootfs *root, struct str type, struct str partuuid);

#endif
