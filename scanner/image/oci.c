/*
 * oci.c - from an index or a manifest, and a store that has what it names, to the layers of one
 * image (OCI image spec v1.1: image-index.md, manifest.md, descriptor.md), Docker's schema 2 media
 * types included. A document that is index and manifest at once, or says that it is what it is
 * not, is refused (CVE-2021-41190). Not supported: schema 1 manifests, encrypted layers, layers
 * that are not tar archives, blobs that are fetched from a descriptor's `urls`.
 */
#include "arena.h"
#include "bytes.h"
#include "out.h"
#include "store.h"

enum { INDEX_DEPTH_MAX = 4, MANIFESTS_MAX = 10000, INDEXES_MAX = 1000 };

enum media { MEDIA_NONE, MEDIA_INDEX, MEDIA_MANIFEST, MEDIA_OTHER };

struct descriptor {
	struct str type, digest, platform, ref, name;
	uint64_t size;
	bool attestation; /* BuildKit's: no image, though its media type says so */
};

/* A manifest that could be the one, and how many indexes lead to it. */
struct candidate {
	struct descriptor d;
	size_t depth;
};

struct candidates {
	struct candidate *at;
	size_t n, cap;
};

struct search {
	struct opening *o;
	struct store *store;
	const struct choice *choice;
	struct str want; /* platform */
	bool asked;      /* by --platform, not by default */
	struct candidates found;
	size_t indexes;
	size_t lazy; /* layers that were read by their tables of contents */
};

static enum media media_of(struct str type)
{
	static const struct {
		const char *type;
		enum media media;
	} table[] = {
		{"", MEDIA_NONE},
		{"application/vnd.oci.image.index.v1+json", MEDIA_INDEX},
		{"application/vnd.docker.distribution.manifest.list.v2+json", MEDIA_INDEX},
		{"application/vnd.oci.image.manifest.v1+json", MEDIA_MANIFEST},
		{"application/vnd.docker.distribution.manifest.v2+json", MEDIA_MANIFEST},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_eq(type, str_from(table[i].type)))
			return table[i].media;
	return MEDIA_OTHER;
}

static bool descriptor_read(struct arena *a, const struct doc *d, struct descriptor *out,
			    struct error *e)
{
	const struct doc *notes = doc_get(d, S("annotations"));
	struct descriptor got = {
		.type = doc_string(doc_get(d, S("mediaType"))),
		.digest = doc_string(doc_get(d, S("digest"))),
		.platform = platform_of(a, doc_get(d, S("platform"))),
		.ref = doc_string(doc_get(notes, S("org.opencontainers.image.ref.name"))),
		.name = doc_string(doc_get(notes, S("io.containerd.image.name"))),
	};
	if (!digest_valid(got.digest))
		return fail(e, ERR_CORRUPT, "descriptor: digest '%" PRIstr "' is malformed",
			    ARG(got.digest));
	if (!doc_u64(doc_get(d, S("size")), &got.size))
		return fail(e, ERR_CORRUPT, "descriptor of %" PRIstr ": no valid size",
			    ARG(got.digest));
	got.attestation = doc_get(notes, S("vnd.docker.reference.type")) ||
			  str_eq(got.platform, S("unknown/unknown"));
	*out = got;
	return true;
}

/* Index or manifest, by its contents; what it and its descriptor call it must agree. */
static bool document_media(const struct doc *d, struct str told, enum media *out, struct error *e)
{
	if (d->kind != DOC_MAP)
		return fail(e, ERR_CORRUPT, "%s where a map is expected", doc_kind_name(d->kind));
	bool index = doc_get(d, S("manifests"));
	bool manifest = doc_get(d, S("layers")) || doc_get(d, S("config"));
	enum media own = media_of(doc_string(doc_get(d, S("mediaType"))));
	enum media by = media_of(told);
	if (doc_get(d, S("fsLayers")))
		return fail(e, ERR_UNSUPPORTED, "a schema 1 manifest: not supported");
	if (index && manifest)
		return fail(e, ERR_CORRUPT, "is both an index and a manifest");
	if (!index && !manifest)
		return fail(e, ERR_CORRUPT, "is neither an index nor a manifest");
	enum media is = index ? MEDIA_INDEX : MEDIA_MANIFEST;
	if ((own != MEDIA_NONE && own != is) || (by != MEDIA_NONE && by != is))
		return fail(e, ERR_CORRUPT, "is %s, but its media type is another one",
			    index ? "an index" : "a manifest");
	*out = is;
	return true;
}

