/*
 * launch_wrapper.c - programs that run the words that follow them: which word is the program is
 * told by their options (wrappers.def, by their manuals), and what they change for it, the
 * environment, the working directory and the tree that it sees, is carried on. An option that is
 * not known leaves a doubt that names it. Not supported: shells that su(1) and runuser(1) start
 * for login, policies of sudoers(5).
 */
#include <string.h>

#include "arena.h"
#include "arguments.h"
#include "launch.h"

struct wrapper {
	const char *name;
	unsigned operands;
	struct grammar grammar;
};

static const struct wrapper wrappers[] = {
#define WRAPPER(name, operands, letters, names) \
	{name, operands, {ARGUMENTS_GETOPT, letters, names}},
#include "wrappers.def"
#undef WRAPPER
};

struct wrapping {
	const struct wrapper *wrapper;
	struct candidate inner;
	struct words words;    /* left to read */
	struct doubt doubt;    /* why the words behind are not the whole truth */
	struct word split;     /* env -S */
	struct word target;    /* nsenter --target */
	struct argument mount; /* nsenter --mount, --all */
	bool keeps;            /* sudo -E, systemd-run --scope */
	bool skips;            /* chroot --skip-chdir, systemd-run --same-dir */
	bool typed;            /* runcon, chrt: what makes the operand needless */
};

static bool is(const struct wrapping *w, const char *name)
{
	return strcmp(w->wrapper->name, name) == 0;
}

static bool named(const struct argument *arg, const char *name)
{
	return str_eq(arg->name, str_from(name));
}

static void doubt(struct wrapping *w, struct word at, const char *why)
{
	if (w->doubt.reason == REASON_NONE)
		w->doubt = (struct doubt){REASON_WRAPPER_UNRESOLVED,
					  str_fmt(w->inner.a, "%s %" PRIstr ": %s",
						  w->wrapper->name, ARG(at.text), why),
					  at.from};
}

/* Only what lies in files is in doubt. */
static void doubt_tree(struct wrapping *w, struct word at, const char *why)
{
	struct mounts *m = mounts_copy(w->inner.a, w->inner.mounts);
	m->doubt = (struct doubt){
		REASON_WRAPPER_UNRESOLVED,
		str_fmt(w->inner.a, "%s %" PRIstr ": %s", w->wrapper->name, ARG(at.text), why),
		at.from};
	w->inner.mounts = m;
}

static void change_dir(struct wrapping *w, struct str dir)
{
	w->inner.workdir = path_below(w->inner.a, w->inner.workdir, dir);
}

static void change_root(struct wrapping *w, struct str dir)
{
	dir = path_below(w->inner.a, w->inner.workdir, dir);
	w->inner.mounts = mounts_enter(w->inner.root, w->inner.mounts, dir);
	if (!w->skips)
		w->inner.workdir = S("/");
}

/* ---- what options change ---- */

static void on_env(struct wrapping *w, const struct argument *arg)
{
	if (named(arg, "ignore-environment"))
		candidate_clear(&w->inner);
	else if (named(arg, "unset"))
		candidate_unset(&w->inner, arg->value.text);
	else if (named(arg, "chdir"))
		change_dir(w, arg->value.text);
	else if (named(arg, "split-string"))
		w->split = arg->value;
}

static void on_nsenter(struct wrapping *w, const struct argument *arg)
{
	if (named(arg, "target"))
		w->target = arg->value;
	else if (named(arg, "mount") || named(arg, "all"))
		w->mount = *arg;
	else if (named(arg, "root") && arg->has_value)
		change_root(w, arg->value.text);
	else if (named(arg, "wd") && arg->has_value)
		change_dir(w, arg->value.text);
	else if (named(arg, "env"))
		candidate_clear(&w->inner);
}

static void on_unshare(struct wrapping *w, const struct argument *arg)
{
	if (named(arg, "root"))
		change_root(w, arg->value.text);
	else if (named(arg, "wd"))
		change_dir(w, arg->value.text);
}

