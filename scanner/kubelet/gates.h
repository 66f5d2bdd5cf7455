/*
 * gates.h - feature gates by version.
 */
#ifndef GATES_H
#define GATES_H

#include "doc.h"

struct arena;

struct gate {
	const char *name;
	unsigned first, last, on, off, locked; /* minor versions: see gates.def */
};

/* NULL for a name that no kubelet knew. */
const struct gate *gate_find(struct str name);

/* What it is unless somebody sets it. */
bool gate_preset(const struct gate *g, unsigned minor);

/* Does a kubelet of that minor version (0: unknown) take the gate with that value? Else *why. */
bool gate_taken(struct arena *a, struct str name, bool value, unsigned minor, struct str *why);

/* A note on a gate that not every kubelet takes, where the version is unknown. */
void gate_remark(struct str name, const struct origin *from, struct notes *notes);

/* Is it on, given what featureGates sets? */
bool gate_on(const struct doc *set, const char *name, unsigned minor);

#endif
