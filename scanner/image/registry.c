/*
 * registry.c - an image in a registry, as a store that is asked over the network: docker://REF as
 * container tools write it, and registry:REF, which says what it is. A digest in the reference goes
 * before its tag. What the image is made of is for oci.c.
 */
#include "registry.h"

#include "arena.h"
#include "store.h"

struct shelf {
	struct store store;
	struct registry *registry;
};

static struct blob *shelf_manifest(struct store *s, struct arena *a, struct str digest,
				   uint64_t size, struct error *e)
{
	struct registry_manifest m;
	if (!registry_manifest(((struct shelf *)s)->registry, a, digest, &m, e))
		return NULL;
	struct str name = str_fmt(a, "blob %" PRIstr, ARG(digest));
	if (m.bytes.n == size)
		return blob_memory(a, name, m.bytes);
	fail(e, ERR_CORRUPT, "%" PRIstr ": %zu bytes long, its descriptor says %llu", ARG(name),
	     m.bytes.n, (unsigned long long)size);
	return NULL;
}

static struct blob *shelf_blob(struct store *s, struct arena *a, struct str digest, uint64_t size,
			       struct error *e)
{
	return registry_blob(((struct shelf *)s)->registry, a, digest, size, e);
}

static bool shelf_ranges(struct store *s, struct arena *a, struct str digest, uint64_t size,
			 struct blob **out, struct error *e)
{
	return registry_ranges(((struct shelf *)s)->registry, a, digest, size, out, e);
}

static const struct doc *root_document(struct opening *o, const struct registry_manifest *m,
				       struct error *e)
{
	struct blob *b = blob_memory(o->a, S("manifest"), m->bytes);
	o->image->remote = m->bytes.n;
	return store_document(o->a, b, (struct str){0}, b->name, e);
}

bool image_open_registry(struct opening *o, struct str words, struct error *e)
{
	static const struct choice any;
	const struct image_options *opts = o->opts;
	struct reference *ref = NEW(o->a, struct reference);
	struct registry_manifest m;
	struct shelf *s = NEW(o->a, struct shelf);
	if (str_starts(words, S("//")))
		words = str_tail(words, 2);
	if (!reference_parse(o->a, words, ref, e))
		return false;
	if (!opts->net)
		return fail(e, ERR_UNSUPPORTED, "registries are not asked here");
	*s = (struct shelf){
		.store = {.remote = true,
			  .manifest = shelf_manifest,
			  .blob = shelf_blob,
			  .ranges = shelf_ranges},
		.registry = registry_new(o->a, opts->net, opts->cache, ref,
					 limits_spill(&opts->fs.max), opts->fs.watch),
	};
	if (!registry_manifest(s->registry, o->a, ref->digest.n ? ref->digest : ref->tag, &m, e))
		return false;
	struct oci_root root = {.name = S("manifest"), .type = m.type, .digest = m.digest};
	root.doc = root_document(o, &m, e);
	return root.doc && oci_open(o, &s->store, &root, &any, "registry", e);
}

bool image_open_docker(struct opening *o, struct str words, struct error *e)
{
	if (!str_starts(words, S("//")))
		return fail(e, ERR_USAGE, "docker:%" PRIstr ": docker://REFERENCE is expected",
			    ARG(words));
	return image_open_registry(o, words, e);
}
