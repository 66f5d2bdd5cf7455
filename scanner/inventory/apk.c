/*
 * apk.c - versions from apk's database, /lib/apk/db/installed (apk-package(5): P: and V: lines,
 * a blank line between packages).
 */
#include "packages.h"

static struct str find_in(struct str text, struct str package)
{
	struct str paragraph;
	while (paragraph_next(&text, &paragraph))
		if (str_eq(paragraph_field(paragraph, S("P:")), package))
			return paragraph_field(paragraph, S("V:"));
	return (struct str){0};
}

struct str packages_apk(struct rootfs *root, struct str package)
{
	struct str found = find_in(rootfs_read(root, S("/lib/apk/db/installed"))->text, package);
	if (found.n)
		return found;
	return find_in(rootfs_read(root, S("/usr/lib/apk/db/installed"))->text, package);
}
