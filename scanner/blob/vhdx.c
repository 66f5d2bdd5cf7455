/*
 * vhdx.c - Hyper-V's VHDX images to the disk inside, by Microsoft's open specification MS-VHDX
 * (sections 2.2 to 2.6).
 *
 * Dynamic and fixed disks are read; a differencing disk holds a part of a disk and is refused. A
 * log that is in use is replayed first: without it nothing in the file may be believed.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"
#include "mapped.h"
#include "vhdx_log.h"
#include "wrappers.h"

enum {
	HEADER = 4096,
	REGIONS = 64 << 10,
	METADATA_HEAD = 32,
	ENTRIES_MAX = 2047,
	ENTRY = 32,
	GUID = 16,
	BLOCK_MIN = 1 << 20,
	BLOCK_MAX = 256 << 20,
	REQUIRED = 1,          /* a region's flag */
	METADATA_REQUIRED = 4, /* an item's flag */
	HAS_PARENT = 2,
};

/* Places in a header. */
enum {
	H_SEQUENCE = 8,
	H_LOG_GUID = 48,
	H_LOG_VERSION = 64,
	H_VERSION = 66,
	H_LOG_N = 68,
	H_LOG_AT = 72,
};

/* Where both copies of the header and of the region table stand (2.2). */
static const uint64_t headers_at[] = {64 << 10, 128 << 10};
static const uint64_t regions_at[] = {192 << 10, 256 << 10};

enum payload { ZERO_MAX = 3, UNMAPPED_OLD = 5, PRESENT = 6 };

#define STATE 7u
#define PLACE_MASK (~0xfffffull)
#define CHUNK (1ull << 23) /* sectors whose bitmaps share an entry of the table */

struct region {
	uint64_t at;
	uint32_t n; /* 0: there is none */
};

struct vhdx {
	struct mapped disk;
	struct blob *of;
	struct region table;
	uint64_t size;
	uint32_t block, flags, sector; /* bytes; of the file parameters; bytes of a logical one */
};

enum region_id { REGION_TABLE, REGION_METADATA, REGIONS_N };

static const char *const region_guids[] = {
	[REGION_TABLE] = "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08",
	[REGION_METADATA] = "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e",
};

enum item_id {
	ITEM_PARAMETERS,
	ITEM_SIZE,
	ITEM_SECTOR,
	ITEM_PHYSICAL,
	ITEM_ID,
	ITEM_PARENT,
	ITEMS_N
};

static const char *const item_guids[] = {
	[ITEM_PARAMETERS] = "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b",
	[ITEM_SIZE] = "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8",
	[ITEM_SECTOR] = "\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f",
	[ITEM_PHYSICAL] = "\xc7\x48\xa3\xcd\x5d\x44\x71\x44\x9c\xc9\xe9\x88\x52\x51\xc5\x56",
	[ITEM_ID] = "\xab\x12\xca\xbe\xe6\xb2\x23\x45\x93\xef\xc3\x09\xe0\x00\xc7\x46",
	[ITEM_PARENT] = "\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c",
};

/* A checksum over all, its own place taken as zeros (2.2.2, 2.2.3). Clears that place. */
static bool sum_fits(unsigned char *p, size_t n)
{
	uint32_t sum = load_le32(p + 4);
	memset(p + 4, 0, 4);
	return ~crc32c(~0u, p, n) == sum;
}

static size_t guid_index(const unsigned char *p, const char *const *guids, size_t n)
{
	size_t i = 0;
	while (i < n && memcmp(p, guids[i], GUID) != 0)
		i++;
	return i;
}

/* Of the two headers, the sound one with the higher sequence number. None is newer where both have
 * the same, but some programs write one header twice. */
