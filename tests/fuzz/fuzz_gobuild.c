/*
 * fuzz_gobuild.c - any bytes as a Go program, read in place and as it goes by. What comes out is
 * lines of a known word and one printable value.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fuzzed.h"
#include "inventory/program.h"

enum { ROOM = 96 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(struct str gist)
{
	struct str line, key, value;
	while (gist.n) {
		str_cut(gist, '\n', &line, &gist);
		bool known = str_cut(line, ' ', &key, &value) &&
			     (str_eq(key, S("go")) || str_eq(key, S("path")) ||
			      str_eq(key, S("kubelet")) || str_eq(key, S("contradicted")));
		for (size_t i = 0; i < value.n; i++)
			known &= value.p[i] > ' ' && value.p[i] <= '~';
		if (!known || !value.n)
			abort();
	}
}

/* Programs are larger than what is found by chance: zeros follow. */
static struct str padded(struct arena *a, const uint8_t *bytes, size_t size)
{
	char *p = NEW_N(a, char, ROOM);
	memcpy(p, bytes, size < ROOM ? size : ROOM);
	return (struct str){p, ROOM};
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct error e = {0};
	struct str all = padded(a, bytes, size), gist = {0};
	if (program_gist(a, blob_memory(a, S("program"), all), &gist, &e))
		check(gist);
	struct skim *skim = program_skim(a, S("usr/bin/kubelet"), all.n);
	for (size_t at = 0, n = 1; at < all.n; at += n, n = n * 3 % 4099 + 1)
		skim->take(skim, str_slice(all, at, at + n));
	check(skim->gist(skim));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(64 << 20, run, bytes, size);
}
