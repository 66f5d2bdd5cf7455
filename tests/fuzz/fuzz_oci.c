/*
 * fuzz_oci.c - any documents as a store of images. The input is cut at lines "--" into parts; in
 * each, "@N" stands for the digest of part N, "%N" for its hexadecimal digits, "#N" for its size,
 * N a digit greater than the part's own number. So digests are right, and the reader is met with
 * documents instead of mismatches. Part 0 is manifest.json when it begins with '[', else
 * index.json. Beyond not crashing, an image that opens has as many layers as its trail says.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../../scanner/image/store.h"
#include "arena.h"
#include "fuzzed.h"
#include "out.h"

enum { PARTS_MAX = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct part {
	struct str text, digest;
};

static size_t cut(struct str rest, struct part parts[PARTS_MAX])
{
	size_t n = 0, start = 0;
	for (size_t i = 0; i + 4 <= rest.n && n + 1 < PARTS_MAX; i++)
		if (str_eq(str_slice(rest, i, i + 4), S("\n--\n"))) {
			parts[n++].text = str_slice(rest, start, i);
			start = i += 4;
		}
	parts[n++].text = str_tail(rest, start);
	return n;
}

static void expand(struct arena *a, struct part *parts, size_t self, size_t n)
{
	struct out *o = out_new(a);
	struct str s = parts[self].text;
	for (size_t i = 0; i < s.n; i++) {
		size_t of = i + 1 < s.n ? (size_t)(s.p[i + 1] - '0') : n;
		if (of <= self || of >= n || (s.p[i] != '@' && s.p[i] != '%' && s.p[i] != '#')) {
			out_str(o, str_slice(s, i, i + 1));
			continue;
		}
		if (s.p[i] == '#')
			out_fmt(o, "%zu", parts[of].text.n);
		else
			out_str(o, str_tail(parts[of].digest, s.p[i] == '%' ? 7 : 0));
		i++;
	}
	parts[self].text = out_text(o);
	parts[self].digest = digest_sha256(a, parts[self].text);
}

static void put(struct out *o, struct str path, struct str bytes)
{
	out_fmt(o, "-- /%" PRIstr " hex --\n", ARG(path));
	for (size_t i = 0; i < bytes.n; i++)
		out_fmt(o, "%02x", (unsigned char)bytes.p[i]);
	out_z(o, "\n");
}

static struct fs *store_of(struct arena *a, struct part *parts, size_t n)
{
	static const struct fs_options opts = {.max.entries = 1000};
	struct out *o = out_new(a);
	struct error e;
	for (size_t i = n; i-- > 0;) {
		expand(a, parts, i, n);
		put(o, str_cat(a, S("blobs/sha256/"), str_tail(parts[i].digest, 7)), parts[i].text);
	}
	bool docker = str_starts(parts[0].text, S("["));
	put(o, docker ? S("manifest.json") : S("index.json"), parts[0].text);
	return fs_open_txtar(a, blob_memory(a, S("store"), out_text(o)), &opts, &e);
}

static void open_image(struct arena *a, struct fs *fs, struct str platform)
{
	static const struct choice any;
	struct image_options opts = {.platform = platform,
				     .fs = {.max.entries = 1000, .max.file = 1 << 20}};
	struct image image = {0};
	struct opening o = {.a = a, .opts = &opts, .image = &image};
	struct error e = {0};
	bool good = docker_has_manifest(&o, fs) ? docker_open(&o, fs, &any, &e)
						: layout_open(&o, fs, &any, "oci", &e);
	struct str count = str_fmt(a, " > %zu layer", image.layers.n);
	if (good ? !str_has(image.trail, count) : e.kind == ERR_NONE)
		abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct part parts[PARTS_MAX] = {0};
	size_t n = cut((struct str){(const char *)bytes, size}, parts);
	struct fs *fs = store_of(a, parts, n);
	if (!fs)
		abort();
	open_image(a, fs, S(""));
	open_image(a, fs, S("linux/arm64"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, run, bytes, size);
}
