/*
 * registry.h - images in a registry: OCI distribution specification v1.1, with Docker's media
 * types; references as Docker and containerd write them.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "cache.h"
#include "net.h"

/* "HOST[:PORT]/NAME[:TAG][@DIGEST]", Docker Hub where no host is written, its "library/" where the
 * name has one part, tag "latest" where neither tag nor digest is written. */
struct reference {
	struct str host, name, tag, digest;
};

bool reference_parse(struct arena *a, struct str text, struct reference *out, struct error *e);

struct registry;

/* `cache` may be NULL. No request is sent yet. */
struct registry *registry_new(struct arena *a, struct net *n, struct cache *cache,
			      const struct reference *ref, struct watch *w);

/* A manifest or an index, by tag or digest; of a digest, it has been proved. *digest is that of the
 * bytes. */
bool registry_manifest(struct registry *r, struct arena *a, struct str which, struct str *bytes,
		       struct str *digest, struct error *e);

/* A blob front to back, kept in the cache once its last byte is proved, or in a temporary file. It
 * can be read at any place as far as it came. */
struct blob *registry_blob(struct registry *r, struct arena *a, struct str digest, uint64_t size,
			   struct error *e);

/* The same by ranges: what is read is not proved. NULL without a failure where the registry gives
 * no ranges. */
bool registry_ranges(struct registry *r, struct arena *a, struct str digest, uint64_t size,
		     struct blob **out, struct error *e);

#endif
