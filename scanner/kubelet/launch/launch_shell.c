/*
 * launch_shell.c - `sh -c` one-liners and scripts that end in a kubelet. They are read, not run:
 * the commands that a text certainly runs are shown to every layout. Where its words for the
 * kubelet depend on what only a running shell knows, the launch carries a doubt that names the
 * construct. Scripts of other interpreters than shells are not read.
 */
#include <string.h>

#include "arena.h"
#include "launch.h"
#include "shell.h"

/* Files that a text looks for: of so many it is told whether they matter. */
enum { ABSENT_MAX = 10 };

/* A text that is run, and by which name a person knows it. */
struct text {
	struct shell shell;
	struct str name;
	struct str text;
	bool login; /* the files of a login shell are read before it */
};

static struct shell shell_of(const struct candidate *c, struct str program, struct words args)
{
	return (struct shell){.root = c->root,
			      .program = program,
			      .from = c->words.at[0].from,
			      .variables = c->environment,
			      .args = args,
			      .workdir = c->workdir,
			      .foreign = c->mounts != NULL};
}

/* Scripts ask a kubelet for its version before they run it. */
static bool only_asks(struct words argv)
{
	return argv.n == 2 &&
	       (str_eq(argv.at[1].text, S("--version")) || str_eq(argv.at[1].text, S("--help")));
}

static bool same_words(struct words a, struct words b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!str_eq(a.at[i].text, b.at[i].text))
			return false;
	return true;
}

/* The file itself, or the directory that it lies in. */
static bool mentions(struct words argv, struct str path)
{
	struct str dir = str_dirname(path);
	for (size_t i = 0; i < argv.n; i++) {
		struct str word = argv.at[i].text;
		if (str_has(word, path) ||
		    (dir.n > 1 && str_ends(str_trim(word, "/"), str_trim(dir, "/"))))
			return true;
	}
	return false;
}

static void doubt(const struct candidate *c, struct launch *out, struct str text,
		  const struct origin *from)
{
	if (out->doubt.reason == REASON_NONE)
		out->doubt = launch_doubt(c, REASON_WRAPPER_UNRESOLVED, text, from);
}

static bool runs_kubelet(const struct candidate *c, const struct shell_command *command,
			 struct launch *out)
{
	struct candidate inner = *c;
	inner.environment = command->environment;
	inner.owned = false;
	return launch_inner(&inner, command->words, out) && !only_asks(out->argv);
}

/* A shell without a script: its commands come from its standard input. */
static bool reads_input(const struct shell_command *command)
{
	const struct words *w = &command->words;
	struct str program = w->n ? w->at[0].text : S("");
	size_t i = 1;
	while (i < w->n && str_starts(w->at[i].text, S("-")) && !str_has(w->at[i].text, S("c")))
		i++;
	return shell_known(program) && !str_eq(str_basename(program), S("busybox")) && i >= w->n;
}

/* The command that runs the kubelet; of several with other words, which it will be cannot be
 * told. */
struct choice {
	struct shell_outcome outcome;
	const struct shell_command *command; /* NULL: none */
	struct launch launch;
	bool several;
};

static struct choice choose(const struct candidate *c, const struct text *t,
			    const struct launch *before)
{
	struct choice x = {.outcome = shell_read(&t->shell, t->text), .launch = *before};
	for (size_t i = 0; i < x.outcome.commands.n; i++) {
		const struct shell_command *command = &x.outcome.commands.at[i];
		struct launch l = *before;
		if (!runs_kubelet(c, command, &l)) {
			x.several |= reads_input(command);
			continue;
		}
		x.several |= x.command && !same_words(l.argv, x.launch.argv);
		if (!x.command || x.command->untold.text.n == 0)
			x.command = command;
		x.launch = l;
	}
	return x;
}

/* Would the words be others if the file were there? */
static bool matters(const struct candidate *c, const struct text *t, const struct choice *x,
		    struct str path, const struct launch *before)
{
	struct text with = *t;
	with.shell.assumed = path;
	if (x->command->untold.text.n || x->several)
		return false;
	struct choice y = choose(c, &with, before);
	return !y.command || y.command->untold.text.n || y.several ||
	       !same_words(x->launch.argv, y.launch.argv);
}

