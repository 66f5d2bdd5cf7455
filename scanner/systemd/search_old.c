/*
 * search_old.c - which file a unit name stands for, up to systemd 242.
 *
 * load-fragment.c of systemd 239 (unit_load_fragment, load_from_path, open_follow): one directory
 * after the other is tried by opening, a link is followed by its path, and every unit name on the
 * way becomes a name of the unit. A link that dangles is as good as no file.
 */
#include "state.h"

enum { LINK_HOPS = 8 };

enum opened { OPENED, MISSING, REFUSED };

/* Follows links from `path`; the names met are added, the last one is the id. */
static enum opened open_follow(struct systemd *sd, struct str path, struct found *out)
{
	for (size_t hop = 0; hop < LINK_HOPS; hop++) {
		path = path_simplify(sd->arena, path);
		struct str name = str_basename(path);
		if (unit_name_valid(name)) {
			strs_add(sd->arena, &out->names, name);
			out->id = name;
		}
		const struct file *f = rootfs_lstat(sd->root, path);
		if (f->state == FILE_ABSENT &&
		    !str_eq(path_normal(sd->arena, path), S("/dev/null")))
			return MISSING;
		if (f->state != FILE_OK || f->kind != FILE_SYMLINK) {
			out->fragment = path;
			return OPENED;
		}
		struct str target = rootfs_link(sd->root, path);
		path = str_starts(target, S("/")) ? target
						  : path_join(sd->arena, str_dirname(path), target);
	}
	return REFUSED;
}

static enum opened try_name(struct systemd *sd, struct str name, struct found *out)
{
	for (size_t i = 0; i < sd->search.n; i++) {
		struct found here = {0};
		struct str path = path_join(sd->arena, sd->search.at[i], name);
		enum opened how = open_follow(sd, path, &here);
		if (how == MISSING)
			continue;
		*out = here;
		return how;
	}
	return MISSING;
}

/* Can a unit of the one name also have the other? */
static bool mergeable(struct str name, struct str other)
{
	struct unit_name a = unit_name_split(name), b = unit_name_split(other);
	return str_eq(a.suffix, b.suffix) && (a.kind == NAME_PLAIN) == (b.kind == NAME_PLAIN) &&
	       (b.kind != NAME_INSTANCE || str_eq(a.instance, b.instance));
}

struct found search_find_by_opening(struct systemd *sd, struct str name)
{
	struct found out = {.id = name}, opened = {0};
	struct unit_name asked = unit_name_split(name);
	enum opened how = try_name(sd, name, &opened);
	if (how == MISSING && asked.kind == NAME_INSTANCE)
		how = try_name(sd, unit_name_template(sd->arena, name), &opened);
	for (size_t i = 0; how == OPENED && i < opened.names.n; i++)
		if (!mergeable(name, opened.names.at[i]))
			how = REFUSED;
	if (how != OPENED) {
		strs_add(sd->arena, &out.names, name);
		return out;
	}
	out.any = true;
	out.fragment = opened.fragment;
	out.id = opened.id;
	if (unit_name_split(out.id).kind == NAME_TEMPLATE)
		out.id = unit_name_instance(sd->arena, out.id, asked.instance);
	strs_add(sd->arena, &out.names, out.id);
	strs_add(sd->arena, &out.names, name);
	for (size_t i = 0; i < opened.names.n; i++) {
		struct str other = opened.names.at[i];
		if (unit_name_split(other).kind == NAME_TEMPLATE)
			other = unit_name_instance(sd->arena, other, asked.instance);
		strs_add(sd->arena, &out.names, other);
	}
	return out;
}
