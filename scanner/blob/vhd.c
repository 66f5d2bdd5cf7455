/*
 * vhd.c - virtual hard disks of Virtual PC, Azure and Xen to the disk inside, by Microsoft's
 * "Virtual Hard Disk Image Format Specification", version 1.0.
 *
 * Fixed and dynamic disks are read. The size is the footer's current size, not that of the
 * geometry, which is rounded. The bitmaps of sectors in front of dynamic blocks only matter to
 * differencing disks, which are refused: they hold a part of a disk. A fixed disk has its only mark
 * at its end; where that is not known yet, the disk is raw with a sector behind it.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "mapped.h"
#include "wrappers.h"

enum {
	FOOTER = 512,
	HEADER = 48, /* what matters of it */
	SECTOR = 512,
	BLOCK_MAX = 256 << 20,
};

#define UNUSED 0xffffffffu

enum disk_type { FIXED = 2, DYNAMIC, DIFFERENCE };

struct vhd {
	struct mapped disk;
	struct blob *of;
	uint64_t table_at;
	uint32_t block, bitmap; /* bytes of a block, and of the bitmap before it */
};

static bool is_footer(const unsigned char *p)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < FOOTER; i++)
		sum += i >= 64 && i < 68 ? 0 : p[i];
	return memcmp(p, "conectix", 8) == 0 && load_be32(p + 64) == ~sum;
}

/* The footer, or of a dynamic disk its copy at the front. */
static bool find_footer(struct blob *b, unsigned char *p, bool *found, struct error *e)
{
	size_t got;
	if (!b->read(b, 0, p, FOOTER, &got, e))
		return false;
	*found = got == FOOTER && is_footer(p);
	if (*found || b->size == BLOB_UNSIZED || b->size < FOOTER)
		return true;
	if (!blob_read(b, b->size - FOOTER, p, FOOTER, e))
		return false;
	*found = is_footer(p);
	return true;
}

static bool vhd_map(struct mapped *m, uint64_t at, struct piece *out, struct error *e)
{
	const struct vhd *v = (const struct vhd *)m;
	uint64_t skip = at % v->block;
	unsigned char p[4];
	if (!blob_read(v->of, v->table_at + at / v->block * sizeof p, p, sizeof p, e))
		return false;
	uint32_t sector = load_be32(p);
	*out = (struct piece){.kind = sector == UNUSED ? PIECE_ZEROS : PIECE_STORED,
			      .n = v->block - skip,
			      .of = v->of,
			      .at = (uint64_t)sector * SECTOR + v->bitmap,
			      .skip = skip};
	return true;
}

static struct blob *open_dynamic(struct arena *a, struct blob *b, uint64_t at, uint64_t size,
				 struct error *e)
{
	unsigned char p[HEADER];
	if (!blob_read(b, at, p, sizeof p, e))
		return NULL;
	uint64_t table = load_be64(p + 16);
	uint32_t entries = load_be32(p + 28), block = load_be32(p + 32);
	if (memcmp(p, "cxsparse", 8) != 0) {
		fail(e, ERR_CORRUPT, "no header at byte %llu", (unsigned long long)at);
		return NULL;
	}
	if (block < SECTOR || block > BLOCK_MAX || block & (block - 1)) {
		fail(e, ERR_CORRUPT, "header: blocks of %u bytes", block);
		return NULL;
	}
	if (size > (uint64_t)entries * block || !within(table, 4ull * entries, b->size)) {
		fail(e, ERR_CORRUPT, "header: %u blocks for a disk of %llu bytes", entries,
		     (unsigned long long)size);
		return NULL;
	}
	struct vhd *v = NEW(a, struct vhd);
	uint32_t bits = block / SECTOR / 8;
	v->of = b;
	v->table_at = table;
	v->block = block;
	v->bitmap = bits < SECTOR ? SECTOR : bits;
	mapped_init(&v->disk, "vhd", b, size);
	v->disk.map = vhd_map;
	return &v->disk.blob;
}

bool blob_probe_vhd(struct blob *b, bool *mine, struct error *e)
{
	unsigned char p[FOOTER];
	return find_footer(b, p, mine, e);
}

struct blob *blob_open_vhd(struct arena *a, struct blob *b, const struct blob_opening *o,
			   struct error *e)
{
	unsigned char p[FOOTER];
	bool found;
	(void)o;
	if (!find_footer(b, p, &found, e))
		return NULL;
	uint64_t at = load_be64(p + 16), size = load_be64(p + 48);
	uint32_t type = load_be32(p + 60);
	if (!found) {
		fail(e, ERR_CORRUPT, "no footer");
	} else if (type == DYNAMIC) {
		return open_dynamic(a, b, at, size, e);
	} else if (type == DIFFERENCE) {
		fail(e, ERR_UNSUPPORTED, "holds only what differs from another disk");
	} else if (type != FIXED) {
		fail(e, ERR_UNSUPPORTED, "footer: unknown type %u", type);
	} else if (b->size < FOOTER || size > b->size - FOOTER) {
		fail(e, ERR_CORRUPT, "footer: %llu bytes of disk in %llu", (unsigned long long)size,
		     (unsigned long long)b->size);
	} else {
		return blob_window(a, b, b->name, 0, size);
	}
	return NULL;
}
