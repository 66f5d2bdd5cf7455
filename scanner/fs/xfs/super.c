/*
 * super.c - the first sector of an XFS volume to its geometry, and numbers of blocks and inodes to
 * places on the disk: "XFS Algorithms & Data Structures", chapters "Superblocks" and "Inode
 * Numbers". Versions 4 and 5; older ones have version 1 directories, which nothing reads today.
 * Of the copies of the superblock in the other groups none is looked at: a mount does not either.
 */
#include <string.h>

#include "bytes.h"
#include "xfs.h"

enum {
	SUPER_BYTES = 264,
	MAGIC = 0x58465342, /* "XFSB" */
	VERSION_MASK = 0xf,
	VERSION_LOGV2 = 0x400,
	VERSION_DIRV2 = 0x2000,
	VERSION_NOCASE = 0x4000,
	VERSION_MORE = 0x8000,
	FEATURES2_FTYPE = 0x200,
	SECTOR_MAX = 1 << 15,
	CRC_AT = 224,
};

/* What can be read, by bit of sb_features_incompat; ftype, sparse inodes, meta_uuid, bigtime,
 * needsrepair, nrext64, exchange-range, parent pointers, the metadata directory. */
static const uint32_t known_incompat = 0x1ff;

static const char *incompat_name(uint32_t bit)
{
	return bit == 0x200 ? "zoned" : bit == 0x400 ? "zone-gaps" : "unknown";
}

static bool is_power(uint32_t n, uint32_t from, uint32_t to)
{
	return n >= from && n <= to && (n & (n - 1)) == 0;
}

static unsigned log2_of(uint32_t power)
{
	return (unsigned)__builtin_ctz(power);
}

static bool check_sizes(const unsigned char *p, const struct xfs_super *sb, struct error *e)
{
	if (!is_power(sb->block, 512, XFS_BLOCK_MAX) || p[120] != log2_of(sb->block))
		return fail(e, ERR_CORRUPT, "superblock: block size %u", sb->block);
	if (!is_power(sb->sector, XFS_SECTOR, SECTOR_MAX) || sb->sector > sb->block)
		return fail(e, ERR_CORRUPT, "superblock: sector size %u", sb->sector);
	if (!is_power(sb->inode, 256, XFS_INODE_MAX) || sb->inode > sb->block ||
	    p[123] != log2_of(sb->block) - log2_of(sb->inode))
		return fail(e, ERR_CORRUPT, "superblock: inode size %u", sb->inode);
	if (p[192] > 7 || sb->block_log + p[192] > log2_of(XFS_BLOCK_MAX))
		return fail(e, ERR_CORRUPT, "superblock: directory blocks of 2^%u blocks", p[192]);
	return true;
}

static bool check_groups(const struct xfs_super *sb, struct error *e)
{
	uint64_t full = (uint64_t)sb->ag_count * sb->ag_blocks;
	if (sb->ag_blocks == 0 || sb->ag_count == 0 || sb->ag_log > 31 ||
	    sb->ag_blocks > (uint64_t)1 << sb->ag_log || sb->blocks > full ||
	    sb->blocks <= full - sb->ag_blocks)
		return fail(e, ERR_CORRUPT, "superblock: %u groups of %u blocks for %llu blocks",
			    sb->ag_count, sb->ag_blocks, (unsigned long long)sb->blocks);
	return true;
}

static bool check_version(const unsigned char *p, const struct xfs_super *sb, uint32_t version,
			  struct error *e)
{
	unsigned number = version & VERSION_MASK;
	uint32_t strange = sb->incompat & ~known_incompat;
	if (number != 4 && number != 5)
		return fail(e, ERR_UNSUPPORTED, "superblock: version %u", number);
	if (!(version & VERSION_DIRV2))
		return fail(e, ERR_UNSUPPORTED, "superblock: version 1 directories");
	if (strange)
		return fail(e, ERR_UNSUPPORTED, "superblock: incompatible feature %s (0x%x)",
			    incompat_name(strange & -strange), strange & -strange);
	if (p[126])
		return fail(e, ERR_CORRUPT, "superblock: its making was not finished");
	return true;
}

static bool parse(const unsigned char *p, struct xfs_super *out, struct error *e)
{
	uint32_t version = load_be16(p + 100), features2 = load_be32(p + 200);
	struct xfs_super sb = {
		.v5 = (version & VERSION_MASK) == 5,
		.logv2 = version & VERSION_LOGV2,
		.nocase = version & VERSION_NOCASE,
		.block = load_be32(p + 4),
		.sector = load_be16(p + 102),
		.inode = load_be16(p + 104),
		.block_log = p[120],
		.inopb_log = p[123],
		.ag_log = p[124],
		.dir_log = p[192],
		.ag_blocks = load_be32(p + 84),
		.ag_count = load_be32(p + 88),
		.blocks = load_be64(p + 8),
		.root = load_be64(p + 56),
		.log_start = load_be64(p + 48),
		.log_blocks = load_be32(p + 96),
	};
	if (sb.v5) {
		sb.incompat = load_be32(p + 216);
		sb.log_incompat = load_be32(p + 220);
	}
	sb.ftype = sb.v5 ? sb.incompat & XFS_FTYPE
			 : version & VERSION_MORE && features2 & FEATURES2_FTYPE;
	memcpy(sb.uuid, p + 32, XFS_UUID);
	memcpy(sb.meta_uuid, p + (sb.incompat & XFS_META_UUID ? 248 : 32), XFS_UUID);
	memcpy(sb.label, p + 108, sizeof sb.label);
	if (load_be32(p) != MAGIC)
		return fail(e, ERR_CORRUPT, "superblock: no magic number");
	if (!check_version(p, &sb, version, e) || !check_sizes(p, &sb, e) || !check_groups(&sb, e))
		return false;
	*out = sb;
	return true;
}

bool xfs_super_read(struct blob *b, bool replayed, struct xfs_super *sb, struct error *e)
{
	unsigned char p[SECTOR_MAX];
	if (!blob_read(b, 0, p, SUPER_BYTES, e) || !parse(p, sb, e))
		return false;
	if (!sb->v5 || replayed)
		return true;
	if (!blob_read(b, 0, p, sb->sector, e))
		return false;
	return xfs_crc_good(p, sb->sector, CRC_AT) ||
	       fail(e, ERR_CORRUPT, "superblock: checksum does not match");
}

bool xfs_block_at(const struct xfs_super *sb, uint64_t block, uint64_t count, uint64_t *at,
		  struct error *e)
{
	uint64_t group = block >> sb->ag_log, in_group = block & (((uint64_t)1 << sb->ag_log) - 1);
	uint64_t first = group * sb->ag_blocks + in_group;
	if (group >= sb->ag_count || !within(in_group, count, sb->ag_blocks) ||
	    !within(first, count, sb->blocks))
		return fail(e, ERR_CORRUPT, "block %llu: outside the volume",
			    (unsigned long long)block);
	*at = first << sb->block_log;
	return true;
}

bool xfs_inode_at(const struct xfs_super *sb, uint64_t ino, uint64_t *at, struct error *e)
{
	uint64_t in_block = ino & (((uint64_t)1 << sb->inopb_log) - 1), block;
	if (!xfs_block_at(sb, ino >> sb->inopb_log, 1, &block, e))
		return fail_in(e, "inode %llu", (unsigned long long)ino);
	*at = block + in_block * sb->inode;
	return true;
}
