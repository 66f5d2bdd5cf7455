/*
 * container.c - the options of a container engine into what the program inside sees: bind mounts by
 * their three spellings, and the environment, which is not that of the unit (docker-run(1),
 * podman-run(1)). What the image itself sets, its environment, working directory and command, is
 * not on the node. Not supported: CSV quoting in --mount.
 */
#include "container.h"

#include "arena.h"

enum { VARIABLES_MAX = 4000, LINES_MAX = 4000, FILES_MAX = 100 };

void container_new(struct container *k, const struct candidate *c)
{
	*k = (struct container){.outer = c, .inner = *c};
	candidate_clear(&k->inner);
	k->inner.workdir = S("/");
	k->mounts = NEW(c->a, struct mounts);
	k->mounts->own_processes = true;
	k->inner.mounts = k->mounts;
}

void container_doubt(struct container *k, struct word at, const char *why)
{
	if (k->doubt.reason == REASON_NONE)
		k->doubt = (struct doubt){REASON_WRAPPER_UNRESOLVED,
					  str_fmt(k->inner.a, "%" PRIstr ": %s", ARG(at.text), why),
					  at.from};
}

/* ---- what it sees ---- */

void container_bind(struct container *k, struct str target, struct str source,
		    const struct origin *from)
{
	struct str full = path_below(k->inner.a, k->outer->workdir, source);
	struct location at = {.on_node = true, .path = full};
	if (k->local)
		at = mounts_locate(k->inner.root, k->outer->mounts, full, true, from);
	if (at.on_node)
		mounts_bind(k->inner.a, k->mounts, target, at.path, from);
	else
		mounts_hide(k->inner.a, k->mounts, target, at.doubt.text, from);
}

static void hide(struct container *k, struct str target, const char *what, struct str name,
		 const struct origin *from)
{
	struct str text = str_fmt(k->inner.a, "%s%s%" PRIstr, what, name.n ? " " : "", ARG(name));
	mounts_hide(k->inner.a, k->mounts, target, text, from);
}

static bool is_path(struct str source)
{
	return str_starts(source, S("/")) || str_starts(source, S("."));
}

void container_volume(struct container *k, struct word spec)
{
	struct str source, target, options;
	if (!str_cut(spec.text, ':', &source, &target)) {
		hide(k, source, "an anonymous volume", S(""), spec.from);
		return;
	}
	str_cut(target, ':', &target, &options);
	if (is_path(source))
		container_bind(k, target, source, spec.from);
	else
		hide(k, target, "the volume", source, spec.from);
}

static bool is_one(struct str s, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(s, str_from(*names)))
			return true;
	return false;
}

void container_mount(struct container *k, struct word spec)
{
	static const char *const sources[] = {"source", "src", NULL};
	static const char *const targets[] = {"target", "destination", "dst", NULL};
	struct str rest = spec.text, part, key, value, type = S("volume");
	struct str source = S(""), target = S("");
	while (rest.n) {
		str_cut(rest, ',', &part, &rest);
		str_cut(part, '=', &key, &value);
		if (str_eq(key, S("type")))
			type = value;
		else if (is_one(key, sources))
			source = value;
		else if (is_one(key, targets))
			target = value;
	}
	if (!target.n && !str_eq(type, S("glob")))
		return;
	if (str_eq(type, S("bind")) && source.n)
		container_bind(k, target, source, spec.from);
	else if (str_eq(type, S("volume")))
		hide(k, target, source.n ? "the volume" : "an anonymous volume", source, spec.from);
	else if (str_eq(type, S("tmpfs")) || str_eq(type, S("ramfs")))
		hide(k, target, "a tmpfs", S(""), spec.from);
	else
		hide(k, target.n ? target : S("/"), "a mount of type", type, spec.from);
}

/* ---- what it gets ---- */

static void pass_on(struct container *k, struct str name)
{
	const struct variable *v = launch_variable(&k->outer->environment, name);
	if (v)
		candidate_set(&k->inner, name, v->value);
}

static void pass_all(struct container *k, struct str prefix)
{
	const struct variables *v = &k->outer->environment;
	for (size_t i = 0; i < v->n; i++)
		if (str_starts(v->at[i].name, prefix))
			candidate_set(&k->inner, v->at[i].name, v->at[i].value);
}

static void set(struct container *k, struct word pair)
{
	if (candidate_assign(&k->inner, pair))
		return;
	if (str_ends(pair.text, S("*")))
		pass_all(k, str_slice(pair.text, 0, pair.text.n - 1));
	else
		pass_on(k, pair.text);
}

static void too_many(struct container *k, struct word at)
{
	if (k->doubt.reason == REASON_NONE)
		k->doubt = (struct doubt){
			REASON_LIMIT,
			str_cat(k->inner.a, at.text, S(": more variables than are read here")),
			at.from};
}

