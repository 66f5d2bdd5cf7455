/*
 * expand.c - fills variables into the words of a command line.
 *
 * systemd.service(5) "COMMAND LINES"; replace_env_argv and replace_env_n (env-util.c) of systemd
 * 252. A word that begins with `$NAME` is the variable as a whole and is split; `${NAME}` is
 * filled in wherever it stands and never split; any other `$` is text. Where a word came from is
 * the value it was filled with, and the unit's place is what pulled it in.
 */
#include "expand.h"

#include <string.h>

#include "envfile.h"
#include "map.h"
#include "out.h"
#include "traced.h"
#include "words.h"

/* The index holds positions, counted from 1, disguised as pointers. */
static size_t position(const struct variables *vars, struct str name)
{
	return vars->index ? (size_t)(uintptr_t)map_get(vars->index, name) : 0;
}

/* Linux takes 2 MiB of arguments and environment with the usual stack limit. */
enum { EXPANDED_MAX = 8 << 20 };

const struct variable *variables_get(const struct variables *vars, struct str name)
{
	size_t at = position(vars, name);
	return at ? &vars->at[at - 1] : NULL;
}

void variables_set(struct arena *a, struct variables *vars, struct variable v)
{
	size_t at = position(vars, v.name);
	if (at) {
		struct variable *old = NEW(a, struct variable);
		*old = vars->at[at - 1];
		if (!v.over)
			v.over = old;
		vars->at[at - 1] = v;
		return;
	}
	if (!vars->index)
		vars->index = map_new(a);
	*vec_push(a, vars) = v;
	map_put(vars->index, v.name, (void *)(uintptr_t)vars->n);
}

void variables_unset(struct arena *a, struct variables *vars, struct str name)
{
	struct variables kept = {0};
	for (size_t i = 0; i < vars->n; i++)
		if (!str_eq(vars->at[i].name, name))
			variables_set(a, &kept, vars->at[i]);
	*vars = kept;
}

/* Is the word `$` and a name to its end? Up to v234 `$$…` was, too. */
static bool whole(struct str w, unsigned version)
{
	return w.n && w.p[0] == '$' &&
	       (w.n == 1 || (w.p[1] != '{' && (w.p[1] != '$' || version <= 234)));
}

static struct traced value_of(const struct variable *v)
{
	return (struct traced){.text = v->value.text,
			       .file = v->value.from ? v->value.from->file : NULL,
			       .base = v->value.from ? v->value.from->at : 0,
			       .at = v->at};
}

/*
 * The text a name stands for. Up to v253 the environment was searched for an entry that begins
 * with "NAME=", and the name was not looked at: `A=x` found A=x… and gave what follows.
 */
static bool lookup(const struct variables *vars, struct str name, unsigned version,
		   struct traced *out)
{
	struct str head, tail;
	bool assigned = str_cut(name, '=', &head, &tail);
	if (name.n == 0 || (assigned && version >= 254))
		return false;
	const struct variable *v = variables_get(vars, head);
	if (!v)
		return false;
	*out = value_of(v);
	if (!assigned)
		return true;
	bool found = str_starts(v->value.text, tail) && v->value.text.n > tail.n &&
		     v->value.text.p[tail.n] == '=';
	*out = traced_slice(*out, tail.n + 1, out->text.n);
	return found;
}

/* `from` is where the value stands; the words' place in the unit is the end of its trail. */
static const struct origin *filled(struct arena *a, struct traced value, const struct origin *unit)
{
	const struct origin *from = value.file ? traced_origin(a, value) : NULL;
	return from ? origin_through(a, from, unit) : unit;
}

static void split_value(struct arena *a, struct traced value, const struct origin *unit,
			struct words *out)
{
	struct traced word, raw;
	while (words_next(a, &value, WORDS_RELAX, &word, &raw) == WORDS_WORD)
		*vec_push(a, out) = (struct word){word.text, filled(a, word, unit)};
}

