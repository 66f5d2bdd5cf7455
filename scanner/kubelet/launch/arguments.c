/*
 * arguments.c - words into options, one at a time, as getopt_long(3) with a leading '+', pflag
 * without interspersed flags, and Go's flag package read them. An option that the grammar does not
 * have ends the reading: whether it takes the next word cannot be guessed.
 */
#include "arguments.h"

#include <string.h>

enum takes { TAKES_NONE, TAKES_VALUE, TAKES_ATTACHED };

struct spec {
	struct str name;
	char letter; /* 0: none */
	enum takes takes;
};

static enum takes takes_of(const char *colons)
{
	if (colons[0] != ':')
		return TAKES_NONE;
	return colons[1] == ':' ? TAKES_ATTACHED : TAKES_VALUE;
}

/* The next of the names: "name", "name:", "name::", "name=l", "name:=l". */
static bool next_name(const char **at, struct spec *out)
{
	const char *p = *at + strspn(*at, " ");
	size_t n = strcspn(p, " :=");
	if (!n)
		return false;
	*out = (struct spec){.name = {p, n}, .takes = takes_of(p + n)};
	p += n + strspn(p + n, ":");
	if (*p == '=')
		out->letter = p[1];
	*at = p + strcspn(p, " ");
	return true;
}

/* With getopt_long a name that begins like one name alone is that name. */
static bool find_name(const struct grammar *g, struct str name, struct spec *out)
{
	const char *at = g->names;
	struct spec spec;
	unsigned like = 0;
	while (next_name(&at, &spec)) {
		bool letter =
			g->style == ARGUMENTS_GOFLAG && name.n == 1 && name.p[0] == spec.letter;
		if (letter || str_eq(spec.name, name)) {
			*out = spec;
			return true;
		}
		if (g->style != ARGUMENTS_GETOPT || !name.n || !str_starts(spec.name, name))
			continue;
		*out = spec;
		like++;
	}
	return like == 1;
}

static bool find_letter(const struct grammar *g, char letter, struct spec *out)
{
	const char *at = g->names;
	while (next_name(&at, out))
		if (out->letter == letter)
			return true;
	const char *p = letter == ':' ? NULL : strchr(g->letters, letter);
	if (!p || !letter)
		return false;
	*out = (struct spec){.name = {p, 1}, .letter = letter, .takes = takes_of(p + 1)};
	return true;
}

static enum arguments_state unknown(struct arguments *args, struct argument *out)
{
	out->name = out->word.text;
	args->ended = true;
	return ARGUMENTS_UNKNOWN;
}

/* The value is the next word. */
static enum arguments_state take_next(struct arguments *args, struct argument *out)
{
	if (args->i >= args->words.n)
		return unknown(args, out);
	out->value = args->words.at[args->i++];
	out->has_value = true;
	return ARGUMENTS_OPTION;
}

static void attach(struct argument *out, struct str text)
{
	out->value = (struct word){text, out->word.from};
	out->has_value = true;
}

static enum arguments_state read_name(struct arguments *args, struct str text, struct argument *out)
{
	struct spec spec;
	struct str name, value;
	bool attached = str_cut(text, '=', &name, &value);
	args->i++;
	if (!find_name(args->grammar, name, &spec))
		return unknown(args, out);
	out->name = spec.name;
	if (attached)
		attach(out, value);
	else if (spec.takes == TAKES_VALUE)
		return take_next(args, out);
	return ARGUMENTS_OPTION;
}

static enum arguments_state read_letter(struct arguments *args, struct argument *out)
{
	struct spec spec;
	struct str cluster = out->word.text;
	char letter = cluster.p[args->within++];
	struct str behind = str_tail(cluster, args->within);
	bool pflag = args->grammar->style == ARGUMENTS_PFLAG;
	bool assigned = pflag && str_starts(behind, S("="));
	bool known = find_letter(args->grammar, letter, &spec);
	if (!behind.n || !known || spec.takes != TAKES_NONE || assigned) {
		args->within = 0;
		args->i++;
	}
	if (!known)
		return unknown(args, out);
	out->name = spec.name;
	if (assigned)
		attach(out, str_tail(behind, 1));
	else if (spec.takes != TAKES_NONE && behind.n)
		attach(out, behind);
	else if (spec.takes == TAKES_VALUE)
		return take_next(args, out);
	return ARGUMENTS_OPTION;
}

enum arguments_state arguments_next(struct arguments *args, struct argument *out)
{
	*out = (struct argument){0};
	if (args->ended || args->i >= args->words.n)
		return ARGUMENTS_END;
	struct str text = args->words.at[args->i].text;
	out->word = args->words.at[args->i];
	if (args->within)
		return read_letter(args, out);
	if (text.n < 2 || text.p[0] != '-') {
		args->ended = true;
		return ARGUMENTS_END;
	}
	if (str_eq(text, S("--"))) {
		args->i++;
		args->ended = true;
		return ARGUMENTS_END;
	}
	if (text.p[1] == '-')
		return read_name(args, str_tail(text, 2), out);
	if (args->grammar->style == ARGUMENTS_GOFLAG)
		return read_name(args, str_tail(text, 1), out);
	args->within = 1;
	return read_letter(args, out);
}
