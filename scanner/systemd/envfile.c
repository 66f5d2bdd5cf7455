/*
 * envfile.c - turns the text of an EnvironmentFile= into names and values.
 *
 * systemd.exec(5) "EnvironmentFile=" and the state machine of env-file.c in systemd 252, with
 * the differences of older and newer versions. Nothing is expanded: `$`, specifiers and
 * command substitution have no meaning here, as little as `export`.
 */
#include "envfile.h"

enum state {
	PRE_KEY,
	KEY,
	PRE_VALUE,
	VALUE,
	VALUE_ESCAPE,
	SINGLE_QUOTE,
	SINGLE_QUOTE_ESCAPE,
	DOUBLE_QUOTE,
	DOUBLE_QUOTE_ESCAPE,
	COMMENT,
	COMMENT_ESCAPE,
};

struct machine {
	struct arena *arena;
	const struct file *file;
	unsigned version;
	enum state state;
	struct gather key, value;
	size_t key_end, value_end; /* without trailing blanks */
	size_t at;
	struct env_pairs *out;
};

bool env_name_valid(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return name.n > 0;
}

bool env_value_valid(struct str value, unsigned version)
{
	for (size_t i = 0; version < 246 && i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
			return false;
	}
	return str_utf8(value);
}

static bool newline(char c)
{
	return c == '\n' || c == '\r';
}

static void begin(struct machine *m)
{
	gather_start(&m->key, m->arena, m->file);
	gather_start(&m->value, m->arena, m->file);
	m->key_end = m->value_end = 0;
}

static void refuse(struct machine *m, struct traced t)
{
	if (m->out->fault.n)
		return;
	m->out->fault = S("a name or value that is not UTF-8");
	m->out->fault_at = traced_origin(m->arena, t);
}

static void push(struct machine *m)
{
	struct traced name = gather_done(&m->key, m->at);
	struct traced value = gather_done(&m->value, m->at);
	name = traced_slice(name, 0, m->key_end);
	value = traced_slice(value, 0, m->value_end);
	if (!str_utf8(name.text))
		refuse(m, name);
	else if (!str_utf8(value.text))
		refuse(m, value);
	else
		*vec_push(m->arena, m->out) = (struct env_pair){name, value};
	begin(m);
}

static void key_byte(struct machine *m, char c)
{
	gather_byte(&m->key, c, m->at);
	if (!blank(c))
		m->key_end = m->key.n;
}

/* A byte that counts whatever it is: quoted or escaped. */
static void value_byte(struct machine *m, char c)
{
	gather_byte(&m->value, c, m->at);
	m->value_end = m->value.n;
}

static void drop_key(struct machine *m)
{
	struct traced key = gather_done(&m->key, m->at);
	*vec_push(m->arena, &m->out->waste) = traced_slice(key, 0, m->key_end);
	begin(m);
}

static enum state in_key(struct machine *m, char c)
{
	if (newline(c)) {
		drop_key(m);
		return PRE_KEY;
	}
	if (c == '=')
		return PRE_VALUE;
	key_byte(m, c);
	return KEY;
}

static enum state in_pre_key(struct machine *m, char c)
{
	if (c == '#' || c == ';')
		return COMMENT;
	if (blank(c))
		return PRE_KEY;
	key_byte(m, c);
	return KEY;
}

static enum state in_pre_value(struct machine *m, char c)
{
	if (newline(c)) {
		push(m);
		return PRE_KEY;
	}
	if (c == '\'')
		return SINGLE_QUOTE;
	if (c == '"')
		return DOUBLE_QUOTE;
	if (c == '\\')
		return VALUE_ESCAPE;
	if (blank(c))
		return PRE_VALUE;
	value_byte(m, c);
	return VALUE;
}

static enum state in_value(struct machine *m, char c)
{
	if (newline(c)) {
		push(m);
		return PRE_KEY;
	}
	if (c == '\\') {
		m->value_end = m->value.n;
		return VALUE_ESCAPE;
	}
	gather_byte(&m->value, c, m->at);
	if (!blank(c))
		m->value_end = m->value.n;
	return VALUE;
}

static enum state in_double_escape(struct machine *m, char c)
{
	bool special = c == '"' || c == '\\' || c == '`' || c == '$';
	if (c == '\n' || (m->version < 245 && c == '\r'))
		return DOUBLE_QUOTE;
	if (!special && m->version >= 245)
		gather_byte(&m->value, '\\', m->at - 1);
	value_byte(m, c);
	return DOUBLE_QUOTE;
}

static enum state in_quotes(struct machine *m, char c)
{
	bool single = m->state == SINGLE_QUOTE;
	if (c == (single ? '\'' : '"'))
		return PRE_VALUE;
	if (c == '\\' && !single)
		return DOUBLE_QUOTE_ESCAPE;
	if (c == '\\' && m->version <= 240)
		return SINGLE_QUOTE_ESCAPE;
	value_byte(m, c);
	return m->state;
}

/* The line behind a comment that ends in a backslash. */
static void drop_line(struct machine *m)
{
	struct str text = m->file->text;
	size_t from = m->at + 1, to = from;
	while (to < text.n && !newline(text.p[to]))
		to++;
	struct traced line = traced_trim(traced_file(m->file, from, to), BLANKS);
	if (line.text.n && line.text.p[0] != '#' && str_find(line.text, '=') < line.text.n)
		*vec_push(m->arena, &m->out->waste) = line;
}

static enum state in_comment_escape(struct machine *m, char c)
{
	/* Up to v253 the newline after the backslash was part of the comment. */
	if (m->version >= 254 && newline(c))
		return PRE_KEY;
	if (c == '\n')
		drop_line(m);
	return COMMENT;
}

static enum state step(struct machine *m, char c)
{
	switch (m->state) {
	case PRE_KEY: return in_pre_key(m, c);
	case KEY: return in_key(m, c);
	case PRE_VALUE: return in_pre_value(m, c);
	case VALUE: return in_value(m, c);
	case SINGLE_QUOTE:
	case DOUBLE_QUOTE: return in_quotes(m, c);
	case DOUBLE_QUOTE_ESCAPE: return in_double_escape(m, c);
	case VALUE_ESCAPE:
	case SINGLE_QUOTE_ESCAPE:
		if (!newline(c))
			value_byte(m, c);
		return m->state == VALUE_ESCAPE ? VALUE : SINGLE_QUOTE;
	case COMMENT: return c == '\\' ? COMMENT_ESCAPE : newline(c) ? PRE_KEY : COMMENT;
	case COMMENT_ESCAPE: break;
	}
	return in_comment_escape(m, c);
}

struct env_pairs envfile_parse(struct arena *a, const struct file *file, unsigned version)
{
	struct env_pairs out = {0};
	struct machine m = {.arena = a, .file = file, .version = version, .out = &out};
	struct str text = file->text;
	size_t nul = str_find(text, '\0');
	if (nul < text.n && version >= 240) {
		out.fault = S("a NUL byte");
		out.fault_at = origin_new(a, file, nul, 1, NULL);
		return out;
	}
	begin(&m);
	for (m.at = 0; m.at < nul; m.at++)
		m.state = step(&m, text.p[m.at]);
	if (m.state == PRE_VALUE || m.state == VALUE || m.state == VALUE_ESCAPE ||
	    m.state == SINGLE_QUOTE || m.state == SINGLE_QUOTE_ESCAPE || m.state == DOUBLE_QUOTE ||
	    m.state == DOUBLE_QUOTE_ESCAPE)
		push(&m);
	else if (m.state == KEY)
		drop_key(&m);
	return out;
}
