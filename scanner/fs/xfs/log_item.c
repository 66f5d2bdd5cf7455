/*
 * log_item.c - the items of an XFS log to writes over the volume: "XFS Algorithms & Data
 * Structures", "Log Items", and the structures they log. Done: buffers, but those that nobody waits
 * for any more because they were given up later; inodes, of which the log holds the core in the
 * machine's order of bytes and the changed fork; new inodes, which are not in use. What is newer on
 * the volume than in the log stays as it is. Not done, as nothing that is read here depends on it:
 * quotas, chains of unlinked inodes, the attribute fork, and intents that were not finished and
 * only concern free space (EFI), owners of blocks (RUI), counts of sharing (CUI) or attributes
 * (ATTRI). Blocks that were still to be given to a file or taken from it (BUI) are noted beside the
 * volume. Beyond this replay are exchanges of two files' blocks (XMI) that were not finished, and
 * extent trees that were handed from one file to another.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "map.h"
#include "xfs_log.h"

/* A buffer was given up: what was logged of it until then does not count. */
struct cancel {
	uint64_t sector, sectors;
	uint64_t ordinal; /* the last time */
};

struct xfs_replay {
	struct xfs *x;
	struct map *cancels; /* by sector and length */
	struct map *intents; /* struct xfs_move by identity, in their order; NULL once done */
	const char *beyond;  /* what was met and cannot be replayed, or NULL */
};

struct xfs_replay *xfs_replay_new(struct xfs *x)
{
	struct xfs_replay *r = NEW(x->arena, struct xfs_replay);
	*r = (struct xfs_replay){
		.x = x, .cancels = map_new(x->arena), .intents = map_new(x->arena)};
	return r;
}

static const unsigned char *bytes_of(struct str region)
{
	return (const unsigned char *)region.p;
}

static bool wrong(const char *what, struct error *e)
{
	return fail(e, ERR_CORRUPT, "log: %s", what);
}

/* ---- buffers ---- */

enum {
	BUFFER_HEADER = 20,
	CHUNK = 128,
	FLAG_INODES = 0x1, /* only the chain of unlinked inodes was logged */
	FLAG_CANCEL = 0x2,
	FLAG_QUOTAS = 0x1c,
	HEAD_BYTES = 256, /* of a block: what can tell its sequence number */
};

struct buffer {
	unsigned flags;
	uint64_t sector, sectors;
	const unsigned char *map; /* a bit a chunk */
	size_t chunks;
};

static bool parse_buffer(const struct xfs_item *item, struct buffer *out, struct error *e)
{
	const unsigned char *p = bytes_of(item->regions[0]);
	size_t n = item->regions[0].n;
	if (n < BUFFER_HEADER || load_le32(p + 16) > (n - BUFFER_HEADER) / 4)
		return wrong("a buffer is described too shortly", e);
	*out = (struct buffer){
		.flags = load_le16(p + 4),
		.sectors = load_le16(p + 6),
		.sector = load_le64(p + 8),
		.map = p + BUFFER_HEADER,
		.chunks = (size_t)load_le32(p + 16) * 32,
	};
	return out->sector < UINT64_MAX / XFS_SECTOR || wrong("a buffer lies nowhere", e);
}

static void note_cancel(struct xfs_replay *r, const struct buffer *b, uint64_t ordinal)
{
	uint64_t name[2] = {b->sector, b->sectors};
	struct str key = {(const char *)name, sizeof name};
	struct cancel *c = map_get(r->cancels, key);
	if (!c) {
		c = NEW(r->x->arena, struct cancel);
		map_put(r->cancels, str_dup(r->x->arena, key), c);
	}
	*c = (struct cancel){b->sector, b->sectors, ordinal};
}

static bool is_cancelled(const struct xfs_replay *r, uint64_t sector, uint64_t sectors,
			 uint64_t ordinal)
{
	uint64_t name[2] = {sector, sectors};
	const struct cancel *c = map_get(r->cancels, (struct str){(const char *)name, sizeof name});
	return c && ordinal <= c->ordinal;
}

