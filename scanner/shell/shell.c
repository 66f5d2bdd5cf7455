/*
 * shell.c - a shell text into its simple commands, by the quoting and parameter expansion of POSIX
 * sh (2.2, 2.6.2, 2.6.5): quotes, continuation lines, comments, assignments, $NAME, ${NAME},
 * ${NAME:-word}, positional parameters, field splitting at blanks. Nothing is run. Not supported,
 * and so marked as untold: command substitution, arithmetic, other forms of ${…}, variables that
 * conditional code sets; here-documents are read as commands, which no kubelet's words are found
 * in.
 */
#include "shell.h"

#include <string.h>

#include "arena.h"
#include "out.h"

/* Past these a script is no longer followed, and all that comes after is untold. */
enum { COMMANDS_MAX = 20000, FIELDS_MAX = 100000, FIELD_MAX = 1 << 20, VARIABLES_MAX = 2000 };

struct reader {
	const struct shell *sh;
	struct arena *a;
	struct variables variables;
	struct str text;
	size_t at;
	unsigned depth; /* of if, for, while, case, functions */
	struct shell_outcome out;
	struct shell_command now;
	size_t fields;
	bool lost; /* a limit was met */
	/* The field being built. */
	struct out *field;
	bool have; /* it exists, though perhaps empty */
	const struct origin *from;
	size_t start;
};

static const struct origin *place(struct reader *r, size_t from, size_t to)
{
	if (!r->sh->file)
		return r->sh->from;
	return origin_new(r->a, r->sh->file, from, to - from, r->sh->from);
}

static bool name_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

static size_t name_length(struct str s)
{
	size_t n = 0;
	while (n < s.n && name_char(s.p[n], n == 0))
		n++;
	return n;
}

static void untold(struct reader *r)
{
	if (!r->now.untold.text.n)
		r->now.untold =
			(struct untold){S("a word made when it runs"), place(r, r->start, r->at)};
}

static void put(struct reader *r, struct str s)
{
	r->lost |= s.n > FIELD_MAX || out_text(r->field).n > FIELD_MAX - s.n;
	if (!r->lost)
		out_str(r->field, s);
	r->have = true;
}

static void end_field(struct reader *r)
{
	r->lost |= r->fields >= FIELDS_MAX;
	if (r->have && !r->lost) {
		r->fields++;
		struct str text = str_dup(r->a, out_text(r->field));
		const struct origin *from = r->from ? r->from : place(r, r->start, r->at);
		*vec_push(r->a, &r->now.words) = (struct word){text, from};
	}
	if (r->have)
		r->field = out_new(r->a);
	r->have = false;
	r->from = NULL;
}

/* ---- expansion ---- */

static void set_variable(struct reader *r, struct str name, struct str value,
			 const struct origin *from)
{
	struct variable *v = NULL;
	for (size_t i = 0; i < r->variables.n; i++)
		if (str_eq(r->variables.at[i].name, name))
			v = &r->variables.at[i];
	r->lost |= !v && r->variables.n >= VARIABLES_MAX;
	if (r->lost)
		return;
	if (!v)
		v = vec_push(r->a, &r->variables);
	*v = (struct variable){.name = name, .value = {value, from}};
}

static const struct variable *variable_of(struct reader *r, struct str name)
{
	for (size_t i = r->variables.n; i-- > 0;)
		if (str_eq(r->variables.at[i].name, name))
			return &r->variables.at[i];
	return NULL;
}

/* A value whose text is not known is one without a pointer; the empty value has one. */
static bool value_of(struct reader *r, struct str name, struct word *out)
{
	const struct variable *v = variable_of(r, name);
	if (str_eq(name, S("0")))
		*out = (struct word){r->sh->name, r->sh->from};
	else
		*out = v ? v->value : (struct word){S(""), NULL};
	return !v || v->value.text.p;
}

static void put_value(struct reader *r, struct word value, bool quoted)
{
	if (quoted) {
		put(r, value.text);
		return;
	}
	struct str rest = value.text;
	while (rest.n) {
		size_t n = 0;
		while (n < rest.n && !strchr(" \t\n", rest.p[n]))
			n++;
		if (n) {
			put(r, str_slice(rest, 0, n));
			if (value.from)
				r->from =
					origin_through(r->a, value.from, place(r, r->start, r->at));
		}
		if (n < rest.n)
			end_field(r);
		while (n < rest.n && strchr(" \t\n", rest.p[n]))
			n++;
		rest = str_tail(rest, n);
	}
}

