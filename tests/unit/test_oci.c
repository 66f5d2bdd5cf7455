/* image/: OCI layouts and docker archives, good ones and every way to be a bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../scanner/image/store.h"
#include "fixture.h"
#include "lazy_layer.h"
#include "out.h"
#include "ustar.h"

#include <cmocka.h>

#define INDEX "application/vnd.oci.image.index.v1+json"
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define CONFIG "application/vnd.oci.image.config.v1+json"
#define LAYER "application/vnd.oci.image.layer.v1.tar"

/* ---- a store is a capture under construction ---- */

static void put_hex(struct out *o, const char *path, struct str bytes)
{
	out_fmt(o, "-- /%s hex --\n", path);
	for (size_t i = 0; i < bytes.n; i++)
		out_fmt(o, "%02x%s", (unsigned char)bytes.p[i], i % 64 == 63 ? "\n" : "");
	out_z(o, "\n");
}

static struct str put_blob(struct out *o, struct str bytes)
{
	struct str digest = digest_sha256(arena, bytes);
	put_hex(o, str_z(arena, str_fmt(arena, "blobs/sha256/%" PRIstr, ARG(str_tail(digest, 7)))),
		bytes);
	return digest;
}

static struct str tar_of(const char *name, const char *body)
{
	return ustar_of(arena, name, str_from(body));
}

static struct str descriptor(const char *type, struct str digest, size_t size, const char *more)
{
	return str_fmt(arena, "{\"mediaType\":\"%s\",\"digest\":\"%" PRIstr "\",\"size\":%zu%s}",
		       type, ARG(digest), size, more);
}

/* Puts a document and describes it. */
static struct str put_described(struct out *o, const char *type, struct str bytes, const char *more)
{
	return descriptor(type, put_blob(o, bytes), bytes.n, more);
}

static struct str manifest_of(struct str config, struct str layers)
{
	return str_fmt(arena,
		       "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST "\","
		       "\"config\":%" PRIstr ",\"layers\":[%" PRIstr "]}",
		       ARG(config), ARG(layers));
}

static struct str index_of(struct str manifests)
{
	return str_fmt(arena, "{\"schemaVersion\":2,\"manifests\":[%" PRIstr "]}", ARG(manifests));
}

/* An image of one layer that holds `name`, for linux/`arch`; its manifest's descriptor. */
static struct str put_image(struct out *o, const char *name, const char *arch, const char *more)
{
	struct str config = str_fmt(
		arena,
		"{\"os\":\"linux\",\"architecture\":\"%s\",\"config\":{\"Labels\":{\"a\":\"b\"}}}",
		arch);
	struct str layer = put_described(o, LAYER, tar_of(name, "body\n"), "");
	struct str d = put_described(o, CONFIG, config, "");
	return put_described(o, MANIFEST, manifest_of(d, layer), more);
}

static void put_index(struct out *o, struct str index)
{
	put_hex(o, "oci-layout", S("{\"imageLayoutVersion\":\"1.0.0\"}"));
	put_hex(o, "index.json", index);
}

struct wish {
	const char *ref, *digest, *platform;
};

static bool open_store(struct out *o, struct wish wish, struct image *image, struct error *e)
{
	static const struct fs_options fs_opts = {
		.max.entries = 1000, .max_kept = 1 << 20, .max.file = 1 << 20};
	struct image_options *opts = NEW(arena, struct image_options);
	*opts = (struct image_options){.fs = fs_opts, .platform = str_from(wish.platform)};
	struct str text = str_dup(arena, out_text(o));
	struct fs *fs = fs_open_txtar(arena, blob_memory(arena, S("store"), text), &opts->fs, e);
	if (!fs)
		fail_msg("store: %s", e->text);
	struct opening opening = {.a = arena, .opts = opts, .image = image};
	struct choice choice = {str_from(wish.ref), str_from(wish.digest)};
	return docker_has_manifest(&opening, fs) ? docker_open(&opening, fs, &choice, e)
						 : layout_open(&opening, fs, &choice, "oci", e);
}

