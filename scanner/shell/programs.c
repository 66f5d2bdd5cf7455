/*
 * programs.c - programs that scripts of a node run and that do what can be told: cat, mkdir, touch,
 * ln, cp, mv, install, rm, tee, chmod, basename, dirname, readlink, and some that change nothing.
 * POSIX and GNU coreutils; with any option not known here a program is not followed.
 */
#include <string.h>

#include "state.h"

/* A call with its options taken apart. */
struct options {
	struct run *r;
	const struct call *c;
	bool has[128]; /* by letter */
	struct str mode;
	struct fields words;
	bool unknown;
};

static void read_letters(struct options *o, struct str word, const char *letters, size_t *i)
{
	for (size_t k = 1; k < word.n; k++) {
		unsigned char c = (unsigned char)word.p[k];
		o->unknown |= c >= 128 || !strchr(letters, c);
		o->has[c & 127] = true;
		if (c != 'm' || !strchr(letters, 'm'))
			continue;
		o->mode = k + 1 < word.n ? str_tail(word, k + 1) : call_word(o->c, ++*i);
		return;
	}
}

static void read_long(struct options *o, struct str word)
{
	static const struct {
		const char *word;
		char letter;
	} all[] = {{"--parents", 'p'},       {"--force", 'f'},  {"--symbolic", 's'},
		   {"--recursive", 'r'},     {"--append", 'a'}, {"--directory", 'd'},
		   {"--no-dereference", 'n'}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(word, str_from(all[i].word))) {
			o->has[(unsigned char)all[i].letter] = true;
			return;
		}
	if (str_starts(word, S("--mode=")))
		o->mode = str_tail(word, 7);
	else
		o->unknown = true;
}

static struct options options_of(struct run *r, const struct call *c, const char *letters)
{
	struct options o = {.r = r, .c = c};
	bool words = false;
	for (size_t i = 1; i < c->fields.n; i++) {
		struct str word = call_word(c, i);
		if (words || word.n < 2 || word.p[0] != '-')
			*vec_push(r->a, &o.words) = c->fields.at[i];
		else if (str_eq(word, S("--")))
			words = true;
		else if (str_starts(word, S("--")))
			read_long(&o, word);
		else
			read_letters(&o, word, letters, &i);
	}
	return o;
}

static struct str word_of(const struct options *o, size_t i)
{
	return i < o->words.n ? o->words.at[i].value.text : S("");
}

static void unfollowed(struct run *r, const struct call *c, struct untold why)
{
	if (is_told(why))
		why = (struct untold){str_fmt(r->a, "program %" PRIstr, ARG(call_word(c, 0))),
				      c->from};
	run_strange(r, why);
	status_untold(r, why);
	output_untold(r, why);
}

/* "0755"; other forms leave what there was. */
static uint32_t mode_of(struct str text, uint32_t usual)
{
	uint32_t mode = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '7' || i > 4)
			return str_has(text, S("x")) ? usual | 0111 : usual;
		mode = mode * 8 + (uint32_t)(text.p[i] - '0');
	}
	return text.n ? mode & 07777 : usual;
}

/* ---- reading ---- */

static bool cat_file(struct run *r, const struct call *c, struct str path)
{
	struct seen seen = path_read(r, path);
	bool itself = r->posture.out->path.n && str_eq(path_full(r, path), r->posture.out->path);
	if (seen.there == PERHAPS || itself) {
		unfollowed(r, c, itself ? (struct untold){0} : seen.untold);
		return true;
	}
	if (seen.there == THERE && seen.kind != FILE_DIRECTORY) {
		struct value v = value_through(r, &seen.text, c->from);
		output_put(r, &v);
		return true;
	}
	return false;
}

static bool cat_input(struct run *r, const struct call *c)
{
	const struct value *in = r->posture.in;
	if (in && is_told(in->untold))
		output_put(r, in);
	else
		unfollowed(r, c, in ? in->untold : (struct untold){S("standard input"), c->from});
	return true;
}

static void cat(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "u");
	bool all = true;
	status_set(r, 0);
	if (o.unknown)
		unfollowed(r, c, (struct untold){0});
	else if (!o.words.n)
		cat_input(r, c);
	for (size_t i = 0; !o.unknown && i < o.words.n; i++)
		all &= str_eq(word_of(&o, i), S("-")) ? cat_input(r, c)
						      : cat_file(r, c, word_of(&o, i));
	if (!all)
		status_set(r, 1);
}

static void base_name(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "");
	struct str path = word_of(&o, 0), end = word_of(&o, 1);
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	struct str base = path.n == 1 ? path : str_basename(path);
	if (o.unknown || !o.words.n || o.words.n > 2) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	if (end.n && base.n > end.n && str_ends(base, end))
		base.n -= end.n;
	output_text(r, str_cat(r->a, base, S("\n")));
	status_set(r, 0);
}

