/*
 * unwrap.c - from the bytes of a disk container to the disk inside: asks the containers of
 * wrappers.h, one after another, whose bytes these are.
 */
#include <string.h>

#include "wrappers.h"

struct blob *wrapper_sibling(const struct blob_opening *o, const char *what, struct str name,
			     struct error *e)
{
	if (!o->siblings) {
		fail(e, ERR_UNSUPPORTED, "needs its %s \"%" PRIstr "\", see --allow-backing", what,
		     ARG(name));
		return NULL;
	}
	if (o->chain >= limits_depth(&o->max)) {
		fail(e, ERR_LIMIT, "more than %u files stand behind each other, see --max-depth",
		     o->chain);
		return NULL;
	}
	struct blob *b = o->siblings->open(o->siblings, name, e);
	if (!b)
		fail_in(e, "%s \"%" PRIstr "\"", what, ARG(name));
	return b;
}

bool blob_unwrap(struct arena *a, struct blob *b, const char *only, const struct blob_opening *o,
		 struct blob **inside, const char **name, struct error *e)
{
	static const struct blob_wrapper wrappers[] = {
#define X(name) {#name, blob_probe_##name, blob_open_##name},
		WRAPPERS(X)
#undef X
	};
	for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
		const struct blob_wrapper *w = &wrappers[i];
		bool mine = false;
		if (only && strcmp(only, w->name) != 0)
			continue;
		if (!w->probe(b, &mine, e))
			return false;
		if (!mine)
			continue;
		struct blob *disk = w->open(a, b, o, e);
		if (!disk)
			return fail_in(e, "%s", w->name);
		*inside = disk;
		*name = w->name;
		return true;
	}
	if (only)
		return fail(e, ERR_UNSUPPORTED, "not a disk in a container of kind %s", only);
	*inside = NULL;
	return true;
}
