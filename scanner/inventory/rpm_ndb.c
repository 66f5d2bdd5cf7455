/*
 * rpm_ndb.c - packages of Packages.db, rpm's own database (SUSE; lib/backend/ndb/rpmpkg.c): pages
 * of slots, each with the number of a package and where its blob lies in blocks of 16 bytes; a blob
 * is a head, a package's header, and a tail. Numbers are little-endian. Blobs' checksums are not
 * looked at.
 */
#include "arena.h"
#include "bytes.h"
#include "rpm.h"

enum { PAGE = 4096, SLOT = 16, FIRST_SLOT = 2, BLOCK = 16, BLOB_HEAD = 16, PAGES_MAX = 2048 };

static const unsigned char database_magic[4] = "RpmP", slot_magic[4] = "Slot",
			   blob_magic[4] = "BlbS";

static bool is(const char *p, const unsigned char magic[4])
{
	return load_le32((const unsigned char *)p) == load_le32(magic);
}

static uint32_t number(const char *p)
{
	return load_le32((const unsigned char *)p);
}

static bool read_slot(struct packages *out, struct blob *b, const char *slot, char *buf,
		      uint64_t *taken, struct error *e)
{
	uint32_t package = number(slot + 4);
	uint64_t at = (uint64_t)number(slot + 8) * BLOCK;
	uint64_t room = (uint64_t)number(slot + 12) * BLOCK;
	char head[BLOB_HEAD];
	if (!blob_read(b, at, head, sizeof head, e))
		return false;
	uint64_t n = number(head + 12);
	if (!is(head, blob_magic) || number(head + 4) != package || n > room)
		return fail(e, ERR_CORRUPT, "ndb: the blob of package %u is damaged", package);
	size_t first = n < RPM_HEAD_MAX ? (size_t)n : RPM_HEAD_MAX;
	*taken += first;
	if (*taken > b->size)
		return fail(e, ERR_CORRUPT, "ndb: blobs share their blocks");
	return blob_read(b, at + BLOB_HEAD, buf, first, e) &&
	       rpm_header(out, (struct str){buf, first}, n, e);
}

bool packages_rpm_ndb(struct packages *out, struct blob *b, struct error *e)
{
	char head[32], *page = NEW_N(out->arena, char, PAGE);
	char *buf = NEW_N(out->arena, char, RPM_HEAD_MAX);
	unsigned packages = 0;
	uint64_t taken = 0;
	if (!blob_read(b, 0, head, sizeof head, e))
		return false;
	if (!is(head, database_magic) || number(head + 4) != 0)
		return fail(e, ERR_CORRUPT, "ndb: not a database of version 0");
	uint32_t pages = number(head + 12);
	if (pages > PAGES_MAX)
		return fail(e, ERR_LIMIT, "ndb: more than %d pages of packages", PAGES_MAX);
	for (uint32_t i = 0; i < pages; i++) {
		if (!blob_read(b, (uint64_t)i * PAGE, page, PAGE, e))
			return false;
		for (size_t at = i ? 0 : FIRST_SLOT * SLOT; at < PAGE; at += SLOT) {
			const char *slot = page + at;
			if (!is(slot, slot_magic))
				return fail(e, ERR_CORRUPT, "ndb: a slot is damaged");
			if (number(slot + 8) && ++packages > RPM_PACKAGES_MAX)
				return fail(e, ERR_LIMIT, "ndb: too many packages");
			if (number(slot + 8) && !read_slot(out, b, slot, buf, &taken, e))
				return false;
		}
	}
	return true;
}
