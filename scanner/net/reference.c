/*
 * reference.c - the name of an image as people type it to its parts: registry, repository, tag,
 * digest. The grammar is that of the distribution project's reference package, and its rules for
 * what is left out: a first component without a '.', a ':' or a capital letter that is not
 * "localhost" belongs to the repository, which then is one of Docker Hub. Of digests only those are
 * taken that can be checked here; a name that could be an image's identifier is refused.
 */
#include <string.h>

#include "arena.h"
#include "registry.h"

enum { HOST_MAX = 255, NAME_BYTES = 255, TAG_MAX = 128, IDENTIFIER = 64 };

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool all_of(struct str s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(set, s.p[i]))
			return false;
	return s.n > 0;
}

/* ---- the registry ---- */

static bool host_component(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && (s.p[i] != '-' || i == 0 || i + 1 == s.n))
			return false;
	return s.n > 0;
}

static bool host_name(struct str host)
{
	struct str part, rest = host;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return all_of(str_slice(host, 1, host.n - 1), "0123456789abcdefABCDEF:");
	while (str_cut(rest, '.', &part, &rest))
		if (!host_component(part))
			return false;
	return host_component(part);
}

static bool host_valid(struct str host)
{
	uint64_t port = 0;
	size_t colon = str_rfind(host, ':');
	bool ported = colon < host.n && host.p[host.n - 1] != ']';
	if (ported && (!str_u64(str_tail(host, colon + 1), &port) || port == 0 || port > 65535))
		return false;
	return host.n <= HOST_MAX && host_name(ported ? str_slice(host, 0, colon) : host);
}

/* Is the first component of a name a registry, and no part of the repository? */
static bool names_host(struct str first)
{
	for (size_t i = 0; i < first.n; i++)
		if (first.p[i] == '.' || first.p[i] == ':' ||
		    (first.p[i] >= 'A' && first.p[i] <= 'Z'))
			return true;
	return str_eq(first, S("localhost"));
}

/* ---- the repository ---- */

/* How many bytes at the head of s separate two words of a component: ".", "_", "__", "-", "--", …
 */
static size_t separator(struct str s)
{
	size_t n = 0;
	if (str_starts(s, S(".")))
		return 1;
	if (str_starts(s, S("_")))
		return str_starts(s, S("__")) ? 2 : 1;
	while (n < s.n && s.p[n] == '-')
		n++;
	return n;
}

static bool path_component(struct str s)
{
	for (;;) {
		size_t n = 0;
		while (n < s.n && is_lower(s.p[n]))
			n++;
		if (n == 0 || n == s.n)
			return n > 0;
		s = str_tail(s, n);
		n = separator(s);
		if (n == 0)
			return false;
		s = str_tail(s, n);
	}
}

static bool path_valid(struct str path)
{
	struct str part, rest = path;
	while (str_cut(rest, '/', &part, &rest))
		if (!path_component(part))
			return false;
	return path_component(part);
}

static bool has_upper(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return true;
	return false;
}

static bool check_name(struct str name, struct error *e)
{
	if (has_upper(name))
		return fail(e, ERR_USAGE, "reference: a repository's name has no capital letters");
	if (!path_valid(name))
		return fail(e, ERR_USAGE, "reference: '%" PRIstr "' is no repository's name",
			    ARG(str_slice(name, 0, 100)));
	if (name.n > NAME_BYTES)
		return fail(e, ERR_USAGE, "reference: a repository's name of more than %d bytes",
			    NAME_BYTES);
	return true;
}

static bool tag_valid(struct str tag)
{
	for (size_t i = 0; i < tag.n; i++)
		if (!is_alnum(tag.p[i]) && tag.p[i] != '_' &&
		    (i == 0 || (tag.p[i] != '.' && tag.p[i] != '-')))
			return false;
	return tag.n > 0 && tag.n <= TAG_MAX;
}

/* ---- the whole ---- */

static void split_host(struct arena *a, struct str name, struct reference *r)
{
	struct str first, rest;
	r->host = S("docker.io");
	r->name = name;
	if (str_cut(name, '/', &first, &rest) && names_host(first)) {
		r->host = str_eq(first, S("index.docker.io")) ? S("docker.io") : first;
		r->name = rest;
	}
	if (str_eq(r->host, S("docker.io")) && str_find(r->name, '/') == r->name.n)
		r->name = str_cat(a, S("library/"), r->name);
}

bool reference_parse(struct arena *a, struct str text, struct reference *out, struct error *e)
{
	struct reference r = {0};
	struct str name, tagged;
	bool by_digest = str_cut(text, '@', &name, &r.digest);
	size_t slash = str_rfind(name, '/');
	size_t colon = str_rfind(name, ':');
	bool by_tag = colon < name.n && (slash == name.n || colon > slash);
	tagged = by_tag ? str_tail(name, colon + 1) : (struct str){0};
	name = by_tag ? str_slice(name, 0, colon) : name;
	if (!name.n)
		return fail(e, ERR_USAGE, "reference: it names no repository");
	if (name.n == IDENTIFIER && all_of(name, "0123456789abcdef"))
		return fail(e, ERR_USAGE, "reference: %d hexadecimal digits name no repository",
			    IDENTIFIER);
	split_host(a, name, &r);
	if (!host_valid(r.host))
		return fail(e, ERR_USAGE, "reference: '%" PRIstr "' is no registry",
			    ARG(str_slice(r.host, 0, 100)));
	if (!check_name(r.name, e))
		return false;
	if (by_tag && !tag_valid(tagged))
		return fail(e, ERR_USAGE, "reference: '%" PRIstr "' is no tag",
			    ARG(str_slice(tagged, 0, 100)));
	if (by_digest && !digest_valid(r.digest))
		return fail(e, ERR_USAGE,
			    "reference: '%" PRIstr "' is no digest of sha256 or sha512",
			    ARG(str_slice(r.digest, 0, 150)));
	r.tag = by_tag ? tagged : by_digest ? (struct str){0} : S("latest");
	*out = r;
	return true;
}
