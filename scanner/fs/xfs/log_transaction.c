/*
 * log_transaction.c - the records of an XFS log to the items of its transactions: "XFS Algorithms &
 * Data Structures", "Log Operations" and "Log Items". A region may go on in the next record, and
 * the operations of several transactions lie among each other; what is never committed has not
 * happened. A transaction that began before the tail is in place already. Numbers are those of the
 * machine: little-endian.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "vec.h"
#include "xfs_log.h"

enum {
	OPERATION = 12,
	CLIENT_TRANSACTION = 0x69,
	CLIENT_LOG = 0xaa,
	START = 0x01,
	COMMIT = 0x02,
	WAS_CONTINUED = 0x08,
	UNMOUNT = 0x20,
	HEADER_MAGIC = 0x5452414e, /* "TRAN" */
	HEADER = 16,
	OPEN_MAX = 256,
	BYTES_MAX = 256 << 20, /* of one transaction */
	CANCEL = 0x2,          /* in the flags of a buffer */
	INODES = 0x1,
};

/* Regions lie in `bytes` one after another. */
struct transaction {
	bool open;
	uint32_t id;
	uint64_t lsn;
	char *bytes;
	size_t n, room;
	VEC(size_t) ends;
};

struct xfs_transactions {
	struct arena *arena;
	xfs_item_fn *fn;
	void *arg;
	uint64_t commits;
	VEC(struct transaction) all; /* places that are used again */
	VEC(struct str) regions;     /* of what is committed */
};

struct xfs_transactions *xfs_transactions_new(struct arena *a, xfs_item_fn *fn, void *arg)
{
	struct xfs_transactions *t = NEW(a, struct xfs_transactions);
	*t = (struct xfs_transactions){.arena = a, .fn = fn, .arg = arg};
	return t;
}

/* ---- gathering regions ---- */

static struct transaction *open_with(struct xfs_transactions *t, uint32_t id)
{
	for (size_t i = 0; i < t->all.n; i++)
		if (t->all.at[i].open && t->all.at[i].id == id)
			return &t->all.at[i];
	return NULL;
}

static bool start(struct xfs_transactions *t, uint32_t id, uint64_t lsn, struct error *e)
{
	struct transaction *place = NULL;
	if (open_with(t, id))
		return fail(e, ERR_CORRUPT, "log: transaction %x begins twice", id);
	for (size_t i = 0; i < t->all.n && !place; i++)
		place = t->all.at[i].open ? NULL : &t->all.at[i];
	if (!place && t->all.n == OPEN_MAX)
		return fail(e, ERR_LIMIT, "log: more than %d transactions at once", OPEN_MAX);
	if (!place)
		place = vec_push(t->arena, &t->all);
	place->open = true;
	place->id = id;
	place->lsn = lsn;
	place->n = place->ends.n = 0;
	return true;
}

static bool append(struct xfs_transactions *t, struct transaction *x, const unsigned char *p,
		   size_t n, bool same_region, struct error *e)
{
	if (n > BYTES_MAX - x->n)
		return fail(e, ERR_LIMIT, "log: a transaction of more than %d MiB",
			    BYTES_MAX >> 20);
	if (x->n + n > x->room) {
		size_t room = (x->n + n) * 2;
		char *wider = NEW_N(t->arena, char, room);
		if (x->n)
			memcpy(wider, x->bytes, x->n);
		x->bytes = wider;
		x->room = room;
	}
	memcpy(x->bytes + x->n, p, n);
	x->n += n;
	if (same_region && x->ends.n)
		x->ends.at[x->ends.n - 1] = x->n;
	else
		*vec_push(t->arena, &x->ends) = x->n;
	return true;
}

/* ---- giving out items ---- */

/* In what order the items of one transaction take effect: buffers; then inodes, which stand in
 * buffers, and all else; then the buffers that only say which inodes are unlinked; and last,
 * that buffers are given up. */
