/*
 * settings.c - what the lines of a service mean: one handler a key.
 *
 * systemd.unit(5), systemd.service(5), systemd.exec(5). Only keys that decide whether a command
 * runs, or with what, have a handler; systemd does not refuse a unit for bad values of most
 * others, so they are not looked at.
 */
#include "expand.h"
#include "specifier.h"
#include "state.h"
#include "words.h"

typedef bool line_fn(struct loading *l, const struct line *line, struct str *why);

/* The value with its specifiers filled in; false when it cannot be. */
static bool filled_value(struct loading *l, struct traced value, struct traced *out)
{
	struct specifiers s = {.arena = l->sd->arena,
			       .root = l->sd->root,
			       .version = l->sd->v,
			       .name = l->spec_name,
			       .fragment = l->unit->fragment ? l->unit->fragment->path : S("")};
	return specifiers_fill(&s, value, out);
}

static bool on_environment(struct loading *l, const struct line *line, struct str *why)
{
	(void)why;
	environment_line(l->sd, &l->environment, l->spec_name, line->value, &l->specifier_doubt);
	return true;
}

static bool on_environment_file(struct loading *l, const struct line *line, struct str *why)
{
	struct traced value = line->value;
	bool optional = str_starts(value.text, S("-"));
	(void)why;
	if (value.text.n == 0) {
		l->env_files.n = 0;
		return true;
	}
	const struct origin *from = traced_origin(l->sd->arena, value);
	value = traced_slice(value, optional, value.text.n);
	if (!filled_value(l, value, &value) || !str_starts(value.text, S("/")) ||
	    value.text.n > 4095) {
		note(l->sd->notes, from, "EnvironmentFile is not an absolute path, ignored");
		return true;
	}
	*vec_push(l->sd->arena, &l->env_files) =
		(struct env_file){path_simplify(l->sd->arena, value.text), optional, from};
	return true;
}

static void add_words(struct loading *l, struct traced value, struct words *out)
{
	struct traced word, raw;
	if (value.text.n == 0)
		out->n = 0;
	while (words_next(l->sd->arena, &value, WORDS_CUNESCAPE, &word, &raw) == WORDS_WORD)
		if (filled_value(l, word, &word))
			*vec_push(l->sd->arena, out) = traced_word(l->sd->arena, word);
}

static bool on_unset(struct loading *l, const struct line *line, struct str *why)
{
	(void)why;
	if (l->sd->v >= 235)
		add_words(l, line->value, &l->unset);
	return true;
}

static bool on_pass(struct loading *l, const struct line *line, struct str *why)
{
	(void)why;
	if (l->sd->v >= 228)
		add_words(l, line->value, &l->pass);
	return true;
}

static bool on_type(struct loading *l, const struct line *line, struct str *why)
{
	static const char *const types[] = {"simple", "exec",   "forking",       "oneshot",
					    "dbus",   "notify", "notify-reload", "idle"};
	(void)why;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(line->value.text, str_from(types[i])))
			l->type = line->value.text;
	return true;
}

static bool on_restart(struct loading *l, const struct line *line, struct str *why)
{
	static const char *const modes[] = {"no",          "on-success",  "on-failure",
					    "on-abnormal", "on-watchdog", "on-abort",
					    "always"};
	(void)why;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (str_eq(line->value.text, str_from(modes[i])))
			l->restart = line->value.text;
	return true;
}

static bool on_bus_name(struct loading *l, const struct line *line, struct str *why)
{
	(void)why;
	l->bus_name = line->value.text;
	return true;
}

static bool on_user(struct loading *l, const struct line *line, struct str *why)
{
	struct traced value;
	if (!filled_value(l, line->value, &value)) {
		*why = S("User= cannot be made sense of");
		return false;
	}
	l->user = traced_word(l->sd->arena, value);
	return true;
}

static bool on_working_directory(struct loading *l, const struct line *line, struct str *why)
{
	struct traced value = line->value;
	bool optional = str_starts(value.text, S("-"));
	value = traced_slice(value, optional, value.text.n);
	if (str_eq(value.text, S("~"))) {
		l->workdir = traced_word(l->sd->arena, value);
		l->workdir_optional = true;
		return true;
	}
	if (value.text.n && (!filled_value(l, value, &value) || !str_starts(value.text, S("/")))) {
		*why = S("WorkingDirectory= is not an absolute path");
		return optional;
	}
	l->workdir = traced_word(l->sd->arena, value);
	l->workdir.text = path_simplify(l->sd->arena, l->workdir.text);
	l->workdir_optional = optional;
	return true;
}

