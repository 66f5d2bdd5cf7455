/*
 * dpkg.c - packages of dpkg's database: /var/lib/dpkg/status, or one file a package in status.d as
 * in images without a shell (deb-control(5), dpkg-query(1) on states). The epoch before a colon is
 * left out.
 */
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

bool packages_dpkg(struct packages *out, struct blob *b, struct error *e)
{
	struct str text, paragraph;
	if (!blob_slurp(out->arena, b, PACKAGES_TEXT_MAX, &text, e))
		return false;
	while (paragraph_next(&text, &paragraph)) {
		struct str name = paragraph_field(paragraph, S("Package:"));
		if (package_asked_for(name) && is_installed(paragraph))
			package_put(out, name,
				    without_epoch(paragraph_field(paragraph, S("Version:"))));
	}
	return true;
}
