/*
 * vhdx_log.c - the log of a VHDX and the file beneath it as one file, nothing written, by
 * Microsoft's open specification MS-VHDX (section 2.3).
 *
 * The log is a ring of sectors of 4096 bytes, in which entries stand: sectors of descriptors, then
 * as many sectors of data as there are descriptors of such. An entry that is sound in every part
 * is known by the sector that it begins in. No sector inside of one can begin another, so that all
 * of them are found in one pass, whatever the ring holds. Entries whose numbers follow each other
 * are a chain; its newest one names the oldest one that is still needed, and where that is in the
 * chain, what is between them is a sequence. The newest sequence is replayed.
 *
 * The sizes of the file that an entry tells are taken as they are, and need not be whole MiB: QEMU
 * writes what the file has.
 */
#include "vhdx_log.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"

enum {
	SECTOR = 4096,
	ALIGNED = 1 << 20,
	HELD_MAX = 64 << 20, /* bytes of the log; of zeros that it writes */
	HEAD = 64,
	DESCRIPTOR = 32,
	GUID = 16,
	LEADING = 8, /* bytes at both ends of a sector of data that its descriptor has */
	TRAILING = 4,
};

/* Places in the head of an entry. */
enum {
	E_SUM = 4,
	E_LENGTH = 8,
	E_TAIL = 12,
	E_SEQUENCE = 16,
	E_DESCRIPTORS = 24,
	E_GUID = 32,
	E_FLUSHED = 48,
	E_LAST = 56,
};

/* Places in a descriptor. */
enum { D_TRAILING = 4, D_LEADING = 8, D_ZEROS = 8, D_AT = 16, D_SEQUENCE = 24 };

struct entry {
	uint64_t sequence; /* 0: none begins here */
	uint32_t sectors;  /* all of them; */
	uint32_t head;     /* those of descriptors */
	uint32_t tail;     /* the sector that the oldest entry still needed begins in */
	uint32_t descriptors;
	uint64_t end; /* of what it writes, in the file */
};

struct ring {
	unsigned char *bytes;
	uint32_t sectors;
	const unsigned char *guid;
	struct entry *entries; /* by the sector that they begin in */
};

static unsigned char *sector(const struct ring *r, uint64_t i)
{
	return r->bytes + (size_t)(i % r->sectors) * SECTOR;
}

/* ---- entries ---- */

struct write {
	const unsigned char *data; /* its descriptor; or NULL: zeros */
	uint64_t at, n, end;
};

static bool read_descriptor(const struct ring *r, uint64_t first, uint32_t i, uint64_t sequence,
			    struct write *out)
{
	uint64_t place = HEAD + (uint64_t)i * DESCRIPTOR;
	const unsigned char *p = sector(r, first + place / SECTOR) + place % SECTOR;
	bool data = memcmp(p, "desc", 4) == 0;
	struct write w = {.data = data ? p : NULL,
			  .at = load_le64(p + D_AT),
			  .n = data ? SECTOR : load_le64(p + D_ZEROS)};
	if (!data && memcmp(p, "zero", 4) != 0)
		return false;
	if (w.at % SECTOR || w.n % SECTOR || !add_u64(w.at, w.n, &w.end) ||
	    load_le64(p + D_SEQUENCE) != sequence)
		return false;
	*out = w;
	return true;
}

/* What stands in front of the descriptors. */
static bool read_head(const struct ring *r, const unsigned char *p, struct entry *out)
{
	uint32_t length = load_le32(p + E_LENGTH), tail = load_le32(p + E_TAIL);
	uint32_t n = load_le32(p + E_DESCRIPTORS);
	uint64_t head = (HEAD + (uint64_t)n * DESCRIPTOR + SECTOR - 1) / SECTOR;
	if (memcmp(p, "loge", 4) != 0 || memcmp(p + E_GUID, r->guid, GUID) != 0)
		return false;
	if (length % SECTOR || length / SECTOR > r->sectors || head > length / SECTOR)
		return false;
	if (tail % SECTOR || tail / SECTOR >= r->sectors || load_le64(p + E_SEQUENCE) == 0)
		return false;
	*out = (struct entry){.sequence = load_le64(p + E_SEQUENCE),
			      .sectors = length / SECTOR,
			      .head = (uint32_t)head,
			      .tail = tail / SECTOR,
			      .descriptors = n};
	return true;
}

