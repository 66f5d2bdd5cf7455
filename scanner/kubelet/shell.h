/*
 * shell.h - the simple commands of a shell text, as far as they can be told without running it.
 */
#ifndef SHELL_H
#define SHELL_H

#include "launch.h"

struct shell_command {
	struct words words;
	bool untold;      /* a word holds what only a running shell knows */
	bool conditional; /* inside if, case, a loop or a function */
};

struct shell_commands {
	struct shell_command *at;
	size_t n, cap;
};

struct shell {
	struct arena *a;
	const struct file *file;   /* the script; NULL for a one-liner */
	const struct origin *from; /* of a one-liner: where it stands */
	struct variables variables;
	struct words args; /* "$@" */
	struct str name;   /* $0 */
};

struct shell_commands shell_read(struct shell *sh, struct str text);

#endif
