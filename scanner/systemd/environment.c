/*
 * environment.c - what variables a service's commands get.
 *
 * systemd.exec(5) "Environment variables in spawned processes"; exec_child and
 * exec_context_load_environment (execute.c) of systemd 252. Later wins: the manager's, the
 * user's, PATH of ExecSearchPath=, Environment=, EnvironmentFile=; UnsetEnvironment= then takes
 * away. Not there: what only a running manager knows (INVOCATION_ID, NOTIFY_SOCKET,
 * what the kernel gave it for PassEnvironment= to pass on).
 */
#include "envfile.h"
#include "expand.h"
#include "glob.h"
#include "out.h"
#include "specifier.h"
#include "state.h"
#include "words.h"

#include <stdlib.h>

enum { ENV_FILES_MAX = 16 << 20, ENV_FILE_COST = 16 << 10 };

static struct variable plain(struct str name, struct str value)
{
	return (struct variable){.name = name, .value = {.text = value}};
}

static struct variable traced_variable(struct arena *a, struct str name, struct traced value)
{
	return (struct variable){.name = name, .value = traced_word(a, value), .at = value.at};
}

static const char *word_refused(struct str word, struct str name)
{
	if (str_starts(word, S("-")))
		return "an option outside of the quotes, ignored: quote the assignment as a whole";
	if (name.n == word.n)
		return "no assignment, ignored";
	return env_name_valid(name) ? "a value of bytes it may not hold, ignored"
				    : "not a valid name, the assignment is ignored";
}

void environment_line(struct systemd *sd, struct variables *vars, struct str name,
		      struct traced value, struct doubt *doubt)
{
	struct specifiers s = {
		.arena = sd->arena, .root = sd->root, .version = sd->v, .name = name};
	struct traced word, raw;
	enum words_end end = WORDS_WORD;
	if (value.text.n == 0)
		*vars = (struct variables){0};
	while (value.text.n &&
	       (end = words_next(sd->arena, &value, WORDS_CUNESCAPE, &word, &raw)) == WORDS_WORD) {
		struct traced filled = word;
		bool manager = name.n == 0;
		if ((!manager || sd->v >= 249) && !specifiers_fill(&s, word, &filled)) {
			note(sd->notes, traced_origin(sd->arena, raw),
			     "unknown specifier, the assignment is ignored");
			continue;
		}
		size_t equals = str_find(filled.text, '=');
		struct str var = str_slice(filled.text, 0, equals);
		struct traced val = traced_slice(filled, equals + 1, filled.text.n);
		if (equals == filled.text.n || !env_name_valid(var) ||
		    !env_value_valid(val.text, sd->v)) {
			note(sd->notes, traced_origin(sd->arena, raw), "%s",
			     word_refused(filled.text, var));
			continue;
		}
		variables_set(sd->arena, vars, traced_variable(sd->arena, var, val));
	}
	if (end == WORDS_BAD)
		note(sd->notes, traced_origin(sd->arena, value),
		     "bad quoting or escape, the rest of the line is ignored");
	if (doubt->reason == REASON_NONE)
		*doubt = s.doubt;
}

/* ---- the manager ---- */

static void read_locale(struct systemd *sd, struct variables *vars)
{
	const struct file *f = rootfs_read(sd->root, S("/etc/locale.conf"));
	bool lang = false;
	if (f->state == FILE_OK && f->kind == FILE_REGULAR) {
		struct env_pairs pairs = envfile_parse(sd->arena, f, sd->v);
		for (size_t i = 0; pairs.fault.n == 0 && i < pairs.n; i++) {
			struct str name = pairs.at[i].name.text;
			if (!str_eq(name, S("LANG")) && !str_eq(name, S("LANGUAGE")) &&
			    !(str_starts(name, S("LC_")) && !str_eq(name, S("LC_ALL"))))
				continue;
			if (pairs.at[i].value.text.n == 0)
				continue;
			lang = true;
			variables_set(sd->arena, vars,
				      traced_variable(sd->arena, name, pairs.at[i].value));
		}
	}
	if (!lang && sd->v >= 240)
		variables_set(sd->arena, vars, plain(S("LANG"), S("C.UTF-8")));
}

