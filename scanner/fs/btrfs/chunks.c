/*
 * chunks.c - logical addresses to the bytes of devices (On-disk Format, "CHUNK_ITEM"; "Volume
 * management" for how each profile lays its stripes). All profiles are read; where parity gives a
 * block back, that is one more copy of it. Over more devices than PARITY_MAX it is not asked.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "backends.h"
#include "btrfs.h"
#include "bytes.h"

enum {
	CHUNK_HEAD = 48,
	STRIPE_SIZE = 32,
	DEV_ITEM_SIZE = 98,
	DEV_UUID_AT = 66,
	STRIPE = 64 << 10, /* bytes on one device before the next one's turn; no other is made */
	CHUNKS_MAX = 1 << 20,
	PARITY_MAX = 32, /* as many tries for a raid6 stripe, each over as many stripes */
};

enum profile {
	RAID0 = 1 << 3,
	RAID1 = 1 << 4,
	DUP = 1 << 5,
	RAID10 = 1 << 6,
	RAID5 = 1 << 7,
	RAID6 = 1 << 8,
	RAID1C3 = 1 << 9,
	RAID1C4 = 1 << 10,
	COPIED = RAID1 | DUP | RAID1C3 | RAID1C4,
	PROFILES = COPIED | RAID0 | RAID10 | RAID5 | RAID6,
};

static unsigned parities(const struct btrfs_chunk *c)
{
	return c->profile == RAID6 ? 2 : c->profile == RAID5;
}

static bool check_chunk(const struct btrfs_chunk *c, uint32_t size, uint64_t stripe,
			struct error *e)
{
	uint64_t end;
	bool profile_ok = (c->profile & (c->profile - 1)) == 0;
	bool stripes_ok =
		c->stripes > parities(c) && (size - CHUNK_HEAD) / STRIPE_SIZE >= c->stripes;
	bool pairs_ok =
		c->profile != RAID10 || (c->sub_stripes > 0 && c->stripes % c->sub_stripes == 0);
	if (profile_ok && stripes_ok && pairs_ok && stripe == STRIPE && c->length &&
	    add_u64(c->logical, c->length, &end))
		return true;
	return fail(e, ERR_CORRUPT, "btrfs: the chunk at %llu does not hold together",
		    (unsigned long long)c->logical);
}

static bool load_chunk(struct arena *a, const struct btrfs_item *item, struct btrfs_chunk *out,
		       struct error *e)
{
	if (item->n < CHUNK_HEAD)
		return fail(e, ERR_CORRUPT, "btrfs: a chunk of %u bytes", item->n);
	struct btrfs_chunk c = {
		.logical = item->key.offset,
		.length = load_le64(item->p),
		.profile = load_le64(item->p + 24) & PROFILES,
		.stripes = load_le16(item->p + 44),
		.sub_stripes = load_le16(item->p + 46),
	};
	if (!check_chunk(&c, item->n, load_le64(item->p + 16), e))
		return false;
	struct btrfs_stripe *stripe = NEW_N(a, struct btrfs_stripe, c.stripes);
	for (unsigned i = 0; i < c.stripes; i++) {
		const unsigned char *p = item->p + CHUNK_HEAD + (size_t)STRIPE_SIZE * i;
		stripe[i].at = load_le64(p + 8);
		memcpy(stripe[i].device, p + 16, 16);
	}
	c.stripe = stripe;
	*out = c;
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct btrfs_chunk *x = a, *y = b;
	return x->logical < y->logical ? -1 : x->logical > y->logical;
}

