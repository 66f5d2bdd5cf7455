/*
 * layout.c - an OCI image layout, in a directory or an archive, as a store of images (OCI image
 * spec v1.1: image-layout.md). Which of its images, and what that is made of, is for oci.c.
 */
#include "arena.h"
#include "store.h"

struct layout {
	struct store store;
	struct fs *fs;
};

/* blobs/ALGORITHM/HEX */
static struct blob *layout_blob(struct store *s, struct arena *a, struct str digest, uint64_t size,
				struct error *e)
{
	struct str algorithm, hex;
	str_cut(digest, ':', &algorithm, &hex);
	struct str path = str_fmt(a, "/blobs/%" PRIstr "/%" PRIstr, ARG(algorithm), ARG(hex));
	struct str name = str_fmt(a, "blob %" PRIstr, ARG(digest));
	struct blob *b = store_file(a, ((struct layout *)s)->fs, path, name, e);
	if (!b || b->size == size)
		return b;
	fail(e, ERR_CORRUPT, "%" PRIstr ": %llu bytes long, its descriptor says %llu", ARG(name),
	     (unsigned long long)b->size, (unsigned long long)size);
	return NULL;
}

static bool exists(struct arena *a, struct fs *fs, struct str path)
{
	struct walk w;
	struct error ignored;
	return fs_walk(a, fs, path, false, &w, &ignored) == WALK_FOUND;
}

bool layout_there(struct arena *a, struct fs *fs)
{
	return exists(a, fs, S("/index.json")) &&
	       (exists(a, fs, S("/oci-layout")) || exists(a, fs, S("/blobs")));
}

static const struct doc *root_document(struct arena *a, struct fs *fs, struct str path,
				       struct str name, struct error *e)
{
	struct blob *b = store_file(a, fs, path, name, e);
	return b ? store_document(a, b, (struct str){0}, name, e) : NULL;
}

static bool check_version(struct arena *a, struct fs *fs, struct error *e)
{
	if (!exists(a, fs, S("/oci-layout")))
		return true;
	const struct doc *d = root_document(a, fs, S("/oci-layout"), S("oci-layout"), e);
	if (!d)
		return false;
	struct str version = doc_string(doc_get(d, S("imageLayoutVersion")));
	if (!str_starts(version, S("1.")))
		return fail(e, ERR_UNSUPPORTED,
			    "oci-layout: version '%" PRIstr "' is not supported", ARG(version));
	return true;
}

bool layout_open(struct opening *o, struct fs *fs, const struct choice *choice, const char *kind,
		 struct error *e)
{
	struct layout *l = NEW(o->a, struct layout);
	*l = (struct layout){.store = {.manifest = layout_blob, .blob = layout_blob}, .fs = fs};
	struct oci_root root = {.name = S("index.json")};
	if (!check_version(o->a, fs, e))
		return false;
	root.doc = root_document(o->a, fs, S("/index.json"), root.name, e);
	return root.doc && oci_open(o, &l->store, &root, choice, kind, e);
}

bool image_open_oci(struct opening *o, struct str words, struct error *e)
{
	struct choice choice = {0};
	struct str path = target_split(o, words, &choice);
	struct fs *fs = fs_open_dir(o->a, path, &o->opts->fs, e);
	return fs && layout_open(o, fs, &choice, "oci", e);
}

bool image_open_oci_archive(struct opening *o, struct str words, struct error *e)
{
	struct choice choice = {0};
	struct blob *b = target_open(o, target_split(o, words, &choice), e);
	struct fs *fs = b ? target_archive(o, b, e) : NULL;
	return fs && layout_open(o, fs, &choice, "oci-archive", e);
}
