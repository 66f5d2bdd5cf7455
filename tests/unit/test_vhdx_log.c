/*
 * test_vhdx_log.c - logs of a VHDX put together after MS-VHDX, section 2.3: what the file is once
 * they are replayed, and what is wrong with each number in turn. Logs that QEMU left are read by
 * vhdx_log.sh.
 */
#include "blob/vhdx_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crc32c.h"
#include "disk.h"
#include "fixture.h"

#include <cmocka.h>

enum { MIB = 1 << 20, RING = MIB, SECTOR = 4096, SECTORS = MIB / SECTOR, WRITES_MAX = 8 };

#define GUID "0123456789abcdef"

static struct made_image made;

/* What an entry writes: a sector that begins and ends with `text`, or for NULL so many zeros. */
struct row {
	const char *text;
	uint64_t at, zeros;
};

struct made_entry {
	uint32_t at, tail; /* sectors of the ring */
	uint64_t sequence;
	struct row writes[WRITES_MAX];
	uint64_t flushed, last; /* 0: the size of the file */
};

/* The byte `at` of an entry, which may go on at the beginning of the ring. */
static size_t place(uint32_t first, size_t at)
{
	return RING + (first * (size_t)SECTOR + at) % MIB;
}

static void number(uint32_t first, size_t at, unsigned width, uint64_t v)
{
	image_le(&made, place(first, at), width, v);
}

static void sum(uint32_t first)
{
	uint32_t crc = ~0u, n;
	memcpy(&n, made.bytes + place(first, 8), sizeof n);
	number(first, 4, 4, 0);
	for (uint32_t at = 0; at + SECTOR <= n && n <= MIB; at += SECTOR)
		crc = crc32c(crc, made.bytes + place(first, at), SECTOR);
	number(first, 4, 4, (uint32_t)~crc);
}

/* Of a sector, the first 8 and the last 4 bytes stand in the descriptor. */
static void put_data(uint32_t first, size_t at, uint64_t sequence, size_t descriptor,
		     const char *text)
{
	size_t n = strlen(text);
	char bytes[SECTOR] = {0};
	memcpy(bytes, text, n);
	memcpy(bytes + SECTOR - n, text, n);
	image_text(&made, place(first, descriptor), S("desc"));
	image_text(&made, place(first, descriptor + 4), (struct str){bytes + SECTOR - 4, 4});
	image_text(&made, place(first, descriptor + 8), (struct str){bytes, 8});
	image_text(&made, place(first, at), (struct str){bytes, SECTOR});
	image_text(&made, place(first, at), S("data"));
	number(first, at + 4, 4, sequence >> 32);
	number(first, at + SECTOR - 4, 4, sequence);
}

static void put_zeros(uint32_t first, size_t descriptor, uint64_t n)
{
	image_text(&made, place(first, descriptor), S("zero"));
	number(first, descriptor + 8, 8, n);
}

static void entry(struct made_entry t)
{
	size_t data = SECTOR;
	uint32_t n = 0;
	for (; n < WRITES_MAX && (t.writes[n].text || t.writes[n].zeros); n++) {
		const struct row *w = &t.writes[n];
		size_t descriptor = 64 + 32 * (size_t)n;
		if (w->text) {
			put_data(t.at, data, t.sequence, descriptor, w->text);
			data += SECTOR;
		} else {
			put_zeros(t.at, descriptor, w->zeros);
		}
		number(t.at, descriptor + 16, 8, w->at);
		number(t.at, descriptor + 24, 8, t.sequence);
	}
	image_text(&made, place(t.at, 0), S("loge"));
	number(t.at, 8, 4, data);
	number(t.at, 12, 4, (uint64_t)t.tail * SECTOR);
	number(t.at, 16, 8, t.sequence);
	number(t.at, 24, 4, n);
	image_text(&made, place(t.at, 32), S(GUID));
	number(t.at, 48, 8, t.flushed ? t.flushed : 2 * MIB);
	number(t.at, 56, 8, t.last ? t.last : 2 * MIB);
	sum(t.at);
}

#define ENTRY(...) entry((struct made_entry){__VA_ARGS__})

/* A file of one letter, and a ring of zeros; what earlier ones held is given back. */
static void blank(void)
{
	arena_down(NULL);
	arena_up(NULL);
	memset(&made, 0, sizeof made);
	made.n = 2 * MIB;
	memset(made.bytes, 'f', RING);
}

static struct blob *file_of(void)
{
	struct str all = {(const char *)made.bytes, made.n};
	return blob_memory(arena, S("image"), str_dup(arena, all));
}

static const struct vhdx_log usual = {RING, MIB, (const unsigned char *)GUID};

