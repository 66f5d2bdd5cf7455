/*
 * fuzz_json.c - any bytes as a JSON document. Beyond not crashing: every node lies inside the
 * text and inside its parent, strings are valid UTF-8, and a refusal says why and where.
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

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void inside(const struct origin *o, const struct origin *of)
{
	check(o->at >= of->at && o->at + o->len <= of->at + of->len);
}

static void check_node(const struct doc *d)
{
	check(d->from->at + d->from->len <= d->from->file->text.n);
	check(d->kind == DOC_NULL || d->kind == DOC_LIST || d->kind == DOC_MAP ||
	      str_utf8(d->text));
	for (size_t i = 0; i < d->n; i++) {
		const struct doc_entry *e = &d->entries[i];
		inside(e->value->from, d->from);
		if (d->kind == DOC_MAP) {
			inside(e->key_from, d->from);
			check(str_utf8(e->key) && doc_get(d, e->key));
		}
		check_node(e->value);
		if (d->kind == DOC_MAP && i == 100)
			return; /* doc_get is linear */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	jmp_buf out_of_memory;
	struct arena *a = arena_new(256 << 20, full, &out_of_memory);
	if (setjmp(out_of_memory) == 0) {
		struct file *file = NEW(a, struct file);
		*file = (struct file){.text = {(const char *)bytes, size}, .size = size};
		struct doc_fault fault = {0};
		const struct doc *d = doc_json(a, file, &fault);
		if (d)
			check_node(d);
		else
			check(fault.text.n && fault.from->at <= size);
	}
	arena_free(a);
	return 0;
}
