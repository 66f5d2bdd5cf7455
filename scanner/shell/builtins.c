/*
 * builtins.c - commands that are the shell's own: those that change what it knows, or where it goes
 * on. POSIX XCU 2.15 and what bash adds. Of traps, jobs and shell options only those are followed
 * that decide what runs.
 */
#include <string.h>

#include "state.h"

typedef enum flow builtin_fn(struct run *r, const struct call *c);

static enum flow nothing(struct run *r, const struct call *c)
{
	(void)c;
	status_set(r, 0);
	return GO;
}

static enum flow fails(struct run *r, const struct call *c)
{
	(void)c;
	status_set(r, 1);
	return GO;
}

/* What this does to the rest of the text is not followed. */
static enum flow unfollowed(struct run *r, const struct call *c)
{
	struct untold why = {str_fmt(r->a, "command %" PRIstr, ARG(call_word(c, 0))), c->from};
	run_strange(r, why);
	status_untold(r, why);
	output_untold(r, why);
	return GO;
}

/* The same, and the names it is given get a value. */
static enum flow sets_names(struct run *r, const struct call *c)
{
	struct untold why = {str_fmt(r->a, "command %" PRIstr, ARG(call_word(c, 0))), c->from};
	for (size_t i = 1; i < c->fields.n; i++) {
		struct str name = str_slice(call_word(c, i), 0, name_span(call_word(c, i)));
		if (name.n)
			name_set(r, name, (struct value){.untold = why}, c->from);
	}
	return unfollowed(r, c);
}

/* What a command of that name runs from here on is not told. */
static enum flow alias(struct run *r, const struct call *c)
{
	struct untold why = {S("command alias"), c->from};
	for (size_t i = 1; i < c->fields.n; i++) {
		struct str word = call_word(c, i), name = str_slice(word, 0, str_find(word, '='));
		if (name.n && name.n < word.n)
			name_bind(r, str_cat(r->a, name, S("()")),
				  (struct binding){.value = {.untold = why}, .from = c->from});
	}
	return unfollowed(r, c);
}

static enum flow let(struct run *r, const struct call *c)
{
	return sets_names(r, c);
}

/* ---- where it goes on ---- */

static void take_status(struct run *r, const struct call *c)
{
	uint64_t status;
	if (c->fields.n < 2)
		return;
	if (!is_told(call_untold(c, 1)))
		status_untold(r, call_untold(c, 1));
	else if (str_u64(call_word(c, 1), &status))
		status_set(r, (int)(status & 255));
	else
		status_set(r, 2);
}

static enum flow leave(struct run *r, const struct call *c)
{
	take_status(r, c);
	return EXIT;
}

static enum flow come_back(struct run *r, const struct call *c)
{
	take_status(r, c);
	return RETURN;
}

static enum flow leave_loop(struct run *r, const struct call *c)
{
	uint64_t levels = 1;
	if (c->fields.n > 1 && (!is_told(call_untold(c, 1)) || !str_u64(call_word(c, 1), &levels)))
		run_lose(r, "a loop left by a number that is not told");
	r->levels = levels ? (size_t)levels : 1;
	status_set(r, 0);
	return str_eq(call_word(c, 0), S("break")) ? BREAK : CONTINUE;
}

static enum flow evaluate(struct run *r, const struct call *c)
{
	struct out *o = out_new(r->a);
	if (!is_told(call_untold(c, 1))) {
		names_forget(r, call_untold(c, 1));
		return unfollowed(r, c);
	}
	for (size_t i = 1; i < c->fields.n && run_spend(r, 0, call_word(c, i).n); i++) {
		out_z(o, i > 1 ? " " : "");
		out_str(o, call_word(c, i));
	}
	struct source *s = NEW(r->a, struct source);
	*s = (struct source){str_dup(r->a, out_text(o)), NULL, c->from};
	status_set(r, 0);
	return run_source(r, s);
}