static struct blob *replayed(void)
{
	struct error e = {0};
	struct blob *b = vhdx_log_replay(arena, file_of(), &usual, &e);
	if (!b)
		fail_msg("%s", e.text);
	return b;
}

static void refused_in(struct blob *file, struct vhdx_log log, enum error_kind kind,
		       const char *words)
{
	struct error e = {0};
	if (vhdx_log_replay(arena, file, &log, &e))
		fail_msg("'%s' was wanted, but it was replayed", words);
	if (e.kind != kind || !strstr(e.text, words) || strncmp(e.text, "log: ", 5) != 0)
		fail_msg("'%s' was wanted: %d %s", words, e.kind, e.text);
}

static void refused(enum error_kind kind, const char *words)
{
	refused_in(file_of(), usual, kind, words);
}

/* ---- what is written ---- */

static void writes(void **state)
{
	(void)state;
	blank();
	ENTRY(.sequence = 1, .writes = {{"first bytes", 8192, 0}, {NULL, 16384, 8192}});
	struct blob *b = replayed();
	assert_int_equal(b->size, 2 * MIB);
	disk_holds(b, 8188, S("fffffirst bytes\0\0"));
	disk_holds(b, 8192 + SECTOR - 12, S("\0first bytesffff"));
	disk_holds(b, 16382, S("ff\0\0"));
	disk_holds(b, 16384 + 8190, S("\0\0ff"));
	disk_holds(b, 0, S("ffff"));
	/* later ones over earlier ones, by numbers of more than 32 bits too */
	blank();
	ENTRY(.sequence = 0xffffffff, .writes = {{"one", 0, 0}, {"one", SECTOR, 0}});
	ENTRY(.at = 3, .sequence = 0x100000000, .writes = {{NULL, 0, 8192}, {"two", SECTOR, 0}});
	ENTRY(.at = 5, .sequence = 0x100000001,
	      .writes = {{"three", 0, 0}, {NULL, SECTOR, SECTOR}});
	b = replayed();
	disk_holds(b, 0, S("three\0"));
	disk_holds(b, SECTOR - 5, S("three\0\0\0\0"));
	/* an entry may say nothing */
	blank();
	ENTRY(.sequence = 7);
	disk_holds(replayed(), 0, S("ffff"));
}

static void lengthens(void **state)
{
	(void)state;
	blank();
	ENTRY(.sequence = 1, .last = 5 * MIB, .writes = {{"late", 3 * MIB, 0}});
	struct blob *b = replayed();
	assert_int_equal(b->size, 5 * MIB);
	disk_holds(b, 3 * MIB - 2, S("\0\0late\0"));
	disk_holds(b, 5 * MIB - 4, S("\0\0\0\0"));
	disk_holds(b, 5 * MIB, S(""));
	blank();
	ENTRY(.sequence = 1, .writes = {{"later", 6 * MIB, 0}, {"late", 3 * MIB, 0}});
	assert_int_equal(replayed()->size, 6 * MIB + SECTOR);
}

static void descriptors_of_more_sectors(void **state)
{
	(void)state;
	enum { N = 300, HEADS = 3, LAST = 299 };
	blank();
	ENTRY(.at = 254, .tail = 254, .sequence = 9);
	for (size_t i = 0; i < N; i++) {
		size_t d = 64 + 32 * i;
		if (i == LAST)
			put_data(254, HEADS * SECTOR, 9, d, "the last");
		else
			put_zeros(254, d, SECTOR);
		number(254, d + 16, 8, i == LAST ? 0 : SECTOR * (i % 100 + 1));
		number(254, d + 24, 8, 9);
	}
	number(254, 8, 4, (HEADS + 1) * SECTOR);
	number(254, 24, 4, N);
	sum(254);
	struct blob *b = replayed();
	disk_holds(b, 0, S("the last\0"));
	disk_holds(b, SECTOR - 2, S("st\0\0"));
	disk_holds(b, 101 * SECTOR - 2, S("\0\0ff"));
}

/* ---- which sequence it is ---- */

static void from_the_tail_on(void **state)
{
	(void)state;
	blank();
	ENTRY(.sequence = 4, .writes = {{"old", 0, 0}});
	ENTRY(.at = 2, .tail = 0, .sequence = 5, .writes = {{"in place", SECTOR, 0}});
	ENTRY(.at = 4, .tail = 4, .sequence = 6, .writes = {{"new", 8192, 0}});
	struct blob *b = replayed();
	disk_holds(b, 0, S("ffff"));
	disk_holds(b, SECTOR, S("ffff"));
	disk_holds(b, 8192, S("new\0"));
}

