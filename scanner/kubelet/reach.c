/*
 * reach.c - what an environment file that is still to come can change. Its variables reach the
 * kubelet only through the words of the command: `$NAME` as a word may become any words, `${NAME}`
 * inside of "--flag=…" may change that flag and no other (systemd.service(5), "COMMAND LINES").
 * Of scalar flags the last one counts (pflag), so that what stands before it changes nothing;
 * and of two files that set a variable, the later one counts.
 */
#include "kubelet.h"

#include <string.h>

#include "options.h"

struct reach {
	const struct unit *unit;
	const struct command *command;
	const struct option_row *row; /* the setting that is asked for */
	bool decided;                 /* by a flag, whatever files say */
	size_t after;                 /* words up to here are overruled by it */
	size_t file;                  /* the EnvironmentFile= assignment, by its position */
};

static bool is_environment_file(const struct assignment *x)
{
	return str_eq(x->section, S("Service")) && str_eq(x->key, S("EnvironmentFile"));
}

static struct str file_of(const struct assignment *x)
{
	struct str path = x->value.text;
	return str_starts(path, S("-")) ? str_tail(path, 1) : path;
}

/* The last assignment that names the file; false when none does, or with specifiers. */
static bool find_file(const struct unit *u, struct str path, size_t *at)
{
	bool found = false;
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *x = &u->assignments.at[i];
		if (!is_environment_file(x))
			continue;
		if (!x->value.text.n)
			found = false;
		else if (str_eq(file_of(x), path)) {
			found = true;
			*at = i;
		}
	}
	return found;
}

/* Is the variable set by a file that is read later? Then an earlier one cannot change it. */
static bool overruled(const struct reach *r, struct str name)
{
	const struct unit *u = r->unit;
	size_t at;
	for (size_t i = 0; i < u->environment.n; i++) {
		const struct variable *v = &u->environment.at[i];
		if (str_eq(v->name, name))
			return v->value.from && find_file(u, v->value.from->file->path, &at) &&
			       at > r->file;
	}
	return false;
}

/* A flag that takes the word after it as its value. */
static const struct option_row *takes_next(struct str word)
{
	if (!str_starts(word, S("--")) || str_find(word, '=') < word.n)
		return NULL;
	const struct option_row *row = row_of_flag(str_tail(word, 2));
	return row && row->arg != FORM_BOOL ? row : NULL;
}

/* A change of this flag alone: of the setting itself, or of what names other inputs. */
static bool matters(const struct reach *r, struct str flag)
{
	const struct option_row *row = row_of_flag(flag);
	if (!row || row == r->row)
		return true;
	return !r->decided && (str_eq(flag, S("config")) || str_eq(flag, S("config-dir")) ||
			       str_eq(flag, S("feature-gates")));
}

/* "${NAME}" at `at` of word `i`: what can it change? */
static bool braced(const struct reach *r, size_t i, size_t at)
{
	const struct words *w = &r->command->words;
	struct str word = w->at[i].text, flag, value;
	const struct option_row *before = i ? takes_next(w->at[i - 1].text) : NULL;
	if (before && !str_starts(word, S("--")))
		return matters(r, str_from(before->pub.flag));
	if (str_starts(word, S("--")) && str_cut(str_slice(word, 2, at), '=', &flag, &value))
		return matters(r, flag);
	return true;
}

static bool word_reaches(const struct reach *r, size_t i)
{
	struct str word = r->command->words.at[i].text;
	if (word.n > 1 && word.p[0] == '$' && word.p[1] != '{' && word.p[1] != '$')
		return !overruled(r, str_tail(word, 1));
	for (size_t at = 0; at + 1 < word.n; at++) {
		size_t end = at + 2;
		if (word.p[at] != '$' || word.p[at + 1] != '{')
			continue;
		while (end < word.n && word.p[end] != '}')
			end++;
		if (!overruled(r, str_slice(word, at + 2, end)) && braced(r, i, at))
			return true;
		at = end;
	}
	return false;
}

/* The word of the command that the deciding flag comes from, counted from 1; 0: none. */
static size_t word_of(const struct command *c, const struct origin *o)
{
	while (o && o->via)
		o = o->via;
	for (size_t i = c->words.n; o && i-- > 0;) {
		const struct origin *w = c->words.at[i].from;
		if (w && w->file == o->file && o->at >= w->at && o->at < w->at + w->len)
			return i + 1;
	}
	return 0;
}

bool setting_awaits(const struct launch *l, const struct settings *s, const struct setting *x,
		    const struct pending *p)
{
	struct reach r = {.unit = l->unit};
	bool plain = l->unit && strcmp(l->layout, "systemd") == 0 && l->unit->commands.n == 1 &&
		     !l->mounts && !l->unit->commands.at[0].literal;
	if (!plain || !find_file(l->unit, p->path, &r.file))
		return true;
	/* Without a file that is not optional nothing starts. */
	if (!str_starts(l->unit->assignments.at[r.file].value.text, S("-")))
		return true;
	/* The variable without which these versions refuse --config-dir. */
	if (s->config_dir.text.n && (s->version.minor == 28 || s->version.minor == 29))
		return true;
	bool tree = x->option->type == VALUE_LIST || x->option->type == VALUE_MAP;
	r.command = &l->unit->commands.at[0];
	r.row = x->option->flag ? row_of_flag(str_from(x->option->flag))
				: row_of_path(str_from(x->option->path));
	r.decided = setting_decided(s, x);
	r.after = x->level == LEVEL_FLAG && !tree ? word_of(r.command, x->from) : 0;
	for (size_t i = r.after; i < r.command->words.n; i++)
		if (word_reaches(&r, i))
			return true;
	return false;
}
