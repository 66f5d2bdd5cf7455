/*
 * launch.h - layouts: ways in which a command comes to run a kubelet.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "kubelet.h"

/* A command that might run a kubelet. */
struct candidate {
	struct rootfs *root;
	struct arena *a;
	const struct unit *unit;
	struct words words;
	struct variables environment;
	struct str workdir;
	unsigned depth;  /* commands inside commands */
	unsigned *texts; /* shell texts that may still be read */
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

/* Runs a script of the image, or a one-liner, as far as its simple commands can be told. */
bool launch_script(const struct candidate *c, const struct file *script, struct words args,
		   struct launch *out);

struct words words_from(struct words w, size_t from);
struct str word_program(struct words w, size_t i); /* the base name of a word, "" past the end */
void words_add(struct arena *a, struct words *w, struct str text, const struct origin *from);

/* The value of "--name=value" or "--name value" (the last one); false when it is not given. */
bool words_option(struct words w, struct str name, struct word *out);

struct doubt launch_doubt(const struct candidate *c, enum reason reason, struct str text,
			  const struct origin *from);
const struct variable *launch_variable(const struct variables *v, struct str name);

#endif
