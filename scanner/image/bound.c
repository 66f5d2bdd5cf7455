/*
 * bound.c - what a manifest says of a layer's table of contents, in annotations of the layer's
 * descriptor: containerd's of an eStargz (stargz-snapshotter, docs/estargz.md, "Content
 * Verification in eStargz"), and those of zstd:chunked (containers/storage), the older names of
 * which lack "github". A layer may have both; what cannot be understood is as if it were not there,
 * since the layer is one that can be read whole.
 */
#include "store.h"

#define STARGZ_DIGEST "containerd.io/snapshot/stargz/toc.digest"

enum { TYPE_CRFS = 1 }; /* the only type of table that there is */

/* "OFFSET:LENGTH:PLAIN LENGTH:TYPE" */
static bool read_position(struct str text, struct toc_bound *out)
{
	uint64_t numbers[4];
	for (size_t i = 0; i < 4; i++) {
		struct str part;
		if (str_cut(text, ':', &part, &text) != (i < 3) || !str_u64(part, &numbers[i]))
			return false;
	}
	out->at = numbers[0];
	out->packed = numbers[1];
	out->plain = numbers[2];
	return numbers[3] == TYPE_CRFS && out->packed;
}

struct toc_bound bound_read(const struct doc *annotations)
{
	static const struct {
		struct str sum, position;
	} chunked[] = {
#define NAMES(prefix) \
	{ \
		{prefix "checksum", sizeof(prefix "checksum") - 1}, \
		{ \
			prefix "position", sizeof(prefix "position") - 1 \
		} \
	}
		NAMES("io.github.containers.zstd-chunked.manifest-"),
		NAMES("io.containers.zstd-chunked.manifest-"),
#undef NAMES
	};
	struct toc_bound bound = {0};
	for (size_t i = 0; i < sizeof chunked / sizeof *chunked; i++) {
		bound.digest = doc_string(doc_get(annotations, chunked[i].sum));
		struct str position = doc_string(doc_get(annotations, chunked[i].position));
		if (digest_valid(bound.digest) && read_position(position, &bound))
			return bound;
	}
	bound = (struct toc_bound){.digest = doc_string(doc_get(annotations, S(STARGZ_DIGEST)))};
	return digest_valid(bound.digest) ? bound : (struct toc_bound){0};
}
