/*
 * cache.h - blobs that were fetched and proved before, by their digests, and what was learnt of
 * them: files under $XDG_CACHE_HOME/offnode.
 *
 * A file is made without a name and gets one when its last byte is proved, so what a killed run
 * leaves is nothing. Runs beside each other share it. The oldest use goes first where the size
 * would be passed. A cache that cannot be used is none: nothing here makes a scan fail.
 */
#ifndef CACHE_H
#define CACHE_H

#include "blob.h"

struct cache;

/* DIR is made when something is kept. */
struct cache *cache_open(struct arena *a, struct str dir, uint64_t max_bytes);

/* Where users expect it: $XDG_CACHE_HOME/offnode, else ~/.cache/offnode; empty: neither is set. */
struct str cache_default(struct arena *a);

/* A blob by its digest; NULL when it is not there. It proves itself before it is given out, by
 * being read whole; one that does not is forgotten, and not there. May be called from any thread,
 * as all that follows. */
struct blob *cache_blob(struct arena *a, struct cache *c, struct str digest, struct watch *w);

/* Random access over a stream as blob_spool, whose bytes are kept under their digest at their end;
 * `s` proves them: its end is their proof. */
struct blob *cache_spool(struct arena *a, struct cache *c, struct str digest, struct stream *s,
			 uint64_t max_spill, struct error *e);

/* What was learnt of a blob: bytes under its digest and a name ("index-1"). They come back whole or
 * not at all. */
bool cache_note(struct arena *a, struct cache *c, struct str digest, struct str name,
		struct str *out);
void cache_keep_note(struct cache *c, struct str digest, struct str name, struct str bytes);

/* Forgets a blob and its notes. */
void cache_forget(struct cache *c, struct str digest);

struct cache_use {
	uint64_t blobs, notes, bytes;
};

bool cache_used(struct cache *c, struct cache_use *out, struct error *e);
bool cache_clear(struct cache *c, struct cache_use *gone, struct error *e);

#endif