static bool any_cancelled(const struct xfs_replay *r, uint64_t sector, uint64_t sectors,
			  uint64_t ordinal)
{
	for (size_t i = 0; i < map_count(r->cancels); i++) {
		const struct cancel *c = map_at(r->cancels, i, NULL);
		if (ordinal <= c->ordinal && c->sector < sector + sectors &&
		    sector < c->sector + c->sectors)
			return true;
	}
	return false;
}

/* Of the blocks that this reader reads; what it does not know counts as old. */
static const struct xfs_seal *seal_of(const unsigned char *p)
{
	switch (load_be32(p)) {
	case 0x424d4133: return &xfs_seal_bmbt; /* BMA3 */
	case 0x58444233:                        /* XDB3 */
	case 0x58444433:                        /* XDD3 */
	case 0x58444633: return &xfs_seal_data; /* XDF3 */
	case 0x58534c4d: return &xfs_seal_link; /* XSLM */
	default: break;
	}
	switch (load_be16(p + 8)) {
	case 0x3df1:
	case 0x3dff:
	case 0x3ebe:
	case 0x3bee: return &xfs_seal_da;
	default: return NULL;
	}
}

static bool newer(uint64_t there, uint64_t lsn)
{
	return there && there != UINT64_MAX && there >= lsn;
}

static bool is_in_place(const struct xfs *x, const unsigned char *p, uint64_t lsn)
{
	enum { SUPER_LSN = 240 };
	if (load_be32(p) == 0x58465342) /* XFSB */
		return newer(load_be64(p + SUPER_LSN), lsn);
	const struct xfs_seal *seal = seal_of(p);
	return seal && memcmp(p + seal->uuid, x->sb.meta_uuid, XFS_UUID) == 0 &&
	       newer(load_be64(p + seal->lsn), lsn);
}

static bool bit(const struct buffer *b, size_t k)
{
	return k < b->chunks && b->map[k / 8] >> k % 8 & 1;
}

/* Every run of bits has its region. */
static bool write_chunks(struct xfs_replay *r, const struct xfs_item *item, const struct buffer *b,
			 struct error *e)
{
	size_t k = 0, room = b->sectors * XFS_SECTOR / CHUNK;
	for (size_t i = 1; i < item->n; i++) {
		struct str region = item->regions[i];
		size_t run = 0;
		while (k < b->chunks && !bit(b, k))
			k++;
		while (bit(b, k + run))
			run++;
		run = region.n / CHUNK < run ? region.n / CHUNK : run;
		if (run == 0 || k + run > room)
			return wrong("a buffer's regions do not fit it", e);
		if (!blob_overlay_write(r->x->replayed, b->sector * XFS_SECTOR + k * CHUNK,
					region.p, run * CHUNK, e))
			return fail_in(e, "log");
		k += run;
	}
	return true;
}

static bool apply_buffer(struct xfs_replay *r, const struct xfs_item *item, struct error *e)
{
	struct buffer b;
	unsigned char head[HEAD_BYTES];
	if (!parse_buffer(item, &b, e))
		return false;
	if (b.flags & (FLAG_CANCEL | FLAG_INODES | FLAG_QUOTAS) ||
	    is_cancelled(r, b.sector, b.sectors, item->ordinal))
		return true;
	if (!blob_read(r->x->blob, b.sector * XFS_SECTOR, head, sizeof head, e))
		return fail_in(e, "log");
	if (r->x->sb.v5 && is_in_place(r->x, head, item->lsn))
		return true;
	return write_chunks(r, item, &b, e);
}

/* ---- inodes ---- */

enum {
	INODE_FORMAT_32 = 52, /* as a 32-bit x86 lays it out */
	INODE_FORMAT = 56,
	FIELD_LOCAL = 0x2,
	FIELD_EXTENTS = 0x4,
	FIELD_ROOT = 0x8,
	FIELD_OWNER = 0x200,
	INODE_MAGIC = 0x494e,
	FORK_END_AT = 82,
	LSN_AT = 112,
	FLAGS2_AT = 120,
	FLAG2_LARGE = 1 << 4,
	CORE_LOGGED_V4 = 96,
	FLUSHES_AT = 30,
	FLUSHES_MAX = 0xffff,
};

