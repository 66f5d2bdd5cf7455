/*
 * specifier.h - %n and its like; private to systemd/.
 */
#ifndef SPECIFIER_H
#define SPECIFIER_H

#include "reason.h"
#include "rootfs.h"
#include "traced.h"

/* What specifiers of one file of a unit are filled in from. */
struct specifiers {
	struct arena *arena;
	struct rootfs *root;
	unsigned version;
	struct str name;     /* %n, "kubelet@a.service"; empty: the manager's */
	struct str fragment; /* %y */
	struct doubt doubt;  /* the first one that only the running machine could tell */
};

/* False when systemd would refuse the text: an unknown letter, or a value it cannot make.
 * The byte each result byte is traced to is the '%'. */
bool specifiers_fill(struct specifiers *s, struct traced in, struct traced *out);

#endif
