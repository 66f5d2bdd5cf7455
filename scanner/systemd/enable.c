/*
 * enable.c - what `systemctl is-enabled` says of a unit.
 *
 * systemctl(1) "is-enabled"; install.c of systemd 252 (unit_file_lookup_state). Empty where
 * systemctl would print an error instead.
 */
#include "state.h"

/* Links that count as enabling a unit. */
struct links {
	bool etc, run, other_names;
};

static bool in_etc(struct str dir)
{
	return str_starts(dir, S("/etc/"));
}

static void count_link(struct links *links, struct str dir)
{
	if (in_etc(dir))
		links->etc = true;
	else if (str_starts(dir, S("/run/")))
		links->run = true;
}

/* Links in x.wants and x.requires of one directory. */
static void scan_dependencies(struct systemd *sd, struct str dir, const struct unit *u,
			      struct links *links)
{
	const struct listing *list = rootfs_list(sd->root, dir);
	for (size_t i = 0; i < list->n; i++) {
		struct str name = list->names[i];
		if (!str_ends(name, S(".wants")) && !str_ends(name, S(".requires")) &&
		    !str_ends(name, S(".upholds")))
			continue;
		struct str path = path_join(sd->arena, path_join(sd->arena, dir, name), u->name);
		if (rootfs_link(sd->root, path).n)
			count_link(links, dir);
	}
}

static void scan_aliases(struct systemd *sd, struct str dir, const struct unit *u,
			 struct links *links)
{
	const struct listing *list = rootfs_list(sd->root, dir);
	for (size_t i = 0; i < list->n; i++) {
		struct str name = list->names[i];
		if (!unit_name_valid(name) || str_eq(name, u->name))
			continue;
		struct str path = path_join(sd->arena, dir, name);
		struct str target = rootfs_link(sd->root, path);
		if (target.n == 0 || !str_eq(str_basename(target), u->name))
			continue;
		links->other_names = true;
		count_link(links, dir);
	}
}

static const char *by_install(const struct unit *u)
{
	bool also = false;
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *a = &u->assignments.at[i];
		if (!str_eq(a->section, S("Install")) || a->value.text.n == 0)
			continue;
		if (str_eq(a->key, S("WantedBy")) || str_eq(a->key, S("RequiredBy")) ||
		    str_eq(a->key, S("UpheldBy")) || str_eq(a->key, S("Alias")))
			return "disabled";
		also |= str_eq(a->key, S("Also"));
	}
	return also ? "indirect" : "static";
}

static bool below_search_dir(struct str path, const char *dir)
{
	return str_starts(path, str_from(dir));
}

struct str enabled_state(struct systemd *sd, const struct unit *u)
{
	struct links links = {0};
	const struct file *f = u->fragment;
	if (u->load == UNIT_NOT_FOUND || u->load == UNIT_ERROR || !f)
		return (struct str){0};
	if (u->load == UNIT_MASKED)
		return below_search_dir(f->path, "/run/") ? S("masked-runtime") : S("masked");
	if (below_search_dir(f->path, "/run/systemd/generator"))
		return S("generated");
	if (below_search_dir(f->path, "/run/systemd/transient"))
		return S("transient");
	if (!str_eq(u->name, u->id) && unit_name_split(u->id).kind == NAME_PLAIN)
		return sd->v >= 249 ? S("alias") : S("indirect");
	for (size_t i = 0; i < sd->search.n; i++) {
		scan_dependencies(sd, sd->search.at[i], u, &links);
		scan_aliases(sd, sd->search.at[i], u, &links);
	}
	if (links.etc)
		return S("enabled");
	if (links.run)
		return S("enabled-runtime");
	struct str target = link_target(sd, f->path);
	if (target.n && !search_has_dir(sd, target))
		return below_search_dir(f->path, "/run/") ? S("linked-runtime") : S("linked");
	return str_from(by_install(u));
}
