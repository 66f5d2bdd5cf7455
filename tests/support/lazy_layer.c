/*
 * lazy_layer.c - see lazy_layer.h.
 */
#include "lazy_layer.h"

#include <stdio.h>
#include <string.h>

#include "crc32.h"
#include "ustar.h"

enum { DEFLATE_BLOCK = 65535, ZSTD_BLOCK = 128 << 10 };

static void put_le(struct out *o, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char c = (char)(v >> 8 * i);
		out_str(o, (struct str){&c, 1});
	}
}

static void put_gzip(struct out *o, struct str bytes)
{
	uint32_t sum = ~crc32_bare(~0u, bytes.p, bytes.n);
	struct str rest = bytes;
	out_str(o, S("\x1f\x8b\x08\0\0\0\0\0\0\xff"));
	do {
		struct str block = str_slice(rest, 0, DEFLATE_BLOCK);
		rest = str_tail(rest, block.n);
		put_le(o, rest.n == 0, 1);
		put_le(o, block.n, 2);
		put_le(o, ~block.n, 2);
		out_str(o, block);
	} while (rest.n);
	put_le(o, sum, 4);
	put_le(o, bytes.n, 4);
}

/* A single segment, its size in 4 bytes, raw blocks. */
static void put_zstd(struct out *o, struct str bytes)
{
	struct str rest = bytes;
	out_str(o, S("\x28\xb5\x2f\xfd\xa0"));
	put_le(o, bytes.n, 4);
	do {
		struct str block = str_slice(rest, 0, ZSTD_BLOCK);
		rest = str_tail(rest, block.n);
		put_le(o, block.n << 3 | (rest.n == 0), 3);
		out_str(o, block);
	} while (rest.n);
}

size_t lazy_member(struct out *layer, enum lazy_format format, struct str bytes)
{
	size_t at = out_text(layer).n;
	(format == LAZY_ZSTD ? put_zstd : put_gzip)(layer, bytes);
	return at;
}

static void stargz_table(struct arena *a, struct out *layer, bool old, struct str json)
{
	char place[32];
	struct str tar = ustar_of(a, "stargz.index.json", json);
	snprintf(place, sizeof place, "%016zxSTARGZ", lazy_member(layer, LAZY_STARGZ, tar));
	out_str(layer, S("\x1f\x8b\x08\x04\0\0\0\0\0\xff"));
	out_str(layer, old ? S("\x16\0") : S("\x1a\0SG\x16\0"));
	out_z(layer, place);
	out_str(layer, S("\x01\0\0\xff\xff\0\0\0\0\0\0\0\0"));
}

void lazy_table(struct arena *a, struct out *layer, enum lazy_format format, struct str json,
		struct toc_bound *bound)
{
	if (format != LAZY_ZSTD) {
		*bound = (struct toc_bound){.digest = digest_sha256(a, json)};
		stargz_table(a, layer, format == LAZY_STARGZ_OLD, json);
		return;
	}
	struct out *frame = out_new(a);
	put_zstd(frame, json);
	struct str packed = str_dup(a, out_text(frame));
	*bound = (struct toc_bound){.digest = digest_sha256(a, packed),
				    .at = out_text(layer).n + 8,
				    .packed = packed.n,
				    .plain = json.n};
	out_str(layer, S("\x50\x2a\x4d\x18"));
	put_le(layer, packed.n, 4);
	out_str(layer, packed);
}