static void read_manager_file(struct systemd *sd, const struct file *f, struct variables *vars)
{
	if (f->state != FILE_OK || f->kind != FILE_REGULAR)
		return;
	struct lines lines = syntax_parse(sd->arena, f, sd->v, sd->notes);
	struct doubt doubt = {0};
	for (size_t i = 0; i < lines.n; i++) {
		struct str key = lines.at[i].key.text;
		if (!str_eq(lines.at[i].section, S("Manager")))
			continue;
		if (str_eq(key, S("DefaultEnvironment")))
			environment_line(sd, vars, S(""), lines.at[i].value, &doubt);
		else if (str_eq(key, S("ManagerEnvironment")) && sd->v >= 248)
			environment_line(sd, &sd->own, S(""), lines.at[i].value, &doubt);
	}
}

static void read_manager_configuration(struct systemd *sd, struct variables *vars)
{
	static const char *const dirs[] = {
		"/etc/systemd/system.conf.d", "/run/systemd/system.conf.d",
		"/usr/local/lib/systemd/system.conf.d", "/usr/lib/systemd/system.conf.d",
		"/lib/systemd/system.conf.d"};
	struct strs all = {0};
	struct doubt doubt = {0};
	const struct file *f = rootfs_read(sd->root, S("/etc/systemd/system.conf"));
	if (f->state == FILE_ABSENT && sd->v >= 256)
		f = rootfs_read(sd->root, S("/usr/lib/systemd/system.conf"));
	read_manager_file(sd, f, vars);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (sd->live_run || !str_starts(str_from(dirs[i]), S("/run/")))
			strs_add(sd->arena, &all, rootfs_stat(sd->root, str_from(dirs[i]))->real);
	struct files files = conf_files(sd, &all, &doubt);
	/* v262 gives all of it up when one of the files is masked by a device. */
	for (size_t i = 0; sd->v >= 262 && i < files.n; i++)
		if (leads_to_null(sd, files.at[i]->path)) {
			*vars = sd->own = (struct variables){0};
			return;
		}
	for (size_t i = 0; i < files.n; i++)
		read_manager_file(sd, files.at[i], vars);
}

const struct variables *environment_manager(struct systemd *sd)
{
	struct variables configured = {0};
	struct notes *of_unit = sd->notes;
	if (sd->manager)
		return sd->manager;
	/* They concern every unit, not just the one that comes first. */
	sd->notes = rootfs_notes(sd->root);
	sd->manager = NEW(sd->arena, struct variables);
	variables_set(sd->arena, sd->manager, plain(S("PATH"), str_from(default_path(sd))));
	read_locale(sd, sd->manager);
	read_manager_configuration(sd, &configured);
	for (size_t i = 0; i < configured.n; i++)
		variables_set(sd->arena, sd->manager, configured.at[i]);
	if (sd->v >= 233)
		generators_read_variables(sd, sd->manager);
	sd->notes = of_unit;
	return sd->manager;
}

/* ---- the service ---- */

static void set_user(struct loading *l, struct variables *out)
{
	struct arena *a = l->sd->arena;
	if (l->user.text.n == 0) {
		if (l->sd->v >= 255)
			variables_set(a, out, plain(S("USER"), S("root")));
		return;
	}
	struct account who = account_read(l->sd->root, l->user.text);
	if (!who.found)
		return;
	variables_set(a, out, plain(S("HOME"), who.home));
	variables_set(a, out, plain(S("LOGNAME"), who.name));
	variables_set(a, out, plain(S("USER"), who.name));
	variables_set(a, out,
		      plain(S("SHELL"), account_shell(l->sd->root, l->user.text, l->sd->v)));
}

/* The directories of a StateDirectory= value below their root, joined by colons. */
static struct str directories(struct loading *l, struct str value, const char *root)
{
	struct arena *a = l->sd->arena;
	struct strs parts = {0};
	struct str part;
	while (value.n) {
		str_cut(value, ' ', &part, &value);
		part = str_slice(part, 0, str_find(part, ':'));
		if (part.n)
			*vec_push(a, &parts) = part;
	}
	/* Parents must be made before what lies in them: sorted since v251. */
	if (parts.n && l->sd->v >= 251)
		qsort(parts.at, parts.n, sizeof *parts.at, str_order);
	struct out *o = out_new(a);
	for (size_t i = 0; i < parts.n; i++)
		out_fmt(o, "%s%s/%" PRIstr, i ? ":" : "", root, ARG(parts.at[i]));
	return str_dup(a, out_text(o));
}

