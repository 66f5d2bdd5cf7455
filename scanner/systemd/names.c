/*
 * names.c - unit names taken apart, paths made plain, users looked up.
 *
 * systemd.unit(5) "DESCRIPTION" and "STRING ESCAPING FOR INCLUSION IN UNIT NAMES", unit-name.c
 * of systemd 252; passwd(5). Users come from /etc/passwd alone: NSS modules are not asked.
 */
#include "names.h"

#include <string.h>

#include "arena.h"

static bool name_bytes(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c && strchr(":-_.\\@", c))))
			return false;
	}
	return true;
}

static bool known_suffix(struct str suffix)
{
	static const char *const all[] = {".service", ".socket",    ".target", ".device",
					  ".mount",   ".automount", ".swap",   ".timer",
					  ".path",    ".slice",     ".scope"};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(suffix, str_from(all[i])))
			return true;
	return false;
}

struct unit_name unit_name_split(struct str name)
{
	struct unit_name u = {0};
	size_t dot = str_rfind(name, '.'), at = str_find(name, '@');
	if (name.n == 0 || name.n > 255 || dot == name.n || dot == 0 || !name_bytes(name))
		return u;
	u.suffix = str_tail(name, dot);
	if (!known_suffix(u.suffix) || at == 0)
		return u;
	if (at > dot) {
		u.prefix = str_slice(name, 0, dot);
		u.kind = NAME_PLAIN;
		return u;
	}
	u.prefix = str_slice(name, 0, at);
	u.instance = str_slice(name, at + 1, dot);
	u.kind = u.instance.n ? NAME_INSTANCE : NAME_TEMPLATE;
	return u;
}

bool unit_name_valid(struct str name)
{
	return unit_name_split(name).kind != NAME_INVALID;
}

struct str unit_name_template(struct arena *a, struct str name)
{
	struct unit_name u = unit_name_split(name);
	return str_fmt(a, "%" PRIstr "@%" PRIstr, ARG(u.prefix), ARG(u.suffix));
}

struct str unit_name_instance(struct arena *a, struct str template, struct str instance)
{
	struct unit_name u = unit_name_split(template);
	return str_fmt(a, "%" PRIstr "@%" PRIstr "%" PRIstr, ARG(u.prefix), ARG(instance),
		       ARG(u.suffix));
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool unit_name_unescape(struct arena *a, struct str s, struct str *out)
{
	char *p = arena_alloc(a, 1, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\\') {
			p[n++] = s.p[i] == '-' ? '/' : s.p[i];
			continue;
		}
		if (s.n - i < 4 || s.p[i + 1] != 'x' || hex(s.p[i + 2]) < 0 || hex(s.p[i + 3]) < 0)
			return false;
		p[n++] = (char)(hex(s.p[i + 2]) << 4 | hex(s.p[i + 3]));
		i += 3;
	}
	*out = (struct str){p, n};
	return true;
}

static struct str path_make(struct arena *a, struct str path, bool climb)
{
	char *p = arena_alloc(a, 1, path.n + 2);
	size_t n = 0;
	struct str part, rest = path;
	while (rest.n) {
		str_cut(rest, '/', &part, &rest);
		if (part.n == 0 || str_eq(part, S(".")))
			continue;
		if (climb && str_eq(part, S(".."))) {
			while (n && p[n - 1] != '/')
				n--;
			n -= n > 0;
			continue;
		}
		p[n++] = '/';
		memcpy(p + n, part.p, part.n);
		n += part.n;
	}
	if (n == 0)
		p[n++] = '/';
	return (struct str){p, n};
}

struct str path_normal(struct arena *a, struct str path)
{
	return path_make(a, path, true);
}

struct str path_simplify(struct arena *a, struct str path)
{
	return str_starts(path, S("/")) ? path_make(a, path, false) : path;
}

struct str path_join(struct arena *a, struct str dir, struct str name)
{
	if (str_eq(dir, S("/")))
		return str_cat(a, dir, name);
	return str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(name));
}

bool file_missing(const struct file *f)
{
	return f->state == FILE_ABSENT || (f->state == FILE_UNREADABLE && f->fault == FAULT_LOOP);
}

struct account account_read(struct rootfs *root, struct str user)
{
	struct str rest = rootfs_read(root, S("/etc/passwd"))->text, line;
	while (rest.n) {
		struct str field[7] = {0};
		str_cut(rest, '\n', &line, &rest);
		for (size_t i = 0; i < 7; i++)
			str_cut(line, ':', &field[i], &line);
		if (str_eq(field[0], user) || str_eq(field[2], user))
			return (struct account){true, field[0], field[5], field[6]};
	}
	if (str_eq(user, S("root")) || str_eq(user, S("0")))
		return (struct account){true, S("root"), S("/root"), S("/bin/sh")};
	return (struct account){0};
}

/* systemd knows root without asking passwd; since v250 its shell is that of the build. */
struct str account_shell(struct rootfs *root, struct str user, unsigned version)
{
	struct account who = account_read(root, user);
	if (str_eq(who.name, S("root")))
		return version >= 250 ? S("/bin/bash") : S("/bin/sh");
	return who.shell;
}
