/*
 * mount_units.c - mount units (systemd.mount(5)) that an image enables, as the lines of fstab that
 * say the same. One counts when it or its automount unit is linked into a directory .wants or
 * .requires of any unit. Of the conditions (systemd.unit(5)) ConditionPathExists= is looked at, the
 * others are taken to hold. Not supported: specifiers, and what drop-ins set: nothing can be told
 * of a directory that such a unit mounts on.
 */
#include "mount_units.h"

#include "arena.h"
#include "map.h"

struct mount_unit {
	struct fstab_line line;
	bool skipped; /* a condition does not hold */
};

struct unit_search {
	struct rootfs *root;
	struct arena *a;
	struct map *started; /* names without their suffix */
	struct fstab found;
};

/* The first that has a unit of some name counts. */
static const char *const dirs[] = {"/etc/systemd/system", "/usr/local/lib/systemd/system",
				   "/usr/lib/systemd/system"};

enum { DIRS = sizeof dirs / sizeof *dirs };

static struct str path_in(struct arena *a, const char *dir, struct str name)
{
	return str_fmt(a, "%s/%" PRIstr, dir, ARG(name));
}

/* ---- what is started ---- */

static void take_started(struct unit_search *s, struct str dir)
{
	const struct listing *l = rootfs_list(s->root, dir);
	for (size_t i = 0; i < l->n; i++) {
		struct str name = l->names[i];
		size_t dot = str_rfind(name, '.');
		if (str_ends(name, S(".mount")) || str_ends(name, S(".automount")))
			map_put(s->started, str_slice(name, 0, dot), s);
	}
}

static void find_started(struct unit_search *s)
{
	for (size_t i = 0; i < DIRS; i++) {
		const struct listing *l = rootfs_list(s->root, str_from(dirs[i]));
		for (size_t k = 0; k < l->n; k++)
			if (str_ends(l->names[k], S(".wants")) ||
			    str_ends(l->names[k], S(".requires")))
				take_started(s, path_in(s->a, dirs[i], l->names[k]));
	}
}

/* ---- one unit ---- */

/* systemd.unit(5), "STRING ESCAPING FOR INCLUSION IN UNIT NAMES". */
static struct str escaped(struct arena *a, struct str path)
{
	static const char digits[] = "0123456789abcdef";
	path = str_trim(path, "/");
	char *text = NEW_N(a, char, 4 * path.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || c == ':' || c == '_' || (c == '.' && i > 0);
		if (plain || c == '/') {
			text[n++] = plain ? (char)c : '-';
			continue;
		}
		text[n++] = '\\';
		text[n++] = 'x';
		text[n++] = digits[c >> 4];
		text[n++] = digits[c & 15];
	}
	return (struct str){text, n};
}

static void take_condition(struct unit_search *s, struct mount_unit *unit, struct str path)
{
	bool negated = str_starts(path, S("!"));
	path = str_tail(path, negated);
	if (str_starts(path, S("/")))
		unit->skipped |= (rootfs_stat(s->root, path)->state == FILE_ABSENT) != negated;
}

static void take_setting(struct unit_search *s, struct mount_unit *unit, const struct file *file,
			 struct str key, struct str value)
{
	const struct {
		struct str key, *value;
	} keys[] = {
		{S("What"), &unit->line.spec},
		{S("Where"), &unit->line.dir},
		{S("Type"), &unit->line.type},
		{S("Options"), &unit->line.options},
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_eq(key, keys[i].key))
			*keys[i].value = value;
	if (str_eq(key, S("What")))
		unit->line.from =
			origin_new(s->a, file, (size_t)(value.p - file->text.p), value.n, NULL);
}

static struct mount_unit read_unit(struct unit_search *s, const struct file *file)
{
	struct mount_unit unit = {0};
	struct str rest = file->text, line, section = {0}, key, value;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		line = str_trim(line, " \t\r");
		if (str_starts(line, S("[")))
			section = line;
		if (str_starts(line, S("#")) || str_starts(line, S(";")) ||
		    !str_cut(line, '=', &key, &value))
			continue;
		key = str_trim(key, " \t");
		value = str_trim(value, " \t");
		if (str_eq(section, S("[Mount]")))
			take_setting(s, &unit, file, key, value);
		else if (str_eq(key, S("ConditionPathExists")))
			take_condition(s, &unit, value);
	}
	return unit;
}

/* Is there a drop-in that may set what is mounted? */
static bool has_dropins(struct unit_search *s, struct str name)
{
	for (size_t i = 0; i < DIRS; i++) {
		struct str dir = path_in(s->a, dirs[i], str_cat(s->a, name, S(".mount.d")));
		const struct listing *l = rootfs_list(s->root, dir);
		for (size_t k = 0; k < l->n; k++)
			if (str_has(rootfs_read(s->root, str_fmt(s->a, "%" PRIstr "/%" PRIstr,
								 ARG(dir), ARG(l->names[k])))
					    ->text,
				    S("[Mount]")))
				return true;
	}
	return false;
}

static void add_unit(struct unit_search *s, struct str name, const struct file *file)
{
	struct mount_unit unit = read_unit(s, file);
	struct fstab_line *line = &unit.line;
	if (unit.skipped || !line->from)
		return;
	if (!str_eq(escaped(s->a, line->dir), name)) {
		note(rootfs_notes(s->root), line->from,
		     "not mounted: Where= is not what the unit is named after");
		return;
	}
	if (has_dropins(s, name))
		line->spec = str_fmt(s->a, "what drop-ins of %" PRIstr ".mount set", ARG(name));
	if (!line->type.n)
		line->type = S("auto");
	*vec_push(s->a, &s->found) = *line;
}

/* The unit that counts; an empty one, or a link to /dev/null, masks what lies behind it. */
static void find_unit(struct unit_search *s, struct str name)
{
	for (size_t i = 0; i < DIRS; i++) {
		struct str path = path_in(s->a, dirs[i], str_cat(s->a, name, S(".mount")));
		if (rootfs_lstat(s->root, path)->state == FILE_ABSENT)
			continue;
		const struct file *file = rootfs_read(s->root, path);
		if (file->state == FILE_OK && file->kind == FILE_REGULAR)
			add_unit(s, name, file);
		return;
	}
}

struct fstab mount_units(struct rootfs *root)
{
	struct unit_search s = {
		.root = root, .a = rootfs_arena(root), .started = map_new(rootfs_arena(root))};
	find_started(&s);
	for (size_t i = 0; i < map_count(s.started); i++) {
		struct str name;
		(void)map_at(s.started, i, &name);
		find_unit(&s, name);
	}
	return s.found;
}
