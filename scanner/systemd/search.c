/*
 * search.c - which file a unit name stands for.
 *
 * systemd.unit(5) "UNIT FILE LOAD PATH"; path-lookup.c and unit-file.c of systemd 252
 * (unit_file_build_name_map, unit_file_resolve_symlink, unit_file_find_fragment). A link whose
 * target lies in a unit directory is an alias by the target's last part alone; a link that leads
 * out of them is a unit file that lives elsewhere. Up to v242 see search_old.c.
 */
#include "state.h"

enum { ALIAS_HOPS = 8, NAMES_MAX = 500 };

void strs_add(struct arena *a, struct strs *set, struct str s)
{
	for (size_t i = 0; i < set->n; i++)
		if (str_eq(set->at[i], s))
			return;
	*vec_push(a, set) = s;
}

void search_init(struct systemd *sd)
{
	static const struct {
		const char *dir;
		unsigned since, until;
	} all[] = {
		{"/etc/systemd/system.control", 231, 9999},
		{"/run/systemd/system.control", 231, 9999},
		{"/run/systemd/transient", 0, 250}, /* later ones begin by emptying it */
		{"/run/systemd/generator.early", 0, 9999},
		{"/etc/systemd/system", 0, 9999},
		{"/etc/systemd/system.attached", 240, 9999},
		{"/run/systemd/system", 0, 9999},
		{"/run/systemd/system.attached", 240, 9999},
		{"/run/systemd/generator", 0, 9999},
		{"/usr/local/lib/systemd/system", 0, 9999},
		{"/usr/lib/systemd/system", 0, 9999},
		{"/lib/systemd/system", 0, 9999},
		{"/run/systemd/generator.late", 0, 9999},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct str dir = str_from(all[i].dir);
		if (sd->v < all[i].since || sd->v > all[i].until)
			continue;
		bool made = sd->generated && str_starts(dir, S("/run/systemd/generator"));
		if (!sd->live_run && !made && str_starts(dir, S("/run/")))
			continue;
		strs_add(sd->arena, &sd->search, dir);
		const struct file *f = rootfs_stat(sd->root, dir);
		if (f->state == FILE_OK && !str_eq(f->real, dir))
			strs_add(sd->arena, &sd->resolved, f->real);
	}
}

static bool below(struct str path, struct str dir)
{
	return str_starts(path, dir) && path.n > dir.n && path.p[dir.n] == '/';
}

bool search_has_dir(const struct systemd *sd, struct str path)
{
	for (size_t i = 0; i < sd->search.n; i++)
		if (below(path, sd->search.at[i]))
			return true;
	for (size_t i = 0; i < sd->resolved.n; i++)
		if (below(path, sd->resolved.at[i]))
			return true;
	return false;
}

struct str link_target(struct systemd *sd, struct str path)
{
	struct str target = rootfs_link(sd->root, path);
	if (target.n == 0)
		return target;
	if (!str_starts(target, S("/")))
		target = path_join(sd->arena, str_dirname(path), target);
	target = path_simplify(sd->arena, target);
	struct str last = str_basename(target);
	if (str_eq(last, S("..")) || last.n == 0)
		return rootfs_stat(sd->root, target)->real;
	const struct file *parent = rootfs_stat(sd->root, str_dirname(target));
	struct str dir = parent->state == FILE_OK && parent->real.n
				 ? parent->real
				 : path_normal(sd->arena, str_dirname(target));
	return path_join(sd->arena, dir, last);
}

bool leads_to_null(struct systemd *sd, struct str path)
{
	for (size_t hop = 0; hop < ALIAS_HOPS && path.n; hop++) {
		if (str_eq(path_normal(sd->arena, path), S("/dev/null")))
			return true;
		path = link_target(sd, path);
	}
	return false;
}

bool alias_valid(struct str name, struct str target)
{
	struct unit_name from = unit_name_split(name), to = unit_name_split(target);
	if (to.kind == NAME_INVALID || !str_eq(from.suffix, to.suffix))
		return false;
	if (from.kind != to.kind && !(from.kind == NAME_INSTANCE && to.kind == NAME_TEMPLATE))
		return false;
	return to.kind != NAME_INSTANCE || str_eq(from.instance, to.instance);
}

/* What a directory entry says its name is; false when it says nothing. */
static bool entry_read(struct systemd *sd, struct str path, struct str name, struct entry *out)
{
	const struct file *f = rootfs_lstat(sd->root, path);
	*out = (struct entry){.path = path};
	if (f->state == FILE_ABSENT)
		return false;
	if (f->state == FILE_UNREADABLE)
		return true;
	if (f->kind == FILE_REGULAR)
		return true;
	if (f->kind != FILE_SYMLINK)
		return sd->v < 250;
	struct str target = link_target(sd, path);
	if (target.n == 0)
		return false;
	if (!search_has_dir(sd, target))
		return true;
	out->alias = str_basename(target);
	if (alias_valid(name, out->alias) && !str_eq(name, out->alias))
		return true;
	struct str *rejected = NEW(sd->arena, struct str);
	*rejected = path;
	map_put(sd->rejected, name, rejected);
	return false;
}

