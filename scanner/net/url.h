/*
 * url.h - URLs of the schemes http and https (RFC 3986, RFC 9110 section 4); private to net/.
 */
#ifndef URL_H
#define URL_H

#include "net.h"

struct url {
	bool secure;
	struct str host; /* with its brackets where it is an IPv6 address */
	unsigned port;   /* the scheme's where none is written */
	struct str rest; /* path and query; may be empty */
};

/* A URL as it may be asked for: a host of letters, digits, '.', '-' and '_' or an address in
 * brackets, no user, nothing that is not printable ASCII, no fragment. Slices of `text`. ERR_USAGE,
 * with the reason alone. */
bool url_parse(struct str text, struct url *out, struct error *e);

bool url_same_origin(const struct url *a, const struct url *b);

/* What `reference` means in a document at `base`, without its fragment; bytes that are no part of a
 * URL are encoded. Whether that may be asked for is for url_parse to say. */
struct str url_join(struct arena *a, struct str base, struct str reference);

#endif
