/*
 * oci.c - an OCI image layout, in a directory or an archive, to the layers of one of its images
 * (OCI image spec v1.1: image-layout.md, image-index.md, manifest.md), Docker's schema 2 media
 * types included. A document that is index and manifest at once, or says that it is what it is
 * not, is refused (CVE-2021-41190). Not supported: schema 1 manifests, encrypted layers, layers
 * that are not tar archives, blobs that are fetched from a descriptor's `urls`.
 */
#include "arena.h"
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

struct layout {
	struct opening *o;
	struct fs *fs;
	const struct choice *choice;
	struct str want; /* platform */
	bool asked;      /* by --platform, not by default */
	struct candidates found;
	size_t indexes;
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

static const struct doc *document_open(struct layout *l, const struct descriptor *d,
				       enum media *media, struct error *e)
{
	struct arena *a = l->o->a;
	if (media_of(d->type) == MEDIA_OTHER) {
		fail(e, ERR_UNSUPPORTED, "media type '%" PRIstr "' is not supported", ARG(d->type));
		return NULL;
	}
	struct blob *b = store_blob(a, l->fs, d->digest, d->size, e);
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

static bool collect(struct layout *l, const struct doc *index, struct candidate under,
		    bool selected, struct error *e);

static bool collect_one(struct layout *l, const struct doc *doc, struct candidate under,
			bool selected, struct error *e)
{
	struct candidate c = {.depth = under.depth + 1};
	if (!descriptor_read(l->o->a, doc, &c.d, e))
		return false;
	selected = selected || chosen(l->choice, &c.d);
	if (!c.d.ref.n)
		c.d.ref = under.d.ref;
	if (media_of(c.d.type) == MEDIA_INDEX && (selected || l->choice->digest.n)) {
		enum media media;
		const struct doc *index = document_open(l, &c.d, &media, e);
		return index && collect(l, index, c, selected, e);
	}
	if (!selected || c.d.attestation || media_of(c.d.type) == MEDIA_INDEX)
		return true;
	if (l->found.n == MANIFESTS_MAX)
		return fail(e, ERR_LIMIT, "index: more than %d manifests", MANIFESTS_MAX);
	*vec_push(l->o->a, &l->found) = c;
	return true;
}

static bool collect(struct layout *l, const struct doc *index, struct candidate under,
		    bool selected, struct error *e)
{
	const struct doc *list = doc_get(index, S("manifests"));
	if (under.depth >= INDEX_DEPTH_MAX)
		return fail(e, ERR_LIMIT, "index: more than %d levels", INDEX_DEPTH_MAX);
	if (++l->indexes > INDEXES_MAX)
		return fail(e, ERR_LIMIT, "index: more than %d of them", INDEXES_MAX);
	if (list->kind != DOC_LIST)
		return fail(e, ERR_CORRUPT, "index: manifests is %s", doc_kind_name(list->kind));
	for (size_t i = 0; i < list->n; i++)
		if (!collect_one(l, list->entries[i].value, under, selected, e))
			return fail_in(e, "index: manifest %zu", i + 1);
	return true;
}

static struct str mark_of(const struct layout *l, size_t i, bool platforms)
{
	const struct descriptor *d = &l->found.at[i].d;
	return platforms ? d->platform : d->ref.n ? d->ref : d->digest;
}

/* "a, b, c" of what tells the candidates apart, each once. */
static struct str listed(struct layout *l, bool platforms)
{
	struct out *o = out_new(l->o->a);
	for (size_t i = 0; i < l->found.n && i < 20; i++) {
		struct str mark = mark_of(l, i, platforms);
		size_t first = 0;
		while (!str_eq(mark_of(l, first, platforms), mark))
			first++;
		if (!mark.n || first < i)
			continue;
		out_z(o, out_text(o).n ? ", " : "");
		out_str(o, mark);
	}
	return out_text(o);
}

/* Keeps the candidates whose platform fits, or, for want of those, the ones that name none. */
static struct candidates fitting(struct layout *l)
{
	struct candidates fit = {0}, silent = {0};
	for (size_t i = 0; i < l->found.n; i++) {
		const struct candidate *c = &l->found.at[i];
		if (!c->d.platform.n)
			*vec_push(l->o->a, &silent) = *c;
		else if (platform_fits(c->d.platform, l->want))
			*vec_push(l->o->a, &fit) = *c;
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
static bool refuse_tag(struct layout *l, const struct doc *index, struct error *e)
{
	struct error ignored = {0};
	collect(l, index, (struct candidate){0}, true, &ignored);
	return fail(e, ERR_USAGE, "index: no image is tagged '%" PRIstr "'%s%" PRIstr,
		    ARG(l->choice->ref), l->found.n ? ", choose one of " : "",
		    ARG(listed(l, false)));
}

static bool choose(struct layout *l, const struct doc *index, struct candidate *out,
		   struct error *e)
{
	struct candidates fit = fitting(l);
	if (!l->found.n && l->choice->digest.n)
		return fail(e, ERR_USAGE, "index: no manifest %" PRIstr, ARG(l->choice->digest));
	if (!l->found.n && l->choice->ref.n)
		return refuse_tag(l, index, e);
	if (!l->found.n)
		return fail(e, ERR_CORRUPT, "index: it names no image");
	if (!fit.n && !l->asked && only_one(&l->found))
		fit = l->found;
	if (!fit.n)
		return fail(e, ERR_UNSUPPORTED,
			    "index: no image for %" PRIstr ", only for %" PRIstr, ARG(l->want),
			    ARG(listed(l, true)));
	if (!only_one(&fit) && !same_image(&fit))
		return fail(e, ERR_USAGE, "index: several images, choose one of %" PRIstr,
			    ARG(listed(l, false)));
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

static bool layer_job(struct layout *l, const struct doc *doc, struct layer_job *out,
		      struct error *e)
{
	struct descriptor d;
	if (!descriptor_read(l->o->a, doc, &d, e) || !layer_type(d.type, e))
		return false;
	struct blob *b = store_blob(l->o->a, l->fs, d.digest, d.size, e);
	if (!b)
		return false;
	*out = (struct layer_job){
		.blob = b, .digest = d.digest, .label = digest_short(d.digest), .size = d.size};
	return true;
}

/* The index's word about the platform goes before the configuration's, as with containerd. */
static bool read_config(struct layout *l, const struct doc *manifest, bool told, struct error *e)
{
	struct arena *a = l->o->a;
	struct descriptor d;
	if (!descriptor_read(a, doc_get(manifest, S("config")), &d, e))
		return fail_in(e, "config");
	struct blob *b = store_blob(a, l->fs, d.digest, d.size, e);
	const struct doc *config =
		b ? store_document(a, b, d.digest, S("image configuration"), e) : NULL;
	if (!config)
		return false;
	store_config(l->o, config);
	struct str platform = l->o->image->platform;
	if (l->asked && !told && platform.n && !platform_fits(platform, l->want))
		return fail(e, ERR_UNSUPPORTED, "no image for %" PRIstr ", only for %" PRIstr,
			    ARG(l->want), ARG(platform));
	return true;
}

static bool read_layers(struct layout *l, const struct doc *manifest, struct error *e)
{
	const struct doc *list = doc_get(manifest, S("layers"));
	if (!list || list->kind != DOC_LIST)
		return fail(e, ERR_CORRUPT, "it has no list of layers");
	if (list->n > STORE_LAYERS_MAX)
		return fail(e, ERR_LIMIT, "%zu layers, the limit is %d", list->n, STORE_LAYERS_MAX);
	struct layer_job *jobs = NEW_N(l->o->a, struct layer_job, list->n);
	for (size_t i = 0; i < list->n; i++)
		if (!layer_job(l, list->entries[i].value, &jobs[i], e))
			return fail_in(e, "layer %zu of %zu", i + 1, list->n);
	return layers_read(l->o, jobs, list->n, e);
}

static bool manifest_open(struct layout *l, const struct candidate *c, const char *kind,
			  struct error *e)
{
	enum media media;
	const struct doc *manifest = document_open(l, &c->d, &media, e);
	if (!manifest)
		return false;
	if (media != MEDIA_MANIFEST)
		return fail(e, ERR_CORRUPT, "blob %" PRIstr ": is an index without its media type",
			    ARG(c->d.digest));
	if (!read_config(l, manifest, c->d.platform.n > 0, e) || !read_layers(l, manifest, e))
		return fail_in(e, "manifest %" PRIstr, ARG(digest_short(c->d.digest)));
	struct image *image = l->o->image;
	struct out *trail = out_new(l->o->a);
	out_z(trail, kind);
	for (size_t i = 0; i < c->depth; i++)
		out_z(trail, " > index");
	out_fmt(trail, " > manifest > %zu layer%s", image->layers.n,
		image->layers.n == 1 ? "" : "s");
	image->kind = str_from(kind);
	image->trail = out_text(trail);
	image->digest = c->d.digest;
	if (c->d.platform.n)
		image->platform = c->d.platform;
	return true;
}

/* ---- the layout ---- */

static bool exists(struct arena *a, struct fs *fs, struct str path)
{
	struct walk w;
	struct error ignored;
	return fs_walk(a, fs, path, false, &w, &ignored) == WALK_FOUND;
}

bool oci_has_layout(struct arena *a, struct fs *fs)
{
	return exists(a, fs, S("/index.json")) &&
	       (exists(a, fs, S("/oci-layout")) || exists(a, fs, S("/blobs")));
}

static const struct doc *root_document(struct layout *l, struct str path, struct str name,
				       struct error *e)
{
	struct arena *a = l->o->a;
	struct blob *b = store_file(a, l->fs, path, name, e);
	return b ? store_document(a, b, (struct str){0}, name, e) : NULL;
}

static bool check_version(struct layout *l, struct error *e)
{
	if (!exists(l->o->a, l->fs, S("/oci-layout")))
		return true;
	const struct doc *d = root_document(l, S("/oci-layout"), S("oci-layout"), e);
	if (!d)
		return false;
	struct str version = doc_string(doc_get(d, S("imageLayoutVersion")));
	if (!str_starts(version, S("1.")))
		return fail(e, ERR_UNSUPPORTED,
			    "oci-layout: version '%" PRIstr "' is not supported", ARG(version));
	return true;
}

bool oci_open(struct opening *o, struct fs *fs, const struct choice *choice, const char *kind,
	      struct error *e)
{
	struct str asked = o->opts->platform;
	struct layout l = {.o = o,
			   .fs = fs,
			   .choice = choice,
			   .want = asked.n ? asked : platform_here(),
			   .asked = asked.n > 0};
	if (!check_version(&l, e))
		return false;
	const struct doc *index = root_document(&l, S("/index.json"), S("index.json"), e);
	enum media media;
	if (!index)
		return false;
	if (!document_media(index, (struct str){0}, &media, e))
		return fail_in(e, "index.json");
	if (media != MEDIA_INDEX)
		return fail(e, ERR_CORRUPT, "index.json: is a manifest, not an index");
	struct candidate c;
	return collect(&l, index, (struct candidate){0}, !choice->ref.n && !choice->digest.n, e) &&
	       choose(&l, index, &c, e) && manifest_open(&l, &c, kind, e);
}

bool image_open_oci(struct opening *o, struct str words, struct error *e)
{
	struct choice choice = {0};
	struct str path = target_split(o->a, words, &choice);
	struct fs *fs = fs_open_dir(o->a, path, &o->opts->fs, e);
	return fs && oci_open(o, fs, &choice, "oci", e);
}

bool image_open_oci_archive(struct opening *o, struct str words, struct error *e)
{
	struct choice choice = {0};
	struct blob *b = target_open(o, target_split(o->a, words, &choice), e);
	struct fs *fs = b ? target_archive(o, b, e) : NULL;
	return fs && oci_open(o, fs, &choice, "oci-archive", e);
}
