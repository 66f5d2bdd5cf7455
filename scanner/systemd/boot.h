/*
 * boot.h - what will be written before a unit runs; private to systemd/.
 */
#ifndef BOOT_H
#define BOOT_H

#include "state.h"

/* Environment files, and commands before the service, that are looked at. */
enum { BOOT_FILES_MAX = 16 };

struct boot {
	struct systemd *sd;
	struct pendings everywhere; /* what may concern any unit */
	struct pendings written;    /* files that a first-boot tool is told to write */
};

/* Fills b->written. */
void boot_find_written(struct boot *b);

#endif
