/*
 * gpt.c - a GUID partition table to volumes, after the UEFI specification 2.10, section 5.3. The
 * header is looked for in block 1, by blocks of 512 and of 4096 bytes, and where it is damaged, or
 * missing behind a protective MBR, in the last block. Both checksums must be right: without a table
 * of which that is true there is none. Overlapping partitions are taken as they are; one that ends
 * behind the disk is cut there. Not supported: more than 1024 entries.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32.h"
#include "disk.h"
#include "out.h"

enum {
	HEADER_BYTES = 92,
	ENTRIES_MAX = 1024,
	ENTRY_BYTES = 128,
	ENTRY_BYTES_MAX = 4096,
	NAME_UNITS = 36,
	PROTECTIVE = 0xEE,
};

/* A header that proved itself. */
struct header {
	uint32_t block;
	uint64_t entries_at;
	uint32_t entries, entry_bytes, entries_crc;
};

static uint32_t crc_of(const void *p, size_t n)
{
	return ~crc32_bare(~0u, p, n);
}

/* "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", of the 16 bytes of a GPT. */
static struct str guid_text(struct arena *a, const unsigned char *p)
{
	return str_fmt(a, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_le32(p),
		       load_le16(p + 4), load_le16(p + 6), p[8], p[9], p[10], p[11], p[12], p[13],
		       p[14], p[15]);
}

/* ---- headers ---- */

enum look { LOOK_NONE, LOOK_BAD, LOOK_GOOD, LOOK_FAILED };

/* The header in the block with this number, which it must have as its own. */
static enum look look_at(struct blob *b, uint32_t block, uint64_t number, struct header *out,
			 struct error *e)
{
	unsigned char p[4096];
	size_t got;
	if (!b->read(b, number * block, p, block, &got, e))
		return LOOK_FAILED;
	if (got < block || memcmp(p, "EFI PART", 8) != 0)
		return LOOK_NONE;
	uint32_t size = load_le32(p + 12), crc = load_le32(p + 16);
	if (size < HEADER_BYTES || size > block || load_le64(p + 24) != number)
		return LOOK_BAD;
	memset(p + 16, 0, 4);
	if (crc_of(p, size) != crc || !mul_u64(load_le64(p + 72), block, &out->entries_at))
		return LOOK_BAD;
	out->block = block;
	out->entries = load_le32(p + 80);
	out->entry_bytes = load_le32(p + 84);
	out->entries_crc = load_le32(p + 88);
	return LOOK_GOOD;
}

/* The entries that a header promises; *out is NULL, without a failure, when they are others. */
static bool read_entries(struct arena *a, struct blob *b, const struct header *h,
			 unsigned char **out, struct error *e)
{
	size_t n = (size_t)h->entries * h->entry_bytes, got;
	*out = NULL;
	if (h->entries > ENTRIES_MAX)
		return fail(e, ERR_LIMIT, "gpt: %u entries, the limit is %d", h->entries,
			    ENTRIES_MAX);
	if (h->entry_bytes < ENTRY_BYTES || h->entry_bytes > ENTRY_BYTES_MAX)
		return true;
	unsigned char *entries = NEW_N(a, unsigned char, n + 1);
	if (!b->read(b, h->entries_at, entries, n, &got, e))
		return false;
	if (got == n && crc_of(entries, n) == h->entries_crc)
		*out = entries;
	return true;
}

/* ---- entries ---- */

static uint32_t unit_at(const unsigned char *p, unsigned i)
{
	return i < NAME_UNITS ? load_le16(p + 2 * (size_t)i) : 0;
}

static void put_utf8(struct out *o, uint32_t c)
{
	unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char p[4];
	p[0] = (char)(n == 1 ? c : (0xF00u >> n | c >> 6 * (n - 1)));
	for (unsigned i = 1; i < n; i++)
		p[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3F));
	out_str(o, (struct str){p, n});
}

/* The name is UTF-16; half of a pair stands for U+FFFD. */
static struct str name_text(struct arena *a, const unsigned char *p)
{
	struct out *o = out_new(a);
	for (unsigned i = 0; unit_at(p, i); i++) {
		uint32_t c = unit_at(p, i), low = unit_at(p, i + 1);
		if (c >= 0xD800 && c < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
			c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
			i++;
		} else if (c >= 0xD800 && c < 0xE000) {
			c = 0xFFFD;
		}
		put_utf8(o, c);
	}
	return out_text(o);
}

