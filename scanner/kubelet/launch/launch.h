/*
 * launch.h - layouts: ways in which a command comes to run a kubelet.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "mounts.h"

/* A command that might run a kubelet. */
struct candidate {
	struct rootfs *root;
	struct arena *a;
	const struct unit *unit;
	const struct kubelet_options *options; /* may be NULL */
	struct words words;
	struct str path; /* what is executed, where that is not told by the first word */
	struct variables environment;
	bool owned;                  /* no other candidate has this environment's array */
	const struct mounts *mounts; /* the tree that it sees; NULL: the node's own */
	struct str workdir;          /* in that tree */
	unsigned depth;              /* commands inside commands */
	unsigned *texts;             /* shell texts that may still be read */
};

/* Is it one of mine? Then *out gets layout, argv and what is doubtful about them. */
typedef bool launch_fn(const struct candidate *c, struct launch *out);

#define LAYOUT(name) launch_fn launch_##name;
#include "layouts.h"
#undef LAYOUT

/* Tries every layout. */
bool launch_find(const struct candidate *c, struct launch *out);

/* The same for some words of a command. */
bool launch_inner(const struct candidate *c, struct words words, struct launch *out);

/* What the innermost command gets is what the kubelet gets; outer ones change nothing then. */
void launch_settle(const struct candidate *c, struct launch *out);

/* What a command of the unit sees, one that is fully privileged or not; NULL for the node's own
 * tree. */
const struct mounts *unit_tree(struct rootfs *root, const struct unit *u, bool privileged);
bool unit_privileged(const struct command *cmd); /* prefix '+' */

/* Containers that podman's generator makes services of. */
void launch_quadlets(struct rootfs *root, struct systemd *sd, const struct kubelet_options *options,
		     struct launches *out);

/* Adds to what is pending who writes, before the start, what the launch was read from. */
void launch_await_writers(struct rootfs *root, struct systemd *sd, const struct unit *u,
			  struct launch *l);

/* The kubelet-wrapper of Container Linux, where the image does not hold it. */
bool launch_kubelet_wrapper(const struct candidate *c, struct launch *out);

/* Runs a script of the image, or a one-liner, as far as its simple commands can be told. */
bool launch_script(const struct candidate *c, const struct file *script, struct words args,
		   struct launch *out);

/* For the commands inside one: its copy is changed. */
void candidate_set(struct candidate *c, struct str name, struct word value);
bool candidate_assign(struct candidate *c, struct word pair); /* false: it is no NAME=VALUE */
void candidate_unset(struct candidate *c, struct str name);
void candidate_clear(struct candidate *c);

/* Where a file of the command is on the node; false where it is none. */
bool candidate_path(const struct candidate *c, struct word path, struct str *out);

/* The program's file: its first word, looked up where that names no directory. */
struct word candidate_program(const struct candidate *c);

/* A file as the command sees it: FILE_UNREADABLE where the node does not hold it. Never NULL. */
const struct file *candidate_file(const struct candidate *c, struct word path);

struct words words_from(struct words w, size_t from);
struct str word_program(struct words w, size_t i); /* the base name of a word, "" past the end */
void words_add(struct arena *a, struct words *w, struct str text, const struct origin *from);

/* The value of "--name=value" or "--name value" (the last one); false when it is not given. */
bool words_option(struct words w, struct str name, struct word *out);

struct doubt launch_doubt(const struct candidate *c, enum reason reason, struct str text,
			  const struct origin *from);
const struct variable *launch_variable(const struct variables *v, struct str name);

#endif
