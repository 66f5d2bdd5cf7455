/*
 * sieve.h - a program's bytes, in windows that go from front to back, to what tells which
 * Kubernetes it is; private to inventory/.
 */
#ifndef SIEVE_H
#define SIEVE_H

#include "blob.h"
#include "gobuild.h"
#include "linked.h"
#include "vec.h"

/* A window holds what begins in its first SIEVE_STEP bytes; the rest is shown again. */
enum { SIEVE_STEP = 64 << 10, SIEVE_AHEAD = 128, SIEVE_INFO_MAX = 256 << 10 };

/* A string of the program that may be asked for later. */
struct sifted {
	uint64_t at;
	struct str text;
};

struct sieve {
	struct arena *arena;
	struct blob *blob; /* NULL: the bytes go by and do not come again */
	struct elf elf;
	struct linked linked;
	VEC(struct sifted) strings; /* with no blob */
	bool sorted;
	unsigned looks;
	char *info; /* from the mark of the build info on */
	size_t info_n;
	uint64_t info_end; /* where its next byte is; 0: the mark was not seen */
	struct error error;
};

/* False when the head is that of no program. */
bool sieve_begin(struct sieve *s, struct arena *a, struct blob *blob, struct str head);

/* The window at `at`, which is a multiple of SIEVE_STEP. */
void sieve_window(struct sieve *s, uint64_t at, struct str bytes);

/* The version of Kubernetes, the build info's strings; empty where they were not found. */
struct str sieve_version(struct sieve *s, bool *contradicted);
struct gobuild sieve_build(struct sieve *s);

#endif
