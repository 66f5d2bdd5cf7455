/*
 * fuzz_words.c - any bytes split into words, in each way: the reading ends, every word's place
 * lies inside the text, and together they are not longer than it but for \u escapes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "systemd/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void split(struct arena *a, const struct file *f, unsigned flags)
{
	struct traced rest = traced_file(f, 0, f->text.n), word, raw;
	size_t left = rest.text.n + 1;
	while (words_next(a, &rest, flags, &word, &raw) == WORDS_WORD) {
		if (rest.text.n >= left || word.text.n > raw.text.n)
			abort();
		left = rest.text.n;
		const struct origin *o = traced_origin(a, word);
		if (o->at > f->text.n || o->len > f->text.n - o->at)
			abort();
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct str text = {(const char *)bytes, size};
	const struct file *f = captured_file(a, S("/words"), text);
	split(a, f, WORDS_RELAX);
	split(a, f, WORDS_CUNESCAPE);
	split(a, f, WORDS_CUNESCAPE | WORDS_KEEP_UNKNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(64 << 20, run, bytes, size);
}
