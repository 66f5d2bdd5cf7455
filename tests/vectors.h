/*
 * vectors.h - recorded answers of real programs, and what we say to the same captures.
 *
 * A vector is a text capture: files of an image, and named sections that hold what the real
 * program did. Each set has one function that looks at one vector and counts what agrees.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include "arena.h"
#include "doc.h"
#include "rootfs.h"

struct counts;

struct vector {
	struct arena *arena; /* this vector's own */
	struct str set;      /* "systemd" */
	struct str file;     /* "001-path-etc.txtar" */
	struct str text;     /* the whole capture */
	struct str base;     /* a capture it lies over; may be empty */
	struct counts *counts;
};

/* The image of the vector; a new one each time. */
struct rootfs *vector_root(const struct vector *v);

/* The body of a section; false when there is none. */
bool vector_section(const struct vector *v, struct str name, struct str *body);

/* A section that is JSON, or NULL. Broken JSON ends the program. */
const struct doc *vector_json(const struct vector *v, struct str name);

/* One answer more in the figure called `figure` ("systemd"), right or wrong. */
void vector_count(const struct vector *v, const char *figure, bool right, const char *part,
		  struct str got, struct str want);

typedef void vector_fn(const struct vector *v);

vector_fn vector_systemd;

/* vectors_kubelet.c and vectors_corpus.c, where they are built in. */
__attribute__((weak)) void vector_kubelet(const struct vector *v);
__attribute__((weak)) void vector_corpus(const struct vector *v);

#endif