/* STATE_DIRECTORY and its like. */
static void set_directories(struct loading *l, struct variables *out)
{
	static const struct {
		const char *key, *variable, *root;
	} all[] = {
		{"RuntimeDirectory", "RUNTIME_DIRECTORY", "/run"},
		{"StateDirectory", "STATE_DIRECTORY", "/var/lib"},
		{"CacheDirectory", "CACHE_DIRECTORY", "/var/cache"},
		{"LogsDirectory", "LOGS_DIRECTORY", "/var/log"},
		{"ConfigurationDirectory", "CONFIGURATION_DIRECTORY", "/etc"},
	};
	struct arena *a = l->sd->arena;
	for (size_t i = 0; l->sd->v >= 235 && i < sizeof all / sizeof *all; i++) {
		struct word value = unit_value(l->unit, S("Service"), str_from(all[i].key));
		struct str text = directories(l, value.text, all[i].root);
		if (text.n)
			variables_set(a, out, plain(str_from(all[i].variable), text));
	}
	if (l->sd->v >= 247 && (unit_value(l->unit, S("Service"), S("LoadCredential")).text.n ||
				unit_value(l->unit, S("Service"), S("SetCredential")).text.n))
		variables_set(a, out,
			      plain(S("CREDENTIALS_DIRECTORY"),
				    str_cat(a, S("/run/credentials/"), l->unit->id)));
}

static void doubt_once(struct loading *l, struct doubt doubt)
{
	if (l->unit->doubt.reason == REASON_NONE)
		l->unit->doubt = doubt;
}

/* A mandatory file that systemd would not read; no command runs then. */
static bool refuse(struct loading *l, const struct env_file *e, struct str path, const char *why)
{
	if (e->optional)
		return true;
	if (boot_prepared(l, path)) {
		doubt_once(l, (struct doubt){
				      REASON_GENERATED_AT_BOOT,
				      str_cat(l->sd->arena, path, S(": written by ExecStartPre")),
				      e->from});
		return false;
	}
	struct str text = str_fmt(l->sd->arena, "%" PRIstr ": EnvironmentFile %s", ARG(path), why);
	doubt_once(l, (struct doubt){REASON_ENV_FILE_ABSENT, text, e->from});
	l->unit->starts = STARTS_NO;
	l->unit->starts_reason = text;
	return false;
}

enum { NOTES_OF_A_FILE = 20 };

static const char *pair_refused(struct str name)
{
	if (str_starts(name, S("\xEF\xBB\xBF")))
		return "a byte order mark is part of the name, which is therefore not valid";
	if (str_starts(name, S("export ")))
		return "the line defines nothing: export is no word here";
	if (str_starts(name, S("-")))
		return "an option, not an assignment: the line defines nothing";
	return env_name_valid(name) ? "a value of bytes it may not hold: the line defines nothing"
				    : "not a valid name: the line defines nothing";
}

static void note_waste(struct systemd *sd, const struct env_pairs *pairs)
{
	for (size_t i = 0; i < pairs->waste.n && i < NOTES_OF_A_FILE; i++)
		note(sd->notes, traced_origin(sd->arena, pairs->waste.at[i]),
		     pairs->waste.at[i].text.n && str_find(pairs->waste.at[i].text, '=') <
							  pairs->waste.at[i].text.n
			     ? "part of the comment above, which ends in a backslash"
			     : "a line without =: it defines nothing");
}

