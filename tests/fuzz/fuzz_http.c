/*
 * fuzz_http.c - any bytes as the head of a reply: its fields and their values are read to an end,
 * a redirect leads to a URL that is refused or has an origin, and no reference leaves it unseen.
 * The first line is the URL that was asked for, the rest the head.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "field.h"
#include "fuzzed.h"
#include "url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* A URL that may be asked for says the same to everybody: it has one host, no user, and is shown
 * without what stands behind '?'. */
static void look(struct str url)
{
	struct url u;
	struct error e = {0};
	struct url_shown shown = url_shown(url);
	if (!url_parse(url, &u, &e))
		return;
	check(printable(url) && u.host.n && u.port && url_same_origin(&u, &u));
	check(u.rest.p + u.rest.n == url.p + url.n);
	check(u.rest.n == 0 || u.rest.p[0] == '/' || u.rest.p[0] == '?');
	check(str_find(str_slice(url, 0, url.n - u.rest.n), '@') == url.n - u.rest.n);
	check(!strchr(shown.text, '?'));
}

static void follow(struct arena *a, struct str url, struct str location)
{
	struct url from, to;
	struct error e = {0};
	struct str next = url_join(a, url, location);
	look(next);
	/* A path stays where it is. */
	if (!url_parse(url, &from, &e) || location.n == 0 || location.p[0] != '/' ||
	    (location.n > 1 && location.p[1] == '/'))
		return;
	check(!url_parse(next, &to, &e) || url_same_origin(&from, &to));
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct str url, head, all = {(const char *)bytes, size};
	struct content_range part;
	uint64_t ms;
	(void)str_cut(all, '\n', &url, &head);
	look(url);
	follow(a, url, field_find(head, S("location")));
	(void)field_all(a, head, S("www-authenticate"));
	(void)field_agrees(head, S("content-length"));
	if (field_content_range(field_find(head, S("content-range")), &part))
		check(part.first <= part.last && part.last < part.size);
	if (field_retry_after(field_find(head, S("retry-after")), 784111740, &ms))
		check(ms <= UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(64 << 20, run, bytes, size);
}