struct inode_item {
	uint32_t fields;
	uint64_t ino, sector, sectors;
};

static bool parse_inode(const struct xfs_item *item, struct inode_item *out, struct error *e)
{
	const unsigned char *p = bytes_of(item->regions[0]);
	size_t n = item->regions[0].n, pad = n == INODE_FORMAT_32 ? 0 : 4;
	if ((n != INODE_FORMAT && n != INODE_FORMAT_32) || item->n < 2)
		return wrong("an inode is described too shortly", e);
	*out = (struct inode_item){
		.fields = load_le32(p + 4),
		.ino = load_le64(p + 12 + pad),
		.sector = load_le64(p + 36 + pad),
		.sectors = load_le32(p + 44 + pad),
	};
	return true;
}

struct field {
	unsigned char at, size;
};

/* The numbers of a core that something reads; times are not. */
static const struct field core_fields[] = {
	{0, 2},  {2, 2},  {4, 1},  {5, 1},  {6, 2},  {8, 4},  {12, 4}, {16, 4}, {20, 2}, {22, 2},
	{56, 8}, {64, 8}, {72, 4}, {76, 4}, {82, 1}, {83, 1}, {84, 4}, {88, 2}, {90, 2}, {92, 4}};
static const struct field small_fields[] = {{FLUSHES_AT, 2}, {80, 2}};
static const struct field large_fields[] = {{24, 8}};
static const struct field v5_fields[] = {{104, 8}, {120, 8}, {128, 4}};

static void swap_fields(unsigned char *to, const unsigned char *from, const struct field *fields,
			size_t n)
{
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < fields[k].size; i++)
			to[fields[k].at + i] = from[fields[k].at + fields[k].size - 1 - i];
}

#define SWAP(to, from, fields) swap_fields(to, from, fields, sizeof(fields) / sizeof *(fields))

/* The log's core, in the machine's order of bytes, to the disk's. */
static void swap_core(unsigned char *to, const unsigned char *from, bool v5, uint64_t lsn)
{
	SWAP(to, from, core_fields);
	if (v5 && load_le64(from + FLAGS2_AT) & FLAG2_LARGE)
		SWAP(to, from, large_fields);
	else
		SWAP(to, from, small_fields);
	if (!v5)
		return;
	SWAP(to, from, v5_fields);
	for (size_t i = 0; i < 8; i++)
		to[LSN_AT + i] = (unsigned char)(lsn >> (56 - 8 * i));
}

/* Has the volume the inode as it is in the log, or younger? Below v5 a counter that wraps tells. */
static bool inode_in_place(const unsigned char *p, const unsigned char *core, bool v5, uint64_t lsn)
{
	if (v5)
		return newer(load_be64(p + LSN_AT), lsn + 1);
	unsigned there = load_be16(p + FLUSHES_AT), here = load_le16(core + FLUSHES_AT);
	return here < there && !(there == FLUSHES_MAX && here < FLUSHES_MAX / 2);
}

/* The root of an extent tree is logged as it lies in memory: behind a block's header, its pointers
 * where they are with just as many keys as it has room for. */
static bool put_root(unsigned char *fork, size_t room, struct str root, bool v5, struct error *e)
{
	enum { RECORD = 16, HEADER_V4 = 24, HEADER_V5 = 72, DISK_HEADER = 4 };
	size_t header = v5 ? HEADER_V5 : HEADER_V4;
	const unsigned char *p = bytes_of(root);
	size_t most = root.n > header ? (root.n - header) / RECORD : 0;
	size_t place = (room - DISK_HEADER) / RECORD, n = most ? load_be16(p + 6) : 0;
	if (n == 0 || n > most || n > place)
		return wrong("the root of an inode's extent tree does not fit", e);
	memcpy(fork, p + 4, DISK_HEADER);
	memcpy(fork + DISK_HEADER, p + header, n * 8);
	memcpy(fork + DISK_HEADER + place * 8, p + header + most * 8, n * 8);
	return true;
}

