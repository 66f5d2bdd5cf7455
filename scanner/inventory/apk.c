/*
 * apk.c - packages of apk's database, /lib/apk/db/installed (apk-package(5): P: and V: lines, a
 * blank line between packages).
 */
#include "packages.h"

bool packages_apk(struct packages *out, struct blob *b, struct error *e)
{
	struct str text, paragraph;
	if (!blob_slurp(out->arena, b, PACKAGES_TEXT_MAX, &text, e))
		return false;
	while (paragraph_next(&text, &paragraph))
		package_put(out, paragraph_field(paragraph, S("P:")),
			    paragraph_field(paragraph, S("V:")));
	return true;
}