bool btrfs_add_system_chunks(struct btrfs *v, struct error *e)
{
	struct str left = v->super.system_chunks;
	while (left.n) {
		const unsigned char *p = (const unsigned char *)left.p;
		if (left.n < BTRFS_KEY_SIZE + CHUNK_HEAD)
			return fail(e, ERR_CORRUPT, "btrfs: the system chunks are cut short");
		uint32_t size = CHUNK_HEAD + STRIPE_SIZE * load_le16(p + BTRFS_KEY_SIZE + 44);
		if (size > left.n - BTRFS_KEY_SIZE)
			return fail(e, ERR_CORRUPT, "btrfs: the system chunks are cut short");
		struct btrfs_item item = {btrfs_load_key(p), p + BTRFS_KEY_SIZE, size};
		if (!load_chunk(v->arena, &item, vec_push(v->arena, &v->chunks.list), e))
			return false;
		left = str_tail(left, BTRFS_KEY_SIZE + size);
	}
	if (v->chunks.list.n)
		qsort(v->chunks.list.at, v->chunks.list.n, sizeof *v->chunks.list.at, by_address);
	return true;
}

static struct btrfs_tree chunk_tree(const struct btrfs *v)
{
	return (struct btrfs_tree){.root = v->super.chunk_root,
				   .generation = v->super.chunk_generation,
				   .level = v->super.chunk_level};
}

bool btrfs_load_chunks(struct btrfs *v, struct error *e)
{
	struct btrfs_tree tree = chunk_tree(v);
	struct btrfs_key k = {BTRFS_CHUNKS, BTRFS_CHUNK_ITEM, 0};
	struct btrfs_chunks all = {0};
	struct btrfs_item item;
	bool found;
	uint64_t end = 0;
	do {
		if (!btrfs_from(v, &tree, k, &found, &item, e))
			return false;
		if (!found || item.key.objectid != BTRFS_CHUNKS || item.key.type != k.type)
			break;
		struct btrfs_chunk *c = vec_push(v->arena, &all.list);
		if (!load_chunk(v->arena, &item, c, e))
			return false;
		if (c->logical < end)
			return fail(e, ERR_CORRUPT, "btrfs: chunks overlap at %llu",
				    (unsigned long long)c->logical);
		if (all.list.n > CHUNKS_MAX)
			return fail(e, ERR_LIMIT, "btrfs: more than %d chunks", CHUNKS_MAX);
		end = c->logical + c->length;
		k = item.key;
	} while (btrfs_key_next(&k));
	v->chunks = all;
	return true;
}

static const struct btrfs_chunk *chunk_of(const struct btrfs *v, uint64_t logical)
{
	size_t low = 0, high = v->chunks.list.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (v->chunks.list.at[middle].logical <= logical)
			low = middle + 1;
		else
			high = middle;
	}
	const struct btrfs_chunk *c = low ? &v->chunks.list.at[low - 1] : NULL;
	return c && logical - c->logical < c->length ? c : NULL;
}

static unsigned copies_in(const struct btrfs_chunk *c)
{
	if (c->profile & COPIED)
		return c->stripes;
	if (c->profile == RAID10)
		return c->sub_stripes;
	if (c->stripes > PARITY_MAX)
		return 1;
	return c->profile == RAID6 ? c->stripes : 1 + parities(c);
}

unsigned btrfs_copies(const struct btrfs *v, uint64_t logical)
{
	const struct btrfs_chunk *c = chunk_of(v, logical);
	return c ? copies_in(c) : 0;
}

/* NULL where it is not here. */
static struct blob *device(const struct btrfs *v, const unsigned char uuid[16])
{
	for (size_t i = 0; i < v->devices.n; i++)
		if (memcmp(v->devices.at[i].uuid, uuid, 16) == 0)
			return v->devices.at[i].blob;
	return NULL;
}

bool btrfs_load_members(struct btrfs *v, struct error *e)
{
	struct btrfs_tree tree = chunk_tree(v);
	struct btrfs_key k = {BTRFS_DEVICES, BTRFS_DEV_ITEM, 0};
	struct btrfs_item item;
	bool found;
	do {
		if (!btrfs_from(v, &tree, k, &found, &item, e))
			return false;
		if (!found || item.key.objectid != BTRFS_DEVICES || item.key.type != k.type)
			break;
		if (item.n < DEV_ITEM_SIZE)
			return fail(e, ERR_CORRUPT, "btrfs: a device of %u bytes", item.n);
		struct blob *b = device(v, item.p + DEV_UUID_AT);
		if (b)
			*vec_push(v->arena, &v->members) = b;
		else
			v->missing++;
		k = item.key;
	} while (btrfs_key_next(&k));
	return true;
}