static void count_remote(struct search *s, uint64_t size)
{
	uint64_t *sum = &s->o->image->remote;
	if (s->store->remote && !add_u64(*sum, size, sum))
		*sum = BLOB_UNSIZED;
}

static const struct doc *document_open(struct search *s, const struct descriptor *d,
				       enum media *media, struct error *e)
{
	struct arena *a = s->o->a;
	if (media_of(d->type) == MEDIA_OTHER) {
		fail(e, ERR_UNSUPPORTED, "media type '%" PRIstr "' is not supported", ARG(d->type));
		return NULL;
	}
	struct blob *b = s->store->manifest(s->store, a, d->digest, d->size, e);
	count_remote(s, d->size);
	struct str name = str_fmt(a, "blob %" PRIstr, ARG(d->digest));
	const struct doc *doc = b ? store_document(a, b, d->digest, name, e) : NULL;
	if (!doc)
		return NULL;
	if (document_media(doc, d->type, media, e))
		return doc;
	fail_in(e, "%" PRIstr, ARG(name));
	return NULL;
}

/* ---- which manifest ---- */

static bool chosen(const struct choice *c, const struct descriptor *d)
{
	if (c->digest.n)
		return str_eq(c->digest, d->digest);
	return !c->ref.n || str_eq(c->ref, d->ref) || str_eq(c->ref, d->name);
}

static bool collect(struct search *s, const struct doc *index, struct candidate under,
		    bool selected, struct error *e);

static bool collect_one(struct search *s, const struct doc *doc, struct candidate under,
			bool selected, struct error *e)
{
	struct candidate c = {.depth = under.depth + 1};
	if (!descriptor_read(s->o->a, doc, &c.d, e))
		return false;
	selected = selected || chosen(s->choice, &c.d);
	if (!c.d.ref.n)
		c.d.ref = under.d.ref;
	if (media_of(c.d.type) == MEDIA_INDEX && (selected || s->choice->digest.n)) {
		enum media media;
		const struct doc *index = document_open(s, &c.d, &media, e);
		return index && collect(s, index, c, selected, e);
	}
	if (!selected || c.d.attestation || media_of(c.d.type) == MEDIA_INDEX)
		return true;
	if (s->found.n == MANIFESTS_MAX)
		return fail(e, ERR_LIMIT, "index: more than %d manifests", MANIFESTS_MAX);
	*vec_push(s->o->a, &s->found) = c;
	return true;
}

static bool collect(struct search *s, const struct doc *index, struct candidate under,
		    bool selected, struct error *e)
{
	const struct doc *list = doc_get(index, S("manifests"));
	if (under.depth >= INDEX_DEPTH_MAX)
		return fail(e, ERR_LIMIT, "index: more than %d levels", INDEX_DEPTH_MAX);
	if (++s->indexes > INDEXES_MAX)
		return fail(e, ERR_LIMIT, "index: more than %d of them", INDEXES_MAX);
	if (list->kind != DOC_LIST)
		return fail(e, ERR_CORRUPT, "index: manifests is %s", doc_kind_name(list->kind));
	for (size_t i = 0; i < list->n; i++)
		if (!collect_one(s, list->entries[i].value, under, selected, e))
			return fail_in(e, "index: manifest %zu", i + 1);
	return true;
}

static struct str mark_of(const struct search *s, size_t i, bool platforms)
{
	const struct descriptor *d = &s->found.at[i].d;
	return platforms ? d->platform : d->ref.n ? d->ref : d->digest;
}

/* "a, b, c" of what tells the candidates apart, each once. */
static struct str listed(struct search *s, bool platforms)
{
	struct out *o = out_new(s->o->a);
	for (size_t i = 0; i < s->found.n && i < 20; i++) {
		struct str mark = mark_of(s, i, platforms);
		size_t first = 0;
		while (!str_eq(mark_of(s, first, platforms), mark))
			first++;
		if (!mark.n || first < i)
			continue;
		out_z(o, out_text(o).n ? ", " : "");
		out_str(o, mark);
	}
	return out_text(o);
}

