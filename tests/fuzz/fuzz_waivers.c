/*
 * fuzz_waivers.c - any bytes as a file of waivers. What holds for every input: it is refused with
 * words, or a failure that one of its waivers excuses was covered by a waiver that is well-formed,
 * has a reason and has not expired; on the day after the last of all days none excuses anything.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fuzzed.h"
#include "rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void excuse(struct arena *a, struct waivers *all)
{
	size_t n;
	struct finding failed = {
		.rule = &rules_all(&n)[0], .number = "4.2.6", .verdict = VERDICT_FAIL};
	struct finding late = failed, passed = failed;
	passed.verdict = VERDICT_PASS;
	struct finding both[2] = {failed, passed};
	waivers_apply(a, all, S("9999-99-99"), S("node.qcow2"), &(struct findings){&late, 1, 1});
	waivers_apply(a, all, S("2026-06-01"), S("node.qcow2"), &(struct findings){both, 2, 2});
	if (late.waiver || both[1].waiver)
		abort();
	const struct waiver *w = both[0].waiver;
	if (w && (w->wrong.n || !w->reason.n || str_cmp(S("2026-06-01"), w->expires) > 0))
		abort();
	for (size_t i = 0; i < all->n; i++) {
		const char *trouble = waiver_trouble(&all->at[i]);
		bool malformed = trouble && strcmp(trouble, "malformed") == 0;
		if (malformed != (all->at[i].wrong.n > 0))
			abort();
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct doc_fault fault = {0};
	struct waivers all = {0};
	struct file *f = NEW(a, struct file);
	f->path = S("/waivers.yaml");
	f->text = str_dup(a, (struct str){(const char *)bytes, size});
	if (waivers_read(a, f, &all, &fault))
		excuse(a, &all);
	else if (!fault.text.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