/* What lies in one stripe of a chunk, from a byte of its row on. */
static bool read_stripe(struct btrfs *v, const struct btrfs_chunk *c, uint64_t column, uint64_t row,
			uint64_t in_row, void *buf, size_t n, struct error *e)
{
	const struct btrfs_stripe *s = &c->stripe[column];
	struct blob *b = device(v, s->device);
	uint64_t start, at;
	if (!b)
		return fail(e, ERR_UNSUPPORTED, "btrfs: the device %" PRIstr " is missing",
			    ARG(fs_uuid_text(v->arena, s->device)));
	if (!mul_u64(row, STRIPE, &start) || !add_u64(start, in_row, &start) ||
	    !add_u64(s->at, start, &at))
		return fail(e, ERR_CORRUPT, "btrfs: the chunk at %llu lies past every device",
			    (unsigned long long)c->logical);
	return blob_read(b, at, buf, n, e);
}

/* A data stripe of a row by the others: raid6 leaves one more alone, each copy another, first Q. */
static bool rebuild(struct btrfs *v, const struct btrfs_chunk *c, uint64_t in_chunk, void *buf,
		    size_t n, unsigned copy, struct error *e)
{
	unsigned n_data = c->stripes - parities(c), other = c->stripes;
	unsigned lost = (unsigned)(in_chunk / STRIPE % n_data);
	uint64_t row = in_chunk / STRIPE / n_data;
	if (c->profile == RAID6)
		other -= copy + (c->stripes - copy <= lost);
	if (!v->chunks.stripe)
		v->chunks.stripe = arena_alloc(v->arena, 1, STRIPE);
	memset(buf, 0, n);
	for (unsigned i = 0; i < c->stripes; i++) {
		unsigned char weight = btrfs_parity_weight(n_data, lost, other, i);
		if (i == lost || !weight)
			continue;
		if (!read_stripe(v, c, (row + i) % c->stripes, row, in_chunk % STRIPE,
				 v->chunks.stripe, n, e))
			return false;
		btrfs_parity_add(buf, v->chunks.stripe, n, weight);
	}
	return true;
}

/* What lies in one stripe as the chunk's reader counts them. */
static bool read_piece(struct btrfs *v, const struct btrfs_chunk *c, uint64_t in_chunk, void *buf,
		       size_t n, unsigned copy, struct error *e)
{
	uint64_t nth = in_chunk / STRIPE, columns = 1, column = copy;
	switch (c->profile) {
	case RAID0:
		columns = c->stripes;
		column = nth % columns;
		break;
	case RAID10:
		columns = c->stripes / c->sub_stripes;
		column = nth % columns * c->sub_stripes + copy;
		break;
	case RAID5:
	case RAID6:
		if (copy)
			return rebuild(v, c, in_chunk, buf, n, copy, e);
		columns = c->stripes - parities(c);
		column = (nth / columns + nth % columns) % c->stripes;
		break;
	}
	return read_stripe(v, c, column, nth / columns, in_chunk % STRIPE, buf, n, e);
}

bool btrfs_read_copy(struct btrfs *v, uint64_t logical, void *buf, size_t n, unsigned copy,
		     struct error *e)
{
	const struct btrfs_chunk *c = chunk_of(v, logical);
	uint64_t at = c ? logical - c->logical : 0;
	if (!c || copy >= copies_in(c) || !within(at, n, c->length))
		return fail(e, ERR_CORRUPT, "btrfs: no chunk holds %zu bytes at %llu", n,
			    (unsigned long long)logical);
	for (size_t done = 0, piece; done < n; done += piece, at += piece) {
		piece = n - done < STRIPE - at % STRIPE ? n - done : (size_t)(STRIPE - at % STRIPE);
		if (!read_piece(v, c, at, (char *)buf + done, piece, copy, e))
			return false;
	}
	return true;
}
