/* image/lvm.c: physical volumes made by hand, after LVM2's lib/format_text/layout.h; real ones are
 * read in tests/disks.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../scanner/image/disk.h"
#include "../../scanner/image/lvm_text.h"
#include "arena.h"
#include "fixture.h"

#include <cmocka.h>

enum { AREA_AT = 4096, AREA = 8192, DATA_AT = 16384, EXTENT = 4096, EXTENTS = 16 };

#define PV_BYTES (DATA_AT + EXTENTS * EXTENT)

static void put(unsigned char *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

/* Bit by bit; LVM begins with a number of its own and inverts nothing. */
static uint32_t crc(const unsigned char *p, size_t n)
{
	uint32_t c = 0xF597A6CF;
	for (size_t i = 0; i < n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			uint32_t in = (c ^ p[i] >> bit) & 1;
			c = c >> 1 ^ (in ? 0xEDB88320u : 0);
		}
	return c;
}

/* A volume whose UUID is 32 times `letter`, with the text at `offset` of its area. */
static unsigned char *pv(char letter, const char *text, size_t offset)
{
	unsigned char *p = NEW_N(arena, unsigned char, PV_BYTES), *label = p + 512;
	size_t n = strlen(text), room = AREA - offset;
	memcpy(label, "LABELONE", 8);
	put(label + 8, 1, 8);
	put(label + 20, 32, 4);
	memcpy(label + 24, "LVM2 001", 8);
	memset(label + 32, letter, 32);
	put(label + 64, PV_BYTES, 8);
	put(label + 72, DATA_AT, 8);
	put(label + 104, AREA_AT, 8);
	put(label + 112, AREA, 8);
	put(label + 16, crc(label + 20, 492), 4);
	unsigned char *area = p + AREA_AT;
	memcpy(area + 4, " LVM2 x[5A%r0N*>", 16);
	put(area + 20, 1, 4);
	put(area + 24, AREA_AT, 8);
	put(area + 32, AREA, 8);
	put(area + 40, offset, 8);
	put(area + 48, n, 8);
	put(area + 56, crc((const unsigned char *)text, n), 4);
	put(area, crc(area + 4, 508), 4);
	memcpy(area + offset, text, n < room ? n : room);
	if (n > room)
		memcpy(area + 512, text + room, n - room);
	for (unsigned i = 0; i < EXTENTS * EXTENT; i++)
		p[DATA_AT + i] = (unsigned char)(i / EXTENT | (letter == 'b' ? 0x80 : 0));
	return p;
}

static void add(struct disk *d, unsigned char *p, const char *name)
{
	struct volume *v = vec_push(arena, &d->volumes);
	v->name = str_from(name);
	v->holds = S(LVM_MEMBER);
	v->blob = blob_memory(arena, v->name, (struct str){(const char *)p, PV_BYTES});
}

#define PV(name, letter) name " { id = \"" letter "\" dev_size = 1 pe_start = 32 pe_count = 16 }\n"
#define A "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa"
#define B "bbbbbb-bbbb-bbbb-bbbb-bbbb-bbbb-bbbbbb"

/* As vgcfgbackup(8) prints it, less what is not looked at. */
static const char *group(const char *seqno, const char *volumes)
{
	char *text = NEW_N(arena, char, 8192);
	snprintf(text, 8192,
		 "vg {\nid = \"V\"\nseqno = %s\nformat = \"lvm2\" # informational\n"
		 "status = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\nflags = []\nextent_size = 8\n"
		 "physical_volumes {\n" PV("pv0", A)
			 PV("pv1", B) "}\nlogical_volumes {\n%s}\n}\n"
				      "contents = \"Text Format Volume Group\"\nversion = 1\n",
		 seqno, volumes);
	return text;
}

#define LV(name, status, segments) \
	name " { id = \"x\" status = [" status "] segment_count = 1\n" segments "}\n"
#define SHOWN "\"READ\", \"WRITE\", \"VISIBLE\""
#define SEGMENT(i, start, count, n, more) \
	"segment" i " { start_extent = " start " extent_count = " count " type = \"striped\"\n" \
	"stripe_count = " n " " more " }\n"

static const char *simple(const char *seqno, const char *at)
{
	char lv[500];
	snprintf(lv, sizeof lv,
		 LV("root", SHOWN, SEGMENT("1", "0", "2", "1", "stripes = [\"pv0\", %s]")), at);
	return group(seqno, lv);
}

