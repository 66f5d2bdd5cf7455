/*
 * syntax.h - the grammar of unit files; private to systemd/.
 */
#ifndef SYNTAX_H
#define SYNTAX_H

#include "traced.h"

/* An assignment, or with `include` the path of an .include line (in value). */
struct line {
	struct str section; /* "Service" */
	struct traced key, value;
	bool include;
};

/* What a file says, up to the fault that ended it. */
struct lines {
	struct line *at;
	size_t n, cap;
	struct str fault; /* empty: the file was read to its end */
	const struct origin *fault_at;
};

/* Reads a unit file or drop-in (also system.conf) as systemd `version` would. */
struct lines syntax_parse(struct arena *a, const struct file *file, unsigned version,
			  struct notes *notes);

#endif
