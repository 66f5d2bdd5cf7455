/*
 * erofs.h - an erofs image in its parts; private to fs/erofs/.
 *
 * Written from the format's documentation (erofs.docs.kernel.org, "On-disk format") and, where
 * that is silent, from what the kernel does with images (fs/erofs, as of Linux 6.18). All numbers
 * are little endian. An inode's number is its nid: its place behind the start of the metadata, in
 * units of 32 bytes; or, with its highest bit set, behind the start of the metabox, a file that
 * holds metadata and may be compressed.
 */
#ifndef EROFS_H
#define EROFS_H

#include "fs.h"

enum {
	EROFS_PAGE = 4096,
	EROFS_CLUSTER_MAX = 1 << 20, /* a compressed run of blocks */
	EROFS_EXTENT_MAX = 12 << 20, /* what one decompresses to */
};

/* A place of metadata is a byte of the image, or with this bit one of the metabox. Of nids it says
 * the same. */
#define EROFS_BOXED (UINT64_C(1) << 63)

/* A block that is none. */
#define EROFS_NOWHERE UINT64_MAX

/* The last page of metadata that was read. */
struct erofs_page {
	bool loaded;
	uint64_t at;
	size_t n;
	unsigned char bytes[EROFS_PAGE];
};

/* The last extent that was decompressed: n bytes at `at` of the file `nid`. */
struct erofs_plain {
	uint64_t nid, at;
	size_t n, room;
	char *bytes;
	char *cluster; /* EROFS_CLUSTER_MAX bytes for what is stored, once there was one */
};

/* How far the extents of a file were added up that only tell their lengths. */
struct erofs_sum {
	uint64_t nid, number, stored_at;
};

/* A prefix of names of extended attributes that the image brings along. */
struct erofs_prefix {
	unsigned base; /* the number of a prefix that every image has, and that stands before it */
	struct str rest;
};

struct erofs {
	struct fs fs;
	struct arena *arena;
	struct blob *blob;
	unsigned block_bits;
	uint64_t inodes_at;            /* where nid 0 lies */
	uint64_t shared_at;            /* where extended attributes lie that inodes share */
	uint64_t packed;               /* the nid of the file that tails of files lie in; 0: none */
	uint32_t features;             /* s_feature_incompat */
	uint32_t hints;                /* s_feature_compat */
	struct erofs_inode *box;       /* the metabox, or NULL */
	bool unboxing;                 /* a page of it is being read */
	struct erofs_page page, boxed; /* of the image, of the metabox */
	struct erofs_plain plain, plain_box; /* of files, of the metabox */
	struct erofs_sum sum;
	struct unpacker *unpacker;
	uint64_t prefixes_at;
	unsigned prefixes_n;
	struct erofs_prefix *prefixes; /* once one was needed */
};

/* s_feature_compat; the others do not matter here. */
enum {
	EROFS_CHECKSUM = 0x1,        /* of the superblock */
	EROFS_SHARED_BOXED = 0x8,    /* extended attributes that inodes share are in the metabox */
	EROFS_PREFIXES_PLAIN = 0x10, /* and their prefixes in neither it nor the packed file */
};

/* s_feature_incompat; two bits have two names. */
enum {
	EROFS_PADDED = 0x1,      /* clusters end, rather than begin, where their blocks do */
	EROFS_BIG_CLUSTER = 0x2, /* or: the superblock has the codecs' parameters behind it */
	EROFS_CHUNKED = 0x4,
	EROFS_DEVICES = 0x8,      /* or: a second codec */
	EROFS_INLINE_TAIL = 0x10, /* of compressed files */
	EROFS_FRAGMENTS = 0x20,   /* or: clusters that files share */
	EROFS_PREFIXES = 0x40,    /* of names of extended attributes */
	EROFS_48BIT = 0x80,       /* of a block's number */
	EROFS_METABOX = 0x100,
};

enum erofs_layout {
	EROFS_FLAT = 0,
	EROFS_COMPRESSED = 1, /* with an index of 8 bytes a cluster */
	EROFS_FLAT_INLINE = 2,
	EROFS_COMPACT = 3, /* compressed, with an index of 4 or 2 bytes a cluster */
	EROFS_CHUNKS = 4,
};

struct erofs_inode {
	uint64_t nid;
	struct fs_stat st;
	unsigned layout;
	uint64_t place; /* a block or EROFS_NOWHERE, or how chunks are stored */
	uint64_t attributes_at;
	uint32_t attributes_n;
	uint64_t body; /* behind the attributes: inline bytes, or an index */
};

/* ---- erofs.c ---- */

/* n bytes of metadata. */
bool erofs_load(struct erofs *f, uint64_t at, void *buf, size_t n, struct error *e);

/* The same of anything that the image or the metabox holds: many bytes are not kept in a page. */
bool erofs_bytes(struct erofs *f, uint64_t at, void *buf, size_t n, struct error *e);

/* Where the byte `into` after the beginning of a block lies; false for one that no image has. */
bool erofs_block_at(const struct erofs *f, uint64_t block, uint64_t into, uint64_t *at);

/* ---- inode.c ---- */

bool erofs_inode(struct erofs *f, uint64_t nid, struct erofs_inode *out, struct error *e);

/* ---- attributes.c ---- */

/* Of a file whose bytes lie in another tree, as overlayfs marks it ("metacopy"): *away, and the
 * path there ("redirect"), which is empty where it is the file's own. a and path may be NULL. */
bool erofs_away(struct erofs *f, struct arena *a, const struct erofs_inode *inode, bool *away,
		struct str *path, struct error *e);

/* ---- content.c ---- */

/* n bytes at `at`, which are all inside the file, directory or link. */
bool erofs_content(struct erofs *f, const struct erofs_inode *inode, uint64_t at, void *buf,
		   size_t n, struct error *e);

/* ---- compressed.c ---- */

/* The same for the two compressed layouts. */
bool erofs_decompress(struct erofs *f, const struct erofs_inode *inode, uint64_t at, char *buf,
		      size_t n, struct error *e);

/* ---- clusters.c: which bytes of the image a compressed file's bytes come from ---- */

enum erofs_storage {
	EROFS_HOLE,       /* zeros */
	EROFS_SHIFTED,    /* plain, from the cluster's start */
	EROFS_INTERLACED, /* plain, each byte where it stands in its block of the file */
	EROFS_PACKED,     /* compressed */
	EROFS_FRAGMENT,   /* a part of the file of fragments */
};

struct erofs_extent {
	uint64_t at, n; /* in the file */
	enum erofs_storage storage;
	unsigned codec;     /* of EROFS_PACKED */
	uint64_t stored_at; /* of a fragment, in the file of fragments */
	uint64_t stored_n;  /* of a fragment, as many as n */
};

bool erofs_extent(struct erofs *f, const struct erofs_inode *inode, uint64_t at,
		  struct erofs_extent *out, struct error *e);

/* ---- records.c ---- */

/* The same of a file that lists its extents; `header` is the one of 8 bytes that it has, `list`
 * where that ends. */
bool erofs_record(struct erofs *f, const struct erofs_inode *inode, const unsigned char *header,
		  uint64_t list, uint64_t at, struct erofs_extent *out, struct error *e);

/* ---- directory.c ---- */

bool erofs_list(struct erofs *f, const struct erofs_inode *dir, fs_visit *visit, void *arg,
		struct error *e);

#endif
