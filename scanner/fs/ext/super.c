/*
 * super.c - a superblock of ext2, ext3 or ext4 as numbers that fit each other and the volume.
 *
 * Specification: Linux, Documentation/filesystems/ext4/super.rst. What libext2fs would believe
 * without a look is checked here first: that the group descriptors fit the volume and memory,
 * that the checksum is right, and that every incompatible feature is known. Compatible and
 * read-only compatible ones may be unknown: reading does not need them. Some makers of read-only
 * roots fill the high byte of the latter with ones after the checksum was made, so that nobody
 * writes; that byte is taken back when the checksum asks for it. Backup superblocks are not tried:
 * no boot does.
 */
#include "super.h"

#include <string.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"
#include "crc32c.h"

/* Places in the superblock. */
enum {
	S_INODES = 0x0,
	S_BLOCKS = 0x4,
	S_FIRST_BLOCK = 0x14,
	S_LOG_BLOCK_SIZE = 0x18,
	S_BLOCKS_PER_GROUP = 0x20,
	S_INODES_PER_GROUP = 0x28,
	S_MAGIC = 0x38,
	S_REVISION = 0x4C,
	S_FIRST_INODE = 0x54,
	S_COMPAT = 0x5C,
	S_INCOMPAT = 0x60,
	S_RO_COMPAT = 0x64,
	S_UUID = 0x68,
	S_LABEL = 0x78,
	S_JOURNAL_UUID = 0xD0,
	S_JOURNAL_INODE = 0xE0,
	S_DESC_SIZE = 0xFE,
	S_BLOCKS_HIGH = 0x150,
	S_CHECKSUM = 0x3FC,
};

enum {
	MAGIC = 0xEF53,
	COMPAT_JOURNAL = 0x4,
	INCOMPAT_FILETYPE = 0x2,
	INCOMPAT_RECOVER = 0x4,
	INCOMPAT_JOURNAL_DEV = 0x8,
	INCOMPAT_META_BG = 0x10,
	INCOMPAT_64BIT = 0x80,
	RO_COMPAT_CSUM = 0x400,
	RO_COMPAT_EXT3 = 0x7, /* sparse_super, large_file, btree_dir */
	LOG_BLOCK_MAX = 6,
	LABEL_BYTES = 16,
	DESC_BYTES_MAX = 256 << 20,
	OLD_FIRST_INODE = 11,
	OLD_DESC_SIZE = 32,
};

struct feature {
	uint32_t bit;
	bool readable;
	const char *name;
};

static const struct feature incompat[] = {
	{0x1, false, "compression"},
	{INCOMPAT_FILETYPE, true, "filetype"},
	{INCOMPAT_RECOVER, true, "needs_recovery"},
	{INCOMPAT_JOURNAL_DEV, false, "journal_dev"},
	{INCOMPAT_META_BG, true, "meta_bg"},
	{0x40, true, "extents"},
	{INCOMPAT_64BIT, true, "64bit"},
	{0x100, true, "mmp"},
	{0x200, true, "flex_bg"},
	{0x400, true, "ea_inode"},
	{0x1000, false, "dirdata"},
	{0x2000, true, "csum_seed"},
	{0x4000, true, "large_dir"},
	{0x8000, true, "inline_data"},
	{0x10000, true, "encrypt"},
	{0x20000, true, "casefold"},
};

static bool check_features(struct arena *a, uint32_t bits, struct error *e)
{
	struct str names = {0};
	for (size_t i = 0; i < sizeof incompat / sizeof *incompat; i++) {
		const struct feature *f = &incompat[i];
		if ((bits & f->bit) && !f->readable)
			names = str_fmt(a, "%" PRIstr " %s", ARG(names), f->name);
		bits &= ~f->bit;
	}
	if (bits)
		names = str_fmt(a, "%" PRIstr " 0x%x", ARG(names), bits);
	if (names.n)
		return fail(e, ERR_UNSUPPORTED, "superblock: features not readable here:%" PRIstr,
			    ARG(names));
	return true;
}

static bool sums_up(const unsigned char *s)
{
	return crc32c(~0u, s, S_CHECKSUM) == load_le32(s + S_CHECKSUM);
}

static bool check_sum(const unsigned char *s, struct error *e)
{
	unsigned char without[EXT_SUPER_BYTES];
	if (!(load_le32(s + S_RO_COMPAT) & RO_COMPAT_CSUM) || sums_up(s))
		return true;
	memcpy(without, s, sizeof without);
	if (s[S_RO_COMPAT + 3] == 0xFF)
		without[S_RO_COMPAT + 3] = 0;
	if (sums_up(without))
		return true;
	return fail(e, ERR_CORRUPT, "superblock: its checksum is wrong");
}