static bool on_root_directory(struct loading *l, const struct line *line, struct str *why)
{
	struct traced value;
	(void)why;
	if (filled_value(l, line->value, &value))
		l->root_directory = traced_word(l->sd->arena, value);
	return true;
}

static bool on_exec_search_path(struct loading *l, const struct line *line, struct str *why)
{
	struct traced value;
	(void)why;
	if (l->sd->v < 250 || !filled_value(l, line->value, &value))
		return true;
	struct word w = traced_word(l->sd->arena, value);
	if (w.text.n && l->exec_search_path.text.n)
		w.text = str_fmt(l->sd->arena, "%" PRIstr ":%" PRIstr,
				 ARG(l->exec_search_path.text), ARG(w.text));
	l->exec_search_path = w;
	return true;
}

static bool on_needs(struct loading *l, const struct line *line, struct str *why)
{
	struct words names = {0};
	(void)why;
	if (line->value.text.n)
		add_words(l, line->value, &names);
	for (size_t i = 0; i < names.n; i++)
		*vec_push(l->sd->arena, &l->needs) = names.at[i];
	return true;
}

static bool on_success_action(struct loading *l, const struct line *line, struct str *why)
{
	(void)why;
	l->success_action = !str_eq(line->value.text, S("none"));
	return true;
}

/* An empty assignment of any condition takes all of its family back. */
static bool on_condition(struct loading *l, const struct line *line)
{
	struct assignment c = {line->section, line->key.text,
			       traced_word(l->sd->arena, line->value)};
	struct str family = str_starts(c.key, S("Assert")) ? S("Assert") : S("Condition");
	struct traced value;
	size_t kept = 0;
	if (c.value.text.n == 0) {
		for (size_t i = 0; i < l->conditions.n; i++)
			if (!str_starts(l->conditions.at[i].key, family))
				l->conditions.at[kept++] = l->conditions.at[i];
		l->conditions.n = kept;
		return true;
	}
	if (filled_value(l, line->value, &value)) {
		c.value.text = value.text;
		*vec_push(l->sd->arena, &l->conditions) = c;
	}
	return true;
}

static const struct {
	const char *section, *key;
	line_fn *on;
} table[] = {
	{"Service", "ExecStart", exec_line},
	{"Service", "ExecStartPre", exec_line},
	{"Service", "ExecStartPost", exec_line},
	{"Service", "ExecCondition", exec_line},
	{"Service", "ExecReload", exec_line},
	{"Service", "ExecStop", exec_line},
	{"Service", "ExecStopPost", exec_line},
	{"Service", "Environment", on_environment},
	{"Service", "EnvironmentFile", on_environment_file},
	{"Service", "UnsetEnvironment", on_unset},
	{"Service", "PassEnvironment", on_pass},
	{"Service", "Type", on_type},
	{"Service", "Restart", on_restart},
	{"Service", "BusName", on_bus_name},
	{"Service", "User", on_user},
	{"Service", "WorkingDirectory", on_working_directory},
	{"Service", "RootDirectory", on_root_directory},
	{"Service", "ExecSearchPath", on_exec_search_path},
	{"Unit", "Requires", on_needs},
	{"Unit", "BindsTo", on_needs},
	{"Unit", "SuccessAction", on_success_action},
};

bool load_line(struct loading *l, const struct line *line, struct str *why)
{
	struct str key = line->key.text;
	if (str_eq(line->section, S("Unit")) &&
	    (str_starts(key, S("Condition")) || str_starts(key, S("Assert"))))
		return on_condition(l, line);
	/* Came with v243; 239 is that of RHEL 8, which has it too. */
	if (str_eq(key, S("ExecCondition")) && l->sd->v < 243 && l->sd->v != 239)
		return true;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_eq(line->section, str_from(table[i].section)) &&
		    str_eq(key, str_from(table[i].key)))
			return table[i].on(l, line, why);
	return true;
}