static void put_arguments(struct reader *r, bool quoted)
{
	for (size_t i = 0; i < r->sh->args.n && !r->lost; i++) {
		struct word w = r->sh->args.at[i];
		if (i)
			end_field(r);
		if (quoted)
			put(r, w.text);
		else
			put_value(r, w, false);
		r->from = w.from;
	}
}

/* Past the bracket that closes the one at `at`; quotes inside are respected. */
static size_t closing(struct str s, size_t at, char open, char close)
{
	size_t depth = 0;
	char quote = 0;
	for (; at < s.n; at++) {
		char c = s.p[at];
		if (c == '\\')
			at++;
		else if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (c == open)
			depth++;
		else if (c == close && --depth == 0)
			return at + 1;
	}
	return s.n;
}

/* ${NAME}, ${NAME-word}, ${NAME:-word}; the word itself only where it is plain. */
static void put_braces(struct reader *r, struct str inner, bool quoted)
{
	size_t n = name_length(inner);
	struct word value;
	struct str rest = str_tail(inner, n);
	bool known = value_of(r, str_slice(inner, 0, n), &value);
	bool colon = str_starts(rest, S(":-"));
	if (!n || !known || (rest.n && rest.p[0] != '-' && !colon)) {
		untold(r);
		r->have = true;
		return;
	}
	if (rest.n && !value.text.n) {
		value.text = str_tail(rest, colon ? 2 : 1);
		value.from = NULL;
		if (str_starts(value.text, S("${")) && str_ends(value.text, S("}")))
			known = value_of(r, str_slice(value.text, 2, value.text.n - 1), &value);
		if (!known || str_find(value.text, '$') < value.text.n ||
		    str_find(value.text, '`') < value.text.n)
			untold(r);
	}
	put_value(r, value, quoted);
	r->have |= quoted;
}

static void read_dollar(struct reader *r, bool quoted)
{
	struct str s = str_tail(r->text, r->at + 1);
	struct word value;
	size_t n = name_length(s);
	if (n) {
		r->at += 1 + n;
		if (!value_of(r, str_slice(s, 0, n), &value))
			untold(r);
		put_value(r, value, quoted);
		r->have |= quoted;
	} else if (str_starts(s, S("{"))) {
		size_t end = closing(r->text, r->at + 1, '{', '}');
		struct str inner = str_slice(r->text, r->at + 2, end - 1);
		r->at = end;
		put_braces(r, inner, quoted);
	} else if (str_starts(s, S("("))) {
		r->at = closing(r->text, r->at + 1, '(', ')');
		untold(r);
		r->have = true;
	} else if (str_starts(s, S("@")) || str_starts(s, S("*"))) {
		r->at += 2;
		put_arguments(r, quoted);
	} else if (s.n && s.p[0] >= '0' && s.p[0] <= '9') {
		size_t i = (size_t)(s.p[0] - '1');
		r->at += 2;
		if (s.p[0] == '0')
			put_value(r, (struct word){r->sh->name, NULL}, quoted);
		else if (i < r->sh->args.n)
			put_value(r, r->sh->args.at[i], quoted);
	} else {
		r->at++;
		put(r, S("$"));
	}
}

static void read_backticks(struct reader *r)
{
	size_t n = str_find(str_tail(r->text, r->at + 1), '`');
	r->at = r->at + n + 2 < r->text.n ? r->at + n + 2 : r->text.n;
	untold(r);
	r->have = true;
}

static void read_double(struct reader *r)
{
	r->at++;
	r->have = true;
	while (r->at < r->text.n && r->text.p[r->at] != '"') {
		char c = r->text.p[r->at];
		char after = r->at + 1 < r->text.n ? r->text.p[r->at + 1] : 0;
		if (c == '$') {
			read_dollar(r, true);
		} else if (c == '`') {
			read_backticks(r);
		} else if (c == '\\' && after && strchr("$`\"\\\n", after)) {
			if (after != '\n')
				put(r, str_slice(r->text, r->at + 1, r->at + 2));
			r->at += 2;
		} else {
			put(r, str_slice(r->text, r->at, r->at + 1));
			r->at++;
		}
	}
	r->at++;
}

static void read_single(struct reader *r)
{
	size_t n = str_find(str_tail(r->text, r->at + 1), '\'');
	put(r, str_slice(r->text, r->at + 1, r->at + 1 + n));
	r->at += n + 2;
}

static void read_backslash(struct reader *r)
{
	bool joined = r->at + 1 < r->text.n && r->text.p[r->at + 1] == '\n';
	if (!joined)
		put(r, str_slice(r->text, r->at + 1, r->at + 2));
	r->at += 2;
}

