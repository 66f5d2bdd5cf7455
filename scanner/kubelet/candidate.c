/*
 * candidate.c - what a command that might run a kubelet hands on to the commands inside it: its
 * environment, and the files that it sees.
 */
#include "arena.h"
#include "launch.h"

/* Beyond, an older value is left in place: the last of a name counts anyway. */
enum { REPLACED_MAX = 4000 };

/* The array may be another's: what is pushed to it must not be seen there. */
static void own(struct variables *v)
{
	v->cap = v->n;
	v->index = NULL;
}

void candidate_unset(struct candidate *c, struct str name)
{
	struct variables kept = {0};
	if (!launch_variable(&c->environment, name))
		return;
	for (size_t i = 0; i < c->environment.n; i++)
		if (!str_eq(c->environment.at[i].name, name))
			*vec_push(c->a, &kept) = c->environment.at[i];
	c->environment = kept;
}

void candidate_set(struct candidate *c, struct str name, struct word value)
{
	if (c->environment.n < REPLACED_MAX)
		candidate_unset(c, name);
	struct variables grown = c->environment;
	if (!c->owned)
		own(&grown);
	*vec_push(c->a, &grown) = (struct variable){.name = name, .value = value};
	c->environment = grown;
	c->owned = true;
}

bool candidate_assign(struct candidate *c, struct word pair)
{
	struct str name, value;
	if (!str_cut(pair.text, '=', &name, &value) || !name.n)
		return false;
	candidate_set(c, name, (struct word){value, pair.from});
	return true;
}

void candidate_clear(struct candidate *c)
{
	c->environment = (struct variables){0};
}

bool candidate_path(const struct candidate *c, struct word path, struct str *out)
{
	struct str full = path_joined(c->a, c->workdir, path.text);
	if (c->mounts)
		full = path_clean(c->a, full);
	struct location at = mounts_locate(c->root, c->mounts, full, true, path.from);
	*out = at.on_node ? at.path : full;
	return at.on_node;
}

const struct file *candidate_file(const struct candidate *c, struct word path)
{
	struct str at;
	if (candidate_path(c, path, &at))
		return rootfs_read(c->root, at);
	struct file *f = NEW(c->a, struct file);
	*f = (struct file){.path = at,
			   .real = at,
			   .state = FILE_UNREADABLE,
			   .fault = FAULT_UNSUPPORTED,
			   .why = S("is not on the node, but in a container")};
	return f;
}
