/*
 * shell.c - a shell text into its outcome: the commands that it runs, the files that it leaves,
 * what it prints. Nothing is run; POSIX XCU chapter 2 and bash(1), as far as the files beside this
 * one say. Not followed are signals, jobs, aliases, and what other programs do.
 */
#include "shell.h"

#include <string.h>

#include "state.h"

/* Which shell reads it: where they differ, a text for an unknown one is untold. */
static void choose_shell(struct run *r, struct str program)
{
	struct str base = str_basename(program);
	if (str_eq(base, S("sh"))) {
		const struct file *f = rootfs_stat(r->root, S("/bin/sh"));
		base = f->state == FILE_OK ? str_basename(f->real) : base;
	}
	r->bash = str_eq(base, S("bash"));
	r->dash = str_eq(base, S("dash"));
}

/* A one-liner that stands in its file as it is keeps the places of its words. */
static struct source source_of(struct run *r, struct str text)
{
	const struct shell *sh = r->sh;
	const struct origin *o = sh->from;
	if (sh->file)
		return (struct source){text, sh->file, sh->from};
	if (o && o->file && o->len == text.n && text.n && o->at + o->len <= o->file->text.n &&
	    !memcmp(o->file->text.p + o->at, text.p, text.n))
		return (struct source){str_slice(o->file->text, o->at, o->at + o->len), o->file,
				       o->via};
	return (struct source){text, NULL, sh->from};
}

static void take_environment(struct run *r)
{
	const struct shell *sh = r->sh;
	for (size_t i = 0; i < sh->variables.n; i++) {
		const struct variable *v = &sh->variables.at[i];
		name_bind(r, v->name,
			  (struct binding){.value = value_plain(r, v->value.text, v->value.from),
					   .exported = true,
					   .from = v->value.from});
	}
	for (size_t i = 0; i < sh->args.n; i++) {
		struct word w = sh->args.at[i];
		*vec_push(r->a, &r->posture.args) =
			(struct field){.value = value_plain(r, w.text, w.from), .from = w.from};
	}
}

/* What was not read, or not followed to its end, could have said something else. */
static void spoil(struct run *r, struct untold why)
{
	for (size_t i = 0; i < r->out.commands.n; i++)
		r->out.commands.at[i].untold = why;
	for (size_t i = 0; i < r->out.written.n; i++)
		r->out.written.at[i].untold = why;
	r->out.unprinted = why;
}

bool shell_known(struct str program)
{
	static const char *const names[] = {"sh", "bash", "dash", "ash", "ksh", "mksh", "busybox"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(str_basename(program), str_from(names[i])))
			return true;
	return false;
}

struct str shell_interpreter(struct str text, bool *errexit)
{
	struct str line = str_slice(text, 0, str_find(text, '\n')), word, rest;
	*errexit = false;
	if (!str_starts(line, S("#!")))
		return S("");
	rest = str_trim(str_tail(line, 2), " \t\r");
	str_cut(rest, ' ', &word, &rest);
	if (str_eq(str_basename(word), S("env"))) {
		rest = str_trim(rest, " \t");
		if (str_starts(rest, S("-S ")))
			rest = str_trim(str_tail(rest, 3), " \t");
		str_cut(rest, ' ', &word, &rest);
	}
	*errexit = str_starts(rest, S("-")) && str_find(rest, 'e') < rest.n;
	return word;
}

struct shell_outcome shell_read(const struct shell *sh, struct str text)
{
	struct arena *a = rootfs_arena(sh->root);
	struct run r = {
		.sh = sh, .root = sh->root, .a = a, .names = map_new(a), .written = map_new(a)};
	struct sink out = {.out = out_new(a)}, err = {0};
	r.posture.out = &out;
	r.posture.err = &err;
	r.posture.workdir = sh->workdir;
	r.posture.errexit = sh->errexit;
	choose_shell(&r, sh->program);
	take_environment(&r);
	struct source *source = NEW(a, struct source);
	*source = source_of(&r, text);
	if (run_spend(&r, 1, text.n))
		run_list(&r, grammar_read(a, source));
	r.out.printed = str_dup(a, out_text(out.out));
	r.out.unprinted = out.untold;
	struct value *print = NEW(a, struct value);
	*print = (struct value){.text = r.out.printed, .pieces = out.pieces, .set = true};
	r.out.print = print;
	if (r.lost)
		spoil(&r, r.out.untold);
	else if (!is_told(r.garbled))
		spoil(&r, r.garbled);
	return r.out;
}

const struct origin *shell_printed_from(struct arena *a, const struct shell_outcome *o, size_t from,
					size_t to, bool *exact)
{
	const struct pieces *all = &o->print->pieces;
	const struct piece *best = NULL;
	size_t at = 0, best_at = 0;
	*exact = false;
	for (size_t i = 0; i < all->n; at += all->at[i++].n)
		if (all->at[i].from && at < to && at + all->at[i].n > from) {
			best = &all->at[i];
			best_at = at;
		}
	if (!best || !best->exact || best_at > from || best_at + best->n < to)
		return best ? best->from : NULL;
	*exact = true;
	return origin_new(a, best->from->file, best->from->at + (from - best_at), to - from,
			  best->from->via);
}
