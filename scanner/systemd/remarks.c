/*
 * remarks.c - what in a unit is likely a mistake, told with its place.
 *
 * None of it is an error to systemd: files that hide others, lines in the wrong section, keys
 * that are written almost right. Variables and words of commands are in remarks_variables.c, and
 * lines that are ignored were noted where they were read. Only units that somebody asks about are
 * looked at: an image has hundreds, and what is odd about the others is not this report's matter.
 */
#include "state.h"

/* A file as a place: its first byte, so that it has a line and a layer. */
static const struct origin *whole_file(struct systemd *sd, struct str path)
{
	return origin_new(sd->arena, rootfs_read(sd->root, path), 0, 0, NULL);
}

/* ---- files ---- */

/* /run of an image is hidden by a fresh one when the machine boots. */
static void remark_run(struct systemd *sd, struct str name)
{
	static const char *const dirs[] = {"system.control", "transient", "generator.early",
					   "system",         "generator", "generator.late"};
	static const char *const ends[] = {"", ".d"};
	for (size_t i = 0; !sd->live_run && i < 2 * (sizeof dirs / sizeof *dirs); i++) {
		struct str path = str_fmt(sd->arena, "/run/systemd/%s/%" PRIstr "%s", dirs[i / 2],
					  ARG(name), ends[i % 2]);
		bool made = sd->generated && str_starts(path, S("/run/systemd/generator"));
		if (!made && rootfs_lstat(sd->root, path)->state != FILE_ABSENT)
			note(sd->notes, whole_file(sd, path),
			     "hidden when the machine boots, as all that an image has under /run");
	}
}

/* A link that leads nowhere, and a unit file that would have counted without it. */
static void remark_dangling(struct systemd *sd, const struct unit *u)
{
	const struct entry *e = map_get(search_entries(sd), u->name);
	bool hiding = false;
	if (u->load != UNIT_NOT_FOUND || !e)
		return;
	for (size_t i = 0; i < sd->search.n; i++) {
		struct str path = path_join(sd->arena, sd->search.at[i], u->name);
		const struct file *f = rootfs_stat(sd->root, path);
		if (str_eq(path, e->path))
			hiding = true;
		else if (hiding && f->state == FILE_OK && f->kind == FILE_REGULAR)
			note(sd->notes, whole_file(sd, path),
			     "hidden by %" PRIstr ", a link to %" PRIstr ", which is not there",
			     ARG(e->path), ARG(rootfs_link(sd->root, e->path)));
	}
}

static void remark_rejected(struct systemd *sd, const struct unit *u)
{
	for (size_t i = 0; sd->rejected && i < u->names.n; i++) {
		const struct str *path = map_get(sd->rejected, u->names.at[i].text);
		if (path)
			note(sd->notes, NULL,
			     "%" PRIstr ": a link that is no alias systemd accepts, ignored",
			     ARG(*path));
	}
}

/* ---- lines ---- */

static const char *const service_keys[] = {"ExecStart",       "ExecStartPre",    "ExecStartPost",
					   "ExecCondition",   "ExecReload",      "ExecStop",
					   "ExecStopPost",    "Environment",     "EnvironmentFile",
					   "PassEnvironment", "UnsetEnvironment"};

static void remark_line(struct systemd *sd, const struct assignment *line)
{
	bool service = str_eq(line->section, S("Service"));
	for (size_t i = 0; i < sizeof service_keys / sizeof *service_keys; i++) {
		struct str key = str_from(service_keys[i]);
		if (!service && str_eq(line->key, key))
			note(sd->notes, line->value.from,
			     "%" PRIstr "= in [%" PRIstr "], where it means nothing: its place is "
			     "[Service]",
			     ARG(key), ARG(line->section));
		else if (service && str_eq_nocase(line->key, key) && !str_eq(line->key, key))
			note(sd->notes, line->value.from,
			     "%" PRIstr "= is ignored: the key is written %" PRIstr "=",
			     ARG(line->key), ARG(key));
	}
}

void unit_remarks(struct systemd *sd, const struct unit *u)
{
	const struct loading *l = u->loading;
	for (size_t i = 0; i < l->notes.n; i++)
		note(sd->notes, l->notes.at[i].from, "%" PRIstr, ARG(l->notes.at[i].text));
	for (size_t i = 0; i < u->names.n; i++)
		remark_run(sd, u->names.at[i].text);
	remark_dangling(sd, u);
	remark_rejected(sd, u);
	for (size_t i = 0; i < u->assignments.n; i++)
		remark_line(sd, &u->assignments.at[i]);
	if (u->load == UNIT_LOADED)
		remark_variables(sd, u);
}
