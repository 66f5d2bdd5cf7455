/*
 * print.c - echo, printf and read: text out of words, and words out of text.
 *
 * POSIX XCU echo, printf, read. An echo of backslashes differs from shell to shell, and is told
 * only where the shell is known.
 */
#include <string.h>

#include "state.h"

static void unprinted(struct run *r, const struct call *c, struct untold why)
{
	if (is_told(why))
		why = (struct untold){str_fmt(r->a, "output of %" PRIstr, ARG(call_word(c, 0))),
				      c->from};
	run_strange(r, why);
	output_untold(r, why);
	status_set(r, 0);
}

/* \a \b … of formats and of `echo -e`; false on one that is not followed, or ends the output. */
static bool unescape(struct run *r, struct str s, bool echo, struct out *o)
{
	static const char letters[] = "abfnrtv\\\"'", bytes[] = "\a\b\f\n\r\t\v\\\"'";
	for (size_t i = 0; i < s.n && run_spend(r, 0, 1); i++) {
		if (s.p[i] != '\\' || i + 1 == s.n) {
			out_str(o, str_slice(s, i, i + 1));
			continue;
		}
		char c = s.p[++i];
		const char *hit = c ? strchr(letters, c) : NULL;
		unsigned value = 0;
		size_t digits = 0, most = echo ? 4 : 3;
		while (digits < most && i + digits < s.n && s.p[i + digits] >= '0' &&
		       s.p[i + digits] <= '7')
			value = value * 8 + (unsigned)(s.p[i + digits++] - '0');
		char byte = digits ? (char)value : hit ? bytes[hit - letters] : 0;
		if (!digits && (!hit || (echo && (c == '"' || c == '\''))))
			return false;
		out_str(o, (struct str){&byte, 1});
		i += digits ? digits - 1 : 0;
	}
	return !r->lost;
}

static void echo(struct run *r, const struct call *c)
{
	size_t i = 1;
	bool line = true, escapes = r->dash;
	for (; !r->dash && i < c->fields.n; i++) {
		struct str word = call_word(c, i);
		if (!str_eq(word, S("-n")) &&
		    !(r->bash &&
		      (str_eq(word, S("-e")) || str_eq(word, S("-ne")) || str_eq(word, S("-en")))))
			break;
		line &= str_find(word, 'n') == word.n;
		escapes |= str_find(word, 'e') < word.n;
	}
	for (; r->dash && i < 2 && str_eq(call_word(c, i), S("-n")); i++)
		line = false;
	if (!r->bash && !r->dash && str_starts(call_word(c, i), S("-e"))) {
		unprinted(r, c, (struct untold){0});
		return;
	}
	for (size_t k = i; k < c->fields.n && !r->lost; k++) {
		struct value v = c->fields.at[k].value;
		if (k > i)
			output_text(r, S(" "));
		bool slashed = str_find(v.text, '\\') < v.text.n;
		struct out *o = out_new(r->a);
		if (slashed && !r->bash && !r->dash) {
			unprinted(r, c, (struct untold){0});
			return;
		}
		if (slashed && escapes && !unescape(r, v.text, true, o)) {
			unprinted(r, c, (struct untold){0});
			return;
		}
		if (slashed && escapes)
			v = value_plain(r, str_dup(r->a, out_text(o)), c->fields.at[k].from);
		output_put(r, &v);
	}
	if (line)
		output_text(r, S("\n"));
	status_set(r, 0);
}

/* ---- printf ---- */

struct format {
	struct run *r;
	const struct call *c;
	size_t next; /* the argument that comes next */
	bool used;   /* one was taken in this round */
	bool bad;
};

static struct value argument(struct format *f)
{
	f->used = true;
	return f->next < f->c->fields.n ? f->c->fields.at[f->next++].value
					: (struct value){.set = true};
}

static void put_integer(struct format *f, struct value v)
{
	struct str digits = str_starts(v.text, S("-")) ? str_tail(v.text, 1) : v.text;
	uint64_t number;
	if (!v.text.n)
		v.text = digits = S("0");
	f->bad |= !str_u64(digits, &number) || (digits.n > 1 && digits.p[0] == '0');
	output_put(f->r, &v);
}

/* What stands behind a "%"; how long it is. */
static size_t put_conversion(struct format *f, struct str s)
{
	struct value v;
	switch (s.n ? s.p[0] : 0) {
	case '%': output_text(f->r, S("%")); return 1;
	case 's':
		v = argument(f);
		output_put(f->r, &v);
		return 1;
	case 'd':
	case 'i': put_integer(f, argument(f)); return 1;
	case 'b': {
		struct out *o = out_new(f->r->a);
		v = argument(f);
		f->bad |= !unescape(f->r, v.text, true, o);
		v = value_plain(f->r, str_dup(f->r->a, out_text(o)), f->c->from);
		output_put(f->r, &v);
		return 1;
	}
	default: f->bad = true; return s.n ? 1 : 0;
	}
}