/* Other programs that the text runs may write what is named to them. */
static void add_changed(const struct candidate *c, const struct text *t,
			const struct shell_outcome *o, const char *flag, struct launch *out)
{
	struct word path;
	bool below = strcmp(flag, "--config-dir") == 0;
	if (!words_option(out->argv, str_from(flag), &path) || !path.text.n)
		return;
	for (size_t i = 0; i < o->commands.n; i++) {
		const struct words *w = &o->commands.at[i].words;
		struct launch other = {0};
		if (!words_write(c->a, w, path.text, below) ||
		    runs_kubelet(c, &o->commands.at[i], &other))
			continue;
		*vec_push(c->a, &out->pending) =
			(struct pending){.path = path.text,
					 .why = str_fmt(c->a, "written by %" PRIstr, ARG(t->name)),
					 .from = w->at[0].from};
		return;
	}
}

/* Files that the text looks for, and those that it writes for the kubelet to read. */
static void add_pendings(const struct candidate *c, const struct text *t, const struct choice *x,
			 const struct launch *before, struct launch *out)
{
	const struct shell_outcome *o = &x->outcome;
	for (size_t i = 0; i < o->absent.n && i < ABSENT_MAX; i++) {
		struct pending p = o->absent.at[i];
		p.why = str_fmt(c->a, "looked for by %" PRIstr ", absent", ARG(t->name));
		if (matters(c, t, x, p.path, before))
			*vec_push(c->a, &out->pending) = p;
	}
	for (size_t i = 0; i < o->written.n; i++) {
		const struct shell_written *w = &o->written.at[i];
		if (w->kind == FILE_DIRECTORY || !mentions(out->argv, w->path))
			continue;
		*vec_push(c->a, &out->pending) =
			(struct pending){.path = w->path,
					 .why = str_fmt(c->a, "written by %" PRIstr, ARG(t->name)),
					 .from = w->from};
	}
	add_changed(c, t, o, "--config", out);
	add_changed(c, t, o, "--config-dir", out);
}

/* What a shell reads before its text may set variables, which the text then fills in. */
static void doubt_startup(const struct candidate *c, const struct text *t, struct launch *out)
{
	const struct variable *v = launch_variable(&c->environment, S("BASH_ENV"));
	bool bash = str_eq(str_basename(t->shell.program), S("bash"));
	if (str_find(t->text, '$') == t->text.n)
		return;
	if (t->login)
		doubt(c, out, str_cat(c->a, t->name, S(" is run by a login shell: /etc/profile")),
		      t->shell.from);
	else if (bash && v && v->value.text.n)
		doubt(c, out, str_cat(c->a, v->value.text, S(": file of BASH_ENV, not read")),
		      v->value.from);
}

static bool find(const struct candidate *c, const struct text *t, struct launch *out)
{
	const struct launch before = *out;
	struct choice x = choose(c, t, &before);
	if (!x.command)
		return false;
	*out = x.launch;
	if (x.command->untold.text.n)
		doubt(c, out,
		      str_fmt(c->a, "%" PRIstr ": %" PRIstr, ARG(t->name),
			      ARG(x.command->untold.text)),
		      x.command->untold.from);
	else if (x.several)
		doubt(c, out, str_cat(c->a, t->name, S(" runs a kubelet in more than one place")),
		      x.command->words.at[0].from);
	doubt_startup(c, t, out);
	add_pendings(c, t, &x, &before, out);
	return true;
}

static bool spent(const struct candidate *c)
{
	if (!*c->texts)
		return true;
	--*c->texts;
	return false;
}

static bool read_script(const struct candidate *c, const struct file *script, struct str program,
			struct words args, struct launch *out)
{
	struct text t = {
		.shell = shell_of(c, program, args), .name = script->path, .text = script->text};
	bool errexit;
	struct str own = shell_interpreter(script->text, &errexit);
	if (script->state != FILE_OK || script->kind != FILE_REGULAR)
		return false;
	if (!program.n) {
		t.shell.program = own.n ? own : S("sh");
		t.shell.errexit = errexit;
	}
	/* Most scripts that units run have nothing to do with it. */
	bool likely = c->depth || str_has(script->text, S("kubelet")) ||
		      (c->unit && str_has(c->unit->id, S("kubelet")));
	if (!likely || !shell_known(t.shell.program) || spent(c))
		return false;
	t.shell.file = script;
	t.shell.name = script->path;
	out->layout = "script";
	return find(c, &t, out);
}