static enum flow run_dot(struct run *r, const struct call *c)
{
	struct str path = call_word(c, 1);
	struct untold why = call_untold(c, 1);
	if (is_told(why) && str_find(path, '/') == path.n)
		why = (struct untold){str_fmt(r->a, "%" PRIstr ", searched for", ARG(path)),
				      c->from};
	struct seen seen = is_told(why) ? path_read(r, path) : (struct seen){.there = PERHAPS};
	if (is_told(why))
		why = seen.there == PERHAPS ? seen.untold : seen.text.untold;
	if (!is_told(why)) {
		names_forget(r, why);
		status_untold(r, why);
		return GO;
	}
	if (seen.there == NOT_THERE || !seen.file) {
		why = (struct untold){str_fmt(r->a, "%" PRIstr ", which is not there", ARG(path)),
				      c->from};
		/* bash goes on, others end. */
		status_set(r, 1);
		if (!r->bash && !r->dash)
			status_untold(r, why);
		run_strange(r, why);
		return r->dash ? EXIT : GO;
	}
	struct source *s = NEW(r->a, struct source);
	const struct origin *own = value_origin(r, &seen.text, NULL);
	*s = (struct source){seen.file->text, seen.file, own ? own->via : c->from};
	struct fields args = r->posture.args;
	if (c->fields.n > 2)
		r->posture.args =
			(struct fields){c->fields.at + 2, c->fields.n - 2, c->fields.n - 2};
	status_set(r, 0);
	enum flow flow = run_source(r, s);
	if (c->fields.n > 2)
		r->posture.args = args;
	return flow;
}

/* ---- options and arguments ---- */

static void set_option(struct run *r, char letter, bool on)
{
	switch (letter) {
	case 'e': r->posture.errexit = on; break;
	case 'a': r->posture.allexport = on; break;
	case 'f': r->posture.noglob = on; break;
	default: break;
	}
}

static void set_long_option(struct run *r, struct str name, bool on)
{
	if (str_eq(name, S("pipefail")))
		r->posture.pipefail = on;
	if (str_eq(name, S("errexit")))
		r->posture.errexit = on;
	if (str_eq(name, S("allexport")))
		r->posture.allexport = on;
	if (str_eq(name, S("noglob")))
		r->posture.noglob = on;
}

static enum flow set(struct run *r, const struct call *c)
{
	size_t i = 1;
	bool dashes = false;
	for (; i < c->fields.n && !dashes; i++) {
		struct str word = call_word(c, i);
		bool on = str_starts(word, S("-"));
		if (word.n < 2 || (!on && !str_starts(word, S("+"))))
			break;
		dashes = str_eq(word, S("--"));
		for (size_t k = 1; k < word.n && !dashes; k++)
			if (word.p[k] == 'o')
				set_long_option(r, call_word(c, ++i), on);
			else
				set_option(r, word.p[k], on);
	}
	if (i < c->fields.n || dashes) {
		r->posture.args_untold = call_untold(c, 1);
		r->posture.args = (struct fields){0};
		for (; i < c->fields.n; i++)
			*vec_push(r->a, &r->posture.args) = c->fields.at[i];
	}
	status_set(r, 0);
	return GO;
}

static enum flow shift(struct run *r, const struct call *c)
{
	uint64_t n = 1;
	struct fields *args = &r->posture.args;
	if (c->fields.n > 1 && (!is_told(call_untold(c, 1)) || !str_u64(call_word(c, 1), &n)))
		r->posture.args_untold =
			(struct untold){S("positional parameters, shifted"), c->from};
	bool past = n > args->n;
	status_set(r, past);
	if (!past)
		*args = (struct fields){args->at + n, args->n - n, args->n - n};
	else if (!r->bash)
		run_strange(r, (struct untold){S("a shift past the last parameter"), c->from});
	/* bash goes on, dash ends. */
	return past && r->dash ? EXIT : GO;
}

static enum flow unset(struct run *r, const struct call *c)
{
	bool functions = false;
	if (!is_told(call_untold(c, 1)))
		names_forget(r, call_untold(c, 1));
	for (size_t i = 1; i < c->fields.n && !r->lost; i++) {
		struct str name = call_word(c, i);
		if (str_starts(name, S("-")))
			functions = str_eq(name, S("-f"));
		else if (name_span(name) < name.n)
			unfollowed(r, c);
		else
			name_bind(r, functions ? str_cat(r->a, name, S("()")) : name,
				  (struct binding){0});
	}
	status_set(r, 0);
	return GO;
}

