/*
 * version.c - which systemd the image holds.
 *
 * The number stands in the name of libsystemd-shared-NNN.so, which systemd's own programs are
 * linked to; where that is not there, in the package database. Else 252 is assumed.
 */
#include "state.h"

enum { ASSUMED = 252 };

static struct version numbered(struct rootfs *root, unsigned n, const char *source)
{
	return (struct version){.major = n,
				.text = str_fmt(rootfs_arena(root), "%u", n),
				.source = str_from(source)};
}

struct version version_find(struct rootfs *root, unsigned asked)
{
	if (asked)
		return numbered(root, asked, "--systemd-version");
	unsigned n = rootfs_systemd(root);
	if (n)
		return numbered(root, n, "libsystemd-shared");
	struct version package = inventory_package(root, S("systemd"));
	if (package.major)
		return package;
	return numbered(root, ASSUMED, "assumed");
}
