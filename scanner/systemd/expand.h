/*
 * expand.h - $VAR and ${VAR} in a command line; private to systemd/.
 */
#ifndef EXPAND_H
#define EXPAND_H

#include "rootfs.h"
#include "systemd.h"

/* The value of a variable, NULL when it is not set. */
const struct variable *variables_get(const struct variables *vars, struct str name);
/* Sets or replaces. The new value is `v`; its `over` is filled in unless it has one. */
void variables_set(struct arena *a, struct variables *vars, struct variable v);
void variables_unset(struct arena *a, struct variables *vars, struct str name);

/* What execve gets for the words of one command; false when it is more than any kernel takes. */
bool expand_words(struct arena *a, const struct words *words, const struct variables *vars,
		  unsigned version, struct words *out);

/* Do the words refer to any variable at all? */
bool expand_names(const struct words *words);

#endif