static bool read_env_file(struct loading *l, const struct env_file *e, struct str path,
			  struct variables *out)
{
	struct systemd *sd = l->sd;
	const struct file *f = rootfs_read(sd->root, path);
	/* What lies under /run in an image is gone when the machine boots. */
	bool hidden = !sd->live_run && str_starts(f->real, S("/run/"));
	if (f->state == FILE_UNREADABLE && !file_missing(f)) {
		doubt_once(l, doubt_file(sd->arena, f, e->from));
		return e->optional;
	}
	if (f->state != FILE_OK || hidden) {
		if (e->optional)
			*vec_push(sd->arena, &l->unit->pending) =
				(struct pending){.path = path,
						 .why = S("optional EnvironmentFile, absent"),
						 .from = e->from};
		return refuse(l, e, path, "is absent");
	}
	if (f->kind != FILE_REGULAR)
		return f->kind == FILE_DEVICE || refuse(l, e, path, "is not a regular file");
	struct env_pairs pairs = envfile_parse(sd->arena, f, sd->v);
	size_t noted = 0;
	if (pairs.fault.n) {
		note(sd->notes, pairs.fault_at, "%" PRIstr ": systemd does not accept this file",
		     ARG(pairs.fault));
		return refuse(l, e, path, "cannot be parsed");
	}
	for (size_t i = 0; i < pairs.n; i++) {
		struct env_pair p = pairs.at[i];
		if (env_name_valid(p.name.text) && env_value_valid(p.value.text, sd->v))
			variables_set(sd->arena, out,
				      traced_variable(sd->arena, p.name.text, p.value));
		else if (noted++ < NOTES_OF_A_FILE)
			note(sd->notes, traced_origin(sd->arena, p.name), "%s",
			     pair_refused(p.name.text));
	}
	note_waste(sd, &pairs);
	return true;
}

static bool read_env_files(struct loading *l, struct variables *out)
{
	size_t room = ENV_FILES_MAX;
	for (size_t i = 0; i < l->env_files.n; i++) {
		const struct env_file *e = &l->env_files.at[i];
		struct strs paths = {0};
		glob_paths(l->sd, e->path, &paths);
		if (paths.n == 0)
			*vec_push(l->sd->arena, &paths) = e->path;
		for (size_t k = 0; k < paths.n; k++) {
			size_t size = rootfs_read(l->sd->root, paths.at[k])->text.n + ENV_FILE_COST;
			if (size > room) {
				doubt_once(l, (struct doubt){
						      REASON_LIMIT,
						      S("environment files of more than 16 MiB"),
						      e->from});
				return false;
			}
			room -= size;
			if (!read_env_file(l, e, paths.at[k], out))
				return false;
		}
	}
	return true;
}

static void unset(struct arena *a, const struct words *unset_words, struct variables *vars)
{
	for (size_t i = 0; i < unset_words->n; i++) {
		struct str name, value;
		bool exact = str_cut(unset_words->at[i].text, '=', &name, &value);
		const struct variable *v = variables_get(vars, name);
		if (v && (!exact || str_eq(v->value.text, value)))
			variables_unset(a, vars, name);
	}
}

bool environment_build(struct loading *l, struct variables *during)
{
	struct arena *a = l->sd->arena;
	struct variables *out = &l->unit->environment;
	const struct variables *manager = environment_manager(l->sd);
	if (l->unit->doubt.reason == REASON_NONE)
		l->unit->doubt = l->sd->doubt;
	for (size_t i = 0; i < manager->n; i++)
		variables_set(a, out, manager->at[i]);
	set_user(l, out);
	set_directories(l, out);
	if (l->exec_search_path.text.n)
		variables_set(a, out,
			      (struct variable){.name = S("PATH"), .value = l->exec_search_path});
	for (size_t i = 0; i < l->pass.n; i++) {
		const struct variable *v = variables_get(&l->sd->own, l->pass.at[i].text);
		if (v)
			variables_set(a, out, *v);
	}
	for (size_t i = 0; i < l->environment.n; i++)
		variables_set(a, out, l->environment.at[i]);
	if (!read_env_files(l, out))
		return false;
	*during = *out;
	if (l->unset.n == 0)
		return true;
	/* From v258 on the words are filled in before variables are taken away. */
	struct variables left = {0};
	for (size_t i = 0; i < out->n; i++)
		variables_set(a, &left, out->at[i]);
	unset(a, &l->unset, &left);
	*out = left;
	if (l->sd->v < 258)
		*during = left;
	return true;
}
