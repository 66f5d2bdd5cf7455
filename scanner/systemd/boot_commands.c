/*
 * boot_commands.c - files that commands write before a unit's own runs: its ExecStartPre=, other
 * services of the image, commands in user data. A shell text is read (shell.h); what it leaves
 * untold, and any other program, is judged by the names of files in its words. Not looked at:
 * programs in machine code, timers and the order of units.
 */
#include <string.h>

#include "boot.h"
#include "out.h"
#include "shell.h"

/* Beyond, a text is judged by its words alone. */
enum { SCRIPT_MAX = 64 << 10, WORDS_MAX = 3, READINGS_MAX = 30 };

/* Programs that only look at the files they are given, or change no byte of them. */
static bool only_reads(struct str program)
{
	static const char *const all[] = {
		"[",     "awk",       "basename", "cat",    "chattr",    "chcon",    "chgrp",
		"chmod", "chown",     "cmp",      "cut",    "diff",      "dirname",  "echo",
		"egrep", "false",     "fgrep",    "file",   "grep",      "head",     "jq",
		"ls",    "md5sum",    "mkdir",    "printf", "readlink",  "realpath", "restorecon",
		"sed",   "sha256sum", "sleep",    "stat",   "systemctl", "tail",     "test",
		"touch", "true",      "udevadm",  "wc",     "yq",        "logger",   "systemd-cat"};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(program, str_from(all[i])))
			return true;
	return false;
}

static struct str joined(struct arena *a, const struct words *w)
{
	struct out *line = out_new(a);
	for (size_t i = 0, n = 0; i < w->n && n + w->at[i].text.n < SCRIPT_MAX; i++) {
		n += w->at[i].text.n + 1;
		out_str(line, w->at[i].text);
		out_z(line, " ");
	}
	return out_text(line);
}

bool words_write(struct arena *a, const struct words *w, struct str path, bool below)
{
	const struct target t = {path, below};
	struct str line = joined(a, w);
	struct str program = w->n ? str_basename(w->at[0].text) : S("");
	return text_writes(line, &t) ||
	       (text_names(line, &t) && !only_reads(program) && !shell_known(program));
}

static bool outcome_writes(struct arena *a, const struct shell_outcome *o, const struct target *t)
{
	for (size_t i = 0; i < o->written.n; i++)
		if (target_is(t, o->written.at[i].path))
			return true;
	for (size_t i = 0; i < o->commands.n; i++)
		if (words_write(a, &o->commands.at[i].words, t->path, t->below))
			return true;
	return false;
}

static bool shell_writes(const struct unit *u, struct shell sh, struct str text,
			 const struct target *t)
{
	struct systemd *sd = u->loading->sd;
	struct str name = str_basename(t->path);
	if (text_writes(text, t))
		return true;
	if (!str_has(text, name) || text.n > SCRIPT_MAX)
		return false;
	if (boot_of(sd)->readings++ >= READINGS_MAX)
		return text_names(text, t);
	sh.root = sd->root;
	sh.variables = u->environment;
	sh.workdir = u->workdir;
	struct shell_outcome o = shell_read(&sh, text);
	return outcome_writes(sd->arena, &o, t);
}

static bool script_read(const struct unit *u, const struct words *w, size_t at,
			const struct target *t)
{
	struct rootfs *root = u->loading->sd->root;
	struct word path = w->at[at];
	const struct file *f = rootfs_stat(root, path.text);
	struct shell sh = {.from = path.from, .name = path.text};
	if (f->state != FILE_OK || f->kind != FILE_REGULAR || f->size > SCRIPT_MAX)
		return false;
	f = rootfs_read(root, path.text);
	sh.program = shell_interpreter(f->text, &sh.errexit);
	sh.file = f;
	if (!sh.program.n)
		return false;
	if (!shell_known(sh.program))
		return text_names(f->text, t);
	sh.args = (struct words){w->at + at + 1, w->n - at - 1, 0};
	return shell_writes(u, sh, f->text, t);
}

static struct str key_of(struct arena *a, const struct target *t)
{
	return t->below ? str_cat(a, t->path, S("/")) : t->path;
}

/* A script, perhaps behind its shell. Many services may run one script: without words of their
 * own they are told once. */
static bool script_writes(const struct unit *u, const struct words *w, size_t at,
			  const struct target *t)
{
	static char told[2];
	struct systemd *sd = u->loading->sd;
	struct map *scripts = boot_of(sd)->scripts;
	if (!str_starts(w->at[at].text, S("/")))
		return false;
	if (w->n > at + 1)
		return script_read(u, w, at, t);
	struct str key = str_fmt(sd->arena, "%" PRIstr "\n%" PRIstr, ARG(w->at[at].text),
				 ARG(key_of(sd->arena, t)));
	char *known = map_get(scripts, key);
	if (!known) {
		known = &told[script_read(u, w, at, t)];
		map_put(scripts, key, known);
	}
	return known == &told[1];
}

