/*
 * fuzz_toc.c - any bytes as a table of contents that a manifest is bound to, over members that hold
 * any bytes: what opens keeps the promises of a tree (tour.h). The input is the format (a byte),
 * how many members (a byte), each as a length of 16 bits and its bytes, and the table's JSON.
 */
#include <stdlib.h>

#include "arena.h"
#include "bytes.h"
#include "fuzzed.h"
#include "lazy_layer.h"
#include "tour.h"

enum { ENTRIES = 500, FILE_SIZE = 64 << 10, DEPTH = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct str take(struct str *rest, size_t n)
{
	struct str part = str_slice(*rest, 0, n);
	*rest = str_tail(*rest, part.n);
	return part;
}

static void put_members(struct out *layer, enum lazy_format format, struct str *rest)
{
	struct str count = take(rest, 1);
	for (unsigned n = count.n ? (unsigned char)count.p[0] : 0; n && rest->n; n--) {
		struct str size = take(rest, 2);
		if (size.n == 2)
			lazy_member(layer, format,
				    take(rest, load_le16((const unsigned char *)size.p)));
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct str rest = {(const char *)bytes + 1, size - 1};
	enum lazy_format format = bytes[0] % 3;
	struct fs_options opts = {.whiteouts = true, .max.entries = ENTRIES};
	struct tour t = {.max_file = FILE_SIZE, .max_entries = ENTRIES, .max_depth = DEPTH};
	struct out *layer = out_new(a);
	struct toc_bound bound;
	struct error e = {0};
	out_z(layer, "head");
	put_members(layer, format, &rest);
	lazy_table(a, layer, format, rest, &bound);
	struct blob *b = blob_memory(a, S("layer"), str_dup(a, out_text(layer)));
	struct fs *fs = fs_open_toc(a, b, &bound, &opts, &e);
	if (fs)
		tour_tree(a, fs, &t);
	else if (e.kind == ERR_NONE || !e.text[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size == 0 ? 0 : fuzzed((size_t)512 << 20, run, bytes, size);
}