static void dir_name(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "");
	struct str path = word_of(&o, 0);
	if (o.unknown || o.words.n != 1) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	size_t slash = str_rfind(path, '/');
	struct str dir = slash == path.n ? S(".") : str_slice(path, 0, slash ? slash : 1);
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	output_text(r, str_cat(r->a, dir, S("\n")));
	status_set(r, 0);
}

/* Where all links of a path lead, for files of the image alone. */
static void real_path(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "fesm");
	struct seen seen = {.there = PERHAPS};
	bool all = str_eq(call_word(c, 0), S("realpath")) || o.has['f'] || o.has['e'];
	if (!o.unknown && o.words.n == 1 && all)
		seen = path_look(r, word_of(&o, 0), true);
	if (seen.there != THERE || !seen.file || !seen.file->real.n) {
		unfollowed(r, c, seen.untold);
		return;
	}
	output_text(r, str_cat(r->a, seen.file->real, S("\n")));
	status_set(r, 0);
}

/* ---- writing ---- */

static bool is_directory(struct run *r, struct str path)
{
	struct seen seen = path_look(r, path, true);
	return seen.there == THERE && seen.kind == FILE_DIRECTORY;
}

static void make_directory(struct run *r, const struct call *c, struct str path, struct str mode)
{
	struct str full = path_full(r, path);
	for (struct str up = full; up.n > 1 && !r->lost; up = str_dirname(up)) {
		if (path_look(r, up, true).there == THERE)
			return;
		struct shell_written *w = path_write(r, up, FILE_DIRECTORY, c->from);
		if (w && up.n == full.n)
			w->mode = mode_of(mode, 0755);
	}
	if (!full.n)
		path_write(r, path, FILE_DIRECTORY, c->from);
}

static void mkdir(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "pmv");
	int status = o.words.n == 0;
	if (o.unknown || (o.has['v'] && r->posture.out->out)) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	for (size_t i = 0; i < o.words.n; i++) {
		struct str path = word_of(&o, i);
		struct seen up = path_look(r, str_dirname(path), true);
		if (!o.has['p'] && (path_look(r, path, false).there == THERE ||
				    (str_find(path, '/') < path.n && up.there == NOT_THERE)))
			status = 1;
		else
			make_directory(r, c, path, o.mode);
	}
	status_set(r, status);
}

static void touch(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "acm");
	if (o.unknown || o.has['m']) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	for (size_t i = 0; i < o.words.n; i++) {
		struct seen seen = path_look(r, word_of(&o, i), true);
		if (seen.there == PERHAPS)
			run_strange(r, seen.untold);
		else if (seen.there == NOT_THERE && !o.has['c'])
			path_write(r, word_of(&o, i), FILE_REGULAR, c->from);
	}
	status_set(r, 0);
}

/* The file that a program makes out of `from`: `to`, or inside it where that is a directory. */
static struct str destination(const struct options *o, struct str from, struct str to, bool inside)
{
	bool into = inside || (!o->has['T'] && (str_ends(to, S("/")) || is_directory(o->r, to)));
	while (from.n > 1 && from.p[from.n - 1] == '/')
		from.n--;
	if (!into)
		return to;
	return str_fmt(o->r->a, "%" PRIstr "/%" PRIstr, ARG(to), ARG(str_basename(from)));
}

static bool link_one(const struct options *o, struct str target, struct str path)
{
	bool there = path_look(o->r, path, false).there == THERE;
	if (there && !o->has['f'])
		return false;
	struct shell_written *w = path_write(o->r, path, FILE_SYMLINK, o->c->from);
	if (w)
		w->text = target;
	return true;
}

static void ln(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "sfnTv");
	bool all = true;
	if (o.unknown || !o.has['s'] || o.words.n < 2 || o.has['v']) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	struct str last = word_of(&o, o.words.n - 1);
	bool hidden = o.has['n'] && path_look(r, last, false).link;
	for (size_t i = 0; i + 1 < o.words.n && !r->lost; i++)
		all &= link_one(&o, word_of(&o, i),
				hidden ? last
				       : destination(&o, word_of(&o, i), last, o.words.n > 2));
	status_set(r, !all);
}

static int copy_one(const struct options *o, struct str from, struct str to, uint32_t mode)
{
	struct run *r = o->r;
	struct seen seen = path_read(r, from);
	if (seen.there == NOT_THERE)
		return 1;
	struct untold why = seen.there == THERE ? seen.text.untold : seen.untold;
	if (seen.there == THERE && seen.kind != FILE_REGULAR && seen.kind != FILE_DEVICE)
		why = (struct untold){str_fmt(r->a, "copy of %" PRIstr, ARG(from)), o->c->from};
	struct shell_written *w = path_write(r, to, FILE_REGULAR, o->c->from);
	if (!w)
		return 0;
	w->text = seen.text.text;
	w->mode = mode ? mode : seen.executable ? 0755 : 0644;
	if (!is_told(why)) {
		w->untold = why;
		run_strange(r, why);
	}
	return 0;
}

