/*
 * story.c - a unit back into the story of its commands: which file contributed which line, what a
 * later line took back, which environment files were read, and the words before and after.
 *
 * systemd.unit(5): an empty assignment takes back what lists hold so far, of settings with one
 * value the last counts. Only lines that have a say in a command, in its environment or in
 * whether it runs are told of.
 */
#include "glob.h"
#include "state.h"

/* How assignments of a key add up; keys of one family take each other back. */
static const struct telling {
	const char *section, *key;
	bool list;
} tellings[] = {
	{"Service", "ExecCondition", true},
	{"Service", "ExecStartPre", true},
	{"Service", "ExecStart", true},
	{"Service", "ExecStartPost", true},
	{"Service", "ExecReload", true},
	{"Service", "ExecStop", true},
	{"Service", "ExecStopPost", true},
	{"Service", "Environment", true},
	{"Service", "EnvironmentFile", true},
	{"Service", "PassEnvironment", true},
	{"Service", "UnsetEnvironment", true},
	{"Service", "ExecSearchPath", true},
	{"Service", "Type", false},
	{"Service", "User", false},
	{"Service", "WorkingDirectory", false},
	{"Service", "RootDirectory", false},
	{"Service", "RootImage", false},
};

enum { COMMAND_KEYS = 7 };

/* The family of a line, empty when it has no say. */
static struct str family_of(const struct assignment *line, bool *list)
{
	*list = true;
	if (str_eq(line->section, S("Unit")) && str_starts(line->key, S("Condition")))
		return S("Condition");
	if (str_eq(line->section, S("Unit")) && str_starts(line->key, S("Assert")))
		return S("Assert");
	for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++)
		if (str_eq(line->section, str_from(tellings[i].section)) &&
		    str_eq(line->key, str_from(tellings[i].key))) {
			*list = tellings[i].list;
			return line->key;
		}
	return (struct str){0};
}

static struct chapter *chapter_of(struct systemd *sd, struct story *s, const struct file *file)
{
	for (size_t i = 0; i < s->chapters.n; i++)
		if (s->chapters.at[i].file == file)
			return &s->chapters.at[i];
	struct chapter *c = vec_push(sd->arena, &s->chapters);
	*c = (struct chapter){.file = file, .role = "included"};
	return c;
}

/* From the last line to the first: what comes later is known. */
static const struct origin **undone(struct systemd *sd, const struct unit *u)
{
	const struct origin **out = NEW_N(sd->arena, const struct origin *, u->assignments.n + 1);
	struct map *resets = map_new(sd->arena);
	for (size_t i = u->assignments.n; i > 0; i--) {
		const struct assignment *line = &u->assignments.at[i - 1];
		bool list;
		struct str family = family_of(line, &list);
		if (family.n == 0)
			continue;
		out[i - 1] = map_get(resets, family);
		if (!list || line->value.text.n == 0)
			map_put(resets, family, (void *)(uintptr_t)line->value.from);
	}
	return out;
}

static void tell_lines(struct systemd *sd, const struct unit *u, struct story *s)
{
	const struct origin **by = undone(sd, u);
	struct chapter *c = NULL;
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *line = &u->assignments.at[i];
		bool list;
		if (!line->value.from || family_of(line, &list).n == 0)
			continue;
		if (!c || c->file != line->value.from->file)
			c = chapter_of(sd, s, line->value.from->file);
		*vec_push(sd->arena, &c->steps) = (struct step){line, by[i]};
	}
}

static void tell_environment_file(struct systemd *sd, const struct env_file *e, struct str path,
				  struct story *s)
{
	const struct file *f = rootfs_read(sd->root, path);
	bool hidden = !sd->live_run && str_starts(f->real, S("/run/"));
	enum file_state state = f->state;
	if (hidden || file_missing(f) || f->kind != FILE_REGULAR)
		state = FILE_ABSENT;
	*vec_push(sd->arena, &s->environment_files) =
		(struct environment_file){path, e->optional, state, e->from};
}

static void tell_environment_files(struct systemd *sd, const struct unit *u, struct story *s)
{
	const struct loading *l = u->loading;
	for (size_t i = 0; i < l->env_files.n; i++) {
		const struct env_file *e = &l->env_files.at[i];
		struct strs paths = {0};
		glob_paths(sd, e->path, &paths);
		if (paths.n == 0)
			*vec_push(sd->arena, &paths) = e->path;
		for (size_t k = 0; k < paths.n; k++)
			tell_environment_file(sd, e, paths.at[k], s);
	}
}

const struct story *unit_story(struct systemd *sd, const struct unit *u)
{
	struct story *s = NEW(sd->arena, struct story);
	if (u->fragment)
		*vec_push(sd->arena, &s->chapters) =
			(struct chapter){.file = u->fragment, .role = "fragment"};
	for (size_t i = 0; i < u->dropins.n; i++)
		*vec_push(sd->arena, &s->chapters) =
			(struct chapter){.file = u->dropins.at[i], .role = "drop-in"};
	tell_lines(sd, u, s);
	tell_environment_files(sd, u, s);
	for (size_t i = 0; i < COMMAND_KEYS; i++) {
		struct str key = str_from(tellings[i].key);
		struct commands list = unit_commands(sd, u, key);
		if (list.n)
			*vec_push(sd->arena, &s->commands) = (struct command_list){key, list};
	}
	return s;
}