/* The word of --property: what changes the tree cannot be told from here. */
static void on_property(struct wrapping *w, const struct argument *arg)
{
	static const char *const keys[] = {"Root",         "Bind",      "Mount",   "Temporary",
					   "Inaccessible", "Extension", "Protect", "Private"};
	struct str name, value;
	if (!str_cut(arg->value.text, '=', &name, &value))
		return;
	if (str_eq(name, S("Environment")))
		candidate_assign(&w->inner, (struct word){value, arg->value.from});
	if (str_eq(name, S("EnvironmentFile")))
		doubt(w, arg->value, "its environment is not read");
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (str_starts(name, str_from(keys[i])))
			doubt_tree(w, arg->value, "the tree that it makes is not told");
}

static void on_systemd_run(struct wrapping *w, const struct argument *arg)
{
	if (named(arg, "host") || named(arg, "machine") || named(arg, "capsule"))
		doubt(w, arg->word, "runs it on another machine");
	else if (named(arg, "scope"))
		w->keeps = true;
	else if (named(arg, "same-dir"))
		w->skips = true;
	else if (named(arg, "property"))
		on_property(w, arg);
}

/* After the service manager's own environment has taken the place of ours. */
static void on_systemd_run_late(struct wrapping *w, const struct argument *arg)
{
	const struct variable *v;
	if (named(arg, "working-directory"))
		change_dir(w, arg->value.text);
	else if (named(arg, "root-directory"))
		change_root(w, arg->value.text);
	else if (named(arg, "setenv") && !candidate_assign(&w->inner, arg->value) &&
		 (v = launch_variable(&w->inner.environment, arg->value.text)))
		candidate_set(&w->inner, v->name, v->value);
}

static void on_sudo(struct wrapping *w, const struct argument *arg)
{
	if (named(arg, "E") || named(arg, "preserve-env"))
		w->keeps = true;
	else if (named(arg, "chdir"))
		change_dir(w, arg->value.text);
	else if (named(arg, "chroot"))
		change_root(w, arg->value.text);
	else if (named(arg, "host"))
		doubt(w, arg->word, "runs it on another machine");
}

static void on_option(struct wrapping *w, const struct argument *arg)
{
	if (is(w, "env"))
		on_env(w, arg);
	else if (is(w, "nsenter"))
		on_nsenter(w, arg);
	else if (is(w, "unshare"))
		on_unshare(w, arg);
	else if (is(w, "systemd-run"))
		on_systemd_run(w, arg);
	else if (is(w, "sudo"))
		on_sudo(w, arg);
	else if (is(w, "chroot"))
		w->skips |= named(arg, "skip-chdir");
	else if (is(w, "setpriv") && named(arg, "reset-env"))
		candidate_clear(&w->inner);
	else if (is(w, "runcon"))
		w->typed = true;
	else if (is(w, "chrt"))
		w->typed |= named(arg, "other") || named(arg, "batch") || named(arg, "idle") ||
			    named(arg, "deadline") || named(arg, "ext");
}

/* Options up to the first operand; the words behind are left. */
static bool read_options(struct wrapping *w, struct words words,
			 void (*apply)(struct wrapping *, const struct argument *))
{
	struct arguments args = {.grammar = &w->wrapper->grammar, .words = words};
	struct argument arg;
	enum arguments_state state;
	while ((state = arguments_next(&args, &arg)) == ARGUMENTS_OPTION) {
		apply(w, &arg);
		/* What follows is read behind the words of its value. */
		if (w->split.text.n)
			break;
	}
	w->words = words_from(words, args.i);
	if (state != ARGUMENTS_UNKNOWN)
		return true;
	doubt(w, arg.word, "this option is not known here");
	return false;
}

/* ---- what follows the options ---- */

static void take_assignments(struct wrapping *w)
{
	if (is(w, "env") && w->words.n && str_eq(w->words.at[0].text, S("-"))) {
		candidate_clear(&w->inner);
		w->words = words_from(w->words, 1);
	}
	while (w->words.n && candidate_assign(&w->inner, w->words.at[0]))
		w->words = words_from(w->words, 1);
}

/* env -S: the words of its value are read before the others, options among them. */
static bool split_again(struct wrapping *w)
{
	struct words all = {0};
	struct str rest = w->split.text, part;
	if (!w->split.text.n)
		return true;
	for (size_t i = 0; i < rest.n; i++)
		if (strchr("\"'\\$#", rest.p[i]))
			doubt(w, w->split, "quotes and variables of -S are not read");
	while (rest.n) {
		str_cut(rest, ' ', &part, &rest);
		if (part.n)
			words_add(w->inner.a, &all, part, w->split.from);
	}
	for (size_t i = 0; i < w->words.n; i++)
		*vec_push(w->inner.a, &all) = w->words.at[i];
	w->split = (struct word){0};
	return read_options(w, all, on_option) && !w->split.text.n;
}

