/*
 * glob.c - glob(3) over the image, as EnvironmentFile= and ConditionPathExistsGlob= use it:
 * * ? [..] and backslashes, no braces; hidden names need a written dot.
 */
#include "glob.h"

#include <fnmatch.h>
#include <stdlib.h>

enum { MATCHES_MAX = 4096 };

static bool wild(struct str s)
{
	return str_find(s, '*') < s.n || str_find(s, '?') < s.n || str_find(s, '[') < s.n ||
	       str_find(s, '\\') < s.n;
}

static void match_dir(struct systemd *sd, struct str dir, struct str part, struct strs *out)
{
	const struct listing *list = rootfs_list(sd->root, dir);
	const char *pattern = str_z(sd->arena, part);
	for (size_t i = 0; i < list->n && out->n < MATCHES_MAX; i++)
		if (!fnmatch(pattern, str_z(sd->arena, list->names[i]), FNM_PERIOD))
			*vec_push(sd->arena, out) = path_join(sd->arena, dir, list->names[i]);
}

void glob_paths(struct systemd *sd, struct str pattern, struct strs *out)
{
	struct strs at = {0};
	struct str part, rest = pattern;
	if (!wild(pattern)) {
		*vec_push(sd->arena, out) = pattern;
		return;
	}
	*vec_push(sd->arena, &at) = S("/");
	while (rest.n) {
		struct strs next = {0};
		str_cut(rest, '/', &part, &rest);
		if (part.n == 0)
			continue;
		for (size_t i = 0; i < at.n; i++) {
			if (wild(part))
				match_dir(sd, at.at[i], part, &next);
			else
				*vec_push(sd->arena, &next) = path_join(sd->arena, at.at[i], part);
		}
		at = next;
	}
	for (size_t i = 0; i < at.n; i++)
		if (rootfs_lstat(sd->root, at.at[i])->state != FILE_ABSENT)
			*vec_push(sd->arena, out) = at.at[i];
	if (out->n)
		qsort(out->at, out->n, sizeof *out->at, str_order);
}
