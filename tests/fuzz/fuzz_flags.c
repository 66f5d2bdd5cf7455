/*
 * fuzz_flags.c - any lines as the words of a kubelet's argv. What holds for every input: an error
 * has words, a flag is one of that version, and items of objects come out as trees.
 */
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "fuzzed.h"
#include "kubelet/flags.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_given(struct arena *a, const struct given *g, unsigned minor)
{
	if (!row_exists(g->row, minor))
		abort();
	for (size_t i = 0; form_is_objects(g->row->arg) && i < g->items.n; i++) {
		const struct doc *d = objects_item(a, g->row->arg, g->items.at[i].value, g->from);
		if (d->kind != DOC_MAP || !d->n)
			abort();
	}
}

static void parse(struct arena *a, struct str text, unsigned minor)
{
	struct words argv = {0};
	struct str line, rest = text;
	*vec_push(a, &argv) = (struct word){S("kubelet"), NULL};
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		*vec_push(a, &argv) = (struct word){line, NULL};
	}
	for (int second = 0; second < 2; second++) {
		struct flags f = flags_parse(a, argv, minor, second, NULL);
		if (f.error && !f.error_text.n)
			abort();
		for (size_t i = 0; i < f.n; i++)
			check_given(a, &f.at[i], minor);
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const unsigned minors[] = {0, 20, 25, 28, 34, 37};
	parse(a, str_dup(a, (struct str){(const char *)bytes, size}), minors[size % 6]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(64 << 20, run, bytes, size);
}
