/*
 * xfs_volume.c - see xfs_volume.h.
 */
#include "xfs_volume.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"

enum { V4_CORE = 100, V5_CORE = 176, CRC_OF_SUPER = 224, CRC_OF_INODE = 100, LEAST = 4096 };

static const char uuid[16] = "a test's volume";

void put_be(unsigned char *p, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(value >> 8 * (n - 1 - i));
}

void put_le(unsigned char *p, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(value >> 8 * i);
}

uint32_t xfs_volume_block_size(const struct xfs_volume *v)
{
	return v->v5 ? 2 * VOLUME_BLOCK : VOLUME_BLOCK;
}

unsigned char *xfs_volume_block(struct xfs_volume *v, uint64_t block)
{
	return v->p + block * xfs_volume_block_size(v);
}

static size_t inode_size(const struct xfs_volume *v)
{
	return v->v5 ? 512 : 256;
}

static void make_super(struct xfs_volume *v)
{
	unsigned char *p = v->p;
	memcpy(p, "XFSB", 4);
	put_be(p + 4, xfs_volume_block_size(v), 4);
	put_be(p + 8, VOLUME_BLOCKS, 8);
	memcpy(p + 32, uuid, sizeof uuid);
	put_be(p + 48, VOLUME_LOG_AT, 8);
	put_be(p + 56, VOLUME_ROOT, 8);
	put_be(p + 84, VOLUME_BLOCKS, 4);
	put_be(p + 88, 1, 4);
	put_be(p + 96, VOLUME_LOG, 4);
	put_be(p + 100, v->v5 ? 0xb4a5 : 0xb4a4, 2);
	put_be(p + 102, 512, 2);
	put_be(p + 104, inode_size(v), 2);
	memcpy(p + 108, "by hand", 7);
	p[120] = v->v5 ? 10 : 9;
	p[121] = 9;
	p[122] = v->v5 ? 9 : 8;
	p[123] = 1;
	p[124] = 10;
	put_be(p + 216, v->v5 ? 0x3 : 0, 4);
}

struct xfs_volume *xfs_volume_new(struct arena *a, bool v5)
{
	struct xfs_volume *v = NEW(a, struct xfs_volume);
	*v = (struct xfs_volume){.arena = a, .v5 = v5};
	v->p = NEW_N(a, unsigned char, (size_t)VOLUME_BLOCKS *xfs_volume_block_size(v));
	make_super(v);
	unsigned char *fork = xfs_volume_inode(v, VOLUME_ROOT, 040755, FORM_LOCAL, 6, 0);
	put_be(fork + 2, VOLUME_ROOT, 4);
	return v;
}

unsigned char *xfs_volume_inode(struct xfs_volume *v, uint64_t ino, uint32_t mode,
				enum xfs_form form, uint64_t size, uint32_t extents)
{
	unsigned char *p = v->p + ino * inode_size(v);
	memset(p, 0, inode_size(v));
	memcpy(p, "IN", 2);
	put_be(p + 2, mode, 2);
	p[4] = v->v5 ? 3 : 2;
	p[5] = (unsigned char)form;
	put_be(p + 16, 1, 4);
	put_be(p + 56, size, 8);
	put_be(p + 76, extents, 4);
	put_be(p + 96, UINT32_MAX, 4);
	if (v->v5) {
		put_be(p + 152, ino, 8);
		memcpy(p + 160, uuid, sizeof uuid);
	}
	return p + (v->v5 ? V5_CORE : V4_CORE);
}

void xfs_volume_name(struct xfs_volume *v, const char *name, uint64_t ino)
{
	unsigned char *inode = v->p + VOLUME_ROOT * inode_size(v);
	unsigned char *fork = inode + (v->v5 ? V5_CORE : V4_CORE), *p = fork + inode[63];
	size_t n = strlen(name);
	fork[0]++;
	p[0] = (unsigned char)n;
	memcpy(p + 3, name, n);
	p += 3 + n + v->v5;
	put_be(p, ino, 4);
	inode[63] = (unsigned char)(p + 4 - fork);
}

void xfs_volume_extent(unsigned char *record, bool unwritten, uint64_t start, uint64_t block,
		       uint64_t count)
{
	put_be(record, (uint64_t)unwritten << 63 | start << 9 | block >> 43, 8);
	put_be(record + 8, block << 21 | count, 8);
}

/* ---- checksums ---- */

static void set_crc(unsigned char *p, size_t n, size_t at)
{
	put_le(p + at, 0, 4);
	put_le(p + at, ~crc32c(~0u, p, n), 4);
}

static void seal_block(unsigned char *p, size_t block, size_t directory_block)
{
	switch (load_be32(p)) {
	case 0x424d4133: set_crc(p, block, 64); return;          /* BMA3 */
	case 0x58534c4d: set_crc(p, block, 12); return;          /* XSLM */
	case 0x58444233:                                         /* XDB3 */
	case 0x58444433: set_crc(p, directory_block, 4); return; /* XDD3 */
	default: break;
	}
	unsigned magic = load_be16(p + 8);
	if (magic == 0x3df1 || magic == 0x3dff || magic == 0x3ebe)
		set_crc(p, directory_block, 12);
}

/* Records that lie in one piece; the first header's words, and those of the others that are used.
 */
static void seal_record(unsigned char *p, size_t room)
{
	enum { HEADER = 512, SUMMED = 328, SUMMED_MORE = 260, EACH = 32 << 10, CRC = 32 };
	size_t n = load_be32(p + 12), size = load_be32(p + 320);
	size_t headers = size > EACH && size <= 8 * EACH ? (size + EACH - 1) / EACH : 1;
	if (n > room || n + headers * HEADER > room)
		return;
	put_le(p + CRC, 0, 4);
	uint32_t crc = crc32c(~0u, p, SUMMED);
	for (size_t h = 1; h < headers && h * EACH < n; h++)
		crc = crc32c(crc, p + h * HEADER, SUMMED_MORE);
	put_le(p + CRC, ~crc32c(crc, p + headers * HEADER, n), 4);
}

void xfs_volume_seal(unsigned char *p, size_t n)
{
	if (n < LEAST)
		return;
	size_t block = load_be32(p + 4), directory_block = block << (p[192] & 15);
	size_t sector = load_be16(p + 102), inode = load_be16(p + 104);
	if (block < 512 || block > 65536 || directory_block > 65536 || sector > n || sector < 512 ||
	    inode < 256)
		return;
	set_crc(p, sector, CRC_OF_SUPER);
	for (size_t at = sector; at + 65536 <= n; at += 256) {
		if (at % block == 0)
			seal_block(p + at, block, directory_block);
		if (at % inode == 0 && load_be16(p + at) == 0x494e)
			set_crc(p + at, inode, CRC_OF_INODE);
		if (at % 512 == 0 && load_be32(p + at) == 0xfeedbabe)
			seal_record(p + at, n - at);
	}
}

struct fs *xfs_volume_open(struct xfs_volume *v, struct error *e)
{
	static const struct fs_options opts = {0};
	struct fs *fs = NULL;
	size_t size = (size_t)VOLUME_BLOCKS * xfs_volume_block_size(v);
	if (v->v5)
		xfs_volume_seal(v->p, size);
	struct blob *b = blob_memory(v->arena, S("volume"), (struct str){(char *)v->p, size});
	return fs_open_volume(v->arena, b, "xfs", &opts, &fs, e) ? fs : NULL;
}
