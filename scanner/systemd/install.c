/*
 * install.c - what systemctl, which loads no units, finds behind a unit's name.
 *
 * install.c of systemd 252 (unit_file_search, install_info_traverse). The name is looked for in
 * one unit directory after the other, links are followed by the last part of their target, and
 * only [Install] is read, of the unit file and of the drop-ins in NAME.d and TEMPLATE.d: those
 * of shorter names and of service.d do not count here.
 */
#include "install.h"

#include "words.h"

enum { FOLLOW_MAX = 64 };

/* What an entry of a unit directory, or the target of a link, is. */
enum sort { SORT_ABSENT, SORT_FILE, SORT_MASK, SORT_LINK, SORT_BROKEN };

struct looked {
	enum sort sort;
	struct str target; /* SORT_LINK */
	bool linked;       /* its target lies outside the search path */
};

static bool is_empty(const struct file *f)
{
	return f->state == FILE_OK &&
	       (f->kind == FILE_DEVICE || (f->kind == FILE_REGULAR && f->size == 0));
}

/* Up to v246 only the very words /dev/null made a mask of a link. */
static bool is_mask(struct systemd *sd, struct str path)
{
	if (sd->v < 247)
		return str_eq(rootfs_link(sd->root, path), S("/dev/null"));
	return leads_to_null(sd, path) || is_empty(rootfs_stat(sd->root, path));
}

static struct looked look_at_link(struct systemd *sd, struct str path, struct str name)
{
	struct looked out = {.sort = SORT_LINK, .target = link_target(sd, path)};
	if (is_mask(sd, path))
		return (struct looked){.sort = SORT_MASK};
	out.linked = !search_has_dir(sd, out.target);
	struct str base = str_basename(out.target);
	bool typed = str_eq(unit_name_split(base).suffix, unit_name_split(name).suffix);
	if (out.target.n == 0 || (sd->v < 250 && unit_name_valid(base) && !typed) ||
	    (sd->v >= 250 && !out.linked && (str_eq(base, name) || !alias_valid(name, base))))
		out.sort = SORT_BROKEN;
	return out;
}

static struct looked look_at(struct systemd *sd, struct str path, struct str name)
{
	const struct file *f = rootfs_lstat(sd->root, path);
	struct looked out = {.sort = SORT_BROKEN};
	if (f->state == FILE_ABSENT)
		out.sort = SORT_ABSENT;
	else if (f->state == FILE_OK && f->kind == FILE_SYMLINK)
		out = look_at_link(sd, path, name);
	else if (is_empty(f))
		out.sort = SORT_MASK;
	else if (f->state == FILE_OK && f->kind == FILE_REGULAR)
		out.sort = SORT_FILE;
	return out;
}

/* ---- [Install] ---- */

/* config_parse_also: every word must be the name of a unit. Those with a specifier are taken for
 * one. */
static bool take_also(struct systemd *sd, struct installed *in, struct traced rest)
{
	struct traced word, raw;
	enum words_end end;
	in->also |= rest.text.n > 0;
	while ((end = words_next(sd->arena, &rest, 0, &word, &raw)) == WORDS_WORD)
		if (!unit_name_valid(word.text) && str_find(word.text, '%') == word.text.n)
			return false;
	return end == WORDS_END;
}

/* False when systemctl gives up over the line. */
static bool take_line(struct systemd *sd, struct installed *in, const struct line *line)
{
	static const char *const pulls[] = {"WantedBy", "RequiredBy", "UpheldBy"};
	struct traced rest = line->value, word, raw;
	struct str key = line->key.text;
	if (!str_eq(line->section, S("Install")))
		return true;
	if (str_eq(key, S("Alias"))) {
		if (rest.text.n == 0)
			in->aliases.n = 0;
		while (words_next(sd->arena, &rest, WORDS_RELAX, &word, &raw) == WORDS_WORD)
			*vec_push(sd->arena, &in->aliases) = word.text;
	} else if (str_eq(key, S("Also"))) {
		return take_also(sd, in, rest);
	}
	for (size_t i = 0; i < 2 + (size_t)(sd->v >= 254); i++)
		if (str_eq(key, str_from(pulls[i])))
			in->pulled[i] = rest.text.n > 0;
	return true;
}

