/*
 * mbr.c - the table of a master boot record to volumes: four entries at byte 446 of the first
 * sector, and behind one of them a chain of sectors with a logical partition each (the format is
 * described in the UEFI specification 2.10, section 5.2; extended partitions as Linux reads them).
 * Sectors are 512 bytes. The chain must go forward: one that does not, or is too long, is the error
 * of the extended partition, which is then a volume of its own. A boot sector of a file system is
 * told from a table by whoever calls. Not supported: BSD labels, and tables of 4096-byte sectors.
 */
#include "arena.h"
#include "bytes.h"
#include "disk.h"

enum { SECTOR = 512, ENTRIES_AT = 446, ENTRY = 16, PRIMARY = 4, LOGICAL_MAX = 128 };

struct entry {
	uint8_t type;
	uint64_t start, sectors;
};

static struct entry entry_at(const unsigned char *sector, unsigned i)
{
	const unsigned char *p = sector + ENTRIES_AT + ENTRY * (size_t)i;
	return (struct entry){p[4], load_le32(p + 8), load_le32(p + 12)};
}

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0F || type == 0x85;
}

/* *is is false where the sector does not bear the mark of a table. */
static bool read_sector(struct blob *b, uint64_t number, unsigned char *p, bool *is,
			struct error *e)
{
	size_t got;
	if (!b->read(b, number * SECTOR, p, SECTOR, &got, e))
		return false;
	*is = got == SECTOR && load_le16(p + 510) == 0xAA55;
	return true;
}

/* A program that ends in the same mark seldom has only 0 and 0x80 as the entries' first bytes. */
static bool is_table(const unsigned char *sector)
{
	bool any = false;
	for (unsigned i = 0; i < PRIMARY; i++) {
		const unsigned char *p = sector + ENTRIES_AT + ENTRY * (size_t)i;
		struct entry x = entry_at(sector, i);
		if (p[0] & 0x7F)
			return false;
		any |= x.type && x.sectors;
	}
	return any;
}

static struct volume *add(struct arena *a, struct blob *b, struct disk *out, unsigned number,
			  struct entry x, uint32_t signature)
{
	struct volume *v = vec_push(a, &out->volumes);
	v->name = str_fmt(a, "p%u", number);
	v->type = str_fmt(a, "0x%02x", x.type);
	v->partuuid = str_fmt(a, "%08x-%02x", signature, number);
	v->at = x.start * SECTOR;
	v->size = x.sectors * SECTOR;
	v->blob = blob_window(a, b, v->name, v->at, v->size);
	return v;
}

/* The logical partitions behind an extended one. */
static bool add_logical(struct arena *a, struct blob *b, struct disk *out, uint64_t start,
			uint32_t signature, unsigned *number, struct error *e)
{
	unsigned char p[SECTOR];
	uint64_t at = start;
	while (*number < PRIMARY + LOGICAL_MAX) {
		bool is;
		if (!read_sector(b, at, p, &is, e))
			return false;
		if (!is)
			return fail(e, ERR_CORRUPT, "no table in sector %llu",
				    (unsigned long long)at);
		struct entry x = entry_at(p, 0), next = entry_at(p, 1);
		x.start += at;
		if (x.type && x.sectors)
			add(a, b, out, ++*number, x, signature);
		if (!is_extended(next.type) || !next.sectors)
			return true;
		if (start + next.start <= at)
			return fail(e, ERR_CORRUPT, "sector %llu leads back to sector %llu",
				    (unsigned long long)at,
				    (unsigned long long)(start + next.start));
		at = start + next.start;
	}
	return fail(e, ERR_LIMIT, "more than %d logical partitions", LOGICAL_MAX);
}

bool mbr_read(struct arena *a, struct blob *b, struct disk *out, bool *found, struct error *e)
{
	unsigned char p[SECTOR];
	if (!read_sector(b, 0, p, found, e))
		return false;
	*found = *found && is_table(p);
	if (!*found)
		return true;
	out->table = "mbr";
	uint32_t signature = load_le32(p + 440);
	unsigned logical = PRIMARY;
	for (unsigned i = 0; i < PRIMARY; i++) {
		struct entry x = entry_at(p, i);
		struct error why = {0};
		if (!x.type || !x.sectors)
			continue;
		if (!is_extended(x.type)) {
			add(a, b, out, i + 1, x, signature);
		} else if (!add_logical(a, b, out, x.start, signature, &logical, &why)) {
			struct volume *v = add(a, b, out, i + 1, x, signature);
			v->holds = S("extended partition");
			v->error = why;
		}
	}
	return true;
}