enum { ROUND_BUFFERS, ROUND_ITEMS, ROUND_UNLINKED, ROUND_CANCELS, ROUNDS };

static unsigned round_of(const struct xfs_item *item)
{
	const unsigned char *p = (const unsigned char *)item->regions->p;
	if (item->type == XFS_ITEM_ICREATE)
		return ROUND_BUFFERS;
	if (item->type != XFS_ITEM_BUFFER || item->regions->n < 6)
		return ROUND_ITEMS;
	unsigned flags = load_le16(p + 4);
	return flags & CANCEL ? ROUND_CANCELS : flags & INODES ? ROUND_UNLINKED : ROUND_BUFFERS;
}

/* Each item begins with its type and the number of its regions. */
static bool next_item(const struct xfs_transactions *t, size_t at, struct xfs_item *item,
		      struct error *e)
{
	struct str first = t->regions.at[at];
	if (first.n < 4)
		return fail(e, ERR_CORRUPT, "log: an item without a type");
	item->regions = &t->regions.at[at];
	item->type = load_le16((const unsigned char *)first.p);
	item->n = load_le16((const unsigned char *)first.p + 2);
	if (item->n == 0 || item->n > t->regions.n - at)
		return fail(e, ERR_CORRUPT, "log: an item of type 0x%x lacks regions", item->type);
	return true;
}

static bool give_out(struct xfs_transactions *t, struct xfs_item *item, struct error *e)
{
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t at = 1; at < t->regions.n; at += item->n) {
			if (!next_item(t, at, item, e))
				return false;
			if (round_of(item) == round && !t->fn(t->arg, item, e))
				return false;
		}
	return true;
}

static bool commit(struct xfs_transactions *t, struct transaction *x, struct error *e)
{
	size_t from = 0;
	struct xfs_item item = {.lsn = x->lsn, .ordinal = ++t->commits};
	x->open = false;
	t->regions.n = 0;
	for (size_t i = 0; i < x->ends.n; i++) {
		struct str region = {x->bytes + from, x->ends.at[i] - from};
		*vec_push(t->arena, &t->regions) = region;
		from = x->ends.at[i];
	}
	if (x->ends.n == 0)
		return true;
	struct str header = t->regions.at[0];
	if (header.n < HEADER || load_le32((const unsigned char *)header.p) != HEADER_MAGIC)
		return fail(e, ERR_CORRUPT, "log: transaction %x has no header", x->id);
	return give_out(t, &item, e);
}

/* ---- operations ---- */

static bool operation(struct xfs_transactions *t, uint64_t lsn, const unsigned char *p, size_t n,
		      struct error *e)
{
	uint32_t id = load_be32(p);
	unsigned client = p[8], flags = p[9];
	struct transaction *x = open_with(t, id);
	if (client != CLIENT_TRANSACTION && client != CLIENT_LOG)
		return fail(e, ERR_CORRUPT, "log: operation of an unknown client 0x%x", client);
	if (flags & START)
		return start(t, id, lsn, e);
	if (!x)
		return true;
	if (flags & COMMIT)
		return commit(t, x, e);
	if (flags & UNMOUNT) {
		x->open = false;
		return true;
	}
	return n == 0 || append(t, x, p + OPERATION, n, flags & WAS_CONTINUED, e);
}

bool xfs_transactions_take(struct xfs_transactions *t, const struct xfs_record *r, struct error *e)
{
	size_t at = 0;
	for (uint32_t left = r->operations; left; left--) {
		if (r->bytes - at < OPERATION)
			return fail(e, ERR_CORRUPT, "log: a record ends within an operation");
		const unsigned char *p = r->contents + at;
		size_t n = load_be32(p + 4);
		at += OPERATION;
		if (n > r->bytes - at)
			return fail(e, ERR_CORRUPT, "log: a record ends within an operation");
		if (!operation(t, r->lsn, p, n, e))
			return false;
		at += n;
	}
	return true;
}
