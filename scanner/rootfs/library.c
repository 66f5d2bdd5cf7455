/*
 * library.c - the version of systemd that a root holds, by the name of the library to which its own
 * programs are linked: libsystemd-shared-NNN.so, or libsystemd-shared-NNN.N-N.so.
 */
#include "arena.h"
#include "rootfs.h"

static unsigned leading(struct str s)
{
	uint64_t n = 0;
	size_t end = 0;
	while (end < s.n && s.p[end] >= '0' && s.p[end] <= '9')
		end++;
	return end < 6 && str_u64(str_slice(s, 0, end), &n) ? (unsigned)n : 0;
}

static unsigned library_in(struct rootfs *root, struct str dir)
{
	const struct listing *list = rootfs_list(root, dir);
	struct str head = S("libsystemd-shared-");
	unsigned newest = 0;
	for (size_t i = 0; i < list->n; i++) {
		if (!str_starts(list->names[i], head) || !str_has(list->names[i], S(".so")))
			continue;
		unsigned n = leading(str_tail(list->names[i], head.n));
		newest = n > newest ? n : newest;
	}
	return newest;
}

unsigned rootfs_systemd(struct rootfs *root)
{
	static const char *const dirs[] = {"/usr/lib/systemd", "/lib/systemd",
					   "/usr/lib64/systemd"};
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		unsigned n = library_in(root, str_from(dirs[i]));
		if (n)
			return n;
	}
	static const char *const libs[] = {"/usr/lib", "/lib"};
	for (size_t i = 0; i < sizeof libs / sizeof *libs; i++) {
		const struct listing *list = rootfs_list(root, str_from(libs[i]));
		for (size_t k = 0; k < list->n; k++) {
			/* A multiarch directory: x86_64-linux-gnu. */
			if (!str_has(list->names[k], S("-linux-")))
				continue;
			unsigned n = library_in(root, str_fmt(rootfs_arena(root),
							      "%s/%" PRIstr "/systemd", libs[i],
							      ARG(list->names[k])));
			if (n)
				return n;
		}
	}
	return 0;
}
