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

/* Requests go to https:, or with the net's plain_http to http: alone. `cache` may be NULL. What is
 * fetched and not cached takes at most max_spill bytes a blob on disk. No request is sent yet; the
 * reference is borrowed. Its functions may be called from several threads at once. */
struct registry *registry_new(struct arena *a, struct net *n, struct cache *cache,
			      const struct reference *ref, uint64_t max_spill, struct watch *w);

/* A manifest or an index. */
struct registry_manifest {
	struct str bytes;
	struct str digest; /* that was asked for, or of the bytes */
	struct str type;   /* the media type they were sent as; empty: none that tells anything */
};

/* What a tag or a digest names; a digest has been proved. */
bool registry_manifest(struct registry *r, struct arena *a, struct str which,
		       struct registry_manifest *out, struct error *e);

/* A blob front to back, kept in the cache once its last byte is proved, or in a temporary file. It
 * can be read at any place as far as it came; its end, where it is reached, is its proof. */
struct blob *registry_blob(struct registry *r, struct arena *a, struct str digest, uint64_t size,
			   struct error *e);

/* The same by ranges: what is read is not proved. *out is NULL, without a failure, where the
 * registry gives none, or is not to be asked. */
bool registry_ranges(struct registry *r, struct arena *a, struct str digest, uint64_t size,
		     struct blob **out, struct error *e);

#endif
