/*
 * eltorito.c - the boot catalog of a CD image ("El Torito" Bootable CD-ROM Format
 * Specification 1.0, section 2; UEFI 2.10, section 13.3.2): where firmware finds an EFI system
 * partition, a FAT volume that may lie in a file of the image or behind all of its files. Boot
 * programs for BIOS and emulated floppies hold no files of a system, and are passed over.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "disk.h"

enum {
	SECTOR = 2048,
	RECORD_AT = 17 * SECTOR, /* the boot record, a volume descriptor */
	CATALOG_AT = 0x47,       /* in it */
	ENTRY = 32,
	ENTRIES = SECTOR / ENTRY,
	VALIDATION = 0x01,
	BOOTABLE = 0x88,
	SECTION = 0x90, /* a header; entries of its platform follow */
	SECTION_LAST = 0x91,
	EFI = 0xEF,
	IMAGES_MAX = sizeof(((struct boot_images *)0)->at) / sizeof(struct blob *),
};

/* The size in an entry may be short, as it has 16 bits: the volume knows its own. */
static bool add(struct arena *a, struct blob *b, const unsigned char *entry,
		struct boot_images *out, struct error *e)
{
	uint64_t at = (uint64_t)load_le32(entry + 8) * SECTOR, end = blob_extent(b);
	if (out->n == IMAGES_MAX)
		return fail(e, ERR_LIMIT, "more than %d images to boot", IMAGES_MAX);
	if (end == BLOB_UNSIZED || at >= end)
		return fail(e, ERR_CORRUPT, "an image to boot lies behind the end of the disk");
	out->at[out->n++] = blob_window(a, b, b->name, at, end - at);
	return true;
}

bool eltorito_read(struct arena *a, struct blob *b, struct boot_images *out, struct error *e)
{
	unsigned char record[SECTOR], catalog[SECTOR];
	size_t got = 0;
	if (!b->read(b, RECORD_AT, record, SECTOR, &got, e))
		return false;
	if (got < SECTOR || memcmp(record, "\0CD001\1EL TORITO SPECIFICATION", 31) != 0)
		return true;
	if (!b->read(b, (uint64_t)load_le32(record + CATALOG_AT) * SECTOR, catalog, SECTOR, &got,
		     e))
		return false;
	if (got < SECTOR || catalog[0] != VALIDATION)
		return fail(e, ERR_CORRUPT, "it is not where the disk says");
	unsigned platform = catalog[1];
	for (unsigned i = 1; i < ENTRIES; i++) {
		const unsigned char *entry = catalog + (size_t)i * ENTRY;
		if (entry[0] == SECTION || entry[0] == SECTION_LAST)
			platform = entry[1];
		else if (entry[0] == BOOTABLE && platform == EFI && !add(a, b, entry, out, e))
			return false;
	}
	return true;
}
