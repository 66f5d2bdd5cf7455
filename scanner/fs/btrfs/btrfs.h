/*
 * btrfs.h - the parts of the btrfs reader, lowest first: sums.c (xxhash64.c, blake2b.c), super.c,
 * chunks.c (parity.c), nodes.c, overlay.c, tree.c, dirs.c, subvols.c, log.c (relink.c), extents.c
 * (lzo.c), btrfs.c.
 *
 * The specification is "On-disk Format" and "Btrees" of the btrfs documentation
 * (btrfs.readthedocs.io). All numbers on disk are little-endian. A logical address is one in the
 * space that chunks map to devices; nodes and extents are named by logical addresses.
 */
#ifndef BTRFS_H
#define BTRFS_H

#include "fs.h"

#define BTRFS_MAGIC "_BHRfS_M" /* at byte 64 of a superblock */

enum {
	BTRFS_SUPER_AT = 64 << 10,
	BTRFS_SUPER_SIZE = 4096,
	BTRFS_DEVICE_AT = 0xC9 + 66, /* in a superblock: the UUID of this device */
	BTRFS_HEADER_SIZE = 101,
	BTRFS_KEY_SIZE = 17,
	BTRFS_ITEM_SIZE = 25,    /* in a leaf: key, place and size of the content */
	BTRFS_POINTER_SIZE = 33, /* in another node: key, child, its generation */
	BTRFS_INODE_LEAST = 112, /* of an INODE_ITEM: up to the times */
	BTRFS_ENTRY_HEAD = 30,   /* of a DIR_ITEM or DIR_INDEX, before the name */
	BTRFS_SUM_MAX = 32,
	BTRFS_LEVELS = 8,
	BTRFS_EXTENT_HEAD = 21,      /* of an EXTENT_DATA item; inline bytes follow */
	BTRFS_EXTENT_SIZE = 53,      /* the whole item, where the bytes lie elsewhere */
	BTRFS_PACKED_MAX = 128 << 10 /* bytes of a compressed extent, before and after */
};

enum btrfs_type {
	BTRFS_INODE_ITEM = 1,
	BTRFS_INODE_REF = 12,
	BTRFS_INODE_EXTREF = 13,
	BTRFS_XATTR_ITEM = 24,
	BTRFS_DIR_LOG_INDEX = 72,
	BTRFS_DIR_ITEM = 84,
	BTRFS_DIR_INDEX = 96,
	BTRFS_EXTENT_DATA = 108,
	BTRFS_EXTENT_CSUM = 128,
	BTRFS_ROOT_ITEM = 132,
	BTRFS_ROOT_BACKREF = 144,
	BTRFS_ROOT_REF = 156,
	BTRFS_DEV_ITEM = 216,
	BTRFS_CHUNK_ITEM = 228,
};

/* Object ids with a meaning. The negative ones are as large as unsigned numbers get. */
#define BTRFS_DEVICES ((uint64_t)1)
#define BTRFS_FS_TREE ((uint64_t)5)
#define BTRFS_ROOT_DIR ((uint64_t)6)
#define BTRFS_CSUM_TREE ((uint64_t)7)
#define BTRFS_FIRST_FREE ((uint64_t)256)
#define BTRFS_CHUNKS ((uint64_t)256)
#define BTRFS_LOGS ((uint64_t)-6)
#define BTRFS_CSUMS ((uint64_t)-10)

/* The number x in n bytes, as the disk has it. */
static inline void btrfs_store(unsigned char *p, uint64_t x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(x >> 8 * i);
}

/* ---- super.c: what stands at the head of each device ---- */

enum btrfs_sum { BTRFS_CRC32C, BTRFS_XXHASH, BTRFS_SHA256, BTRFS_BLAKE2 };

struct btrfs_super {
	unsigned char fsid[16];      /* what lsblk and fstab call the UUID */
	unsigned char node_uuid[16]; /* what nodes are marked with */
	unsigned char device[16];    /* the UUID of this device among the others */
	uint64_t generation, incompat;
	uint64_t root, chunk_root, log_root;
	uint64_t chunk_generation;
	uint8_t root_level, chunk_level, log_level;
	uint32_t sector, node; /* bytes */
	enum btrfs_sum sum;
	struct str label;
	struct str system_chunks; /* keys and CHUNK_ITEMs in a row */
};

/* The first copy, as Linux reads it; where that one does not hold together, the newest of the
 * other copies. `unchecked` takes checksums for right. */
bool btrfs_read_super(struct arena *a, struct blob *b, bool unchecked, struct btrfs_super *out,
		      struct error *e);

/* ---- sums.c ---- */

size_t btrfs_sum_size(enum btrfs_sum kind);
void btrfs_sum(enum btrfs_sum kind, const void *p, size_t n, unsigned char out[BTRFS_SUM_MAX]);

