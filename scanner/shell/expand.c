/*
 * expand.c - words as they are written into the fields that a command gets.
 *
 * POSIX XCU 2.6: tilde, parameters, command substitution, arithmetic, field splitting by IFS,
 * pathnames, quotes taken away; brace expansion and $'…' of bash. A field that only a running shell
 * could make says which construct is to blame.
 */
#include <string.h>

#include "state.h"

enum { FIELDS_MAX = 20000 };

struct expansion {
	struct run *r;
	const struct source *s;
	struct str word; /* which of the words is expanded */
	struct fields out;
	bool split;
	bool inside; /* ${…} outside of quotes: its word is split as well */
	bool here;   /* a here-document: double quotes mean themselves */
	bool braces; /* inside ${…} between double quotes: those of its word are taken away */
	/* The field that is being built: its text, with a backslash before what was quoted. */
	struct out *text;
	struct pieces pieces;
	struct untold untold;
	bool have, wild, escaped, open;
	bool vanished; /* "$@" without arguments was met: no field by itself */
};

static void walk(struct expansion *e, struct str text, bool quoted);

static void blame(struct expansion *e, struct untold why)
{
	if (is_told(e->untold))
		e->untold = why;
	e->have = true;
}

static void put(struct expansion *e, struct value v, bool quoted)
{
	if (!run_spend(e->r, 0, v.text.n))
		return;
	for (size_t i = 0, from = 0; i <= v.text.n; i++) {
		bool special = i < v.text.n && strchr("*?[]\\", v.text.p[i]) && v.text.p[i];
		bool hide = special && (quoted || v.text.p[i] == '\\');
		e->wild |= special && !hide && v.text.p[i] != ']';
		if (i < v.text.n && !hide)
			continue;
		out_str(e->text, str_slice(v.text, from, i));
		out_z(e->text, hide ? "\\" : "");
		e->escaped |= hide;
		from = i;
	}
	value_append(e->r, &e->pieces, &v.pieces);
	e->have = true;
}

static void put_split(struct expansion *e, const struct value *v);

/* Text of the script itself. */
static void put_literal(struct expansion *e, struct str text, bool quoted)
{
	const struct origin *from = e->s->file ? source_place(e->r, e->s, text) : NULL;
	struct value v = {.text = text};
	*vec_push(e->r->a, &v.pieces) =
		(struct piece){.n = text.n, .from = from, .exact = from && e->s->file};
	if (e->inside && !quoted && e->split)
		put_split(e, &v);
	else
		put(e, v, quoted);
}

static struct str without_escapes(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, 1, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		i += s.p[i] == '\\' && i + 1 < s.n;
		p[n++] = s.p[i];
	}
	return (struct str){p, n};
}

static struct field take_field(struct expansion *e)
{
	struct arena *a = e->r->a;
	struct field f = {
		.pattern = str_dup(a, out_text(e->text)), .wild = e->wild, .open = e->open};
	f.value = (struct value){.text = e->escaped ? without_escapes(a, f.pattern) : f.pattern,
				 .pieces = e->pieces,
				 .untold = e->untold,
				 .set = true};
	f.from = value_origin(e->r, &f.value, source_place(e->r, e->s, e->word));
	e->text = out_new(a);
	e->pieces = (struct pieces){0};
	e->untold = (struct untold){0};
	e->have = e->wild = e->escaped = e->open = false;
	return f;
}

static void end_field(struct expansion *e)
{
	if (!e->have)
		return;
	struct field f = take_field(e);
	if (e->out.n >= FIELDS_MAX)
		run_lose(e->r, "a command of more words than are followed");
	else if (run_spend(e->r, 0, sizeof f))
		*vec_push(e->r->a, &e->out) = f;
}

/* ---- values ---- */

static struct str separators(struct expansion *e)
{
	const struct binding *ifs = name_binding(e->r, S("IFS"));
	if (!ifs || !ifs->value.set)
		return S(" \t\n");
	if (!is_told(ifs->value.untold))
		blame(e, ifs->value.untold);
	return ifs->value.text;
}

static bool in_set(struct str set, char c)
{
	return str_find(set, c) < set.n;
}

