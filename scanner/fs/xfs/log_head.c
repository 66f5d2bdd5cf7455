/*
 * log_head.c - the log of an XFS volume to the stretch of it that is to be replayed: "XFS
 * Algorithms & Data Structures", "Journaling Log". Every block begins with the number of the turn
 * in which it was written (a record's first with a magic number, then that), so the head is where
 * the numbers step down, and bisection finds it. Several records may have been under way when the
 * machine stopped, in any order: what lies behind the first that is missing does not count.
 */
#include "bytes.h"
#include "xfs_log.h"

enum {
	UNDER_WAY = 8 * 512,      /* blocks that may be under way: eight records of 256 KiB */
	RECORD_BLOCKS = 512 + 16, /* no record is longer */
	RECORDS_UNDER_WAY = 8,
	PIECE = 64,
	UNMOUNT = 0x20,
	OPERATION_FLAGS_AT = 9,
};

static bool look(struct xfs_log *l, uint32_t block, uint32_t *cycle, bool *begins, struct error *e)
{
	unsigned char first[XFS_SECTOR];
	if (!xfs_log_read(l, block, 1, first, e))
		return false;
	*cycle = xfs_log_cycle(first, begins);
	return true;
}

static uint32_t back(const struct xfs_log *l, uint32_t block, uint32_t by)
{
	return block >= by ? block - by : block + l->blocks - by;
}

/* The first block of the cycle before. */
static bool bisect(struct xfs_log *l, uint32_t old, uint32_t *out, struct error *e)
{
	uint32_t low = 0, high = l->blocks - 1, cycle;
	bool begins;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (!look(l, middle, &cycle, &begins, e))
			return false;
		if (cycle == old)
			high = middle;
		else
			low = middle;
	}
	*out = high;
	return true;
}

/* Is there a record that says "unmounted" right before the head? */
static bool is_unmount(struct xfs_log *l, const struct xfs_record *r, bool *is, struct error *e)
{
	unsigned char first[XFS_SECTOR];
	uint32_t at = (xfs_lsn_block(r->lsn) + r->headers) % l->blocks;
	if (!xfs_log_read(l, at, 1, first, e))
		return false;
	*is = r->operations == 1 && first[OPERATION_FLAGS_AT] & UNMOUNT;
	return true;
}

/* The last record that ends at the head, or before it when one was not finished: *head moves. */
static bool last_record(struct xfs_log *l, uint32_t *head, struct xfs_record *r, struct error *e)
{
	unsigned moves = 0;
	for (uint32_t by = 1; by <= RECORD_BLOCKS && by < l->blocks; by++) {
		uint32_t at = back(l, *head, by), cycle;
		bool begins;
		if (!look(l, at, &cycle, &begins, e))
			return false;
		if (!begins)
			continue;
		if (!xfs_record_header(l, at, r, e))
			return false;
		if (r->blocks == by)
			return true;
		if (r->blocks < by)
			return fail(e, ERR_CORRUPT, "log: nothing follows the record at block %u",
				    at);
		if (moves++ == RECORDS_UNDER_WAY)
			break;
		*head = at;
		by = 0;
	}
	return fail(e, ERR_CORRUPT, "log: no record before its head at block %u", *head);
}

/* The tail lies behind the head, at most one turn. */
static bool check_tail(const struct xfs_log *l, const struct xfs_record *r, struct error *e)
{
	uint32_t cycle = xfs_lsn_cycle(r->tail), block = xfs_lsn_block(r->tail);
	uint32_t at = xfs_lsn_block(r->lsn);
	bool same = cycle == xfs_lsn_cycle(r->lsn) && block <= at;
	bool before = cycle + 1 == xfs_lsn_cycle(r->lsn) && block > at;
	if (block < l->blocks && cycle && (same || before))
		return true;
	return fail(e, ERR_CORRUPT, "log: its tail %u,%u does not go with its head", cycle, block);
}

bool xfs_log_span(struct xfs_log *l, uint32_t head, struct xfs_span *out, struct error *e)
{
	struct xfs_record r;
	struct xfs_span span = {.head = head};
	if (!last_record(l, &span.head, &r, e) || !is_unmount(l, &r, &span.clean, e))
		return false;
	if (!span.clean && !check_tail(l, &r, e))
		return false;
	span.tail = r.tail;
	span.next = xfs_record_after(l, &r);
	*out = span;
	return true;
}

/* What is not of the cycle that it should be within the last blocks before the head was under way;
 * the head is at the first of those. */
static bool step_back(struct xfs_log *l, uint32_t fresh, uint32_t old, uint32_t *head,
		      struct error *e)
{
	uint32_t n = UNDER_WAY < l->blocks ? UNDER_WAY : l->blocks, cycle;
	bool begins;
	if (old == 0 && n > *head)
		n = *head; /* the ring was never full */
	for (uint32_t by = n, k; by; by -= k) {
		k = by < PIECE ? by : PIECE;
		if (!xfs_log_read(l, back(l, *head, by), k, l->whole, e))
			return false;
		for (uint32_t i = 0; i < k; i++) {
			cycle = xfs_log_cycle(l->whole + (size_t)i * XFS_SECTOR, &begins);
			if (cycle == (by - i <= *head ? fresh : old))
				continue;
			*head = back(l, *head, by - i);
			return true;
		}
	}
	return true;
}

bool xfs_log_head(struct xfs_log *l, uint32_t *head, bool *empty, struct error *e)
{
	uint32_t fresh, old, at = l->blocks;
	struct xfs_span span;
	struct error none = {0};
	bool begins;
	if (!look(l, 0, &fresh, &begins, e) || !look(l, l->blocks - 1, &old, &begins, e))
		return false;
	*empty = fresh == 0;
	if (*empty)
		return true;
	if (fresh == old)
		old--;
	else if (old + 1 != fresh)
		return fail(e, ERR_CORRUPT, "log: its turns %u and %u do not go together", fresh,
			    old);
	else if (!bisect(l, old, &at, e))
		return false;
	/* What was unmounted has nothing under way: do not look at all of it. */
	bool tidy = xfs_log_span(l, at % l->blocks, &span, &none) && span.clean;
	if (!tidy && !step_back(l, fresh, old, &at, e))
		return false;
	*head = at % l->blocks;
	return true;
}
