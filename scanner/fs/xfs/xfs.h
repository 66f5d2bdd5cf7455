/*
 * xfs.h - the parts of an XFS volume, as "XFS Algorithms & Data Structures" (3rd edition) names
 * them; private to fs/xfs/. Numbers on the disk are big-endian, but for checksums.
 */
#ifndef XFS_H
#define XFS_H

#include "fs.h"

enum {
	XFS_SECTOR = 512,        /* the "basic block" in which disk addresses count */
	XFS_BLOCK_MAX = 1 << 16, /* of a block and of a directory block alike */
	XFS_INODE_MAX = 2048,
	XFS_FORK_MAX = XFS_INODE_MAX - 100,
	XFS_CORE_V4 = 100, /* bytes of an inode before its data fork */
	XFS_CORE_V5 = 176,
	XFS_UUID = 16,
};

enum xfs_incompat {
	XFS_FTYPE = 1 << 0,
	XFS_META_UUID = 1 << 2,
	XFS_NEEDSREPAIR = 1 << 4,
	XFS_NREXT64 = 1 << 5,
};

struct xfs_super {
	bool v5, ftype, nocase, logv2;
	uint32_t incompat, log_incompat;
	uint32_t block, sector, inode; /* sizes in bytes */
	unsigned block_log, inopb_log, ag_log, dir_log;
	uint32_t ag_blocks, ag_count;
	uint64_t blocks, root;
	uint64_t log_start; /* a block number; 0 when the log is on another device */
	uint32_t log_blocks;
	unsigned char uuid[XFS_UUID], meta_uuid[XFS_UUID];
	char label[12];
};

/* Blocks that the log meant to give a file, or to take from it, and had not yet: a mount finishes
 * that. Later ones count over earlier ones. */
struct xfs_move {
	uint64_t ino, start, block, count;
	bool hole;
};

struct xfs {
	struct fs fs;
	struct arena *arena;
	struct blob *blob;             /* the volume as a mount would see it */
	struct blob_overlay *replayed; /* what the log changed in it, or NULL */
	VEC(struct xfs_move) moves;    /* and what is not in the blocks even so */
	uint64_t next_lsn;             /* of what would be logged next; 0: not known */
	bool ahead;                    /* something was found that is not older than that */
	struct xfs_super sb;
	struct xfs_piece *spare; /* buffers of XFS_BLOCK_MAX bytes that nobody holds */
};

struct xfs_inode {
	uint64_t ino, size;
	uint64_t extents; /* in the data fork */
	uint32_t mode, uid, gid;
	unsigned format;
	bool realtime;
	size_t fork_n;
	unsigned char fork[XFS_FORK_MAX]; /* the data fork */
};

enum xfs_format { XFS_DEV, XFS_LOCAL, XFS_EXTENTS, XFS_BTREE };

/* Blocks of a file that lie in a row. */
struct xfs_run {
	uint64_t block; /* of the volume; nothing for a hole */
	uint64_t count; /* at least 1 */
	bool hole;      /* also what was allocated and never written: it reads as zeros */
};

/* Where a v5 block carries what proves it. */
struct xfs_seal {
	unsigned crc, address, lsn, uuid, owner;
};

extern const struct xfs_seal xfs_seal_bmbt, xfs_seal_data, xfs_seal_da, xfs_seal_link;

/* ---- super.c ---- */

/* The superblock as the blob has it; `replayed` says that its checksum is not to be asked for. */
bool xfs_super_read(struct blob *b, bool replayed, struct xfs_super *sb, struct error *e);

/* Where `count` blocks lie, in bytes. ERR_CORRUPT when they are not all inside one group. */
bool xfs_block_at(const struct xfs_super *sb, uint64_t block, uint64_t count, uint64_t *at,
		  struct error *e);
bool xfs_inode_at(const struct xfs_super *sb, uint64_t ino, uint64_t *at, struct error *e);

/* ---- block.c ---- */

/* A buffer of XFS_BLOCK_MAX bytes, to be given back. */
unsigned char *xfs_take(struct xfs *x);
void xfs_give(struct xfs *x, unsigned char *buffer);

