/*
 * glob.h - wildcards in paths; private to systemd/.
 */
#ifndef GLOB_H
#define GLOB_H

#include "state.h"

/* What glob(3) would find, sorted by bytes; nothing when nothing matches. */
void glob_paths(struct systemd *sd, struct str pattern, struct strs *out);

#endif
