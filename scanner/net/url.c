/*
 * url.c - URLs: their parts, which origin they are of, and what a reference means beside one (RFC
 * 3986 section 5.2). Only what two programs cannot read in two ways is taken for a host: libcurl,
 * which connects, must understand by it what is compared here.
 */
#include "url.h"

#include <stdio.h>

#include "arena.h"
#include "out.h"

enum { URL_MAX = 16 << 10 };

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_host_byte(char c, bool bracketed)
{
	return is_alnum(c) || c == '.' || (bracketed ? c == ':' : c == '-' || c == '_');
}

/* Where a component that ends before any of `stops` ends. */
static size_t until(struct str s, const char *stops)
{
	size_t n = s.n;
	for (; *stops; stops++) {
		size_t at = str_find(s, *stops);
		n = at < n ? at : n;
	}
	return n;
}

static bool host_fits(struct str host)
{
	bool bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (bracketed)
		host = str_slice(host, 1, host.n - 1);
	for (size_t i = 0; i < host.n; i++)
		if (!is_host_byte(host.p[i], bracketed))
			return false;
	return host.n > 0 && host.n < 256;
}

static bool port_of(struct str text, unsigned *port)
{
	uint64_t n;
	if (text.n == 0)
		return true;
	if (text.n > 5 || !str_u64(text, &n) || n == 0 || n > 65535)
		return false;
	*port = (unsigned)n;
	return true;
}

/* "https://" off the head of *s. */
static bool take_scheme(struct str *s, bool *secure)
{
	*secure = str_eq_nocase(str_slice(*s, 0, 8), S("https://"));
	if (!*secure && !str_eq_nocase(str_slice(*s, 0, 7), S("http://")))
		return false;
	*s = str_tail(*s, *secure ? 8 : 7);
	return true;
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

bool url_parse(struct str text, struct url *out, struct error *e)
{
	struct url u = {0};
	struct str rest = text;
	if (text.n > URL_MAX)
		return fail(e, ERR_USAGE, "longer than %d bytes", URL_MAX);
	if (!take_scheme(&rest, &u.secure))
		return fail(e, ERR_USAGE, "neither https:// nor http://");
	if (!printable(text) || str_find(text, '#') < text.n)
		return fail(e, ERR_USAGE, "not a URL: bytes that must be percent-encoded");
	struct str authority = str_slice(rest, 0, until(rest, "/?"));
	if (str_find(authority, '@') < authority.n)
		return fail(e, ERR_USAGE, "a user name in a URL would be seen: use --authfile");
	size_t colon = authority.n && authority.p[0] == '[' ? str_find(authority, ']') : 0;
	colon += str_find(str_tail(authority, colon), ':');
	u.host = str_slice(authority, 0, colon);
	u.port = u.secure ? 443 : 80;
	if (!host_fits(u.host) || !port_of(str_tail(authority, colon + 1), &u.port))
		return fail(e, ERR_USAGE, "not a host and a port");
	u.rest = str_tail(rest, authority.n);
	*out = u;
	return true;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return a->secure == b->secure && a->port == b->port && str_eq_nocase(a->host, b->host);
}

/* ---- references ---- */

/* A URL's head, up to its path: "https://host:1". */
static struct str site_of(struct str url)
{
	bool secure;
	struct str rest = url;
	if (!take_scheme(&rest, &secure))
		return S("");
	return str_slice(url, 0, url.n - rest.n + until(rest, "/?#"));
}

static bool has_scheme(struct str s)
{
	size_t n = until(s, ":/?#");
	return n > 0 && n < s.n && s.p[n] == ':';
}

/* Writes a path without its "." and ".." (RFC 3986 section 5.2.4). */
static struct str without_dots(struct arena *a, struct str path)
{
	char *out = NEW_N(a, char, path.n + 2);
	size_t n = 0;
	bool more = true;
	struct str part, rest = str_tail(path, path.n && path.p[0] == '/');
	out[n++] = '/';
	while (more) {
		more = str_cut(rest, '/', &part, &rest);
		bool up = str_eq(part, S(".."));
		if (up || str_eq(part, S("."))) {
			for (n -= up && n > 1; up && n > 1 && out[n - 1] != '/';)
				n--;
			continue;
		}
		for (size_t i = 0; i < part.n; i++)
			out[n++] = part.p[i];
		if (more)
			out[n++] = '/';
	}
	return (struct str){out, n};
}

static struct str encoded(struct arena *a, struct str s)
{
	struct out *o = out_new(a);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			out_fmt(o, "%%%02X", (unsigned char)s.p[i]);
		else
			out_str(o, str_slice(s, i, i + 1));
	return out_text(o);
}

/* A path and a query, where `base_path` is that of the base. */
static struct str joined_rest(struct arena *a, struct str base_rest, struct str ref)
{
	struct str base_path = str_slice(base_rest, 0, until(base_rest, "?"));
	struct str path = str_slice(ref, 0, until(ref, "?")), query = str_tail(ref, path.n);
	if (ref.n == 0)
		return base_rest;
	if (path.n == 0)
		return str_cat(a, base_path, query);
	if (path.p[0] != '/') {
		size_t slash = str_rfind(base_path, '/');
		struct str folder =
			slash < base_path.n ? str_slice(base_path, 0, slash + 1) : S("/");
		path = str_cat(a, folder, path);
	}
	return str_cat(a, without_dots(a, path), query);
}

struct str url_join(struct arena *a, struct str base, struct str reference)
{
	struct str site = site_of(base);
	struct str ref = encoded(a, str_trim(reference, " \t"));
	ref = str_slice(ref, 0, str_find(ref, '#'));
	if (has_scheme(ref))
		return ref;
	if (str_starts(ref, S("//")))
		return str_cat(a, str_slice(site, 0, str_find(site, ':') + 1), ref);
	struct str rest = str_slice(base, site.n, site.n + until(str_tail(base, site.n), "#"));
	return str_cat(a, site, joined_rest(a, rest, ref));
}

/* ---- for people ---- */

struct url_shown url_shown(struct str url)
{
	struct url_shown shown;
	bool secure;
	struct str rest = url;
	bool known = take_scheme(&rest, &secure);
	struct str authority = str_slice(rest, 0, until(rest, "/?#"));
	struct str path = str_tail(rest, authority.n);
	path = str_slice(path, 0, until(path, "?#"));
	size_t at = str_rfind(authority, '@');
	authority = str_tail(authority, at < authority.n ? at + 1 : 0);
	int n = snprintf(shown.text, sizeof shown.text, "%s%" PRIstr "%" PRIstr,
			 !known   ? ""
			 : secure ? "https://"
				  : "http://",
			 ARG(authority), ARG(path));
	if (n < 0 || (size_t)n >= sizeof shown.text)
		snprintf(shown.text + sizeof shown.text - 4, 4, "...");
	return shown;
}