/* Keeps the candidates whose platform fits, or, for want of those, the ones that name none. */
static struct candidates fitting(struct search *s)
{
	struct candidates fit = {0}, silent = {0};
	for (size_t i = 0; i < s->found.n; i++) {
		const struct candidate *c = &s->found.at[i];
		if (!c->d.platform.n)
			*vec_push(s->o->a, &silent) = *c;
		else if (platform_fits(c->d.platform, s->want))
			*vec_push(s->o->a, &fit) = *c;
	}
	return fit.n ? fit : silent;
}

static bool only_one(const struct candidates *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (!str_eq(c->at[i].d.digest, c->at[0].d.digest))
			return false;
	return c->n > 0;
}

/* Variants of one architecture under one tag: the first is as good as any. */
static bool same_image(const struct candidates *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (!c->at[i].d.platform.n || !str_eq(c->at[i].d.ref, c->at[0].d.ref))
			return false;
	return c->n > 0;
}

/* Nothing has the tag: the others are collected in order to be told. */
static bool refuse_tag(struct search *s, const struct doc *index, struct error *e)
{
	struct error ignored = {0};
	collect(s, index, (struct candidate){0}, true, &ignored);
	return fail(e, ERR_USAGE, "index: no image is tagged '%" PRIstr "'%s%" PRIstr,
		    ARG(s->choice->ref), s->found.n ? ", choose one of " : "",
		    ARG(listed(s, false)));
}

static bool choose(struct search *s, const struct doc *index, struct candidate *out,
		   struct error *e)
{
	struct candidates fit = fitting(s);
	if (!s->found.n && s->choice->digest.n)
		return fail(e, ERR_USAGE, "index: no manifest %" PRIstr, ARG(s->choice->digest));
	if (!s->found.n && s->choice->ref.n)
		return refuse_tag(s, index, e);
	if (!s->found.n)
		return fail(e, ERR_CORRUPT, "index: it names no image");
	if (!fit.n && !s->asked && only_one(&s->found))
		fit = s->found;
	if (!fit.n)
		return fail(e, ERR_UNSUPPORTED,
			    "index: no image for %" PRIstr ", only for %" PRIstr, ARG(s->want),
			    ARG(listed(s, true)));
	if (!only_one(&fit) && !same_image(&fit))
		return fail(e, ERR_USAGE, "index: several images, choose one of %" PRIstr,
			    ARG(listed(s, false)));
	*out = fit.at[0];
	return true;
}

/* ---- the manifest ---- */

/* Compression is told by the bytes, not by the media type. */
static bool layer_type(struct str type, struct error *e)
{
	static const char *const prefixes[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
	};
	static const char *const suffixes[] = {"", "+gzip", "+zstd", ".gzip", ".zstd"};
	if (str_ends(type, S("+encrypted")))
		return fail(e, ERR_ENCRYPTED, "is encrypted");
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		struct str prefix = str_from(prefixes[i]);
		for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++)
			if (str_starts(type, prefix) &&
			    str_eq(str_tail(type, prefix.n), str_from(suffixes[k])))
				return true;
	}
	return fail(e, ERR_UNSUPPORTED, "media type '%" PRIstr "' is not supported", ARG(type));
}

static bool layer_job(struct search *s, const struct doc *doc, struct layer_job *out,
		      struct error *e)
{
	struct descriptor d;
	if (!descriptor_read(s->o->a, doc, &d, e) || !layer_type(d.type, e))
		return false;
	struct layer_job job = {
		.digest = d.digest, .label = digest_short(d.digest), .size = d.size};
	if (!s->o->opts->whole_layers)
		job.bound = bound_read(doc_get(doc, S("annotations")));
	if (s->store->remote)
		job.store = s->store;
	else if (!(job.blob = s->store->blob(s->store, s->o->a, d.digest, d.size, e)))
		return false;
	*out = job;
	return true;
}