static void around_the_end(void **state)
{
	(void)state;
	blank();
	ENTRY(.at = 250, .tail = 250, .sequence = 4, .writes = {{"a", 0, 0}, {"a", SECTOR, 0}});
	ENTRY(.at = 253, .tail = 250, .sequence = 5,
	      .writes = {{"b", SECTOR, 0}, {"b", 8192, 0}, {"b", 12288, 0}, {"b", 16384, 0}});
	ENTRY(.at = 2, .tail = 250, .sequence = 6, .writes = {{"c", 12288, 0}});
	struct blob *b = replayed();
	disk_holds(b, 0, S("a\0"));
	disk_holds(b, SECTOR, S("b\0"));
	disk_holds(b, 8192, S("b\0"));
	disk_holds(b, 12288, S("c\0"));
	disk_holds(b, 16384, S("b\0"));
	/* over entries of an earlier turn */
	ENTRY(.at = 4, .tail = 4, .sequence = 3, .writes = {{"old", 16384, 0}});
	disk_holds(replayed(), 16384, S("b\0"));
}

static void newest_whole_one(void **state)
{
	(void)state;
	/* the last one was torn: the one in front of it counts */
	blank();
	ENTRY(.sequence = 1, .writes = {{"one", 0, 0}});
	ENTRY(.at = 2, .sequence = 2, .writes = {{"two", 0, 0}});
	ENTRY(.at = 4, .sequence = 3, .writes = {{"three", 0, 0}, {"three", SECTOR, 0}});
	disk_holds(replayed(), 0, S("three"));
	memset(made.bytes + place(6, 0), 0, SECTOR);
	disk_holds(replayed(), 0, S("two"));
	/* nor does one of another log, or whose number is not the next */
	ENTRY(.at = 4, .sequence = 3, .writes = {{"three", 0, 0}});
	image_text(&made, place(4, 32), S("another"));
	sum(4);
	disk_holds(replayed(), 0, S("two"));
	ENTRY(.at = 4, .sequence = 4, .writes = {{"four", 0, 0}});
	disk_holds(replayed(), 0, S("two"));
	ENTRY(.at = 4, .sequence = 2, .writes = {{"again", 0, 0}});
	disk_holds(replayed(), 0, S("two"));
	/* an older sequence behind a newer one */
	blank();
	ENTRY(.at = 100, .tail = 100, .sequence = 8, .writes = {{"eight", 0, 0}});
	ENTRY(.at = 200, .tail = 200, .sequence = 7, .writes = {{"seven", 0, 0}});
	disk_holds(replayed(), 0, S("eight"));
	/* a newer one whose oldest entry is lost */
	ENTRY(.at = 50, .tail = 40, .sequence = 20, .writes = {{"twenty", 0, 0}});
	disk_holds(replayed(), 0, S("eight"));
	ENTRY(.at = 50, .tail = 100, .sequence = 20, .writes = {{"twenty", 0, 0}});
	disk_holds(replayed(), 0, S("eight"));
	ENTRY(.at = 52, .tail = 50, .sequence = UINT64_MAX, .writes = {{"the end", 0, 0}});
	disk_holds(replayed(), 0, S("eight"));
	ENTRY(.at = 52, .tail = 52, .sequence = UINT64_MAX, .writes = {{"the end", 0, 0}});
	disk_holds(replayed(), 0, S("the end"));
}

/* ---- what makes an entry none ---- */

static void unsound(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		unsigned width;
		uint64_t value;
	} changes[] = {
		{0, 4, 0x65676f4c},              /* signature */
		{8, 4, 0},                       /* length */
		{8, 4, SECTOR},                  /* … one sector short */
		{8, 4, 3 * SECTOR},              /* … one too many */
		{8, 4, 2 * SECTOR + 512},        /* … no whole sectors */
		{8, 4, 0xfffff000},              /* … more than all of them */
		{12, 4, 512},                    /* tail */
		{12, 4, MIB},                    /* … outside */
		{12, 4, 0xfffff000},             /* … */
		{16, 8, 0},                      /* sequence */
		{16, 8, 2},                      /* … not that of the descriptors */
		{24, 4, 0},                      /* descriptors */
		{24, 4, 3},                      /* … the third is none */
		{24, 4, 0xffffffff},             /* … */
		{32, 1, 'x'},                    /* guid */
		{64, 1, 'D'},                    /* of data: signature */
		{64 + 16, 8, 512},               /* … place */
		{64 + 24, 8, 2},                 /* … sequence */
		{96, 1, 'Z'},                    /* of zeros: signature */
		{96 + 8, 8, 512},                /* … length */
		{96 + 8, 8, 0xfffffffffffff000}, /* … past the end of all */
		{96 + 16, 8, 1},                 /* … place */
		{96 + 24, 8, 2},                 /* … sequence */
		{SECTOR, 1, 'D'},                /* data: signature */
		{SECTOR + 4, 4, 1},              /* … sequence */
		{2 * SECTOR - 4, 4, 2},          /* … its other half */
	};
	blank();
	ENTRY(.sequence = 1, .writes = {{"text", 0, 0}, {NULL, SECTOR, SECTOR}});
	disk_holds(replayed(), 0, S("text"));
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		blank();
		ENTRY(.sequence = 1, .writes = {{"text", 0, 0}, {NULL, SECTOR, SECTOR}});
		number(0, changes[i].at, changes[i].width, changes[i].value);
		sum(0);
		refused(ERR_CORRUPT, "no sequence of its entries is whole");
	}
	for (size_t at = 0; at < 2 * SECTOR; at += at < 128 ? 1 : 97) {
		blank();
		ENTRY(.sequence = 1, .writes = {{"text", 0, 0}, {NULL, SECTOR, SECTOR}});
		made.bytes[RING + at] ^= 0x10;
		refused(ERR_CORRUPT, "no sequence of its entries is whole");
	}
}