/* flock FILE -c 'command' */
static void take_shell_line(struct wrapping *w)
{
	struct words line = {0};
	if (w->words.n != 2 ||
	    (!str_eq(w->words.at[0].text, S("-c")) && !str_eq(w->words.at[0].text, S("--command"))))
		return;
	words_add(w->inner.a, &line, S("/bin/sh"), w->words.at[0].from);
	words_add(w->inner.a, &line, S("-c"), w->words.at[0].from);
	*vec_push(w->inner.a, &line) = w->words.at[1];
	w->words = line;
}

/* setns(2) into the mounts of process 1, which are the node's, or into others. */
static void enter_namespace(struct wrapping *w)
{
	struct str file = w->mount.value.text;
	bool first = file.n ? str_ends(file, S("/proc/1/ns/mnt")) : str_eq(w->target.text, S("1"));
	if (!w->mount.word.text.n)
		return;
	if (first && w->inner.mounts && w->inner.mounts->own_processes && !file.n)
		return;
	if (first) {
		w->inner.mounts = NULL;
		w->inner.workdir = S("/");
	} else if (!str_ends(file, S("/kubens/mnt"))) {
		doubt_tree(w, file.n ? w->mount.word : w->target,
			   "the tree of this namespace is not told");
	}
}

static bool is_number(struct str s)
{
	uint64_t n;
	return str_u64(s, &n);
}

static void take_operands(struct wrapping *w)
{
	unsigned operands = w->wrapper->operands;
	if (!w->words.n || !operands)
		return;
	if (w->typed && (is(w, "runcon") || !is_number(w->words.at[0].text)))
		return;
	if (is(w, "chroot"))
		change_root(w, w->words.at[0].text);
	w->words = words_from(w->words, operands);
	if (is(w, "flock"))
		take_shell_line(w);
}

static bool unwrap(struct wrapping *w, struct words words)
{
	bool whole = read_options(w, words, on_option) && split_again(w);
	if (is(w, "systemd-run") && !w->keeps) {
		candidate_clear(&w->inner);
		w->inner.workdir = w->skips ? w->inner.workdir : S("/");
		w->inner.mounts = w->inner.mounts && w->inner.mounts->doubt.reason != REASON_NONE
					  ? w->inner.mounts
					  : NULL;
	}
	if (is(w, "systemd-run"))
		whole = read_options(w, words, on_systemd_run_late) && whole;
	if (is(w, "sudo") && !w->keeps)
		candidate_clear(&w->inner);
	if (is(w, "nsenter"))
		enter_namespace(w);
	if (!whole)
		return false;
	if (is(w, "env") || is(w, "sudo"))
		take_assignments(w);
	take_operands(w);
	return true;
}

/* The first word that would be a program to run a kubelet. */
static struct words from_program(struct words words)
{
	static const char *const programs[] = {"kubelet", "kubelet-wrapper", "hyperkube", "docker",
					       "podman",  "nerdctl",         "rkt"};
	for (size_t i = 0; i < words.n; i++)
		for (size_t k = 0; k < sizeof programs / sizeof programs[0]; k++)
			if (!str_starts(words.at[i].text, S("-")) &&
			    str_eq(word_program(words, i), str_from(programs[k])))
				return words_from(words, i);
	return (struct words){0};
}

bool launch_wrapper(const struct candidate *c, struct launch *out)
{
	struct wrapping w = {.inner = *c};
	struct str program = word_program(c->words, 0);
	for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++)
		if (str_eq(program, str_from(wrappers[i].name)))
			w.wrapper = &wrappers[i];
	if (!w.wrapper)
		return false;
	if (!unwrap(&w, words_from(c->words, 1)))
		w.words = from_program(w.words);
	if (!launch_inner(&w.inner, w.words, out))
		return false;
	if (w.doubt.reason != REASON_NONE)
		out->doubt = w.doubt;
	return true;
}
