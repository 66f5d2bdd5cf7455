/*
 * exec.c - turns ExecStart= and its like into commands.
 *
 * systemd.service(5) "COMMAND LINES"; config_parse_exec (load-fragment.c) of systemd 252, with
 * the prefixes of each version. What systemd refuses ends the file (ENOEXEC), but for a command
 * with the prefix "-", whose line is then ignored.
 */
#include "specifier.h"
#include "state.h"
#include "words.h"

#include <string.h>

struct prefixes {
	bool ignore, argv0, literal, privileged, no_setuid, ambient, shell;
	size_t n;
};

static bool take_prefix(struct prefixes *p, char c, unsigned version)
{
	bool any = p->privileged || p->no_setuid || p->ambient;
	if (c == '-' && !p->ignore)
		p->ignore = true;
	else if (c == '@' && !p->argv0)
		p->argv0 = true;
	else if (c == ':' && !p->literal && version >= 242)
		p->literal = true;
	else if (c == '|' && !p->shell && version >= 258)
		p->shell = true;
	else if (c == '+' && !any && version >= 231)
		p->privileged = true;
	else if (c == '!' && !any && version >= 235)
		p->no_setuid = true;
	else if (c == '!' && p->no_setuid && version >= 235)
		p->no_setuid = !(p->ambient = true);
	else
		return false;
	p->n++;
	return true;
}

/* Debian and Ubuntu keep libraries by architecture. A version that was asked for is taken to be
 * built as Debian's if Debian had it. */
bool debian_build(const struct systemd *sd)
{
	bool asked = str_eq(sd->version.source, S("--systemd-version"));
	if (asked && sd->v != 241 && sd->v != 247 && sd->v != 252)
		return false;
	const struct listing *libs = rootfs_list(sd->root, S("/usr/lib"));
	for (size_t i = 0; i < libs->n; i++)
		if (str_ends(libs->names[i], S("-linux-gnu")))
			return true;
	struct str id = os_read(sd->root)->id;
	return str_eq(id, S("debian")) || str_eq(id, S("ubuntu"));
}

const char *default_path(const struct systemd *sd)
{
	/* They built for a split /usr up to v254. */
	if (sd->v <= 254 && debian_build(sd))
		return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
}

/* Up to v246 a bare name became a path when the unit was loaded. */
static bool resolve_bare(struct loading *l, struct str *path)
{
	struct str rest = S("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), dir;
	if (l->sd->v < 239)
		return false;
	while (rest.n) {
		str_cut(rest, ':', &dir, &rest);
		struct str full = path_join(l->sd->arena, dir, *path);
		if (rootfs_stat(l->sd->root, full)->state == FILE_OK) {
			*path = full;
			return true;
		}
	}
	return false;
}

static bool safe(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f || strchr("\"'\\", s.p[i]))
			return false;
	return true;
}

static bool long_component(struct str path)
{
	struct str part;
	while (path.n) {
		str_cut(path, '/', &part, &path);
		if (part.n > 255)
			return true;
	}
	return false;
}

/* NULL when the path may be executed. */
static const char *path_refused(struct loading *l, struct str *path)
{
	bool absolute = str_starts(*path, S("/"));
	if (path->n == 0)
		return "no executable is named";
	if (!safe(*path))
		return "the executable's path holds special characters";
	if (str_ends(*path, S("/")))
		return "the executable's path names a directory";
	if (path->n > 4095 || (!absolute && (str_find(*path, '/') < path->n || path->n > 255 ||
					     str_eq(*path, S(".")) || str_eq(*path, S("..")))))
		return "neither an absolute path nor a file name";
	if (l->sd->v >= 249 && long_component(*path))
		return "a part of the executable's path is longer than 255 bytes";
	if (!absolute && l->sd->v < 247 && !resolve_bare(l, path))
		return "the executable is not in the search path";
	return NULL;
}

struct reading {
	struct loading *l;
	struct specifiers specifiers;
	struct traced rest;
	struct prefixes prefixes;
	struct command command;
	bool more; /* a ';' was met */
	const char *refused;
};

static bool lone(struct str s, const char *token)
{
	size_t n = strlen(token);
	return str_starts(s, str_from(token)) && (s.n == n || blank(s.p[n]));
}

static void skip(struct reading *r, size_t n)
{
	while (n < r->rest.text.n && blank(r->rest.text.p[n]))
		n++;
	r->rest = traced_slice(r->rest, n, r->rest.text.n);
}