static void cp(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "fapTn");
	bool moves = str_eq(call_word(c, 0), S("mv"));
	int status = 0;
	if (o.unknown || o.words.n < 2 || o.has['n']) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	struct str last = word_of(&o, o.words.n - 1);
	for (size_t i = 0; i + 1 < o.words.n && !r->lost; i++) {
		struct str from = word_of(&o, i);
		status |= copy_one(&o, from, destination(&o, from, last, o.words.n > 2), 0);
		if (moves && !status)
			path_remove(r, from, c->from);
	}
	status_set(r, status);
}

static void install(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "dDmCT");
	int status = 0;
	if (o.unknown || o.words.n < (o.has['d'] ? 1 : 2)) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	struct str last = word_of(&o, o.words.n - 1);
	for (size_t i = 0; i < o.words.n && o.has['d']; i++)
		make_directory(r, c, word_of(&o, i), o.mode);
	for (size_t i = 0; i + 1 < o.words.n && !o.has['d']; i++) {
		struct str to = destination(&o, word_of(&o, i), last, o.words.n > 2);
		if (o.has['D'])
			make_directory(r, c, str_dirname(to), S(""));
		status |= copy_one(&o, word_of(&o, i), to, mode_of(o.mode, 0755));
	}
	status_set(r, status);
}

static void rm(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "rRf");
	int status = 0;
	if (o.unknown) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	for (size_t i = 0; i < o.words.n; i++) {
		struct seen seen = path_look(r, word_of(&o, i), false);
		if (seen.there == NOT_THERE)
			status |= !o.has['f'];
		else
			path_remove(r, word_of(&o, i), c->from);
	}
	status_set(r, status);
}

static void tee(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "a");
	const struct value *in = r->posture.in;
	struct value v = in ? *in : (struct value){.untold = {S("standard input"), c->from}};
	if (o.unknown) {
		unfollowed(r, c, (struct untold){0});
		return;
	}
	for (size_t i = 0; i < o.words.n && !r->lost; i++) {
		struct value all = v;
		struct seen before = {.there = NOT_THERE};
		if (o.has['a'])
			before = path_read(r, word_of(&o, i));
		if (before.there == THERE && run_spend(r, 0, before.text.text.n + v.text.n))
			all.text = str_cat(r->a, before.text.text, v.text);
		struct shell_written *w = path_write(r, word_of(&o, i), FILE_REGULAR, c->from);
		if (w)
			w->text = all.text;
		if (w && is_told(w->untold))
			w->untold = before.there == PERHAPS       ? before.untold
				    : is_told(before.text.untold) ? v.untold
								  : before.text.untold;
	}
	output_put(r, &v);
	if (!is_told(v.untold))
		run_strange(r, v.untold);
	status_set(r, 0);
}

static void chmod(struct run *r, const struct call *c)
{
	struct options o = options_of(r, c, "R");
	for (size_t i = 1; i < o.words.n; i++) {
		struct str path = path_full(r, word_of(&o, i));
		const size_t *at = path.n ? map_get(r->written, path) : NULL;
		struct shell_written *w = at ? &r->out.written.at[*at] : NULL;
		if (w)
			w->mode = mode_of(word_of(&o, 0), w->mode);
	}
	status_set(r, 0);
}

static void nothing(struct run *r, const struct call *c)
{
	(void)c;
	status_set(r, 0);
}

static const struct program {
	const char *name;
	void (*run)(struct run *, const struct call *);
} programs[] = {
	{"cat", cat},
	{"basename", base_name},
	{"dirname", dir_name},
	{"readlink", real_path},
	{"realpath", real_path},
	{"mkdir", mkdir},
	{"touch", touch},
	{"ln", ln},
	{"cp", cp},
	{"mv", cp},
	{"install", install},
	{"rm", rm},
	{"tee", tee},
	{"chmod", chmod},
	{"chown", nothing},
	{"chgrp", nothing},
	{"sleep", nothing},
	{"sync", nothing},
	{"logger", nothing},
};

bool run_program(struct run *r, const struct call *c)
{
	struct str name = call_word(c, 0);
	if (str_starts(name, S("/bin/")) || str_starts(name, S("/usr/bin/")))
		name = str_basename(name);
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (!str_eq(name, str_from(programs[i].name)))
			continue;
		if (is_told(call_untold(c, 1)))
			programs[i].run(r, c);
		else
			unfollowed(r, c, call_untold(c, 1));
		return true;
	}
	return false;
}