static bool put_fork(const struct xfs *x, unsigned char *p, uint32_t fields, struct str data,
		     struct error *e)
{
	size_t core = x->sb.v5 ? XFS_CORE_V5 : XFS_CORE_V4, room = x->sb.inode - core;
	if (p[FORK_END_AT] && (size_t)p[FORK_END_AT] * 8 <= room)
		room = (size_t)p[FORK_END_AT] * 8;
	if (fields & FIELD_ROOT)
		return put_root(p + core, room, data, x->sb.v5, e);
	if (data.n > room)
		return wrong("an inode's data fork does not fit", e);
	memcpy(p + core, data.p, data.n);
	return true;
}

static bool apply_inode(struct xfs_replay *r, const struct xfs_item *item, struct error *e)
{
	struct xfs *x = r->x;
	struct inode_item i = {0};
	unsigned char p[XFS_INODE_MAX];
	uint64_t at;
	if (!parse_inode(item, &i, e))
		return false;
	struct str core = item->regions[1];
	bool fork = i.fields & (FIELD_LOCAL | FIELD_EXTENTS | FIELD_ROOT);
	if (core.n < (x->sb.v5 ? XFS_CORE_V5 : CORE_LOGGED_V4) || (fork && item->n < 3) ||
	    load_le16(bytes_of(core)) != INODE_MAGIC)
		return wrong("an inode is none", e);
	if (is_cancelled(r, i.sector, i.sectors, item->ordinal))
		return true;
	if (!xfs_inode_at(&x->sb, i.ino, &at, e) || !blob_read(x->blob, at, p, x->sb.inode, e))
		return fail_in(e, "log");
	if (load_be16(p) != INODE_MAGIC)
		return wrong("an inode has no place", e);
	if (inode_in_place(p, bytes_of(core), x->sb.v5, item->lsn))
		return true;
	if (i.fields & FIELD_OWNER)
		r->beyond = "the blocks of an extent tree change their owner";
	swap_core(p, bytes_of(core), x->sb.v5, item->lsn);
	if (fork && !put_fork(x, p, i.fields, item->regions[2], e))
		return false;
	return blob_overlay_write(x->replayed, at, p, x->sb.inode, e) || fail_in(e, "log");
}

/* ---- new inodes ---- */

static void put_be(unsigned char *p, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(value >> 8 * (n - 1 - i));
}

static bool put_free_inode(const struct xfs *x, uint64_t ino, uint32_t generation, struct error *e)
{
	unsigned char p[XFS_INODE_MAX] = {0};
	uint64_t at;
	if (!xfs_inode_at(&x->sb, ino, &at, e))
		return fail_in(e, "log");
	put_be(p, INODE_MAGIC, 2);
	p[4] = x->sb.v5 ? 3 : 2;
	put_be(p + 92, generation, 4);
	put_be(p + 96, UINT32_MAX, 4);
	if (x->sb.v5) {
		put_be(p + 152, ino, 8);
		memcpy(p + 160, x->sb.meta_uuid, XFS_UUID);
	}
	return blob_overlay_write(x->replayed, at, p, x->sb.inode, e) || fail_in(e, "log");
}

/* A chunk of inodes, in big-endian numbers: group, block, inodes, their size, blocks. */
static bool apply_icreate(struct xfs_replay *r, const struct xfs_item *item, struct error *e)
{
	enum { BYTES = 28, CHUNK_INODES = 64 };
	const struct xfs_super *sb = &r->x->sb;
	const unsigned char *p = bytes_of(item->regions[0]);
	uint64_t at;
	if (item->regions[0].n < BYTES)
		return wrong("new inodes are described too shortly", e);
	uint64_t block = (uint64_t)load_be32(p + 4) << sb->ag_log | load_be32(p + 8);
	uint32_t count = load_be32(p + 12), blocks = load_be32(p + 20);
	if (load_be32(p + 16) != sb->inode || count > blocks << sb->inopb_log ||
	    count > (CHUNK_INODES > 1u << sb->inopb_log ? CHUNK_INODES : 1u << sb->inopb_log) ||
	    blocks > CHUNK_INODES)
		return wrong("new inodes are out of shape", e);
	if (!xfs_block_at(sb, block, blocks, &at, e))
		return fail_in(e, "log");
	uint64_t sectors = ((uint64_t)blocks << sb->block_log) / XFS_SECTOR;
	if (any_cancelled(r, at / XFS_SECTOR, sectors, item->ordinal))
		return true;
	for (uint32_t k = 0; k < count; k++)
		if (!put_free_inode(r->x, (block << sb->inopb_log) + k, load_be32(p + 24), e))
			return false;
	return true;
}