/* ---- what ends it ---- */

static void whole_logs(void **state)
{
	(void)state;
	static const struct vhdx_log places[] = {
		{RING, 0, (const unsigned char *)GUID},
		{RING, MIB - SECTOR, (const unsigned char *)GUID},
		{RING + SECTOR, MIB, (const unsigned char *)GUID},
		{RING, 2 * MIB, (const unsigned char *)GUID},
		{0, MIB, (const unsigned char *)GUID},
		{UINT64_MAX - MIB + 1, MIB, (const unsigned char *)GUID},
	};
	blank();
	refused(ERR_CORRUPT, "is in use, but no sequence of its entries is whole");
	ENTRY(.sequence = 1, .flushed = 2 * MIB + 1, .writes = {{"text", 0, 0}});
	refused(ERR_CORRUPT, "the file was cut, it had 2097153 bytes or more");
	ENTRY(.sequence = 1, .flushed = UINT64_MAX, .writes = {{"text", 0, 0}});
	refused(ERR_CORRUPT, "the file was cut");
	ENTRY(.sequence = 1, .writes = {{"text", 0, 0}});
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		refused_in(file_of(), places[i], ERR_CORRUPT, " bytes of it at byte ");
	struct blob *large = blob_overlaid(blob_overlay_new(arena, file_of(), 200 * (uint64_t)MIB));
	refused_in(large, (struct vhdx_log){RING, 65 * MIB, usual.guid}, ERR_LIMIT,
		   "68157440 bytes, more than 67108864");
}

static void bounds(void **state)
{
	(void)state;
	blank();
	ENTRY(.sequence = 1, .writes = {{NULL, 0, 1ull << 40}});
	refused(ERR_LIMIT, "more than 67108864 bytes of zeros");
	ENTRY(.sequence = 1, .writes = {{NULL, 0, 40 * MIB}, {NULL, 0, 40 * MIB}});
	refused(ERR_LIMIT, "more than 67108864 bytes of zeros");
	blank();
	ENTRY(.sequence = 1, .writes = {{NULL, 0, 64 * MIB}, {"one more", 64 * MIB, 0}});
	refused(ERR_LIMIT, "more than 16384 pages of writes");
	blank();
	ENTRY(.sequence = 1, .last = UINT64_MAX, .writes = {{"far", UINT64_MAX - 8191, 0}});
	disk_holds(replayed(), UINT64_MAX - 8191, S("far\0"));
	/* each sector the head of an entry as long as all of them */
	blank();
	for (uint32_t i = 0; i < SECTORS; i++) {
		ENTRY(.at = i, .tail = i, .sequence = 1 + i);
		number(i, 8, 4, MIB);
		number(i, 24, 4, (MIB - 64) / 32);
	}
	refused(ERR_CORRUPT, "no sequence of its entries is whole");
	/* and a chain as long as the ring, into its own beginning */
	for (uint32_t i = 0; i < SECTORS; i++)
		ENTRY(.at = i, .tail = SECTORS - 1, .sequence = 1 + i);
	disk_holds(replayed(), 0, S("ffff"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
		cmocka_unit_test(lengthens),
		cmocka_unit_test(descriptors_of_more_sectors),
		cmocka_unit_test(from_the_tail_on),
		cmocka_unit_test(around_the_end),
		cmocka_unit_test(newest_whole_one),
		cmocka_unit_test(unsound),
		cmocka_unit_test(whole_logs),
		cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
