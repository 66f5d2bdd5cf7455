/*
 * patterns.c - the patterns of POSIX XCU 2.14: * ? [set], in which a backslash hides what follows;
 * and the paths of the image that one matches. Not told: classes in sets, extended patterns of
 * bash.
 */
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum { PATHS_MAX = 2000, DEPTH_MAX = 12, WORK_A_STEP = 500 };

bool pattern_plain(struct str p)
{
	for (size_t i = 0; i < p.n; i++) {
		if (p.p[i] == '\\')
			i++;
		else if (p.p[i] == '[' && str_has(str_slice(p, i, i + 64), S("[:")))
			return false;
		else if (p.p[i] == '(' && i && strchr("?*+@!", p.p[i - 1]))
			return false;
	}
	return true;
}

static bool wild(struct str part)
{
	bool open = false;
	for (size_t i = 0; i < part.n; i++) {
		char c = part.p[i];
		if (c == '\\')
			i++;
		else if (c == '*' || c == '?' || (c == ']' && open))
			return true;
		open |= c == '[';
	}
	return false;
}

static struct str unhidden(struct run *r, struct str s)
{
	char *p = arena_alloc(r->a, 1, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		i += s.p[i] == '\\' && i + 1 < s.n;
		p[n++] = s.p[i];
	}
	return (struct str){p, n};
}

bool pattern_literal(struct run *r, struct str pattern, struct str *text)
{
	if (wild(pattern) || !pattern_plain(pattern))
		return false;
	*text = unhidden(r, pattern);
	return true;
}

/* A set from its "[" on: does it have c? *n gets its length, 0 for a bracket that means itself. */
static bool in_brackets(struct str p, char c, size_t *n)
{
	size_t at = 1;
	bool not = p.n > 1 && (p.p[1] == '!' || p.p[1] == '^'), found = false;
	at += not ;
	size_t first = at;
	for (; at < p.n && (p.p[at] != ']' || at == first); at++) {
		at += p.p[at] == '\\' && at + 1 < p.n;
		char from = p.p[at], to = from;
		if (at + 2 < p.n && p.p[at + 1] == '-' && p.p[at + 2] != ']') {
			to = p.p[at + 2];
			at += 2;
		}
		found |= c >= from && c <= to;
	}
	*n = at < p.n ? at + 1 : 0;
	return found != not ;
}

/* One element of the pattern against one byte; *n gets its length. */
static bool matches_byte(struct str p, char c, size_t *n)
{
	*n = 1;
	if (p.p[0] == '?')
		return true;
	if (p.p[0] == '[') {
		bool in = in_brackets(p, c, n);
		if (*n)
			return in;
		*n = 1;
	}
	if (p.p[0] == '\\' && p.n > 1) {
		*n = 2;
		return p.p[1] == c;
	}
	return p.p[0] == c;
}

bool pattern_match(struct run *r, struct str p, struct str s)
{
	size_t at = 0, in = 0, star = SIZE_MAX, back = 0, n;
	if (!run_spend(r, s.n / WORK_A_STEP * (p.n + 1) + p.n / WORK_A_STEP, 0))
		return false;
	while (in < s.n) {
		if (at < p.n && p.p[at] == '*') {
			star = ++at;
			back = in;
		} else if (at < p.n && matches_byte(str_tail(p, at), s.p[in], &n)) {
			at += n;
			in++;
		} else if (star != SIZE_MAX) {
			at = star;
			in = ++back;
		} else {
			return false;
		}
	}
	while (at < p.n && p.p[at] == '*')
		at++;
	return at == p.n;
}

/* ---- paths ---- */

struct search {
	struct run *r;
	const struct field *field;
	size_t skip; /* of a path: what its pattern did not say */
	struct fields out;
};

static void add(struct search *s, struct str path)
{
	struct field f = *s->field;
	path = str_tail(path, s->skip);
	f.value = value_plain(s->r, path, s->field->from);
	f.pattern = path;
	f.wild = false;
	if (s->out.n < PATHS_MAX && run_spend(s->r, 1, path.n))
		*vec_push(s->r->a, &s->out) = f;
}

/* Below `dir`, what matches the rest of the pattern, which begins with a slash. */
static void descend(struct search *s, struct str dir, struct str rest, unsigned depth)
{
	struct str part = str_tail(rest, 1);
	size_t end = str_find(part, '/');
	struct str after = str_tail(part, end);
	part = str_slice(part, 0, end);
	struct str base = dir.n ? dir : S("/");
	if (depth > DEPTH_MAX || s->r->lost)
		return;
	if (!wild(part)) {
		struct str path = str_fmt(s->r->a, "%" PRIstr "/%" PRIstr, ARG(dir),
					  ARG(unhidden(s->r, part)));
		if (after.n)
			descend(s, path, after, depth + 1);
		else if (path_look(s->r, path, false).there == THERE)
			add(s, path);
		return;
	}
	const struct listing *list = rootfs_list(s->r->root, base);
	for (size_t i = 0; i < list->n; i++) {
		struct str name = list->names[i];
		bool hidden = str_starts(name, S(".")) && !str_starts(part, S("."));
		if (hidden || !run_spend(s->r, 1, 0) || !pattern_match(s->r, part, name))
			continue;
		struct str path = str_fmt(s->r->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(name));
		if (after.n)
			descend(s, path, after, depth + 1);
		else
			add(s, path);
	}
}

/* Does a file that the text wrote or removed lie where the pattern could find it? */
static bool written_there(struct run *r, struct str pattern)
{
	size_t fixed = 0;
	while (fixed < pattern.n && !strchr("*?[\\", pattern.p[fixed]))
		fixed++;
	struct str head = str_slice(pattern, 0, fixed);
	for (size_t i = 0; i < r->out.written.n; i++)
		if (str_starts(r->out.written.at[i].path, head))
			return true;
	return false;
}

/* Where it finds none, a pattern stands for itself. */
struct fields pattern_paths(struct run *r, const struct field *f)
{
	struct search s = {.r = r, .field = f};
	struct str dir = S(""), whole = f->pattern;
	if (!wild(f->pattern))
		return s.out;
	if (!str_starts(whole, S("/")) && r->posture.workdir.n) {
		dir = str_eq(r->posture.workdir, S("/")) ? S("") : r->posture.workdir;
		whole = str_fmt(r->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(f->pattern));
	}
	if (!str_starts(whole, S("/")) || r->sh->foreign || path_changes(whole) ||
	    !pattern_plain(whole) || written_there(r, whole)) {
		struct field unknown = *f;
		unknown.value.untold = (struct untold){
			str_fmt(r->a, "files that match %" PRIstr, ARG(f->value.text)), f->from};
		*vec_push(r->a, &s.out) = unknown;
		return s.out;
	}
	s.skip = str_starts(f->pattern, S("/")) ? 0 : dir.n + 1;
	descend(&s, dir, str_tail(whole, dir.n), 0);
	return s.out;
}
