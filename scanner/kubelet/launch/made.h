/*
 * made.h - KubeletConfigurations that a launcher makes itself, out of its own values and of a
 * section in a file of its own.
 */
#ifndef MADE_H
#define MADE_H

#include "kubelet.h"

/* Sets a path like "authentication.x509.clientCAFile" in a map, which grows as needed. */
void made_set(struct arena *a, struct doc *map, const char *path, enum doc_kind kind,
	      struct str text, const struct origin *from);

/* The keys of `own`, and those of `base` that `own` does not have: at the top, not deeper. */
const struct doc *made_config(struct arena *a, const struct doc *base, const struct doc *own);

/* RFC 7386: `patch` over `base`, either of which may be NULL. */
const struct doc *made_patched(struct arena *a, const struct doc *base, const struct doc *patch);

#endif