static unsigned char byte_at(const struct volume *v, uint64_t at)
{
	unsigned char c = 0;
	struct error e = {0};
	if (v->error.kind != ERR_NONE || !blob_read(v->blob, at, &c, 1, &e))
		fail_msg("%s%s", v->error.text, e.text);
	return c;
}

static const struct volume *one_volume(struct disk *d, const char *text)
{
	add(d, pv('a', text, 512), "p1");
	add(d, pv('b', text, 512), "p2");
	lvm_read(arena, d);
	assert_int_equal(d->volumes.n, 3);
	return &d->volumes.at[2];
}

static void linear(void **state)
{
	struct disk d = {0};
	const struct volume *v = one_volume(
		&d, group("1", LV("ro-ot", SHOWN,
				  SEGMENT("1", "0", "2", "1", "stripes = [\"pv0\", 5]")
					  SEGMENT("2", "2", "1", "1", "stripes = [\"pv1\", 3]"))
				       LV("hidden", "\"READ\"",
					  SEGMENT("1", "0", "1", "1", "stripes = [\"pv0\", 0]"))));
	(void)state;
	assert_true(str_eq(v->name, S("vg/ro-ot")));
	assert_int_equal(v->size, 3 * EXTENT);
	assert_int_equal(byte_at(v, 0), 5);
	assert_int_equal(byte_at(v, 2 * EXTENT - 1), 6);
	assert_int_equal(byte_at(v, 2 * EXTENT), 0x83);
	/* A read over the seam, and one behind the end. */
	unsigned char two[4];
	size_t got;
	struct error e = {0};
	assert_true(v->blob->read(v->blob, 2 * EXTENT - 2, two, 4, &got, &e) && got == 4);
	assert_memory_equal(two, "\x06\x06\x83\x83", 4);
	assert_true(v->blob->read(v->blob, 3 * EXTENT - 1, two, 4, &got, &e) && got == 1);
	assert_true(v->blob->read(v->blob, UINT64_MAX, two, 4, &got, &e) && got == 0);
}

static void striped(void **state)
{
	struct disk d = {0};
	/* Stripes of 2 sectors: a quarter of an extent. */
	const struct volume *v = one_volume(
		&d, group("1", LV("s", SHOWN,
				  SEGMENT("1", "0", "4", "2",
					  "stripe_size = 2 stripes = [\"pv0\", 1, \"pv1\", 2]"))));
	(void)state;
	for (uint64_t at = 0; at < 4 * EXTENT; at += 512) {
		uint64_t stripe = at / 1024 % 2, extent = at / 1024 / 2 * 1024 / EXTENT;
		assert_int_equal(byte_at(v, at), stripe ? 0x80 | (2 + extent) : 1 + extent);
	}
}

static void newest_and_ring(void **state)
{
	struct disk d = {0};
	(void)state;
	add(&d, pv('a', simple("8", "3"), 512), "p1");
	add(&d, pv('b', simple("9", "4"), AREA - 100), "p2"); /* goes on at the beginning */
	lvm_read(arena, &d);
	assert_int_equal(d.volumes.n, 3);
	assert_int_equal(byte_at(&d.volumes.at[2], 0), 4);
}

static void damaged_copies(void **state)
{
	struct disk d = {0};
	unsigned char *a = pv('a', simple("9", "3"), 512), *b = pv('b', simple("8", "4"), 512);
	(void)state;
	a[AREA_AT + 600] ^= 1;
	add(&d, a, "p1");
	add(&d, b, "p2");
	lvm_read(arena, &d);
	assert_int_equal(d.volumes.n, 3); /* by the older copy, which is whole */
	assert_int_equal(byte_at(&d.volumes.at[2], 0), 4);
	assert_int_equal(d.volumes.at[0].error.kind, ERR_NONE);
	struct disk alone = {0};
	add(&alone, a, "p1");
	lvm_read(arena, &alone);
	assert_int_equal(alone.volumes.n, 1);
	assert_int_equal(alone.volumes.at[0].error.kind, ERR_CORRUPT);
}

