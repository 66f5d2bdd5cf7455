/*
 * dpkg.c - versions from dpkg's database: /var/lib/dpkg/status, or one file a package in
 * status.d as in images without a shell (deb-control(5), dpkg-query(1) on states). The epoch
 * before a colon is left out.
 */
#include "arena.h"
#include "packages.h"

/* "want flag state": unpacked files are there from "unpacked" on. */
static bool is_installed(struct str paragraph)
{
	struct str status = paragraph_field(paragraph, S("Status:"));
	if (!status.n)
		return true; /* status.d has no states */
	struct str state = str_tail(status, str_rfind(status, ' ') + 1);
	return !str_eq(state, S("not-installed")) && !str_eq(state, S("config-files")) &&
	       !str_eq(state, S("half-installed"));
}

static struct str without_epoch(struct str version)
{
	struct str epoch, rest;
	return str_cut(version, ':', &epoch, &rest) ? rest : version;
}

static struct str find_in(struct str text, struct str package)
{
	struct str paragraph;
	while (paragraph_next(&text, &paragraph))
		if (str_eq(paragraph_field(paragraph, S("Package:")), package) &&
		    is_installed(paragraph))
			return without_epoch(paragraph_field(paragraph, S("Version:")));
	return (struct str){0};
}

struct str packages_dpkg(struct rootfs *root, struct str package)
{
	struct arena *a = rootfs_arena(root);
	const struct file *status = rootfs_read(root, S("/var/lib/dpkg/status"));
	struct str found = find_in(status->text, package);
	if (found.n)
		return found;
	struct str path = str_cat(a, S("/var/lib/dpkg/status.d/"), package);
	return find_in(rootfs_read(root, path)->text, package);
}
