/*
 * launch_quadlet.c - .container files of podman-systemd.unit(5) that run a kubelet: podman's
 * generator makes each a service at boot whose command is `podman run` with the options that the
 * file's keys stand for. A service of that name that the image holds comes first. Not supported:
 * quotes, escapes, specifiers and variables in the values that decide, which leave a doubt;
 * templates.
 */
#include <string.h>

#include "arena.h"
#include "launch.h"

enum { FILES_MAX = 1000, LINES_MAX = 10000 };

struct line {
	struct str key;
	struct word value;
};

struct quadlet {
	struct rootfs *root;
	struct arena *a;
	struct str name; /* without ".container" */
	VEC(struct line) lines;
	struct words words;
	struct doubt doubt;
};

/* ---- the file ---- */

/* A logical line as it stands in the file: a backslash at its end joins the next. */
static struct str next_line(const struct file *f, size_t *at)
{
	size_t begin = *at;
	for (bool more = true; more && *at < f->text.n;) {
		struct str line, rest;
		str_cut(str_tail(f->text, *at), '\n', &line, &rest);
		*at += line.n + 1;
		more = str_ends(line, S("\\"));
	}
	return str_slice(f->text, begin, *at <= f->text.n ? *at - 1 : f->text.n);
}

static struct word span(struct quadlet *q, const struct file *f, struct str text)
{
	size_t at = (size_t)(text.p - f->text.p);
	return (struct word){text, text.n ? origin_new(q->a, f, at, text.n, NULL) : NULL};
}

static void read_file(struct quadlet *q, const struct file *f)
{
	bool mine = false;
	if (f->state == FILE_UNREADABLE && q->doubt.reason == REASON_NONE)
		q->doubt = doubt_file(q->a, f, NULL);
	for (size_t at = 0; f->state == FILE_OK && at < f->text.n && q->lines.n < LINES_MAX;) {
		struct str text = str_trim(next_line(f, &at), " \t\r"), key, value;
		if (str_starts(text, S("["))) {
			mine = str_eq(text, S("[Container]"));
			continue;
		}
		if (!mine || str_starts(text, S("#")) || str_starts(text, S(";")) ||
		    !str_cut(text, '=', &key, &value))
			continue;
		struct word said = span(q, f, str_trim(value, " \t"));
		*vec_push(q->a, &q->lines) = (struct line){str_trim(key, " \t"), said};
	}
}

static void read_dropins(struct quadlet *q)
{
	static const char *const dirs[] = {"/usr/share/containers/systemd",
					   "/etc/containers/systemd"};
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		struct str dir = str_fmt(q->a, "%s/%" PRIstr ".container.d", dirs[i], ARG(q->name));
		const struct listing *l = rootfs_list(q->root, dir);
		for (size_t k = 0; k < l->n && k < FILES_MAX; k++)
			if (str_ends(l->names[k], S(".conf")))
				read_file(q, rootfs_read(q->root,
							 str_fmt(q->a, "%" PRIstr "/%" PRIstr,
								 ARG(dir), ARG(l->names[k]))));
	}
}

/* ---- its command ---- */

static void add(struct quadlet *q, struct str text, const struct origin *from)
{
	words_add(q->a, &q->words, text, from);
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("\"'$%", s.p[i]) ||
		    (s.p[i] == '\\' && (i + 1 >= s.n || s.p[i + 1] != '\n')))
			return false;
	return true;
}

static size_t word_end(struct str s)
{
	size_t n = 0;
	while (n < s.n && !strchr(" \t\n\\", s.p[n]))
		n++;
	return n;
}

/* Words of a value; what systemd would make of quotes and variables is not told. */
static void add_split(struct quadlet *q, const char *option, struct word value)
{
	struct str rest = value.text;
	if (!is_plain(rest) && q->doubt.reason == REASON_NONE)
		q->doubt = (struct doubt){
			REASON_WRAPPER_UNRESOLVED,
			str_fmt(q->a, "%" PRIstr ": quotes and variables are not read here",
				ARG(value.text)),
			value.from};
	while (rest.n) {
		struct str part = str_slice(rest, 0, word_end(rest));
		rest = str_tail(rest, part.n ? part.n : 1);
		if (!part.n)
			continue;
		struct word w = span(q, value.from->file, part);
		if (option)
			add(q, str_from(option), w.from);
		add(q, w.text, w.from);
	}
}

static struct word last(const struct quadlet *q, const char *key)
{
	struct word w = {0};
	for (size_t i = 0; i < q->lines.n; i++)
		if (str_eq(q->lines.at[i].key, str_from(key)))
			w = q->lines.at[i].value;
	return w;
}

