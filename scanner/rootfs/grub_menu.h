/*
 * grub_menu.h - boot entries in GRUB's own language; private to rootfs/.
 */
#ifndef GRUB_MENU_H
#define GRUB_MENU_H

#include "boot_menu.h"

/* The entries of a text, in their order, of up to *left, which it takes off. False: there are more.
 * Their path is that of the text. */
bool grub_menu_read(struct arena *a, struct str path, struct str text, uint64_t *left,
		    struct boot_menu *out);

#endif
