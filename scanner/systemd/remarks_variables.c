/*
 * remarks_variables.c - variables and words of commands that come to nothing: used and never set,
 * set and never used, words that vanish or stay as they are, assignments that another one
 * silences.
 *
 * systemd.service(5) "COMMAND LINES", systemd.exec(5) "Environment". What a program reads from its
 * environment by itself cannot be known: a variable counts as unused only where its value looks
 * like options and its name like this service's, or the program is a kubelet, which takes none.
 */
#include <string.h>

#include "envfile.h"
#include "expand.h"
#include "glob.h"
#include "out.h"
#include "state.h"

enum { TEXT_MAX = 256 << 10, SCRIPT_MAX = 64 << 10, NOTES_OF_A_KIND = 50, FILES_MAX = 64 };

struct remarks {
	struct systemd *sd;
	const struct unit *u;
	struct map *named; /* every word that could be a name, in commands and their scripts */
	struct map *told;  /* names that were noted */
	struct words unset;
	struct map *named_by;           /* path of an environment file -> the line that names it */
	const struct file *handed_file; /* the last that handed_on looked at */
	bool handed;
	size_t said; /* notes about words */
	size_t room;
	bool shell, kubelet, opaque; /* what the commands are; opaque: nobody knows what it reads */
};

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static void add_names(struct remarks *r, struct str text)
{
	if (text.n > r->room) {
		r->opaque = true;
		return;
	}
	r->room -= text.n;
	for (size_t i = 0; i < text.n;) {
		size_t from = i;
		while (i < text.n && name_byte(text.p[i]))
			i++;
		if (i > from)
			map_put(r->named, str_slice(text, from, i), r);
		else
			i++;
	}
}

/* The place of `part` inside a word, where it is written plainly. */
static const struct origin *part_of(struct remarks *r, const struct word *w, struct str part)
{
	const struct origin *o = w->from;
	if (!o || !o->file || part.n == 0)
		return o;
	struct str raw = str_slice(o->file->text, o->at, o->at + o->len);
	const char *hit = raw.n ? memmem(raw.p, raw.n, part.p, part.n) : NULL;
	return hit ? origin_new(r->sd->arena, o->file, o->at + (size_t)(hit - raw.p), part.n,
				o->via)
		   : o;
}

static bool told(struct remarks *r, struct str what)
{
	if (map_get(r->told, what) || map_count(r->told) >= NOTES_OF_A_KIND)
		return true;
	map_put(r->told, what, r);
	return false;
}

/* ---- used, never set ---- */

/* What systemd itself sets when it runs a command. */
static bool set_at_runtime(struct str name)
{
	static const char *const names[] = {"MAINPID",
					    "MANAGERPID",
					    "INVOCATION_ID",
					    "LISTEN_FDS",
					    "LISTEN_PID",
					    "LISTEN_FDNAMES",
					    "NOTIFY_SOCKET",
					    "WATCHDOG_PID",
					    "WATCHDOG_USEC",
					    "SERVICE_RESULT",
					    "EXIT_CODE",
					    "EXIT_STATUS",
					    "HOME",
					    "USER",
					    "LOGNAME",
					    "SHELL",
					    "TERM",
					    "PIDFILE",
					    "JOURNAL_STREAM",
					    "LOG_NAMESPACE",
					    "SYSTEMD_EXEC_PID",
					    "TMPDIR",
					    "RUNTIME_DIRECTORY",
					    "CREDENTIALS_DIRECTORY"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return str_starts(name, S("MONITOR_")) || str_starts(name, S("REMOTE_"));
}

static bool listed(const struct words *names, struct str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(str_slice(names->at[i].text, 0, str_find(names->at[i].text, '=')), name))
			return true;
	return false;
}

static void remark_reference(struct remarks *r, const struct word *w, struct str name, bool whole)
{
	const struct loading *l = r->u->loading;
	if (r->u->pending.n || r->u->doubt.reason != REASON_NONE || set_at_runtime(name) ||
	    variables_get(&r->u->environment, name) || told(r, name) || listed(&l->unset, name) ||
	    listed(&l->pass, name))
		return;
	struct str as = str_fmt(r->sd->arena, whole ? "$%" PRIstr : "${%" PRIstr "}", ARG(name));
	*vec_push(r->sd->arena, &r->unset) = (struct word){as, part_of(r, w, as)};
}