/* False when systemctl gives up over the file. */
static bool read_install(struct systemd *sd, struct installed *in, const struct file *f)
{
	if (f->state != FILE_OK || f->kind != FILE_REGULAR)
		return false;
	struct lines lines = syntax_parse(sd->arena, f, sd->v, sd->notes);
	for (size_t i = 0; i < lines.n; i++)
		if (!take_line(sd, in, &lines.at[i]))
			return false;
	return lines.fault.n == 0;
}

static bool read_dropins(struct systemd *sd, struct installed *in)
{
	struct strs dirs = {0};
	struct doubt doubt = {0};
	struct str names[2] = {in->name};
	if (unit_name_split(in->name).kind == NAME_INSTANCE)
		names[1] = unit_name_template(sd->arena, in->name);
	for (size_t i = 0; i < 2 && names[i].n; i++)
		for (size_t k = 0; k < sd->search.n; k++)
			strs_add(sd->arena, &dirs,
				 str_fmt(sd->arena, "%" PRIstr "/%" PRIstr ".d",
					 ARG(sd->search.at[k]), ARG(names[i])));
	struct files files = conf_files(sd, &dirs, &doubt);
	for (size_t i = 0; i < files.n; i++)
		if (!is_empty(files.at[i]) && !leads_to_null(sd, files.at[i]->path) &&
		    !read_install(sd, in, files.at[i]))
			return false;
	return doubt.reason == REASON_NONE;
}

/* ---- the search ---- */

/* The first directory that has `name`, of which a broken entry ends the search. */
static struct looked search_dirs(struct systemd *sd, struct str name, struct str *path)
{
	for (size_t i = 0; i < sd->search.n; i++) {
		*path = path_join(sd->arena, sd->search.at[i], name);
		struct looked l = look_at(sd, *path, name);
		if (l.sort != SORT_ABSENT)
			return l;
	}
	return (struct looked){.sort = SORT_ABSENT};
}

/* The unit file and its drop-ins; of a link the drop-ins alone, what it leads to comes later. */
static struct looked search_name(struct systemd *sd, struct installed *in)
{
	struct looked l = search_dirs(sd, in->name, &in->path);
	if (l.sort == SORT_ABSENT && unit_name_split(in->name).kind == NAME_INSTANCE)
		l = search_dirs(sd, unit_name_template(sd->arena, in->name), &in->path);
	if (l.sort != SORT_FILE && l.sort != SORT_LINK)
		return l;
	if (l.sort == SORT_FILE && !read_install(sd, in, rootfs_read(sd->root, in->path)))
		l.sort = SORT_BROKEN;
	else if (!read_dropins(sd, in))
		l.sort = SORT_BROKEN;
	return l;
}

/* The name a link stands for; the link's own when it is to be followed as a path. */
static struct str name_behind(struct systemd *sd, const struct looked *l, struct str name)
{
	struct str base = str_basename(l->target);
	if (sd->v >= 250 && l->linked)
		return name;
	struct unit_name from = unit_name_split(name), to = unit_name_split(base);
	if (from.kind == NAME_INSTANCE && to.kind == NAME_TEMPLATE)
		return unit_name_instance(sd->arena, base, from.instance);
	return base;
}

struct installed install_find(struct systemd *sd, struct str name)
{
	struct installed in = {.name = name};
	struct looked l = search_name(sd, &in);
	for (size_t hop = 0; l.sort == SORT_LINK; hop++) {
		struct str behind = name_behind(sd, &l, in.name);
		if (hop == FOLLOW_MAX || !unit_name_valid(behind))
			return in;
		if (str_eq(behind, in.name)) {
			in.path = l.target;
			l = look_at(sd, in.path, in.name);
			if (l.sort == SORT_FILE &&
			    !read_install(sd, &in, rootfs_read(sd->root, in.path)))
				l.sort = SORT_BROKEN;
		} else {
			in = (struct installed){.name = behind};
			l = search_name(sd, &in);
		}
	}
	in.masked = l.sort == SORT_MASK;
	/* A link to a name that nothing has is an error of its own. */
	in.absent = l.sort == SORT_ABSENT && str_eq(in.name, name);
	in.found = in.masked || l.sort == SORT_FILE;
	return in;
}