static enum flow change_directory(struct run *r, const struct call *c)
{
	struct str path = call_word(c, 1);
	struct untold why = call_untold(c, 1);
	if (c->fields.n != 2 || str_starts(path, S("-")))
		why = (struct untold){S("command cd"), c->from};
	path = is_told(why) ? path_full(r, path) : S("");
	r->posture.workdir = path;
	struct seen seen = path.n ? path_look(r, path, true) : (struct seen){.there = PERHAPS};
	if (path.n && seen.there == THERE && seen.kind == FILE_DIRECTORY) {
		status_set(r, 0);
		return GO;
	}
	if (is_told(why))
		why = (struct untold){S("a directory that may not be there"), c->from};
	run_strange(r, why);
	status_untold(r, why);
	return GO;
}

static enum flow print_directory(struct run *r, const struct call *c)
{
	if (!r->posture.workdir.n)
		return unfollowed(r, c);
	output_text(r, str_cat(r->a, r->posture.workdir, S("\n")));
	status_set(r, 0);
	return GO;
}

/* `command -v NAME`: found in a function, a builtin or the usual directories; else not told. */
static enum flow look_up(struct run *r, const struct call *c)
{
	static const char *const dirs[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					   "/usr/bin",        "/sbin",          "/bin"};
	struct str name = call_word(c, c->fields.n - 1);
	bool paths = str_eq(call_word(c, 1), S("-v")) || str_eq(call_word(c, 0), S("which"));
	if (c->fields.n < 2 || c->fields.n > 3 || !is_told(call_untold(c, 1)))
		return unfollowed(r, c);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		struct str path = str_fmt(r->a, "%s/%" PRIstr, dirs[i], ARG(name));
		struct seen seen = str_find(name, '/') == name.n
					   ? path_look(r, path, true)
					   : (struct seen){.there = NOT_THERE};
		if (seen.there != THERE || !seen.executable)
			continue;
		if (paths)
			output_text(r, str_cat(r->a, path, S("\n")));
		else
			output_untold(r, (struct untold){S("command type"), c->from});
		status_set(r, 0);
		return GO;
	}
	return unfollowed(r, c);
}

static enum flow test(struct run *r, const struct call *c)
{
	run_test(r, c);
	return GO;
}

static enum flow read_line(struct run *r, const struct call *c)
{
	return run_read(r, c) ? GO : sets_names(r, c);
}

/* What a trap runs, it runs when the text has ended. */
static enum flow trap(struct run *r, const struct call *c)
{
	run_strange(r, (struct untold){S("command trap"), c->from});
	status_set(r, 0);
	return GO;
}

static enum flow shell_option(struct run *r, const struct call *c)
{
	run_strange(r, (struct untold){S("command shopt"), c->from});
	status_set(r, 0);
	return GO;
}

static const struct builtin {
	const char *name;
	builtin_fn *run;
} builtins[] = {
	{":", nothing},
	{"true", nothing},
	{"false", fails},
	{"exit", leave},
	{"return", come_back},
	{"break", leave_loop},
	{"continue", leave_loop},
	{"eval", evaluate},
	{".", run_dot},
	{"source", run_dot},
	{"set", set},
	{"shift", shift},
	{"unset", unset},
	{"cd", change_directory},
	{"pwd", print_directory},
	{"command", look_up},
	{"type", look_up},
	{"which", look_up},
	{"hash", nothing},
	{"test", test},
	{"[", test},
	{"read", read_line},
	{"umask", nothing},
	{"ulimit", nothing},
	{"wait", nothing},
	{"trap", trap},
	{"shopt", shell_option},
	{"let", let},
	{"getopts", sets_names},
	{"mapfile", sets_names},
	{"readarray", sets_names},
	{"alias", alias},
	{"exec", nothing},
};

bool run_builtin(struct run *r, const struct call *c, enum flow *flow)
{
	struct str name = call_word(c, 0);
	for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
		if (str_eq(name, str_from(builtins[i].name))) {
			*flow = builtins[i].run(r, c);
			return true;
		}
	return false;
}
