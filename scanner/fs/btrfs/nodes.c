/*
 * nodes.c - a logical address to a block of a tree that has been checked (Btrees, "Header",
 * "Leaf node"): its checksum, place, owner's UUID, level and generation, that its keys rise and its
 * items lie within. Where a copy fails, the next one is tried. The last ones are kept.
 *
 * A child must begin with the key by which its parent names it and end before the key of its right
 * sibling, so that a tree can be no graph: a search and a walk over all items always end.
 */
#include <string.h>

#include "arena.h"
#include "btrfs.h"
#include "bytes.h"

enum { KEPT = 64 };

struct btrfs_nodes {
	struct btrfs_node kept[KEPT];
	uint64_t clock;
};

void btrfs_nodes_new(struct btrfs *v)
{
	v->nodes = NEW(v->arena, struct btrfs_nodes);
}

struct btrfs_key btrfs_load_key(const unsigned char *p)
{
	return (struct btrfs_key){load_le64(p), p[8], load_le64(p + 9)};
}

int btrfs_key_order(struct btrfs_key a, struct btrfs_key b)
{
	if (a.objectid != b.objectid)
		return a.objectid < b.objectid ? -1 : 1;
	if (a.type != b.type)
		return a.type < b.type ? -1 : 1;
	return a.offset < b.offset ? -1 : a.offset > b.offset;
}

struct btrfs_key btrfs_node_key(const struct btrfs_node *node, uint32_t i)
{
	size_t size = node->level ? BTRFS_POINTER_SIZE : BTRFS_ITEM_SIZE;
	return btrfs_load_key(node->p + BTRFS_HEADER_SIZE + size * i);
}

static bool fits(const struct btrfs *v, const struct btrfs_node *node)
{
	size_t room = v->super.node - BTRFS_HEADER_SIZE,
	       size = node->level ? BTRFS_POINTER_SIZE : BTRFS_ITEM_SIZE;
	if (node->n > room / size)
		return false;
	for (uint32_t i = 0; i < node->n; i++) {
		const unsigned char *p = node->p + BTRFS_HEADER_SIZE + size * i;
		if (i && btrfs_key_order(btrfs_node_key(node, i - 1), btrfs_load_key(p)) >= 0)
			return false;
		if (!node->level && !within(load_le32(p + 17), load_le32(p + 21), room))
			return false;
	}
	return true;
}

static bool known_uuid(const struct btrfs *v, const unsigned char uuid[16])
{
	for (size_t i = 0; i < v->devices.n; i++)
		if (memcmp(v->devices.at[i].node_uuid, uuid, 16) == 0)
			return true;
	return false;
}

/* What is wrong with a copy, or NULL. */
static const char *fault(const struct btrfs *v, const struct btrfs_node *node,
			 const struct btrfs_pointer *to)
{
	unsigned char sum[BTRFS_SUM_MAX];
	if (!v->unchecked) {
		btrfs_sum(v->super.sum, node->p + 32, v->super.node - 32, sum);
		if (memcmp(sum, node->p, btrfs_sum_size(v->super.sum)) != 0)
			return "has a wrong checksum";
	}
	if (load_le64(node->p + 48) != to->logical || !known_uuid(v, node->p + 32))
		return "belongs elsewhere";
	if (node->level != to->level)
		return "is of another level";
	if (node->generation != to->generation)
		return "is of another generation";
	return fits(v, node) ? NULL : "does not hold together";
}

static bool read_node(struct btrfs *v, const struct btrfs_pointer *to, struct btrfs_node *node,
		      struct error *e)
{
	unsigned copies = btrfs_copies(v, to->logical);
	for (unsigned i = 0; i < copies || i == 0; i++) {
		node->logical = 0;
		if (!btrfs_read_copy(v, to->logical, node->p, v->super.node, i, e)) {
			if (!btrfs_try_on(e))
				return false;
			continue;
		}
		node->generation = load_le64(node->p + 80);
		node->n = load_le32(node->p + 96);
		node->level = node->p[100];
		const char *what = fault(v, node, to);
		if (!what) {
			node->logical = to->logical;
			return true;
		}
		fail(e, ERR_CORRUPT, "btrfs: the node at %llu %s", (unsigned long long)to->logical,
		     what);
	}
	return false;
}

static struct btrfs_node *kept_or_oldest(struct btrfs *v, uint64_t logical)
{
	struct btrfs_node *oldest = v->nodes->kept;
	for (struct btrfs_node *node = oldest; node < v->nodes->kept + KEPT; node++) {
		if (node->p && node->logical == logical)
			return node;
		if (node->used < oldest->used)
			oldest = node;
	}
	return oldest;
}

static bool in_bounds(const struct btrfs_node *node, const struct btrfs_pointer *to)
{
	if (!node->n)
		return !to->inner && node->level == 0;
	if (to->inner && btrfs_key_order(btrfs_node_key(node, 0), to->first) != 0)
		return false;
	return !to->bounded || btrfs_key_order(btrfs_node_key(node, node->n - 1), to->beyond) < 0;
}

const struct btrfs_node *btrfs_node(struct btrfs *v, const struct btrfs_pointer *to,
				    struct error *e)
{
	struct btrfs_node *node = kept_or_oldest(v, to->logical);
	struct error why = {0};
	if (!node->p)
		node->p = arena_alloc(v->arena, 1, v->super.node);
	if (node->logical != to->logical || node->level != to->level ||
	    node->generation != to->generation) {
		if (!read_node(v, to, node, &why)) {
			*e = why;
			return NULL;
		}
	}
	node->used = ++v->nodes->clock;
	if (in_bounds(node, to))
		return node;
	fail(e, ERR_CORRUPT, "btrfs: the node at %llu holds keys of another",
	     (unsigned long long)to->logical);
	return NULL;
}