static void opens_with(struct out *o, struct wish wish, const char *file, struct image *image)
{
	struct error e = {0};
	struct walk w;
	*image = (struct image){0};
	if (!open_store(o, wish, image, &e))
		fail_msg("%s: %s", file, e.text);
	assert_true(image->layers.n > 0);
	struct str path = str_cat(arena, S("/"), str_from(file));
	if (fs_walk(arena, image->layers.at[0].fs, path, false, &w, &e) != WALK_FOUND)
		fail_msg("%s is not in the first layer", file);
}

static void refused(struct out *o, struct wish wish, enum error_kind kind, const char *part)
{
	struct error e = {0};
	struct image image = {0};
	if (open_store(o, wish, &image, &e))
		fail_msg("opened, but should fail with '%s'", part);
	if (e.kind != kind || !strstr(e.text, part))
		fail_msg("got %d '%s', want %d '%s'", e.kind, e.text, kind, part);
}

/* ---- a store that lies elsewhere ---- */

/* Layers by digest, of which parts can be had or not. */
struct afar {
	struct store store;
	struct str layer;
	size_t whole, parts; /* times it was asked for */
};

static struct blob *afar_blob(struct store *s, struct arena *a, struct str digest, uint64_t size,
			      struct error *e)
{
	struct afar *f = (struct afar *)s;
	(void)e;
	if (size != f->layer.n)
		return blob_memory(a, digest, S("{\"os\":\"linux\",\"architecture\":\"amd64\"}"));
	f->whole++;
	return blob_memory(a, digest, f->layer);
}

static bool afar_ranges(struct store *s, struct arena *a, struct str digest, uint64_t size,
			struct blob **out, struct error *e)
{
	struct afar *f = (struct afar *)s;
	(void)size;
	(void)e;
	f->parts++;
	*out = blob_memory(a, digest, f->layer);
	return true;
}

/* A layer by its table of contents has "lazy", and by its tar "whole". */
static struct str two_faced_layer(enum lazy_format format, struct toc_bound *bound)
{
	struct out *o = out_new(arena);
	struct str json = S("{\"version\":1,\"entries\":[{\"type\":\"reg\",\"name\":\"lazy\"}]}");
	lazy_member(o, format, tar_of("whole", "body\n"));
	lazy_table(arena, o, format, json, bound);
	return str_dup(arena, out_text(o));
}

static void opens_afar(struct afar *f, const char *notes, const char *file, const char *trail)
{
	static const struct fs_options fs_opts = {
		.max.entries = 1000, .max_kept = 1 << 20, .max.file = 1 << 20};
	struct image image = {0};
	struct image_options opts = {.fs = fs_opts};
	struct opening opening = {.a = arena, .opts = &opts, .image = &image};
	struct str config = S("{\"os\":\"linux\",\"architecture\":\"amd64\"}");
	struct str layer = descriptor(LAYER, digest_sha256(arena, f->layer), f->layer.n, notes);
	struct file *text = NEW(arena, struct file);
	struct doc_fault fault = {0};
	struct choice choice = {0};
	struct walk w;
	struct error e = {0};
	text->text =
		manifest_of(descriptor(CONFIG, digest_sha256(arena, config), config.n, ""), layer);
	struct oci_root root = {.doc = doc_json(arena, text, &fault),
				.name = S("manifest"),
				.type = S(MANIFEST),
				.digest = digest_sha256(arena, text->text)};
	f->store.remote = true;
	f->store.manifest = f->store.blob = afar_blob;
	if (!oci_open(&opening, &f->store, &root, &choice, "registry", &e))
		fail_msg("%s", e.text);
	if (fs_walk(arena, image.layers.at[0].fs, str_from(file), false, &w, &e) != WALK_FOUND)
		fail_msg("%s is not in the layer, which is a %s", file,
			 image.layers.at[0].fs->ops->name);
	assert_string_equal(str_z(arena, image.trail), trail);
}

#define CHUNKED "zstd-chunked.manifest-"