static bool unused(const unsigned char *entry)
{
	static const unsigned char zeros[16];
	return memcmp(entry, zeros, sizeof zeros) == 0;
}

static void add_entry(struct arena *a, struct blob *b, const struct header *h, uint32_t number,
		      const unsigned char *p, struct disk *out)
{
	uint64_t first = load_le64(p + 32), last = load_le64(p + 40), end = 0, at = 0;
	struct volume *v = vec_push(a, &out->volumes);
	v->name = str_fmt(a, "p%u", number + 1);
	v->type = guid_text(a, p);
	v->partuuid = guid_text(a, p + 16);
	v->attributes = load_le64(p + 48);
	v->partlabel = name_text(a, p + 56);
	if (last < first || !add_u64(last, 1, &end) || !mul_u64(first, h->block, &at) ||
	    !mul_u64(end, h->block, &end)) {
		fail(&v->error, ERR_CORRUPT, "%" PRIstr ": no such blocks, %llu to %llu",
		     ARG(v->name), (unsigned long long)first, (unsigned long long)last);
		return;
	}
	v->at = at;
	v->size = end - at;
	v->blob = blob_window(a, b, v->name, at, v->size);
}

static void add_entries(struct arena *a, struct blob *b, const struct header *h,
			const unsigned char *entries, struct disk *out)
{
	out->table = "gpt";
	for (uint32_t i = 0; i < h->entries; i++) {
		const unsigned char *p = entries + (size_t)i * h->entry_bytes;
		if (!unused(p))
			add_entry(a, b, h, i, p, out);
	}
}

/* ---- the table ---- */

static bool protective(struct blob *b, bool *is, struct error *e)
{
	unsigned char p[512];
	size_t got;
	if (!b->read(b, 0, p, sizeof p, &got, e))
		return false;
	*is = false;
	for (size_t i = 446; got == sizeof p && i < 510; i += 16)
		*is |= p[i + 4] == PROTECTIVE && load_le16(p + 510) == 0xAA55;
	return true;
}

/* One copy of the table. */
static enum look try_copy(struct arena *a, struct blob *b, uint32_t block, uint64_t number,
			  struct disk *out, struct error *e)
{
	struct header h;
	unsigned char *entries;
	enum look look = look_at(b, block, number, &h, e);
	if (look != LOOK_GOOD)
		return look;
	if (!read_entries(a, b, &h, &entries, e))
		return LOOK_FAILED;
	if (!entries)
		return LOOK_BAD;
	add_entries(a, b, &h, entries, out);
	return LOOK_GOOD;
}

/* One of the copies, by both sizes of blocks: the first in block 1, the second in the last. */
static enum look try_sizes(struct arena *a, struct blob *b, bool last, struct disk *out,
			   struct error *e)
{
	static const uint32_t blocks[] = {512, 4096};
	uint64_t size = last ? blob_extent(b) : 0;
	enum look worst = LOOK_NONE;
	for (size_t i = 0; i < 2; i++) {
		uint64_t number = last ? size / blocks[i] - 1 : 1;
		if (last && (size == BLOB_UNSIZED || size < 2 * (uint64_t)blocks[i]))
			continue;
		enum look look = try_copy(a, b, blocks[i], number, out, e);
		if (look == LOOK_GOOD || look == LOOK_FAILED)
			return look;
		worst = look == LOOK_BAD ? look : worst;
	}
	return worst;
}

bool gpt_read(struct arena *a, struct blob *b, struct disk *out, bool *found, struct error *e)
{
	bool promised = true;
	enum look look = try_sizes(a, b, false, out, e);
	if (look == LOOK_NONE && !protective(b, &promised, e))
		return false;
	if ((look == LOOK_NONE && promised) || look == LOOK_BAD)
		look = try_sizes(a, b, true, out, e);
	if (look == LOOK_FAILED)
		return false;
	*found = look == LOOK_GOOD;
	return *found || !promised ||
	       fail(e, ERR_CORRUPT, "gpt: neither of its two copies is whole");
}
