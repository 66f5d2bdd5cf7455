/*
 * arguments.h - the words of a program into its options and what follows them, by the grammar of
 * the library that the program reads them with.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "origin.h"

enum arguments_style {
	ARGUMENTS_GETOPT, /* getopt_long(3): long names may be cut short; stops at an operand */
	ARGUMENTS_PFLAG,  /* github.com/spf13/pflag: names in full, "-v=x" is "-v x" */
	ARGUMENTS_GOFLAG, /* Go's flag: "-name" is "--name" */
};

/* What a program takes. A letter or a name is followed by ':' when it takes a value, by "::" when
 * it may have one attached. Names are parted by blanks. A letter that has a name is written in
 * both, and said to be the same by "name=l". */
struct grammar {
	enum arguments_style style;
	const char *letters;
	const char *names;
};

struct argument {
	struct str name;   /* in full, or one letter that has no name */
	bool has_value;    /* in "--name=" an empty one */
	struct word value; /* no text and no origin where there is none */
	struct word word;  /* the option as it is written */
};

enum arguments_state {
	ARGUMENTS_OPTION,
	ARGUMENTS_END,     /* `i` is at the first word that is no option */
	ARGUMENTS_UNKNOWN, /* argument.word is not of this grammar */
};

struct arguments {
	const struct grammar *grammar;
	struct words words;
	size_t i;      /* the next word */
	size_t within; /* in a cluster of letters: the next one */
	bool ended;    /* by "--" */
};

enum arguments_state arguments_next(struct arguments *args, struct argument *out);

#endif
