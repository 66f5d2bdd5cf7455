/*
 * linked.h - the Kubernetes version that the linker put into a program; private to inventory/.
 */
#ifndef LINKED_H
#define LINKED_H

#include "elf.h"

enum { LINKED_TEXT_MAX = 63 };

/* The `n` bytes of the program's memory at `address`; false where they cannot be had. */
typedef bool linked_text_fn(void *arg, uint64_t address, size_t n, char *out);

struct linked {
	const struct elf *elf;
	linked_text_fn *text;
	void *arg;
	char version[LINKED_TEXT_MAX + 1]; /* "" while none was found */
	bool contradicted;                 /* two versions were */
};

/* Looks at the variables that begin in the first `n` of the bytes, which are part of a writable
 * segment and begin at a multiple of a word's size; the rest of `bytes` is what a row may go on in.
 */
void linked_scan(struct linked *l, struct str bytes, size_t n);

/* "v1.29.3", "v1.29.3+k3s1", "v1.27.3-gke.100": a version of Kubernetes, in full. */
bool linked_version(struct str s);
bool linked_date(struct str s); /* "2024-03-15T00:06:16Z" */

#endif