static bool white(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* POSIX XCU 2.6.5: blanks of IFS are trimmed and joined, its other bytes each end a field. */
static void put_split(struct expansion *e, const struct value *v)
{
	struct str ifs = separators(e), s = v->text;
	size_t at = 0;
	while (at < s.n && !e->r->lost) {
		size_t from = at;
		while (at < s.n && !in_set(ifs, s.p[at]))
			at++;
		if (at > from)
			put(e, value_slice(e->r, v, from, at), false);
		if (at == s.n)
			return;
		bool more = e->have || at > from;
		while (at < s.n && in_set(ifs, s.p[at]) && white(s.p[at]))
			at++;
		if (at < s.n && in_set(ifs, s.p[at])) {
			e->have = true;
			at++;
			while (at < s.n && in_set(ifs, s.p[at]) && white(s.p[at]))
				at++;
		}
		if (more || e->have)
			end_field(e);
	}
}

static void put_value(struct expansion *e, const struct value *v, struct str at, bool quoted)
{
	if (!is_told(v->untold)) {
		blame(e, v->untold);
		e->open |= !quoted;
		return;
	}
	/* Arguments are where they were given, not where they are passed on. */
	struct value through = value_through(e->r, v, at.n ? source_place(e->r, e->s, at) : NULL);
	if (quoted || !e->split) {
		if (v->text.n || quoted)
			put(e, through, quoted);
		return;
	}
	put_split(e, &through);
}

static void put_list(struct expansion *e, const struct fields *list, struct str at, bool quoted,
		     bool joined)
{
	e->vanished |= list->n == 0 && !joined;
	for (size_t i = 0; i < list->n && !e->r->lost; i++) {
		if (i && (joined || !e->split))
			put(e,
			    (struct value){.text = joined ? str_slice(separators(e), 0, 1)
							  : S(" ")},
			    quoted);
		else if (i)
			end_field(e);
		put_value(e, &list->at[i].value, list == &e->r->posture.args ? S("") : at, quoted);
	}
}

static void put_parameter(struct expansion *e, const struct parameter *p, struct str at,
			  bool quoted)
{
	bool braces = e->braces, inside = e->inside;
	e->inside = p->instead && !quoted;
	e->braces = p->instead && quoted && !e->here;
	if (p->instead)
		walk(e, p->word, quoted);
	else if (p->list)
		put_list(e, p->list, at, quoted, p->joined && quoted);
	else
		put_value(e, &p->value, at, quoted);
	e->braces = braces;
	e->inside = inside;
	e->have |= quoted && !p->list;
}

/* ---- what stands in a word ---- */

static void read_arithmetic(struct expansion *e, struct str whole, bool quoted)
{
	struct str inner = str_slice(whole, 3, whole.n - 2);
	struct value text = value_quoted(e->r, e->s, inner, false);
	int64_t number;
	if (!is_told(text.untold))
		blame(e, text.untold);
	else if (!arithmetic_value(e->r, text.text, &number))
		blame(e, untold_at(e->r, e->s, whole, "arithmetic %" PRIstr, ARG(whole)));
	else {
		struct value v = value_plain(e->r, str_fmt(e->r->a, "%lld", (long long)number),
					     source_place(e->r, e->s, whole));
		put_value(e, &v, whole, quoted);
	}
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *hit = strchr(digits, c | 0x20);
	return c && hit ? (int)(hit - digits) : -1;
}

/* \nnn and \xHH from `at` on, behind the letter; the byte, and how long it was. */
static char numbered_byte(struct str s, bool hex, size_t *n)
{
	unsigned value = 0;
	for (*n = 0; *n < s.n && *n < (hex ? 2u : 3u); ++*n) {
		int digit = hex_digit(s.p[*n]);
		if (digit < 0 || (!hex && digit > 7))
			break;
		value = value * (hex ? 16 : 8) + (unsigned)digit;
	}
	return (char)value;
}

static void read_ansi(struct expansion *e, struct str inner)
{
	static const char letters[] = "abefnrtv\\'\"?E", bytes[] = "\a\b\033\f\n\r\t\v\\'\"?\033";
	for (size_t i = 0; i < inner.n; i++) {
		char c = inner.p[i];
		size_t n = 0;
		if (c == '\\' && i + 1 < inner.n) {
			char next = inner.p[++i];
			const char *hit = strchr(letters, next);
			bool hex = next == 'x';
			if (hit && next)
				c = bytes[hit - letters];
			else if (hex || (next >= '0' && next <= '7'))
				c = numbered_byte(str_tail(inner, i + hex), hex, &n);
			else
				blame(e, untold_at(e->r, e->s, inner, "escape \\%c", next));
			i += n - (n && !hex);
		}
		put(e, (struct value){.text = str_dup(e->r->a, (struct str){&c, 1})}, true);
	}
	e->have = true;
}

static struct str parameter_name(struct str s)
{
	size_t n = name_span(s);
	if (!n && s.n && strchr("@*#?-$!0123456789", s.p[0]))
		n = 1;
	return str_slice(s, 0, n);
}

/* The offset behind what the dollar begins. */
static size_t read_dollar(struct expansion *e, struct str s, size_t at, bool quoted)
{
	size_t end = skip_dollar(s, at, quoted, 0);
	struct str whole = str_slice(s, at, end), name = parameter_name(str_tail(s, at + 1));
	if (end > s.n) {
		blame(e, untold_at(e->r, e->s, e->word, "an open $"));
		return s.n;
	}
	if (str_starts(whole, S("$((")) && str_ends(whole, S("))"))) {
		read_arithmetic(e, whole, quoted);
	} else if (str_starts(whole, S("$("))) {
		struct str inner = str_slice(whole, 2, whole.n - 1);
		struct value v = command_substitute(e->r, e->s, inner, whole);
		put_value(e, &v, whole, quoted);
	} else if (str_starts(whole, S("${"))) {
		struct parameter p = parameter_braces(e->r, e->s, str_slice(whole, 2, whole.n - 1));
		put_parameter(e, &p, whole, quoted);
	} else if (str_starts(whole, S("$'"))) {
		read_ansi(e, str_slice(whole, 2, whole.n - 1));
	} else if (name.n) {
		struct parameter p = parameter_dollar(e->r, e->s, name);
		put_parameter(e, &p, str_slice(s, at, at + 1 + name.n), quoted);
		return at + 1 + name.n;
	} else if (quoted || !str_starts(str_tail(s, at), S("$\""))) {
		put_literal(e, whole, quoted);
	}
	return end;
}

static size_t read_backticks(struct expansion *e, struct str s, size_t at, bool quoted)
{
	size_t end = skip_backticks(s, at), n = 0;
	struct str whole = str_slice(s, at, end), inner = str_slice(whole, 1, whole.n - 1);
	char *p = arena_alloc(e->r->a, 1, inner.n + 1);
	for (size_t i = 0; i < inner.n; i++) {
		bool hidden = inner.p[i] == '\\' && i + 1 < inner.n &&
			      strchr(quoted ? "$`\\\"" : "$`\\", inner.p[i + 1]);
		i += hidden;
		p[n++] = inner.p[i];
	}
	struct value v =
		command_substitute(e->r, e->s, n == inner.n ? inner : (struct str){p, n}, whole);
	put_value(e, &v, whole, quoted);
	return end < s.n ? end : s.n;
}

static size_t read_escape(struct expansion *e, struct str s, size_t at, bool quoted)
{
	char next = at + 1 < s.n ? s.p[at + 1] : 0;
	bool hides = !quoted || (next && strchr("$`\\\n", next)) || (next == '"' && !e->here);
	if (!next || !hides)
		put_literal(e, str_slice(s, at, at + 1), true);
	else if (next != '\n')
		put_literal(e, str_slice(s, at + 1, at + 2), true);
	return at + (next && hides ? 2 : 1);
}

/* As much as means nothing but itself. */
static size_t read_plain(struct expansion *e, struct str s, size_t at, bool quoted)
{
	size_t from = at++;
	const char *ends = !quoted ? "\\$`'\"" : e->braces ? "\\$`\"" : "\\$`";
	while (at < s.n && !strchr(ends, s.p[at]))
		at++;
	put_literal(e, str_slice(s, from, at), quoted);
	return at;
}

static void walk(struct expansion *e, struct str s, bool quoted)
{
	size_t at = 0;
	if (!run_enter(e->r))
		return;
	while (at < s.n && !e->r->lost) {
		char c = s.p[at];
		if (c == '\\') {
			at = read_escape(e, s, at, quoted);
		} else if (c == '\'' && !quoted) {
			size_t end = skip_single(s, at);
			put_literal(e, str_slice(s, at + 1, end - 1), true);
			at = end;
		} else if (c == '"' && !quoted) {
			size_t end = skip_double(s, at, 0);
			e->vanished = false;
			walk(e, str_slice(s, at + 1, end - 1), true);
			e->have |= !e->vanished;
			at = end;
		} else if (c == '$') {
			at = read_dollar(e, s, at, quoted);
		} else if (c == '`') {
			at = read_backticks(e, s, at, quoted);
		} else if (c == '"' && e->braces) {
			at++;
		} else {
			at = read_plain(e, s, at, quoted);
		}
	}
	e->r->depth--;
}

/* ---- words ---- */

static struct expansion expansion_of(struct run *r, const struct source *s, struct str word)
{
	return (struct expansion){.r = r, .s = s, .word = word, .text = out_new(r->a)};
}

/* ~ and ~/…: the home directory; the rest of the word. */
static struct str read_tilde(struct expansion *e, struct str word)
{
	if (!str_starts(word, S("~")))
		return word;
	if (word.n > 1 && word.p[1] != '/') {
		blame(e, untold_at(e->r, e->s, word, "home directory %" PRIstr, ARG(word)));
		return word;
	}
	struct value home = parameter_value(e->r, S("HOME"));
	if (!is_told(home.untold))
		blame(e, home.untold);
	else
		put(e, home, true);
	return str_tail(word, 1);
}

struct field field_of_word(struct run *r, const struct source *s, struct str word)
{
	struct expansion e = expansion_of(r, s, word);
	if (str_starts(word, S("<(")) || str_starts(word, S(">(")))
		blame(&e, untold_at(r, s, word, "process substitution %" PRIstr, ARG(word)));
	else
		walk(&e, read_tilde(&e, word), false);
	return take_field(&e);
}

struct value value_quoted(struct run *r, const struct source *s, struct str text, bool here)
{
	struct expansion e = expansion_of(r, s, text);
	e.here = here;
	walk(&e, text, true);
	return take_field(&e).value;
}

static void add_paths(struct run *r, struct fields *out, const struct field *f)
{
	struct fields paths = {0};
	if (f->wild && is_told(f->value.untold) && !r->posture.noglob)
		paths = pattern_paths(r, f);
	for (size_t i = 0; i < paths.n; i++)
		*vec_push(r->a, out) = paths.at[i];
	if (!paths.n)
		*vec_push(r->a, out) = *f;
}

static void expand_word(struct run *r, const struct source *s, struct str word, struct fields *out)
{
	struct expansion e = expansion_of(r, s, word);
	e.split = true;
	if (str_starts(word, S("<(")) || str_starts(word, S(">(")))
		blame(&e, untold_at(r, s, word, "process substitution %" PRIstr, ARG(word)));
	else
		walk(&e, read_tilde(&e, word), false);
	end_field(&e);
	for (size_t i = 0; i < e.out.n; i++)
		add_paths(r, out, &e.out.at[i]);
}

/* ---- braces: a{b,c}d is abd acd, before anything else ---- */

/* The first "{…,…}" outside of quotes: *open, *close, and the commas of its own level. */
static bool find_braces(struct str word, size_t *open, size_t *close)
{
	size_t depth = 0;
	bool list = false;
	for (size_t at = 0; at < word.n;) {
		char c = word.p[at];
		if (c == '{' && depth++ == 0) {
			*open = at;
			list = false;
		} else if (c == ',' && depth == 1) {
			list = true;
		} else if (c == '.' && depth == 1 && at + 1 < word.n && word.p[at + 1] == '.') {
			list = true;
		} else if (c == '}' && depth && --depth == 0 && list) {
			*close = at;
			return true;
		}
		if (c == '\\')
			at += 2;
		else if (c == '\'')
			at = skip_single(word, at);
		else if (c == '"')
			at = skip_double(word, at, 0);
		else if (c == '`')
			at = skip_backticks(word, at);
		else
			at = c == '$' ? skip_dollar(word, at, false, 0) : at + 1;
	}
	return false;
}

static void expand_braces(struct run *r, const struct source *s, struct str word,
			  struct fields *out, unsigned depth)
{
	size_t open = 0, close = 0;
	if (r->dash || depth > 8 || !find_braces(word, &open, &close)) {
		expand_word(r, s, word, out);
		return;
	}
	struct str inner = str_slice(word, open + 1, close);
	bool range = str_has(inner, S("..")) && str_find(inner, ',') == inner.n;
	if (!r->bash || range || str_find(inner, '{') < inner.n) {
		struct field f = {
			.value = {.untold = untold_at(r, s, word, "braces %" PRIstr, ARG(word)),
				  .set = true},
			.from = source_place(r, s, word)};
		*vec_push(r->a, out) = f;
		return;
	}
	struct source made = {.from = source_place(r, s, word)};
	bool more = true;
	while (more && run_spend(r, 1, word.n)) {
		struct str part;
		more = str_cut(inner, ',', &part, &inner);
		made.text = str_fmt(r->a, "%" PRIstr "%" PRIstr "%" PRIstr,
				    ARG(str_slice(word, 0, open)), ARG(part),
				    ARG(str_tail(word, close + 1)));
		expand_braces(r, &made, made.text, out, depth + 1);
	}
}

struct fields fields_of_words(struct run *r, const struct source *s, const struct texts *words)
{
	struct fields out = {0};
	for (size_t i = 0; i < words->n && !r->lost; i++)
		expand_braces(r, s, words->at[i], &out, 0);
	return out;
}

/* The elements of an array, between its parentheses. */
struct fields fields_of_list(struct run *r, const struct source *s, struct str text)
{
	struct texts words = {0};
	size_t at = 0;
	while (at < text.n) {
		if (strchr(" \t\n\r", text.p[at])) {
			at++;
		} else if (text.p[at] == '\\' && at + 1 < text.n && text.p[at + 1] == '\n') {
			at += 2;
		} else if (text.p[at] == '#') {
			at += str_find(str_tail(text, at), '\n');
		} else {
			size_t end = skip_word(text, at);
			if (end == at)
				end++;
			*vec_push(r->a, &words) = str_slice(text, at, end);
			at = end;
		}
	}
	return fields_of_words(r, s, &words);
}
