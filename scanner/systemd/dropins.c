/*
 * dropins.c - which drop-in files a unit has, and in which order they are read.
 *
 * systemd.unit(5) "DESCRIPTION"; dropin.c and conf-files.c of systemd 252. Directories are put in
 * order by unit name, then search path, then how specific their name is; of files of one name
 * the first directory's counts, whatever it is; the files are read sorted by name.
 */
#include "state.h"

#include <stdlib.h>

/* Backup copies of editors and package managers: hidden_or_backup_file. */
static bool skipped(struct str name)
{
	static const char *const ends[] = {
		"~",         ".rpmnew",    ".rpmsave",  ".rpmorig",     ".dpkg-old",    ".dpkg-new",
		".dpkg-tmp", ".dpkg-dist", ".dpkg-bak", ".dpkg-backup", ".dpkg-remove", ".ucf-new",
		".ucf-old",  ".ucf-dist",  ".swp",      ".bak",         ".old",         ".new"};
	if (str_starts(name, S(".")) || str_eq(name, S("lost+found")))
		return true;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (str_ends(name, str_from(ends[i])))
			return true;
	return !str_ends(name, S(".conf"));
}

static int by_basename(const void *a, const void *b)
{
	const struct file *const *x = a, *const *y = b;
	return str_cmp(str_basename((*x)->path), str_basename((*y)->path));
}

/* A mask is what it is meant to be; a copy loses nothing. */
static void note_overridden(struct systemd *sd, struct str path, const struct file *by)
{
	const struct file *f = rootfs_read(sd->root, path);
	if (f->state != FILE_OK || f->kind != FILE_REGULAR || f->size == 0 ||
	    leads_to_null(sd, by->path) || (by->text.n && str_eq(by->text, f->text)))
		return;
	note(sd->notes, origin_new(sd->arena, f, 0, 0, NULL),
	     "not read: %" PRIstr " has the same name", ARG(by->path));
}

struct files conf_files(struct systemd *sd, const struct strs *dirs, struct doubt *doubt)
{
	struct files out = {0};
	struct map *seen = map_new(sd->arena);
	for (size_t i = 0; i < dirs->n; i++) {
		const struct listing *list = rootfs_list(sd->root, dirs->at[i]);
		if (list->unread && doubt->reason == REASON_NONE)
			*doubt = doubt_file(sd->arena, list->unread, NULL);
		for (size_t k = 0; k < list->n; k++) {
			struct str name = list->names[k];
			if (skipped(name))
				continue;
			struct str path = path_join(sd->arena, dirs->at[i], name);
			struct file *first = map_get(seen, name);
			if (first) {
				note_overridden(sd, path, first);
				continue;
			}
			const struct file *f = rootfs_read(sd->root, path);
			/* v258 began to look at each before it counts. */
			if (sd->v >= 258 && f->state != FILE_OK && f->fault == FAULT_LOOP)
				continue;
			map_put(seen, name, (void *)(uintptr_t)f);
			*vec_push(sd->arena, &out) = f;
		}
	}
	if (out.n)
		qsort(out.at, out.n, sizeof *out.at, by_basename);
	return out;
}

static void add_dir(struct systemd *sd, struct str dir, struct str name, struct strs *dirs,
		    struct doubt *doubt)
{
	struct str path = str_fmt(sd->arena, "%" PRIstr "/%" PRIstr ".d", ARG(dir), ARG(name));
	const struct file *f = rootfs_stat(sd->root, path);
	if (f->state == FILE_UNREADABLE && doubt->reason == REASON_NONE)
		*doubt = doubt_file(sd->arena, f, NULL);
	if (f->state == FILE_OK && f->kind == FILE_DIRECTORY)
		strs_add(sd->arena, dirs, f->real);
}

/* "a-b-c.service" -> "a-b-.service"; a dash at the end is passed over once. */
static bool shorter(struct arena *a, struct str name, struct str *out)
{
	struct unit_name u = unit_name_split(name);
	struct str prefix = u.prefix;
	if (str_ends(prefix, S("-")))
		prefix.n--;
	size_t dash = str_rfind(prefix, '-');
	if (dash == prefix.n)
		return false;
	prefix = str_slice(prefix, 0, dash + 1);
	*out = u.kind == NAME_PLAIN ? str_cat(a, prefix, u.suffix)
				    : str_fmt(a, "%" PRIstr "@%" PRIstr "%" PRIstr, ARG(prefix),
					      ARG(u.instance), ARG(u.suffix));
	return true;
}

/* A name has at most 255 bytes, so at most as many dashes. */
static void add_dirs_of(struct systemd *sd, struct str dir, struct str name, struct strs *dirs,
			struct doubt *doubt)
{
	struct str template = {0};
	if (unit_name_split(name).kind == NAME_INSTANCE)
		template = unit_name_template(sd->arena, name);
	struct str each = name;
	add_dir(sd, dir, each, dirs, doubt);
	if (template.n)
		add_dirs_of(sd, dir, template, dirs, doubt);
	while (sd->v >= 239 && shorter(sd->arena, each, &each)) {
		add_dir(sd, dir, each, dirs, doubt);
		if (unit_name_split(each).kind == NAME_INSTANCE)
			add_dir(sd, dir, unit_name_template(sd->arena, each), dirs, doubt);
	}
}

struct files dropins_find(struct systemd *sd, const struct strs *names, struct doubt *doubt)
{
	struct strs dirs = {0};
	for (size_t i = 0; i < names->n; i++)
		for (size_t k = 0; k < sd->search.n; k++)
			add_dirs_of(sd, sd->search.at[k], names->at[i], &dirs, doubt);
	for (size_t k = 0; sd->v >= 239 && k < sd->search.n; k++)
		add_dir(sd, sd->search.at[k], S("service"), &dirs, doubt);
	return conf_files(sd, &dirs, doubt);
}
