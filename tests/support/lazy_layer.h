/*
 * lazy_layer.h - small layers with a table of contents, made without the code under test: members
 * are stored, not compressed.
 */
#ifndef LAZY_LAYER_H
#define LAZY_LAYER_H

#include "fs.h"
#include "out.h"

enum lazy_format { LAZY_STARGZ, LAZY_STARGZ_OLD, LAZY_ZSTD };

/* A gzip member (RFC 1952) or zstd frame (RFC 8878) of these bytes; where it begins. */
size_t lazy_member(struct out *layer, enum lazy_format format, struct str bytes);

/* The table and what makes it found, behind the members; *bound is what a manifest would say. */
void lazy_table(struct arena *a, struct out *layer, enum lazy_format format, struct str json,
		struct toc_bound *bound);

#endif