/* ---- commands ---- */

static bool is_word(struct words w, size_t i, const char *const *names)
{
	for (; i < w.n && *names; names++)
		if (str_eq(w.at[i].text, str_from(*names)))
			return true;
	return false;
}

/* Leading NAME=value words, and those of export, become variables. */
static size_t take_assignments(struct reader *r)
{
	static const char *const exports[] = {"export", "readonly", "local", "declare", NULL};
	struct words w = r->now.words;
	size_t i = is_word(w, 0, exports);
	for (; i < w.n; i++) {
		struct str text = w.at[i].text;
		size_t n = name_length(text);
		if (!n || n >= text.n || text.p[n] != '=')
			break;
		struct str value = str_cat(r->a, str_tail(text, n + 1), S(""));
		if (!value.n)
			value = S("");
		if (r->now.untold.text.n || r->depth)
			value = (struct str){0};
		set_variable(r, str_slice(text, 0, n), value, w.at[i].from);
	}
	return i;
}

static struct words tail(struct words w, size_t from)
{
	return from < w.n ? (struct words){w.at + from, w.n - from, w.n - from} : (struct words){0};
}

static void end_command(struct reader *r)
{
	static const char *const opens[] = {"if", "for", "while", "until", "case", "select", NULL};
	static const char *const closes[] = {"fi", "done", "esac", "}", NULL};
	static const char *const passes[] = {"then", "else", "elif", "do", "!", "{", "exec", NULL};
	end_field(r);
	struct words *w = &r->now.words;
	while (w->n) {
		if (is_word(*w, 0, opens))
			r->depth++;
		else if (is_word(*w, 0, closes))
			r->depth -= r->depth > 0;
		else if (!is_word(*w, 0, passes))
			break;
		*w = tail(*w, 1);
	}
	if (w->n > 1 && str_eq(w->at[w->n - 1].text, S("{")) && str_ends(w->at[0].text, S("()")))
		r->depth++;
	*w = tail(*w, take_assignments(r));
	r->now.conditional = r->depth > 0;
	if (r->lost)
		untold(r);
	r->lost |= r->out.commands.n >= COMMANDS_MAX;
	if (w->n && !r->lost)
		*vec_push(r->a, &r->out.commands) = r->now;
	r->now = (struct shell_command){0};
}

/* Redirections are dropped, with their file; a number before them as well. */
static void read_redirection(struct reader *r)
{
	uint64_t descriptor;
	if (r->have && str_u64(out_text(r->field), &descriptor)) {
		r->field = out_new(r->a);
		r->have = false;
	}
	end_field(r);
	while (r->at < r->text.n && strchr("<>&-", r->text.p[r->at]))
		r->at++;
	while (r->at < r->text.n && strchr(" \t", r->text.p[r->at]))
		r->at++;
	while (r->at < r->text.n && !strchr(" \t\n;|)", r->text.p[r->at]))
		r->at++;
}

static void read_one(struct reader *r)
{
	char c = r->text.p[r->at];
	if (!r->have)
		r->start = r->at;
	if (c == '\\') {
		read_backslash(r);
	} else if (c == '\'') {
		read_single(r);
	} else if (c == '"') {
		read_double(r);
	} else if (c == '$') {
		read_dollar(r, false);
	} else if (c == '`') {
		read_backticks(r);
	} else if (c == ' ' || c == '\t') {
		end_field(r);
		r->at++;
	} else if (c == '#' && !r->have) {
		r->at += str_find(str_tail(r->text, r->at), '\n');
	} else if (c == '<' || c == '>') {
		read_redirection(r);
	} else if (c == '\n' || c == ';' || c == '&' || c == '|') {
		end_command(r);
		r->at++;
	} else {
		put(r, str_slice(r->text, r->at, r->at + 1));
		r->at++;
	}
}

struct shell_outcome shell_read(const struct shell *sh, struct str text)
{
	struct arena *a = rootfs_arena(sh->root);
	struct reader r = {.sh = sh, .a = a, .text = text, .field = out_new(a)};
	for (size_t i = 0; i < sh->variables.n; i++) {
		struct variable *v = vec_push(a, &r.variables);
		*v = sh->variables.at[i];
		if (!v->value.text.n)
			v->value.text = S("");
	}
	while (r.at < text.n && !r.lost)
		read_one(&r);
	r.at = text.n;
	end_command(&r);
	/* What was not read could have said something else. */
	for (size_t i = 0; r.lost && i < r.out.commands.n; i++)
		r.out.commands.at[i].untold.text = S("a text past the limits");
	return r.out;
}
