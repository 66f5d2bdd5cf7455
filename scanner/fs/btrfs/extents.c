/*
 * extents.c - a file's bytes (On-disk Format, "EXTENT_DATA", "EXTENT_CSUM"): inline in a leaf,
 * elsewhere on the volume, packed or plain, reserved or not there at all, which both read as zeros.
 * What is read is held against its checksums where there are any; a bad copy gives way to another.
 * Encrypted extents are not supported.
 */
#include <string.h>

#include "arena.h"
#include "backends.h"
#include "btrfs.h"
#include "bytes.h"
#include "unpack.h"

enum { INLINE, REGULAR, PREALLOCATED };

struct extent {
	uint64_t start, end; /* in the file */
	unsigned kind;
	enum btrfs_packing packing;
	uint64_t disk, disk_size;  /* its bytes on the volume; disk 0 for a hole */
	uint64_t offset, unpacked; /* where the file's part begins in them, and their size */
	struct btrfs_item item;    /* of an inline one: borrowed */
};

static bool broken(const struct btrfs_item *item, struct error *e)
{
	return fail(e, ERR_CORRUPT,
		    "btrfs: the extent at %llu of inode %llu does not hold together",
		    (unsigned long long)item->key.offset, (unsigned long long)item->key.objectid);
}

static bool load_regular(const struct btrfs_item *item, struct extent *x, struct error *e)
{
	if (item->n < BTRFS_EXTENT_SIZE)
		return broken(item, e);
	x->disk = load_le64(item->p + 21);
	x->disk_size = load_le64(item->p + 29);
	x->offset = load_le64(item->p + 37);
	uint64_t n = load_le64(item->p + 45), last, size = x->packing ? x->unpacked : x->disk_size;
	bool packable = x->disk_size <= BTRFS_PACKED_MAX && x->unpacked <= BTRFS_PACKED_MAX;
	if (!add_u64(x->start, n, &x->end) || !add_u64(x->disk, x->disk_size, &last) ||
	    (x->disk && !within(x->offset, n, size)) || (x->packing && !packable))
		return broken(item, e);
	return true;
}

static bool load_extent(const struct btrfs_item *item, struct extent *out, struct error *e)
{
	if (item->n < BTRFS_EXTENT_HEAD)
		return broken(item, e);
	struct extent x = {
		.start = item->key.offset,
		.kind = item->p[20],
		.packing = (enum btrfs_packing)item->p[16],
		.unpacked = item->p[16] || item->p[20] != INLINE ? load_le64(item->p + 8)
								 : item->n - BTRFS_EXTENT_HEAD,
		.item = *item,
	};
	if (item->p[16] > BTRFS_ZSTD || load_le16(item->p + 17))
		return fail(e, ERR_UNSUPPORTED,
			    "btrfs: an extent of inode %llu is packed in an "
			    "unknown way",
			    (unsigned long long)item->key.objectid);
	if (x.kind > PREALLOCATED)
		return broken(item, e);
	if (x.kind != INLINE) {
		if (!load_regular(item, &x, e))
			return false;
	} else if (x.unpacked > BTRFS_PACKED_MAX || !add_u64(x.start, x.unpacked, &x.end)) {
		return broken(item, e);
	}
	*out = x;
	return true;
}

/* ---- checksums of contents ---- */

static bool find_sum(struct btrfs *v, const struct btrfs_tree *t, uint64_t logical,
		     unsigned char sum[BTRFS_SUM_MAX], bool *found, struct error *e)
{
	size_t size = btrfs_sum_size(v->super.sum);
	struct btrfs_item item;
	struct btrfs_key k = {BTRFS_CSUMS, BTRFS_EXTENT_CSUM, logical};
	if (!btrfs_upto(v, t, k, found, &item, e))
		return false;
	*found = *found && item.key.objectid == k.objectid && item.key.type == k.type;
	uint64_t nth = *found ? (logical - item.key.offset) / v->super.sector : 0;
	*found = *found && nth < item.n / size;
	if (*found)
		memcpy(sum, item.p + nth * size, size);
	return true;
}

