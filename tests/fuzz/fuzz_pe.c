/*
 * fuzz_pe.c - any bytes as a PE program: a section that is found lies inside of it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error e = {0};
	struct arena *a = arena_new(16 << 20, NULL, NULL);
	struct blob *b = blob_memory(a, S("input"), (struct str){(const char *)bytes, size});
	struct blob *section = NULL;
	struct str text;
	if (!blob_pe_section(a, b, S(".initrd"), &section, &e) && (!e.kind || !e.text[0]))
		abort();
	if (section && !blob_slurp(a, section, size, &text, &e))
		abort();
	arena_free(a);
	return 0;
}
