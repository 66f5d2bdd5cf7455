/*
 * xfs_log.h - the log of an XFS volume, "XFS Algorithms & Data Structures", chapter "Journaling
 * Log"; private to fs/xfs/.
 *
 * The log is a ring of blocks of 512 bytes. Records stand in it one after another; each tells where
 * it stands, and in which turn of the ring (the cycle): that is its sequence number. Records hold
 * operations, pieces of transactions; a transaction that is committed holds items, each one or
 * more regions of bytes. What lies between the tail, which the last record names, and the head,
 * where the next record would be written, may not be in place yet.
 *
 * Failures here but those of ERR_IO mean that the log is not understood, not that the volume cannot
 * be read.
 */
#ifndef XFS_LOG_H
#define XFS_LOG_H

#include "xfs.h"

/* Lays what the log holds over x->blob and notes it in x->replayed. *why is left empty when the
 * volume is then as a mount would see it; else it tells why not and what would settle that. Fails
 * only when the operating system would not give the bytes. */
bool xfs_log_replay(struct xfs *x, struct str *why, struct error *e);

struct xfs_log {
	struct xfs *x;
	uint64_t start;       /* in bytes */
	uint32_t blocks;      /* of XFS_SECTOR bytes, at least one */
	unsigned char *whole; /* room for one record */
};

struct xfs_record {
	uint64_t lsn, tail; /* cycle << 32 | block */
	uint32_t blocks;    /* with its headers */
	uint32_t headers;   /* blocks */
	uint32_t bytes;     /* after the headers */
	uint32_t operations;
	const unsigned char *contents;
};

static inline uint32_t xfs_lsn_cycle(uint64_t lsn)
{
	return (uint32_t)(lsn >> 32);
}

static inline uint32_t xfs_lsn_block(uint64_t lsn)
{
	return (uint32_t)lsn;
}

/* ---- log_record.c ---- */

/* n blocks from `block` on, around the ring. */
bool xfs_log_read(struct xfs_log *l, uint32_t block, uint32_t n, void *buf, struct error *e);

/* The cycle in which a block was written, and whether a record begins with it. */
uint32_t xfs_log_cycle(const unsigned char *block, bool *begins);

/* The header of the record at `block`; r->contents is not filled. ERR_CORRUPT when it is not one
 * that stands there. */
bool xfs_record_header(struct xfs_log *l, uint32_t block, struct xfs_record *r, struct error *e);

/* All of it, checked, its words put back in place. *torn when it was not written whole, or was
 * changed since. r->contents holds until the next call. */
bool xfs_record_read(struct xfs_log *l, uint64_t lsn, struct xfs_record *r, bool *torn,
		     struct error *e);

/* The sequence number of the record after r. */
uint64_t xfs_record_after(const struct xfs_log *l, const struct xfs_record *r);

/* ---- log_head.c ---- */

/* What is to be replayed: from the tail up to, not including, the head. */
struct xfs_span {
	uint64_t tail;
	uint32_t head;
	uint64_t next; /* the sequence number of a record there */
	bool clean;    /* nothing is */
};

/* As the last record before `head` has it. */
bool xfs_log_span(struct xfs_log *l, uint32_t head, struct xfs_span *out, struct error *e);

/* Where the next record would be written; *empty when there never was one. */
bool xfs_log_head(struct xfs_log *l, uint32_t *head, bool *empty, struct error *e);

/* ---- log_transaction.c ---- */

struct xfs_item {
	const struct str *regions;
	size_t n;
	unsigned type;
	uint64_t lsn;     /* where its transaction begins */
	uint64_t ordinal; /* of its transaction's commit */
};

/* Types of items; those between the first and the last that have no name here are intents, what
 * ends them, and quotas: nothing that is read here hangs on them. */
enum {
	XFS_ITEM_FIRST = 0x1236,
	XFS_ITEM_INODE = 0x123b,
	XFS_ITEM_BUFFER = 0x123c,
	XFS_ITEM_ICREATE = 0x123f,
	XFS_ITEM_BUI = 0x1244, /* to map blocks to a file … */
	XFS_ITEM_BUD = 0x1245, /* … is done */
	XFS_ITEM_XMI = 0x1248, /* to exchange blocks of two files … */
	XFS_ITEM_XMD = 0x1249, /* … is done */
	XFS_ITEM_LAST = 0x124f,
};

struct xfs_transactions;

/* Is called with each item of each committed transaction, in the order in which they take effect.
 */
typedef bool xfs_item_fn(void *arg, const struct xfs_item *item, struct error *e);

struct xfs_transactions *xfs_transactions_new(struct arena *a, xfs_item_fn *fn, void *arg);
bool xfs_transactions_take(struct xfs_transactions *t, const struct xfs_record *r, struct error *e);

/* ---- log_item.c ---- */

struct xfs_replay;

struct xfs_replay *xfs_replay_new(struct xfs *x);

/* The first pass only notes what the second must know: an xfs_item_fn each. */
bool xfs_replay_note(void *replay, const struct xfs_item *item, struct error *e);
bool xfs_replay_apply(void *replay, const struct xfs_item *item, struct error *e);

/* After the second pass: intents that were noted and never done become moves of the volume's.
 * ERR_UNSUPPORTED for what was met and is beyond this replay. */
bool xfs_replay_finish(struct xfs_replay *r, struct error *e);

#endif
