/*
 * candidate.c - what a command that might run a kubelet hands on to the commands inside it: its
 * environment, and the files that it sees.
 */
#include "arena.h"
#include "launch.h"

/* Beyond, an older value is left in place: the last of a name counts anyway. */
enum { REPLACED_MAX = 4000, PATH_MAX_DIRS = 50 };

/* The array may be another's: what is done to it must not be seen there. */
static void own(struct candidate *c)
{
	struct variables copy = {0};
	for (size_t i = 0; !c->owned && i < c->environment.n; i++)
		*vec_push(c->a, &copy) = c->environment.at[i];
	if (!c->owned)
		c->environment = copy;
	c->owned = true;
}

void candidate_unset(struct candidate *c, struct str name)
{
	size_t kept = 0;
	if (!launch_variable(&c->environment, name))
		return;
	own(c);
	struct variables *v = &c->environment;
	for (size_t i = 0; i < v->n; i++)
		if (!str_eq(v->at[i].name, name))
			v->at[kept++] = v->at[i];
	v->n = kept;
}

void candidate_set(struct candidate *c, struct str name, struct word value)
{
	if (c->environment.n < REPLACED_MAX)
		candidate_unset(c, name);
	own(c);
	*vec_push(c->a, &c->environment) = (struct variable){.name = name, .value = value};
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
	c->owned = true;
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

struct word candidate_program(const struct candidate *c)
{
	struct word first = c->words.at[0];
	/* systemd does not look into Environment= for it. */
	const struct variable *v = c->path.n ? NULL : launch_variable(&c->environment, S("PATH"));
	struct str dirs = v ? v->value.text
			    : S("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (str_has(c->path, S("/")))
		return (struct word){c->path, first.from};
	for (size_t i = 0; !str_has(first.text, S("/")) && dirs.n && i < PATH_MAX_DIRS; i++) {
		struct str dir, at;
		str_cut(dirs, ':', &dir, &dirs);
		struct word w = {str_fmt(c->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(first.text)),
				 first.from};
		if (str_starts(dir, S("/")) && candidate_path(c, w, &at) &&
		    rootfs_stat(c->root, at)->state == FILE_OK)
			return w;
	}
	return first;
}
