/*
 * intended_values.c - fields and flags of the inputs of a join, as values that are intended:
 * config fields by their path, flags by their name, and both out of texts that are no documents
 * (units, environment files, templates), read word by word. A word that the kubelet does not
 * know is passed over: that its like would end the kubelet is told when it is effective.
 */
#include <string.h>

#include "arena.h"
#include "flags.h"
#include "intended.h"
#include "slots.h"

static bool known(const struct intents *in, const struct intended *x)
{
	for (size_t i = 0; i < in->out->n; i++) {
		const struct intended *y = &in->out->at[i];
		if (y->option == x->option && str_eq(y->value, x->value) && y->from && x->from &&
		    y->from->at == x->from->at && y->from->file == x->from->file)
			return true;
	}
	return false;
}

static void add(struct intents *in, const struct input *t, struct intended x, const char *by)
{
	if (!in->values)
		return;
	in->values--;
	bool part = t->writer && strcmp(t->writer, "user data") == 0;
	x.by = !t->writer ? str_from(by)
	       : part     ? str_fmt(in->a, "%s of the %s", by, t->writer)
			  : str_fmt(in->a, "%s, written by %s", by, t->writer);
	x.from = origin_in(in, t, x.from);
	if (!known(in, &x))
		*vec_push(in->a, in->out) = x;
}

void intended_field(struct intents *in, const struct input *t, struct str path,
		    const struct doc *value, const char *by)
{
	const struct option_row *row = row_of_path(path);
	struct str problem;
	if (!row || value->kind == DOC_NULL || !field_fits(in->a, row, value, &problem))
		return;
	struct intended x = {.option = &row->pub,
			     .value = field_text(in->a, row->form, value),
			     .from = value->from};
	add(in, t, x, by);
}

static void fields_below(struct intents *in, const struct input *t, const struct doc *map,
			 struct str prefix, const char *by)
{
	for (size_t i = 0; map->kind == DOC_MAP && i < map->n && in->values; i++) {
		const struct doc_entry *e = &map->entries[i];
		const struct option_row *row = NULL;
		struct str deeper;
		if (!config_key(in->a, prefix, e->key, false, in->minor, &row, &deeper))
			continue;
		if (row)
			intended_field(in, t, deeper, e->value, by);
		else
			fields_below(in, t, e->value, deeper, by);
	}
}

void intended_fields(struct intents *in, const struct input *t, const struct doc *d, const char *by)
{
	if (d)
		fields_below(in, t, d, S(""), by);
}

/* ---- flags ---- */

/* A list or map is shown as the tree that its field would have. */
static struct str gathered(struct intents *in, const struct flags *f)
{
	struct slots s = slots_new(in->a, in->minor, true);
	slots_flags(&s, f);
	return s.at[row_index(f->at[0].row)].setting->value;
}

static bool is_tree(const struct option_row *row)
{
	return form_is_list(row->arg) || form_is_map(row->arg);
}

void intended_flag(struct intents *in, const struct input *t, struct str word,
		   const struct origin *from, const char *by, bool unrendered)
{
	struct word both[] = {{S("kubelet"), NULL}, {word, from}};
	struct words argv = {both, 2, 2};
	struct str name, value;
	if (!str_starts(word, S("--")) || !in->values)
		return;
	struct flags f = flags_parse(in->a, argv, 0, false, NULL);
	str_cut(str_tail(word, 2), '=', &name, &value);
	const struct option_row *row = f.n ? f.at[0].row : row_of_flag(name);
	if (!row || (is_tree(row) && (unrendered || !f.n)) || (!f.n && !unrendered))
		return;
	struct str text = !f.n ? value : is_tree(row) ? gathered(in, &f) : f.at[0].value;
	struct intended x = {
		.option = &row->pub, .value = text, .unrendered = unrendered, .from = from};
	add(in, t, x, by);
}

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

static bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '"' || c == '\'' ||
	       c == '\\';
}

static bool begins_word(struct str text, size_t i)
{
	return i == 0 || ends_word(text.p[i - 1]) || text.p[i - 1] == '=';
}

/* "{{ … }}" of a template is one piece. */
static size_t word_end(struct str text, size_t i)
{
	while (i < text.n && !ends_word(text.p[i])) {
		struct str rest = str_tail(text, i);
		const char *end =
			str_starts(rest, S("{{")) ? memmem(rest.p, rest.n, "}}", 2) : NULL;
		i = end ? (size_t)(end - text.p) + 2 : i + 1;
	}
	return i;
}

/* The flag at `i`: its end, and the word as "--name=value", also where the value stands apart. */
static size_t take_flag(struct intents *in, struct str text, size_t i, struct str *word)
{
	size_t name = i + 2, end;
	while (name < text.n && name_byte(text.p[name]))
		name++;
	end = word_end(text, name);
	*word = str_slice(text, i, end);
	const struct option_row *row = row_of_flag(str_slice(text, i + 2, name));
	bool apart = row && row->arg != FORM_BOOL && end == name && end + 1 < text.n &&
		     (text.p[end] == ' ' || text.p[end] == '\t') && !ends_word(text.p[end + 1]);
	if (!apart)
		return end;
	size_t from = end + 1;
	end = word_end(text, from);
	*word = str_fmt(in->a, "%" PRIstr "=%" PRIstr, ARG(str_slice(text, i, name)),
			ARG(str_slice(text, from, end)));
	return end;
}

