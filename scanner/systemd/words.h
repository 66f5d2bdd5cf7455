/*
 * words.h - splitting a value into words, with quotes and escapes; private to systemd/.
 */
#ifndef WORDS_H
#define WORDS_H

#include "traced.h"

enum words_flag {
	WORDS_CUNESCAPE = 1,    /* \n, \x41, … are decoded; others are an error */
	WORDS_KEEP_UNKNOWN = 2, /* … or kept with their backslash */
	WORDS_RELAX = 4,        /* an open quote or a last backslash ends quietly */
};

enum words_end { WORDS_WORD, WORDS_END, WORDS_BAD };

/*
 * Takes the next word off *rest. `raw` gets the span it was written in, quotes included.
 * WORDS_BAD leaves *rest as it was.
 */
enum words_end words_next(struct arena *a, struct traced *rest, unsigned flags, struct traced *word,
			  struct traced *raw);

/* The same with WORDS_CUNESCAPE, read once more in the forgiving way when an escape is unknown:
 * a WORDS_BAD then means an open quote. */
enum words_end words_next_forgiving(struct arena *a, struct traced *rest, struct traced *word,
				    struct traced *raw, struct notes *notes);

#endif