/* The index's word about the platform goes before the configuration's, as with containerd. */
static bool read_config(struct search *s, const struct doc *manifest, bool told, struct error *e)
{
	struct arena *a = s->o->a;
	struct descriptor d;
	if (!descriptor_read(a, doc_get(manifest, S("config")), &d, e))
		return fail_in(e, "config");
	struct blob *b = s->store->blob(s->store, a, d.digest, d.size, e);
	count_remote(s, d.size);
	const struct doc *config =
		b ? store_document(a, b, d.digest, S("image configuration"), e) : NULL;
	if (!config)
		return false;
	store_config(s->o, config);
	struct str platform = s->o->image->platform;
	if (s->asked && !told && platform.n && !platform_fits(platform, s->want))
		return fail(e, ERR_UNSUPPORTED, "no image for %" PRIstr ", only for %" PRIstr,
			    ARG(s->want), ARG(platform));
	return true;
}

static bool read_layers(struct search *s, const struct doc *manifest, struct error *e)
{
	const struct doc *list = doc_get(manifest, S("layers"));
	if (!list || list->kind != DOC_LIST)
		return fail(e, ERR_CORRUPT, "it has no list of layers");
	if (list->n > STORE_LAYERS_MAX)
		return fail(e, ERR_LIMIT, "%zu layers, the limit is %d", list->n, STORE_LAYERS_MAX);
	struct layer_job *jobs = NEW_N(s->o->a, struct layer_job, list->n);
	for (size_t i = 0; i < list->n; i++) {
		if (!layer_job(s, list->entries[i].value, &jobs[i], e))
			return fail_in(e, "layer %zu of %zu", i + 1, list->n);
		if (layers_same(jobs, i) == i)
			count_remote(s, jobs[i].size);
	}
	if (!layers_read(s->o, jobs, list->n, e))
		return false;
	for (size_t i = 0; i < list->n; i++)
		s->lazy += jobs[i].lazy;
	return true;
}

static bool manifest_read(struct search *s, const struct doc *manifest, const struct candidate *c,
			  const char *kind, struct error *e)
{
	if (!read_config(s, manifest, c->d.platform.n > 0, e) || !read_layers(s, manifest, e))
		return fail_in(e, "manifest %" PRIstr, ARG(digest_short(c->d.digest)));
	struct image *image = s->o->image;
	struct out *trail = out_new(s->o->a);
	out_z(trail, kind);
	for (size_t i = 0; i < c->depth; i++)
		out_z(trail, " > index");
	out_fmt(trail, " > manifest > %zu layer%s", image->layers.n,
		image->layers.n == 1 ? "" : "s");
	if (s->lazy)
		out_fmt(trail, ", %zu read lazily", s->lazy);
	image->kind = str_from(kind);
	image->trail = out_text(trail);
	image->digest = c->d.digest;
	if (c->d.platform.n)
		image->platform = c->d.platform;
	return true;
}

static bool index_read(struct search *s, const struct doc *index, const char *kind, struct error *e)
{
	const struct choice *choice = s->choice;
	struct candidate c;
	enum media media;
	if (!collect(s, index, (struct candidate){0}, !choice->ref.n && !choice->digest.n, e) ||
	    !choose(s, index, &c, e))
		return false;
	const struct doc *manifest = document_open(s, &c.d, &media, e);
	if (!manifest)
		return false;
	if (media != MEDIA_MANIFEST)
		return fail(e, ERR_CORRUPT, "blob %" PRIstr ": is an index without its media type",
			    ARG(c.d.digest));
	return manifest_read(s, manifest, &c, kind, e);
}

bool oci_open(struct opening *o, struct store *store, const struct oci_root *root,
	      const struct choice *choice, const char *kind, struct error *e)
{
	struct str asked = o->opts->platform;
	struct search s = {.o = o,
			   .store = store,
			   .choice = choice,
			   .want = asked.n ? asked : platform_here(),
			   .asked = asked.n > 0};
	struct candidate only = {.d = {.digest = root->digest}};
	enum media media;
	if (!document_media(root->doc, root->type, &media, e))
		return fail_in(e, "%" PRIstr, ARG(root->name));
	if (media == MEDIA_INDEX)
		return index_read(&s, root->doc, kind, e);
	if (!root->digest.n)
		return fail(e, ERR_CORRUPT, "%" PRIstr ": is a manifest, not an index",
			    ARG(root->name));
	return manifest_read(&s, root->doc, &only, kind, e);
}