/* A log's own sums come first. */
static bool sum_of(struct btrfs *v, const struct btrfs_subvol *s, uint64_t logical,
		   unsigned char sum[BTRFS_SUM_MAX], bool *found, struct error *e)
{
	*found = false;
	if (s->log.root && !find_sum(v, &s->log, logical, sum, found, e))
		return false;
	return *found || !v->csums.root || find_sum(v, &v->csums, logical, sum, found, e);
}

static bool matches(const struct btrfs *v, const void *sector, const unsigned char *sum)
{
	unsigned char is[BTRFS_SUM_MAX];
	btrfs_sum(v->super.sum, sector, v->super.sector, is);
	return memcmp(is, sum, btrfs_sum_size(v->super.sum)) == 0;
}

/* One sector whose first copy would not be read or was wrong. */
static bool read_again(struct btrfs *v, uint64_t logical, void *buf, const unsigned char *sum,
		       struct error *e)
{
	unsigned copies = btrfs_copies(v, logical);
	struct error why = {0};
	for (unsigned i = 0; i < copies || i == 0; i++) {
		if (!btrfs_read_copy(v, logical, buf, v->super.sector, i, &why)) {
			if (btrfs_try_on(&why))
				continue;
			break;
		}
		if (!sum || matches(v, buf, sum))
			return true;
		fail(&why, ERR_CORRUPT, "btrfs: the data at %llu has a wrong checksum",
		     (unsigned long long)logical);
	}
	*e = why;
	return false;
}

/* Whole sectors. */
static bool read_sectors(struct btrfs *v, const struct btrfs_file *f, uint64_t logical, void *buf,
			 size_t n, struct error *e)
{
	unsigned char sum[BTRFS_SUM_MAX];
	struct error why = {0};
	bool summed = false, read = btrfs_read_copy(v, logical, buf, n, 0, &why);
	if (!read && !btrfs_try_on(&why)) {
		*e = why;
		return false;
	}
	for (size_t at = 0; at < n; at += v->super.sector) {
		char *sector = (char *)buf + at;
		if (f->summed && !v->unchecked && !sum_of(v, f->in, logical + at, sum, &summed, e))
			return false;
		if (read && (!summed || matches(v, sector, sum)))
			continue;
		if (!read_again(v, logical + at, sector, summed ? sum : NULL, e))
			return false;
	}
	return true;
}

/* ---- pieces of a file ---- */

static void piece_new(struct btrfs *v)
{
	if (v->piece.bytes)
		return;
	v->piece.packed = arena_alloc(v->arena, 1, BTRFS_PACKED_MAX);
	v->piece.bytes = arena_alloc(v->arena, 1, BTRFS_PACKED_MAX);
}

/* Bytes of a plain extent, by way of whole sectors. */
static bool read_plain(struct btrfs *v, const struct btrfs_file *f, uint64_t at, void *buf,
		       size_t n, struct error *e)
{
	piece_new(v);
	while (n) {
		size_t lead = at % v->super.sector, size = BTRFS_PACKED_MAX - lead;
		if (size > n)
			size = n;
		size_t sectors = (lead + size + v->super.sector - 1) / v->super.sector;
		if (!read_sectors(v, f, at - lead, v->piece.packed, sectors * v->super.sector, e))
			return false;
		memcpy(buf, v->piece.packed + lead, size);
		buf = (char *)buf + size;
		at += size;
		n -= size;
	}
	return true;
}

/* What `packed` holds, in exactly n bytes; zeros follow where it ends early. */
static bool unpack_bytes(struct btrfs *v, enum btrfs_packing how, struct str packed, void *out,
			 size_t n, struct error *e)
{
	size_t got = packed.n < n ? packed.n : n;
	bool ok = true;
	switch (how) {
	case BTRFS_PLAIN: memcpy(out, packed.p, got); break;
	case BTRFS_ZLIB: ok = unpack(v->unpacker, PACKING_ZLIB, packed, out, n, &got, e); break;
	case BTRFS_ZSTD: ok = unpack(v->unpacker, PACKING_ZSTD, packed, out, n, &got, e); break;
	case BTRFS_LZO: ok = btrfs_unpack_lzo(packed, v->super.sector, out, n, &got, e); break;
	}
	if (ok)
		memset((char *)out + got, 0, n - got);
	return ok || fail_in(e, "btrfs");
}

