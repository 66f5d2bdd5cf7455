/*
 * boot_text.c - does a text of commands write a file? Told by what stands around the file's name:
 * a redirection, the option or the last word of a program that makes files, an editor that works
 * in place. Names that only a shell would put together are not seen here (boot_commands.c).
 */
#include <string.h>

#include "boot.h"

enum { NEAR = 256 };

bool target_is(const struct target *t, struct str path)
{
	if (!t->below)
		return str_eq(t->path, path);
	return str_starts(path, t->path) && path.n > t->path.n && path.p[t->path.n] == '/';
}

static bool path_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '/' || c == '.' || c == '_' || c == '-' || c == '$';
}

/* The next place where `path` stands alone, or with `below` as a directory. */
static bool next_hit(struct str text, const struct target *t, size_t *at)
{
	for (size_t i = *at; t->path.n && i < text.n; i++) {
		const char *hit = memmem(text.p + i, text.n - i, t->path.p, t->path.n);
		if (!hit)
			return false;
		i = (size_t)(hit - text.p);
		size_t end = i + t->path.n;
		bool begins = i == 0 || !path_byte(text.p[i - 1]);
		bool ends = end == text.n || !path_byte(text.p[end]) ||
			    (t->below && text.p[end] == '/');
		*at = i;
		if (begins && ends)
			return true;
	}
	return false;
}

bool text_names(struct str text, const struct target *t)
{
	size_t at = 0;
	return next_hit(text, t, &at);
}

/* Does what stands before a path say that it is written: "> PATH", "tee PATH", "-o PATH"? */
static bool written_after(struct str before)
{
	static const char *const words[] = {"tee", "tee -a", "-o", "-O", "--output", "--out"};
	struct str s = str_trim(before, " \t\"'=");
	bool option = before.n && before.p[before.n - 1] == '=';
	if (option)
		return str_ends(s, S("--output")) || str_ends(s, S("--out")) ||
		       str_ends(s, S(" of"));
	if (str_ends(s, S(">")) || str_ends(s, S(">|")))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct str word = str_from(words[i]);
		if (str_ends(s, word) && (s.n == word.n || !path_byte(s.p[s.n - word.n - 1]) ||
					  s.p[s.n - word.n - 1] == '/'))
			return true;
	}
	return false;
}

static bool ends_command(char c)
{
	return c == '\n' || c == ';' || c == '&' || c == '|' || c == '(' || c == ')';
}

static bool ends_line(char c)
{
	return c == '\n';
}

/* What stands around a place, and what of it stands behind that place. */
static struct str around(struct str text, size_t at, size_t end, bool (*ends)(char),
			 struct str *behind)
{
	size_t from = at, to = end;
	while (from && at - from < NEAR && !ends(text.p[from - 1]))
		from--;
	while (to < text.n && to - end < NEAR && !ends(text.p[to]))
		to++;
	*behind = str_slice(text, end, to);
	return str_slice(text, from, to);
}

static bool has_word(struct str command, struct str w)
{
	for (size_t i = 0; i + w.n <= command.n; i++)
		if (str_starts(str_tail(command, i), w) &&
		    (i == 0 || !path_byte(command.p[i - 1]) || command.p[i - 1] == '/') &&
		    (i + w.n == command.n || !path_byte(command.p[i + w.n])))
			return true;
	return false;
}

static bool has_any(struct str command, const char *const *words)
{
	for (; *words; words++)
		if (has_word(command, str_from(*words)))
			return true;
	return false;
}

/* "cp FROM PATH" */
static bool copied(struct str text, size_t at, size_t end)
{
	static const char *const makers[] = {"cp",       "mv", "install",  "ln", "rsync",
					     "envsubst", "dd", "truncate", NULL};
	struct str behind, command = around(text, at, end, ends_command, &behind);
	return str_trim(behind, " \t\"'}/").n == 0 && has_any(command, makers);
}

/* "sed -i … PATH", whatever the expression holds. */
static bool edited(struct str text, size_t at, size_t end)
{
	static const char *const editors[] = {"sed", "perl", "yq", "crudini", NULL};
	struct str behind, line = around(text, at, end, ends_line, &behind);
	return has_any(line, editors) &&
	       (str_has(line, S(" -i")) || str_has(line, S("--in")) || str_has(line, S(" -pi")));
}

/* "cp NAME DIRECTORY" */
static bool copied_into(struct str text, const struct target *t)
{
	const struct target dir = {str_dirname(t->path), true};
	struct str name = str_basename(t->path), behind;
	for (size_t at = 0; next_hit(text, &dir, &at); at++) {
		struct str command = around(text, at, at + dir.path.n, ends_command, &behind);
		if (has_word(command, name) && copied(text, at, at + dir.path.n))
			return true;
	}
	return false;
}

bool text_writes(struct str text, const struct target *t)
{
	for (size_t at = 0; next_hit(text, t, &at); at++) {
		size_t end = at + t->path.n;
		while (t->below && end < text.n && path_byte(text.p[end]))
			end++;
		if (written_after(str_slice(text, at > 64 ? at - 64 : 0, at)) ||
		    copied(text, at, end) || edited(text, at, end))
			return true;
	}
	return copied_into(text, t);
}
