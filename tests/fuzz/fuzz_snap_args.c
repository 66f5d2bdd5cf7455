/*
 * fuzz_snap_args.c - any bytes as a file of arguments, by each reader: words have their place in
 * the file, and kubelite's are as many as there are single blanks and lines.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "kubelet/launch/snap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(const struct file *f, struct words words)
{
	for (size_t i = 0; i < words.n; i++) {
		const struct origin *o = words.at[i].from;
		if (!o || o->file != f || o->at > f->text.n || o->len > f->text.n - o->at)
			abort();
		for (size_t k = 0; k < words.at[i].text.n; k++)
			if (words.at[i].text.p[k] == '\n')
				abort();
	}
	if (words.n > f->text.n)
		abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static struct variable some[] = {
		{.name = {"SNAP_DATA", 9}, .value = {.text = {"/var/snap/x/1", 13}}},
		{.name = {"A", 1}, .value = {.text = {"b c", 3}}},
	};
	struct variables environment = {.at = some, .n = 2};
	struct rootfs *root = captured_root(a, S("-- /x --\n"));
	const struct file *f =
		captured_file(a, S("/args"), (struct str){(const char *)bytes, size});
	struct words lines = {0}, array = {0};
	struct doubt doubt = {0};
	snap_read_lines(a, f, &environment, size % 2, &lines, &doubt);
	check(f, lines);
	snap_read_array(root, f, &environment, &array, &doubt);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(128 << 20, run, bytes, size);
}