/* Hooks that are left empty are common, and often many: one note for all of them. */
static void remark_unset(struct remarks *r)
{
	struct out *names = out_new(r->sd->arena);
	for (size_t i = 0; i < r->unset.n; i++)
		out_fmt(names, "%s%" PRIstr, i ? ", " : "", ARG(r->unset.at[i].text));
	if (r->unset.n)
		note(r->sd->notes, r->unset.at[0].from, "set by nothing in the image: %" PRIstr,
		     ARG(out_text(names)));
}

/* ---- words ---- */

/* `$NAME` inside of a word is text; `--flag=$NAME` shows that more was meant. */
static void remark_literal(struct remarks *r, const struct word *w, size_t dollar)
{
	struct str s = w->text;
	size_t to = dollar + 1;
	while (to < s.n && name_byte(s.p[to]))
		to++;
	struct str name = str_slice(s, dollar + 1, to), as = str_slice(s, dollar, to);
	if (r->shell || !str_starts(s, S("-")) || s.p[dollar - 1] != '=' || !env_name_valid(name) ||
	    r->said++ >= NOTES_OF_A_KIND)
		return;
	note(r->sd->notes, part_of(r, w, as),
	     "%" PRIstr " stays as it is: inside of a word only ${%" PRIstr "} is filled in",
	     ARG(as), ARG(name));
}

static void remark_inside(struct remarks *r, const struct word *w)
{
	struct str s = w->text;
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '$')
			continue;
		if (s.p[i + 1] != '{') {
			if (s.p[i + 1] != '$' && i > 0)
				remark_literal(r, w, i);
			i += s.p[i + 1] == '$';
			continue;
		}
		size_t to = i + 2;
		while (to < s.n && name_byte(s.p[to]))
			to++;
		struct str name = str_slice(s, i + 2, to);
		if (to < s.n && s.p[to] == '}' && env_name_valid(name))
			remark_reference(r, w, name, false);
		i = to - 1;
	}
}

static void remark_word(struct remarks *r, const struct word *w)
{
	struct str s = w->text;
	bool whole = s.n && s.p[0] == '$' && (s.n == 1 || (s.p[1] != '{' && s.p[1] != '$'));
	if (str_find(s, '$') == s.n)
		return;
	if (!whole)
		remark_inside(r, w);
	else if (env_name_valid(str_tail(s, 1)))
		remark_reference(r, w, str_tail(s, 1), true);
	else if (str_find(s, '=') == s.n && r->said++ < NOTES_OF_A_KIND)
		note(r->sd->notes, w->from,
		     "the word vanishes: all of it behind the $ is taken for the variable's name");
}

/* ---- commands ---- */

static bool one_of(struct str s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, str_from(names[i])))
			return true;
	return false;
}

/* A script is searched for names; a program that is not there may be one. */
static void look_at_program(struct remarks *r, struct str path)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash", "zsh", "ksh"};
	static const char *const kubelets[] = {"kubelet", "hyperkube"};
	struct str name = str_basename(path);
	r->shell = one_of(name, shells, sizeof shells / sizeof *shells);
	bool kubelet = one_of(name, kubelets, sizeof kubelets / sizeof *kubelets);
	r->kubelet |= kubelet;
	if (r->shell || kubelet)
		return;
	const struct file *f = rootfs_stat(r->sd->root, path);
	if (f->state != FILE_OK || f->kind != FILE_REGULAR) {
		r->opaque = true;
		return;
	}
	if (f->size > SCRIPT_MAX)
		return;
	f = rootfs_read(r->sd->root, path);
	if (str_starts(f->text, S("#!")))
		add_names(r, f->text);
	else
		r->opaque |= f->state != FILE_OK;
}

static void remark_command(struct remarks *r, const struct command *c)
{
	look_at_program(r, c->path);
	for (size_t i = 0; i < c->words.n; i++) {
		add_names(r, c->words.at[i].text);
		if (!c->literal)
			remark_word(r, &c->words.at[i]);
	}
}

/* ---- set, never used ---- */

/* Does a word of the value begin as an option does? */
static bool has_option(struct str value)
{
	for (size_t i = 0; i + 1 < value.n; i++) {
		bool begins = i == 0 || blank(value.p[i - 1]) || value.p[i - 1] == '"' ||
			      value.p[i - 1] == '\'';
		if (begins && value.p[i] == '-' &&
		    (name_byte(value.p[i + 1]) || value.p[i + 1] == '-'))
			return true;
	}
	return false;
}

