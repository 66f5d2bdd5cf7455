/*
 * overlay.c - writes held over a volume, in pages that are copied from it when they are first
 * written to.
 */
#include "xfs_overlay.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "map.h"
#include "xfs.h"

enum { PAGE = 4096, PAGES_MAX = 64 << 8 /* 64 MiB */ };

struct page {
	uint64_t touched; /* a bit a sector */
	unsigned char bytes[PAGE];
};

struct xfs_overlay {
	struct blob blob;
	struct blob *under;
	struct arena *arena;
	struct map *pages; /* by number, eight bytes as they lie in memory */
};

static struct page *page_at(const struct xfs_overlay *o, uint64_t number)
{
	return map_get(o->pages, (struct str){(const char *)&number, sizeof number});
}

static struct page *page_made(struct xfs_overlay *o, uint64_t number, struct error *e)
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

static size_t piece_of(uint64_t at, size_t n)
{
	size_t left = PAGE - (size_t)(at % PAGE);
	return left < n ? left : n;
}

static bool overlay_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			 struct error *e)
{
	struct xfs_overlay *o = (struct xfs_overlay *)b;
	if (!o->under->read(o->under, at, buf, n, got, e))
		return false;
	for (size_t have = 0, piece; have < *got; have += piece) {
		const struct page *page = page_at(o, (at + have) / PAGE);
		piece = piece_of(at + have, *got - have);
		if (page)
			memcpy((char *)buf + have, page->bytes + (at + have) % PAGE, piece);
	}
	return true;
}

struct xfs_overlay *xfs_overlay_new(struct arena *a, struct blob *under)
{
	struct xfs_overlay *o = NEW(a, struct xfs_overlay);
	*o = (struct xfs_overlay){
		.blob = {.name = under->name, .size = under->size, .read = overlay_read},
		.under = under,
		.arena = a,
		.pages = map_new(a),
	};
	return o;
}

struct blob *xfs_overlay_blob(struct xfs_overlay *o)
{
	return &o->blob;
}

static uint64_t sectors(uint64_t at, size_t n)
{
	uint64_t first = at % PAGE / XFS_SECTOR, last = (at % PAGE + n - 1) / XFS_SECTOR;
	return ((uint64_t)2 << last) - ((uint64_t)1 << first);
}

bool xfs_overlay_write(struct xfs_overlay *o, uint64_t at, const void *p, size_t n, struct error *e)
{
	if (!within(at, n, o->under->size))
		return fail(e, ERR_CORRUPT, "a write at byte %llu is past the end",
			    (unsigned long long)at);
	for (size_t have = 0, piece; have < n; have += piece) {
		piece = piece_of(at + have, n - have);
		struct page *page = page_made(o, (at + have) / PAGE, e);
		if (!page)
			return false;
		memcpy(page->bytes + (at + have) % PAGE, (const char *)p + have, piece);
		page->touched |= sectors(at + have, piece);
	}
	return true;
}

bool xfs_overlay_touched(const struct xfs_overlay *o, uint64_t at, size_t n)
{
	for (size_t have = 0, piece; o && have < n; have += piece) {
		const struct page *page = page_at(o, (at + have) / PAGE);
		piece = piece_of(at + have, n - have);
		if (page && page->touched & sectors(at + have, piece))
			return true;
	}
	return false;
}
