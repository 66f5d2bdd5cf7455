/*
 * tree.c - a key to the items around it (Btrees, "Structure"): a search from the root each time,
 * over nodes that are kept, so that nothing is held from one search to the next. What a log lays
 * over a tree is found first.
 */
#include "btrfs.h"
#include "bytes.h"

/* Where a search ended: the leaf's last item that is not after the key is at - 1. */
struct spot {
	const struct btrfs_node *leaf;
	uint32_t at;
	bool more; /* there is a leaf to the right, which begins with the key `next` */
	struct btrfs_key next;
};

/* How many of a node's keys are not after k. */
static uint32_t not_after(const struct btrfs_node *node, struct btrfs_key k)
{
	uint32_t low = 0, high = node->n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (btrfs_key_order(btrfs_node_key(node, middle), k) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void step_down(const struct btrfs_node *node, uint32_t i, struct btrfs_pointer *to)
{
	const unsigned char *p = node->p + BTRFS_HEADER_SIZE + (size_t)BTRFS_POINTER_SIZE * i;
	to->inner = true;
	to->first = btrfs_load_key(p);
	to->logical = load_le64(p + 17);
	to->generation = load_le64(p + 25);
	to->level = (uint8_t)(node->level - 1);
	if (i + 1 < node->n) {
		to->bounded = true;
		to->beyond = btrfs_load_key(p + BTRFS_POINTER_SIZE);
	}
}

static bool search(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k,
		   struct spot *out, struct error *e)
{
	struct btrfs_pointer to = {
		.logical = t->root, .generation = t->generation, .level = t->level};
	for (;;) {
		const struct btrfs_node *node = btrfs_node(v, &to, e);
		if (!node)
			return false;
		uint32_t at = not_after(node, k);
		if (!node->level) {
			*out = (struct spot){node, at, to.bounded, to.beyond};
			return true;
		}
		step_down(node, at ? at - 1 : 0, &to);
	}
}

static void load_item(const struct btrfs_node *leaf, uint32_t i, struct btrfs_item *out)
{
	const unsigned char *p = leaf->p + BTRFS_HEADER_SIZE + (size_t)BTRFS_ITEM_SIZE * i;
	*out = (struct btrfs_item){btrfs_load_key(p),
				   leaf->p + BTRFS_HEADER_SIZE + load_le32(p + 17),
				   load_le32(p + 21)};
}

/* The tree's own, without what lies over it. */
static bool base_upto(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		      struct btrfs_item *out, struct error *e)
{
	struct spot s;
	if (!search(v, t, k, &s, e))
		return false;
	*found = s.at > 0;
	if (*found)
		load_item(s.leaf, s.at - 1, out);
	return true;
}

static bool base_from(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		      struct btrfs_item *out, struct error *e)
{
	struct spot s;
	if (!search(v, t, k, &s, e))
		return false;
	if (s.at && btrfs_key_order(btrfs_node_key(s.leaf, s.at - 1), k) == 0)
		s.at--;
	if (s.at == s.leaf->n && s.more) {
		k = s.next;
		if (!search(v, t, k, &s, e))
			return false;
		s.at = 0;
	}
	*found = s.at < s.leaf->n;
	if (*found)
		load_item(s.leaf, s.at, out);
	return true;
}

bool btrfs_key_next(struct btrfs_key *k)
{
	if (++k->offset || ++k->type || ++k->objectid)
		return true;
	return false;
}

static bool key_before(struct btrfs_key *k)
{
	return k->offset-- || k->type-- || k->objectid--;
}

bool btrfs_from(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		struct btrfs_item *out, struct error *e)
{
	struct btrfs_item over;
	bool below = false;
	*found = false;
	do {
		bool above = t->over && btrfs_overlay_from(t->over, k, &over);
		if (!base_from(v, t, k, &below, out, e))
			return false;
		int order = !above ? 1 : !below ? -1 : btrfs_key_order(over.key, out->key);
		if (order > 0 || over.p) {
			*found = above || below;
			if (order <= 0)
				*out = over;
			return true;
		}
		k = over.key;
	} while (btrfs_key_next(&k));
	return true;
}

bool btrfs_upto(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		struct btrfs_item *out, struct error *e)
{
	struct btrfs_item over;
	bool below = false;
	*found = false;
	do {
		bool above = t->over && btrfs_overlay_upto(t->over, k, &over);
		if (!base_upto(v, t, k, &below, out, e))
			return false;
		int order = !above ? -1 : !below ? 1 : btrfs_key_order(over.key, out->key);
		if (order < 0 || over.p) {
			*found = above || below;
			if (order >= 0)
				*out = over;
			return true;
		}
		k = over.key;
	} while (key_before(&k));
	return true;
}

bool btrfs_exact(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		 struct btrfs_item *out, struct error *e)
{
	struct btrfs_item over;
	if (t->over && btrfs_overlay_from(t->over, k, &over) && btrfs_key_order(over.key, k) == 0) {
		*found = over.p != NULL;
		*out = over;
		return true;
	}
	if (!base_upto(v, t, k, found, out, e))
		return false;
	*found = *found && btrfs_key_order(out->key, k) == 0;
	return true;
}
