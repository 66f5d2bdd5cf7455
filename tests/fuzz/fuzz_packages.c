/*
 * fuzz_packages.c - any bytes as each of the databases of packages. Only packages that are asked
 * for come out, a line each, with a version that can be printed.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "inventory/packages.h"
#include "out.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

static void check(struct str gist)
{
	struct str line, word, name, version;
	while (gist.n) {
		str_cut(gist, '\n', &line, &gist);
		str_cut(line, ' ', &word, &line);
		str_cut(line, ' ', &name, &version);
		if (!str_eq(word, S("package")) || !package_asked_for(name) || !version.n)
			abort();
	}
}

static void read_by(packages_fn *reader, struct str input)
{
	jmp_buf out_of_memory;
	struct arena *a = arena_new(64 << 20, full, &out_of_memory);
	if (setjmp(out_of_memory) == 0) {
		struct error e = {0};
		struct packages p = {a, out_new(a)};
		if (reader(&p, blob_memory(a, S("database"), input), &e))
			check(out_text(p.gist));
		else if (e.kind == ERR_NONE || !e.text[0])
			abort();
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static packages_fn *const readers[] = {packages_dpkg, packages_apk, packages_rpm_sqlite,
					       packages_rpm_ndb, packages_rpm_bdb};
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		read_by(readers[i], (struct str){(const char *)bytes, size});
	return 0;
}
