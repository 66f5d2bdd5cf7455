/*
 * fuzz_json.c - any bytes as a JSON document. Beyond not crashing: every node lies inside the
 * text and inside its parent, strings are valid UTF-8, and a refusal says why and where. What is
 * taken value by value (pull.h) has the same strings in the same order.
 */
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "doc.h"
#include "fuzzed.h"
#include "pull.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

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

static void check_pulled(const struct doc *d, struct pull *p)
{
	struct str key;
	if (d->kind == DOC_LIST)
		pull_list(p);
	else if (d->kind == DOC_MAP)
		pull_map(p);
	else if (d->kind == DOC_STRING)
		check(str_eq(pull_string(p), d->text));
	else
		pull_skip(p);
	for (size_t i = 0; i < d->n; i++) {
		bool more = d->kind == DOC_MAP ? pull_member(p, &key) : pull_item(p);
		if (!more)
			return; /* too deep */
		check(d->kind != DOC_MAP || str_eq(key, d->entries[i].key));
		check_pulled(d->entries[i].value, p);
	}
	if (d->kind == DOC_LIST)
		check(!pull_item(p));
	else if (d->kind == DOC_MAP)
		check(!pull_member(p, &key));
}

static void check_pull(struct arena *a, struct str text, const struct doc *d)
{
	struct pull p = pull_new(a, text);
	if (d)
		check_pulled(d, &p);
	else
		pull_skip(&p);
	bool good = pull_end(&p);
	check(!good || d);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct file *file = NEW(a, struct file);
	*file = (struct file){.text = {(const char *)bytes, size}, .size = size};
	struct doc_fault fault = {0};
	const struct doc *d = doc_json(a, file, &fault);
	if (d)
		check_node(d);
	else
		check(fault.text.n && fault.from->at <= size);
	if (!fault.limit)
		check_pull(a, file->text, d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
