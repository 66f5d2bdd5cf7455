/*
 * start.c - would the service's command run if it were started?
 *
 * Conditions, dependencies, environment files, user, directory and the executables themselves
 * (systemd.exec(5) "PROCESS EXIT CODES"). Commands before ExecStart= are taken to succeed, but
 * for `false` and those that are not there.
 *
 * What is not in the image may be there once it has booted: programs, units, paths of conditions.
 * An obstacle is what no file that is still to come takes away.
 */
#include "state.h"

enum { ARGUMENT_MAX = 131072 };

static void judge(struct unit *u, enum starts starts, struct str reason)
{
	if (u->starts != STARTS_YES)
		return;
	u->starts = starts;
	u->starts_reason = reason;
}

static void obstruct(struct loading *l, struct str reason, const struct origin *from)
{
	judge(l->unit, STARTS_NO, reason);
	if (l->unit->obstacle.reason == REASON_NONE)
		l->unit->obstacle = (struct doubt){REASON_KUBELET_WOULD_NOT_START, reason, from};
}

/* The file a command executes; NULL when there is none. */
static const struct file *executable(struct loading *l, struct str path)
{
	struct systemd *sd = l->sd;
	struct str top = l->root_directory.text;
	if (str_eq(top, S("/")))
		top = S("");
	if (str_starts(path, S("/"))) {
		const struct file *f = rootfs_stat(sd->root, str_cat(sd->arena, top, path));
		return f->state == FILE_ABSENT ? NULL : f;
	}
	struct str dir, rest = str_from(default_path(sd));
	if (l->exec_search_path.text.n)
		rest = l->exec_search_path.text;
	while (rest.n) {
		str_cut(rest, ':', &dir, &rest);
		struct str full = str_cat(sd->arena, top, path_join(sd->arena, dir, path));
		const struct file *f = rootfs_stat(sd->root, full);
		if (f->state != FILE_ABSENT)
			return f;
	}
	return NULL;
}

/* Empty when the kernel would take it, as far as it is there. */
static struct str not_executable(struct loading *l, const struct command *c)
{
	const struct file *f = executable(l, c->path);
	if (f && f->state == FILE_OK && (f->kind != FILE_REGULAR || !(f->mode & 0111)))
		return str_fmt(l->sd->arena, "%" PRIstr " is not an executable file", ARG(c->path));
	for (size_t i = 0; i < c->argv.n; i++)
		if (c->argv.at[i].text.n + 1 > ARGUMENT_MAX)
			return S("an argument of 128 KiB or more cannot be executed");
	for (size_t i = 0; i < l->unit->environment.n; i++) {
		const struct variable *v = &l->unit->environment.at[i];
		if (v->name.n + v->value.text.n + 2 > ARGUMENT_MAX)
			return S("a variable of 128 KiB or more cannot be executed with");
	}
	if (c->argv.n == 0)
		return S("no argument is left, not even argv[0]");
	return (struct str){0};
}

static struct str not_there(struct loading *l, const struct command *c)
{
	if (executable(l, c->path))
		return S("");
	return str_fmt(l->sd->arena, "%" PRIstr " is not in the image", ARG(c->path));
}

static void judge_before(struct loading *l, const char *key, const struct command *c)
{
	struct arena *a = l->sd->arena;
	struct str why = not_executable(l, c), absent = not_there(l, c);
	if (c->ignore_failure)
		return;
	if (!why.n && str_eq(str_basename(c->path), S("false")))
		why = str_fmt(a, "%" PRIstr " fails", ARG(c->path));
	if (why.n)
		obstruct(l, str_fmt(a, "%s=: %" PRIstr, key, ARG(why)), c->from);
	else if (absent.n)
		judge(l->unit, STARTS_NO, str_fmt(a, "%s=: %" PRIstr, key, ARG(absent)));
}

static void judge_commands_before(struct loading *l)
{
	static const char *const keys[] = {"ExecCondition", "ExecStartPre"};
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		const struct commands *list = map_get(l->commands, str_from(keys[k]));
		for (size_t i = 0; list && i < list->n; i++)
			judge_before(l, keys[k], &list->at[i]);
	}
}

/* A path that is not there yet is awaited. */
static void judge_condition(struct loading *l, const struct assignment *c, struct str why)
{
	bool never;
	struct str path = condition_path(c, &never);
	if (never)
		obstruct(l, why, c->value.from);
	if (!path.n)
		return;
	struct str text = str_fmt(l->sd->arena, "%" PRIstr "=, does not hold yet", ARG(c->key));
	*vec_push(l->sd->arena, &l->starting) =
		(struct pending){.path = path, .why = text, .from = c->value.from};
}

static void judge_conditions(struct loading *l)
{
	for (int asserts = 0; asserts < 2; asserts++) {
		struct str why = {0};
		const struct assignment *failed = NULL;
		enum holds holds = conditions_hold(l, asserts, &why, &failed);
		if (failed)
			judge_condition(l, failed, why);
		if (holds != HOLDS)
			judge(l->unit, holds == HOLDS_NOT ? STARTS_NO : STARTS_UNTOLD, why);
	}
}

/* Mounts, devices, swaps, slices and scopes come to be without a file. */
static bool always_a_file(struct str unit)
{
	return str_ends(unit, S(".service")) || str_ends(unit, S(".target")) ||
	       str_ends(unit, S(".socket")) || str_ends(unit, S(".timer")) ||
	       str_ends(unit, S(".path"));
}

