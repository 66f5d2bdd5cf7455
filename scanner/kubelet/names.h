/*
 * names.h - what Kubernetes takes for a label or a taint, and which labels a kubelet may give its
 * own node.
 */
#ifndef NAMES_H
#define NAMES_H

#include "flags.h"

/* IsQualifiedName: "example.com/role"; IsValidLabelValue. */
bool name_qualified(struct str s);
bool name_value(struct str s);
bool name_effect(struct str s); /* of a taint */

/* The --node-labels of them all, as ValidateKubeletFlags weighs them since 1.16. False with Go's
 * words. */
bool labels_taken(struct arena *a, const struct flags *f, unsigned minor, struct str *why,
		  const struct origin **from);

#endif