static bool read_header(struct arena *a, struct blob *b, unsigned char *out, struct error *e)
{
	unsigned char *p = NEW_N(a, unsigned char, HEADER);
	bool found = false;
	for (size_t i = 0; i < 2; i++) {
		if (!blob_read(b, headers_at[i], p, HEADER, e))
			return false;
		uint64_t sequence = load_le64(p + H_SEQUENCE);
		if (memcmp(p, "head", 4) != 0 || !sum_fits(p, HEADER))
			continue;
		if (found && sequence == load_le64(out + H_SEQUENCE) && memcmp(p, out, HEADER) != 0)
			return fail(e, ERR_CORRUPT, "neither header is the newer one");
		if (!found || sequence > load_le64(out + H_SEQUENCE))
			memcpy(out, p, HEADER);
		found = true;
	}
	return found || fail(e, ERR_CORRUPT, "neither header is sound");
}

static struct blob *replay(struct arena *a, struct blob *b, const struct vhdx_log *log,
			   const struct blob_opening *o, struct error *e)
{
	vec_push(a, &o->found->replayed)->text = S("the log of the vhdx");
	return vhdx_log_replay(a, b, log, e);
}

/* The file with the writes in place that its log holds; NULL: a failure was told. */
static struct blob *replayed(struct arena *a, struct blob *b, const struct blob_opening *o,
			     struct error *e)
{
	static const unsigned char no_guid[GUID];
	unsigned char *p = NEW_N(a, unsigned char, HEADER);
	if (!read_header(a, b, p, e))
		return NULL;
	unsigned version = load_le16(p + H_VERSION), log_version = load_le16(p + H_LOG_VERSION);
	struct vhdx_log log = {load_le64(p + H_LOG_AT), load_le32(p + H_LOG_N), p + H_LOG_GUID};
	if (version != 1)
		fail(e, ERR_UNSUPPORTED, "header: unknown version %u", version);
	else if (memcmp(log.guid, no_guid, GUID) == 0)
		return b;
	else if (log_version != 0)
		fail(e, ERR_UNSUPPORTED, "log: unknown version %u", log_version);
	else
		return replay(a, b, &log, o, e);
	return NULL;
}

static bool find_regions(const struct blob *b, const unsigned char *p, struct region *out,
			 struct error *e)
{
	uint32_t n = load_le32(p + 8);
	if (n > ENTRIES_MAX)
		return fail(e, ERR_CORRUPT, "region table: %u entries", n);
	for (uint32_t i = 0; i < n; i++) {
		const unsigned char *entry = p + 16 + (size_t)i * ENTRY;
		size_t id = guid_index(entry, region_guids, REGIONS_N);
		if (id < REGIONS_N)
			out[id] = (struct region){load_le64(entry + 16), load_le32(entry + 24)};
		else if (load_le32(entry + 28) & REQUIRED)
			return fail(e, ERR_UNSUPPORTED, "region table: an unknown region");
	}
	for (size_t id = 0; id < REGIONS_N; id++)
		if (out[id].n == 0 || !within(out[id].at, out[id].n, b->size))
			return fail(e, ERR_CORRUPT, "region table: a region is missing");
	return true;
}

static bool read_regions(struct arena *a, struct blob *b, struct region *out, struct error *e)
{
	unsigned char *p = NEW_N(a, unsigned char, REGIONS);
	for (size_t i = 0; i < 2; i++) {
		if (!blob_read(b, regions_at[i], p, REGIONS, e))
			return false;
		if (memcmp(p, "regi", 4) == 0 && sum_fits(p, REGIONS))
			return find_regions(b, p, out, e);
	}
	return fail(e, ERR_CORRUPT, "neither region table is sound");
}

static bool read_item(struct vhdx *v, uint64_t at, size_t id, struct error *e)
{
	unsigned char p[8];
	switch (id) {
	case ITEM_PARAMETERS:
		if (!blob_read(v->of, at, p, 8, e))
			return false;
		v->block = load_le32(p);
		v->flags = load_le32(p + 4);
		return true;
	case ITEM_SIZE:
		if (!blob_read(v->of, at, p, 8, e))
			return false;
		v->size = load_le64(p);
		return true;
	case ITEM_SECTOR:
		if (!blob_read(v->of, at, p, 4, e))
			return false;
		v->sector = load_le32(p);
		return true;
	default: return true;
	}
}