static bool in_unit(const struct unit *u, const struct file *f)
{
	bool in = f == u->fragment;
	for (size_t i = 0; i < u->dropins.n; i++)
		in |= f == u->dropins.at[i];
	return in;
}

/* "kubelet.service": does the name begin with KUBELET? */
static bool of_service(const struct unit *u, struct str name)
{
	struct str stem = unit_name_split(u->id).prefix;
	for (size_t i = 0; i < stem.n; i++) {
		char c = stem.p[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (i >= name.n || name.p[i] != (name_byte(c) ? c : '_'))
			return false;
	}
	return stem.n > 0;
}

/* Is the whole file handed on, as `docker run --env-file` does? */
static bool handed_on(struct remarks *r, const struct file *f)
{
	const struct unit *u = r->u;
	if (r->handed_file == f)
		return r->handed;
	r->handed_file = f;
	r->handed = false;
	for (size_t i = 0; i < u->commands.n; i++)
		for (size_t k = 0; k < u->commands.at[i].words.n; k++)
			r->handed |= str_has(u->commands.at[i].words.at[k].text, f->path);
	return r->handed;
}

static void remark_unused(struct remarks *r, const struct variable *v)
{
	const struct origin *from = v->value.from;
	if (!from || !from->file || map_get(r->named, v->name) || !has_option(v->value.text))
		return;
	bool unit = in_unit(r->u, from->file), mine = of_service(r->u, v->name);
	if (unit ? !(mine || r->kubelet) : !mine || handed_on(r, from->file))
		return;
	if (!told(r, v->name))
		note(r->sd->notes, from,
		     "%" PRIstr " is set, but no command of %" PRIstr " uses it", ARG(v->name),
		     ARG(r->u->id));
}

/* ---- Environment= that an EnvironmentFile= silences ---- */

/* Where a file stands in the order of reading; 0 is the fragment. */
static size_t order_of(const struct unit *u, const struct file *f)
{
	for (size_t i = 0; i < u->dropins.n; i++)
		if (u->dropins.at[i] == f)
			return i + 1;
	return 0;
}

static void index_environment_files(struct remarks *r)
{
	const struct loading *l = r->u->loading;
	r->named_by = map_new(r->sd->arena);
	for (size_t i = 0; i < l->env_files.n && i < FILES_MAX; i++) {
		struct strs paths = {0};
		glob_paths(r->sd, l->env_files.at[i].path, &paths);
		for (size_t k = 0; k < paths.n; k++)
			map_put(r->named_by, paths.at[k],
				(void *)(uintptr_t)l->env_files.at[i].from);
	}
}

/* A default that stands beside the EnvironmentFile= line is meant to be overridden; what a later
 * drop-in sets is not. */
static void remark_silenced(struct remarks *r, const struct variable *v)
{
	const struct variable *lost = v->over;
	const struct origin *winner = v->value.from, *from = lost ? lost->value.from : NULL;
	if (!winner || !from || in_unit(r->u, winner->file) || !in_unit(r->u, from->file) ||
	    lost->value.text.n == 0 || str_eq(lost->value.text, v->value.text))
		return;
	const struct origin *line = map_get(r->named_by, winner->file->path);
	if (line && order_of(r->u, from->file) > order_of(r->u, line->file))
		note(r->sd->notes, from,
		     "%" PRIstr " of %" PRIstr " wins: EnvironmentFile= beats Environment=, "
		     "wherever it stands",
		     ARG(v->name), ARG(winner->file->path));
}

void remark_variables(struct systemd *sd, const struct unit *u)
{
	struct remarks r = {
		.sd = sd,
		.u = u,
		.named = map_new(sd->arena),
		.told = map_new(sd->arena),
		.room = TEXT_MAX,
	};
	const struct map *keys = u->loading->commands;
	for (size_t i = 0; i < map_count(keys); i++) {
		const struct commands *list = map_at(keys, i, NULL);
		for (size_t k = 0; k < list->n; k++)
			remark_command(&r, &list->at[k]);
	}
	remark_unset(&r);
	index_environment_files(&r);
	for (size_t i = 0; i < u->environment.n; i++) {
		const struct variable *v = &u->environment.at[i];
		if (!r.opaque)
			remark_unused(&r, v);
		remark_silenced(&r, v);
	}
}
