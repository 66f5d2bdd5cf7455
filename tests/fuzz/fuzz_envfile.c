/*
 * fuzz_envfile.c - any bytes as an environment file, in each version's grammar: names and values
 * are valid UTF-8, and every byte of a value is traced to a place in the file.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "systemd/envfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(const struct file *f, struct traced t)
{
	if (!str_utf8(t.text))
		abort();
	for (size_t i = 0; i < t.text.n; i++)
		if (traced_offset(&t, i) >= f->text.n)
			abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const unsigned versions[] = {219, 244, 252, 262};
	const struct file *f = captured_file(a, S("/env"), (struct str){(const char *)bytes, size});
	for (size_t v = 0; v < 4; v++) {
		struct env_pairs pairs = envfile_parse(a, f, versions[v]);
		for (size_t i = 0; i < pairs.n; i++) {
			check(f, pairs.at[i].name);
			check(f, pairs.at[i].value);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(64 << 20, run, bytes, size);
}
