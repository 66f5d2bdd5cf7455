/*
 * completion.c - what a shell needs to complete our command line, made from the tables that help is
 * made from: functions for bash(1), zsh(1) (compsys) and fish(1).
 */
#include "arena.h"
#include "session.h"

/* A word in single quotes, which each of the shells takes as it is. */
static void quoted(struct out *o, const char *text, bool fish)
{
	out_z(o, "'");
	for (; *text; text++) {
		if (*text == '\'')
			out_z(o, fish ? "\\'" : "'\\''");
		else
			out_fill(o, *text, 1);
	}
	out_z(o, "'");
}

/* The words that an option's argument may be, with blanks between; empty where any may. */
static struct str values_of(struct arena *a, const struct offnode_option *x)
{
	struct out *o = out_new(a);
	size_t n;
	const struct rule *rules = rules_all(&n);
	for (const char *c = x->values; c && *c; c++)
		out_fill(o, *c == '|' ? ' ' : *c, 1);
	if (x->arg && str_eq(str_from(x->name), S("format")))
		for (size_t i = 0; offnode_format(i, NULL); i++)
			out_fmt(o, "%s%s", i ? " " : "", offnode_format(i, NULL));
	if (x->arg && str_eq(str_from(x->arg), S("RULE")))
		for (size_t i = 0; i < n; i++)
			out_fmt(o, "%s%s", i ? " " : "", rules[i].id);
	return out_text(o);
}

/* ---- bash and zsh: what may follow an option ---- */

static void cases(struct out *o, struct arena *a, const char *before, const char *behind)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	for (size_t i = 0; i < n; i++) {
		struct str values = values_of(a, &all[i]);
		if (!all[i].arg && !values.n)
			continue;
		out_fmt(o, "\t--%s", all[i].name);
		if (all[i].letter)
			out_fmt(o, " | -%c", all[i].letter);
		out_fmt(o, ") %s%" PRIstr "%s ;;\n", values.n ? before : "", ARG(values),
			values.n ? behind : "files=1");
	}
}

static void bash(struct out *o, struct arena *a)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	out_z(o, "_offnode()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} values= files= commands= "
		 "options=\n\tcase ${COMP_WORDS[COMP_CWORD - 1]} in\n");
	cases(o, a, "values='", "'");
	out_z(o, "\tesac\n\tcommands='");
	for (size_t i = 0; offnode_command(i); i++)
		out_fmt(o, "%s%s", i ? " " : "", offnode_command(i)->name);
	out_z(o, "'\n\toptions='");
	for (size_t i = 0; i < n; i++)
		out_fmt(o, "%s--%s", i ? " " : "", all[i].name);
	out_z(o, "'\n"
		 "\tif [[ $values ]]; then\n"
		 "\t\tmapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$word\")\n"
		 "\telif [[ ! $files && $word == -* ]]; then\n"
		 "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
		 "\telif [[ ! $files && $COMP_CWORD == 1 ]]; then\n"
		 "\t\tmapfile -t COMPREPLY < <(compgen -f -W \"$commands\" -- \"$word\")\n"
		 "\telse\n"
		 "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
		 "\tfi\n}\n\ncomplete -o filenames -F _offnode offnode\n");
}

static void described(struct out *o, struct arena *a, const char *dashes, const char *name,
		      const char *about)
{
	struct str line = str_fmt(a, "%s%s:%s", dashes, name, about);
	out_z(o, "\t\t");
	quoted(o, str_z(a, line), false);
	out_z(o, "\n");
}

static void zsh(struct out *o, struct arena *a)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	out_z(o, "#compdef offnode\n\n_offnode()\n{\n\tlocal values= files=\n"
		 "\tlocal -a commands options\n\tcommands=(\n");
	for (size_t i = 0; offnode_command(i); i++)
		described(o, a, "", offnode_command(i)->name, offnode_command(i)->about);
	out_z(o, "\t)\n\toptions=(\n");
	for (size_t i = 0; i < n; i++)
		described(o, a, "--", all[i].name, all[i].about);
	out_z(o, "\t)\n\tcase $words[CURRENT-1] in\n");
	cases(o, a, "values='", "'");
	out_z(o, "\tesac\n"
		 "\tif [[ -n $values ]]; then\n\t\tcompadd -- ${=values}\n"
		 "\telif [[ -z $files && $words[CURRENT] == -* ]]; then\n"
		 "\t\t_describe -o option options\n"
		 "\telse\n\t\t[[ -z $files && $CURRENT == 2 ]] && _describe command commands\n"
		 "\t\t_files\n\tfi\n}\n\n_offnode \"$@\"\n");
}

static void fish(struct out *o, struct arena *a)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	for (size_t i = 0; offnode_command(i); i++) {
		out_fmt(o, "complete -c offnode -n __fish_use_subcommand -a %s -d ",
			offnode_command(i)->name);
		quoted(o, offnode_command(i)->about, true);
		out_z(o, "\n");
	}
	for (size_t i = 0; i < n; i++) {
		struct str values = values_of(a, &all[i]);
		out_fmt(o, "complete -c offnode -l %s", all[i].name);
		if (all[i].letter)
			out_fmt(o, " -s %c", all[i].letter);
		if (values.n)
			out_fmt(o, " -x -a '%" PRIstr "'", ARG(values));
		else if (all[i].arg)
			out_z(o, " -r");
		out_z(o, " -d ");
		quoted(o, all[i].about, true);
		out_z(o, "\n");
	}
}

bool begin_completion(struct offnode_report *r, const char *const *words, size_t n)
{
	static const struct {
		const char *name;
		void (*write)(struct out *o, struct arena *a);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	(void)n;
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (str_eq(str_from(words[0]), str_from(shells[i].name))) {
			shells[i].write(r->raw, r->report.arena);
			return true;
		}
	return run_fail(r, OFFNODE_USAGE, "completion: '%s' is none of bash, zsh, fish", words[0]);
}
