/*
 * doc.h - a YAML or JSON document as a tree whose every node knows its place.
 *
 * Maps keep their entries in document order, duplicates included: which of them counts is the
 * reader's rule, not the parser's. Nodes may be shared (YAML aliases): the tree is a DAG, its
 * unfolded size is bounded by the parser, and nothing in it ever points upward.
 *
 * doc_json (door: jansson) accepts RFC 8259 text; object keys are decoded. It accepts any
 * value at the top, and nothing after it.
 * doc_yaml (door: libyaml) resolves scalars as go-yaml v2 does (YAML 1.1: yes/no/on/off are
 * booleans), reads the first document only, and applies merge keys at their position.
 */
#ifndef DOC_H
#define DOC_H

#include "origin.h"

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_NUMBER, DOC_STRING, DOC_LIST, DOC_MAP };

struct doc_entry;

struct doc {
	enum doc_kind kind;
	struct str text; /* scalars: "true"/"false", the number as written, the decoded string */
	const struct origin *from;
	struct doc_entry *entries; /* maps and lists, in document order */
	size_t n;
};

struct doc_entry {
	struct str key;                /* maps: decoded; lists: empty */
	const struct origin *key_from; /* maps only */
	const struct doc *value;
};

/* Why a text is not a document. */
struct doc_fault {
	struct str text;           /* one clause, lower case */
	const struct origin *from; /* where; NULL for the text as a whole */
	bool limit;                /* more than is read here: the text itself may be right */
};

/* NULL and *fault on error. The file's text is borrowed. */
const struct doc *doc_json(struct arena *a, const struct file *file, struct doc_fault *fault);
const struct doc *doc_yaml(struct arena *a, const struct file *file, struct doc_fault *fault);

/* doc_json for documents of our own, which may be large: `most` values instead of 500000. */
const struct doc *doc_json_within(struct arena *a, const struct file *file, size_t most,
				  struct doc_fault *fault);

/* The value of the *last* entry of that name, or NULL (also when d is NULL or no map). */
const struct doc *doc_get(const struct doc *d, struct str key);

/* The text of a string node; the empty slice when d is NULL or something else. */
struct str doc_string(const struct doc *d);

/* A number node that is a plain non-negative integer. */
bool doc_u64(const struct doc *d, uint64_t *out);

const char *doc_kind_name(enum doc_kind kind); /* "a string", "a list", … for messages */

#endif
