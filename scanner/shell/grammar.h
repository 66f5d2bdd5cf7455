/*
 * grammar.h - a shell text as a tree; private to shell/.
 */
#ifndef GRAMMAR_H
#define GRAMMAR_H

#include "arena.h"
#include "rootfs.h"

/* A text that is read: a script, a file that it sources, the inside of a substitution. */
struct source {
	struct str text;
	const struct file *file;   /* whose text holds it; NULL: made from words */
	const struct origin *from; /* what pulled it in; without a file, its place */
};

struct texts {
	struct str *at;
	size_t n, cap;
};

enum direction {
	FROM_FILE,
	FROM_HERE,   /* << */
	FROM_WORD,   /* <<< */
	FROM_NUMBER, /* <& */
	TO_FILE,
	TO_END, /* >> */
	TO_NUMBER,
	TO_BOTH, /* &> */
	TO_BOTH_END,
	BOTH_WAYS, /* <> */
};

struct redirection {
	struct redirection *next;
	enum direction direction;
	int number;       /* -1: the direction's own */
	struct str word;  /* as it is written */
	struct str body;  /* of a here-document */
	bool plain, tabs; /* its delimiter is quoted; <<- */
};

enum node_kind {
	NODE_SIMPLE,
	NODE_PIPE,  /* first: commands */
	NODE_CHAIN, /* first: pipes joined by && and || */
	NODE_GROUP, /* first: chains, as in all that follow */
	NODE_SUBSHELL,
	NODE_IF,  /* first: arms; the last may be without a condition */
	NODE_FOR, /* name, words */
	NODE_LOOP,
	NODE_CASE, /* words[0]; first: arms with words, the patterns */
	NODE_ARM,
	NODE_FUNCTION, /* name */
	NODE_TEST,     /* [[ words ]] */
	NODE_ARITHMETIC,
	NODE_STRANGE, /* not followed */
};

struct node {
	enum node_kind kind;
	const struct source *source;
	struct str text;
	struct texts words; /* as they are written */
	struct redirection *redirections;
	struct node *condition, *first, *next;
	struct str name;
	bool negated, background, until;
	bool otherwise; /* a pipe of a chain: after || */
	bool listed;    /* a for with `in` */
	bool falls;     /* an arm of case that ends in ;& or ;;& */
};

/* Never fails: what is not followed is a NODE_STRANGE. NULL for no command at all. */
struct node *grammar_read(struct arena *a, const struct source *source);

/* ---- quoting.c: where what begins at `at` ends; s.n + 1 when it is never closed ---- */

size_t skip_single(struct str s, size_t at);
size_t skip_double(struct str s, size_t at, unsigned depth);
size_t skip_backticks(struct str s, size_t at);
size_t skip_dollar(struct str s, size_t at, bool quoted, unsigned depth);
size_t skip_parens(struct str s, size_t at, unsigned depth);
size_t skip_word(struct str s, size_t at);

size_t name_span(struct str s);
bool blank_is(char c);
/* The body of a here-document from `at` on, up to its delimiter; *next gets the line behind. */
struct str here_body(struct str s, size_t at, struct str delimiter, bool tabs, size_t *next);
/* A delimiter without its quotes. */
struct str here_delimiter(struct arena *a, struct str word, bool *quoted);

#endif
