/*
 * late.c - libraries by dlopen(3). A symbol is looked for in that library and what it brings along,
 * never in the program.
 */
#include "late.h"

#include <dlfcn.h>
#include <string.h>

static bool find_all(void *library, const char *const *names, size_t n, char *calls,
		     struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		void *address = dlsym(library, names[i]);
		if (!address)
			return fail(e, ERR_UNSUPPORTED, "%s", dlerror());
		/* POSIX has a function's address as wide as an object's, C has no such cast. */
		memcpy(calls + i * sizeof address, &address, sizeof address);
	}
	return true;
}

static bool load(struct late *l, const char *const *names, size_t n, void *calls, struct error *e)
{
	void *library = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fail(e, ERR_UNSUPPORTED, "%s", dlerror());
	l->loaded = find_all(library, names, n, calls, e);
	return l->loaded;
}

bool late_load(struct late *l, const char *const *names, size_t n, void *calls, struct error *e)
{
	pthread_mutex_lock(&l->lock);
	bool loaded = l->loaded || load(l, names, n, calls, e);
	pthread_mutex_unlock(&l->lock);
	return loaded;
}