/* The place of `${NAME}` inside the word's own place, where it is written plainly. */
static const struct origin *place_of(struct arena *a, struct word w, struct str name)
{
	if (!w.from || !w.from->file->text.n)
		return w.from;
	struct str raw = str_slice(w.from->file->text, w.from->at, w.from->at + w.from->len);
	struct str want = str_fmt(a, "${%" PRIstr "}", ARG(name));
	const char *hit = raw.n ? memmem(raw.p, raw.n, want.p, want.n) : NULL;
	if (!hit)
		return w.from;
	return origin_new(a, w.from->file, w.from->at + (size_t)(hit - raw.p), want.n, w.from->via);
}

struct filling {
	struct arena *arena;
	const struct variables *vars;
	unsigned version;
	struct word in;
	struct out *text;
	size_t n;
	size_t room;                   /* more bytes than this are not wanted */
	size_t references, value_from; /* how many were filled in, and where the last begins */
	const struct origin *from;
};

static void fill_text(struct filling *f, struct str s)
{
	out_str(f->text, s);
	f->n += s.n;
}

static void fill_reference(struct filling *f, struct str name)
{
	struct traced value;
	f->references++;
	f->value_from = f->n;
	if (!lookup(f->vars, name, f->version, &value))
		return;
	if (f->references == 1)
		f->from = filled(f->arena, value, place_of(f->arena, f->in, name));
	fill_text(f, value.text);
}

/* The name behind `${` at s.p[i]; false when no `}` ends it, or a ':' comes first. */
static bool reference(struct str s, size_t i, struct str *name)
{
	size_t from = i + 2, to = from;
	while (to < s.n && s.p[to] != '}' && s.p[to] != ':')
		to++;
	*name = str_slice(s, from, to);
	return to < s.n && s.p[to] == '}';
}

/*
 * A word that is one reference, or a flag whose value is one, came from the variable's value;
 * one of several pieces came from the unit.
 */
static struct word fill_word(struct filling *f)
{
	struct str s = f->in.text, name = {0};
	f->text = out_new(f->arena);
	for (size_t i = 0; i < s.n && f->n <= f->room; i++) {
		size_t dollar = i + str_find(str_tail(s, i), '$');
		fill_text(f, str_slice(s, i, dollar));
		i = dollar;
		if (i + 1 >= s.n) {
			fill_text(f, str_tail(s, i));
			break;
		}
		if (s.p[i + 1] == '{' && reference(s, i, &name)) {
			fill_reference(f, name);
			i += name.n + 2;
		} else if (s.p[i + 1] == '{') {
			/* Up to the ':' or the end it is text, what follows is read anew. */
			fill_text(f, str_slice(s, i, i + 2 + name.n));
			i += 1 + name.n;
		} else {
			fill_text(f, str_slice(s, i, i + (s.p[i + 1] == '$' ? 1 : 2)));
			i++;
		}
	}
	struct str text = out_text(f->text);
	bool sole = f->references == 1 && f->from &&
		    (f->value_from == 0 || text.p[f->value_from - 1] == '=');
	return (struct word){text, sole ? f->from : f->in.from};
}

bool expand_words(struct arena *a, const struct words *words, const struct variables *vars,
		  unsigned version, struct words *out)
{
	size_t room = EXPANDED_MAX;
	*out = (struct words){0};
	for (size_t i = 0; i < words->n; i++) {
		struct word w = words->at[i];
		struct traced value;
		size_t before = out->n;
		if (str_find(w.text, '$') == w.text.n) {
			*vec_push(a, out) = w;
		} else if (!whole(w.text, version)) {
			struct filling f = {.arena = a,
					    .vars = vars,
					    .version = version,
					    .in = w,
					    .room = room};
			*vec_push(a, out) = fill_word(&f);
		} else if (lookup(vars, str_tail(w.text, 1), version, &value)) {
			split_value(a, value, w.from, out);
		}
		for (size_t k = before; k < out->n; k++) {
			if (out->at[k].text.n + 1 > room)
				return false;
			room -= out->at[k].text.n + 1;
		}
	}
	return true;
}

static bool word_names(struct str s)
{
	struct str name;
	if (whole(s, 252))
		return env_name_valid(str_tail(s, 1));
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '$')
			continue;
		i++;
		if (s.p[i] != '{')
			continue;
		if (reference(s, i - 1, &name) && env_name_valid(name))
			return true;
		i += name.n;
	}
	return false;
}

bool expand_names(const struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (word_names(words->at[i].text))
			return true;
	return false;
}
