/*
 * traced.h - text that knows, byte by byte, where in its file it stands; private to systemd/.
 *
 * Joining lines, taking quotes away and filling in specifiers change a text, but never what it
 * knows: every byte keeps the offset of the byte it was made from.
 */
#ifndef TRACED_H
#define TRACED_H

#include "arena.h"
#include "origin.h"

struct traced {
	struct str text;
	const struct file *file;
	size_t base;        /* offset of byte 0 where `at` is NULL: the bytes lie in one row */
	const uint32_t *at; /* text.n + 1 offsets */
};

struct traced traced_file(const struct file *file, size_t from, size_t to);
size_t traced_offset(const struct traced *t, size_t i); /* i <= text.n */
struct traced traced_slice(struct traced t, size_t from, size_t to);
struct traced traced_trim(struct traced t, const char *set);
const struct origin *traced_origin(struct arena *a, struct traced t);
struct word traced_word(struct arena *a, struct traced t);

/* A traced text under construction. As long as it is what stands in the file in one row, it is
 * a slice and costs nothing. */
struct gather {
	struct arena *arena;
	const struct file *file;
	size_t first; /* offset of byte 0 */
	size_t n, cap;
	char *p; /* NULL: a slice */
	uint32_t *at;
};

void gather_start(struct gather *g, struct arena *a, const struct file *file);
void gather_byte(struct gather *g, char c, size_t offset);
void gather_traced(struct gather *g, struct traced t);
void gather_replace_last(struct gather *g, char c);
/* `end` is the offset behind the last byte's source, for an empty text its place. */
struct traced gather_done(struct gather *g, size_t end);

#define BLANKS " \t\n\r"
static inline bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
