/*
 * log.c - the log of an XFS volume to what a mount would see: finds out whether it was unmounted,
 * and if not lays the committed transactions that may not be in place over the volume. Two passes
 * are needed, as a buffer that is given up later must not be written now; the first also finds
 * records that were not written whole when the machine stopped. Those may only be the last few:
 * anything else makes the log one that is not understood.
 */
#include "xfs_log.h"

#include "arena.h"

enum {
	RECORD_MAX = 512 * 1024, /* the longest, with its headers */
	UNDER_WAY = 8 * 520,     /* blocks that may be under way at once */
	RESTARTS_MAX = 16,
	LOG_INCOMPAT_XATTRS = 1,
};

/* Gives the items of the span to fn. *torn, with the block of the first record that is not whole;
 * then nothing that was given counts. */
static bool pass(struct xfs_log *l, const struct xfs_span *s, xfs_item_fn *fn, struct xfs_replay *r,
		 uint32_t *torn_at, bool *torn, struct error *e)
{
	struct xfs_transactions *t = xfs_transactions_new(l->x->arena, fn, r);
	uint64_t lsn = s->tail;
	uint32_t left = s->head > xfs_lsn_block(lsn) ? s->head - xfs_lsn_block(lsn)
						     : s->head + l->blocks - xfs_lsn_block(lsn);
	while (left) {
		struct xfs_record record;
		*torn_at = xfs_lsn_block(lsn);
		if (!xfs_record_read(l, lsn, &record, torn, e))
			return false;
		if (*torn)
			return left <= UNDER_WAY ||
			       fail(e, ERR_CORRUPT, "log: record at block %u is damaged", *torn_at);
		if (record.blocks > left)
			return fail(e, ERR_CORRUPT, "log: record at block %u passes its head",
				    *torn_at);
		if (!xfs_transactions_take(t, &record, e))
			return false;
		left -= record.blocks;
		lsn = xfs_record_after(l, &record);
	}
	return true;
}

/* The first pass, again with an earlier head while records are found that were not written whole.
 */
static bool survey(struct xfs_log *l, struct xfs_span *s, struct xfs_replay **r, struct error *e)
{
	bool empty, torn = false;
	uint32_t head;
	*s = (struct xfs_span){.clean = true};
	if (!xfs_log_head(l, &head, &empty, e))
		return false;
	for (unsigned i = 0; !empty && i < RESTARTS_MAX; i++) {
		if (!xfs_log_span(l, head, s, e))
			return false;
		if (s->clean)
			return true;
		*r = xfs_replay_new(l->x);
		if (!pass(l, s, xfs_replay_note, *r, &head, &torn, e))
			return false;
		if (!torn)
			return true;
	}
	return empty || fail(e, ERR_CORRUPT, "log: too many records were not written whole");
}

static bool apply(struct xfs_log *l, const struct xfs_span *s, struct xfs_replay *r,
		  struct error *e)
{
	struct xfs *x = l->x;
	uint32_t at;
	bool torn = false;
	if (x->sb.v5 && x->sb.log_incompat & ~(uint32_t)LOG_INCOMPAT_XATTRS)
		return fail(e, ERR_UNSUPPORTED, "log: unknown feature 0x%x", x->sb.log_incompat);
	x->replayed = blob_overlay_new(x->arena, x->blob, 0);
	x->blob = blob_overlaid(x->replayed);
	if (!pass(l, s, xfs_replay_apply, r, &at, &torn, e))
		return false;
	if (torn)
		return fail(e, ERR_CORRUPT, "log: changes while it is read");
	return xfs_replay_finish(r, e);
}

static bool replay(struct xfs *x, struct error *e)
{
	struct xfs_log l = {.x = x};
	struct xfs_span span;
	struct xfs_replay *r = NULL;
	uint64_t blocks = (uint64_t)x->sb.log_blocks << x->sb.block_log;
	if (blocks == 0 || blocks / XFS_SECTOR > UINT32_MAX)
		return fail(e, ERR_CORRUPT, "log: of %u blocks", x->sb.log_blocks);
	if (!xfs_block_at(&x->sb, x->sb.log_start, x->sb.log_blocks, &l.start, e))
		return fail_in(e, "log");
	l.blocks = (uint32_t)(blocks / XFS_SECTOR);
	l.whole = NEW_N(x->arena, unsigned char, RECORD_MAX);
	if (!survey(&l, &span, &r, e) || !(span.clean || apply(&l, &span, r, e)))
		return false;
	x->next_lsn = span.next;
	return true;
}

bool xfs_log_replay(struct xfs *x, struct str *why, struct error *e)
{
	struct blob *bare = x->blob;
	struct error own = {0};
	if (x->sb.log_start == 0) {
		*why = S("its log is on another device, and may hold newer files; mount it once");
		return true;
	}
	if (replay(x, &own))
		return true;
	if (own.kind == ERR_IO) {
		*e = own;
		return false;
	}
	x->blob = bare;
	x->replayed = NULL;
	x->moves.n = 0;
	*why = str_fmt(x->arena, "its log was not replayed (%s); mount it once", own.text);
	return true;
}
