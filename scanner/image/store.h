/*
 * store.h - content that is named by its digest, and the layers made of it; private to image/.
 */
#ifndef STORE_H
#define STORE_H

#include "doc.h"
#include "formats.h"

enum { STORE_DOCUMENT_MAX = 4 << 20, STORE_LAYERS_MAX = 1024 };

/* "sha256:1234abcd5678" */
struct str digest_short(struct str digest);

/* A regular file of the store, through links inside it. ERR_CORRUPT "NAME is missing". */
struct blob *store_file(struct arena *a, struct fs *fs, struct str path, struct str name,
			struct error *e);

/* The JSON map or list in a blob that hashes to `digest`; an empty digest is not checked. */
const struct doc *store_document(struct arena *a, struct blob *b, struct str digest,
				 struct str name, struct error *e);

/* os, architecture and variant of an image configuration or a descriptor's platform:
 * "linux/arm/v7"; empty when it does not tell. */
struct str platform_of(struct arena *a, const struct doc *d);

/* Does an image for `has` satisfy the wish for `want`? An absent variant fits any. */
bool platform_fits(struct str has, struct str want);

/* "linux/" and this machine's architecture. */
struct str platform_here(void);

/* Platform and labels of an image configuration. */
void store_config(struct opening *o, const struct doc *config);

/* Where the content of images is had from: a layout, or a registry. Both functions give `size`
 * bytes that were not looked at yet; ERR_CORRUPT where they are missing or are not so many. */
struct store {
	bool remote; /* it lies elsewhere: a layer's bytes are asked for by the thread that reads
			it, into an arena of that thread's, and not at all where the cache knows
			what is in it */
	struct blob *(*manifest)(struct store *s, struct arena *a, struct str digest, uint64_t size,
				 struct error *e); /* or an index */
	struct blob *(*blob)(struct store *s, struct arena *a, struct str digest, uint64_t size,
			     struct error *e); /* a configuration or a layer */
	/* Optional: a layer of which parts can be had, that nothing proves. NULL without a failure
	 * where they cannot, or the whole is at hand. */
	bool (*ranges)(struct store *s, struct arena *a, struct str digest, uint64_t size,
		       struct blob **out, struct error *e);
};

/* ---- bound.c ---- */

/* What the annotations of a layer's descriptor say of its table of contents; its digest is empty
 * where they say nothing that can be made use of. */
struct toc_bound bound_read(const struct doc *annotations);

/* ---- oci.c ---- */

/* Where the search for an image begins: the index of a layout, or what a reference names. */
struct oci_root {
	const struct doc *doc;
	struct str name;   /* in messages */
	struct str type;   /* the media type it was announced by; or empty */
	struct str digest; /* empty: it must be an index */
};

/* Chooses one image and reads its configuration and layers. */
bool oci_open(struct opening *o, struct store *store, const struct oci_root *root,
	      const struct choice *choice, const char *kind, struct error *e);

/* ---- layers.c ---- */

/* One layer to be read. */
struct layer_job {
	struct blob *blob;   /* its bytes, or NULL and */
	struct store *store; /* who has them */
	struct str digest, label;
	uint64_t size;
	struct toc_bound bound; /* its digest may be empty */
	bool lazy;              /* once it was read: by its table of contents */
};

/* The number of the first job with the same bytes as job i: images repeat their empty layers. */
size_t layers_same(const struct layer_job *jobs, size_t i);

/* Reads all layers, several at once, and puts them into the image in their order. The first
 * failure in that order is the one that is told. */
bool layers_read(struct opening *o, struct layer_job *jobs, size_t n, struct error *e);

/* ---- learnt.c: layers that need not be read again ---- */

/* One of which enough is known; NULL when there is none. */
struct fs *layer_learnt(struct cache *c, struct arena *a, const struct layer_job *job,
			const struct fs_options *opts);

/* Keeps what was learnt of a layer, and at the end of the arena what was learnt since. */
void layer_learn(struct cache *c, struct arena *a, const struct layer_job *job,
		 const struct fs *fs);

/* Keeps a note that `put` writes. In memory of its own: what is too large to be kept is no reason
 * for a scan to fail. */
void layer_note(struct cache *c, struct str digest, struct str name,
		void (*put)(const void *arg, struct out *o), const void *arg);

/* ---- parts.c ---- */

/* A layer of which parts can be had, as the store's ranges, whose parts the cache knows or, at the
 * end of the arena, learns. */
bool layer_parts(struct cache *c, struct arena *a, const struct layer_job *job, struct blob **out,
		 struct error *e);

#endif