static void add_word(struct reading *r, struct traced word, struct traced raw)
{
	*vec_push(r->l->sd->arena, &r->command.words) =
		(struct word){word.text, traced_origin(r->l->sd->arena, raw)};
}

/* One argument, or the separator; false at the end of the command or on a refusal. */
static bool read_argument(struct reading *r)
{
	struct arena *a = r->l->sd->arena;
	struct traced word, raw, here = r->rest;
	if (here.text.n == 0)
		return false;
	if (lone(here.text, ";")) {
		skip(r, 1);
		r->more = true;
		return false;
	}
	if (lone(here.text, "\\;")) {
		add_word(r, traced_slice(here, 1, 2), traced_slice(here, 0, 2));
		skip(r, 2);
		return true;
	}
	enum words_end end = words_next_forgiving(a, &r->rest, &word, &raw, r->l->sd->notes);
	if (end == WORDS_BAD)
		r->refused = "quotes that do not balance";
	if (end != WORDS_WORD)
		return false;
	if (!specifiers_fill(&r->specifiers, word, &word)) {
		r->refused = "an unknown specifier";
		return false;
	}
	add_word(r, word, raw);
	return true;
}

/* The first word: prefixes and path. */
static void read_path(struct reading *r, struct traced word, struct traced raw)
{
	struct prefixes *p = &r->prefixes;
	while (p->n < word.text.n && take_prefix(p, word.text.p[p->n], r->l->sd->v))
		;
	struct traced path = traced_slice(word, p->n, word.text.n);
	if (word.text.n == raw.text.n)
		raw = traced_slice(raw, p->n, raw.text.n);
	if (!specifiers_fill(&r->specifiers, path, &path)) {
		r->refused = "an unknown specifier";
		return;
	}
	r->refused = path_refused(r->l, &path.text);
	if (r->refused)
		return;
	r->command.path = path_simplify(r->l->sd->arena, path.text);
	if (!p->argv0)
		add_word(r, path, raw);
}

/* One command; false when the line has no more, or is refused. */
static bool read_command(struct reading *r)
{
	struct traced word, raw;
	struct arena *a = r->l->sd->arena;
	r->more = false;
	r->prefixes = (struct prefixes){0};
	r->command = (struct command){.from = r->command.from};
	if (words_next_forgiving(a, &r->rest, &word, &raw, r->l->sd->notes) != WORDS_WORD)
		return false;
	if (str_eq(word.text, S(";")) && r->l->sd->v >= 246) {
		r->more = true;
		return true;
	}
	read_path(r, word, raw);
	while (!r->refused && read_argument(r))
		;
	if (!r->refused && r->command.words.n == 0)
		r->refused = "no argument for argv[0]";
	if (r->refused)
		return false;
	r->command.ignore_failure = r->prefixes.ignore;
	r->command.literal = r->prefixes.literal;
	return true;
}

static struct commands *list_of(struct loading *l, struct str key)
{
	struct commands *list = map_get(l->commands, key);
	if (!list) {
		list = NEW(l->sd->arena, struct commands);
		map_put(l->commands, key, list);
	}
	return list;
}

bool exec_line(struct loading *l, const struct line *line, struct str *why)
{
	struct commands *list = list_of(l, line->key.text);
	struct reading r = {
		.l = l,
		.rest = line->value,
		.specifiers = {.arena = l->sd->arena,
			       .root = l->sd->root,
			       .version = l->sd->v,
			       .name = l->spec_name,
			       .fragment = l->unit->fragment ? l->unit->fragment->path : S("")},
		.command = {.from = traced_origin(l->sd->arena, line->value)},
	};
	if (line->value.text.n == 0)
		*list = (struct commands){0};
	do {
		if (!read_command(&r))
			break;
		if (r.command.words.n)
			*vec_push(l->sd->arena, list) = r.command;
	} while (r.more);
	if (l->specifier_doubt.reason == REASON_NONE && str_eq(line->key.text, S("ExecStart")))
		l->specifier_doubt = r.specifiers.doubt;
	if (!r.refused)
		return true;
	*why = str_fmt(l->sd->arena, "%" PRIstr "=: %s", ARG(line->key.text), r.refused);
	if (!r.prefixes.ignore && l->sd->v > 233)
		return false;
	note(l->sd->notes, r.command.from, "%" PRIstr ", the line is ignored", ARG(*why));
	return true;
}
