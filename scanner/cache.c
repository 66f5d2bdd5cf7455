/*
 * cache.c - the cache of what was fetched, as options have it, and the command that tells of it or
 * empties it.
 */
#include <string.h>

#include "session.h"

enum { USUAL_GIB = 5 };

static struct cache *open_cache(struct offnode_report *r, struct str dir)
{
	r->report.cache.directory = dir;
	r->report.cache.limit =
		option_number(r->session, OPTION_cache_size, (uint64_t)USUAL_GIB << 30);
	return cache_open(r->report.arena, dir, r->report.cache.limit);
}

struct cache *run_cache(struct offnode_report *r)
{
	struct str dir = cache_default(r->report.arena);
	return dir.n && !option_on(r->session, OPTION_no_cache) ? open_cache(r, dir) : NULL;
}

bool begin_cache(struct offnode_report *r, const char *const *words, size_t n)
{
	struct cache_report *report = &r->report.cache;
	struct str dir = cache_default(r->report.arena);
	struct error e = {0};
	(void)n;
	report->cleared = strcmp(words[0], "clear") == 0;
	if (!report->cleared && strcmp(words[0], "info") != 0)
		return run_fail(r, OFFNODE_USAGE, "cache: '%s' is neither info nor clear",
				words[0]);
	if (!dir.n)
		return run_fail(r, OFFNODE_MISSING,
				"cache: neither XDG_CACHE_HOME nor HOME says where it is");
	struct cache *c = open_cache(r, dir);
	if (report->cleared ? cache_clear(c, &report->use, &e) : cache_used(c, &report->use, &e))
		return true;
	report->directory = (struct str){0};
	return run_fail(r, e.kind == ERR_MISSING ? OFFNODE_MISSING : OFFNODE_IO, "%s", e.text);
}