static void put_format(struct format *f, struct value *format)
{
	struct str s = format->text;
	size_t at = 0;
	while (at < s.n && !f->bad && !f->r->lost) {
		size_t from = at;
		while (at < s.n && s.p[at] != '%')
			at += s.p[at] == '\\' ? 2 : 1;
		struct value part = value_slice(f->r, format, from, at < s.n ? at : s.n);
		if (str_find(part.text, '\\') < part.text.n) {
			struct out *o = out_new(f->r->a);
			f->bad |= !unescape(f->r, part.text, false, o);
			part = value_plain(f->r, str_dup(f->r->a, out_text(o)),
					   value_origin(f->r, &part, f->c->from));
		}
		if (part.text.n)
			output_put(f->r, &part);
		if (at < s.n)
			at += 1 + put_conversion(f, str_tail(s, at + 1));
	}
}

/* The format is used again as long as it takes arguments. */
static void print_formatted(struct run *r, const struct call *c)
{
	size_t first = str_eq(call_word(c, 1), S("--")) ? 2 : 1;
	struct format f = {.r = r, .c = c, .next = first + 1};
	if (first >= c->fields.n || str_eq(call_word(c, first), S("-v"))) {
		unprinted(r, c, (struct untold){0});
		if (c->fields.n > 2)
			name_set(r, call_word(c, 2),
				 (struct value){.untold = {S("command printf -v"), c->from}},
				 c->from);
		return;
	}
	struct value format = c->fields.at[first].value;
	do {
		f.used = false;
		put_format(&f, &format);
	} while (!f.bad && f.used && f.next < c->fields.n && run_spend(r, 1, 0));
	if (f.bad)
		unprinted(r, c, (struct untold){0});
	status_set(r, 0);
}

bool run_print(struct run *r, const struct call *c)
{
	struct str name = call_word(c, 0);
	bool is_echo = str_eq(name, S("echo"));
	if (!is_echo && !str_eq(name, S("printf")))
		return false;
	if (!is_told(call_untold(c, 1)))
		unprinted(r, c, call_untold(c, 1));
	else if (is_echo)
		echo(r, c);
	else
		print_formatted(r, c);
	return true;
}

/* ---- read ---- */

static bool in_set(struct str set, char c)
{
	return str_find(set, c) < set.n;
}

/* The name that comes next gets a field of the line, the last one all that is left. */
static struct value next_field(struct run *r, struct value *line, struct str ifs, bool last)
{
	struct str s = line->text, blanks = S(" \t\n");
	size_t from = 0, to;
	while (from < s.n && in_set(ifs, s.p[from]) && in_set(blanks, s.p[from]))
		from++;
	to = from;
	while (to < s.n && (last || !in_set(ifs, s.p[to])))
		to++;
	size_t end = to;
	while (last && end > from && in_set(ifs, s.p[end - 1]) && in_set(blanks, s.p[end - 1]))
		end--;
	struct value v = value_slice(r, line, from, end);
	while (to < s.n && in_set(ifs, s.p[to]) && in_set(blanks, s.p[to]))
		to++;
	if (to < s.n && in_set(ifs, s.p[to]))
		to++;
	*line = value_slice(r, line, to, s.n);
	return v;
}

bool run_read(struct run *r, const struct call *c)
{
	const struct value *in = r->posture.in;
	const struct binding *set = name_binding(r, S("IFS"));
	struct str ifs = set && set->value.set ? set->value.text : S(" \t\n");
	bool raw = str_eq(call_word(c, 1), S("-r"));
	size_t first = raw ? 2 : 1;
	if (!in || !in->set || !is_told(in->untold) || first >= c->fields.n ||
	    !is_told(call_untold(c, 1)) || (set && !is_told(set->value.untold)) ||
	    !run_spend(r, 1, 0))
		return false;
	for (size_t i = first; i < c->fields.n; i++)
		if (name_span(call_word(c, i)) != call_word(c, i).n || !call_word(c, i).n)
			return false;
	size_t n = str_find(in->text, '\n');
	struct value line = value_slice(r, in, 0, n);
	if (!raw && str_find(line.text, '\\') < line.text.n)
		return false;
	struct value *rest = NEW(r->a, struct value);
	*rest = value_slice(r, in, n + 1, in->text.n);
	r->posture.in = rest;
	for (size_t i = first; i < c->fields.n; i++)
		name_set(r, call_word(c, i), next_field(r, &line, ifs, i + 1 == c->fields.n),
			 c->from);
	status_set(r, n == in->text.n);
	return true;
}