/* A packed extent is unpacked whole, and kept for the reads that follow. */
static bool unpack_extent(struct btrfs *v, const struct btrfs_file *f, const struct extent *x,
			  struct error *e)
{
	piece_new(v);
	if (v->piece.at == x->disk && v->piece.n == x->unpacked)
		return true;
	v->piece.at = 0;
	if (x->disk_size % v->super.sector)
		return broken(&x->item, e);
	if (!read_sectors(v, f, x->disk, v->piece.packed, (size_t)x->disk_size, e))
		return false;
	struct str packed = {(const char *)v->piece.packed, (size_t)x->disk_size};
	if (!unpack_bytes(v, x->packing, packed, v->piece.bytes, (size_t)x->unpacked, e))
		return false;
	v->piece.at = x->disk;
	v->piece.n = (size_t)x->unpacked;
	return true;
}

static bool read_inline(struct btrfs *v, const struct extent *x, uint64_t in, void *buf, size_t n,
			struct error *e)
{
	struct str packed = {(const char *)x->item.p + BTRFS_EXTENT_HEAD,
			     x->item.n - BTRFS_EXTENT_HEAD};
	piece_new(v);
	v->piece.at = 0;
	if (!unpack_bytes(v, x->packing, packed, v->piece.bytes, (size_t)x->unpacked, e))
		return false;
	memcpy(buf, v->piece.bytes + in, n);
	return true;
}

static bool read_extent(struct btrfs *v, const struct btrfs_file *f, const struct extent *x,
			uint64_t in, void *buf, size_t n, struct error *e)
{
	if (x->kind == INLINE)
		return read_inline(v, x, in, buf, n, e);
	if (x->kind == PREALLOCATED || !x->disk) {
		memset(buf, 0, n);
		return true;
	}
	if (!x->packing)
		return read_plain(v, f, x->disk + x->offset + in, buf, n, e);
	if (!unpack_extent(v, f, x, e))
		return false;
	memcpy(buf, v->piece.bytes + x->offset + in, n);
	return true;
}

static bool is_of(const struct btrfs_item *item, uint64_t ino)
{
	return item->key.objectid == ino && item->key.type == BTRFS_EXTENT_DATA;
}

/* The extent that holds byte `at`, or where there is none a hole up to the next one. */
static bool find_extent(struct btrfs *v, const struct btrfs_file *f, uint64_t at,
			struct extent *out, struct error *e)
{
	struct btrfs_key k = {f->ino, BTRFS_EXTENT_DATA, at};
	struct btrfs_item item;
	bool found;
	if (!btrfs_upto(v, &f->in->tree, k, &found, &item, e))
		return false;
	if (found && is_of(&item, f->ino)) {
		if (!load_extent(&item, out, e))
			return false;
		if (at < out->end)
			return true;
	}
	btrfs_key_next(&k);
	if (!btrfs_from(v, &f->in->tree, k, &found, &item, e))
		return false;
	*out = (struct extent){.start = at, .end = UINT64_MAX, .kind = PREALLOCATED};
	if (found && is_of(&item, f->ino))
		out->end = item.key.offset;
	return true;
}

bool btrfs_read_file(struct btrfs *v, const struct btrfs_file *f, uint64_t at, void *buf, size_t n,
		     struct error *e)
{
	struct extent x = {0};
	for (uint64_t extents = 1; n; extents++) {
		if (!fs_pieces_fit(f->fs, extents, e))
			return fail_in(e, "btrfs: inode %llu", (unsigned long long)f->ino);
		if (!find_extent(v, f, at, &x, e))
			return false;
		size_t some = x.end - at < n ? (size_t)(x.end - at) : n;
		if (!read_extent(v, f, &x, at - x.start, buf, some, e))
			return false;
		buf = (char *)buf + some;
		at += some;
		n -= some;
	}
	return true;
}
