/*
 * setup_root.c - the file setup-root-conf.toml of an image for bootc's composefs backend to how its
 * /etc and /var are mounted (bootc-root-setup.service(5)), and prepare-root.conf to the same of
 * ostree's (ostree-prepare-root(1)), which knows "transient" alone. Of TOML just what those pages
 * show is read: sections of keys with one value. Not supported: inline tables and dotted keys.
 */
#include "setup_root.h"

struct setup {
	struct str mount, transient;
	bool odd; /* a line that may say something too */
};

static struct str unquoted(struct str value)
{
	return str_trim(value, " \t\"'");
}

static void read_key(struct setup *s, struct str line)
{
	struct str key, value;
	if (!str_cut(line, '=', &key, &value))
		s->odd = true;
	key = str_trim(key, " \t");
	if (str_eq(key, S("mount")))
		s->mount = unquoted(value);
	else if (str_eq(key, S("transient")))
		s->transient = unquoted(value);
}

static struct setup setup_read(struct str text, struct str section)
{
	struct setup s = {0};
	struct str line, comment, inside = {0};
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		str_cut(line, '#', &line, &comment);
		line = str_trim(line, " \t\r");
		if (str_starts(line, S("[")))
			inside = str_trim(line, "[] \t");
		else if (line.n && !inside.n)
			s.odd = true;
		else if (line.n && str_eq(inside, section))
			read_key(&s, line);
	}
	return s;
}

enum setup_mount setup_root_mount(struct str text, struct str section)
{
	struct setup s = setup_read(text, section);
	bool transient = str_eq(s.transient, S("true")) || str_eq(s.transient, S("1"));
	bool persistent =
		!s.transient.n || str_eq(s.transient, S("false")) || str_eq(s.transient, S("0"));
	if (s.odd || (!transient && !persistent))
		return SETUP_OTHER;
	if (!s.mount.n)
		return transient ? SETUP_IMAGE : SETUP_BIND;
	if (str_eq(s.mount, S("none")) || str_eq(s.mount, S("transient")))
		return SETUP_IMAGE;
	if (str_eq(s.mount, S("overlay")))
		return SETUP_OVERLAY;
	return str_eq(s.mount, S("bind")) ? SETUP_BIND : SETUP_OTHER;
}
