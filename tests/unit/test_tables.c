/* image/gpt.c, image/mbr.c: tables made by hand, after UEFI 2.10, sections 5.2 and 5.3; and such as
 * no tool makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../scanner/image/disk.h"
#include "arena.h"
#include "fixture.h"

#include <cmocka.h>

enum { BLOCKS = 64, ENTRIES = 4, ENTRY = 128 };

static void put(unsigned char *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

/* Bit by bit, as the standard has it. */
static uint32_t crc(const unsigned char *p, size_t n)
{
	uint32_t c = ~0u;
	for (size_t i = 0; i < n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			uint32_t in = (c ^ p[i] >> bit) & 1;
			c = c >> 1 ^ (in ? 0xEDB88320u : 0);
		}
	return ~c;
}

/* ---- GPT ---- */

struct gpt {
	unsigned char bytes[BLOCKS * 4096];
	unsigned block;
};

static unsigned char *block_at(struct gpt *g, unsigned number)
{
	return g->bytes + (size_t)number * g->block;
}

static unsigned char *entry_at(struct gpt *g, unsigned number, unsigned i)
{
	return block_at(g, number) + (size_t)i * ENTRY;
}

static void sign(struct gpt *g, unsigned number, unsigned entries)
{
	unsigned char *p = block_at(g, number);
	put(p + 88, crc(block_at(g, entries), ENTRIES * ENTRY), 4);
	put(p + 16, 0, 4);
	put(p + 16, crc(p, 92), 4);
}

static void header(struct gpt *g, unsigned number, unsigned other, unsigned entries)
{
	unsigned char *p = block_at(g, number);
	memcpy(p, "EFI PART", 8);
	put(p + 8, 0x00010000, 4);
	put(p + 12, 92, 4);
	put(p + 24, number, 8);
	put(p + 32, other, 8);
	put(p + 40, 6, 8);
	put(p + 48, BLOCKS - 7, 8);
	put(p + 72, entries, 8);
	put(p + 80, ENTRIES, 4);
	put(p + 84, ENTRY, 4);
	sign(g, number, entries);
}

/* Partitions 1 and 3, in blocks 8 to 15 and 16 to 31. */
static struct gpt *table(unsigned block)
{
	struct gpt *g = NEW(arena, struct gpt);
	g->block = block;
	g->bytes[450] = 0xEE;
	put(g->bytes + 458, BLOCKS - 1, 4);
	put(g->bytes + 510, 0xAA55, 2);
	for (unsigned copy = 0; copy < 2; copy++) {
		unsigned at = copy ? BLOCKS - 5 : 2;
		for (unsigned i = 0; i < 3; i += 2) {
			unsigned char *p = entry_at(g, at, i);
			for (unsigned k = 0; k < 32; k++)
				p[k] = (unsigned char)(0x10 * (k / 16 + 1) + k % 16);
			put(p + 32, i ? 16 : 8, 8);
			put(p + 40, i ? 31 : 15, 8);
			put(p + 48, 1ull << 60, 8);
			memcpy(p + 56, "r\0\xf6\0\x3d\xd8\x00\xde", 8);
		}
	}
	header(g, 1, BLOCKS - 1, 2);
	header(g, BLOCKS - 1, 1, BLOCKS - 5);
	return g;
}

static struct blob *blob_of(const struct gpt *g)
{
	return blob_memory(arena, S("disk"),
			   (struct str){(const char *)g->bytes, (size_t)BLOCKS * g->block});
}

static void expect_table(struct gpt *g)
{
	struct disk disk = {0};
	struct error e = {0};
	bool found = false;
	if (!gpt_read(arena, blob_of(g), &disk, &found, &e))
		fail_msg("%s", e.text);
	assert_true(found);
	assert_string_equal(disk.table, "gpt");
	assert_int_equal(disk.volumes.n, 2);
	const struct volume *v = disk.volumes.at;
	assert_true(str_eq(v[0].name, S("p1")) && str_eq(v[1].name, S("p3")));
	assert_true(str_eq(v[0].type, S("13121110-1514-1716-1819-1a1b1c1d1e1f")));
	assert_true(str_eq(v[0].partuuid, S("23222120-2524-2726-2829-2a2b2c2d2e2f")));
	assert_true(str_eq(v[0].partlabel, S("r\xc3\xb6\xf0\x9f\x98\x80")));
	assert_true(v[0].attributes == 1ull << 60);
	assert_true(v[0].at == 8ull * g->block && v[0].size == 8ull * g->block);
	assert_true(v[1].at == 16ull * g->block && v[1].blob->size == 16ull * g->block);
}

