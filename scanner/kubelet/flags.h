/*
 * flags.h - an argv into the flags it sets, as the two parses of a kubelet see it.
 */
#ifndef FLAGS_H
#define FLAGS_H

#include "options.h"

/* One occurrence of a flag. */
struct given {
	const struct option_row *row;
	struct str name;           /* as normalised */
	struct str raw;            /* its value as given; "true" for a bare boolean */
	struct str value;          /* canonical, scalars only */
	struct flag_items items;   /* lists and maps */
	const struct origin *from; /* the word, or the span of the value's word */
};

struct flags {
	struct given *at;
	size_t n, cap;
	struct words rest; /* positional words */
	const char *error; /* NULL or a code */
	struct str error_text;
	const struct origin *error_from;
};

/* `minor` is 0 when the version is unknown: flags of any version are then taken, with a note. */
struct flags flags_parse(struct arena *a, struct words argv, unsigned minor, bool second,
			 struct notes *notes);

/* The last occurrence, or NULL. */
const struct given *flags_last(const struct flags *f, const char *name);

#endif