static void a_table_of_contents_is_used_where_parts_can_be_had(void **state)
{
	(void)state;
	static const char *const prefixes[] = {"io.github.containers.", "io.containers."};
	static const char lazily[] = "registry > manifest > 1 layer, 1 read lazily";
	static const char wholly[] = "registry > manifest > 1 layer";
	struct afar f = {0};
	struct toc_bound bound;
	for (size_t i = 0; i < 2; i++) {
		f = (struct afar){.store.ranges = afar_ranges};
		f.layer = two_faced_layer(LAZY_ZSTD, &bound);
		const char *notes =
			str_z(arena,
			      str_fmt(arena,
				      ",\"annotations\":{\"%s" CHUNKED "checksum\":\"%" PRIstr
				      "\",\"%s" CHUNKED "position\":\"%zu:%zu:%zu:1\"}",
				      prefixes[i], ARG(bound.digest), prefixes[i], (size_t)bound.at,
				      (size_t)bound.packed, (size_t)bound.plain));
		opens_afar(&f, notes, "/lazy", lazily);
		assert_int_equal(f.whole, 0);
		f.store.ranges = NULL;
		opens_afar(&f, notes, "/whole", wholly);
		assert_int_equal(f.whole, 1);
	}
	f = (struct afar){.store.ranges = afar_ranges};
	f.layer = two_faced_layer(LAZY_STARGZ, &bound);
	struct str note = str_fmt(arena,
				  ",\"annotations\":{\"containerd.io/snapshot/stargz/toc.digest\":"
				  "\"%" PRIstr "\"}",
				  ARG(bound.digest));
	opens_afar(&f, str_z(arena, note), "/lazy", lazily);
	assert_int_equal(f.whole, 0);
}

static void a_table_that_is_not_bound_is_not_used(void **state)
{
	(void)state;
	static const char *const notes[] = {
		"",
		",\"annotations\":{\"containerd.io/snapshot/stargz/toc.digest\":\"sha256:12\"}",
		",\"annotations\":{\"io.containers." CHUNKED "checksum\":\"%s\"}",
		",\"annotations\":{\"io.containers." CHUNKED
		"checksum\":\"%s\",\"io.containers." CHUNKED "position\":\"8:8:8\"}",
		",\"annotations\":{\"io.containers." CHUNKED
		"checksum\":\"%s\",\"io.containers." CHUNKED "position\":\"8:8:8:2\"}",
		",\"annotations\":{\"io.containers." CHUNKED
		"checksum\":\"%s\",\"io.containers." CHUNKED "position\":\"8:8:-8:1\"}",
	};
	/* These are, to another table than there is. */
	static const char *const false_notes[] = {
		",\"annotations\":{\"containerd.io/snapshot/stargz/toc.digest\":\"%s\"}",
		",\"annotations\":{\"io.containers." CHUNKED
		"checksum\":\"%s\",\"io.containers." CHUNKED "position\":\"8:8:8:1\"}",
	};
	struct str other = digest_sha256(arena, S("another"));
	for (size_t i = 0; i < sizeof notes / sizeof *notes + 2; i++) {
		bool bad = i >= sizeof notes / sizeof *notes;
		const char *note = bad ? false_notes[i - sizeof notes / sizeof *notes] : notes[i];
		const char *gap = strstr(note, "%s");
		struct str text = str_from(note);
		if (gap)
			text = str_cat(
				arena,
				str_cat(arena, str_slice(text, 0, (size_t)(gap - note)), other),
				str_from(gap + 2));
		struct afar f = {.store.ranges = afar_ranges, .layer = tar_of("whole", "body\n")};
		opens_afar(&f, str_z(arena, text), "/whole", "registry > manifest > 1 layer");
		assert_int_equal(f.whole, 1);
		assert_int_equal(f.parts, bad);
	}
}

/* ---- choosing ---- */

static void one_image_is_taken_whatever_it_is_for(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	struct image image;
	put_index(o, index_of(put_image(o, "a", "s390x", "")));
	opens_with(o, (struct wish){0}, "a", &image);
	assert_true(str_eq(image.platform, S("linux/s390x")));
	assert_true(str_eq(image.trail, S("oci > index > manifest > 1 layer")));
	assert_int_equal(image.labels.n, 1);
	assert_true(str_eq(image.labels.at[0].value, S("b")));
	assert_true(str_starts(image.layers.at[0].label, S("sha256:")));
	assert_int_equal(image.layers.at[0].label.n, 19);
	opens_with(o, (struct wish){.platform = "linux/s390x"}, "a", &image);
	refused(o, (struct wish){.platform = "linux/arm64"}, ERR_UNSUPPORTED,
		"no image for linux/arm64, only for linux/s390x");
}

