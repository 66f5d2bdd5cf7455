/*
 * yaml_scalar.h - what a YAML scalar means, by the rules of go-yaml v2.
 */
#ifndef YAML_SCALAR_H
#define YAML_SCALAR_H

#include "doc.h"

#define YAML_TAG "tag:yaml.org,2002:"

struct scalar {
	struct str text;
	struct str tag; /* in full; empty without one */
	bool plain;     /* neither quoted nor a block */
};

/* Kind and text (numbers as JSON writes them). False with *problem where go-yaml, or the step
 * from it to JSON, refuses. */
bool scalar_resolve(struct arena *a, const struct scalar *s, enum doc_kind *kind, struct str *text,
		    struct str *problem);

#endif
