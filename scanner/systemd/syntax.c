/*
 * syntax.c - turns the text of a unit file into assignments.
 *
 * systemd.syntax(7), and where it is silent conf-parser.c of systemd 252 (config_parse,
 * parse_line) and read_line_full: what ends a line, where comments are dropped, what ends a
 * file for good. Which keys there are and what their values mean is not known here.
 */
#include "syntax.h"

#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20, NOTES_OF_A_FILE = 20 };

struct parser {
	struct arena *arena;
	const struct file *file;
	struct notes *notes;
	unsigned version;
	size_t at;
	size_t noted;
	bool bom_seen;
	bool in_section, section_known;
	bool cut; /* an empty line ended a continued one: what follows may have belonged to it */
	struct str section;
	struct lines *out;
};

/* A file of nothing but junk is told about, but not line by line. */
static void note_line(struct parser *p, struct traced line, const char *text)
{
	if (p->noted++ < NOTES_OF_A_FILE)
		note(p->notes, traced_origin(p->arena, line), "%s", text);
}

static bool fault(struct parser *p, size_t from, size_t to, const char *text)
{
	p->out->fault = str_from(text);
	p->out->fault_at = origin_new(p->arena, p->file, from, to - from, NULL);
	return false;
}

/* Which end of line this byte is, as a bit; 0 for none. CR counts since v241. */
static unsigned end_of_line(const struct parser *p, char c)
{
	if (c == '\0')
		return 1;
	if (c == '\n')
		return 2;
	return c == '\r' && p->version > 240 ? 4 : 0;
}

/* The next physical line: CR LF, LF CR and the like are one end, the same one twice is two. */
static bool next_line(struct parser *p, struct traced *out)
{
	struct str text = p->file->text;
	size_t from = p->at, to = from;
	if (from >= text.n)
		return false;
	while (to < text.n && !end_of_line(p, text.p[to]))
		to++;
	unsigned seen = 0;
	size_t next = to;
	while (next < text.n) {
		unsigned end = end_of_line(p, text.p[next]);
		if (!end || (seen & 1) || (seen & end) || (seen && p->version <= 240))
			break;
		seen |= end;
		next++;
	}
	p->at = next;
	*out = traced_file(p->file, from, to);
	return true;
}

static bool comment(struct traced line)
{
	size_t i = 0;
	while (i < line.text.n && blank(line.text.p[i]))
		i++;
	return i < line.text.n && (line.text.p[i] == '#' || line.text.p[i] == ';');
}

static bool ends_escaped(struct str s)
{
	bool escaped = false;
	for (size_t i = 0; i < s.n; i++)
		escaped = !escaped && s.p[i] == '\\';
	return escaped;
}

/* No control characters, quotes or backslashes: string_is_safe. */
static bool safe(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f || strchr("\"'\\", s.p[i]))
			return false;
	return true;
}

/* "Key=…" or "[Section]" from the first column on: no piece of a longer line looks like that. */
static bool own_line(struct str s)
{
	size_t i = 0, lower = 0;
	if (s.n == 0 || s.p[0] == ' ' || s.p[0] == '\t')
		return false;
	if (s.p[0] == '[')
		return s.n > 2 && s.p[1] >= 'A' && s.p[1] <= 'Z' && s.p[s.n - 1] == ']';
	for (; i < s.n && s.p[i] != '='; i++) {
		bool small = s.p[i] >= 'a' && s.p[i] <= 'z', large = s.p[i] >= 'A' && s.p[i] <= 'Z';
		if (!(large || (small && i > 0)))
			return false;
		lower += small;
	}
	return i < s.n && lower > 0;
}

/* What a person who reads the file would take for something else. */
static void note_deceptive(struct parser *p, struct traced line, bool carrying)
{
	struct str trimmed = str_trim(line.text, BLANKS);
	if (comment(line)) {
		if (carrying)
			note_line(
				p, line,
				"up to systemd 240 this is no comment, but part of the line above");
		return;
	}
	if (carrying && own_line(trimmed) && own_line(line.text))
		note_line(p, line, "taken for a part of the line above, which ends in a backslash");
	if (trimmed.n < line.text.n && ends_escaped(trimmed) && !ends_escaped(line.text))
		note_line(p, line, "blanks after the backslash: the line ends here");
}

