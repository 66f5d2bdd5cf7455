/*
 * launch_direct.c - a command that is a kubelet itself, or hyperkube with its first word; and
 * launch_wrapper, programs that run the words that follow them unchanged.
 */
#include <string.h>

#include "arena.h"
#include "launch.h"

static bool is_script(const struct candidate *c, struct str path)
{
	char head[2];
	size_t got;
	if (!str_starts(path, S("/")))
		return false;
	rootfs_peek(c->root, path, 0, head, 2, &got);
	return got == 2 && head[0] == '#' && head[1] == '!';
}

static bool one_of(struct str s, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(s, str_from(*names)))
			return true;
	return false;
}

bool launch_direct(const struct candidate *c, struct launch *out)
{
	struct str program = word_program(c->words, 0);
	if (str_eq(program, S("hyperkube")) && str_eq(word_program(c->words, 1), S("kubelet"))) {
		out->argv = words_from(c->words, 1);
		return true;
	}
	/* kubelet-wrapper of CoreOS hands its words on to a kubelet in a container. */
	if (!str_eq(program, S("kubelet")) && !str_eq(program, S("kubelet-wrapper")))
		return false;
	if (is_script(c, c->words.at[0].text)) {
		const struct file *script = rootfs_read(c->root, c->words.at[0].text);
		if (launch_script(c, script, words_from(c->words, 1), out))
			return true;
	}
	out->argv = c->words;
	return true;
}

bool launch_wrapper(const struct candidate *c, struct launch *out)
{
	static const char *const wrappers[] = {
		"kubenswrapper", "kubensenter",     "nice",      "ionice",      "nsenter",
		"env",           "systemd-inhibit", "numactl",   "taskset",     "chrt",
		"setsid",        "nohup",           "stdbuf",    "sudo",        "timeout",
		"unshare",       "chroot",          "exec",      "tini",        "dumb-init",
		"time",          "setpriv",         "prlimit",   "systemd-run", "catatonit",
		"firejail",      "unbuffer",        "hyperkube", "systemd-cat", NULL};
	static const char *const inner[] = {"kubelet",   "kubelet-wrapper",
					    "hyperkube", "docker",
					    "podman",    "nerdctl",
					    "rkt",       "bash",
					    "sh",        NULL};
	if (!one_of(word_program(c->words, 0), wrappers))
		return false;
	struct candidate with = *c;
	bool env = str_eq(word_program(c->words, 0), S("env"));
	for (size_t i = 1; i < c->words.n; i++) {
		struct str name, value, text = c->words.at[i].text;
		if (one_of(str_basename(text), inner))
			return launch_inner(&with, words_from(c->words, i), out);
		if (!env || !str_cut(text, '=', &name, &value))
			continue;
		*vec_push(c->a, &with.environment) =
			(struct variable){.name = name, .value = {value, c->words.at[i].from}};
		out->environment = with.environment;
	}
	return false;
}