static bool read_metadata(struct vhdx *v, struct region r, struct error *e)
{
	unsigned char p[ENTRY];
	if (!blob_read(v->of, r.at, p, METADATA_HEAD, e))
		return false;
	unsigned n = load_le16(p + 10);
	if (memcmp(p, "metadata", 8) != 0 || n > ENTRIES_MAX)
		return fail(e, ERR_CORRUPT, "metadata: no table of them");
	for (unsigned i = 0; i < n; i++) {
		if (!blob_read(v->of, r.at + METADATA_HEAD + (uint64_t)i * ENTRY, p, ENTRY, e))
			return false;
		size_t id = guid_index(p, item_guids, ITEMS_N);
		if (id == ITEMS_N && load_le32(p + 24) & METADATA_REQUIRED)
			return fail(e, ERR_UNSUPPORTED, "metadata: an unknown item");
		uint32_t at = load_le32(p + 16);
		if (!within(at, 8, r.n))
			return fail(e, ERR_CORRUPT, "metadata: an item at %u", at);
		if (!read_item(v, r.at + at, id, e))
			return false;
	}
	return true;
}

static bool check_disk(const struct vhdx *v, struct error *e)
{
	if (v->flags & HAS_PARENT)
		return fail(e, ERR_UNSUPPORTED, "holds only what differs from another disk");
	if (v->block < BLOCK_MIN || v->block > BLOCK_MAX || v->block & (v->block - 1))
		return fail(e, ERR_CORRUPT, "metadata: blocks of %u bytes", v->block);
	if (v->sector != 512 && v->sector != 4096)
		return fail(e, ERR_CORRUPT, "metadata: sectors of %u bytes", v->sector);
	uint64_t blocks = v->size / v->block + (v->size % v->block != 0);
	uint64_t ratio = CHUNK * v->sector / v->block;
	uint64_t entries = blocks ? blocks + (blocks - 1) / ratio : 0;
	if (entries > v->table.n / 8)
		return fail(e, ERR_CORRUPT, "metadata: a disk of %llu bytes with a table of %u",
			    (unsigned long long)v->size, v->table.n);
	return true;
}

/* After the entries of each chunk stands one for its bitmap, which only a differencing disk has. */
static bool vhdx_map(struct mapped *m, uint64_t at, struct piece *out, struct error *e)
{
	const struct vhdx *v = (const struct vhdx *)m;
	uint64_t block = at / v->block, skip = at % v->block;
	uint64_t i = block + block / (CHUNK * v->sector / v->block);
	unsigned char p[8];
	if (!blob_read(v->of, v->table.at + i * sizeof p, p, sizeof p, e))
		return false;
	uint64_t entry = load_le64(p);
	unsigned state = (unsigned)(entry & STATE);
	if (state > ZERO_MAX && state != UNMAPPED_OLD && state != PRESENT)
		return fail(e, ERR_CORRUPT, "block %llu has state %u", (unsigned long long)block,
			    state);
	*out = (struct piece){.kind = state == PRESENT ? PIECE_STORED : PIECE_ZEROS,
			      .n = v->block - skip,
			      .of = v->of,
			      .at = entry & PLACE_MASK,
			      .skip = skip};
	return true;
}

bool blob_probe_vhdx(struct blob *b, bool *mine, struct error *e)
{
	char p[8];
	size_t got;
	if (!b->read(b, 0, p, sizeof p, &got, e))
		return false;
	*mine = got == sizeof p && memcmp(p, "vhdxfile", sizeof p) == 0;
	return true;
}

struct blob *blob_open_vhdx(struct arena *a, struct blob *b, const struct blob_opening *o,
			    struct error *e)
{
	struct region regions[REGIONS_N] = {0};
	struct vhdx *v = NEW(a, struct vhdx);
	v->of = replayed(a, b, o, e);
	if (!v->of || !read_regions(a, v->of, regions, e))
		return NULL;
	v->table = regions[REGION_TABLE];
	if (!read_metadata(v, regions[REGION_METADATA], e) || !check_disk(v, e))
		return NULL;
	mapped_init(&v->disk, "vhdx", b, v->size);
	v->disk.map = vhdx_map;
	return &v->disk.blob;
}
