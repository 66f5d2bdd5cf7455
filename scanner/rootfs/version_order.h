/*
 * version_order.h - which of two versions is newer; private to rootfs/.
 */
#ifndef VERSION_ORDER_H
#define VERSION_ORDER_H

#include "str.h"

/* Below 0 where `a` is the older one, 0 where they are as new as each other. */
int version_order(struct str a, struct str b);

#endif
