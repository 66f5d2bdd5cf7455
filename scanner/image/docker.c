/*
 * docker.c - what `docker save` writes, as a tar archive, to the layers of one of its images
 * (Docker image spec v1.2, "Combined Image JSON + Filesystem Changeset Format", and the form
 * since Docker 25 that is an OCI layout at the same time). Layer files may be links to each
 * other, as old Dockers wrote them. Each layer is checked against the digest in its name or, as
 * bytes of a tar, against diff_ids of the configuration, and that against its own name.
 * Not supported: images older than Docker 1.10, which have no manifest.json.
 */
#include "arena.h"
#include "out.h"
#include "store.h"

struct save {
	struct opening *o;
	struct fs *fs;
	const struct doc *image; /* the entry of manifest.json */
	const struct doc *config;
};

/* The digest that a file's name promises: "blobs/sha256/HEX", "HEX.json"; else empty. */
static struct str promised(struct arena *a, struct str path)
{
	struct str name = str_basename(path);
	if (str_ends(name, S(".json")))
		name = str_slice(name, 0, name.n - 5);
	struct str digest = str_cat(a, S("sha256:"), name);
	return digest_valid(digest) ? digest : (struct str){0};
}

static struct blob *member(struct save *s, struct str path, struct error *e)
{
	return store_file(s->o->a, s->fs, str_cat(s->o->a, S("/"), path), path, e);
}

/* ---- which image ---- */

/* "docker.io/library/a", "a" and "a:latest" are one name. */
static struct str reference(struct arena *a, struct str ref)
{
	static const char *const implied[] = {"docker.io/", "index.docker.io/", "library/"};
	for (size_t i = 0; i < sizeof implied / sizeof *implied; i++)
		if (str_starts(ref, str_from(implied[i])))
			ref = str_tail(ref, str_from(implied[i]).n);
	struct str last = str_basename(ref);
	return str_find(last, ':') < last.n ? ref : str_cat(a, ref, S(":latest"));
}

static bool tagged(struct arena *a, const struct doc *image, struct str ref)
{
	const struct doc *tags = doc_get(image, S("RepoTags"));
	struct str want = reference(a, ref);
	for (size_t i = 0; tags && tags->kind == DOC_LIST && i < tags->n; i++)
		if (str_eq(reference(a, doc_string(tags->entries[i].value)), want))
			return true;
	return false;
}

static struct str listed(struct arena *a, const struct doc *images)
{
	struct out *o = out_new(a);
	for (size_t i = 0; i < images->n && i < 20; i++) {
		const struct doc *tags = doc_get(images->entries[i].value, S("RepoTags"));
		for (size_t k = 0; tags && tags->kind == DOC_LIST && k < tags->n && k < 20; k++) {
			out_z(o, out_text(o).n ? ", " : "");
			out_str(o, doc_string(tags->entries[k].value));
		}
	}
	return out_text(o);
}

static bool choose(struct save *s, const struct doc *images, const struct choice *choice,
		   struct error *e)
{
	struct arena *a = s->o->a;
	if (choice->digest.n)
		return fail(e, ERR_USAGE, "manifest.json: images are chosen by reference here");
	if (images->kind != DOC_LIST || !images->n)
		return fail(e, ERR_CORRUPT, "manifest.json: it names no image");
	if (!choice->ref.n && images->n > 1)
		return fail(e, ERR_USAGE, "manifest.json: several images, choose one of %" PRIstr,
			    ARG(listed(a, images)));
	for (size_t i = 0; i < images->n && !s->image; i++)
		if (!choice->ref.n || tagged(a, images->entries[i].value, choice->ref))
			s->image = images->entries[i].value;
	if (s->image)
		return true;
	return fail(e, ERR_USAGE, "manifest.json: no image '%" PRIstr "', choose one of %" PRIstr,
		    ARG(choice->ref), ARG(listed(a, images)));
}

/* ---- the image ---- */

static bool read_config(struct save *s, struct error *e)
{
	struct opening *o = s->o;
	struct str path = doc_string(doc_get(s->image, S("Config")));
	struct blob *b = path.n ? member(s, path, e) : NULL;
	if (!path.n)
		return fail(e, ERR_CORRUPT, "manifest.json: the image has no Config");
	o->image->digest = promised(o->a, path);
	s->config = b ? store_document(o->a, b, o->image->digest, path, e) : NULL;
	if (!s->config)
		return false;
	store_config(o, s->config);
	struct str has = o->image->platform, want = o->opts->platform;
	if (want.n && has.n && !platform_fits(has, want))
		return fail(e, ERR_UNSUPPORTED, "no image for %" PRIstr ", only for %" PRIstr,
			    ARG(want), ARG(has));
	return true;
}

