/*
 * state.h - a shell text while it is followed; private to shell/.
 */
#ifndef STATE_H
#define STATE_H

#include "grammar.h"
#include "map.h"
#include "out.h"
#include "shell.h"

/* ---- values: text that knows where each stretch of it came from ---- */

struct piece {
	size_t n;
	const struct origin *from;
	bool exact; /* its bytes are those of the origin's span, from the first on */
	bool value; /* of a variable, not of the text that is read */
};

struct pieces {
	struct piece *at;
	size_t n, cap;
};

struct value {
	struct str text;
	struct pieces pieces;
	struct untold untold;
	bool set;
};

/* One word after expansion. `pattern` is its text with a backslash before what was quoted. */
struct field {
	struct value value;
	struct str pattern;
	const struct origin *from;
	bool wild; /* an unquoted *, ? or [ is in it */
	bool open; /* not told, and not quoted: it may be any number of fields */
};

struct fields {
	struct field *at;
	size_t n, cap;
};

/* What a name is bound to; never changed, only replaced. */
struct binding {
	struct value value;
	struct fields *list; /* of an array */
	const struct node *function;
	bool exported;
	const struct origin *from; /* where it was made */
};

struct slot {
	struct str name;
	const struct binding *now;
};

/* An earlier binding, to go back to. */
struct change {
	struct slot *slot;
	const struct binding *before;
};

/* ---- where output goes ---- */

struct sink {
	struct out *out;
	struct pieces pieces;
	struct untold untold;
	struct str path; /* of a file; empty: nowhere, or into a substitution */
	const struct origin *from;
	struct sink *outer; /* what output went to before */
};

/* What a branch may change besides names. */
struct posture {
	struct fields args;
	struct untold args_untold;
	struct str workdir; /* empty: not told */
	struct sink *out, *err;
	const struct value *in; /* what can be read; NULL: not told */
	bool errexit, allexport, noglob, pipefail;
};

/* Names that `local` has hidden. */
struct frame {
	VEC(struct change) hidden;
};

enum flow { GO, BREAK, CONTINUE, RETURN, EXIT };

struct run {
	const struct shell *sh;
	struct rootfs *root;
	struct arena *a;
	struct shell_outcome out;
	struct map *names;   /* to struct slot; a function's name ends in "()" */
	struct map *written; /* to index + 1 of out.written, as a pointer */
	VEC(struct change) changes;
	struct posture posture;
	struct untold everything; /* a construct that may have set any variable */
	int status;               /* -1: not told */
	struct untold status_untold;
	size_t levels;         /* of break and continue */
	bool left;             /* a branch that may have been taken left the function or loop */
	bool ended;            /* a branch that may have been taken ended it all */
	unsigned unsure;       /* branches of which it cannot be told whether they run */
	unsigned testing;      /* conditions: set -e does not count */
	unsigned inner;        /* substitutions */
	unsigned depth;        /* blocks, functions, sourced files, substitutions, words */
	bool substituted;      /* a substitution made the status */
	struct untold garbled; /* a line that is no shell text */
	struct frame *frame;   /* of the function that runs */
	size_t steps, bytes;
	bool lost;
	bool bash, dash; /* neither: it may be any */
	size_t version;  /* of the names, for the environment made from them */
	size_t environment_version;
	struct variables environment;
};

/* ---- run.c ---- */

enum flow run_list(struct run *r, const struct node *list);
enum flow run_command(struct run *r, const struct node *n);

/* ---- state.c ---- */

/* One level deeper; false at the limit. Levels are left by r->depth--. */
bool run_enter(struct run *r);
/* False, once and for all, when a limit is met. */
bool run_spend(struct run *r, size_t steps, size_t bytes);
void run_lose(struct run *r, const char *why);
void run_strange(struct run *r, struct untold what); /* the outcome is not the whole */
bool is_told(struct untold u);
struct untold untold_at(struct run *r, const struct source *s, struct str text, const char *fmt,
			...) __attribute__((format(printf, 4, 5)));
const struct origin *source_place(struct run *r, const struct source *s, struct str text);
struct value value_plain(struct run *r, struct str text, const struct origin *from);
/* A value as it is pulled in at a place. */
struct value value_through(struct run *r, const struct value *v, const struct origin *place);
void value_append(struct run *r, struct pieces *to, const struct pieces *more);
struct value value_slice(struct run *r, const struct value *v, size_t from, size_t to);
/* Where it came from as a whole; `fallback` where nothing says more. */
const struct origin *value_origin(struct run *r, const struct value *v,
				  const struct origin *fallback);

