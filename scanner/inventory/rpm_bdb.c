/*
 * rpm_bdb.c - packages of Packages, a hash of Berkeley DB (rpm up to 4.15: Enterprise Linux 7 and
 * 8, Amazon Linux 2). Pages of pairs; a header is most often too long for a page and lies on a
 * chain of overflow pages (db_page.h of Berkeley DB 4 and 5: P_HASH, P_HASH_UNSORTED, P_OVERFLOW).
 * Either byte order. Not supported: encrypted databases; page checksums are not looked at.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "rpm.h"

enum {
	META = 512,
	MAGIC = 0x061561,
	VERSION_LEAST = 7,
	VERSION_MOST = 10,
	PAGE_LEAST = 512,
	PAGE_MOST = 65536,
	PAGE_HEAD = 26,
	HASH_UNSORTED = 2,
	OVERFLOW = 7,
	HASH = 13,
	KEYDATA = 1,
	OFFPAGE = 3,
	OFFPAGE_SIZE = 12,
};

struct bdb {
	struct packages *out;
	struct blob *blob;
	bool big;
	uint32_t page_size, pages;
	char *page, *more, *buf;
	unsigned packages;
	uint64_t taken; /* bytes: a file where all is told twice tells it in circles */
};

static uint32_t u32(const struct bdb *d, const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return d->big ? load_be32(u) : load_le32(u);
}

static uint32_t u16(const struct bdb *d, const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return d->big ? (uint32_t)u[0] << 8 | u[1] : load_le16(u);
}

static bool damaged(struct error *e, uint32_t page)
{
	return fail(e, ERR_CORRUPT, "bdb: page %u is damaged", page);
}

static bool read_page(struct bdb *d, uint32_t number, char *to, struct error *e)
{
	if (number >= d->pages)
		return fail(e, ERR_CORRUPT, "bdb: page %u of %u", number, d->pages);
	d->taken += d->page_size;
	if (d->taken / 2 > d->blob->size)
		return fail(e, ERR_CORRUPT, "bdb: pages are used more than once");
	return blob_read(d->blob, (uint64_t)number * d->page_size, to, d->page_size, e);
}

/* The first bytes of what is on a chain; each page brings some, so that a loop ends. */
static bool read_chain(struct bdb *d, uint32_t page, uint32_t all, struct error *e)
{
	size_t n = 0, want = all < RPM_HEAD_MAX ? all : RPM_HEAD_MAX;
	while (n < want) {
		if (!read_page(d, page, d->more, e))
			return false;
		uint32_t here = u16(d, d->more + 22);
		if (d->more[25] != OVERFLOW || here == 0 || here > d->page_size - PAGE_HEAD)
			return damaged(e, page);
		size_t take = here < want - n ? here : want - n;
		memcpy(d->buf + n, d->more + PAGE_HEAD, take);
		n += take;
		page = u32(d, d->more + 16);
	}
	return rpm_header(d->out, (struct str){d->buf, n}, all, e);
}

/* A value: from its offset on the page to that of the key before it, which lies higher. */
static bool read_value(struct bdb *d, uint32_t number, size_t at, size_t end, struct error *e)
{
	if (at < PAGE_HEAD || at >= end || end > d->page_size)
		return damaged(e, number);
	const char *p = d->page + at;
	if (++d->packages > RPM_PACKAGES_MAX)
		return fail(e, ERR_LIMIT, "bdb: too many packages");
	if (p[0] == OFFPAGE && end - at >= OFFPAGE_SIZE)
		return read_chain(d, u32(d, p + 4), u32(d, p + 8), e);
	if (p[0] != KEYDATA)
		return damaged(e, number);
	/* The entry of number 0 counts the packages. */
	return end - at <= 5 ||
	       rpm_header(d->out, (struct str){p + 1, end - at - 1}, end - at - 1, e);
}

static bool read_pairs(struct bdb *d, uint32_t number, struct error *e)
{
	uint32_t n = u16(d, d->page + 20);
	if (n % 2 || PAGE_HEAD + n * 2 > d->page_size)
		return damaged(e, number);
	for (uint32_t i = 1; i < n; i += 2) {
		size_t key = u16(d, d->page + PAGE_HEAD + (size_t)(i - 1) * 2);
		size_t value = u16(d, d->page + PAGE_HEAD + (size_t)i * 2);
		if (!read_value(d, number, value, key, e))
			return false;
	}
	return true;
}

static bool read_meta(struct bdb *d, struct error *e)
{
	char meta[META];
	if (!blob_read(d->blob, 0, meta, sizeof meta, e))
		return false;
	d->big = load_be32((const unsigned char *)meta + 12) == MAGIC;
	uint32_t version = u32(d, meta + 16);
	d->page_size = u32(d, meta + 20);
	if (u32(d, meta + 12) != MAGIC || version < VERSION_LEAST || version > VERSION_MOST)
		return fail(e, ERR_CORRUPT, "bdb: not a hash of version %d to %d", VERSION_LEAST,
			    VERSION_MOST);
	if (d->page_size < PAGE_LEAST || d->page_size > PAGE_MOST ||
	    d->page_size & (d->page_size - 1))
		return fail(e, ERR_CORRUPT, "bdb: pages of %u bytes", d->page_size);
	if (meta[24])
		return fail(e, ERR_UNSUPPORTED, "bdb: encrypted");
	uint64_t pages = d->blob->size / d->page_size;
	d->pages = pages > UINT32_MAX ? UINT32_MAX : (uint32_t)pages;
	return true;
}

bool packages_rpm_bdb(struct packages *out, struct blob *b, struct error *e)
{
	struct bdb d = {.out = out, .blob = b};
	if (!read_meta(&d, e))
		return false;
	d.page = NEW_N(out->arena, char, d.page_size);
	d.more = NEW_N(out->arena, char, d.page_size);
	d.buf = NEW_N(out->arena, char, RPM_HEAD_MAX);
	for (uint32_t i = 1; i < d.pages; i++) {
		if (!read_page(&d, i, d.page, e))
			return false;
		if ((d.page[25] == HASH || d.page[25] == HASH_UNSORTED) && !read_pairs(&d, i, e))
			return false;
	}
	return true;
}
