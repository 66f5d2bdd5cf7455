/*
 * load.c - turns a unit name into a unit: fragment and drop-ins read and merged.
 *
 * systemd.unit(5), systemd.service(5); load-fragment.c (unit_load_fragment) and load-dropin.c of
 * systemd 252. A line systemd cannot live with ends the file it stands in: of the fragment, that
 * makes the unit unusable, of a drop-in it does not. Units of other types are loaded no further
 * than their lines.
 */
#include "expand.h"
#include "specifier.h"
#include "state.h"
#include "words.h"

#include <stdlib.h>

enum { INCLUDE_DEPTH = 16 };

const char *unit_load_name(enum unit_load load)
{
	switch (load) {
	case UNIT_LOADED: return "loaded";
	case UNIT_MASKED: return "masked";
	case UNIT_NOT_FOUND: return "not-found";
	case UNIT_ERROR: return "error";
	case UNIT_BAD_SETTING: break;
	}
	return "bad-setting";
}

struct systemd *systemd_new(struct rootfs *root, const struct systemd_options *opts)
{
	struct systemd *sd = NEW(rootfs_arena(root), struct systemd);
	*sd = (struct systemd){.root = root,
			       .arena = rootfs_arena(root),
			       .notes = rootfs_notes(root),
			       .version = version_find(root, opts->version),
			       .live_run = opts->live_run,
			       .units = map_new(rootfs_arena(root))};
	sd->v = sd->version.major;
	generators_read_units(sd);
	search_init(sd);
	return sd;
}

struct version systemd_version(const struct systemd *sd)
{
	return sd->version;
}

/* ---- lines ---- */

/* Lines up to the fault, .include followed; false when the fragment cannot be used. */
static bool load_lines(struct loading *l, const struct file *file, bool fragment, unsigned depth)
{
	struct systemd *sd = l->sd;
	struct unit *u = l->unit;
	struct lines lines = syntax_parse(sd->arena, file, sd->v, sd->notes);
	struct doubt trouble = {REASON_UNIT_INVALID, lines.fault, lines.fault_at};
	enum unit_load load = UNIT_ERROR;
	for (size_t i = 0; i < lines.n; i++) {
		const struct line *line = &lines.at[i];
		struct str why = {0};
		if (line->include) {
			struct str path = line->value.text;
			if (!str_starts(path, S("/")))
				path = path_join(sd->arena, str_dirname(file->path), path);
			const struct file *other = rootfs_read(sd->root, path);
			if (fragment && depth < INCLUDE_DEPTH && other->state == FILE_OK &&
			    !load_lines(l, other, true, depth + 1))
				return false;
			continue;
		}
		*vec_push(sd->arena, &u->assignments) = (struct assignment){
			line->section, line->key.text, traced_word(sd->arena, line->value)};
		if (!load_line(l, line, &why)) {
			trouble = (struct doubt){REASON_UNIT_INVALID, why,
						 traced_origin(sd->arena, line->value)};
			load = UNIT_BAD_SETTING;
			break;
		}
	}
	if (trouble.text.n == 0)
		return true;
	note(sd->notes, trouble.from, "%" PRIstr "%s", ARG(trouble.text),
	     fragment ? "" : ", the rest of this drop-in is not read");
	if (fragment) {
		u->load = load;
		u->trouble = trouble;
	}
	return !fragment;
}

/* Is the file a mask: empty, or a device? */
static bool masks(struct systemd *sd, const struct file *f)
{
	if (f->state == FILE_ABSENT)
		return leads_to_null(sd, f->path);
	return f->state == FILE_OK &&
	       (f->kind == FILE_DEVICE || (f->kind == FILE_REGULAR && f->size == 0));
}

static void set_trouble(struct loading *l, enum unit_load load, const char *text)
{
	l->unit->load = load;
	l->unit->trouble = (struct doubt){
		load == UNIT_MASKED ? REASON_UNIT_MASKED : REASON_UNIT_INVALID,
		str_fmt(l->sd->arena, "%" PRIstr ": %s", ARG(l->unit->name), text), NULL};
}

static void load_fragment(struct loading *l, const struct found *found)
{
	struct unit *u = l->unit;
	const struct file *f = found->any ? rootfs_read(l->sd->root, found->fragment) : NULL;
	u->fragment = f;
	u->load = UNIT_LOADED;
	if (f && masks(l->sd, f)) {
		set_trouble(l, UNIT_MASKED, "masked");
	} else if (!f || file_missing(f)) {
		u->fragment = NULL;
		set_trouble(l, UNIT_NOT_FOUND, f ? "its link leads nowhere" : "no unit file");
	} else if (f->state == FILE_UNREADABLE) {
		u->load = UNIT_ERROR;
		u->trouble = u->doubt = doubt_file(l->sd->arena, f, NULL);
	} else if (f->kind != FILE_REGULAR) {
		set_trouble(l, UNIT_ERROR, "not a regular file");
	} else if (!load_lines(l, f, true, 0) && l->sd->v < 243) {
		/* The path was not yet noted when the lines were read. */
		u->fragment = NULL;
	}
}

static void load_dropins(struct loading *l, const struct strs *names)
{
	struct unit *u = l->unit;
	u->dropins = dropins_find(l->sd, names, &u->doubt);
	for (size_t i = 0; u->load == UNIT_LOADED && i < u->dropins.n; i++) {
		const struct file *f = u->dropins.at[i];
		if (masks(l->sd, f))
			continue;
		if (f->state == FILE_OK && f->kind == FILE_REGULAR)
			load_lines(l, f, false, 0);
		else if (f->state == FILE_UNREADABLE && !file_missing(f))
			u->doubt = doubt_file(l->sd->arena, f, NULL);
	}
}

