/*
 * start.c - would the service's command run if it were started?
 *
 * Conditions, dependencies, environment files, user, directory and the executables themselves
 * (systemd.exec(5) "PROCESS EXIT CODES"). Commands before ExecStart= are taken to succeed, but
 * for `false` and those that are not there.
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

/* Empty when the kernel would take it. */
static struct str not_executable(struct loading *l, const struct command *c)
{
	const struct file *f = executable(l, c->path);
	if (!f)
		return str_fmt(l->sd->arena, "%" PRIstr " is not in the image", ARG(c->path));
	if (f->state == FILE_OK && (f->kind != FILE_REGULAR || !(f->mode & 0111)))
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

static bool runs_to_success(struct loading *l, const struct command *c, struct str *why)
{
	if (c->ignore_failure)
		return true;
	*why = not_executable(l, c);
	if (why->n == 0 && str_eq(str_basename(c->path), S("false")))
		*why = str_fmt(l->sd->arena, "%" PRIstr " fails", ARG(c->path));
	return why->n == 0;
}

static void judge_commands_before(struct loading *l)
{
	static const char *const keys[] = {"ExecCondition", "ExecStartPre"};
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		const struct commands *list = map_get(l->commands, str_from(keys[k]));
		for (size_t i = 0; list && i < list->n; i++) {
			struct str why;
			if (!runs_to_success(l, &list->at[i], &why))
				judge(l->unit, STARTS_NO,
				      str_fmt(l->sd->arena, "%s=: %" PRIstr, keys[k], ARG(why)));
		}
	}
}

static void judge_conditions(struct loading *l)
{
	for (int asserts = 0; asserts < 2; asserts++) {
		struct str why = {0};
		enum holds holds = conditions_hold(l, asserts, &why);
		if (holds != HOLDS)
			judge(l->unit, holds == HOLDS_NOT ? STARTS_NO : STARTS_UNTOLD, why);
	}
}

static void judge_needs(struct loading *l)
{
	for (size_t i = 0; i < l->needs.n; i++) {
		struct str name = l->needs.at[i].text;
		/* Only services are files for certain; mounts, devices and slices come to be. */
		if (!str_ends(name, S(".service")) || str_eq(name, l->unit->name))
			continue;
		if (!search_find(l->sd, name).any)
			judge(l->unit, STARTS_NO,
			      str_fmt(l->sd->arena, "it requires %" PRIstr ", which does not exist",
				      ARG(name)));
	}
}

static void judge_user_and_directory(struct loading *l)
{
	struct arena *a = l->sd->arena;
	if (l->user.text.n && !account_read(l->sd->root, l->user.text).found)
		judge(l->unit, STARTS_NO,
		      str_fmt(a, "User=%" PRIstr ": no such user", ARG(l->user.text)));
	if (l->workdir_optional || !str_starts(l->workdir.text, S("/")))
		return;
	const struct file *f = rootfs_stat(l->sd->root, l->workdir.text);
	if (f->state == FILE_ABSENT || (f->state == FILE_OK && f->kind != FILE_DIRECTORY))
		judge(l->unit, STARTS_NO,
		      str_fmt(a, "WorkingDirectory=%" PRIstr " is not in the image",
			      ARG(l->workdir.text)));
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
	judge_user_and_directory(l);
	if (u->doubt.reason != REASON_NONE)
		judge(u, STARTS_UNTOLD, u->doubt.text);
	if (u->commands.n == 0)
		judge(u, STARTS_NO, S("there is no command to start"));
	else if ((why = not_executable(l, &u->commands.at[0])).n)
		judge(u, STARTS_NO, why);
}
