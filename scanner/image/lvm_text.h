/*
 * lvm_text.h - the text in which LVM2 writes its metadata, as a tree; private to image/.
 */
#ifndef LVM_TEXT_H
#define LVM_TEXT_H

#include "error.h"
#include "str.h"
#include "vec.h"

struct arena;

/* A section, whose parts are nodes again; or an assignment, whose values are texts: numbers too. */
struct lvm_node {
	struct str name;
	bool section;
	VEC(struct lvm_node) parts;
	VEC(struct str) values;
};

/* The text as one section without a name. */
bool lvm_parse(struct arena *a, struct str text, struct lvm_node *out, struct error *e);

/* The first part of that name; NULL when there is none. */
const struct lvm_node *lvm_part(const struct lvm_node *section, struct str name);

/* The value of an assignment in a section, the i-th of a list; empty when there is none. */
struct str lvm_value(const struct lvm_node *section, struct str name, size_t i);

/* A number that must be there. */
bool lvm_number(const struct lvm_node *section, struct str name, uint64_t *out, struct error *e);

bool lvm_lists(const struct lvm_node *section, struct str name, struct str value);

#endif