/* The word after "-c", "-ec". */
static bool is_line(const struct words *w, size_t at)
{
	struct str before = at ? w->at[at - 1].text : S("");
	return before.n > 1 && before.p[0] == '-' && before.p[1] != '-' && str_ends(before, S("c"));
}

/* Of other services only scripts that somebody wrote for this machine are read. */
static bool local(struct str path)
{
	return str_starts(path, S("/usr/local/")) || str_starts(path, S("/opt/")) ||
	       str_starts(path, S("/etc/"));
}

static bool command_writes(const struct unit *u, const struct command *c, const struct target *t,
			   bool own)
{
	struct arena *a = u->loading->sd->arena;
	const struct words *w = c->argv.n ? &c->argv : &c->words;
	if (own ? words_write(a, w, t->path, t->below) : text_writes(joined(a, w), t))
		return true;
	for (size_t i = 0; i < w->n && i < WORDS_MAX; i++) {
		struct word word = w->at[i];
		struct shell sh = {.program = c->path, .from = word.from};
		if (shell_known(c->path) && is_line(w, i)) {
			if (shell_writes(u, sh, word.text, t))
				return true;
		} else if ((own || local(word.text)) && script_writes(u, w, i, t)) {
			return true;
		}
	}
	return false;
}

static const struct command *writer(const struct unit *u, const char *key, const struct target *t,
				    bool own)
{
	const struct commands *list = map_get(u->loading->commands, str_from(key));
	for (size_t i = 0; list && i < list->n && i < BOOT_FILES_MAX; i++)
		if (command_writes(u, &list->at[i], t, own))
			return &list->at[i];
	return NULL;
}

bool boot_prepared(struct loading *l, struct str path)
{
	const struct target t = {path, false};
	return writer(l->unit, "ExecStartPre", &t, true) != NULL;
}

/* ---- everybody ---- */

static void push(struct systemd *sd, struct pendings *out, const struct target *t, struct str who,
		 const struct origin *from)
{
	*vec_push(sd->arena, out) =
		(struct pending){.path = t->path,
				 .why = str_cat(sd->arena, S("written by "), who),
				 .writer = who,
				 .from = from};
}

static void ask_service(struct systemd *sd, const struct unit *u, const struct target *t,
			struct pendings *out)
{
	static const char *const keys[] = {"ExecStartPre", "ExecStart", "ExecStartPost"};
	const struct command *c = NULL;
	for (size_t k = 0; !c && k < sizeof keys / sizeof *keys; k++)
		c = writer(u, keys[k], t, false);
	if (c)
		push(sd, out, t, u->id, c->from);
}

/* All of them, whoever asks. */
static const struct pendings *services_of(struct systemd *sd, const struct target *t)
{
	struct map *known = boot_of(sd)->services;
	struct str key = key_of(sd->arena, t);
	struct pendings *out = map_get(known, key);
	if (out)
		return out;
	out = NEW(sd->arena, struct pendings);
	map_put(known, key, out);
	struct words names = systemd_services(sd);
	for (size_t i = 0; i < names.n; i++) {
		const struct unit *u = unit_load(sd, names.at[i].text);
		if (u->load == UNIT_LOADED && str_eq(u->id, names.at[i].text))
			ask_service(sd, u, t, out);
	}
	return out;
}

struct pendings unit_written(const struct unit *u, struct str path, bool below)
{
	struct systemd *sd = u->loading->sd;
	const struct target t = {path, below};
	const struct boot *b = boot_of(sd);
	struct pendings out = {0};
	for (size_t i = 0; i < b->written.n; i++)
		if (target_is(&t, b->written.at[i].path))
			*vec_push(sd->arena, &out) = b->written.at[i];
	for (size_t i = 0; i < b->texts.n; i++)
		if (text_writes(b->texts.at[i]->text, &t))
			push(sd, &out, &t, S("cloud-init"),
			     origin_new(sd->arena, b->texts.at[i], 0,
					str_find(b->texts.at[i]->text, '\n'), NULL));
	const struct command *own = writer(u, "ExecStartPre", &t, true);
	if (own)
		push(sd, &out, &t, S("ExecStartPre"), own->from);
	const struct pendings *services = services_of(sd, &t);
	for (size_t i = 0; i < services->n; i++)
		if (!str_eq(services->at[i].writer, u->id))
			*vec_push(sd->arena, &out) = services->at[i];
	return out;
}