bool launch_script(const struct candidate *c, const struct file *script, struct words args,
		   struct launch *out)
{
	return read_script(c, script, S(""), args, out);
}

static bool names_kubelet(const struct candidate *c, struct str path)
{
	return str_has(str_basename(path), S("kubelet")) && c->unit &&
	       str_has(c->unit->id, S("kubelet"));
}

static struct str why_not(const struct candidate *c, const struct file *script, struct str path)
{
	bool errexit;
	struct str interpreter = shell_interpreter(script->text, &errexit);
	if (script->state == FILE_ABSENT)
		return str_cat(c->a, path, S(" is not there"));
	if (interpreter.n && !shell_known(interpreter))
		return str_fmt(c->a, "%" PRIstr " is a script for %" PRIstr ", which is not read",
			       ARG(path), ARG(str_basename(interpreter)));
	return str_cat(c->a, path, S(" shows no kubelet to read"));
}

/* A script that is not there, or shows no kubelet, is one all the same by its name. */
static bool run_file(const struct candidate *c, size_t at, struct str program, struct launch *out)
{
	struct word path = c->words.at[at];
	const struct file *script = candidate_file(c, path);
	if (read_script(c, script, program, words_from(c->words, at + 1), out))
		return true;
	if (c->depth || !names_kubelet(c, path.text))
		return false;
	out->layout = "script";
	if (script->state == FILE_UNREADABLE)
		out->doubt = doubt_file(c->a, script, path.from);
	else
		doubt(c, out, why_not(c, script, path.text), path.from);
	return true;
}

static bool run_line(const struct candidate *c, size_t at, struct text how, struct launch *out)
{
	struct word line = c->words.at[at];
	struct text t = {.shell = shell_of(c, c->words.at[0].text, words_from(c->words, at + 2)),
			 .text = line.text,
			 .login = how.login};
	t.name = S("the shell line");
	t.shell.name = at + 1 < c->words.n ? c->words.at[at + 1].text : word_program(c->words, 0);
	t.shell.from = line.from;
	t.shell.errexit = how.shell.errexit;
	out->layout = "shell";
	return !spent(c) && find(c, &t, out);
}

static bool is_script(const struct candidate *c, struct word path)
{
	struct str on_node;
	char head[2];
	size_t got;
	if (!str_starts(path.text, S("/")) || !candidate_path(c, path, &on_node))
		return false;
	rootfs_peek(c->root, on_node, 0, head, sizeof head, &got);
	return got == 2 && head[0] == '#' && head[1] == '!';
}

bool launch_shell(const struct candidate *c, struct launch *out)
{
	struct word program = c->words.at[0];
	struct text how = {0};
	bool line = false;
	size_t i = 1;
	if (!shell_known(program.text)) {
		bool named = str_starts(program.text, S("/")) && names_kubelet(c, program.text);
		return (named || is_script(c, program)) && run_file(c, 0, S(""), out);
	}
	if (str_eq(word_program(c->words, 0), S("busybox")))
		return launch_inner(c, words_from(c->words, 1), out);
	for (; i < c->words.n && c->words.at[i].text.n > 1 && c->words.at[i].text.p[0] == '-';
	     i++) {
		struct str word = c->words.at[i].text;
		bool letters = !str_starts(word, S("--"));
		line |= letters && str_find(word, 'c') < word.n;
		how.shell.errexit |= letters && str_find(word, 'e') < word.n;
		how.login |= letters ? str_find(word, 'l') < word.n : str_eq(word, S("--login"));
		/* -o pipefail, --rcfile FILE */
		i += (letters && str_ends(word, S("o"))) || str_ends(word, S("file"));
	}
	if (i >= c->words.n)
		return false;
	return line ? run_line(c, i, how, out) : run_file(c, i, program.text, out);
}
