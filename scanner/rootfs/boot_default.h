/*
 * boot_default.h - which entry of its menu a boot loader starts when nobody touches a key; private
 * to rootfs/.
 */
#ifndef BOOT_DEFAULT_H
#define BOOT_DEFAULT_H

#include "boot_menu.h"

struct boot_loader {
	struct words configs;     /* of GRUB: texts in its language, */
	struct words variables;   /* and texts of its environment, */
	struct boot_menu entries; /* that stand in it, */
	struct boot_menu sourced; /* those of user.cfg, which comes first; */
	struct str environment;   /* of which this is the first file that says something */
	struct str pattern;       /* of systemd-boot: its default, */
	struct str conf;          /* and the file that says it */
	bool unread;              /* there is more that could not be read */
};

/* Adds what lies below a directory that is, or may be, the root of a boot loader's partition: "",
 * "/boot", "/efi". `volume` stands before its paths. Names are counted off *left. */
void boot_loader_read(struct rootfs *from, struct str dir, struct str volume, uint64_t *left,
		      struct boot_loader *l);

/* Are the entries shown by GRUB, which sorts them by their names alone? */
bool boot_loader_blscfg(const struct boot_loader *l);

/* The number of the entry of an ordered menu that is started. *by is the file that tells, empty
 * where it is just the first; *unsure where the files leave it open. */
size_t boot_loader_default(const struct boot_loader *l, const struct boot_menu *menu,
			   struct str *by, bool *unsure);

#endif
