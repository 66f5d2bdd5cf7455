/*
 * enable.c - what `systemctl is-enabled` says of a unit.
 *
 * systemctl(1) "is-enabled"; install.c of systemd 252 (unit_file_lookup_state, find_symlinks).
 * It is the links that count: to the unit, or of its name in directories of dependencies. Empty
 * where systemctl would print an error instead.
 */
#include "install.h"

#include <fnmatch.h>

enum { DEPTH_MAX = 16 };

/* A link in a unit directory, or in one below it. */
struct link {
	size_t dir; /* which of the search path */
	bool deep;
	struct str name, dest; /* last parts of where it stands, and of where it leads */
};

struct links {
	struct link *at;
	size_t n, cap;
};

struct link_index {
	struct map *by_name, *by_dest; /* -> struct links */
};

static void index_under(struct systemd *sd, struct map *map, struct str key, struct link link)
{
	struct links *list = map_get(map, key);
	if (!list) {
		list = NEW(sd->arena, struct links);
		map_put(map, key, list);
	}
	*vec_push(sd->arena, list) = link;
}

/* Which directories of links count: up to v249 every one did. */
static bool dependency_dir(const struct systemd *sd, struct str name)
{
	return sd->v < 250 || str_ends(name, S(".wants")) || str_ends(name, S(".requires")) ||
	       (str_ends(name, S(".upholds")) && sd->v >= 254);
}

static void index_directory(struct systemd *sd, struct str path, size_t dir, unsigned depth)
{
	const struct listing *list = rootfs_list(sd->root, path);
	for (size_t i = 0; i < list->n; i++) {
		struct str name = list->names[i], here = path_join(sd->arena, path, name);
		const struct file *f = rootfs_lstat(sd->root, here);
		if (f->state != FILE_OK)
			continue;
		bool descend = depth == 0 ? dependency_dir(sd, name) : sd->v < 250;
		if (f->kind == FILE_DIRECTORY && descend && depth < DEPTH_MAX)
			index_directory(sd, here, dir, depth + 1);
		if (f->kind != FILE_SYMLINK)
			continue;
		struct link link = {dir, depth > 0, name,
				    str_basename(rootfs_link(sd->root, here))};
		index_under(sd, sd->links->by_name, name, link);
		if (!str_eq(link.dest, name))
			index_under(sd, sd->links->by_dest, link.dest, link);
	}
}

static void index_links(struct systemd *sd)
{
	sd->links = NEW(sd->arena, struct link_index);
	*sd->links = (struct link_index){map_new(sd->arena), map_new(sd->arena)};
	for (size_t i = 0; i < sd->search.n; i++)
		index_directory(sd, sd->search.at[i], i, 0);
}

/* What the links say, for one way of looking at them. */
struct seen {
	bool etc, run, elsewhere; /* enabled there */
	bool same_etc, same_run;  /* only a link of the unit's own name to its file */
	const struct installed *in;
	struct str template;
	size_t file_dir; /* directory of the unit file: links below it in rank are passed over */
	bool known;      /* only names that [Install] gives count */
};

static bool known_name(const struct installed *in, struct str name)
{
	if (str_eq(name, in->name))
		return true;
	for (size_t i = 0; i < in->aliases.n; i++)
		if (str_eq(in->aliases.at[i], name))
			return true;
	return false;
}

static void look_at_link(const struct systemd *sd, struct seen *s, const struct link *link)
{
	struct str dir = sd->search.at[link->dir];
	bool etc = str_eq(dir, S("/etc/systemd/system")), run = str_starts(dir, S("/run/"));
	bool by_name = sd->v >= 250 && link->deep; /* wherever it leads */
	bool below = sd->v >= 243 && link->dir > s->file_dir;
	bool leads = !by_name && str_eq(link->dest, s->in->name);
	bool named = (by_name || !below) && str_eq(link->name, s->in->name);
	named |= by_name && s->template.n && str_eq(link->name, s->template);
	if (named && leads && !link->deep) {
		s->same_etc |= etc;
		s->same_run |= run;
	} else if ((named || leads) && (!s->known || known_name(s->in, link->name))) {
		s->etc |= etc;
		s->run |= run;
		s->elsewhere |= !etc && !run;
	}
}