/* Sectors of data are all that follows those of descriptors, one for each that asks for one. */
static bool check_descriptors(const struct ring *r, uint32_t first, struct entry *entry)
{
	struct write w;
	uint32_t data = 0;
	for (uint32_t i = 0; i < entry->descriptors; i++) {
		if (!read_descriptor(r, first, i, entry->sequence, &w))
			return false;
		data += w.data != NULL;
		if (w.end > entry->end)
			entry->end = w.end;
	}
	return entry->head + (uint64_t)data == entry->sectors;
}

static bool check_data(const struct ring *r, uint32_t first, const struct entry *entry)
{
	for (uint32_t i = entry->head; i < entry->sectors; i++) {
		const unsigned char *p = sector(r, (uint64_t)first + i);
		if (memcmp(p, "data", 4) != 0 || load_le32(p + 4) != entry->sequence >> 32 ||
		    load_le32(p + SECTOR - 4) != (uint32_t)entry->sequence)
			return false;
	}
	return true;
}

/* Over the whole entry, its own place taken as zeros. */
static bool sum_fits(const struct ring *r, uint32_t first, uint32_t sectors)
{
	static const unsigned char zero[4];
	const unsigned char *p = sector(r, first);
	uint32_t sum = crc32c(crc32c(~0u, p, E_SUM), zero, sizeof zero);
	sum = crc32c(sum, p + E_SUM + 4, SECTOR - E_SUM - 4);
	for (uint32_t i = 1; i < sectors; i++)
		sum = crc32c(sum, sector(r, (uint64_t)first + i), SECTOR);
	return ~sum == load_le32(p + E_SUM);
}

static void find_entries(struct ring *r)
{
	for (uint32_t i = 0; i < r->sectors; i++) {
		struct entry entry;
		if (read_head(r, sector(r, i), &entry) && check_descriptors(r, i, &entry) &&
		    check_data(r, i, &entry) && sum_fits(r, i, entry.sectors))
			r->entries[i] = entry;
	}
}

/* ---- sequences ---- */

static uint32_t after(const struct ring *r, uint32_t i)
{
	return (uint32_t)(((uint64_t)i + r->entries[i].sectors) % r->sectors);
}

static bool is_followed(const struct ring *r, uint32_t i)
{
	uint64_t sequence = r->entries[i].sequence;
	return sequence != UINT64_MAX && r->entries[after(r, i)].sequence == sequence + 1;
}

/* Does the chain from the entry that it names as the oldest one lead up to it? */
static bool is_whole(const struct ring *r, uint32_t newest)
{
	uint32_t i = r->entries[newest].tail;
	if (r->entries[i].sequence == 0)
		return false;
	while (i != newest && is_followed(r, i))
		i = after(r, i);
	return i == newest;
}

/* The newest entry of the newest sequence. */
static bool find_active(const struct ring *r, uint32_t *out)
{
	uint64_t sequence = 0;
	for (uint32_t i = 0; i < r->sectors; i++)
		if (r->entries[i].sequence > sequence && !is_followed(r, i) && is_whole(r, i)) {
			sequence = r->entries[i].sequence;
			*out = i;
		}
	return sequence != 0;
}

/* ---- replay ---- */

struct replay {
	struct ring *ring;
	struct blob_overlay *to;
	uint64_t zeros; /* written so far */
};