/* libext2fs holds all group descriptors in memory. */
static bool check_groups(const unsigned char *s, const struct ext_super *x, const struct blob *b,
			 struct error *e)
{
	uint64_t first = load_le32(s + S_FIRST_BLOCK), a_group = load_le32(s + S_BLOCKS_PER_GROUP);
	bool wide = load_le32(s + S_INCOMPAT) & INCOMPAT_64BIT;
	uint64_t desc = wide ? load_le16(s + S_DESC_SIZE) : OLD_DESC_SIZE, bytes;
	if (x->blocks <= first || a_group == 0)
		return fail(e, ERR_CORRUPT, "superblock: %llu blocks in groups of %llu",
			    (unsigned long long)x->blocks, (unsigned long long)a_group);
	uint64_t groups = (x->blocks - first - 1) / a_group + 1;
	if (!mul_u64(groups, desc, &bytes) || bytes > b->size)
		return fail(e, ERR_CORRUPT, "superblock: %llu groups do not fit the volume",
			    (unsigned long long)groups);
	if (bytes > DESC_BYTES_MAX)
		return fail(e, ERR_LIMIT, "superblock: more than %d bytes of group descriptors",
			    DESC_BYTES_MAX);
	return true;
}

static struct str label_text(struct arena *a, const unsigned char *s)
{
	struct str label = {(const char *)s + S_LABEL, LABEL_BYTES};
	return str_dup(a, str_slice(label, 0, str_find(label, '\0')));
}

/* The line that blkid draws: ext4 has what ext3 cannot mount. */
static const char *kind_of(const unsigned char *s)
{
	uint32_t ext3 = INCOMPAT_FILETYPE | INCOMPAT_RECOVER | INCOMPAT_META_BG;
	if ((load_le32(s + S_INCOMPAT) & ~ext3) ||
	    (load_le32(s + S_RO_COMPAT) & ~(uint32_t)RO_COMPAT_EXT3))
		return "ext4";
	return load_le32(s + S_COMPAT) & COMPAT_JOURNAL ? "ext3" : "ext2";
}

static uint64_t blocks_of(const unsigned char *s)
{
	bool wide = load_le32(s + S_INCOMPAT) & INCOMPAT_64BIT;
	uint64_t high = wide ? load_le32(s + S_BLOCKS_HIGH) : 0;
	return high << 32 | load_le32(s + S_BLOCKS);
}

bool ext_super_looks(const unsigned char *s)
{
	if (load_le16(s + S_MAGIC) != MAGIC || load_le32(s + S_LOG_BLOCK_SIZE) > LOG_BLOCK_MAX ||
	    load_le32(s + S_REVISION) > 1)
		return false;
	/* A journal on a device of its own has no inodes. */
	if (load_le32(s + S_INCOMPAT) & INCOMPAT_JOURNAL_DEV)
		return true;
	return load_le32(s + S_FIRST_BLOCK) <= 1 && load_le32(s + S_INODES) &&
	       load_le32(s + S_INODES_PER_GROUP);
}

bool ext_super_read(struct arena *a, struct blob *b, struct ext_super *out, struct error *e)
{
	unsigned char s[EXT_SUPER_BYTES];
	if (!blob_read(b, EXT_SUPER_AT, s, sizeof s, e))
		return false;
	bool old = load_le32(s + S_REVISION) == 0;
	struct ext_super x = {
		.block_size = 1024u << (load_le32(s + S_LOG_BLOCK_SIZE) % 32),
		.inodes = load_le32(s + S_INODES),
		.first_inode = old ? OLD_FIRST_INODE : load_le32(s + S_FIRST_INODE),
		.blocks = blocks_of(s),
		.journaled = load_le32(s + S_COMPAT) & COMPAT_JOURNAL,
		.recover = load_le32(s + S_INCOMPAT) & INCOMPAT_RECOVER,
		.kind = kind_of(s),
		.label = label_text(a, s),
		.uuid = fs_uuid_text(a, s + S_UUID),
		.journal_uuid = fs_uuid_text(a, s + S_JOURNAL_UUID),
	};
	if (x.journaled)
		x.journal_inode = load_le32(s + S_JOURNAL_INODE);
	if (!ext_super_looks(s))
		return fail(e, ERR_CORRUPT, "superblock: its numbers do not fit each other");
	if (!check_features(a, load_le32(s + S_INCOMPAT), e) || !check_sum(s, e) ||
	    !check_groups(s, &x, b, e))
		return false;
	*out = x;
	return true;
}