/* ---- intents ---- */

/* One extent; its file, its blocks, where they belong in the file, how many, and flags. */
static bool parse_move(struct str region, struct xfs_move *out, struct error *e)
{
	enum { BYTES = 48, UNMAP = 2, TYPE = 0xff, UNWRITTEN_BIT = 30, ATTRIBUTES_BIT = 31 };
	const unsigned char *p = bytes_of(region);
	if (region.n != BYTES)
		return wrong("blocks to be moved are out of shape", e);
	uint32_t flags = load_le32(p + 44);
	*out = (struct xfs_move){
		.ino = load_le64(p + 16),
		.block = load_le64(p + 24),
		.start = load_le64(p + 32),
		.count = flags >> ATTRIBUTES_BIT ? 0 : load_le32(p + 40),
		.hole = (flags & TYPE) == UNMAP || flags >> UNWRITTEN_BIT & 1,
	};
	return true;
}

/* Both an intent and what ends it have its identity at byte 8. */
static bool note_intent(struct xfs_replay *r, const struct xfs_item *item, struct error *e)
{
	struct str id = str_slice(item->regions[0], 8, 16);
	struct xfs_move *move = NULL;
	if (id.n < 8)
		return wrong("an intent is described too shortly", e);
	if (item->type == XFS_ITEM_BUI || item->type == XFS_ITEM_XMI)
		move = NEW(r->x->arena, struct xfs_move);
	if (item->type == XFS_ITEM_BUI && !parse_move(item->regions[0], move, e))
		return false;
	map_put(r->intents, str_dup(r->x->arena, id), move);
	return true;
}

/* An exchange of blocks has no one file here. */
bool xfs_replay_finish(struct xfs_replay *r, struct error *e)
{
	for (size_t i = 0; i < map_count(r->intents); i++) {
		const struct xfs_move *move = map_at(r->intents, i, NULL);
		if (move && move->ino == 0)
			r->beyond = "two files were exchanging their blocks";
		else if (move)
			*vec_push(r->x->arena, &r->x->moves) = *move;
	}
	return !r->beyond || fail(e, ERR_UNSUPPORTED, "log: %s", r->beyond);
}

/* ---- all of them ---- */

bool xfs_replay_note(void *replay, const struct xfs_item *item, struct error *e)
{
	struct xfs_replay *r = replay;
	struct buffer b;
	if (item->type < XFS_ITEM_FIRST || item->type > XFS_ITEM_LAST)
		return fail(e, ERR_UNSUPPORTED, "log: item of unknown type 0x%x", item->type);
	if (item->type == XFS_ITEM_BUI || item->type == XFS_ITEM_BUD ||
	    item->type == XFS_ITEM_XMI || item->type == XFS_ITEM_XMD)
		return note_intent(r, item, e);
	if (item->type != XFS_ITEM_BUFFER)
		return true;
	if (!parse_buffer(item, &b, e))
		return false;
	if (b.flags & FLAG_CANCEL)
		note_cancel(r, &b, item->ordinal);
	return true;
}

bool xfs_replay_apply(void *replay, const struct xfs_item *item, struct error *e)
{
	switch (item->type) {
	case XFS_ITEM_BUFFER: return apply_buffer(replay, item, e);
	case XFS_ITEM_INODE: return apply_inode(replay, item, e);
	case XFS_ITEM_ICREATE: return apply_icreate(replay, item, e);
	default: return true;
	}
}
