/*
 * store.c - files that are named by the digest of their bytes, and what both kinds of store say
 * about an image in the same words: platform, labels (OCI image spec v1.1: descriptor.md,
 * config.md). No byte of a blob is looked at before its size and digest are known to be right.
 */
#include "store.h"

#include "arena.h"

struct str digest_short(struct str digest)
{
	return str_slice(digest, 0, str_find(digest, ':') + 13);
}

struct blob *store_file(struct arena *a, struct fs *fs, struct str path, struct str name,
			struct error *e)
{
	struct walk w;
	switch (fs_walk(a, fs, path, false, &w, e)) {
	case WALK_ABSENT: fail(e, ERR_CORRUPT, "%" PRIstr " is missing", ARG(name)); return NULL;
	case WALK_FAILED: fail_in(e, "%" PRIstr, ARG(name)); return NULL;
	case WALK_FOUND: break;
	}
	if (w.st.kind != FS_REGULAR) {
		fail(e, ERR_CORRUPT, "%" PRIstr " is not a regular file", ARG(name));
		return NULL;
	}
	return fs_blob(a, fs, w.ino, name, e);
}

static bool slurp_verified(struct arena *a, struct blob *b, struct str digest, struct str *out,
			   struct error *e)
{
	if (b->size != BLOB_UNSIZED && b->size > STORE_DOCUMENT_MAX)
		return fail(e, ERR_LIMIT, "%llu bytes long, the limit is %d",
			    (unsigned long long)b->size, STORE_DOCUMENT_MAX);
	if (!blob_slurp(a, b, STORE_DOCUMENT_MAX, out, e))
		return false;
	if (!digest.n)
		return true;
	/* The bytes are in memory already: they prove themselves from there. */
	struct blob *again = blob_memory(a, b->name, *out);
	struct stream *s = stream_verify(a, stream_blob(a, again), digest, out->n, e);
	return s && stream_drain(s, e);
}

const struct doc *store_document(struct arena *a, struct blob *b, struct str digest,
				 struct str name, struct error *e)
{
	struct file *file = NEW(a, struct file);
	*file = (struct file){.path = name, .real = name};
	if (!slurp_verified(a, b, digest, &file->text, e)) {
		fail_in(e, "%" PRIstr, ARG(name));
		return NULL;
	}
	file->size = file->text.n;
	struct doc_fault fault = {0};
	const struct doc *d = doc_json(a, file, &fault);
	if (d)
		return d;
	size_t line = fault.from ? origin_place(fault.from).line : 1;
	fail(e, ERR_CORRUPT, "%" PRIstr ": line %zu: not JSON: %" PRIstr, ARG(name), line,
	     ARG(fault.text));
	return NULL;
}

/* ---- platforms ---- */

struct str platform_of(struct arena *a, const struct doc *d)
{
	struct str os = doc_string(doc_get(d, S("os")));
	struct str arch = doc_string(doc_get(d, S("architecture")));
	struct str variant = doc_string(doc_get(d, S("variant")));
	if (!os.n || !arch.n)
		return (struct str){0};
	return str_fmt(a, "%" PRIstr "/%" PRIstr "%s%" PRIstr, ARG(os), ARG(arch),
		       variant.n ? "/" : "", ARG(variant));
}

struct platform {
	struct str os, arch, variant;
};

/* The names that uname(1) gives are taken too; arm64 is v8 wherever nothing else is said. */
static struct platform platform_split(struct str text)
{
	struct platform p = {0};
	struct str rest;
	str_cut(text, '/', &p.os, &rest);
	str_cut(rest, '/', &p.arch, &p.variant);
	if (str_eq(p.arch, S("x86_64")))
		p.arch = S("amd64");
	if (str_eq(p.arch, S("aarch64")))
		p.arch = S("arm64");
	if (str_eq(p.arch, S("arm64")) && str_eq(p.variant, S("v8")))
		p.variant = (struct str){0};
	return p;
}

bool platform_fits(struct str has, struct str want)
{
	struct platform h = platform_split(has), w = platform_split(want);
	return str_eq(h.os, w.os) && str_eq(h.arch, w.arch) &&
	       (!h.variant.n || !w.variant.n || str_eq(h.variant, w.variant));
}

struct str platform_here(void)
{
#if defined(__x86_64__)
	return S("linux/amd64");
#elif defined(__aarch64__)
	return S("linux/arm64");
#elif defined(__arm__)
	return S("linux/arm");
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return S("linux/ppc64le");
#elif defined(__s390x__)
	return S("linux/s390x");
#elif defined(__riscv) && __riscv_xlen == 64
	return S("linux/riscv64");
#else
	return S("linux/386");
#endif
}

void store_config(struct opening *o, const struct doc *config)
{
	o->image->platform = platform_of(o->a, config);
	const struct doc *labels = doc_get(doc_get(config, S("config")), S("Labels"));
	for (size_t i = 0; labels && labels->kind == DOC_MAP && i < labels->n; i++)
		*vec_push(o->a, &o->image->labels) = (struct image_label){
			labels->entries[i].key, doc_string(labels->entries[i].value)};
}
