/*
 * os.c - /etc/os-release, or else /usr/lib/os-release, to fields that know their places
 * (os-release(5)): shell-like assignments, quotes and backslashes as in a POSIX shell, without
 * expansion. A line that is no assignment is passed over, as systemd does; the last assignment
 * of a name counts.
 */
#include "arena.h"
#include "inventory.h"

#include <string.h>

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return s.n > 0;
}

/* Takes quotes and escapes off. In double quotes a backslash escapes only what means something
 * there; an unclosed quote ends with the line. */
static struct str unquote(struct arena *a, struct str raw)
{
	char *to = arena_alloc(a, 1, raw.n + 1);
	size_t n = 0;
	char quote = 0;
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i], next = i + 1 < raw.n ? raw.p[i + 1] : 0;
		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			continue;
		}
		bool escapes =
			c == '\\' && next && (!quote || (quote == '"' && strchr("\"\\`$", next)));
		to[n++] = escapes ? raw.p[++i] : c;
	}
	return (struct str){to, n};
}

static void parse_line(struct rootfs *root, struct os *os, struct str line)
{
	struct arena *a = rootfs_arena(root);
	struct str key, raw;
	line = str_trim(line, " \t\r");
	if (!line.n || line.p[0] == '#' || !str_cut(line, '=', &key, &raw) || !is_name(key))
		return;
	size_t at = (size_t)(raw.p - os->file->text.p);
	struct word value = {unquote(a, raw), origin_new(a, os->file, at, raw.n, NULL)};
	*vec_push(a, &os->fields) = (struct os_field){key, value};
}

struct word os_get(const struct os *os, struct str key)
{
	for (size_t i = os->fields.n; i-- > 0;)
		if (str_eq(os->fields.at[i].key, key))
			return os->fields.at[i].value;
	return (struct word){0};
}

const struct os *os_read(struct rootfs *root)
{
	struct os *os = NEW(rootfs_arena(root), struct os);
	const struct file *file = rootfs_read(root, S("/etc/os-release"));
	if (file->state == FILE_ABSENT)
		file = rootfs_read(root, S("/usr/lib/os-release"));
	if (file->state != FILE_OK || file->kind != FILE_REGULAR)
		return os;
	os->file = file;
	struct str rest = file->text, line;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		parse_line(root, os, line);
	}
	os->id = os_get(os, S("ID")).text;
	os->version_id = os_get(os, S("VERSION_ID")).text;
	os->pretty = os_get(os, S("PRETTY_NAME")).text;
	return os;
}
