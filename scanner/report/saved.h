/*
 * saved.h - the rooms of reading a saved report: its parts, each made of the JSON that json*.c
 * writes. A member that is missing or of another type is an empty one, but for those that a
 * verdict hangs on: they are refused.
 */
#ifndef REPORT_SAVED_H
#define REPORT_SAVED_H

#include "doc.h"
#include "report.h"

struct saved {
	struct arena *arena;
	struct error *e;
};

/* False, with the line of `at` and what is wrong there. */
bool saved_refuse(struct saved *s, const struct doc *at, const char *what);

/* Members: a text, a text that may have its exact bytes beside it, a list (never NULL). */
struct str saved_text(const struct doc *d, const char *key);
struct str saved_exact(struct saved *s, const struct doc *d, const char *key, const char *bytes);
const struct doc *saved_list(const struct doc *d, const char *key);
bool saved_true(const struct doc *d, const char *key);

const struct origin *saved_origin(struct saved *s, const struct doc *d, const char *key);
struct words saved_texts(struct saved *s, const struct doc *d, const char *key);
struct words saved_words(struct saved *s, const struct doc *d, const char *key);
struct pendings saved_pendings(struct saved *s, const struct doc *d, const char *key);
struct intentions saved_intentions(struct saved *s, const struct doc *d, const char *key);
struct notes saved_notes(struct saved *s, const struct doc *d, const char *key);

/* A value as settings have them, and an option of the type that it shows; the option of two values
 * has the type of the first that is no text. */
struct str saved_value(const struct doc *d);
const struct option *saved_option(struct saved *s, const struct doc *a, const struct doc *b);
const struct setting *saved_shadowed(struct saved *s, const struct doc *d, const char *key);

/* "reason" and "reasonText"; false for a code that does not exist. */
bool saved_doubt(struct saved *s, const struct doc *d, struct doubt *out);

/* What it was read from, and what of that could not be. */
void saved_read(struct saved *s, const struct doc *read, struct target_report *t);

#endif
