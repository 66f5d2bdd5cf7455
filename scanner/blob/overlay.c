/*
 * overlay.c - writes held over a blob, in pages that are copied from it when they are first
 * written to.
 */
#include <string.h>

#include "arena.h"
#include "blob.h"
#include "bytes.h"
#include "map.h"

enum { SECTOR = 512, PAGE = 4096, PAGES_MAX = 64 << 8 /* 64 MiB */ };

struct page {
	uint64_t touched; /* a bit a sector */
	unsigned char bytes[PAGE];
};

struct blob_overlay {
	struct blob blob;
	struct blob *under;
	uint64_t size; /* at least; zeros follow where the blob ends before */
	struct arena *arena;
	struct map *pages; /* by number, eight bytes as they lie in memory */
};

static struct page *page_at(const struct blob_overlay *o, uint64_t number)
{
	return map_get(o->pages, (struct str){(const char *)&number, sizeof number});
}

static struct page *page_made(struct blob_overlay *o, uint64_t number, struct error *e)
{
	size_t got;
	struct page *page = page_at(o, number);
	if (page)
		return page;
	if (map_count(o->pages) == PAGES_MAX) {
		fail(e, ERR_LIMIT, "more than %d pages of writes", PAGES_MAX);
		return NULL;
	}
	page = NEW(o->arena, struct page);
	if (!o->under->read(o->under, number * PAGE, page->bytes, PAGE, &got, e))
		return NULL;
	struct str key = {(const char *)&number, sizeof number};
	map_put(o->pages, str_dup(o->arena, key), page);
	return page;
}

static size_t piece_of(uint64_t at, uint64_t n)
{
	size_t left = PAGE - (size_t)(at % PAGE);
	return left < n ? left : (size_t)n;
}

static bool overlay_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			 struct error *e)
{
	struct blob_overlay *o = (struct blob_overlay *)b;
	uint64_t sure = at < o->size ? o->size - at : 0;
	size_t some, least = sure < n ? (size_t)sure : n;
	if (!o->under->read(o->under, at, buf, n, &some, e))
		return false;
	if (some < least) {
		memset((char *)buf + some, 0, least - some);
		some = least;
	}
	for (size_t have = 0, piece; have < some; have += piece) {
		const struct page *page = page_at(o, (at + have) / PAGE);
		piece = piece_of(at + have, some - have);
		if (page)
			memcpy((char *)buf + have, page->bytes + (at + have) % PAGE, piece);
	}
	*got = some;
	return true;
}

struct blob_overlay *blob_overlay_new(struct arena *a, struct blob *under, uint64_t size)
{
	uint64_t longer = under->size > size ? under->size : size;
	struct blob_overlay *o = NEW(a, struct blob_overlay);
	*o = (struct blob_overlay){
		.blob = {.name = under->name, .size = longer, .read = overlay_read},
		.under = under,
		.size = size,
		.arena = a,
		.pages = map_new(a),
	};
	return o;
}

struct blob *blob_overlaid(struct blob_overlay *o)
{
	return &o->blob;
}

static uint64_t sectors(uint64_t at, size_t n)
{
	uint64_t first = at % PAGE / SECTOR, last = (at % PAGE + n - 1) / SECTOR;
	return ((uint64_t)2 << last) - ((uint64_t)1 << first);
}

bool blob_overlay_write(struct blob_overlay *o, uint64_t at, const void *p, uint64_t n,
			struct error *e)
{
	if (!within(at, n, o->blob.size))
		return fail(e, ERR_CORRUPT, "a write at byte %llu is past the end",
			    (unsigned long long)at);
	size_t piece;
	for (uint64_t have = 0; have < n; have += piece) {
		piece = piece_of(at + have, n - have);
		struct page *page = page_made(o, (at + have) / PAGE, e);
		if (!page)
			return false;
		unsigned char *to = page->bytes + (at + have) % PAGE;
		if (p)
			memcpy(to, (const char *)p + have, piece);
		else
			memset(to, 0, piece);
		page->touched |= sectors(at + have, piece);
	}
	return true;
}

bool blob_overlay_touched(const struct blob_overlay *o, uint64_t at, size_t n)
{
	for (size_t have = 0, piece; o && have < n; have += piece) {
		const struct page *page = page_at(o, (at + have) / PAGE);
		piece = piece_of(at + have, n - have);
		if (page && page->touched & sectors(at + have, piece))
			return true;
	}
	return false;
}