/* ---- a unit ---- */

static void expand_commands(struct loading *l, const struct variables *vars)
{
	for (size_t i = 0; i < map_count(l->commands); i++) {
		struct commands *list = map_at(l->commands, i, NULL);
		for (size_t k = 0; k < list->n; k++) {
			struct command *c = &list->at[k];
			c->argv = c->words;
			if (!c->literal &&
			    !expand_words(l->sd->arena, &c->words, vars, l->sd->v, &c->argv))
				l->unit->doubt = (struct doubt){
					REASON_LIMIT, S("a command of more than 8 MiB"), c->from};
		}
	}
}

/* Optional environment files that are not there count when a command names what they may set. */
static void drop_pendings(struct loading *l)
{
	bool wants = false;
	const struct commands *list = &l->unit->commands;
	for (size_t i = 0; i < list->n; i++)
		wants |= !list->at[i].literal && expand_names(&list->at[i].words);
	if (!wants)
		l->unit->pending = (struct pendings){0};
}

static void finish(struct loading *l)
{
	struct unit *u = l->unit;
	struct variables during;
	const struct commands *start = map_get(l->commands, S("ExecStart"));
	if (start)
		u->commands = *start;
	if (environment_build(l, &during))
		expand_commands(l, &during);
	if (start)
		u->commands = *start;
	drop_pendings(l);
	if (u->doubt.reason == REASON_NONE)
		u->doubt = l->specifier_doubt;
	u->workdir = l->workdir.text.n ? l->workdir.text : S("/");
	start_judge(l);
}

static void load_into(struct systemd *sd, struct unit *u)
{
	struct loading *l = NEW(sd->arena, struct loading);
	struct notes *before = sd->notes;
	struct found found = search_find(sd, u->name);
	*l = (struct loading){
		.sd = sd, .unit = u, .spec_name = u->name, .commands = map_new(sd->arena)};
	u->loading = l;
	l->notes.arena = sd->arena;
	sd->notes = &l->notes;
	if (sd->v < 243)
		l->spec_name = found.id;
	load_fragment(l, &found);
	/* A unit directory that could not be read may hold what counts instead. */
	if (u->doubt.reason == REASON_NONE)
		u->doubt = sd->doubt;
	u->id = found.id;
	for (size_t i = 0; i < found.names.n; i++)
		*vec_push(sd->arena, &u->names) = (struct word){found.names.at[i], NULL};
	l->spec_name = u->id;
	if (u->load == UNIT_LOADED || u->load == UNIT_MASKED)
		load_dropins(l, &found.names);
	if (u->load == UNIT_LOADED && str_ends(u->id, S(".service"))) {
		struct str why = verify_service(l);
		if (why.n) {
			u->load = UNIT_BAD_SETTING;
			u->trouble = (struct doubt){REASON_UNIT_INVALID, why, NULL};
		}
	}
	bool preset = false;
	u->enabled = enabled_state(sd, u->name, &preset);
	if (u->load == UNIT_LOADED) {
		finish(l);
		boot_pendings(l);
		u->deciding = u->pending.n;
		for (size_t i = 0; i < l->starting.n; i++)
			*vec_push(sd->arena, &u->pending) = l->starting.at[i];
		if (preset)
			preset_pending(l);
	} else {
		u->starts = u->doubt.reason == REASON_NONE ? STARTS_NO : STARTS_UNTOLD;
		u->starts_reason = u->trouble.text;
	}
	sd->notes = before;
}

const struct unit *unit_load(struct systemd *sd, struct str name)
{
	struct unit *u = map_get(sd->units, name);
	if (u)
		return u;
	u = NEW(sd->arena, struct unit);
	u->name = str_dup(sd->arena, name);
	map_put(sd->units, u->name, u);
	if (!unit_name_valid(u->name))
		u->name = str_cat(sd->arena, u->name, S(".service"));
	load_into(sd, u);
	return u;
}

struct commands unit_commands(struct systemd *sd, const struct unit *u, struct str key)
{
	const struct commands *list = map_get(u->loading->commands, key);
	(void)sd;
	return list && u->load == UNIT_LOADED ? *list : (struct commands){0};
}

struct word unit_value(const struct unit *u, struct str section, struct str key)
{
	for (size_t i = u->assignments.n; i > 0; i--) {
		const struct assignment *a = &u->assignments.at[i - 1];
		if (str_eq(a->section, section) && str_eq(a->key, key))
			return a->value;
	}
	return (struct word){0};
}

struct words systemd_services(struct systemd *sd)
{
	struct map *entries = search_entries(sd);
	struct strs all = {0};
	struct words out = {0};
	for (size_t i = 0; i < map_count(entries); i++) {
		struct str name;
		map_at(entries, i, &name);
		if (str_ends(name, S(".service")) && unit_name_split(name).kind != NAME_TEMPLATE)
			*vec_push(sd->arena, &all) = name;
	}
	/* Instances of templates seldom have a file of their own. */
	struct strs enabled = enabled_names(sd);
	for (size_t i = 0; i < enabled.n; i++)
		if (str_ends(enabled.at[i], S(".service")) && !map_get(entries, enabled.at[i]) &&
		    unit_name_split(enabled.at[i]).kind == NAME_INSTANCE)
			*vec_push(sd->arena, &all) = enabled.at[i];
	if (all.n)
		qsort(all.at, all.n, sizeof *all.at, str_order);
	for (size_t i = 0; i < all.n; i++)
		*vec_push(sd->arena, &out) = (struct word){all.at[i], NULL};
	return out;
}
