/*
 * launch_quadlet.c - .container files of podman-systemd.unit(5) that run a kubelet: podman's
 * generator makes each a service at boot whose command is `podman run` with the options that the
 * file's keys stand for. Of services with that name those of /etc come first, those of /usr last.
 * Not supported: quotes, escapes, specifiers and variables in the values that decide, and drop-ins
 * of systemd over the service, which leave a doubt; templates.
 */
#include <stdlib.h>
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

static void miss(struct quadlet *q, const struct listing *l)
{
	if (l->unread && q->doubt.reason == REASON_NONE)
		q->doubt = doubt_file(q->a, l->unread, NULL);
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

static const char *const dirs[] = {"/etc/containers/systemd", "/usr/share/containers/systemd"};

enum { DIRS = sizeof dirs / sizeof dirs[0], DEPTH_MAX = 3 };

struct dropin {
	struct str name, path;
};

struct dropins {
	struct dropin *at;
	size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct dropin *)a)->name, ((const struct dropin *)b)->name);
}

/* Of two with one name the first that is found counts. */
static void add_dropins(struct quadlet *q, struct str of, struct dropins *out)
{
	for (size_t i = 0; i < DIRS; i++) {
		struct str dir = str_fmt(q->a, "%s/%" PRIstr ".d", dirs[i], ARG(of));
		const struct listing *l = rootfs_list(q->root, dir);
		miss(q, l);
		for (size_t k = 0; k < l->n && out->n < FILES_MAX; k++) {
			struct dropin x = {l->names[k], str_fmt(q->a, "%" PRIstr "/%" PRIstr,
								ARG(dir), ARG(l->names[k]))};
			bool seen = !str_ends(x.name, S(".conf"));
			for (size_t j = 0; j < out->n && !seen; j++)
				seen = str_eq(out->at[j].name, x.name);
			if (!seen)
				*vec_push(q->a, out) = x;
		}
	}
}

/* "a-b.container.d", "a-.container.d", "container.d": in the order of their names. */
static void read_dropins(struct quadlet *q)
{
	struct dropins all = {0};
	struct str stem = q->name;
	add_dropins(q, str_cat(q->a, stem, S(".container")), &all);
	while (str_find(stem, '-') < stem.n) {
		stem = str_slice(stem, 0, str_rfind(stem, '-'));
		add_dropins(q, str_cat(q->a, stem, S("-.container")), &all);
	}
	add_dropins(q, S("container"), &all);
	if (all.n)
		qsort(all.at, all.n, sizeof all.at[0], by_name);
	for (size_t i = 0; i < all.n; i++)
		read_file(q, rootfs_read(q->root, all.at[i].path));
}

/* systemd lays drop-ins of its own over the service that podman makes. */
static void doubt_service(struct quadlet *q)
{
	static const char *const units[] = {"/etc/systemd/system", "/usr/local/lib/systemd/system",
					    "/usr/lib/systemd/system"};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		struct str dir = str_fmt(q->a, "%s/%" PRIstr ".service.d", units[i], ARG(q->name));
		const struct listing *l = rootfs_list(q->root, dir);
		miss(q, l);
		for (size_t k = 0; k < l->n && k < FILES_MAX; k++) {
			struct str path =
				str_fmt(q->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(l->names[k]));
			const struct file *f = rootfs_read(q->root, path);
			if (!str_ends(path, S(".conf")) || q->doubt.reason != REASON_NONE ||
			    (f->state == FILE_OK && !str_has(f->text, S("Exec"))))
				continue;
			q->doubt = (struct doubt){
				REASON_WRAPPER_UNRESOLVED,
				str_cat(q->a, path,
					S(": a drop-in of the service that podman makes")),
				NULL};
		}
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

/* The generator's units come after those of /etc, and before those of /usr. */
static bool has_service(struct systemd *sd, struct arena *a, struct str name)
{
	const struct unit *u = unit_load(sd, str_cat(a, name, S(".service")));
	return u->load != UNIT_NOT_FOUND &&
	       (!u->fragment || str_starts(u->fragment->path, S("/etc/")));
}

/* The service of /usr that the new one hides. */
static void drop(struct launches *out, struct str name)
{
	size_t kept = 0;
	for (size_t i = 0; i < out->n; i++) {
		const struct unit *u = out->at[i].unit;
		bool hidden = u && u->id.n == name.n + strlen(".service") &&
			      str_starts(u->id, name) && str_ends(u->id, S(".service"));
		if (!hidden)
			out->at[kept++] = out->at[i];
	}
	out->n = kept;
}

struct quadlets {
	struct rootfs *root;
	struct systemd *sd;
	struct arena *a;
	const struct kubelet_options *options;
	struct launches *out;
	VEC(struct str) seen; /* of two files with one name the first is taken */
	struct doubt unread;  /* the first directory or file that was not */
};

static void unread(struct quadlets *all, struct doubt d)
{
	if (all->unread.reason == REASON_NONE)
		all->unread = d;
}

static bool take(struct quadlets *all, struct str file)
{
	for (size_t i = 0; i < all->seen.n; i++)
		if (str_eq(all->seen.at[i], file))
			return false;
	*vec_push(all->a, &all->seen) = file;
	return !str_has(file, S("@."));
}

static void read_quadlet(struct quadlets *all, struct str dir, struct str file)
{
	struct quadlet q = {.root = all->root, .a = all->a};
	struct launch found;
	q.name = str_slice(file, 0, file.n - strlen(".container"));
	read_file(&q,
		  rootfs_read(q.root, str_fmt(q.a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(file))));
	read_dropins(&q);
	doubt_service(&q);
	if (q.doubt.reason != REASON_WRAPPER_UNRESOLVED)
		unread(all, q.doubt);
	if (!make_command(&q) || has_service(all->sd, q.a, q.name) ||
	    !find(&q, all->options, &found))
		return;
	drop(all->out, q.name);
	*vec_push(q.a, all->out) = found;
}

static void read_dir(struct quadlets *all, struct str dir, unsigned depth)
{
	const struct listing *l = rootfs_list(all->root, dir);
	if (l->unread)
		unread(all, doubt_file(all->a, l->unread, NULL));
	for (size_t k = 0; k < l->n && k < FILES_MAX && all->seen.n < FILES_MAX; k++) {
		struct str path =
			str_fmt(all->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(l->names[k]));
		bool users = !depth && str_eq(l->names[k], S("users"));
		if (str_ends(path, S(".container")) && take(all, l->names[k]))
			read_quadlet(all, dir, l->names[k]);
		else if (depth < DEPTH_MAX && !users && !str_ends(path, S(".d")) &&
			 rootfs_stat(all->root, path)->kind == FILE_DIRECTORY)
			read_dir(all, path, depth + 1);
	}
}

void launch_quadlets(struct rootfs *root, struct systemd *sd, const struct kubelet_options *options,
		     struct launches *out)
{
	struct quadlets all = {root, sd, rootfs_arena(root), options, out, {0}, {0}};
	for (size_t i = 0; i < DIRS; i++)
		read_dir(&all, str_from(dirs[i]), 0);
	/* What a file there says comes before units of /usr. */
	for (size_t i = 0; i < out->n; i++)
		if (out->at[i].doubt.reason == REASON_NONE)
			out->at[i].doubt = all.unread;
}
