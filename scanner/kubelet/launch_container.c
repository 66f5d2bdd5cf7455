/*
 * launch_container.c - `docker run`, `podman run`, `nerdctl run` and `rkt run` of a kubelet: what
 * stands behind the image is its argv. Paths are taken as those of the host, because a kubelet
 * sees its own directories under their own names. Not supported: bind mounts that rename them.
 */
#include <string.h>

#include "arena.h"
#include "launch.h"

static bool listed(struct str s, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(s, str_from(*names)))
			return true;
	return false;
}

/* Options of `run` that take no value; all others take the next word. */
static bool alone(struct str option)
{
	static const char *const names[] = {"--detach",
					    "--interactive",
					    "--tty",
					    "--rm",
					    "--privileged",
					    "--init",
					    "--read-only",
					    "--no-healthcheck",
					    "--oom-kill-disable",
					    "--publish-all",
					    "--sig-proxy",
					    "--replace",
					    "--quiet",
					    "--disable-content-trust",
					    "--no-hosts",
					    "--rmi",
					    "--http-proxy",
					    "--env-host",
					    "--help",
					    "--tls-verify",
					    "--read-only-tmpfs",
					    "--no-hostname",
					    NULL};
	if (str_starts(option, S("--")))
		return str_find(option, '=') < option.n || listed(option, names);
	/* A cluster of letters ends with the first that takes a value. */
	for (size_t i = 1; i < option.n; i++)
		if (!strchr("ditPq", option.p[i]))
			return i + 1 < option.n;
	return true;
}

static size_t image_at(struct words w, size_t from)
{
	size_t i = from;
	while (i < w.n && w.at[i].text.n > 1 && w.at[i].text.p[0] == '-')
		i += alone(w.at[i].text) ? 1 : 2;
	return i;
}

/* What runs: the words behind the image, with --entrypoint or, where the words are options
 * alone, the image's own program before them. */
static bool inside(const struct candidate *c, struct words options, struct word image,
		   struct words args, struct launch *out)
{
	struct word entry = {0}, name = {0};
	bool named = words_option(options, S("--name"), &name) &&
		     str_eq(str_trim(name.text, " "), S("kubelet"));
	words_option(options, S("--entrypoint"), &entry);
	bool hyperkube = str_eq(str_basename(entry.text), S("hyperkube"));
	bool first_is_program = args.n && !str_starts(args.at[0].text, S("-"));
	if (entry.text.n && !hyperkube) {
		struct words all = {0};
		words_add(c->a, &all, entry.text, entry.from);
		for (size_t i = 0; i < args.n; i++)
			*vec_push(c->a, &all) = args.at[i];
		return launch_inner(c, all, out);
	}
	if (first_is_program)
		return launch_inner(c, args, out);
	if (!named && !str_has(image.text, S("kubelet")))
		return false;
	struct words all = {0};
	words_add(c->a, &all, S("kubelet"), image.from);
	for (size_t i = 0; i < args.n; i++)
		*vec_push(c->a, &all) = args.at[i];
	out->argv = all;
	return true;
}

static bool run_rkt(const struct candidate *c, struct launch *out)
{
	struct words w = c->words, all = {0};
	struct word exec = {0};
	size_t i = 0;
	while (i < w.n && !str_eq(w.at[i].text, S("--")))
		i++;
	words_option((struct words){w.at, i, i}, S("--exec"), &exec);
	if (!exec.text.n)
		return false;
	*vec_push(c->a, &all) = exec;
	for (i++; i < w.n && !str_eq(w.at[i].text, S("---")); i++)
		*vec_push(c->a, &all) = w.at[i];
	return launch_inner(c, all, out);
}

bool launch_container(const struct candidate *c, struct launch *out)
{
	static const char *const engines[] = {"docker", "podman", "nerdctl", "docker-current",
					      NULL};
	struct str program = word_program(c->words, 0);
	size_t run = 1;
	bool rkt = str_eq(program, S("rkt"));
	if (!rkt && !listed(program, engines))
		return false;
	while (run < c->words.n && str_starts(c->words.at[run].text, S("-")))
		run += 1 + (str_find(c->words.at[run].text, '=') == c->words.at[run].text.n &&
			    !str_eq(c->words.at[run].text, S("--debug")));
	if (run < c->words.n && str_eq(c->words.at[run].text, S("container")))
		run++;
	if (run >= c->words.n || !str_eq(c->words.at[run].text, S("run")))
		return false;
	out->layout = "container";
	if (rkt)
		return run_rkt(c, out);
	size_t image = image_at(c->words, run + 1);
	if (image >= c->words.n)
		return false;
	return inside(c, (struct words){c->words.at, image, image}, c->words.at[image],
		      words_from(c->words, image + 1), out);
}