static bool header(struct parser *p, struct traced line, size_t from, size_t to)
{
	struct str s = line.text;
	if (s.p[s.n - 1] != ']')
		return fault(p, from, to, "a section header must end with ]");
	struct str name = str_slice(s, 1, s.n - 1);
	if (!safe(name))
		return fault(p, from, to, "a section name holds a character it may not");
	if (name.n == 0 && p->version >= 258)
		return fault(p, from, to, "an empty section name");
	p->in_section = true;
	p->cut = false;
	p->section = name;
	p->section_known = str_eq(name, S("Unit")) || str_eq(name, S("Service")) ||
			   str_eq(name, S("Install")) || str_eq(name, S("Manager"));
	if (!p->section_known && !str_starts(name, S("X-")))
		note_line(p, line, "unknown section, its lines are ignored");
	return true;
}

static bool assignment(struct parser *p, struct traced line, size_t from, size_t to)
{
	if (!p->in_section) {
		note_line(p, line, "assignment outside of a section, ignored");
		return true;
	}
	size_t equals = str_find(line.text, '=');
	bool option = str_starts(line.text, S("-"));
	if (equals == line.text.n && p->version <= 240)
		return fault(p, from, to, "a line without =");
	p->cut &= option;
	if (p->section_known && p->cut)
		note_line(p, line, "lost: the empty line above ended the command");
	else if (p->section_known && equals == line.text.n)
		note_line(p, line, "line without =, ignored");
	else if (p->section_known && option)
		note_line(p, line, "an option where a key should be, ignored");
	if (equals == line.text.n)
		return true;
	if (!p->section_known || equals == 0)
		return true;
	*vec_push(p->arena, p->out) = (struct line){
		.section = p->section,
		.key = traced_trim(traced_slice(line, 0, equals), BLANKS),
		.value = traced_trim(traced_slice(line, equals + 1, line.text.n), BLANKS),
	};
	return true;
}

/* One logical line; false ends the file. */
static bool logical_line(struct parser *p, struct traced line)
{
	line = traced_trim(line, BLANKS);
	if (line.text.n == 0)
		return true;
	size_t to = traced_offset(&line, line.text.n - 1) + 1;
	size_t from = traced_offset(&line, 0);
	if (p->version <= 240 && comment(line))
		return true;
	if (p->version <= 245 && str_starts(line.text, S(".include "))) {
		*vec_push(p->arena, p->out) = (struct line){
			.include = true,
			.value = traced_trim(traced_slice(line, 9, line.text.n), BLANKS),
		};
		return true;
	}
	if (p->version >= 239 && !str_utf8(line.text))
		return fault(p, from, to, "a line that is not UTF-8");
	return line.text.p[0] == '[' ? header(p, line, from, to) : assignment(p, line, from, to);
}

/* One physical line, added to what a backslash carried over; false ends the file. */
static bool physical_line(struct parser *p, struct traced line, struct gather *carry,
			  bool *carrying)
{
	size_t from = line.base, to = from + line.text.n;
	if (line.text.n >= LINE_MAX_BYTES)
		return fault(p, from, to, "a line of a mebibyte or more");
	if (p->version > 240 && comment(line))
		return true;
	if (!p->bom_seen && str_starts(line.text, S("\xEF\xBB\xBF"))) {
		p->bom_seen = true;
		line = traced_slice(line, 3, line.text.n);
	}
	bool more = ends_escaped(line.text);
	note_deceptive(p, line, *carrying);
	bool cut = *carrying && str_trim(line.text, BLANKS).n == 0;
	if (!more && !*carrying)
		return logical_line(p, line);
	if (*carrying && carry->n + line.text.n > LINE_MAX_BYTES)
		return fault(p, from, to, "continued lines of more than a mebibyte");
	if (!*carrying)
		gather_start(carry, p->arena, p->file);
	gather_traced(carry, line);
	*carrying = more;
	if (!more) {
		bool read = logical_line(p, gather_done(carry, to));
		p->cut = cut;
		return read;
	}
	gather_replace_last(carry, ' ');
	return true;
}

struct lines syntax_parse(struct arena *a, const struct file *file, unsigned version,
			  struct notes *notes)
{
	struct lines out = {0};
	struct parser p = {
		.arena = a, .file = file, .notes = notes, .version = version, .out = &out};
	struct gather carry = {0};
	struct traced line;
	bool carrying = false;
	while (next_line(&p, &line))
		if (!physical_line(&p, line, &carry, &carrying))
			return out;
	if (carrying)
		logical_line(&p, gather_done(&carry, file->text.n));
	return out;
}
