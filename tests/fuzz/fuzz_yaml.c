/*
 * fuzz_yaml.c - any bytes as YAML. What holds for every input: a tree or a fault, and every node of
 * the tree lies inside the file.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

static void check(const struct doc *d, unsigned *left)
{
	const struct origin *o = d->from;
	if (!o || o->at > o->file->text.n || o->len > o->file->text.n - o->at)
		abort();
	for (size_t i = 0; i < d->n && *left; i++) {
		(*left)--;
		check(d->entries[i].value, left);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	jmp_buf out_of_memory;
	struct doc_fault fault = {0};
	struct arena *a = arena_new(64 << 20, full, &out_of_memory);
	if (setjmp(out_of_memory) == 0) {
		struct file *f = NEW(a, struct file);
		f->text = str_dup(a, (struct str){(const char *)bytes, size});
		const struct doc *d = doc_yaml(a, f, &fault);
		unsigned left = 100000;
		if (d)
			check(d, &left);
		else if (!fault.text.n)
			abort();
	}
	arena_free(a);
	return 0;
}