/* A sector of data becomes what is to be written, and that is written. */
static bool apply_data(struct replay *r, const struct write *w, unsigned char *data,
		       struct error *e)
{
	memcpy(data, w->data + D_LEADING, LEADING);
	memcpy(data + SECTOR - TRAILING, w->data + D_TRAILING, TRAILING);
	return blob_overlay_write(r->to, w->at, data, SECTOR, e);
}

static bool apply_zeros(struct replay *r, const struct write *w, struct error *e)
{
	if (w->n > HELD_MAX - r->zeros)
		return fail(e, ERR_LIMIT, "more than %d bytes of zeros", HELD_MAX);
	r->zeros += w->n;
	return blob_overlay_write(r->to, w->at, NULL, w->n, e);
}

static bool apply_entry(struct replay *r, uint32_t first, struct error *e)
{
	const struct entry *entry = &r->ring->entries[first];
	uint64_t data = (uint64_t)first + entry->head;
	struct write w;
	for (uint32_t i = 0; i < entry->descriptors; i++) {
		if (!read_descriptor(r->ring, first, i, entry->sequence, &w))
			return false;
		if (w.data ? !apply_data(r, &w, sector(r->ring, data++), e)
			   : !apply_zeros(r, &w, e))
			return false;
	}
	return true;
}

/* How long the file is at least, once all is in place. */
static uint64_t end_of(const struct ring *r, uint32_t newest)
{
	uint64_t end = load_le64(sector(r, newest) + E_LAST);
	for (uint32_t i = r->entries[newest].tail;; i = after(r, i)) {
		end = r->entries[i].end > end ? r->entries[i].end : end;
		if (i == newest)
			return end;
	}
}

static struct blob *apply(struct arena *a, struct blob *file, struct ring *ring, uint32_t newest,
			  struct error *e)
{
	struct replay r = {.ring = ring, .to = blob_overlay_new(a, file, end_of(ring, newest))};
	for (uint32_t i = ring->entries[newest].tail;; i = after(ring, i)) {
		if (!apply_entry(&r, i, e))
			return NULL;
		if (i == newest)
			return blob_overlaid(r.to);
	}
}

/* The file has been as long as this, or more; the size of one that is unpacked is not known. */
static bool check_length(struct blob *file, uint64_t n, struct error *e)
{
	char c;
	size_t got = 1;
	if (n && !file->read(file, n - 1, &c, 1, &got, e))
		return false;
	return got == 1 || fail(e, ERR_CORRUPT, "the file was cut, it had %llu bytes or more",
				(unsigned long long)n);
}

static bool read_ring(struct arena *a, struct blob *file, const struct vhdx_log *log,
		      struct ring *out, struct error *e)
{
	if (log->n == 0 || log->n % ALIGNED || log->at < ALIGNED || log->at % ALIGNED ||
	    !within(log->at, log->n, file->size))
		return fail(e, ERR_CORRUPT, "%u bytes of it at byte %llu", log->n,
			    (unsigned long long)log->at);
	if (log->n > HELD_MAX)
		return fail(e, ERR_LIMIT, "has %u bytes, more than %d", log->n, HELD_MAX);
	*out = (struct ring){.bytes = NEW_N(a, unsigned char, log->n),
			     .sectors = log->n / SECTOR,
			     .guid = log->guid,
			     .entries = NEW_N(a, struct entry, log->n / SECTOR)};
	return blob_read(file, log->at, out->bytes, log->n, e);
}

struct blob *vhdx_log_replay(struct arena *a, struct blob *file, const struct vhdx_log *log,
			     struct error *e)
{
	struct ring ring = {0};
	uint32_t newest = 0;
	struct blob *replayed = NULL;
	if (read_ring(a, file, log, &ring, e)) {
		find_entries(&ring);
		if (!find_active(&ring, &newest))
			fail(e, ERR_CORRUPT, "is in use, but no sequence of its entries is whole");
		else if (check_length(file, load_le64(sector(&ring, newest) + E_FLUSHED), e))
			replayed = apply(a, file, &ring, newest, e);
	}
	if (!replayed)
		fail_in(e, "log");
	return replayed;
}