/* Does the line on which `i` stands begin as a comment? */
static bool comments(struct str line)
{
	struct str s = str_trim(line, " \t");
	return str_starts(s, S("#")) || str_starts(s, S(";"));
}

static bool variable_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The variable whose value position `i` of a line is part of: the nearest "NAME=" before it that
 * is no flag's. Empty without one. */
static struct str variable_before(struct str line, size_t i)
{
	while (i-- > 0) {
		size_t begin = i;
		if (line.p[i] != '=')
			continue;
		while (begin > 0 && variable_byte(line.p[begin - 1]))
			begin--;
		if (begin < i && begins_word(line, begin))
			return str_slice(line, begin, i);
	}
	return (struct str){0};
}

static bool names(struct str text, struct str variable)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '$')
			continue;
		struct str rest = str_trim(str_slice(text, i + 1, i + 2), "{");
		size_t from = rest.n ? i + 1 : i + 2, to = from + variable.n;
		if (str_starts(str_tail(text, from), variable) &&
		    (to >= text.n || !variable_byte(text.p[to])))
			return true;
	}
	return false;
}

/* Does some command take its words from the variable? A script may, in ways of its own. */
static bool used(const struct intents *in, const struct input *t, struct str variable)
{
	const struct unit *u = in->launch->unit;
	if (!variable.n || !u || strcmp(in->launch->layout, "script") == 0 ||
	    str_starts(variable, S("Exec")) || names(t->file->text, variable))
		return true;
	for (size_t i = 0; i < u->assignments.n; i++)
		if (str_starts(u->assignments.at[i].key, S("ExecStart")) &&
		    names(u->assignments.at[i].value.text, variable))
			return true;
	return false;
}

static void flags_of_line(struct intents *in, const struct input *t, struct str line,
			  const char *by, bool unrendered)
{
	for (size_t i = 0; i + 2 < line.n && in->values;) {
		if (line.p[i] != '-' || line.p[i + 1] != '-' || !begins_word(line, i)) {
			i++;
			continue;
		}
		struct str word;
		size_t end = take_flag(in, line, i, &word);
		size_t at = (size_t)(line.p - t->file->text.p) + i;
		const struct origin *from = origin_new(in->a, t->file, at, end - i, NULL);
		bool open = unrendered || str_has(word, S("{{")) || str_has(word, S("${"));
		if (used(in, t, variable_before(line, i)))
			intended_flag(in, t, word, from, by, open);
		i = end > i ? end : i + 1;
	}
}

void intended_flags(struct intents *in, const struct input *t, struct str text, const char *by,
		    bool unrendered)
{
	struct str line;
	while (text.n && in->values) {
		str_cut(text, '\n', &line, &text);
		if (!comments(line))
			flags_of_line(in, t, line, by, unrendered);
	}
}

/* ---- templates ---- */

enum { NEST_MAX = 8 };

struct nest {
	size_t indent[NEST_MAX];
	struct str path[NEST_MAX]; /* "authentication." */
	size_t n;
};

static void template_line(struct intents *in, const struct input *t, struct nest *nest,
			  struct str line)
{
	struct str key, value, body = str_trim(line, " \t\r");
	size_t indent = (size_t)(body.p - line.p);
	if (!body.n || str_starts(body, S("{{")) || str_starts(body, S("{%")) ||
	    str_starts(body, S("#")) || !str_cut(body, ':', &key, &value))
		return;
	while (nest->n && nest->indent[nest->n - 1] >= indent)
		nest->n--;
	struct str above = nest->n ? nest->path[nest->n - 1] : S("");
	struct str path = str_cat(in->a, above, key);
	value = str_trim(value, " \t\"'");
	if (!value.n) {
		if (nest->n == NEST_MAX)
			return;
		nest->indent[nest->n] = indent;
		nest->path[nest->n++] = str_cat(in->a, path, S("."));
		return;
	}
	const struct option_row *row = row_of_path(path);
	if (!row || row->pub.type == VALUE_LIST || row->pub.type == VALUE_MAP)
		return;
	size_t at = (size_t)(value.p - t->file->text.p);
	struct intended x = {.option = &row->pub,
			     .value = value,
			     .unrendered = true,
			     .from = origin_new(in->a, t->file, at, value.n, NULL)};
	add(in, t, x, "template");
}

void intended_template(struct intents *in, const struct input *t)
{
	struct nest nest = {0};
	struct str line, text = t->file->text;
	intended_flags(in, t, text, "template", true);
	while (text.n && in->values) {
		str_cut(text, '\n', &line, &text);
		template_line(in, t, &nest, line);
	}
}