/* Lines of NAME=VALUE, without quotes: all behind the first '=' is the value. */
static void read_env_file(struct container *k, struct word path)
{
	const struct file *f = candidate_file(k->outer, path);
	struct str rest = f->text, line;
	if (f->state != FILE_OK || f->kind != FILE_REGULAR) {
		if (k->doubt.reason == REASON_NONE && f->state == FILE_UNREADABLE)
			k->doubt = doubt_file(k->inner.a, f, path.from);
		else if (k->doubt.reason == REASON_NONE)
			k->doubt = (struct doubt){
				REASON_ENV_FILE_ABSENT,
				str_cat(k->inner.a, path.text, S(": file of --env-file, absent")),
				path.from};
		return;
	}
	if (str_starts(rest, S("\xef\xbb\xbf")))
		rest = str_tail(rest, 3);
	while (rest.n && k->lines <= LINES_MAX) {
		str_cut(rest, '\n', &line, &rest);
		if (str_ends(line, S("\r")))
			line.n--;
		while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
			line = str_tail(line, 1);
		if (k->lines++ >= LINES_MAX)
			too_many(k, path);
		if (!line.n || line.p[0] == '#')
			continue;
		struct str name, value;
		bool whole = str_cut(line, '=', &name, &value);
		size_t at = (size_t)((whole ? value.p : line.p) - f->text.p);
		const struct origin *from =
			origin_new(k->inner.a, f, at, whole ? value.n : line.n, path.from);
		if (whole)
			candidate_set(&k->inner, name, (struct word){value, from});
		else
			pass_on(k, line);
	}
}

void container_environment(struct container *k)
{
	if (k->env_host)
		pass_all(k, S(""));
	for (size_t i = 0; i < k->env_files.n && i < FILES_MAX; i++)
		read_env_file(k, k->env_files.at[i]);
	for (size_t i = 0; i < k->env.n && i < VARIABLES_MAX; i++)
		set(k, k->env.at[i]);
	if (k->env.n > VARIABLES_MAX)
		too_many(k, k->env.at[VARIABLES_MAX]);
	if (k->env_files.n > FILES_MAX)
		too_many(k, k->env_files.at[FILES_MAX]);
}

/* ---- what runs ---- */

/* podman's --entrypoint may be a JSON list of words. */
static struct words entrypoint_words(const struct container *k)
{
	struct arena *a = k->inner.a;
	struct words w = {0};
	struct doc_fault fault;
	struct file *f = NEW(a, struct file);
	f->text = k->entrypoint.text;
	const struct doc *list = str_starts(f->text, S("[")) ? doc_json(a, f, &fault) : NULL;
	for (size_t i = 0; list && i < list->n; i++)
		words_add(a, &w, doc_string(list->entries[i].value), k->entrypoint.from);
	if (!w.n && f->text.n)
		*vec_push(a, &w) = k->entrypoint;
	return w;
}

static struct words behind(const struct container *k, struct words first, struct words args)
{
	struct words all = {0};
	for (size_t i = 0; i < first.n; i++)
		*vec_push(k->inner.a, &all) = first.at[i];
	for (size_t i = 0; i < args.n; i++)
		*vec_push(k->inner.a, &all) = args.at[i];
	return all;
}

/* The image's own program, when the image or the container has a kubelet's name. */
static bool run_default(struct container *k, struct word image, struct words args,
			struct launch *out)
{
	struct words first = {0};
	bool named = str_eq(str_trim(k->name.text, " "), S("kubelet"));
	if (!named && !str_has(image.text, S("kubelet")))
		return false;
	words_add(k->inner.a, &first, S("kubelet"), image.from);
	if (!args.n)
		container_doubt(k, image, "the command of this image is not told");
	return launch_inner(&k->inner, behind(k, first, args), out);
}

/* A program of the image that is not known, where a kubelet is meant. */
static bool run_unknown(struct container *k, struct words words, struct launch *out)
{
	const struct unit *u = k->outer->unit;
	bool named = str_eq(str_trim(k->name.text, " "), S("kubelet"));
	if (!words.n || (!named && !(u && str_eq(u->id, S("kubelet.service")))))
		return false;
	container_doubt(k, words.at[0], "what this program of the image runs is not told");
	launch_settle(&k->inner, out);
	return true;
}

static bool finish(struct container *k, bool found, struct word image, struct launch *out)
{
	if (found && !out->image.text.n)
		out->image = image;
	if (found && k->doubt.reason != REASON_NONE)
		out->doubt = k->doubt;
	return found;
}

bool container_run(struct container *k, struct word image, struct words args, struct launch *out)
{
	struct words entry = entrypoint_words(k);
	bool program = args.n && !str_starts(args.at[0].text, S("-"));
	if (!k->mounts->rest.n)
		k->mounts->rest =
			str_fmt(k->inner.a, "the container image %" PRIstr, ARG(image.text));
	container_environment(k);
	/* Before 1.17 hyperkube was a program of its own: its first word is the server's. */
	if (entry.n && !str_eq(word_program(entry, entry.n - 1), S("hyperkube")))
		args = behind(k, entry, args);
	else if (!program)
		return finish(k, run_default(k, image, args, out), image, out);
	bool found = launch_inner(&k->inner, args, out) || run_unknown(k, args, out);
	return finish(k, found, image, out);
}

bool container_guess(struct container *k, struct words words, struct launch *out)
{
	for (size_t i = 0; i < words.n; i++) {
		struct str program = word_program(words, i);
		if (str_starts(words.at[i].text, S("-")) ||
		    (!str_eq(program, S("kubelet")) && !str_eq(program, S("hyperkube"))))
			continue;
		return finish(k, launch_inner(&k->inner, words_from(words, i), out),
			      (struct word){0}, out);
	}
	if (!k->outer->unit || !str_eq(k->outer->unit->id, S("kubelet.service")))
		return false;
	out->doubt = k->doubt;
	return true;
}