static void judge_needs(struct loading *l)
{
	for (size_t i = 0; i < l->needs.n; i++) {
		struct str name = l->needs.at[i].text;
		if (!always_a_file(name) || str_eq(name, l->unit->name))
			continue;
		if (!search_find(l->sd, name).any)
			judge(l->unit, STARTS_NO,
			      str_fmt(l->sd->arena, "it requires %" PRIstr ", which does not exist",
				      ARG(name)));
	}
}

/* Does a line of sysusers.d(5) or tmpfiles.d(5) make it, or something below it, at boot? Its second
 * word is what the line makes. */
static bool made_by_line(struct str text, struct str what)
{
	struct str line, word;
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		str_cut(str_trim(line, BLANKS), ' ', &word, &line);
		str_cut(str_trim(line, BLANKS), ' ', &word, &line);
		str_cut(word, '\t', &word, &line);
		bool below = str_starts(word, what) && word.n > what.n && word.p[what.n] == '/';
		if (str_eq(word, what) || below)
			return true;
	}
	return false;
}

static bool made_at_boot(struct systemd *sd, const char *kind, struct str what)
{
	static const char *const roots[] = {"/etc", "/usr/local/lib", "/usr/lib", "/lib"};
	struct strs dirs = {0};
	struct doubt doubt = {0};
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		strs_add(sd->arena, &dirs, str_fmt(sd->arena, "%s/%s", roots[i], kind));
	struct files files = conf_files(sd, &dirs, &doubt);
	for (size_t i = 0; i < files.n; i++)
		if (made_by_line(files.at[i]->text, what))
			return true;
	return doubt.reason != REASON_NONE;
}

/* Without a passwd, an image is but a part of a machine. */
static void judge_user(struct loading *l)
{
	struct str user = l->user.text;
	const struct file *passwd = rootfs_read(l->sd->root, S("/etc/passwd"));
	if (!user.n || account_read(l->sd->root, user).found)
		return;
	if (passwd->state == FILE_UNREADABLE) {
		if (l->unit->doubt.reason == REASON_NONE)
			l->unit->doubt = doubt_file(l->sd->arena, passwd, l->user.from);
		return;
	}
	struct str why = str_fmt(l->sd->arena, "User=%" PRIstr ": no such user", ARG(l->user.text));
	bool whole = passwd->state == FILE_OK;
	bool dynamic = unit_value(l->unit, S("Service"), S("DynamicUser")).text.n > 0;
	if (whole && !dynamic && !made_at_boot(l->sd, "sysusers.d", user))
		obstruct(l, why, l->user.from);
	judge(l->unit, STARTS_NO, why);
}

/* The unit's own directories are made before it is started: whatever lies there may come. */
static bool has_own_directory(const struct unit *u)
{
	static const char *const keys[] = {"StateDirectory", "RuntimeDirectory", "CacheDirectory",
					   "LogsDirectory", "ConfigurationDirectory"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (unit_value(u, S("Service"), str_from(keys[i])).text.n)
			return true;
	return false;
}

static void judge_directory(struct loading *l)
{
	struct systemd *sd = l->sd;
	struct str dir = l->workdir.text;
	if (l->workdir_optional || !str_starts(dir, S("/")) || l->root_directory.text.n)
		return;
	const struct file *f = rootfs_stat(sd->root, dir);
	if (f->state == FILE_UNREADABLE || f->kind == FILE_DIRECTORY)
		return;
	struct str why = str_fmt(sd->arena, "WorkingDirectory=%" PRIstr " is %s", ARG(dir),
				 f->state == FILE_OK ? "no directory" : "not in the image");
	const struct file *above = rootfs_stat(sd->root, str_dirname(dir));
	bool whole = f->state == FILE_OK || above->state == FILE_OK;
	if (whole && !has_own_directory(l->unit) && !made_at_boot(sd, "tmpfiles.d", dir))
		obstruct(l, why, l->workdir.from);
	judge(l->unit, STARTS_NO, why);
}

/* With RefuseManualStart= only another unit can start it, and nothing asks for this one. */
static void judge_manual(struct unit *u)
{
	struct str refuse = unit_value(u, S("Unit"), S("RefuseManualStart")).text;
	bool yes = str_eq(refuse, S("yes")) || str_eq(refuse, S("true")) ||
		   str_eq(refuse, S("1")) || str_eq(refuse, S("on"));
	if (yes && !str_starts(u->enabled, S("enabled")))
		judge(u, STARTS_NO, S("RefuseManualStart=yes, and no unit wants it"));
}

void start_judge(struct loading *l)
{
	struct unit *u = l->unit;
	struct str why;
	judge_manual(u);
	judge_conditions(l);
	judge_needs(l);
	judge_commands_before(l);
	judge_user(l);
	judge_directory(l);
	if (u->doubt.reason != REASON_NONE)
		judge(u, STARTS_UNTOLD, u->doubt.text);
	if (u->commands.n == 0) {
		judge(u, STARTS_NO, S("there is no command to start"));
		return;
	}
	const struct command *c = &u->commands.at[0];
	if (u->doubt.reason == REASON_NONE && (why = not_executable(l, c)).n)
		obstruct(l, why, c->from);
	why = not_there(l, c);
	if (why.n)
		judge(u, STARTS_NO, why);
}