static void not_readable(void **state)
{
	static const struct {
		const char *volumes;
		enum error_kind kind;
	} cases[] = {
		{LV("t", SHOWN, "segment1 { start_extent = 0 extent_count = 1 type = \"thin\" }\n"),
		 ERR_UNSUPPORTED},
		{LV("t", SHOWN, "segment1 { type = \"raid1\" }\n"), ERR_UNSUPPORTED},
		{LV("s", "\"READ\", \"WRITE\"",
		    SEGMENT("1", "0", "1", "1", "stripes = [\"pv0\", 0]"))
			 LV("snapshot0", "\"READ\"",
			    "segment1 { type = \"snapshot\" origin = \"x\" cow_store = \"s\" }\n"),
		 ERR_UNSUPPORTED},
		{LV("e", SHOWN, ""), ERR_CORRUPT},
		{LV("e", SHOWN, SEGMENT("1", "1", "1", "1", "stripes = [\"pv0\", 0]")),
		 ERR_CORRUPT},
		{LV("e", SHOWN, SEGMENT("1", "0", "0", "1", "stripes = [\"pv0\", 0]")),
		 ERR_CORRUPT},
		{LV("e", SHOWN, SEGMENT("1", "0", "1", "1", "stripes = [\"pv0\", 16]")),
		 ERR_CORRUPT},
		{LV("e", SHOWN, SEGMENT("1", "0", "1", "1", "stripes = [\"nobody\", 0]")),
		 ERR_CORRUPT},
		{LV("e", SHOWN,
		    SEGMENT("1", "0", "9223372036854775808", "1", "stripes = [\"pv0\", 0]")),
		 ERR_CORRUPT},
		{LV("e", SHOWN,
		    SEGMENT("1", "0", "1", "1", "stripes = [\"pv0\", 9223372036854775808]")),
		 ERR_CORRUPT},
		{LV("e", SHOWN,
		    SEGMENT("1", "0", "2", "2",
			    "stripe_size = 0 stripes = [\"pv0\", 0, \"pv1\", 0]")),
		 ERR_CORRUPT},
		{LV("e", SHOWN, SEGMENT("1", "0", "1", "0", "stripes = []")), ERR_CORRUPT},
		{LV("e", SHOWN, SEGMENT("1", "0", "4294967296", "4294967296", "stripes = []")),
		 ERR_CORRUPT},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct disk d = {0};
		const struct volume *v = one_volume(&d, group("1", cases[i].volumes));
		if (v->error.kind != cases[i].kind)
			fail_msg("case %zu: %d %s", i, v->error.kind, v->error.text);
		assert_null(v->blob);
	}
}

static void absent_member(void **state)
{
	struct disk d = {0};
	(void)state;
	add(&d,
	    pv('a',
	       group("1", LV("r", SHOWN, SEGMENT("1", "0", "1", "1", "stripes = [\"pv1\", 0]"))),
	       512),
	    "p1");
	lvm_read(arena, &d);
	assert_int_equal(d.volumes.n, 2);
	assert_int_equal(d.volumes.at[1].error.kind, ERR_MISSING);
}

static void hostile_areas(void **state)
{
	static const struct {
		unsigned at;
		uint64_t value;
	} cases[] = {{40, 1ull << 63}, {40, 1},    {40, AREA},
		     {48, 1ull << 63}, {48, AREA}, {48, 16 << 20}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct disk d = {0};
		unsigned char *p = pv('a', simple("1", "0"), 512);
		put(p + AREA_AT + cases[i].at, cases[i].value, 8);
		put(p + AREA_AT, crc(p + AREA_AT + 4, 508), 4);
		add(&d, p, "p1");
		lvm_read(arena, &d);
		assert_int_equal(d.volumes.n, 1);
		assert_int_not_equal(d.volumes.at[0].error.kind, ERR_NONE);
	}
}

static void every_prefix(void **state)
{
	struct str text = str_from(simple("1", "0"));
	(void)state;
	for (size_t n = 0; n <= text.n; n++) {
		struct lvm_node top;
		struct error e = {0};
		bool good = lvm_parse(arena, str_slice(text, 0, n), &top, &e);
		assert_true(good == (e.kind == ERR_NONE));
		if (n == text.n)
			assert_true(good && lvm_part(&top, S("vg")) &&
				    lvm_part(&top, S("version")));
	}
	struct lvm_node top;
	struct error e = {0};
	assert_false(lvm_parse(arena, S("a{b{c{d{e{f{g{h{i{j{k{"), &top, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear),          cmocka_unit_test(striped),
		cmocka_unit_test(newest_and_ring), cmocka_unit_test(damaged_copies),
		cmocka_unit_test(not_readable),    cmocka_unit_test(absent_member),
		cmocka_unit_test(hostile_areas),   cmocka_unit_test(every_prefix),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
