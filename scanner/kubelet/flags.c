/*
 * flags.c - an argv into flags, as pflag 1.0.5 to 1.0.10 parses it in a kubelet (flag.go; server.go
 * for the two flag sets). The first parse knows all flags; in the second, library flags have lost
 * their NoOptDefVal, so that a bare boolean among them takes the next word, and help is unknown.
 * The patterns of --vmodule and the like are not looked at.
 */
#include "flags.h"

#include <string.h>

#include "arena.h"

struct parse {
	struct arena *a;
	struct words argv;
	size_t next;
	unsigned minor;
	bool second;
	struct notes *notes;
	struct flags out;
};

static bool refuse(struct parse *p, const char *code, const struct origin *from, struct str text)
{
	p->out.error = code;
	p->out.error_text = text;
	p->out.error_from = from;
	return false;
}

/* WordSepNormalizeFunc. */
static struct str normalise(struct arena *a, struct str name)
{
	if (str_find(name, '_') == name.n)
		return name;
	struct str out = str_dup(a, name);
	char *p = str_z(a, out);
	for (size_t i = 0; i < name.n; i++)
		if (p[i] == '_')
			p[i] = '-';
	return (struct str){p, name.n};
}

static const struct option_row *lookup(const struct parse *p, struct str name)
{
	const struct option_row *row = row_of_flag(name);
	if (!row || !row_exists(row, p->minor) || (p->second && row->scope == SCOPE_FIRST))
		return NULL;
	return row;
}

/* NoOptDefVal. */
static bool bare_is_true(const struct parse *p, const struct option_row *row)
{
	bool boolean = row->arg == FORM_BOOL || row->arg == FORM_VERSION;
	return boolean && !(p->second && row->scope == SCOPE_GLOBAL);
}

static bool read_value(const struct parse *p, struct given *g, struct str *problem)
{
	enum form form = g->row->arg;
	uint64_t level;
	/* Since 1.23 the level is component-base's own, and unsigned. */
	if (form == FORM_LEVEL && p->minor >= 23 &&
	    (!str_u64(g->raw, &level) || level > INT32_MAX)) {
		*problem =
			str_fmt(p->a, "strconv.ParseUint: parsing \"%" PRIstr "\": invalid syntax",
				ARG(g->raw));
		return false;
	}
	/* A version to pretend to came later. */
	if (form == FORM_VERSION && p->minor && p->minor < 26 && str_starts(g->raw, S("v")))
		form = FORM_BOOL;
	if (form_is_list(form) || form_is_map(form))
		return flag_split(p->a, form, g->raw, &g->items, problem);
	return flag_scalar(p->a, form, g->raw, &g->value, problem);
}

static bool set(struct parse *p, const struct option_row *row, struct str shown, struct str raw,
		const struct origin *from)
{
	struct given g = {.row = row, .name = str_from(row->pub.flag), .raw = raw, .from = from};
	struct str problem = S("");
	/* Library flags do nothing in the second parse, not even look at their value. */
	if (p->second && row->scope == SCOPE_GLOBAL)
		return true;
	/* Nor does an address that is empty (pkg/util/flag, IPVar). */
	if (row->arg == FORM_ADDRESS && !raw.n)
		return true;
	if (!read_value(p, &g, &problem))
		return refuse(p, "flag-value", from,
			      str_fmt(p->a,
				      "invalid argument \"%" PRIstr "\" for \"%" PRIstr
				      "\" flag: %" PRIstr,
				      ARG(raw), ARG(shown), ARG(problem)));
	*vec_push(p->a, &p->out) = g;
	return true;
}

static bool take_next(struct parse *p, struct str *value, const struct origin **from)
{
	if (p->next == p->argv.n)
		return false;
	*value = p->argv.at[p->next].text;
	*from = p->argv.at[p->next].from;
	p->next++;
	return true;
}

static bool lacks_value(struct parse *p, const struct origin *from, struct str text)
{
	return refuse(p, p->second ? "reparse-needs-argument" : "flag-needs-argument", from,
		      str_cat(p->a, S("flag needs an argument: "), text));
}

static bool wants_help(struct parse *p, const struct origin *from)
{
	return refuse(p, p->second ? "reparse-help" : "help", from, S("pflag: help requested"));
}