static void look_at_links(const struct systemd *sd, struct seen *s, struct map *map, struct str key)
{
	const struct links *list = key.n ? map_get(map, key) : NULL;
	for (size_t i = 0; list && i < list->n; i++)
		look_at_link(sd, s, &list->at[i]);
}

/* NULL when no link says anything. */
static const char *by_links(struct systemd *sd, const struct installed *in, bool known)
{
	struct seen s = {.in = in, .known = known, .file_dir = sd->search.n};
	bool instance = unit_name_split(in->name).kind == NAME_INSTANCE;
	if (instance)
		s.template = unit_name_template(sd->arena, in->name);
	for (size_t i = sd->search.n; i > 0; i--)
		if (str_eq(str_dirname(in->path), sd->search.at[i - 1]))
			s.file_dir = i - 1;
	if (!sd->links)
		index_links(sd);
	look_at_links(sd, &s, sd->links->by_name, in->name);
	look_at_links(sd, &s, sd->links->by_name, s.template);
	look_at_links(sd, &s, sd->links->by_dest, in->name);
	if (s.etc)
		return "enabled";
	if (s.run)
		return "enabled-runtime";
	if (s.elsewhere && instance)
		return "static";
	if (s.same_etc)
		return "linked";
	return s.same_run ? "linked-runtime" : NULL;
}

static const char *by_install(struct systemd *sd, const struct installed *in, bool *preset)
{
	if (in->aliases.n || in->pulled[0] || in->pulled[1] || in->pulled[2]) {
		*preset = first_boot(sd) && preset_enables(sd, in->name);
		return *preset ? "enabled" : "disabled";
	}
	return in->also ? "indirect" : "static";
}

/* Debian's systemctl asks update-rc.d about scripts that no unit file replaces. */
static struct str by_script(struct systemd *sd, struct str name)
{
	static const char *const levels[] = {"/etc/rcS.d", "/etc/rc5.d"};
	struct str stem = str_slice(name, 0, str_rfind(name, '.'));
	const struct file *f = rootfs_stat(sd->root, path_join(sd->arena, S("/etc/init.d"), stem));
	if (!str_ends(name, S(".service")) || f->state != FILE_OK || f->kind != FILE_REGULAR ||
	    !(f->mode & 0111) || !debian_build(sd))
		return (struct str){0};
	char *pattern = str_z(sd->arena, str_fmt(sd->arena, "S[0-9][0-9]%" PRIstr, ARG(stem)));
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		const struct listing *list = rootfs_list(sd->root, str_from(levels[i]));
		for (size_t k = 0; k < list->n; k++)
			if (!fnmatch(pattern, str_z(sd->arena, list->names[k]), 0))
				return S("enabled");
	}
	return S("disabled");
}

struct str enabled_state(struct systemd *sd, struct str name, bool *preset)
{
	/* What there is to be said of these files is said when the unit is loaded. */
	struct notes unheard = {.arena = sd->arena}, *heard = sd->notes;
	sd->notes = &unheard;
	struct installed in = install_find(sd, name);
	sd->notes = heard;
	if (!in.found) {
		struct str script = by_script(sd, name);
		/* From v253 on this is a state; before, it is an error. */
		return !script.p && in.absent && sd->v >= 253 ? S("not-found") : script;
	}
	if (in.masked)
		return str_starts(in.path, S("/run/")) ? S("masked-runtime") : S("masked");
	if (sd->v >= 246 && !str_eq(name, str_basename(in.path)) &&
	    unit_name_split(in.name).kind != NAME_INSTANCE)
		return S("alias");
	if (str_starts(in.path, S("/run/systemd/generator")))
		return S("generated");
	if (str_starts(in.path, S("/run/systemd/transient")))
		return S("transient");
	const char *state = by_links(sd, &in, true);
	if (!state)
		state = by_links(sd, &in, false) ? "indirect" : by_install(sd, &in, preset);
	return str_from(state);
}

struct strs enabled_names(struct systemd *sd)
{
	struct strs all = {0};
	if (!sd->links)
		index_links(sd);
	for (size_t i = 0; i < map_count(sd->links->by_name); i++) {
		struct str name;
		map_at(sd->links->by_name, i, &name);
		*vec_push(sd->arena, &all) = name;
	}
	return all;
}
