/*
 * dir_hash.c - one name to its inode by the hashes that an XFS directory of several blocks keeps at
 * 32 GiB in its file: "XFS Algorithms & Data Structures", chapters "Leaf Directories", "Node
 * Directories" and "Directory and Attribute B+Trees". A tree of at most five levels leads to a leaf
 * of (hash, address) pairs; equal hashes may go on in the leaf after it.
 */
#include "bytes.h"
#include "xfs.h"

enum {
	LEAF1_V4 = 0xd2f1, /* the only one, with free space at its end */
	LEAFN_V4 = 0xd2ff, /* one under a tree */
	NODE_V4 = 0xfebe,
	LEAF1_V5 = 0x3df1,
	LEAFN_V5 = 0x3dff,
	NODE_V5 = 0x3ebe,
	HEADER_V4 = 16,
	HEADER_V5 = 64,
	ENTRY = 8,
	LEVELS_MAX = 5,
	LEAVES_MAX = 64, /* that hold one hash */
	UNIT = 8,        /* of an address */
};

static const uint64_t hashes_at = (uint64_t)32 << 30;

/* A block of the tree: n entries of eight bytes. */
struct hashes {
	struct xfs_dir_block block;
	const unsigned char *entries;
	size_t n;
	unsigned level; /* 0 for a leaf */
	uint32_t forward;
};

struct wanted {
	struct str name;
	uint32_t hash;
	bool found;
	uint64_t ino;
};

static bool wrong(const struct xfs_inode *dir, const char *what, struct error *e)
{
	return fail(e, ERR_CORRUPT, "directory %llu: %s", (unsigned long long)dir->ino, what);
}

uint32_t xfs_hash(struct str name)
{
	uint32_t hash = 0;
	for (size_t i = 0; i < name.n; i++)
		hash = (unsigned char)name.p[i] ^ (hash << 7 | hash >> 25);
	return hash;
}

static bool read_hashes(struct xfs *x, const struct xfs_inode *dir, uint64_t at, struct hashes *h,
			struct error *e)
{
	size_t n = (size_t)x->sb.block << x->sb.dir_log, header = x->sb.v5 ? HEADER_V5 : HEADER_V4;
	const unsigned char *p = h->block.p, *counts = p + (x->sb.v5 ? 56 : 12);
	if (!xfs_dir_read(x, dir, at, &h->block, e))
		return false;
	if (h->block.hole)
		return wrong(dir, "its hashes are missing", e);
	unsigned magic = load_be16(p + 8);
	bool node = magic == (x->sb.v5 ? NODE_V5 : NODE_V4);
	if (!node && magic != (x->sb.v5 ? LEAF1_V5 : LEAF1_V4) &&
	    magic != (x->sb.v5 ? LEAFN_V5 : LEAFN_V4))
		return wrong(dir, "a block of hashes is none", e);
	if (!xfs_sealed(x, &xfs_seal_da, p, n, h->block.address, dir->ino, e))
		return fail_in(e, "directory %llu", (unsigned long long)dir->ino);
	h->n = load_be16(counts);
	h->level = node ? load_be16(counts + 2) : 0;
	h->forward = load_be32(p);
	h->entries = p + header;
	if (h->n > (n - header) / ENTRY || (node && (h->n == 0 || h->level == 0)))
		return wrong(dir, "a block of hashes is out of shape", e);
	return true;
}

/* Down to the first leaf that may hold the hash; *none when it is past the last. */
static bool descend(struct xfs *x, const struct xfs_inode *dir, uint32_t hash, struct hashes *h,
		    bool *none, struct error *e)
{
	unsigned above = LEVELS_MAX + 1;
	uint64_t at = hashes_at >> x->sb.block_log;
	*none = false;
	for (;;) {
		size_t k = 0;
		if (!read_hashes(x, dir, at, h, e))
			return false;
		if (h->level >= above || (above <= LEVELS_MAX && h->level + 1 != above))
			return wrong(dir, "its tree of hashes is of uneven depth", e);
		above = h->level;
		if (h->level == 0)
			return true;
		while (k < h->n && load_be32(h->entries + k * ENTRY) < hash)
			k++;
		*none = k == h->n;
		if (*none)
			return true;
		at = load_be32(h->entries + k * ENTRY + 4);
	}
}

/* Is the entry at this address the one? */
static bool try_address(struct xfs *x, const struct xfs_inode *dir, uint64_t byte,
			struct xfs_dir_block *b, struct wanted *w, struct error *e)
{
	uint64_t whole = (uint64_t)x->sb.block << x->sb.dir_log, start = byte & ~(whole - 1);
	size_t from, to;
	struct xfs_entry entry;
	if (byte >= dir->size)
		return wrong(dir, "a hash leads outside", e);
	if (!xfs_dir_read(x, dir, start >> x->sb.block_log, b, e))
		return false;
	if (b->hole)
		return wrong(dir, "a hash leads into a hole", e);
	if (!xfs_dir_entries(x, dir, b, &from, &to, e))
		return false;
	if (byte - start < from)
		return wrong(dir, "a hash leads to no entry", e);
	if (!xfs_dir_entry(x, b->p, byte - start, to, &entry, e))
		return fail_in(e, "directory %llu", (unsigned long long)dir->ino);
	w->found = str_eq(entry.name, w->name);
	w->ino = entry.ino;
	return true;
}

/* Address 0 marks a removed entry. */
static bool try_leaf(struct xfs *x, const struct xfs_inode *dir, const struct hashes *h,
		     struct xfs_dir_block *b, struct wanted *w, struct error *e)
{
	for (size_t k = 0; k < h->n && !w->found; k++) {
		const unsigned char *entry = h->entries + k * ENTRY;
		uint64_t address = load_be32(entry + 4);
		if (load_be32(entry) != w->hash || address == 0)
			continue;
		if (!try_address(x, dir, address * UNIT, b, w, e))
			return false;
	}
	return true;
}

static bool try_leaves(struct xfs *x, const struct xfs_inode *dir, struct hashes *h,
		       struct xfs_dir_block *b, struct wanted *w, struct error *e)
{
	bool none;
	if (!descend(x, dir, w->hash, h, &none, e))
		return false;
	for (unsigned leaves = 0; !none; leaves++) {
		if (leaves == LEAVES_MAX)
			return fail(e, ERR_LIMIT, "directory %llu: too many names of one hash",
				    (unsigned long long)dir->ino);
		if (!try_leaf(x, dir, h, b, w, e))
			return false;
		if (w->found || h->forward == 0 || h->n == 0 ||
		    load_be32(h->entries + (h->n - 1) * ENTRY) != w->hash)
			return true;
		if (!read_hashes(x, dir, h->forward, h, e))
			return false;
		if (h->level)
			return wrong(dir, "a leaf of hashes leads to none", e);
	}
	return true;
}

bool xfs_dir_hashed(struct xfs *x, const struct xfs_inode *dir, struct str name, bool *found,
		    uint64_t *ino, struct error *e)
{
	struct wanted w = {.name = name, .hash = xfs_hash(name)};
	struct hashes h = {.block.p = xfs_take(x)};
	struct xfs_dir_block b = {.p = xfs_take(x)};
	bool done = try_leaves(x, dir, &h, &b, &w, e);
	xfs_give(x, b.p);
	xfs_give(x, h.block.p);
	if (!done)
		return false;
	*found = w.found;
	*ino = w.ino;
	return true;
}