static void warn_of_age(struct parse *p, const struct option_row *row, const struct origin *from)
{
	if (p->minor || p->second || !p->notes)
		return;
	if (row->last < 20)
		note(p->notes, from, "--%s is unknown to every kubelet since 1.20 at the latest",
		     row->pub.flag);
	else if (row->last < 99)
		note(p->notes, from, "--%s is unknown to a kubelet newer than 1.%u", row->pub.flag,
		     row->last);
}

static bool parse_long(struct parse *p, struct word w)
{
	struct str body = str_tail(w.text, 2), name, value;
	if (!body.n || body.p[0] == '-' || body.p[0] == '=')
		return refuse(p, "flag-syntax", w.from,
			      str_cat(p->a, S("bad flag syntax: "), w.text));
	bool has_value = str_cut(body, '=', &name, &value);
	const struct option_row *row = lookup(p, normalise(p->a, name));
	if (!row && str_eq(name, S("help")))
		return wants_help(p, w.from);
	if (!row)
		return refuse(p, "flag-unknown", w.from,
			      str_cat(p->a, S("unknown flag: --"), name));
	warn_of_age(p, row, w.from);
	const struct origin *from = w.from;
	if (!has_value && bare_is_true(p, row))
		value = S("true");
	else if (!has_value && !take_next(p, &value, &from))
		return lacks_value(p, w.from, w.text);
	struct str shown = str_fmt(p->a, "--%s", row->pub.flag);
	if (strlen(row->pub.flag) == 1)
		shown = str_fmt(p->a, "-%s, --%s", row->pub.flag, row->pub.flag);
	return set(p, row, shown, value, from);
}

/* One letter of "-vh2": *rest is what is left of the word. */
static bool parse_letter(struct parse *p, struct word w, struct str *rest)
{
	struct str letters = *rest, value;
	const struct origin *from = w.from;
	char c = letters.p[0];
	*rest = str_tail(letters, 1);
	const struct option_row *row = c == 'v'   ? lookup(p, S("v"))
				       : c == 'h' ? lookup(p, S("help"))
						  : NULL;
	if (!row && c == 'h')
		return wants_help(p, w.from);
	if (!row)
		return refuse(p, "flag-unknown-shorthand", w.from,
			      str_fmt(p->a, "unknown shorthand flag: '%c' in -%" PRIstr, c,
				      ARG(letters)));
	if (letters.n > 2 && letters.p[1] == '=') {
		value = str_tail(letters, 2);
		*rest = S("");
	} else if (bare_is_true(p, row)) {
		value = S("true");
	} else if (letters.n > 1) {
		value = str_tail(letters, 1);
		*rest = S("");
	} else if (!take_next(p, &value, &from)) {
		return lacks_value(p, w.from, str_fmt(p->a, "'%c' in -%" PRIstr, c, ARG(letters)));
	}
	return set(p, row, str_fmt(p->a, "-%c, --%s", c, row->pub.flag), value, from);
}

static bool parse_short(struct parse *p, struct word w)
{
	struct str rest = str_tail(w.text, 1);
	while (rest.n && !str_starts(rest, S("test."))) {
		if (!parse_letter(p, w, &rest))
			return false;
	}
	return true;
}

static void parse_all(struct parse *p)
{
	while (p->next < p->argv.n) {
		struct word w = p->argv.at[p->next++];
		if (w.text.n < 2 || w.text.p[0] != '-') {
			*vec_push(p->a, &p->out.rest) = w;
		} else if (str_eq(w.text, S("--"))) {
			while (p->next < p->argv.n)
				*vec_push(p->a, &p->out.rest) = p->argv.at[p->next++];
		} else if (w.text.p[1] == '-' ? !parse_long(p, w) : !parse_short(p, w)) {
			return;
		}
	}
}

struct flags flags_parse(struct arena *a, struct words argv, unsigned minor, bool second,
			 struct notes *notes)
{
	struct parse p = {.a = a,
			  .argv = argv,
			  .next = argv.n > 0,
			  .minor = minor,
			  .second = second,
			  .notes = notes};
	parse_all(&p);
	return p.out;
}

const struct given *flags_last(const struct flags *f, const char *name)
{
	for (size_t i = f->n; i-- > 0;)
		if (strcmp(f->at[i].row->pub.flag, name) == 0)
			return &f->at[i];
	return NULL;
}