uint64_t xxhash64(const void *p, size_t n);                       /* seed 0 */
void blake2b_256(const void *p, size_t n, unsigned char out[32]); /* RFC 7693, no key */

/* ---- the volume ---- */

struct btrfs_device {
	unsigned char uuid[16], node_uuid[16];
	struct blob *blob;
};

struct btrfs_stripe {
	unsigned char device[16];
	uint64_t at;
};

struct btrfs_chunk {
	uint64_t logical, length;
	uint64_t profile; /* type bits */
	unsigned stripes, sub_stripes;
	const struct btrfs_stripe *stripe;
};

struct btrfs_chunks {
	VEC(struct btrfs_chunk) list; /* by logical address */
	unsigned char *stripe;        /* one that is read on the way to another */
};

struct btrfs_key {
	uint64_t objectid;
	uint8_t type;
	uint64_t offset;
};

/* Borrowed until the next read of the volume. */
struct btrfs_item {
	struct btrfs_key key;
	const unsigned char *p;
	uint32_t n;
};

struct btrfs_overlay;

struct btrfs_tree {
	uint64_t root, generation;
	uint8_t level;
	struct btrfs_overlay *over; /* what a log changes, or NULL */
};

struct btrfs_subvol {
	uint64_t id, number; /* number: its place in the volume's list */
	uint64_t root_dir;
	struct btrfs_tree tree;
	struct btrfs_tree log; /* of its newest writes; root 0 where there is none */
};

/* A piece of a file that was unpacked last. */
struct btrfs_piece {
	uint64_t at; /* logical address of its packed bytes; 0 for none */
	unsigned char *packed, *bytes;
	size_t n;
};

struct btrfs {
	struct arena *arena;
	struct btrfs_super super;
	struct limits max;
	bool unchecked;
	VEC(struct btrfs_device) devices; /* all there are, of whatever volume */
	VEC(struct blob *) members;       /* those of this one, */
	size_t missing;                   /* and how many others it has */
	struct btrfs_chunks chunks;
	struct btrfs_nodes *nodes;
	struct btrfs_tree roots, csums;
	struct map *subvols_by_id;
	VEC(struct btrfs_subvol *) subvols;
	struct unpacker *unpacker;
	struct btrfs_piece piece;
	struct str stale;
};

/* ---- chunks.c: logical addresses to bytes ---- */

bool btrfs_add_system_chunks(struct btrfs *v, struct error *e);
bool btrfs_load_chunks(struct btrfs *v, struct error *e); /* out of the chunk tree */
/* Finds v->members by what the chunk tree says of devices. */
bool btrfs_load_members(struct btrfs *v, struct error *e);

/* How many ways there are to the byte at `logical`: its copies, and what parity gives back with one
 * or another stripe left alone. 0 where no chunk holds it. */
unsigned btrfs_copies(const struct btrfs *v, uint64_t logical);
/* All n bytes out of one copy. */
bool btrfs_read_copy(struct btrfs *v, uint64_t logical, void *buf, size_t n, unsigned copy,
		     struct error *e);

/* ---- parity.c: stripes of a row count its data first, then P, then Q ---- */

/* What the ith stripe is multiplied by so that the sum over all but itself is the data stripe
 * `lost`; 0 for the stripe `other`, which is lost as well. In raid5 that is the Q there is not. */
unsigned char btrfs_parity_weight(unsigned n_data, unsigned lost, unsigned other, unsigned i);
void btrfs_parity_add(unsigned char *sum, const unsigned char *stripe, size_t n,
		      unsigned char weight);

/* Is it worth trying another copy? Not when a limit was hit. */
static inline bool btrfs_try_on(const struct error *e)
{
	return e->kind != ERR_LIMIT;
}

/* ---- nodes.c: blocks of trees, checked and kept for a while ---- */

struct btrfs_node {
	uint64_t logical, generation;
	uint8_t level;
	uint32_t n; /* items, or pointers */
	unsigned char *p;
	uint64_t used; /* the later, the larger */
};

/* What is known of a node before it is read. */
struct btrfs_pointer {
	uint64_t logical, generation;
	uint8_t level;
	bool inner;                     /* has a parent: the bounds hold */
	bool bounded;                   /* has a sibling to the right */
	struct btrfs_key first, beyond; /* its first key, and one that all of its keys are before */
};

void btrfs_nodes_new(struct btrfs *v);
/* Borrowed until the next call; NULL on failure. */
const struct btrfs_node *btrfs_node(struct btrfs *v, const struct btrfs_pointer *to,
				    struct error *e);
struct btrfs_key btrfs_node_key(const struct btrfs_node *node, uint32_t i);

/* ---- tree.c: items by key ---- */

struct btrfs_key btrfs_load_key(const unsigned char *p);
int btrfs_key_order(struct btrfs_key a, struct btrfs_key b);
/* The key that follows at once; false after the last there is. */
bool btrfs_key_next(struct btrfs_key *k);

