/*
 * fuzz_expand.c - the first line is a command's words, the rest an environment file: filled in,
 * the words stay within the bound, and each came from somewhere inside the text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "systemd/envfile.h"
#include "systemd/expand.h"
#include "systemd/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expand(struct arena *a, const struct file *f, size_t line, unsigned version)
{
	struct traced rest = traced_file(f, 0, line), word, raw;
	struct words words = {0}, out;
	struct variables vars = {0};
	while (words_next(a, &rest, WORDS_RELAX, &word, &raw) == WORDS_WORD)
		*vec_push(a, &words) = traced_word(a, word);
	struct env_pairs pairs = envfile_parse(a, f, version);
	for (size_t i = 0; i < pairs.n; i++)
		variables_set(a, &vars,
			      (struct variable){.name = pairs.at[i].name.text,
						.value = traced_word(a, pairs.at[i].value),
						.at = pairs.at[i].value.at});
	if (!expand_words(a, &words, &vars, version, &out))
		return;
	for (size_t i = 0; i < out.n; i++)
		for (const struct origin *o = out.at[i].from; o; o = o->via)
			if (o->at > f->text.n || o->len > f->text.n - o->at)
				abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct str text = {(const char *)bytes, size};
	const struct file *f = captured_file(a, S("/command"), text);
	expand(a, f, str_find(text, '\n'), 252);
	expand(a, f, str_find(text, '\n'), 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
