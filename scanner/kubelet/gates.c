/*
 * gates.c - feature gates: which a kubelet of some version knows, what they are unless somebody
 * sets them, and from when on it lets no one change them (component-base/featuregate; the tables of
 * pkg/features and its libraries). With an unknown version every gate is taken. Not supported:
 * AllAlpha and AllBeta do not change what other gates are.
 */
#include "gates.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static const struct gate gates[] = {
#define GATE(name, first, last, on, off, locked) {name, first, last, on, off, locked},
#include "gates.def"
#undef GATE
};

static int by_name(const void *key, const void *row)
{
	return str_cmp(*(const struct str *)key, str_from(((const struct gate *)row)->name));
}

const struct gate *gate_find(struct str name)
{
	return bsearch(&name, gates, sizeof gates / sizeof gates[0], sizeof gates[0], by_name);
}

bool gate_preset(const struct gate *g, unsigned minor)
{
	/* An unknown version is judged as a new one. */
	unsigned at = minor ? minor : 98;
	return g->on <= at && at < g->off;
}

bool gate_taken(struct arena *a, struct str name, bool value, unsigned minor, struct str *why)
{
	const struct gate *g = gate_find(name);
	if (!minor)
		return true;
	if (!g || minor < g->first || minor > g->last) {
		*why = str_cat(a, S("unrecognized feature gate: "), name);
		return false;
	}
	bool preset = gate_preset(g, minor);
	if (minor < g->locked || value == preset)
		return true;
	*why = str_fmt(a, "cannot set feature gate %s to %s, feature is locked to %s", g->name,
		       value ? "true" : "false", preset ? "true" : "false");
	return false;
}

void gate_remark(struct str name, const struct origin *from, struct notes *notes)
{
	const struct gate *g = gate_find(name);
	if (!g)
		note(notes, from,
		     "feature gate %" PRIstr " is unknown to every kubelet from 1.20 to 1.36",
		     ARG(name));
	else if (g->last < 20)
		note(notes, from, "feature gate %s is unknown to every kubelet since 1.20",
		     g->name);
	else if (g->last < 99)
		note(notes, from, "feature gate %s is unknown to a kubelet newer than 1.%u",
		     g->name, g->last);
}

bool gate_on(const struct doc *set, const char *name, unsigned minor)
{
	const struct gate *g = gate_find(str_from(name));
	const struct doc *said = doc_get(set, str_from(name));
	if (said && said->kind == DOC_BOOL)
		return str_eq(said->text, S("true"));
	return g && gate_preset(g, minor);
}