/* The first item at or after a key, the last at or before it, the one with it. */
bool btrfs_from(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		struct btrfs_item *out, struct error *e);
bool btrfs_upto(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		struct btrfs_item *out, struct error *e);
bool btrfs_exact(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_key k, bool *found,
		 struct btrfs_item *out, struct error *e);

/* ---- overlay.c: items over a tree ---- */

struct btrfs_overlay *btrfs_overlay_new(struct arena *a);
/* Keeps a copy of the item's bytes; p NULL hides the tree's item. ERR_LIMIT past a
 * million changes. */
bool btrfs_overlay_put(struct btrfs_overlay *o, struct btrfs_key k, const void *p, uint32_t n,
		       struct error *e);
/* out->p is NULL where the tree's item is hidden. */
bool btrfs_overlay_from(struct btrfs_overlay *o, struct btrfs_key k, struct btrfs_item *out);
bool btrfs_overlay_upto(struct btrfs_overlay *o, struct btrfs_key k, struct btrfs_item *out);

/* ---- dirs.c: names ---- */

/* A name in a DIR_ITEM or DIR_INDEX. */
struct btrfs_entry {
	struct btrfs_key location;
	struct str name;
	uint64_t index; /* of the DIR_INDEX that it came from */
	size_t size;    /* bytes of the item that it takes */
};

/* The entry at byte `at` of an item, which holds one or, where names hash alike, several. */
bool btrfs_load_entry(const struct btrfs_item *item, size_t at, struct btrfs_entry *out,
		      struct error *e);
uint32_t btrfs_name_hash(struct str name);

/* The value of an extended attribute ("XATTR_ITEM"), which stands as entries of directories do.
 * Borrowed until the next read of the volume; empty where the inode has none of that name. */
bool btrfs_find_attribute(struct btrfs *v, const struct btrfs_tree *t, uint64_t ino,
			  struct str name, struct str *value, struct error *e);
bool btrfs_find_name(struct btrfs *v, const struct btrfs_tree *t, uint64_t dir, struct str name,
		     bool *found, struct btrfs_entry *out, struct error *e);
/* Where a listing is: among the names of a hash. Begins with the number of the directory alone. */
struct btrfs_listing {
	uint64_t dir, hash;
	size_t in_item;
};
/* The next name, in the order of hashes; its text is borrowed. */
bool btrfs_next_name(struct btrfs *v, const struct btrfs_tree *t, struct btrfs_listing *at,
		     bool *found, struct btrfs_entry *out, struct error *e);

/* ---- subvols.c ---- */

/* The one with an id; *out NULL where there is none. ERR_LIMIT past 65535 of them. */
bool btrfs_subvol(struct btrfs *v, uint64_t id, struct btrfs_subvol **out, struct error *e);
/* The one that is mounted when none is asked for. */
bool btrfs_default_subvol(struct btrfs *v, struct btrfs_subvol **out, struct error *e);
/* By "subvolid=N", or a path from the top level. */
bool btrfs_named_subvol(struct btrfs *v, struct str which, struct btrfs_subvol **out,
			struct error *e);
/* Does this name in this tree really lead to that subvolume? In a snapshot it does not. */
bool btrfs_subvol_entered(struct btrfs *v, uint64_t from, uint64_t to, uint64_t dir,
			  struct str name, bool *yes, struct error *e);
/* A tree out of a ROOT_ITEM. */
bool btrfs_load_root(const struct btrfs_item *item, struct btrfs_tree *out, uint64_t *root_dir,
		     bool *gone, struct error *e);

/* ---- log.c ---- */

/* Lays over each subvolume what its log would change when it is mounted. Where a log does not hold
 * together the trees stay as they are, and v->stale says so. */
bool btrfs_replay(struct btrfs *v, struct error *e);

/* ---- extents.c, lzo.c: contents ---- */

enum btrfs_packing { BTRFS_PLAIN, BTRFS_ZLIB, BTRFS_LZO, BTRFS_ZSTD };

/* A row of LZO1X segments, as btrfs cuts it. */
bool btrfs_unpack_lzo(struct str packed, uint32_t sector, void *out, size_t room, size_t *got,
		      struct error *e);
/* One LZO1X stream. */
bool lzo_decode(struct str in, void *out, size_t room, size_t *got, struct error *e);

struct btrfs_file {
	const struct fs *fs;
	const struct btrfs_subvol *in;
	uint64_t ino;
	bool summed; /* its data has checksums */
};

bool btrfs_read_file(struct btrfs *v, const struct btrfs_file *f, uint64_t at, void *buf, size_t n,
		     struct error *e);

/* ---- btrfs.c ---- */

struct fs *btrfs_open(struct arena *a, struct blob *b, const struct fs_options *opts,
		      bool unchecked, struct error *e);

#endif
