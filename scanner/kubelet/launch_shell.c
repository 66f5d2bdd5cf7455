/*
 * launch_shell.c - `sh -c` one-liners and shell scripts that end in a kubelet. The script is read,
 * not run: where its words for the kubelet depend on what only a running shell knows, the launch
 * carries a doubt that names the script.
 */
#include "arena.h"
#include "launch.h"
#include "shell.h"

static struct shell_commands read_shell(const struct candidate *c, const struct file *script,
					struct word text, struct words args, struct str name)
{
	struct shell sh = {.root = c->root,
			   .program = S("sh"),
			   .file = script,
			   .from = text.from,
			   .variables = c->environment,
			   .args = args,
			   .name = name};
	return shell_read(&sh, text.text).commands;
}

/* Scripts ask a kubelet for its version before they run it. */
static bool only_asks(struct words argv)
{
	return argv.n == 2 &&
	       (str_eq(argv.at[1].text, S("--version")) || str_eq(argv.at[1].text, S("--help")));
}

/* The command that runs the kubelet; with several of them, or one that a condition guards
 * against another, which it will be cannot be told. */
static bool find(const struct candidate *c, const struct shell_commands *commands, struct str name,
		 struct launch *out)
{
	const struct shell_command *winner = NULL;
	struct launch found = *out;
	bool several = false;
	for (size_t i = 0; i < commands->n; i++) {
		struct launch l = *out;
		if (!launch_inner(c, commands->at[i].words, &l) || only_asks(l.argv))
			continue;
		several |= winner != NULL;
		winner = &commands->at[i];
		found = l;
	}
	if (!winner)
		return false;
	*out = found;
	if ((winner->untold.text.n || several) && out->doubt.reason == REASON_NONE)
		out->doubt =
			launch_doubt(c, REASON_WRAPPER_UNRESOLVED,
				     str_fmt(c->a, "%" PRIstr " %s", ARG(name),
					     several ? "runs a kubelet in more than one place"
						     : "makes the kubelet's words when it runs"),
				     winner->words.at[0].from);
	return true;
}

bool launch_script(const struct candidate *c, const struct file *script, struct words args,
		   struct launch *out)
{
	if (script->state != FILE_OK || script->kind != FILE_REGULAR)
		return false;
	struct word text = {script->text, c->words.at[0].from};
	struct shell_commands commands = read_shell(c, script, text, args, script->path);
	out->layout = "script";
	return find(c, &commands, script->path, out);
}

static bool names_kubelet(const struct candidate *c, struct str path)
{
	return str_has(str_basename(path), S("kubelet")) && c->unit &&
	       str_has(c->unit->id, S("kubelet"));
}

/* A script that is not there, or shows no kubelet, is one all the same by its name. */
static bool run_file(const struct candidate *c, size_t at, struct launch *out)
{
	struct word path = c->words.at[at];
	const struct file *script = candidate_file(c, path);
	if (launch_script(c, script, words_from(c->words, at + 1), out))
		return true;
	if (c->depth || !names_kubelet(c, path.text))
		return false;
	out->layout = "script";
	if (script->state == FILE_UNREADABLE)
		out->doubt = doubt_file(c->a, script, path.from);
	else
		out->doubt = launch_doubt(
			c, REASON_WRAPPER_UNRESOLVED,
			script->state == FILE_ABSENT
				? str_cat(c->a, path.text, S(" is not there"))
				: str_cat(c->a, path.text, S(" shows no kubelet to read")),
			path.from);
	return true;
}

bool launch_shell(const struct candidate *c, struct launch *out)
{
	struct str program = word_program(c->words, 0);
	bool shell = str_eq(program, S("sh")) || str_eq(program, S("bash")) ||
		     str_eq(program, S("dash")) || str_eq(program, S("ash"));
	bool line = false;
	size_t i = 1;
	if (!shell) {
		bool path = str_starts(c->words.at[0].text, S("/"));
		bool script = path && (str_ends(program, S(".sh")) ||
				       names_kubelet(c, c->words.at[0].text));
		return script && run_file(c, 0, out);
	}
	for (; i < c->words.n && str_starts(c->words.at[i].text, S("-")); i++)
		line |= !str_starts(c->words.at[i].text, S("--")) &&
			str_find(c->words.at[i].text, 'c') < c->words.at[i].text.n;
	if (i >= c->words.n)
		return false;
	if (!line)
		return run_file(c, i, out);
	struct words args = words_from(c->words, i + 2);
	struct str name = i + 1 < c->words.n ? c->words.at[i + 1].text : program;
	struct shell_commands commands = read_shell(c, NULL, c->words.at[i], args, name);
	out->layout = "shell";
	return find(c, &commands, S("the shell line"), out);
}
