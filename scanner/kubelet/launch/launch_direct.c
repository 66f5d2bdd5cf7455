/*
 * launch_direct.c - a command that is a kubelet itself, or hyperkube with its first word. A kubelet
 * that is a script is read as one.
 */
#include "launch.h"

static bool is_script(const struct candidate *c, struct word path)
{
	char head[2];
	size_t got;
	struct str at;
	if (!str_starts(path.text, S("/")) || !candidate_path(c, path, &at))
		return false;
	rootfs_peek(c->root, at, 0, head, 2, &got);
	return got == 2 && head[0] == '#' && head[1] == '!';
}

bool launch_direct(const struct candidate *c, struct launch *out)
{
	struct str program = word_program(c->words, 0);
	bool wrapper = str_eq(program, S("kubelet-wrapper"));
	if (str_eq(program, S("hyperkube")) && str_eq(word_program(c->words, 1), S("kubelet"))) {
		out->argv = words_from(c->words, 1);
		return true;
	}
	if (!str_eq(program, S("kubelet")) && !wrapper)
		return false;
	if (is_script(c, c->words.at[0])) {
		const struct file *script = candidate_file(c, c->words.at[0]);
		if (launch_script(c, script, words_from(c->words, 1), out))
			return true;
	}
	if (wrapper)
		return launch_kubelet_wrapper(c, out);
	out->argv = c->words;
	return true;
}
