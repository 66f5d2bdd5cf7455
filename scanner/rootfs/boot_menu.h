/*
 * boot_menu.h - what a boot loader offers to boot; private to rootfs/.
 */
#ifndef BOOT_MENU_H
#define BOOT_MENU_H

#include "rootfs.h"

struct boot_entry {
	/* "/boot/loader/entries/x.conf", on another volume "p2/loader/entries/…"; or a
	 * configuration of GRUB, which may have several. */
	struct str path;
	struct str id;  /* the name of its file, without ".conf" and what counts its tries */
	uint64_t tries; /* that are left; UINT64_MAX: they are not counted */
	struct str title, sort_key, machine, version;
	struct str options; /* the command line of the kernel */
	struct str image;   /* a unified kernel image that is started instead; or empty */
};

struct boot_menu {
	struct boot_entry *at;
	size_t n, cap;
	struct str
		by; /* the file that makes the first one the default; empty where it is the order */
	bool unsure; /* the files of boot loaders leave open which is the default */
};

/* The entries in the order of the menu, the default first, of up to *left names. False: there may
 * be more of them, in what could not be read, and which `top` counts as unreadable. */
bool boot_menu_read(struct rootfs *top, uint64_t *left, struct boot_menu *out);

/* The value of the first `name` ("ostree=") on the entry's command line; empty where there is
 * none. */
struct str boot_option(const struct boot_entry *entry, struct str name);

#endif