/* Does the CRC-32C of n bytes, without the four at `at` that hold it, agree? */
bool xfs_crc_good(const unsigned char *p, size_t n, size_t at);

/* Takes note of the sequence number of what was read, as a version 5 volume has it in each block.
 * The log comes first, so one that the log has not reached yet makes the tree stale. */
void xfs_dated(struct xfs *x, uint64_t lsn);

/* The same of what groups of blocks begin with, the first few of them: a copy goes from the first
 * byte to the last, and the log lies in the middle. Fails where they cannot be read. */
bool xfs_date_groups(struct xfs *x, struct error *e);

/* The tree is stale, and why, besides what it may be already. */
void xfs_say_stale(struct xfs *x, struct str why);

/* Is this the block of `owner` that belongs at byte `at` of the volume? Below v5 there is no way
 * to tell. What the log has changed has no checksum to agree with. */
bool xfs_sealed(struct xfs *x, const struct xfs_seal *seal, const unsigned char *p, size_t n,
		uint64_t at, uint64_t owner, struct error *e);

/* ---- inode.c ---- */

bool xfs_inode_read(struct xfs *x, uint64_t ino, struct xfs_inode *out, struct error *e);

/* All sb.inode bytes of it, once they have proved to be it. */
bool xfs_inode_bytes(struct xfs *x, uint64_t ino, unsigned char p[XFS_INODE_MAX], struct error *e);

/* ---- attribute.c ---- */

/* Has an inode an attribute in the namespace "trusted" of this name and value? ERR_UNSUPPORTED
 * where its attributes do not lie in the inode. */
bool xfs_is_marked(struct xfs *x, uint64_t ino, struct str name, struct str value, bool *out,
		   struct error *e);

/* ---- extents.c ---- */

/* The run that begins at block `at` of a file whose fork holds extents, or their tree. */
bool xfs_map(struct xfs *x, const struct xfs_inode *i, uint64_t at, struct xfs_run *out,
	     struct error *e);

/* Up to n bytes of the fork's contents at `at`, which end at i->size. */
bool xfs_contents(struct xfs *x, const struct xfs_inode *i, uint64_t at, void *buf, size_t n,
		  size_t *got, struct error *e);

/* ---- dir.c, dir_hash.c ---- */

struct xfs_entry {
	struct str name;
	uint64_t ino;
	size_t end; /* where the next one begins */
};

bool xfs_dir_list(struct xfs *x, const struct xfs_inode *dir, fs_visit *visit, void *arg,
		  struct error *e);
bool xfs_dir_lookup(struct xfs *x, const struct xfs_inode *dir, struct str name, bool *found,
		    uint64_t *ino, struct error *e);

/* The directory block at block `at` of the file, whole; *hole when there is none, and then *next
 * is where one may be. */
struct xfs_dir_block {
	unsigned char *p;
	uint64_t address; /* in bytes, of its beginning */
	bool hole;
	uint64_t next;
};
bool xfs_dir_read(struct xfs *x, const struct xfs_inode *dir, uint64_t at,
		  struct xfs_dir_block *block, struct error *e);

/* Checks a block of entries; *from and *to are where they stand in it. */
bool xfs_dir_entries(struct xfs *x, const struct xfs_inode *dir, const struct xfs_dir_block *block,
		     size_t *from, size_t *to, struct error *e);

/* The entry at `at`, before `to`; its name is empty where there is free space. */
bool xfs_dir_entry(const struct xfs *x, const unsigned char *p, size_t at, size_t to,
		   struct xfs_entry *out, struct error *e);

/* Finds a name by its hash; for directories of more than one block. */
bool xfs_dir_hashed(struct xfs *x, const struct xfs_inode *dir, struct str name, bool *found,
		    uint64_t *ino, struct error *e);
uint32_t xfs_hash(struct str name);

/* ---- link.c ---- */

enum { XFS_LINK_MAX = 1024 };

/* The target of a symbolic link, XFS_LINK_MAX bytes at most. */
bool xfs_link_read(struct xfs *x, const struct xfs_inode *i, char *target, struct error *e);

#endif