#define TAG(tag) ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" tag "\"}"
#define PLATFORM(arch) ",\"platform\":{\"os\":\"linux\",\"architecture\":\"" arch "\"}"

static void tags_and_digests_choose(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	struct image image;
	struct str one = put_image(o, "one", "amd64", TAG("v1"));
	struct str two = put_image(o, "two", "amd64", TAG("v2"));
	put_index(o, index_of(str_fmt(arena, "%" PRIstr ",%" PRIstr, ARG(one), ARG(two))));
	opens_with(o, (struct wish){.ref = "v1"}, "one", &image);
	struct str digest = image.digest;
	opens_with(o, (struct wish){.ref = "v2"}, "two", &image);
	opens_with(o, (struct wish){.digest = str_z(arena, digest)}, "one", &image);
	refused(o, (struct wish){0}, ERR_USAGE, "several images, choose one of v1, v2");
	refused(o, (struct wish){.ref = "v3"}, ERR_USAGE,
		"no image is tagged 'v3', choose one of v1, v2");
	refused(o, (struct wish){.digest = "sha256:00"}, ERR_USAGE, "no manifest sha256:00");
}

static void a_nested_index_is_chosen_from_by_platform(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	struct image image;
	struct str list = str_fmt(
		arena, "%" PRIstr ",%" PRIstr ",%" PRIstr,
		ARG(put_image(o, "arm", "arm64", PLATFORM("arm64"))),
		ARG(put_image(o, "amd", "amd64", PLATFORM("amd64"))),
		ARG(descriptor(MANIFEST,
			       S("sha256:0123456789012345678901234567890123456789"
				 "012345678901234567890123"),
			       10,
			       ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}")));
	put_index(o, index_of(put_described(o, INDEX, index_of(list), TAG("x"))));
	opens_with(o, (struct wish){.platform = "linux/arm64"}, "arm", &image);
	opens_with(o, (struct wish){.platform = "linux/aarch64/v8"}, "arm", &image);
	opens_with(o, (struct wish){.ref = "x", .platform = "linux/amd64"}, "amd", &image);
	assert_true(str_eq(image.trail, S("oci > index > index > manifest > 1 layer")));
	refused(o, (struct wish){.platform = "linux/s390x"}, ERR_UNSUPPORTED,
		"no image for linux/s390x, only for linux/arm64, linux/amd64");
}

static void indexes_are_not_followed_for_ever(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	struct str d = put_image(o, "a", "amd64", "");
	for (int i = 0; i < 5; i++)
		d = put_described(o, INDEX, index_of(d), "");
	put_index(o, index_of(d));
	refused(o, (struct wish){0}, ERR_LIMIT, "more than 4 levels");
}

/* ---- bad stores ---- */

static void broken_documents_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *index;
		enum error_kind kind;
		const char *part;
	} table[] = {
		{"", ERR_CORRUPT, "index.json: line 1: not JSON"},
		{"[]", ERR_CORRUPT, "index.json: a list where a map is expected"},
		{"{}", ERR_CORRUPT, "neither an index nor a manifest"},
		{"{\"manifests\":[],\"layers\":[]}", ERR_CORRUPT, "both an index and a manifest"},
		{"{\"manifests\":[],\"config\":{}}", ERR_CORRUPT, "both an index and a manifest"},
		{"{\"mediaType\":\"" MANIFEST "\",\"manifests\":[]}", ERR_CORRUPT,
		 "its media type is another one"},
		{"{\"config\":{},\"layers\":[]}", ERR_CORRUPT, "is a manifest, not an index"},
		{"{\"fsLayers\":[]}", ERR_UNSUPPORTED, "schema 1"},
		{"{\"manifests\":{}}", ERR_CORRUPT, "manifests is a map"},
		{"{\"manifests\":[]}", ERR_CORRUPT, "it names no image"},
		{"{\"manifests\":[1]}", ERR_CORRUPT, "manifest 1: descriptor: digest ''"},
		{"{\"manifests\":[{\"digest\":\"sha256:../../../../etc/passwd\",\"size\":1}]}",
		 ERR_CORRUPT, "is malformed"},
		{"{\"manifests\":[{\"digest\":\"md5:00\",\"size\":1}]}", ERR_CORRUPT,
		 "is malformed"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct out *o = out_new(arena);
		put_index(o, str_from(table[i].index));
		refused(o, (struct wish){0}, table[i].kind, table[i].part);
	}
}

#define HEX64 "0123456789012345678901234567890123456789012345678901234567890123"

static void descriptors_must_keep_their_word(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		int size;
		enum error_kind kind;
		const char *part;
	} table[] = {
		{MANIFEST, 0, ERR_CORRUPT, "bytes long, its descriptor says"},
		{INDEX, -1, ERR_CORRUPT, "its media type is another one"},
		{"application/vnd.example", -1, ERR_UNSUPPORTED,
		 "media type 'application/vnd.example' is not supported"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct out *o = out_new(arena);
		struct str config = put_described(o, CONFIG, S("{}"), "");
		struct str layer = put_described(o, LAYER, tar_of("a", ""), "");
		struct str m = manifest_of(config, layer);
		size_t size = table[i].size < 0 ? m.n : (size_t)table[i].size;
		put_index(o, index_of(descriptor(table[i].type, put_blob(o, m), size, "")));
		refused(o, (struct wish){0}, table[i].kind, table[i].part);
	}
	struct out *o = out_new(arena);
	put_index(o, index_of(descriptor(MANIFEST, S("sha256:" HEX64), 3, "")));
	refused(o, (struct wish){0}, ERR_CORRUPT, "blob sha256:" HEX64 " is missing");
	put_hex(o, "blobs/sha256/" HEX64, S("{ }"));
	refused(o, (struct wish){0}, ERR_CORRUPT, "blob sha256:" HEX64);
}

static void layers_must_keep_their_word(void **state)
{
	(void)state;
	static const struct {
		const char *type, *digest;
		enum error_kind kind;
		const char *part;
	} table[] = {
		{LAYER "+encrypted", "", ERR_ENCRYPTED, "layer 2 of 2: is encrypted"},
		{LAYER "+gzip+encrypted", "", ERR_ENCRYPTED, "layer 2 of 2: is encrypted"},
		{"text/plain", "", ERR_UNSUPPORTED, "layer 2 of 2: media type 'text/plain'"},
		{LAYER, "sha256:" HEX64, ERR_CORRUPT, "blob sha256:" HEX64 " is missing"},
		{LAYER, "sha256:0", ERR_CORRUPT, "digest 'sha256:0' is malformed"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct out *o = out_new(arena);
		struct str config = put_described(o, CONFIG, S("{}"), "");
		struct str tar = tar_of("a", "");
		struct str digest = put_blob(o, tar), good = descriptor(LAYER, digest, tar.n, "");
		if (*table[i].digest)
			digest = str_from(table[i].digest);
		struct str bad = descriptor(table[i].type, digest, tar.n, "");
		struct str both = str_fmt(arena, "%" PRIstr ",%" PRIstr, ARG(good), ARG(bad));
		put_index(o, index_of(put_described(o, MANIFEST, manifest_of(config, both), "")));
		refused(o, (struct wish){0}, table[i].kind, table[i].part);
	}
}

static void a_layer_with_other_bytes_is_refused(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	struct str config = put_described(o, CONFIG, S("{}"), "");
	struct str tar = tar_of("a", "x");
	put_hex(o, "blobs/sha256/" HEX64, tar);
	struct str layer = descriptor(LAYER, S("sha256:" HEX64), tar.n, "");
	put_index(o, index_of(put_described(o, MANIFEST, manifest_of(config, layer), "")));
	refused(o, (struct wish){0}, ERR_CORRUPT, "layer 1 of 1, sha256:012345678901");
}

static void accepted_media_types(void **state)
{
	(void)state;
	static const char *const types[] = {
		LAYER,
		LAYER "+gzip",
		LAYER "+zstd",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
		"application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct out *o = out_new(arena);
		struct image image;
		struct str config = put_described(o, CONFIG, S("{}"), "");
		struct str layer = put_described(o, types[i], tar_of("a", ""), "");
		struct str twice = str_fmt(arena, "%" PRIstr ",%" PRIstr, ARG(layer), ARG(layer));
		put_index(o, index_of(put_described(o, MANIFEST, manifest_of(config, twice), "")));
		opens_with(o, (struct wish){0}, "a", &image);
		assert_int_equal(image.layers.n, 2);
	}
}

/* ---- docker save ---- */

static struct str docker_config(struct str tar)
{
	return str_fmt(arena,
		       "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":"
		       "[\"%" PRIstr "\"]}}",
		       ARG(digest_sha256(arena, tar)));
}

/* The old form: HEX.json and ID/layer.tar. */
static void put_docker(struct out *o, struct str tar, struct str config, const char *tags)
{
	struct str hex = str_tail(digest_sha256(arena, config), 7);
	put_hex(o, str_z(arena, str_fmt(arena, "%" PRIstr ".json", ARG(hex))), config);
	put_hex(o, "1/layer.tar", tar);
	put_hex(o, "manifest.json",
		str_fmt(arena,
			"[{\"Config\":\"%" PRIstr ".json\",\"RepoTags\":%s,\"Layers\":"
			"[\"1/layer.tar\"]}]",
			ARG(hex), tags));
}

static void docker_saves_are_read(void **state)
{
	(void)state;
	struct out *o = out_new(arena);
	struct image image;
	struct str tar = tar_of("a", "x");
	put_docker(o, tar, docker_config(tar), "[\"node:latest\",\"example.com:5000/x/y:1\"]");
	static const char *const refs[] = {"", "node", "node:latest", "docker.io/library/node",
					   "example.com:5000/x/y:1"};
	for (size_t i = 0; i < sizeof refs / sizeof *refs; i++)
		opens_with(o, (struct wish){.ref = refs[i]}, "a", &image);
	assert_true(str_eq(image.kind, S("docker-archive")));
	assert_true(str_eq(image.platform, S("linux/amd64")));
	assert_true(str_eq(image.layers.at[0].label, digest_short(digest_sha256(arena, tar))));
	refused(o, (struct wish){.ref = "node:2"}, ERR_USAGE,
		"no image 'node:2', choose one of node:latest, example.com:5000/x/y:1");
	refused(o, (struct wish){.platform = "linux/arm64"}, ERR_UNSUPPORTED,
		"only for linux/amd64");
}

static void docker_saves_are_checked(void **state)
{
	(void)state;
	struct str tar = tar_of("a", "x"), other = tar_of("a", "y");
	struct out *o = out_new(arena);
	put_docker(o, tar, docker_config(other), "null");
	refused(o, (struct wish){0}, ERR_CORRUPT, "layer 1 of 1");
	o = out_new(arena);
	put_docker(o, tar, S("{\"rootfs\":{\"diff_ids\":[]}}"), "null");
	refused(o, (struct wish){0}, ERR_CORRUPT, "1 layers, but 0 diff_ids");
	o = out_new(arena);
	put_hex(o, HEX64 ".json", docker_config(tar));
	put_hex(o, "manifest.json",
		S("[{\"Config\":\"" HEX64 ".json\",\"Layers\":[\"1/layer.tar\"]}]"));
	refused(o, (struct wish){0}, ERR_CORRUPT, HEX64 ".json");
	o = out_new(arena);
	put_hex(o, "config", S("{\"rootfs\":{\"diff_ids\":[\"x\"]}}"));
	put_hex(o, "manifest.json", S("[{\"Config\":\"config\",\"Layers\":[\"1/layer.tar\"]}]"));
	refused(o, (struct wish){0}, ERR_CORRUPT, "layer 1 of 1: 1/layer.tar is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_of_contents_is_used_where_parts_can_be_had),
		cmocka_unit_test(a_table_that_is_not_bound_is_not_used),
		cmocka_unit_test(one_image_is_taken_whatever_it_is_for),
		cmocka_unit_test(tags_and_digests_choose),
		cmocka_unit_test(a_nested_index_is_chosen_from_by_platform),
		cmocka_unit_test(indexes_are_not_followed_for_ever),
		cmocka_unit_test(broken_documents_are_refused),
		cmocka_unit_test(descriptors_must_keep_their_word),
		cmocka_unit_test(layers_must_keep_their_word),
		cmocka_unit_test(a_layer_with_other_bytes_is_refused),
		cmocka_unit_test(accepted_media_types),
		cmocka_unit_test(docker_saves_are_read),
		cmocka_unit_test(docker_saves_are_checked),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
