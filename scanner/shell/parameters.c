/*
 * parameters.c - what $NAME, ${…} and $(…) stand for.
 *
 * POSIX XCU 2.5 and 2.6.2; arrays, ${!NAME} and the parts of parts.c as in bash. Variables that a
 * shell makes for itself ($RANDOM, $HOSTNAME, $$) and those that a service manager gives only to
 * some ($HOME) are untold where nothing sets them.
 */
#include <string.h>

#include "state.h"

static bool made_by_shell(struct str name)
{
	static const char *const names[] = {
		"HOME",
		"PATH",
		"PWD",
		"OLDPWD",
		"USER",
		"LOGNAME",
		"SHELL",
		"HOSTNAME",
		"HOSTTYPE",
		"MACHTYPE",
		"OSTYPE",
		"RANDOM",
		"SRANDOM",
		"SECONDS",
		"LINENO",
		"PPID",
		"UID",
		"EUID",
		"GROUPS",
		"BASHPID",
		"BASH",
		"SHLVL",
		"TERM",
		"INVOCATION_ID",
		"BASH_VERSION",
		"EPOCHSECONDS",
		"EPOCHREALTIME",
		"COLUMNS",
		"LINES",
		"FUNCNAME",
		"JOURNAL_STREAM",
		"NOTIFY_SOCKET",
		"MAINPID",
		"SYSTEMD_EXEC_PID",
		"OPTARG",
		"OPTIND",
		"PIPESTATUS",
		"BASH_REMATCH",
		"BASH_VERSINFO",
		"REPLY",
		"DIRSTACK",
		"LISTEN_FDS",
		"LISTEN_PID",
		"SHELLOPTS",
		"BASHOPTS",
		"BASH_COMMAND",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return str_starts(name, S("SYSTEMD_"));
}

static struct value unknown(struct run *r, struct str name, const char *why)
{
	struct untold u = {str_fmt(r->a, "variable %" PRIstr "%s", ARG(name), why), r->sh->from};
	return (struct value){.untold = u, .set = true};
}

static struct value named(struct run *r, struct str name)
{
	const struct binding *b = name_binding(r, name);
	if (b && b->list)
		return b->list->n ? b->list->at[0].value : (struct value){0};
	if (b)
		return b->value;
	if (!is_told(r->everything))
		return (struct value){.untold = r->everything, .set = true};
	if (str_eq(name, S("BASH_SOURCE")))
		return value_plain(r, r->sh->name, NULL);
	if (made_by_shell(name))
		return unknown(r, name, ", which a running shell has");
	return (struct value){0};
}

static struct value numbered(struct run *r, struct str digits)
{
	uint64_t i = 0;
	if (!str_u64(digits, &i))
		return (struct value){0};
	if (i == 0)
		return value_plain(r, r->sh->name, r->sh->from);
	if (!is_told(r->posture.args_untold))
		return (struct value){.untold = r->posture.args_untold, .set = true};
	return i <= r->posture.args.n ? r->posture.args.at[i - 1].value : (struct value){0};
}

static struct value count(struct run *r, size_t n)
{
	return value_plain(r, str_fmt(r->a, "%zu", n), NULL);
}

static struct value special(struct run *r, char c)
{
	switch (c) {
	case '#':
		if (!is_told(r->posture.args_untold))
			break;
		return count(r, r->posture.args.n);
	case '?':
		if (r->status < 0)
			return (struct value){.untold = r->status_untold, .set = true};
		return count(r, (size_t)r->status);
	case '-': return value_plain(r, r->posture.errexit ? S("e") : S(""), NULL);
	default: break;
	}
	if (c == '#')
		return (struct value){.untold = r->posture.args_untold, .set = true};
	return unknown(r, (struct str){c == '$' ? "$" : "!", 1}, ", which a running shell has");
}

struct value parameter_value(struct run *r, struct str name)
{
	if (name.n && name.p[0] >= '0' && name.p[0] <= '9')
		return numbered(r, name);
	if (name.n == 1 && strchr("#?-$!", name.p[0]))
		return special(r, name.p[0]);
	return named(r, name);
}

static struct parameter all_arguments(struct run *r, bool joined)
{
	struct parameter p = {.joined = joined};
	if (is_told(r->posture.args_untold))
		p.list = &r->posture.args;
	else
		p.value = (struct value){.untold = r->posture.args_untold, .set = true};
	return p;
}

/* `set -u` is not followed: an unset name is empty. */
struct parameter parameter_dollar(struct run *r, const struct source *s, struct str name)
{
	(void)s;
	if (str_eq(name, S("@")) || str_eq(name, S("*")))
		return all_arguments(r, str_eq(name, S("*")));
	return (struct parameter){.value = parameter_value(r, name)};
}

/* ---- ${…} ---- */

struct braces {
	bool length, indirect, subscripted;
	struct str name, subscript, operator;
};

static struct braces read_braces(struct str s)
{
	struct braces b = {0};
	size_t n;
	b.length = s.n > 1 && s.p[0] == '#' && !strchr(":-+=?%/", s.p[1]);
	b.indirect = s.n > 1 && s.p[0] == '!' && name_span(str_tail(s, 1));
	s = str_tail(s, b.length || b.indirect);
	n = name_span(s);
	while (!n && s.n && s.p[n] >= '0' && s.p[n] <= '9' && n < s.n)
		n++;
	if (!name_span(s))
		for (n = 0; n < s.n && s.p[n] >= '0' && s.p[n] <= '9';)
			n++;
	if (!n && s.n && strchr("@*#?-$!", s.p[0]))
		n = 1;
	b.name = str_slice(s, 0, n);
	s = str_tail(s, n);
	size_t end = str_find(s, ']');
	if (s.n && s.p[0] == '[' && end < s.n) {
		b.subscripted = true;
		b.subscript = str_slice(s, 1, end);
		s = str_tail(s, end + 1);
	}
	b.operator= s;
	return b;
}

static struct parameter untold_parameter(struct untold why)
{
	return (struct parameter){.value = {.untold = why, .set = true}};
}

/* The list that NAME[@], NAME[*], @ or * stand for. */
static bool whole_list(struct run *r, const struct braces *b, struct parameter *out)
{
	bool all = str_eq(b->subscript, S("@")) || str_eq(b->subscript, S("*"));
	if (!b->subscripted && (str_eq(b->name, S("@")) || str_eq(b->name, S("*")))) {
		*out = all_arguments(r, str_eq(b->name, S("*")));
		return true;
	}
	if (!all)
		return false;
	const struct binding *x = name_binding(r, b->name);
	struct value plain = parameter_value(r, b->name);
	struct fields *one = NEW(r->a, struct fields);
	*out = (struct parameter){.joined = str_eq(b->subscript, S("*"))};
	if (x && x->list)
		out->list = x->list;
	else if (!is_told(plain.untold))
		out->value = plain;
	else {
		if (plain.set)
			*vec_push(r->a, one) = (struct field){.value = plain};
		out->list = one;
	}
	return true;
}

static struct value element(struct run *r, const struct source *s, const struct braces *b)
{
	const struct binding *x = name_binding(r, b->name);
	struct value at = value_quoted(r, s, b->subscript, false);
	int64_t i;
	if (is_told(at.untold) && (!x || !x->list) && str_eq(at.text, S("0")))
		return parameter_value(r, b->name);
	if (!is_told(at.untold) || !arithmetic_value(r, at.text, &i) ||
	    (x && !is_told(x->value.untold)))
		return (struct value){.untold = untold_at(r, s, b->subscript,
							  "element %" PRIstr " of %" PRIstr,
							  ARG(b->subscript), ARG(b->name)),
				      .set = true};
	if (!x || !x->list)
		return (struct value){0};
	if (i < 0)
		i += (int64_t)x->list->n;
	return i >= 0 && (size_t)i < x->list->n ? x->list->at[i].value : (struct value){0};
}

static struct parameter length_of(struct run *r, const struct parameter *p)
{
	if (p->list)
		return (struct parameter){.value = count(r, p->list->n)};
	if (!is_told(p->value.untold))
		return *p;
	size_t runes = 0;
	for (struct str s = p->value.text; s.n; runes++) {
		uint32_t rune;
		size_t n = str_rune(s, &rune);
		s = str_tail(s, n ? n : 1);
	}
	return (struct parameter){.value = count(r, runes)};
}

/* - = + ? and the same with a colon. */
static bool by_presence(struct run *r, const struct source *s, const struct braces *b,
			struct parameter *p)
{
	bool colon = str_starts(b->operator, S(":"));
	struct str op = str_tail(b->operator, colon);
	if (!op.n || !strchr("-=+?", op.p[0]))
		return false;
	const struct value *v = p->list && p->list->n ? &p->list->at[0].value : &p->value;
	bool there = v->set && !(colon && !v->text.n && !(p->list && p->list->n > 1));
	if (!is_told(v->untold))
		return true;
	bool use = op.p[0] == '+' ? there : !there;
	struct parameter word = {.instead = true, .word = str_tail(op, 1)};
	if (op.p[0] == '+' && !use) {
		*p = (struct parameter){0};
	} else if (use && op.p[0] == '?') {
		struct untold why =
			untold_at(r, s, b->name, "unset variable %" PRIstr, ARG(b->name));
		run_strange(r, why);
		*p = untold_parameter(why);
	} else if (use && op.p[0] == '=') {
		struct field f = field_of_word(r, s, word.word);
		name_set(r, b->name, f.value, f.from);
		*p = (struct parameter){.value = f.value};
	} else if (use) {
		*p = word;
	}
	return true;
}

static struct parameter indirect(struct run *r, const struct source *s, const struct braces *b)
{
	struct value name = parameter_value(r, b->name);
	if (!is_told(name.untold))
		return untold_parameter(name.untold);
	if (!name.text.n || name_span(name.text) != name.text.n || b->subscripted)
		return untold_parameter(
			untold_at(r, s, b->name, "indirection ${!%" PRIstr "}", ARG(b->name)));
	return (struct parameter){.value = parameter_value(r, name.text)};
}

static bool list_parts(struct run *r, const struct source *s, const struct braces *b,
		       struct parameter *p)
{
	struct fields *out = NEW(r->a, struct fields);
	for (size_t i = 0; p->list && i < p->list->n; i++) {
		struct field f = p->list->at[i];
		if (!is_told(f.value.untold) || !run_spend(r, 1, sizeof f) ||
		    str_starts(b->operator, S(":")) || !value_part(r, s, b->operator, & f.value))
			return false;
		*vec_push(r->a, out) = f;
	}
	p->list = out;
	return true;
}

struct parameter parameter_braces(struct run *r, const struct source *s, struct str inner)
{
	struct braces b = read_braces(inner);
	struct parameter p = {0};
	struct untold why = untold_at(r, s, inner, "expansion ${%" PRIstr "}", ARG(inner));
	if (!b.name.n)
		return untold_parameter(why);
	if (b.indirect)
		p = indirect(r, s, &b);
	else if (!whole_list(r, &b, &p))
		p.value = b.subscripted ? element(r, s, &b) : parameter_value(r, b.name);
	if (b.length)
		return b.operator.n ? untold_parameter(why) : length_of(r, &p);
	if (!b.operator.n || by_presence(r, s, &b, &p) || !is_told(p.value.untold))
		return p;
	if (p.list ? !list_parts(r, s, &b, &p) : !value_part(r, s, b.operator, & p.value))
		return untold_parameter(why);
	return p;
}

/* ---- $(…) ---- */

static struct untold substitution(struct run *r, const struct source *s, struct str whole)
{
	enum { SHOWN = 60 };
	struct str shown = str_slice(whole, 0, str_find(whole, '\n'));
	bool cut = shown.n < whole.n || shown.n > SHOWN;
	if (shown.n > SHOWN)
		shown.n = SHOWN;
	return untold_at(r, s, whole, "command substitution %" PRIstr "%s", ARG(shown),
			 cut ? "…" : "");
}

/* $(< FILE) */
static void print_input(struct run *r, const struct node *list)
{
	const struct node *pipe = list && !list->next ? list->first : NULL;
	const struct node *n = pipe && !pipe->next ? pipe->first : NULL;
	if (n && n->kind == NODE_SIMPLE && !n->words.n && n->redirections &&
	    n->redirections->direction == FROM_FILE && !n->redirections->next) {
		struct field f = field_of_word(r, n->source, n->redirections->word);
		struct seen seen = path_read(r, f.value.text);
		if (!is_told(f.value.untold) || seen.there != THERE)
			output_untold(r, seen.untold);
		else
			output_put(r, &seen.text);
	}
}

struct value command_substitute(struct run *r, const struct source *s, struct str inner,
				struct str whole)
{
	struct untold why = substitution(r, s, whole);
	struct source *source = NEW(r->a, struct source);
	struct sink sink = {.out = out_new(r->a)};
	if (!run_spend(r, 1, inner.n + sizeof *source) || !run_enter(r))
		return (struct value){.untold = why, .set = true};
	bool slice = s->file && inner.p >= s->file->text.p &&
		     inner.p + inner.n <= s->file->text.p + s->file->text.n;
	*source = (struct source){inner, slice ? s->file : NULL,
				  slice ? s->from : source_place(r, s, whole)};
	struct posture before = r->posture;
	size_t mark = r->changes.n;
	r->posture.out = &sink;
	r->inner++;
	const struct node *list = grammar_read(r->a, source);
	run_list(r, list);
	print_input(r, list);
	r->depth--;
	r->inner--;
	r->substituted = true;
	r->posture = before;
	names_rewind(r, mark);
	if (!is_told(sink.untold))
		return (struct value){.untold = why, .set = true};
	struct value v = {
		.text = str_dup(r->a, out_text(sink.out)), .pieces = sink.pieces, .set = true};
	size_t n = v.text.n;
	while (n && v.text.p[n - 1] == '\n')
		n--;
	return value_slice(r, &v, 0, n);
}