/* A compressed layer is known by the digest of what it unpacks to, whose size is nowhere said. */
static struct blob *unpacked(struct save *s, struct blob *b, struct error *e)
{
	struct blob *tar = target_unpacked(s->o, b, e);
	if (!tar || tar->size != BLOB_UNSIZED)
		return tar;
	return stream_drain(stream_blob(s->o->a, tar), e) ? tar : NULL;
}

static bool layer_job(struct save *s, struct str path, struct str diff_id, struct layer_job *out,
		      struct error *e)
{
	struct blob *b = member(s, path, e);
	if (!b)
		return false;
	struct str digest = promised(s->o->a, path);
	if (!digest.n) {
		digest = diff_id;
		b = unpacked(s, b, e);
	}
	if (!b)
		return false;
	if (!digest_valid(digest))
		return fail(e, ERR_CORRUPT, "diff_id '%" PRIstr "' is malformed", ARG(digest));
	*out = (struct layer_job){
		.blob = b, .digest = digest, .label = digest_short(digest), .size = b->size};
	return true;
}

static bool read_layers(struct save *s, struct error *e)
{
	const struct doc *list = doc_get(s->image, S("Layers"));
	const struct doc *ids = doc_get(doc_get(s->config, S("rootfs")), S("diff_ids"));
	if (!list || list->kind != DOC_LIST)
		return fail(e, ERR_CORRUPT, "manifest.json: the image has no list of Layers");
	if (list->n > STORE_LAYERS_MAX)
		return fail(e, ERR_LIMIT, "manifest.json: %zu layers, the limit is %d", list->n,
			    STORE_LAYERS_MAX);
	if (!ids || ids->kind != DOC_LIST || ids->n != list->n)
		return fail(e, ERR_CORRUPT,
			    "manifest.json: %zu layers, but %zu diff_ids in the configuration",
			    list->n, ids ? ids->n : 0);
	struct layer_job *jobs = NEW_N(s->o->a, struct layer_job, list->n);
	for (size_t i = 0; i < list->n; i++)
		if (!layer_job(s, doc_string(list->entries[i].value),
			       doc_string(ids->entries[i].value), &jobs[i], e))
			return fail_in(e, "layer %zu of %zu", i + 1, list->n);
	return layers_read(s->o, jobs, list->n, e);
}

static const struct doc *read_manifest(struct opening *o, struct fs *fs, struct error *e)
{
	struct str name = S("manifest.json");
	struct blob *b = store_file(o->a, fs, S("/manifest.json"), name, e);
	return b ? store_document(o->a, b, (struct str){0}, name, e) : NULL;
}

bool docker_open(struct opening *o, struct fs *fs, const struct choice *choice, struct error *e)
{
	struct save s = {.o = o, .fs = fs};
	const struct doc *images = read_manifest(o, fs, e);
	if (!images || !choose(&s, images, choice, e) || !read_config(&s, e) || !read_layers(&s, e))
		return false;
	size_t n = o->image->layers.n;
	o->image->kind = S("docker-archive");
	o->image->trail =
		str_fmt(o->a, "docker-archive > manifest.json > %zu layer%s", n, n == 1 ? "" : "s");
	return true;
}

/* A root may hold a file of that name too: only a list of images counts. */
bool docker_has_manifest(struct opening *o, struct fs *fs)
{
	struct error ignored;
	const struct doc *images = read_manifest(o, fs, &ignored);
	return images && images->kind == DOC_LIST && images->n &&
	       doc_get(images->entries[0].value, S("Config")) &&
	       doc_get(images->entries[0].value, S("Layers"));
}

bool image_open_docker_archive(struct opening *o, struct str words, struct error *e)
{
	struct choice choice = {0};
	struct blob *b = target_open(o, target_split(o, words, &choice), e);
	struct fs *fs = b ? target_archive(o, b, e) : NULL;
	return fs && docker_open(o, fs, &choice, e);
}
