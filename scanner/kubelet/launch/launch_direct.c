/*
 * launch_direct.c - a command that is a kubelet itself, or hyperkube with its first word. A kubelet
 * that is a script is read as one.
 */
#include "launch.h"

/* A program that cannot be read may be a script: a doubt. */
static bool is_script(const struct candidate *c, struct word path, struct doubt *doubt)
{
	char head[2];
	size_t got;
	struct str at;
	if (!str_starts(path.text, S("/")) || !candidate_path(c, path, &at))
		return false;
	const struct file *f = rootfs_peek(c->root, at, 0, head, 2, &got);
	if (f->state == FILE_UNREADABLE)
		*doubt = doubt_file(c->a, f, path.from);
	return got == 2 && head[0] == '#' && head[1] == '!';
}

/* What a kubelet of the image does not show is what it hands on to another. */
static bool run_script(const struct candidate *c, struct word path, struct launch *out)
{
	const struct file *script = candidate_file(c, path);
	if (launch_script(c, script, words_from(c->words, 1), out))
		return true;
	out->argv = c->words;
	/* What cannot be executed needs no reading. */
	if (!(script->mode & 0111))
		return true;
	out->layout = "script";
	out->doubt = launch_doubt(
		c, REASON_WRAPPER_UNRESOLVED,
		str_cat(c->a, path.text, S(" is a script that shows no kubelet to read")),
		path.from);
	return true;
}

bool launch_direct(const struct candidate *c, struct launch *out)
{
	struct str program = word_program(c->words, 0);
	bool wrapper = str_eq(program, S("kubelet-wrapper"));
	if (str_eq(program, S("hyperkube")) && str_eq(word_program(c->words, 1), S("kubelet"))) {
		out->argv = words_from(c->words, 1);
		return true;
	}
	if (!str_eq(program, S("kubelet")) && !wrapper &&
	    !str_eq(str_basename(c->path), S("kubelet")))
		return false;
	struct word path = candidate_program(c);
	if (is_script(c, path, &out->doubt)) {
		if (!wrapper)
			return run_script(c, path, out);
		if (launch_script(c, candidate_file(c, path), words_from(c->words, 1), out))
			return true;
	}
	if (wrapper)
		return launch_kubelet_wrapper(c, out);
	out->argv = c->words;
	return true;
}