void doubt_listing(struct systemd *sd, const struct listing *list)
{
	if (list->unread && sd->doubt.reason == REASON_NONE)
		sd->doubt = doubt_file(sd->arena, list->unread, NULL);
}

struct map *search_entries(struct systemd *sd)
{
	if (sd->entries)
		return sd->entries;
	sd->entries = map_new(sd->arena);
	sd->rejected = map_new(sd->arena);
	for (size_t i = 0; i < sd->search.n; i++) {
		struct str dir = sd->search.at[i];
		const struct listing *list = rootfs_list(sd->root, dir);
		doubt_listing(sd, list);
		for (size_t k = 0; k < list->n; k++) {
			struct str name = list->names[k];
			struct entry e;
			if (!unit_name_valid(name) || map_get(sd->entries, name))
				continue;
			if (!entry_read(sd, path_join(sd->arena, dir, name), name, &e))
				continue;
			struct entry *kept = NEW(sd->arena, struct entry);
			*kept = e;
			map_put(sd->entries, name, kept);
		}
	}
	return sd->entries;
}

/* The fragment behind a name, aliases followed; NULL when the trail ends, or runs in a circle. */
static const struct entry *follow(struct systemd *sd, struct str name, bool *circle)
{
	struct map *entries = search_entries(sd);
	for (size_t hop = 0; hop < ALIAS_HOPS; hop++) {
		const struct entry *e = map_get(entries, name);
		if (!e && hop && unit_name_split(name).kind == NAME_INSTANCE)
			e = map_get(entries, unit_name_template(sd->arena, name));
		if (!e || e->alias.n == 0)
			return e;
		name = e->alias;
	}
	*circle = true;
	return NULL;
}

/* An instance that has no file, or is an alias that leads nowhere, is its template's. */
static const struct entry *resolve(struct systemd *sd, struct str name)
{
	bool circle = false;
	const struct entry *e = follow(sd, name, &circle);
	if (!e && !circle && unit_name_split(name).kind == NAME_INSTANCE)
		e = follow(sd, unit_name_template(sd->arena, name), &circle);
	return e;
}

/* For every fragment, the names that lead to it. */
static void index_aliases(struct systemd *sd)
{
	struct map *entries = search_entries(sd);
	sd->aliases = map_new(sd->arena);
	for (size_t i = 0; i < map_count(entries); i++) {
		struct str name;
		const struct entry *e = map_at(entries, i, &name);
		const struct entry *end = e->alias.n ? resolve(sd, name) : NULL;
		if (!end)
			continue;
		struct str of = str_basename(end->path);
		struct strs *names = map_get(sd->aliases, of);
		if (!names) {
			names = NEW(sd->arena, struct strs);
			map_put(sd->aliases, of, names);
		}
		*vec_push(sd->arena, names) = name;
	}
}

/* Adds the names under which `of` is known as well. */
static void add_aliases(struct systemd *sd, struct str of, struct str instance, struct strs *names)
{
	if (!sd->aliases)
		index_aliases(sd);
	const struct strs *all = map_get(sd->aliases, of);
	for (size_t i = 0; all && i < all->n; i++) {
		struct str name = all->at[i];
		struct unit_name u = unit_name_split(name);
		if (names->n == NAMES_MAX) {
			sd->doubt = (struct doubt){REASON_LIMIT, S("a unit of more than 500 names"),
						   NULL};
			return;
		}
		if (u.kind == NAME_TEMPLATE && instance.n)
			strs_add(sd->arena, names, unit_name_instance(sd->arena, name, instance));
		else if (u.kind == NAME_PLAIN || str_eq(u.instance, instance))
			strs_add(sd->arena, names, name);
	}
}

struct found search_find(struct systemd *sd, struct str name)
{
	struct found out = {.id = name};
	if (sd->v < 243)
		return search_find_by_opening(sd, name);
	struct unit_name asked = unit_name_split(name);
	const struct entry *e = resolve(sd, name);
	if (e) {
		out.any = true;
		out.fragment = e->path;
		/* Up to v248 a link out of the search path was taken for what it leads to. */
		if (sd->v < 249 && rootfs_link(sd->root, e->path).n)
			out.fragment = link_target(sd, e->path);
		out.id = str_basename(e->path);
		if (unit_name_split(out.id).kind == NAME_TEMPLATE)
			out.id = unit_name_instance(sd->arena, out.id, asked.instance);
	}
	strs_add(sd->arena, &out.names, out.id);
	strs_add(sd->arena, &out.names, name);
	if (e)
		add_aliases(sd, str_basename(e->path), asked.instance, &out.names);
	return out;
}
