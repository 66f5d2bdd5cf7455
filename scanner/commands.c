/*
 * commands.c - the table of commands, and what each makes of its words before any target is
 * opened.
 */
#include <string.h>

#include "session.h"

static bool begin_argv(struct offnode_report *r, const char *const *words, size_t n)
{
	if (n > 1)
		r->report.about = str_from(words[1]);
	return true;
}

static bool begin_path(struct offnode_report *r, const char *const *words, size_t n)
{
	(void)n;
	r->path = str_from(words[1]);
	return true;
}

/* What a mistyped KEY was meant to be; NULL when no name is near. */
static const char *nearest_key(struct arena *a, const char *word)
{
	VEC(const char *) names = {0};
	const struct option *x;
	for (size_t i = 0; (x = option_at(i)); i++) {
		if (x->path)
			*vec_push(a, &names) = x->path;
		if (x->flag)
			*vec_push(a, &names) = x->flag;
	}
	return nearest(word, names.at, sizeof *names.at, names.n);
}

/* KEY is a config path, a flag with or without its dashes; RULE any name of a rule; UNIT ends as
 * the names of services do. */
static bool begin_explain(struct offnode_report *r, const char *const *words, size_t n)
{
	(void)n;
	struct str name = str_from(words[1]);
	const struct rule *named = rule_named(name, r->report.benchmark);
	if (str_ends(name, S(".service"))) {
		r->report.kind = REPORT_STORY;
		r->report.about = name;
		return true;
	}
	if (named && named->wants[0].subject == SUBJECT_SETTING)
		name = str_from(named->wants[0].name);
	else if (named)
		return run_fail(r, OFFNODE_USAGE,
				"'%s' is about no setting: `offnode scan -v -c %s` tells all of it",
				words[1], words[1]);
	if (str_starts(name, S("featureGates.")))
		name = S("featureGates");
	if (!option_find(name))
		name = str_cat(r->report.arena, S("--"), name);
	r->report.option = option_find(name);
	r->report.about = name;
	if (r->report.option)
		return true;
	const char *near = nearest_key(r->report.arena, words[1] + strspn(words[1], "-"));
	return run_fail(r, OFFNODE_USAGE,
			"'%s' is neither a setting of the kubelet, nor a rule, nor a unit%s%s%s",
			words[1], near ? "; did you mean '" : "", near ? near : "",
			near ? "'?" : "");
}

static bool begin_rules(struct offnode_report *r, const char *const *words, size_t n)
{
	bool show = n && strcmp(words[0], "show") == 0;
	if (n && !show && strcmp(words[0], "list") != 0)
		return run_fail(r, OFFNODE_USAGE, "rules: '%s' is neither list nor show", words[0]);
	if (n != (show ? 2 : n ? 1 : 0))
		return run_fail(r, OFFNODE_USAGE,
				show ? "rules show: needs one RULE" : "rules list: takes no words");
	if (!rules_select(r))
		return false;
	r->report.rules = r->selected;
	if (!show)
		return true;
	r->report.about = str_from(words[1]);
	r->report.rules = rules_called(r, r->report.about);
	if (!r->report.rules.n)
		return run_fail(r, OFFNODE_USAGE, "'%s' is no rule, number or alias", words[1]);
	return true;
}

static bool begin_scan(struct offnode_report *r, const char *const *words, size_t n)
{
	(void)words;
	(void)n;
	return rules_select(r);
}

static const struct command_room commands[] = {
	{{"scan", "TARGET...", "verdicts; the default command", 1, -1},
	 REPORT_SCAN,
	 -1,
	 begin_scan,
	 visit_scan},
	{{"argv", "TARGET [UNIT]", "the command line of a unit, each word with its origin", 1, 2},
	 REPORT_ARGV,
	 1,
	 begin_argv,
	 visit_argv},
	{{"config", "TARGET", "the effective KubeletConfiguration, each value with its origin", 1,
	  1},
	 REPORT_CONFIG,
	 1,
	 NULL,
	 visit_launches},
	{{"explain", "TARGET KEY|RULE|UNIT", "how a setting or a command line came to be", 2, 2},
	 REPORT_EXPLAIN,
	 1,
	 begin_explain,
	 visit_explain},
	{{"inspect", "TARGET", "what the target is, and what it launches", 1, 1},
	 REPORT_INSPECT,
	 1,
	 NULL,
	 visit_launches},
	{{"ls", "TARGET PATH", "list a directory inside the image", 2, 2},
	 REPORT_RAW,
	 1,
	 begin_path,
	 visit_ls},
	{{"cat", "TARGET PATH", "print a file inside the image", 2, 2},
	 REPORT_RAW,
	 1,
	 begin_path,
	 visit_cat},
	{{"capture", "TARGET", "the files that decide, as text that scans to the same report", 1,
	  1},
	 REPORT_RAW,
	 1,
	 begin_scan,
	 visit_capture},
	{{"diff", "TARGET TARGET", "what the kubelet of the second would run with otherwise", 2, 2},
	 REPORT_DIFF,
	 2,
	 begin_scan,
	 visit_scan},
	{{"fix", "TARGET",
	  "the smallest change that turns what failed: a patch, or -o DIR, -o FILE.tar", 1, 1},
	 REPORT_RAW,
	 1,
	 begin_scan,
	 visit_fix},
	{{"convert", "REPORT.json", "a saved report in another format, or judged again", 1, 1},
	 REPORT_SCAN,
	 0,
	 begin_convert,
	 NULL},
	{{"completion", "bash|zsh|fish", "functions for that shell, to be sourced", 1, 1},
	 REPORT_RAW,
	 0,
	 begin_completion,
	 NULL},
	{{"rules", "[list | show RULE]", "the rules and benchmarks built in", 0, 2},
	 REPORT_RULES,
	 0,
	 begin_rules,
	 NULL},
	{{"cache", "info|clear", "what is kept of what was fetched; or remove it", 1, 1},
	 REPORT_CACHE,
	 0,
	 begin_cache,
	 NULL},
};

enum { COMMANDS_N = sizeof commands / sizeof *commands };

const struct command_room *command_find(struct str name)
{
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (str_eq(str_from(commands[i].told.name), name))
			return &commands[i];
	return NULL;
}

/* The public table: rooms without what is inside them, and the two that main.c answers. */
const struct offnode_command *offnode_command(size_t i)
{
	static const struct offnode_command more[] = {
		{"version", "", "the version", 0, 0},
		{"help", "[COMMAND]", "this text, or that of a command", 0, 1},
	};
	if (i < COMMANDS_N)
		return &commands[i].told;
	i -= COMMANDS_N;
	return i < sizeof more / sizeof *more ? &more[i] : NULL;
}

const char *offnode_nearest_command(const char *word)
{
	const char *names[COMMANDS_N + 2];
	size_t n = 0;
	for (const struct offnode_command *c; n < COMMANDS_N + 2 && (c = offnode_command(n)); n++)
		names[n] = c->name;
	return nearest(word, names, sizeof *names, n);
}
