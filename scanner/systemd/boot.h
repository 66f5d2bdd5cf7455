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
	struct files texts;         /* user data, in which commands may write others */
	struct map *services;       /* target -> struct pendings: services that write it */
	struct map *scripts;        /* script and target -> whether it writes it */
	unsigned readings;          /* of shell texts, so far */
};

/* What is asked for: a file, or what may come to be in a directory. */
struct target {
	struct str path;
	bool below;
};

bool target_is(const struct target *t, struct str path);

/* Does a text of commands write it, as far as its words show? */
bool text_writes(struct str text, const struct target *t);
bool text_names(struct str text, const struct target *t);

struct boot *boot_of(struct systemd *sd);

/* Fills b->written. */
void boot_find_written(struct boot *b);

#endif
