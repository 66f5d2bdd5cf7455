/*
 * gates.c - feature gates: which a kubelet of some version knows, and from when on it lets no one
 * change them (component-base/featuregate; the tables of pkg/features and its libraries). With an
 * unknown version every gate is taken.
 */
#include <string.h>

#include "slots.h"

static const struct gate {
	const char *name;
	unsigned first, last, locked; /* minor versions */
	bool preset;                  /* its value once locked */
} gates[] = {
#define GATE(name, first, last, locked) {name, first, last, locked, true},
#include "gates.def"
#undef GATE
};

const char *gate_refusal(struct str name, bool value, unsigned minor)
{
	for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
		const struct gate *g = &gates[i];
		if (!str_eq(name, str_from(g->name)))
			continue;
		if (!minor)
			return NULL;
		if (minor < g->first || minor > g->last)
			return "unrecognized feature gate";
		if (minor >= g->locked && value != g->preset)
			return "cannot set feature gate, its value is locked";
		return NULL;
	}
	return minor ? "unrecognized feature gate" : NULL;
}
