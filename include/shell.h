/*
 * shell.h - what a shell text does, as far as that can be told without running it: the simple
 * commands it runs, the files it writes, what it prints.
 *
 * Follows POSIX XCU chapter 2 and what bash(1) adds to it. Nothing fails: what only a running
 * shell would know is *untold*, and says by its name which construct made it so.
 */
#ifndef SHELL_H
#define SHELL_H

#include "reason.h"
#include "rootfs.h"
#include "variables.h"

struct value;

/* A construct that cannot be told: "command substitution $(hostname)". Empty text: all is told. */
struct untold {
	struct str text;
	const struct origin *from;
};

struct shell_command {
	struct words words;   /* after expansion; [0] is the program's word, `exec` left out */
	struct untold untold; /* the first word that cannot be told */
	struct variables environment; /* what is exported to it */
	bool conditional;             /* whether it runs cannot be told */
};

struct shell_commands {
	struct shell_command *at;
	size_t n, cap;
};

/* A file as it is when the text has ended; each path once. */
struct shell_written {
	struct str path;     /* absolute */
	enum file_kind kind; /* FILE_REGULAR, FILE_DIRECTORY, FILE_SYMLINK */
	bool removed;
	bool emptied; /* a directory that was removed, and made again */
	uint32_t mode;
	struct str text;           /* of a link: where it leads */
	struct untold untold;      /* why the text, or the writing, cannot be told */
	const struct origin *from; /* the command that wrote it last */
};

struct shell_files {
	struct shell_written *at;
	size_t n, cap;
};

struct shell {
	struct rootfs *root;
	struct str program;        /* what reads the text: "/bin/sh", "bash" */
	const struct file *file;   /* the script; NULL for a one-liner */
	const struct origin *from; /* what runs the script; of a one-liner, where it stands */
	struct variables variables;
	struct words args;  /* "$@" */
	struct str name;    /* $0 */
	struct str workdir; /* for relative paths; empty: not told */
	struct words empty; /* directories that hold only what the text puts there */
	struct str assumed; /* a file that is taken to be there, whatever it holds */
	bool foreign;       /* it sees another tree: no file of `root` is told */
	bool errexit;       /* run with -e */
};

struct shell_outcome {
	struct shell_commands commands; /* in the order in which they are run */
	struct shell_files written;
	struct str printed;        /* on its standard output */
	const struct value *print; /* for shell/ alone */
	struct untold unprinted;   /* why `printed` is not all of it */
	struct pendings absent;    /* files it looks for that are not there */
	struct untold untold; /* empty: every statement was told, and no other program was run */
};

/* Where a stretch of what is printed came from; *exact when its bytes are those of that place. */
const struct origin *shell_printed_from(struct arena *a, const struct shell_outcome *o, size_t from,
					size_t to, bool *exact);

/* What the first line of a script says is to read it: "#!/usr/bin/env bash" is "bash"; empty when
 * it says nothing. */
struct str shell_interpreter(struct str text, bool *errexit);
bool shell_known(struct str program); /* one whose language this is */

struct shell_outcome shell_read(const struct shell *sh, struct str text);

#endif
