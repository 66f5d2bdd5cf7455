/*
 * super.c - the head of a device to the facts that reading starts from (On-disk Format,
 * "Superblock"). What an incompatible feature bit says must be known here, or the volume is
 * refused with its name; compatible bits, read-only ones too, do not matter to a reader.
 */
#include <string.h>

#include "btrfs.h"
#include "bytes.h"

enum {
	SYSTEM_CHUNKS_AT = 0x32B,
	SYSTEM_CHUNKS_MAX = 2048,
	LABEL_AT = 0x12B,
	LABEL_MAX = 256,
	NODE_UUID_AT = 0x23B,
};

#define FEATURE_NODE_UUID ((uint64_t)1 << 10)
#define FLAG_METADUMP ((uint64_t)3 << 33)

/* From mixed backrefs (bit 0) to raid1c34 (bit 11), and simple quotas: these are read, or matter to
 * nobody who reads. */
#define FEATURES_READ ((uint64_t)0xFFF | (uint64_t)1 << 16)

static const struct {
	unsigned bit;
	const char *name;
} refused[] = {
	{12, "zoned"},   {13, "extent-tree-v2"}, {14, "raid-stripe-tree"},
	{15, "encrypt"}, {17, "remap-tree"},
};

static bool check_features(uint64_t incompat, struct error *e)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (incompat >> refused[i].bit & 1)
			return fail(e, ERR_UNSUPPORTED, "btrfs: the feature %s is not read",
				    refused[i].name);
	if (incompat & ~FEATURES_READ)
		return fail(e, ERR_UNSUPPORTED, "btrfs: unknown incompatible features 0x%llx",
			    (unsigned long long)(incompat & ~FEATURES_READ));
	return true;
}

static bool is_size(uint32_t n, uint32_t least)
{
	return n >= least && n <= 64 << 10 && (n & (n - 1)) == 0;
}

static bool check_sum(const unsigned char *p, bool unchecked, struct error *e)
{
	unsigned char sum[BTRFS_SUM_MAX];
	uint16_t kind = load_le16(p + 0xC4);
	if (kind > BTRFS_BLAKE2)
		return fail(e, ERR_UNSUPPORTED, "btrfs: unknown checksum type %u", kind);
	if (unchecked)
		return true;
	btrfs_sum((enum btrfs_sum)kind, p + 32, BTRFS_SUPER_SIZE - 32, sum);
	if (memcmp(sum, p, btrfs_sum_size((enum btrfs_sum)kind)) != 0)
		return fail(e, ERR_CORRUPT, "btrfs: the checksum of the superblock is wrong");
	return true;
}

static bool check_geometry(const unsigned char *p, struct error *e)
{
	if (!is_size(load_le32(p + 0x90), 512))
		return fail(e, ERR_CORRUPT, "btrfs: a sector size of %u", load_le32(p + 0x90));
	if (!is_size(load_le32(p + 0x94), 4096))
		return fail(e, ERR_CORRUPT, "btrfs: a node size of %u", load_le32(p + 0x94));
	if (load_le32(p + 0xA0) > SYSTEM_CHUNKS_MAX)
		return fail(e, ERR_CORRUPT, "btrfs: %u bytes of system chunks",
			    load_le32(p + 0xA0));
	if (p[0xC6] >= BTRFS_LEVELS || p[0xC7] >= BTRFS_LEVELS || p[0xC8] >= BTRFS_LEVELS)
		return fail(e, ERR_CORRUPT, "btrfs: a tree of more than %d levels", BTRFS_LEVELS);
	return true;
}

static void load_super(struct arena *a, const unsigned char *p, struct btrfs_super *out)
{
	struct str label = {(const char *)p + LABEL_AT, LABEL_MAX};
	struct str chunks = {(const char *)p + SYSTEM_CHUNKS_AT, load_le32(p + 0xA0)};
	*out = (struct btrfs_super){
		.generation = load_le64(p + 0x48),
		.root = load_le64(p + 0x50),
		.chunk_root = load_le64(p + 0x58),
		.log_root = load_le64(p + 0x60),
		.sector = load_le32(p + 0x90),
		.node = load_le32(p + 0x94),
		.chunk_generation = load_le64(p + 0xA4),
		.incompat = load_le64(p + 0xBC),
		.sum = (enum btrfs_sum)load_le16(p + 0xC4),
		.root_level = p[0xC6],
		.chunk_level = p[0xC7],
		.log_level = p[0xC8],
		.label = str_dup(a, str_slice(label, 0, str_find(label, 0))),
		.system_chunks = str_dup(a, chunks),
	};
	memcpy(out->fsid, p + 0x20, 16);
	memcpy(out->node_uuid, p + (out->incompat & FEATURE_NODE_UUID ? NODE_UUID_AT : 0x20), 16);
	memcpy(out->device, p + BTRFS_DEVICE_AT, 16);
}

static bool read_copy(struct arena *a, struct blob *b, uint64_t at, bool unchecked,
		      struct btrfs_super *out, struct error *e)
{
	unsigned char p[BTRFS_SUPER_SIZE];
	if (!blob_read(b, at, p, sizeof p, e))
		return false;
	if (memcmp(p + 0x40, BTRFS_MAGIC, strlen(BTRFS_MAGIC)) != 0 || load_le64(p + 0x30) != at)
		return fail(e, ERR_CORRUPT, "btrfs: no superblock at byte %llu",
			    (unsigned long long)at);
	if (!check_sum(p, unchecked, e))
		return false;
	if (load_le64(p + 0x38) & FLAG_METADUMP)
		return fail(e, ERR_UNSUPPORTED, "btrfs: a dump of metadata without files");
	if (!check_features(load_le64(p + 0xBC), e) || !check_geometry(p, e))
		return false;
	load_super(a, p, out);
	return true;
}

bool btrfs_read_super(struct arena *a, struct blob *b, bool unchecked, struct btrfs_super *out,
		      struct error *e)
{
	static const uint64_t mirrors[] = {(uint64_t)64 << 20, (uint64_t)256 << 30};
	struct btrfs_super copy;
	struct error first = {0}, later = {0};
	bool found = false;
	if (read_copy(a, b, BTRFS_SUPER_AT, unchecked, out, &first))
		return true;
	if (first.kind != ERR_CORRUPT) {
		*e = first;
		return false;
	}
	for (size_t i = 0; i < sizeof mirrors / sizeof *mirrors; i++) {
		if (!within(mirrors[i], BTRFS_SUPER_SIZE, b->size) ||
		    !read_copy(a, b, mirrors[i], unchecked, &copy, &later))
			continue;
		if (!found || copy.generation > out->generation)
			*out = copy;
		found = true;
	}
	if (!found)
		*e = first;
	return found;
}
