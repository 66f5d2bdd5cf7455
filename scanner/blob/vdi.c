/*
 * vdi.c - VirtualBox disk images of version 1.1 to the disk inside, by VirtualBox's own
 * description of the format (VDICore.h, as documented at its forum's "VDI file format").
 *
 * Dynamic and fixed images are read; both find their blocks by a map. Differencing and undo
 * images hold a part of a disk and are refused.
 */
#include "arena.h"
#include "bytes.h"
#include "mapped.h"
#include "wrappers.h"

enum {
	HEAD_AT = 0x40,
	HEAD = 0x184,
	VERSION = 0x00010001,
	BLOCK_MIN = 512,
	BLOCK_MAX = 64 << 20,
};

#define MAGIC 0xbeda107fu
#define FREE 0xfffffffeu /* and all above: never written, or discarded */

enum image_type { DYNAMIC = 1, FIXED, UNDO, DIFFERENCE };

struct vdi {
	struct mapped disk;
	struct blob *of;
	uint64_t map_at, blocks_at;
	uint32_t block, extra; /* bytes of a block, and of what stands before each */
};

static bool vdi_map(struct mapped *m, uint64_t at, struct piece *out, struct error *e)
{
	const struct vdi *v = (const struct vdi *)m;
	uint64_t skip = at % v->block;
	unsigned char p[4];
	if (!blob_read(v->of, v->map_at + at / v->block * sizeof p, p, sizeof p, e))
		return false;
	uint32_t i = load_le32(p);
	uint64_t place = v->blocks_at + i * ((uint64_t)v->block + v->extra) + v->extra;
	*out = (struct piece){.kind = i >= FREE ? PIECE_ZEROS : PIECE_STORED,
			      .n = v->block - skip,
			      .of = v->of,
			      .at = place,
			      .skip = skip};
	return true;
}

static bool check_head(const unsigned char *p, struct error *e)
{
	uint32_t version = load_le32(p + 0x44), type = load_le32(p + 0x4c);
	uint32_t block = load_le32(p + 0x178), extra = load_le32(p + 0x17c);
	if (version != VERSION)
		return fail(e, ERR_UNSUPPORTED, "header: version %u.%u", version >> 16,
			    version & 0xffff);
	if (type == UNDO || type == DIFFERENCE)
		return fail(e, ERR_UNSUPPORTED, "holds only what differs from another disk");
	if (type != DYNAMIC && type != FIXED)
		return fail(e, ERR_UNSUPPORTED, "header: unknown type %u", type);
	if (block < BLOCK_MIN || block > BLOCK_MAX || block & (block - 1) || extra > BLOCK_MAX)
		return fail(e, ERR_CORRUPT, "header: blocks of %u and %u bytes", extra, block);
	uint64_t size = load_le64(p + 0x170), blocks = load_le32(p + 0x180);
	if (size > blocks * block)
		return fail(e, ERR_CORRUPT, "header: %llu blocks for a disk of %llu bytes",
			    (unsigned long long)blocks, (unsigned long long)size);
	return true;
}

bool blob_probe_vdi(struct blob *b, bool *mine, struct error *e)
{
	unsigned char p[12];
	size_t got;
	if (!b->read(b, HEAD_AT, p, sizeof p, &got, e))
		return false;
	*mine = got == sizeof p && load_le32(p) == MAGIC && load_le32(p + 4) >> 16 < 16;
	return true;
}

struct blob *blob_open_vdi(struct arena *a, struct blob *b, const struct blob_opening *o,
			   struct error *e)
{
	unsigned char p[HEAD];
	(void)o;
	if (!blob_read(b, 0, p, sizeof p, e) || !check_head(p, e))
		return NULL;
	struct vdi *v = NEW(a, struct vdi);
	v->of = b;
	v->map_at = load_le32(p + 0x154);
	v->blocks_at = load_le32(p + 0x158);
	v->block = load_le32(p + 0x178);
	v->extra = load_le32(p + 0x17c);
	mapped_init(&v->disk, "vdi", b, load_le64(p + 0x170));
	v->disk.map = vdi_map;
	return &v->disk.blob;
}
