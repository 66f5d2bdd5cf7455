/*
 * launch_su.c - su(1), runuser(1) and capsh(1): programs that hand a line, or words, to a shell.
 * Options may stand behind the user's name. Not supported: shells that are not like sh(1), which a
 * user may have.
 */
#include "arena.h"
#include "arguments.h"
#include "launch.h"

static const struct grammar grammar = {
	ARGUMENTS_GETOPT, "p",
	"user:=u preserve-environment=m whitelist-environment:=w group:=g supp-group:=G login=l "
	"command:=c session-command: fast=f shell:=s pty=P no-pty=T help=h version=V"};

struct su {
	struct candidate inner;
	struct words words; /* behind options and the user */
	struct word line;
	bool user; /* by --user: what follows is a command */
};

static bool read_words(struct su *s, struct words words)
{
	struct arguments args = {.grammar = &grammar, .words = words};
	struct argument arg;
	for (bool named = false;;) {
		enum arguments_state state = arguments_next(&args, &arg);
		struct str word = args.i < words.n ? words.at[args.i].text : S("");
		bool dashes = args.i && str_eq(words.at[args.i - 1].text, S("--"));
		if (state == ARGUMENTS_UNKNOWN)
			return false;
		if (state == ARGUMENTS_END && str_eq(word, S("-")) && !dashes) {
			candidate_clear(&s->inner);
		} else if (state == ARGUMENTS_END) {
			if (s->user || named || args.i >= words.n || dashes)
				break;
			named = true;
		} else {
			s->user |= str_eq(arg.name, S("user"));
			if (str_eq(arg.name, S("command")) ||
			    str_eq(arg.name, S("session-command")))
				s->line = arg.value;
			if (str_eq(arg.name, S("login")))
				candidate_clear(&s->inner);
			continue;
		}
		args.i++;
		args.ended = false;
	}
	s->words = words_from(words, args.i);
	return true;
}

static struct words shell_words(struct arena *a, struct word line, struct words rest)
{
	struct words w = {0};
	words_add(a, &w, S("/bin/bash"), line.from);
	if (line.text.n) {
		words_add(a, &w, S("-c"), line.from);
		*vec_push(a, &w) = line;
	}
	for (size_t i = 0; i < rest.n; i++)
		*vec_push(a, &w) = rest.at[i];
	return w;
}

/* "capsh OPTIONS -- WORDS" is "bash WORDS"; its options have their values attached. */
static bool run_capsh(const struct candidate *c, struct launch *out)
{
	struct words none = {0};
	for (size_t i = 1; i < c->words.n; i++) {
		struct str text = c->words.at[i].text;
		if (str_eq(text, S("--"))) {
			none = shell_words(c->a, (struct word){.from = c->words.at[i].from},
					   words_from(c->words, i + 1));
			return launch_inner(c, none, out);
		}
		if (!str_starts(text, S("--")) || str_starts(text, S("--chroot")) ||
		    str_starts(text, S("--shell")))
			return false;
	}
	return false;
}

bool launch_su(const struct candidate *c, struct launch *out)
{
	struct su s = {.inner = *c};
	struct str program = word_program(c->words, 0);
	if (str_eq(program, S("capsh")))
		return run_capsh(c, out);
	if (!str_eq(program, S("su")) && !str_eq(program, S("runuser")))
		return false;
	if (!read_words(&s, words_from(c->words, 1)))
		return false;
	if (s.user && !s.line.text.n)
		return launch_inner(&s.inner, s.words, out);
	return launch_inner(&s.inner, shell_words(c->a, s.line, s.words), out);
}
