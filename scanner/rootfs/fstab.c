/*
 * fstab.c - the lines of /etc/fstab, after fstab(5): fields between blanks and tabs, in which \040,
 * \011, \012 and \134 stand for the blanks, the newline and the backslash; quotes around the value
 * of a tag are dropped, as libblkid does.
 */
#include "fstab.h"

#include "arena.h"

static bool octal(struct str s, size_t at, char *c)
{
	unsigned n = 0;
	for (size_t i = at + 1; i < at + 4; i++) {
		if (i >= s.n || s.p[i] < '0' || s.p[i] > '7')
			return false;
		n = n * 8 + (unsigned)(s.p[i] - '0');
	}
	*c = (char)n;
	return n > 0 && n < 256;
}

static struct str unescape(struct arena *a, struct str s)
{
	char *text = NEW_N(a, char, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '\\' && octal(s, i, &c))
			i += 3;
		text[n++] = c;
	}
	return (struct str){text, n};
}

static struct str next_field(struct str *rest)
{
	*rest = str_trim(*rest, " \t\r");
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	struct str field = str_slice(*rest, 0, n);
	*rest = str_tail(*rest, n);
	return field;
}

/* UUID="…" */
static struct str without_quotes(struct arena *a, struct str spec)
{
	struct str key, value;
	if (!str_cut(spec, '=', &key, &value) || value.n < 2 ||
	    (value.p[0] != '"' && value.p[0] != '\'') || value.p[value.n - 1] != value.p[0])
		return spec;
	return str_fmt(a, "%" PRIstr "=%" PRIstr, ARG(key), ARG(str_slice(value, 1, value.n - 1)));
}

struct fstab fstab_parse(struct arena *a, const struct file *file)
{
	struct fstab all = {0};
	struct str rest = file->text, line;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		struct str whole = str_trim(line, " \t\r");
		struct str fields[4];
		struct str left = whole;
		if (!whole.n || whole.p[0] == '#')
			continue;
		for (size_t i = 0; i < 4; i++)
			fields[i] = unescape(a, next_field(&left));
		if (!fields[2].n)
			continue;
		*vec_push(a, &all) = (struct fstab_line){
			.spec = without_quotes(a, fields[0]),
			.dir = fields[1],
			.type = fields[2],
			.options = fields[3],
			.from = origin_new(a, file, (size_t)(whole.p - file->text.p), whole.n,
					   NULL),
		};
	}
	return all;
}

bool fstab_option(const struct fstab_line *line, struct str name, struct str *value)
{
	struct str rest = line->options, option, key;
	while (rest.n) {
		str_cut(rest, ',', &option, &rest);
		str_cut(option, '=', &key, value);
		if (str_eq(key, name))
			return true;
	}
	return false;
}

/* Of "auto" and "noauto" the last counts; an automount unit is started in either case
 * (systemd-fstab-generator(8)). */
bool fstab_mounts(const struct fstab_line *line)
{
	struct str rest = line->options, option;
	bool mounts = true, automount = false;
	while (rest.n) {
		str_cut(rest, ',', &option, &rest);
		if (str_eq(option, S("auto")) || str_eq(option, S("noauto")))
			mounts = str_eq(option, S("auto"));
		automount |= str_eq(option, S("x-systemd.automount"));
	}
	return mounts || automount;
}
