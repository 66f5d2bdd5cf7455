/*
 * log_record.c - a place in the log of an XFS volume to the record that stands there: "XFS
 * Algorithms & Data Structures", "Log Records". The first word of each of its blocks is replaced by
 * the cycle, so that a block that was not written shows; the words themselves stand in the headers.
 * The checksum is over the blocks as they lie on the disk. Logs of version 1 and 2, of
 * little-endian machines; others' transactions are laid out in another order of bytes.
 */
#include <string.h>

#include "bytes.h"
#include "crc32c.h"
#include "xfs_log.h"

enum {
	VERSION_2 = 2,
	SIZE_PER_HEADER = 32 << 10,
	BYTES_MAX = 256 << 10,
	WORDS_AT = 44,
	WORDS = 64, /* in each header */
	FORMAT_LE = 1,
	CRC_AT = 32,
	HEADER_BYTES = 328,
	HEADER_BYTES_32 = 324, /* as a 32-bit x86 lays the structure out */
	EXTRA_BYTES = 260,
};

static const uint32_t record_magic = 0xfeedbabe;

bool xfs_log_read(struct xfs_log *l, uint32_t block, uint32_t n, void *buf, struct error *e)
{
	uint32_t first = l->blocks - block < n ? l->blocks - block : n;
	uint64_t at = l->start + (uint64_t)block * XFS_SECTOR;
	size_t bytes = (size_t)first * XFS_SECTOR;
	return blob_read(l->x->blob, at, buf, bytes, e) &&
	       (first == n || blob_read(l->x->blob, l->start, (char *)buf + bytes,
					(size_t)(n - first) * XFS_SECTOR, e));
}

uint32_t xfs_log_cycle(const unsigned char *p, bool *begins)
{
	*begins = load_be32(p) == record_magic;
	return load_be32(p + (*begins ? 4 : 0));
}

static bool parse(const struct xfs_log *l, const unsigned char *p, uint32_t block,
		  struct xfs_record *r, struct error *e)
{
	static const unsigned char none[XFS_UUID];
	uint32_t version = load_be32(p + 8), size = load_be32(p + 320);
	*r = (struct xfs_record){
		.lsn = load_be64(p + 16),
		.tail = load_be64(p + 24),
		.bytes = load_be32(p + 12),
		.operations = load_be32(p + 40),
		.headers = 1,
	};
	if (load_be32(p) != record_magic || xfs_lsn_block(r->lsn) != block ||
	    xfs_lsn_cycle(r->lsn) != load_be32(p + 4) || version == 0 || version > 3)
		return fail(e, ERR_CORRUPT, "log: no record at block %u", block);
	if (version & VERSION_2 && size > SIZE_PER_HEADER)
		r->headers = (size + SIZE_PER_HEADER - 1) / SIZE_PER_HEADER;
	r->blocks = r->headers + (r->bytes + XFS_SECTOR - 1) / XFS_SECTOR;
	if (r->bytes == 0 || r->bytes > BYTES_MAX || size > BYTES_MAX || r->blocks > l->blocks)
		return fail(e, ERR_CORRUPT, "log: record at block %u is out of shape", block);
	if (memcmp(p + 304, none, XFS_UUID) != 0 && memcmp(p + 304, l->x->sb.uuid, XFS_UUID) != 0)
		return fail(e, ERR_CORRUPT, "log: is another file system's");
	if (load_be32(p + 300) != FORMAT_LE)
		return fail(e, ERR_UNSUPPORTED, "log: was written by a big-endian machine");
	return true;
}

bool xfs_record_header(struct xfs_log *l, uint32_t block, struct xfs_record *r, struct error *e)
{
	unsigned char p[XFS_SECTOR];
	return xfs_log_read(l, block, 1, p, e) && parse(l, p, block, r, e);
}

/* Headers past the first are summed up only as far as the contents need them. */
static uint32_t checksum(const unsigned char *p, const struct xfs_record *r, size_t header)
{
	static const unsigned char none[4];
	uint32_t crc = crc32c(~0u, p, CRC_AT);
	crc = crc32c(crc, none, sizeof none);
	crc = crc32c(crc, p + CRC_AT + 4, header - CRC_AT - 4);
	for (uint32_t h = 1; h < r->headers && h * SIZE_PER_HEADER < r->bytes; h++)
		crc = crc32c(crc, p + (size_t)h * XFS_SECTOR, EXTRA_BYTES);
	return ~crc32c(crc, p + (size_t)r->headers * XFS_SECTOR, r->bytes);
}

/* Old kernels write no checksum. */
static bool is_whole(const struct xfs_log *l, const unsigned char *p, const struct xfs_record *r)
{
	uint32_t crc = load_le32(p + CRC_AT);
	for (uint32_t b = 1; b < r->blocks; b++) {
		bool around = xfs_lsn_block(r->lsn) + b >= l->blocks;
		if (load_be32(p + (size_t)b * XFS_SECTOR) != xfs_lsn_cycle(r->lsn) + around)
			return false;
	}
	return (crc == 0 && !l->x->sb.v5) || crc == checksum(p, r, HEADER_BYTES) ||
	       crc == checksum(p, r, HEADER_BYTES_32);
}

static bool put_words_back(unsigned char *p, const struct xfs_record *r)
{
	uint32_t n = r->blocks - r->headers;
	if (n > r->headers * WORDS)
		return false;
	for (uint32_t b = 0; b < n; b++) {
		const unsigned char *header = p + (size_t)(b / WORDS) * XFS_SECTOR;
		size_t at = (b < WORDS ? WORDS_AT : 4) + (size_t)(b % WORDS) * 4;
		memcpy(p + (size_t)(r->headers + b) * XFS_SECTOR, header + at, 4);
	}
	return true;
}

bool xfs_record_read(struct xfs_log *l, uint64_t lsn, struct xfs_record *r, bool *torn,
		     struct error *e)
{
	unsigned char first[XFS_SECTOR];
	bool begins;
	if (!xfs_log_read(l, xfs_lsn_block(lsn), 1, first, e))
		return false;
	*torn = xfs_log_cycle(first, &begins) != xfs_lsn_cycle(lsn) || !begins;
	if (*torn)
		return true;
	if (!parse(l, first, xfs_lsn_block(lsn), r, e) ||
	    !xfs_log_read(l, xfs_lsn_block(lsn), r->blocks, l->whole, e))
		return false;
	*torn = r->lsn != lsn || !is_whole(l, l->whole, r);
	r->contents = l->whole + (size_t)r->headers * XFS_SECTOR;
	if (!*torn && !put_words_back(l->whole, r))
		return fail(e, ERR_CORRUPT, "log: record at block %u has too few headers",
			    xfs_lsn_block(lsn));
	return true;
}

uint64_t xfs_record_after(const struct xfs_log *l, const struct xfs_record *r)
{
	uint64_t block = (uint64_t)xfs_lsn_block(r->lsn) + r->blocks;
	uint64_t cycle = xfs_lsn_cycle(r->lsn);
	return block < l->blocks ? cycle << 32 | block : (cycle + 1) << 32 | (block - l->blocks);
}
