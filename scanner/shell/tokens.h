/*
 * tokens.h - a shell text as tokens; private to shell/.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include "grammar.h"

/* Here-documents of one line. */
enum { TOKENS_HERES = 50 };

enum token_kind {
	END,
	WORD,
	NEWLINE,
	SEMICOLON,
	ARM_END, /* ;; */
	ARM_FALLS,
	AMPERSAND,
	AND,
	OR,
	PIPE,
	OPEN,
	CLOSE,
	REDIRECTION,
};

struct token {
	enum token_kind kind;
	struct str text;
	enum direction direction;
	int number;
	bool tabs, both; /* <<-, |& */
};

/* A text that is read, and the token at which it is. */
struct reader {
	struct arena *a;
	const struct source *source;
	struct str text;
	size_t at;
	struct token token;
	struct redirection *heres[TOKENS_HERES]; /* whose bodies begin on the next line */
	size_t heres_n, nodes;
	unsigned depth;
	bool failed;
};

/* Sets `token`, and `failed` where a quote or bracket is never closed. A new line takes in the
 * here-documents that the last one named. */
void token_next(struct reader *r);
char token_peek(const struct reader *r, size_t ahead); /* the byte behind the token; 0 at the end */
void token_skip_blanks(struct reader *r);

#endif
