/*
 * launch_direct.c - a command that is a kubelet itself, or hyperkube with its first word. A kubelet
 * that is a script is read as one.
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
