/*
 * fuzz_txtar.c - any bytes as a text capture: opened, walked from end to end, read and captured.
 * Beyond not crashing, two things must hold: a capture of a capture is itself, and no walk
 * returns a path that is not clean.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "captured.h"
#include "fuzzed.h"

enum { LOOKS_MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void clean(struct str real)
{
	if (real.n == 0 || real.p[0] != '/' || str_has(real, S("/../")) || str_ends(real, S("/..")))
		abort();
}

static void look(struct arena *a, struct rootfs *root, struct str dir, unsigned depth,
		 size_t *looks)
{
	const struct listing *l = rootfs_list(root, dir);
	for (size_t i = 0; i < l->n && (*looks)++ < LOOKS_MAX; i++) {
		struct str path = str_cat(a, str_cat(a, dir, S("/")), l->names[i]);
		const struct file *f = rootfs_read(root, path);
		clean(f->real);
		if (f->state == FILE_OK && f->kind == FILE_DIRECTORY && depth < 20)
			look(a, root, path, depth + 1, looks);
	}
}

static struct str capture(struct arena *a, struct rootfs *root)
{
	struct out *o = out_new(a);
	size_t looks = 0;
	look(a, root, S(""), 0, &looks);
	rootfs_capture(root, o);
	return looks < LOOKS_MAX ? out_text(o) : S("");
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct rootfs *root = captured_root_or_none(a, (struct str){(const char *)bytes, size});
	struct str once = root ? capture(a, root) : S("");
	struct rootfs *again = once.n ? captured_root_or_none(a, once) : NULL;
	if (again && !str_eq(once, capture(a, again)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
