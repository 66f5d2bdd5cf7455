/*
 * overlay.c - items that lie over those of a tree, in the order of their keys: a skip list (Pugh,
 * 1990), whose towers are as high as a fixed sequence of numbers says.
 */
#include <string.h>

#include "arena.h"
#include "btrfs.h"

enum { HEIGHT = 16, ITEMS_MAX = 1 << 20, BYTES_MAX = 64 << 20 };

struct over {
	struct btrfs_item item;
	struct over *next[]; /* as many as its tower is high */
};

struct btrfs_overlay {
	struct arena *arena;
	uint64_t sequence;
	size_t n, bytes; /* put so far */
	struct over *first[HEIGHT];
};

struct btrfs_overlay *btrfs_overlay_new(struct arena *a)
{
	struct btrfs_overlay *o = NEW(a, struct btrfs_overlay);
	o->arena = a;
	o->sequence = 1;
	return o;
}

/* A quarter of the towers is higher than one, a quarter of those higher than two, … */
static unsigned height(struct btrfs_overlay *o)
{
	o->sequence = o->sequence * 6364136223846793005u + 1442695040888963407u;
	unsigned h = 1;
	for (uint64_t bits = o->sequence >> 32; h < HEIGHT && (bits & 3) == 0; bits >>= 2)
		h++;
	return h;
}

/* The last item before k; `links` gets, per level, the link that an item at k would hang on. */
static struct over *before(struct btrfs_overlay *o, struct btrfs_key k, struct over **links[HEIGHT])
{
	struct over *at = NULL;
	for (unsigned level = HEIGHT; level-- > 0;) {
		struct over **link = at ? &at->next[level] : &o->first[level];
		while (*link && btrfs_key_order((*link)->item.key, k) < 0) {
			at = *link;
			link = &at->next[level];
		}
		links[level] = link;
	}
	return at;
}

bool btrfs_overlay_put(struct btrfs_overlay *o, struct btrfs_key k, const void *p, uint32_t n,
		       struct error *e)
{
	struct over **links[HEIGHT];
	if (o->n++ >= ITEMS_MAX || n > BYTES_MAX - o->bytes)
		return fail(e, ERR_LIMIT, "btrfs: a log of more than %d changes or %d bytes",
			    ITEMS_MAX, BYTES_MAX);
	o->bytes += n;
	unsigned char *copy = p ? arena_alloc(o->arena, 1, (size_t)n + 1) : NULL;
	if (n && copy)
		memcpy(copy, p, n);
	before(o, k, links);
	struct over *at = *links[0];
	if (!at || btrfs_key_order(at->item.key, k) != 0) {
		unsigned h = height(o);
		at = arena_alloc(o->arena, 1, sizeof *at + h * sizeof *at->next);
		for (unsigned level = 0; level < h; level++) {
			at->next[level] = *links[level];
			*links[level] = at;
		}
	}
	at->item = (struct btrfs_item){k, copy, n};
	return true;
}

bool btrfs_overlay_from(struct btrfs_overlay *o, struct btrfs_key k, struct btrfs_item *out)
{
	struct over **links[HEIGHT];
	before(o, k, links);
	if (*links[0])
		*out = (*links[0])->item;
	return *links[0] != NULL;
}

bool btrfs_overlay_upto(struct btrfs_overlay *o, struct btrfs_key k, struct btrfs_item *out)
{
	struct over **links[HEIGHT];
	const struct over *at = before(o, k, links);
	if (*links[0] && btrfs_key_order((*links[0])->item.key, k) == 0)
		at = *links[0];
	if (at)
		*out = at->item;
	return at != NULL;
}
