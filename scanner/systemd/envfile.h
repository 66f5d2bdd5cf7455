/*
 * envfile.h - the grammar of environment files; private to systemd/.
 */
#ifndef ENVFILE_H
#define ENVFILE_H

#include "traced.h"

struct env_pair {
	struct traced name, value;
};

/* `waste` are lines that look like assignments and are none: without an '=', or taken in by the
 * comment above them (these have one). `fault` is not empty when systemd would refuse the file as a
 * whole. */
struct env_pairs {
	struct env_pair *at;
	size_t n, cap;
	VEC(struct traced) waste;
	struct str fault;
	const struct origin *fault_at;
};

struct env_pairs envfile_parse(struct arena *a, const struct file *file, unsigned version);

/* [A-Za-z_][A-Za-z0-9_]* */
bool env_name_valid(struct str name);
/* Before v246 no control characters but tab and LF. */
bool env_value_valid(struct str value, unsigned version);

#endif
