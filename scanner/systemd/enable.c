/*
 * enable.c - what `systemctl is-enabled` says of a unit.
 *
 * systemctl(1) "is-enabled"; install.c of systemd 252 (unit_file_lookup_state). Empty where
 * systemctl would print an error instead.
 */
#include "state.h"

/* Links of a unit's name, in directories of dependencies, and to it under other names. */
struct wanted {
	bool etc, run;
	struct strs aliases, alias_dirs; /* in pairs */
};

static struct wanted *wanted_of(struct systemd *sd, struct str name)
{
	struct wanted *w = map_get(sd->wanted, name);
	if (!w) {
		w = NEW(sd->arena, struct wanted);
		map_put(sd->wanted, name, w);
	}
	return w;
}

static void count_link(struct wanted *w, struct str dir)
{
	if (str_starts(dir, S("/etc/")))
		w->etc = true;
	else if (str_starts(dir, S("/run/")))
		w->run = true;
}

/* Which directories of links count, by version: up to v249 every one did. */
static bool dependency_dir(const struct systemd *sd, struct str name)
{
	return str_ends(name, S(".wants")) || str_ends(name, S(".requires")) ||
	       (str_ends(name, S(".upholds")) && (sd->v >= 254 || sd->v < 250));
}

static void scan_dependencies(struct systemd *sd, struct str dir, struct str wants)
{
	const struct listing *list = rootfs_list(sd->root, wants);
	for (size_t i = 0; i < list->n; i++)
		if (rootfs_link(sd->root, path_join(sd->arena, wants, list->names[i])).n)
			count_link(wanted_of(sd, list->names[i]), dir);
}

static void scan_directory(struct systemd *sd, struct str dir)
{
	const struct listing *list = rootfs_list(sd->root, dir);
	for (size_t i = 0; i < list->n; i++) {
		struct str name = list->names[i], path = path_join(sd->arena, dir, name);
		struct str target = {0};
		if (dependency_dir(sd, name)) {
			if (rootfs_lstat(sd->root, path)->kind == FILE_DIRECTORY)
				scan_dependencies(sd, dir, path);
			continue;
		}
		if (unit_name_valid(name))
			target = str_basename(rootfs_link(sd->root, path));
		if (target.n == 0 || str_eq(target, name))
			continue;
		struct wanted *w = wanted_of(sd, target);
		*vec_push(sd->arena, &w->aliases) = name;
		*vec_push(sd->arena, &w->alias_dirs) = dir;
	}
}

/* Is `name` one of the names that [Install] Alias= gives the unit? */
static bool installs_alias(const struct unit *u, struct str name)
{
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *a = &u->assignments.at[i];
		struct str word, rest = a->value.text;
		if (!str_eq(a->section, S("Install")) || !str_eq(a->key, S("Alias")))
			continue;
		while (rest.n) {
			str_cut(rest, ' ', &word, &rest);
			if (str_eq(word, name))
				return true;
		}
	}
	return false;
}

/* Whether [Install] says how to enable the unit ("disabled", until it is), or not. */
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

/* A fragment that is a link out of the search path. */
static const char *by_link(struct systemd *sd, const struct unit *u)
{
	const struct file *f = u->fragment;
	struct str target = link_target(sd, f->path);
	if (target.n == 0 || search_has_dir(sd, target))
		return NULL;
	if (!str_eq(str_basename(f->real), u->name))
		return "alias";
	bool run = str_starts(f->path, S("/run/"));
	if (!str_eq(str_basename(target), u->name))
		return run ? "enabled-runtime" : "enabled";
	return run ? "linked-runtime" : "linked";
}

static const char *by_links(struct systemd *sd, const struct unit *u)
{
	if (!sd->wanted) {
		sd->wanted = map_new(sd->arena);
		for (size_t i = 0; i < sd->search.n; i++)
			scan_directory(sd, sd->search.at[i]);
	}
	struct wanted *w = wanted_of(sd, u->name);
	for (size_t i = 0; i < w->aliases.n; i++)
		if (installs_alias(u, w->aliases.at[i]))
			count_link(w, w->alias_dirs.at[i]);
	const char *link = by_link(sd, u), *install = by_install(u);
	if (w->etc)
		return "enabled";
	if (w->run)
		return "enabled-runtime";
	if (link)
		return link;
	if (w->aliases.n && str_eq(str_from(install), S("static")))
		return "indirect";
	if (str_eq(str_from(install), S("disabled")) && first_boot(sd) &&
	    preset_enables(sd, u->name))
		return "enabled";
	return install;
}

struct str enabled_state(struct systemd *sd, const struct unit *u)
{
	const struct file *f = u->fragment;
	if (u->load == UNIT_NOT_FOUND || u->load == UNIT_ERROR || !f)
		return (struct str){0};
	bool run = str_starts(f->path, S("/run/"));
	if (u->load == UNIT_MASKED)
		return run ? S("masked-runtime") : S("masked");
	if (u->loading->broken_dropin)
		return (struct str){0};
	if (sd->rejected && map_get(sd->rejected, u->name))
		return (struct str){0};
	if (str_starts(f->path, S("/run/systemd/generator")))
		return S("generated");
	if (str_starts(f->path, S("/run/systemd/transient")))
		return S("transient");
	if (!str_eq(u->name, u->id) && unit_name_split(u->id).kind == NAME_PLAIN)
		return sd->v >= 249 ? S("alias") : S("indirect");
	return str_from(by_links(sd, u));
}