const struct binding *name_binding(struct run *r, struct str name);
void name_bind(struct run *r, struct str name, struct binding b);
void name_set(struct run *r, struct str name, struct value v, const struct origin *from);
void names_rewind(struct run *r, size_t mark);
/* Any variable may have been set. */
void names_forget(struct run *r, struct untold why);

void output_put(struct run *r, const struct value *v);
void output_text(struct run *r, struct str text);
void output_untold(struct run *r, struct untold why);

/* ---- expand.c ---- */

struct fields fields_of_words(struct run *r, const struct source *s, const struct texts *words);
/* One word that is not split: a value, a pattern, the name of a file. */
struct field field_of_word(struct run *r, const struct source *s, struct str word);
/* As between double quotes; a here-document keeps these. */
struct value value_quoted(struct run *r, const struct source *s, struct str text, bool here);
struct fields fields_of_list(struct run *r, const struct source *s, struct str text);

/* ---- parameters.c ---- */

/* What $NAME or ${…} stands for. */
struct parameter {
	struct value value;
	const struct fields *list; /* of an array, or "$@": instead of the value */
	bool joined;               /* "$*": its fields in one */
	bool instead;              /* the word is what it stands for */
	struct str word;
};

struct value parameter_value(struct run *r, struct str name);
struct parameter parameter_dollar(struct run *r, const struct source *s, struct str name);
struct parameter parameter_braces(struct run *r, const struct source *s, struct str inner);
struct value command_substitute(struct run *r, const struct source *s, struct str inner,
				struct str whole);

/* ---- parts.c: ${NAME#…}, ${NAME/…/…}, ${NAME:1:2} and their like ---- */

/* False when the operator is not known. */
bool value_part(struct run *r, const struct source *s, struct str operator, struct value * v);

/* ---- arithmetic.c ---- */

bool arithmetic_value(struct run *r, struct str text, int64_t *out);

/* ---- patterns.c ---- */

bool pattern_plain(struct str pattern); /* nothing in it that is not followed */
bool pattern_literal(struct run *r, struct str pattern, struct str *text);
bool pattern_match(struct run *r, struct str pattern, struct str text);
struct fields pattern_paths(struct run *r, const struct field *f);

/* ---- files.c ---- */

enum there { THERE, NOT_THERE, PERHAPS };

struct seen {
	enum there there;
	enum file_kind kind;
	bool link, executable;
	uint64_t size;
	struct value text; /* read alone */
	const struct file *file;
	struct untold untold; /* PERHAPS */
};

struct seen path_look(struct run *r, struct str path, bool follow);
struct seen path_read(struct run *r, struct str path);
bool path_changes(struct str path); /* what lies there is of the running machine */
struct str path_full(struct run *r, struct str path); /* absolute; empty: not told */
struct shell_written *path_write(struct run *r, struct str path, enum file_kind kind,
				 const struct origin *from);
void path_remove(struct run *r, struct str path, const struct origin *from);

/* ---- simple.c ---- */

struct call {
	const struct node *node;
	struct fields fields;
	const struct origin *from; /* of the whole */
};

enum flow run_simple(struct run *r, const struct node *n);
enum flow run_source(struct run *r, const struct source *s);
/* Points output and input elsewhere; the caller puts them back. */
void run_redirections(struct run *r, const struct node *n);
void status_set(struct run *r, int status);
void status_untold(struct run *r, struct untold why);
/* The first field from `i` on that is not told; all are: empty. */
struct untold call_untold(const struct call *c, size_t i);
struct str call_word(const struct call *c, size_t i); /* empty past the end */

/* ---- assign.c ---- */

struct assigning {
	bool exported, local, untellable; /* export; local; declare -i and its like */
};

bool assignment_is(struct str word);
void assignment_run(struct run *r, const struct source *s, struct str word, struct assigning how);
/* export, local, readonly, declare, typeset, with their words as they are written. */
bool run_declaration(struct run *r, const struct node *n, size_t first);

/* ---- builtins.c, programs.c, print.c: true when the command is one of theirs ---- */

bool run_builtin(struct run *r, const struct call *c, enum flow *flow);
bool run_program(struct run *r, const struct call *c);
bool run_print(struct run *r, const struct call *c); /* echo, printf */
bool run_read(struct run *r, const struct call *c);

/* ---- condition.c ---- */

void run_test(struct run *r, const struct call *c);
void run_double_test(struct run *r, const struct node *n);

#endif