/* Every value behind the last empty one. */
static void add_all(struct quadlet *q, const char *key, const char *option, bool split)
{
	size_t first = 0;
	for (size_t i = 0; i < q->lines.n; i++)
		if (str_eq(q->lines.at[i].key, str_from(key)) && !q->lines.at[i].value.text.n)
			first = i + 1;
	for (size_t i = first; i < q->lines.n; i++) {
		struct line *x = &q->lines.at[i];
		if (!str_eq(x->key, str_from(key)))
			continue;
		if (split) {
			add_split(q, option, x->value);
			continue;
		}
		add(q, str_from(option), x->value.from);
		add(q, x->value.text, x->value.from);
	}
}

static void add_last(struct quadlet *q, const char *key, const char *option)
{
	struct word w = last(q, key);
	if (!w.text.n)
		return;
	add(q, str_from(option), w.from);
	add(q, w.text, w.from);
}

static bool make_command(struct quadlet *q)
{
	struct word image = last(q, "Image"), rootfs = last(q, "Rootfs");
	struct word name = last(q, "ContainerName"), host = last(q, "EnvironmentHost");
	const struct origin *from = image.text.n ? image.from : rootfs.from;
	if (!image.text.n && !rootfs.text.n)
		return false;
	add(q, S("/usr/bin/podman"), from);
	add(q, S("run"), from);
	add(q, S("--name"), name.from);
	add(q, name.text.n ? name.text : str_cat(q->a, S("systemd-"), q->name), name.from);
	add_all(q, "Volume", "--volume", false);
	add_all(q, "Mount", "--mount", false);
	add_all(q, "Tmpfs", "--tmpfs", false);
	add_all(q, "Environment", "--env", true);
	add_all(q, "EnvironmentFile", "--env-file", false);
	add_last(q, "Entrypoint", "--entrypoint");
	add_last(q, "WorkingDir", "--workdir");
	if (str_eq_nocase(host.text, S("true")) || str_eq_nocase(host.text, S("yes")))
		add(q, S("--env-host"), host.from);
	add_all(q, "PodmanArgs", NULL, true);
	if (!image.text.n)
		add(q, S("--rootfs"), rootfs.from);
	add(q, image.text.n ? image.text : rootfs.text, from);
	add_split(q, NULL, last(q, "Exec"));
	return true;
}

static bool find(struct quadlet *q, const struct kubelet_options *options, struct launch *out)
{
	unsigned texts = 10;
	struct candidate c = {.root = q->root,
			      .a = q->a,
			      .options = options,
			      .words = q->words,
			      .workdir = S("/"),
			      .texts = &texts};
	*out = (struct launch){.layout = "container"};
	if (!launch_find(&c, out))
		return false;
	if (q->doubt.reason != REASON_NONE)
		out->doubt = q->doubt;
	out->recognised = str_cat(q->a, S("Quadlet "), str_cat(q->a, q->name, S(".container")));
	return true;
}

static bool has_service(struct systemd *sd, struct arena *a, struct str name)
{
	return unit_load(sd, str_cat(a, name, S(".service")))->load != UNIT_NOT_FOUND;
}

void launch_quadlets(struct rootfs *root, struct systemd *sd, const struct kubelet_options *options,
		     struct launches *out)
{
	/* Of two files with one name the first is taken. */
	static const char *const dirs[] = {"/etc/containers/systemd",
					   "/usr/share/containers/systemd"};
	struct arena *a = rootfs_arena(root);
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		const struct listing *l = rootfs_list(root, str_from(dirs[i]));
		for (size_t k = 0; k < l->n && k < FILES_MAX; k++) {
			struct quadlet q = {.root = root, .a = a};
			struct launch found;
			struct str path = str_fmt(a, "%s/%" PRIstr, dirs[i], ARG(l->names[k]));
			struct str over = str_fmt(a, "%s/%" PRIstr, dirs[0], ARG(l->names[k]));
			if (!str_ends(path, S(".container")) || str_has(l->names[k], S("@")) ||
			    (i && rootfs_stat(root, over)->state != FILE_ABSENT))
				continue;
			q.name = str_slice(l->names[k], 0, l->names[k].n - strlen(".container"));
			read_file(&q, rootfs_read(root, path));
			read_dropins(&q);
			if (make_command(&q) && !has_service(sd, a, q.name) &&
			    find(&q, options, &found))
				*vec_push(a, out) = found;
		}
	}
}
