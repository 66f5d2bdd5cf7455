/*
 * zisofs.c - the plain bytes of files that mkzftree or xorriso compressed for a CD image (zisofs,
 * as libisofs's zisofs_format.txt has it, version 1). Behind a header stand places in the file,
 * from one to the next of which a block is stored by zlib; one of no bytes is all zeros. Version 2
 * is not read.
 */
#include "zisofs.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "unpack.h"

enum {
	HEADER = 16,
	PLACE = 4,
	BLOCK_BITS_MIN = 9,
	BLOCK_BITS_MAX = 17, /* more is not known to Linux */
	BLOCK_MAX = 1 << BLOCK_BITS_MAX,
};

static const unsigned char magic[] = {0x37, 0xe4, 0x53, 0x96, 0xc9, 0xdb, 0xd6, 0x07};

struct zisofs {
	struct blob *image;
	struct unpacker *unpacker;
	uint64_t file_at, number; /* of the block in `plain` */
	bool loaded;
	char plain[BLOCK_MAX], stored[2 * BLOCK_MAX];
};

static bool damaged(const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "iso9660: a compressed file: %s", why);
}

struct zisofs *zisofs_new(struct arena *a, struct blob *image)
{
	struct zisofs *z = NEW(a, struct zisofs);
	z->image = image;
	z->unpacker = unpacker_new(a);
	return z;
}

void zisofs_entry(struct zisofs_file *file, const unsigned char *p, size_t n)
{
	file->known = n >= 16 && memcmp(p + 4, "pz", 2) == 0 && p[7] >= BLOCK_BITS_MIN &&
		      p[7] <= BLOCK_BITS_MAX && p[6] >= HEADER / 4;
	if (!file->known)
		return;
	file->header_n = p[6] * 4u;
	file->block_bits = p[7];
	file->plain_n = load_le32(p + 8);
}

/* The header says the same as the entry did. */
static bool check_header(struct zisofs *z, const struct zisofs_file *file, struct error *e)
{
	unsigned char p[HEADER];
	if (file->n < HEADER)
		return damaged("its header is cut short", e);
	if (!blob_read(z->image, file->at, p, sizeof p, e))
		return false;
	bool same = memcmp(p, magic, sizeof magic) == 0 && load_le32(p + 8) == file->plain_n &&
		    p[12] * 4u == file->header_n && p[13] == file->block_bits;
	return same || damaged("its header is not what its directory says", e);
}

/* Where a block is stored, in the image. */
static bool find(struct zisofs *z, const struct zisofs_file *file, uint64_t number, uint64_t *at,
		 size_t *n, struct error *e)
{
	unsigned char p[2 * PLACE];
	uint64_t place = file->header_n + number * PLACE;
	if (!within(place, sizeof p, file->n))
		return damaged("it has fewer blocks than bytes need", e);
	if (!blob_read(z->image, file->at + place, p, sizeof p, e))
		return false;
	uint32_t from = load_le32(p), to = load_le32(p + PLACE);
	if (from > to || to > file->n || to - from > sizeof z->stored)
		return damaged("a block lies outside of it", e);
	*at = file->at + from;
	*n = to - from;
	return true;
}

static bool load(struct zisofs *z, const struct zisofs_file *file, uint64_t number, struct error *e)
{
	uint64_t begin = number << file->block_bits, at;
	size_t block = (size_t)1 << file->block_bits, stored_n, got;
	size_t n = file->plain_n - begin < block ? (size_t)(file->plain_n - begin) : block;
	if (z->loaded && z->file_at == file->at && z->number == number)
		return true;
	z->loaded = false;
	if (!find(z, file, number, &at, &stored_n, e) ||
	    !blob_read(z->image, at, z->stored, stored_n, e))
		return false;
	if (stored_n == 0)
		memset(z->plain, 0, n);
	else if (!unpack(z->unpacker, PACKING_ZLIB, (struct str){z->stored, stored_n}, z->plain, n,
			 &got, e))
		return fail_in(e, "iso9660: a compressed file");
	else if (got < n)
		return damaged("a block holds fewer bytes than it must", e);
	z->file_at = file->at;
	z->number = number;
	z->loaded = true;
	return true;
}

bool zisofs_read(struct zisofs *z, const struct zisofs_file *file, uint64_t at, char *buf, size_t n,
		 struct error *e)
{
	size_t block = (size_t)1 << file->block_bits;
	if (!file->known)
		return fail(e, ERR_UNSUPPORTED,
			    "iso9660: a file that is compressed in an unknown way");
	if (!check_header(z, file, e))
		return false;
	for (size_t some; n; n -= some, at += some, buf += some) {
		size_t into = (size_t)(at & (block - 1));
		if (!load(z, file, at >> file->block_bits, e))
			return false;
		some = block - into < n ? block - into : n;
		memcpy(buf, z->plain + into, some);
	}
	return true;
}
