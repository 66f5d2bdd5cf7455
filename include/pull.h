/*
 * pull.h - JSON text (RFC 8259) taken value by value from front to back, for documents that are too
 * large for a tree (doc.h) and of which every value is used once.
 *
 *	pull_list(&p);
 *	while (pull_item(&p)) {
 *		pull_map(&p);
 *		while (pull_member(&p, &key))
 *			...one of pull_string, pull_u64, pull_skip, pull_list or pull_map
 *	}
 *	if (!pull_end(&p)) ...
 *
 * Each call takes what it is named after. Where something else stands, the text fails: from then on
 * every answer is empty, every loop ends, and pull_end is false, so that only it need be asked.
 * Strings are those of Go's encoding/json, as in doc.h; null stands for an empty string or 0.
 */
#ifndef PULL_H
#define PULL_H

#include "str.h"

struct arena;

struct pull {
	struct arena *arena; /* of strings that cannot be borrowed */
	struct str text;
	size_t at;      /* the next byte; once it failed, where */
	unsigned depth; /* of lists and maps that were not left yet */
	bool first, failed;
};

struct pull pull_new(struct arena *a, struct str text);

/* Goes into a list or map; the last pull_item or pull_member, which is false, leaves it. */
void pull_list(struct pull *p);
bool pull_item(struct pull *p);
void pull_map(struct pull *p);
bool pull_member(struct pull *p, struct str *key);

struct str pull_string(struct pull *p);
uint64_t pull_u64(struct pull *p); /* a plain non-negative integer */
void pull_skip(struct pull *p);    /* any value */

/* Has the whole text been taken, and nothing been wrong? */
bool pull_end(struct pull *p);

#endif