static void copies_and_blocks(void **state)
{
	(void)state;
	for (unsigned block = 512; block <= 4096; block *= 8) {
		expect_table(table(block));
		struct gpt *g = table(block);
		memset(block_at(g, BLOCKS - 1), 0, block);
		expect_table(g);
		g = table(block);
		memset(block_at(g, 1), 0, block);
		expect_table(g);
		g = table(block);
		block_at(g, 1)[40] ^= 1; /* a header that is not as its sum says */
		expect_table(g);
		g = table(block);
		entry_at(g, 2, 1)[5] ^= 1; /* entries that are not */
		expect_table(g);
	}
}

/* Both copies changed alike, and signed again. */
static struct gpt *changed(unsigned at, uint64_t value, unsigned n, bool entry)
{
	struct gpt *g = table(512);
	for (unsigned copy = 0; copy < 2; copy++) {
		unsigned number = copy ? BLOCKS - 1 : 1, entries = copy ? BLOCKS - 5 : 2;
		put((entry ? entry_at(g, entries, 0) : block_at(g, number)) + at, value, n);
		sign(g, number, entries);
	}
	return g;
}

static void hostile_headers(void **state)
{
	static const struct {
		unsigned at, n;
		uint64_t value;
		enum error_kind kind;
	} cases[] = {
		{12, 4, 0, ERR_CORRUPT},          {12, 4, 0xFFFFFFFF, ERR_CORRUPT},
		{24, 8, 7, ERR_CORRUPT},          {72, 8, 1ull << 63, ERR_CORRUPT},
		{72, 8, 1ull << 54, ERR_CORRUPT}, {80, 4, 1025, ERR_LIMIT},
		{80, 4, 0xFFFFFFFF, ERR_LIMIT},   {84, 4, 0, ERR_CORRUPT},
		{84, 4, 127, ERR_CORRUPT},        {84, 4, 0xFFFFFFFF, ERR_CORRUPT},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct gpt *g = changed(cases[i].at, cases[i].value, cases[i].n, false);
		struct disk disk = {0};
		struct error e = {0};
		bool found;
		assert_false(gpt_read(arena, blob_of(g), &disk, &found, &e));
		if (e.kind != cases[i].kind)
			fail_msg("case %zu: %s", i, e.text);
	}
}

static void hostile_entries(void **state)
{
	static const struct {
		unsigned at;
		uint64_t value;
	} cases[] = {{40, 7}, {40, UINT64_MAX}, {32, 1ull << 63}, {40, 1ull << 55}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct gpt *g = changed(cases[i].at, cases[i].value, 8, true);
		struct disk disk = {0};
		struct error e = {0};
		bool found = false;
		assert_true(gpt_read(arena, blob_of(g), &disk, &found, &e) && found);
		assert_int_equal(disk.volumes.n, 2);
		assert_int_equal(disk.volumes.at[0].error.kind, ERR_CORRUPT);
		assert_null(disk.volumes.at[0].blob);
		assert_int_equal(disk.volumes.at[1].error.kind, ERR_NONE);
	}
	/* One that ends behind the disk is cut there. */
	struct disk disk = {0};
	struct error e = {0};
	bool found = false;
	struct gpt *g = changed(40, 1000, 8, true);
	assert_true(gpt_read(arena, blob_of(g), &disk, &found, &e) && found);
	assert_int_equal(disk.volumes.at[0].blob->size, (BLOCKS - 8) * 512);
}

static void no_gpt(void **state)
{
	struct gpt *g = table(512);
	struct disk disk = {0};
	struct error e = {0};
	bool found = true;
	(void)state;
	memset(block_at(g, 1), 0, 512);
	memset(block_at(g, BLOCKS - 1), 0, 512);
	assert_false(gpt_read(arena, blob_of(g), &disk, &found, &e)); /* but promised */
	g->bytes[450] = 0x83;
	assert_true(gpt_read(arena, blob_of(g), &disk, &found, &e));
	assert_false(found);
}

static void every_prefix(void **state)
{
	struct gpt *g = table(512);
	(void)state;
	for (size_t n = 0; n < sizeof g->bytes; n += n < 4096 ? 1 : 512) {
		struct blob *b =
			blob_memory(arena, S("disk"), (struct str){(const char *)g->bytes, n});
		struct disk disk = {0};
		struct error e = {0};
		bool found = false;
		bool good = gpt_read(arena, b, &disk, &found, &e);
		assert_true(!good || !found || disk.volumes.n == 2);
		assert_true(n < 3 * 512 ? !found : found);
	}
}

/* ---- MBR ---- */

enum { SECTORS = 1000 };

static unsigned char *disk_of_sectors(void)
{
	unsigned char *p = NEW_N(arena, unsigned char, SECTORS * 512);
	put(p + 440, 0xCAFE1234, 4);
	put(p + 510, 0xAA55, 2);
	return p;
}

static void put_entry(unsigned char *sector, unsigned i, unsigned type, unsigned start,
		      unsigned sectors)
{
	unsigned char *p = sector + 446 + 16 * (size_t)i;
	p[4] = (unsigned char)type;
	put(p + 8, start, 4);
	put(p + 12, sectors, 4);
	put(sector + 510, 0xAA55, 2);
}

static struct disk read_mbr(const unsigned char *p, bool *found)
{
	struct disk disk = {0};
	struct error e = {0};
	struct blob *b =
		blob_memory(arena, S("disk"), (struct str){(const char *)p, (size_t)SECTORS * 512});
	if (!mbr_read(arena, b, &disk, found, &e))
		fail_msg("%s", e.text);
	return disk;
}

static void primary_and_logical(void **state)
{
	bool found = false;
	unsigned char *p = disk_of_sectors();
	(void)state;
	put_entry(p, 0, 0x83, 10, 20);
	put_entry(p, 2, 0x05, 100, 500);
	put_entry(p + 100 * 512, 0, 0x83, 5, 10);
	put_entry(p + 100 * 512, 1, 0x05, 50, 100); /* from the start of the extended one */
	put_entry(p + 150 * 512, 0, 0x82, 5, 30);
	struct disk d = read_mbr(p, &found);
	assert_true(found);
	assert_int_equal(d.volumes.n, 3);
	const struct volume *v = d.volumes.at;
	assert_true(str_eq(v[0].name, S("p1")) && v[0].at == 10 * 512 && v[0].size == 20 * 512);
	assert_true(str_eq(v[0].partuuid, S("cafe1234-01")) && str_eq(v[0].type, S("0x83")));
	assert_true(str_eq(v[1].name, S("p5")) && v[1].at == 105 * 512);
	assert_true(str_eq(v[2].name, S("p6")) && v[2].at == 155 * 512);
	assert_true(str_eq(v[2].partuuid, S("cafe1234-06")));
}

/* What is wrong with a chain is told by the extended partition; the others stay. */
static void bad_chains(void **state)
{
	static const struct {
		unsigned next;
		enum error_kind kind;
		size_t volumes;
	} cases[] = {
		{0, ERR_CORRUPT, 3},   /* to itself */
		{20, ERR_CORRUPT, 3},  /* to a sector without a table */
		{800, ERR_CORRUPT, 3}, /* to none at all */
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned char *p = disk_of_sectors();
		bool found = false;
		put_entry(p, 0, 0x83, 10, 20);
		put_entry(p, 1, 0x0F, 300, 500);
		put_entry(p + 300 * 512, 0, 0x83, 1, 10);
		put_entry(p + 300 * 512, 1, 0x05, cases[i].next, 10);
		struct disk d = read_mbr(p, &found);
		assert_int_equal(d.volumes.n, cases[i].volumes);
		assert_int_equal(d.volumes.at[2].error.kind, cases[i].kind);
		assert_true(str_eq(d.volumes.at[2].name, S("p2")));
	}
}

static void endless_chains(void **state)
{
	unsigned char *p = disk_of_sectors();
	bool found = false;
	(void)state;
	put_entry(p, 0, 0x05, 100, 800);
	for (unsigned i = 0; i < 200; i++) {
		put_entry(p + (100 + (size_t)i) * 512, 0, 0x83, 1, 1);
		put_entry(p + (100 + (size_t)i) * 512, 1, 0x05, i + 1, 1);
	}
	struct disk d = read_mbr(p, &found);
	assert_int_equal(d.volumes.n, 129);
	assert_int_equal(d.volumes.at[128].error.kind, ERR_LIMIT);
}

static void no_mbr(void **state)
{
	unsigned char *p = disk_of_sectors();
	bool found = true;
	(void)state;
	(void)read_mbr(p, &found); /* nothing in it */
	assert_false(found);
	put_entry(p, 0, 0x83, 10, 20);
	p[446] = 0x31; /* a program's byte where a flag should be */
	(void)read_mbr(p, &found);
	assert_false(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_blocks),
		cmocka_unit_test(hostile_headers),
		cmocka_unit_test(hostile_entries),
		cmocka_unit_test(no_gpt),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(primary_and_logical),
		cmocka_unit_test(bad_chains),
		cmocka_unit_test(endless_chains),
		cmocka_unit_test(no_mbr),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
