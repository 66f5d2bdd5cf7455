/*
 * test_qcow2.c - images of 512-byte clusters put together after QEMU's docs/interop/qcow2: the
 * header at 0, the L1 table at 512, an L2 table at 1024, clusters from 1536 on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "fixture.h"

#include <cmocka.h>

enum { L1 = 512, L2 = 1024, DATA = 1536, CLUSTER = 512 };

/* "hello, hello, hello, hello!\n" 512 bytes long, deflated by Python's zlib with a window of 12. */
#define PACKED "\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\xc0\xa4\x14\xb9\x32\x46\xe5\x86\xbd\x1c\x00"

static struct blob_findings found;
static const struct blob_opening alone = {.found = &found};
static struct made_image made;

/* A disk of two clusters, the first stored. */
static struct made_image *image(unsigned version)
{
	memset(&made, 0, sizeof made);
	found.stale.n = 0;
	image_text(&made, 0, S("QFI\xfb"));
	image_be(&made, 4, 4, version);
	image_be(&made, 20, 4, 9);
	image_be(&made, 24, 8, 2 * CLUSTER);
	image_be(&made, 36, 4, 1);
	image_be(&made, 40, 8, L1);
	image_be(&made, 96, 4, 4);
	image_be(&made, 100, 4, version > 2 ? 104 : 0);
	image_be(&made, L1, 8, L2 | 1ull << 63);
	image_be(&made, L2, 8, DATA | 1ull << 63);
	image_be(&made, DATA + CLUSTER - 1, 1, 0);
	image_text(&made, DATA, S("stored"));
	return &made;
}

static void incompatible_bits(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		struct made_image *m = image(3);
		char words[20];
		image_be(m, 72, 8, 1ull << bit);
		snprintf(words, sizeof words, "bit %u", bit);
		if (bit == 0 || bit == 1 || bit == 3)
			disk_holds(disk_in(m, "qcow2", &alone), 0, S("stored"));
		else if (bit == 2)
			disk_refused(m, "qcow2", &alone, ERR_CORRUPT, "name of the data file");
		else if (bit == 4)
			disk_refused(m, "qcow2", &alone, ERR_CORRUPT, "have no subclusters");
		else
			disk_refused(m, "qcow2", &alone, ERR_UNSUPPORTED, words);
		assert_int_equal(found.stale.n, bit == 1);
	}
}

static void headers(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		unsigned width;
		uint64_t value;
		enum error_kind kind;
		const char *words;
	} cases[] = {
		{4, 4, 1, ERR_UNSUPPORTED, "version 1"},
		{4, 4, 4, ERR_UNSUPPORTED, "version 4"},
		{32, 4, 1, ERR_UNSUPPORTED, "encrypted"},
		{32, 4, 2, ERR_UNSUPPORTED, "encrypted"},
		{20, 4, 8, ERR_CORRUPT, "clusters of 2^8 bytes"},
		{20, 4, 22, ERR_CORRUPT, "clusters of 2^22 bytes"},
		{20, 4, 0xffffffff, ERR_CORRUPT, "clusters of 2^4294967295 bytes"},
		{100, 4, 103, ERR_CORRUPT, "its own length"},
		{100, 4, 96, ERR_CORRUPT, "its own length"},
		{100, 4, 520, ERR_CORRUPT, "its own length"},
		{100, 4, 0xfffffff8, ERR_CORRUPT, "its own length"},
		{24, 8, 32769, ERR_CORRUPT, "1 tables for a disk of 32769 bytes"},
		{24, 8, 1ull << 63, ERR_CORRUPT, "1 tables"},
		{24, 8, UINT64_MAX, ERR_CORRUPT, "1 tables"},
		{36, 4, 0, ERR_CORRUPT, "0 tables"},
		{36, 4, 0xffffffff, ERR_CORRUPT, "out of place"},
		{40, 8, 520, ERR_CORRUPT, "out of place"},
		{40, 8, 1ull << 63, ERR_CORRUPT, "out of place"},
		{40, 8, UINT64_MAX - 511, ERR_CORRUPT, "out of place"},
		/* 8: an offset of the backing file's name, 16: its length */
		{16, 4, 1, ERR_NONE, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct made_image *m = image(3);
		image_be(m, cases[i].at, cases[i].width, cases[i].value);
		if (cases[i].kind == ERR_NONE)
			disk_holds(disk_in(m, "qcow2", &alone), 0, S("stored"));
		else
			disk_refused(m, "qcow2", &alone, cases[i].kind, cases[i].words);
	}
	/* the type of compression stands behind a header of 104 bytes */
	struct made_image *m = image(3);
	image_be(m, 104, 1, 2);
	disk_holds(disk_in(m, "qcow2", &alone), 0, S("stored"));
	image_be(m, 100, 4, 112);
	disk_refused(m, "qcow2", &alone, ERR_UNSUPPORTED, "compression type 2");
	/* what is cut short is no image, and never a crash */
	for (size_t n = 0; n < DATA; n++) {
		m = image(3);
		m->n = n;
		struct error e = {0};
		struct blob *disk = NULL;
		const char *name;
		struct str head = str_dup(arena, (struct str){(char *)m->bytes, n});
		if (blob_unwrap(arena, blob_memory(arena, S("cut"), head), NULL, &alone, &disk,
				&name, &e) &&
		    disk)
			disk_fails(disk, 0, ERR_CORRUPT, n < L2 + 8 ? "ends at byte" : "before");
	}
	/* other bytes are nobody's */
	m = image(3);
	image_be(m, 4, 4, 0x31323334);
	struct blob *disk = &(struct blob){0};
	struct error e = {0};
	const char *name;
	assert_true(blob_unwrap(arena,
				blob_memory(arena, S("text"), (struct str){(char *)m->bytes, m->n}),
				NULL, &alone, &disk, &name, &e));
	assert_null(disk);
}

static void extensions(void **state)
{
	(void)state;
	struct made_image *m = image(3);
	/* one of an unknown type is passed over; so is what stands behind the last */
	image_be(m, 104, 4, 0x12345678);
	image_be(m, 108, 4, 3);
	image_be(m, 120, 4, 0);
	image_be(m, 128, 4, 0xe2792aca);
	image_be(m, 132, 4, 0xffffffff);
	disk_holds(disk_in(m, "qcow2", &alone), 0, S("stored"));
	image_be(m, 108, 4, 401);
	disk_refused(m, "qcow2", &alone, ERR_CORRUPT, "extension 0x12345678 has 401 bytes");
	image_be(m, 108, 4, 0xffffffff);
	disk_refused(m, "qcow2", &alone, ERR_CORRUPT, "has 4294967295 bytes");
	/* more than there is any use for */
	m = image(3);
	image_be(m, 20, 4, 12);
	image_be(m, 40, 8, 4096);
	for (size_t at = 104; at < 4096; at += 8)
		image_be(m, at, 4, 1);
	image_be(m, 4096, 8, 0);
	disk_refused(m, "qcow2", &alone, ERR_LIMIT, "more than 64 extensions");
}

static void entries(void **state)
{
	(void)state;
	static const struct {
		unsigned version;
		uint64_t entry;
		enum error_kind kind;
		struct str holds; /* or words of the message */
	} cases[] = {
		{3, DATA, ERR_NONE, {"stored", 6}},
		{2, DATA, ERR_NONE, {"stored", 6}},
		{3, 0, ERR_NONE, {"\0\0\0\0\0\0", 6}},
		{3, 1ull << 63, ERR_NONE, {"\0\0\0\0\0\0", 6}},
		/* bit 0: zeros, with an offset or without; nothing to version 2 */
		{3, 1, ERR_NONE, {"\0\0\0\0\0\0", 6}},
		{3, DATA | 1, ERR_NONE, {"\0\0\0\0\0\0", 6}},
		{2, DATA | 1, ERR_NONE, {"stored", 6}},
		/* the reserved bits are no part of an offset */
		{3, DATA | 0x3f00000000000000 | 0x1fe, ERR_NONE, {"stored", 6}},
		/* past the end, where nothing begins */
		{3, DATA + CLUSTER, ERR_CORRUPT, {"before the block at 2048", 24}},
		{3, 0x00fffffffffffe00, ERR_CORRUPT, {"before the block at", 19}},
		/* compressed: bit 62, sectors from bit 61 on, an offset anywhere */
		{3, 1ull << 62 | (DATA + 100), ERR_NONE, {"hello, hello", 12}},
		{2, 1ull << 62 | 1ull << 61 | (DATA + 100), ERR_NONE, {"hello, hello", 12}},
		{3, 1ull << 62 | (DATA + 300), ERR_CORRUPT, {"deflate: ", 9}},
		{3, 1ull << 62 | (DATA + CLUSTER), ERR_CORRUPT, {"deflate: ", 9}},
		{3, UINT64_MAX, ERR_CORRUPT, {"deflate: ", 9}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct made_image *m = image(cases[i].version);
		image_text(m, DATA + 100, S(PACKED));
		image_text(m, DATA + 300, S("\xff\xff\xff"));
		image_be(m, L2, 8, cases[i].entry);
		struct blob *disk = disk_in(m, "qcow2", &alone);
		assert_int_equal(disk->size, 2 * CLUSTER);
		if (cases[i].kind == ERR_NONE)
			disk_holds(disk, 0, cases[i].holds);
		else
			disk_fails(disk, 0, cases[i].kind, cases[i].holds.p);
		/* the neighbour was never written */
		disk_holds(disk, CLUSTER + 1, S("\0\0\0"));
	}
}

static void tables(void **state)
{
	(void)state;
	struct made_image *m = image(3);
	/* the last cluster may be cut short; its rest is zeros */
	m->n = DATA + 3;
	disk_holds(disk_in(m, "qcow2", &alone), 0, S("sto\0\0\0"));
	m->n = DATA;
	disk_fails(disk_in(m, "qcow2", &alone), 0, ERR_CORRUPT, "ends at byte 1536");
	m = image(3);
	image_be(m, L1, 8, 1ull << 40);
	disk_fails(disk_in(m, "qcow2", &alone), 0, ERR_CORRUPT, "ends at byte");
	image_be(m, L1, 8, UINT64_MAX);
	disk_fails(disk_in(m, "qcow2", &alone), 0, ERR_CORRUPT, "ends at byte");
	image_be(m, L1, 8, 0);
	disk_holds(disk_in(m, "qcow2", &alone), 0, S("\0\0\0\0\0\0"));
	/* tables that lead to themselves: a lookup has two steps all the same */
	image_be(m, L1, 8, L1);
	disk_holds(disk_in(m, "qcow2", &alone), 2, S("\0\0\0\0\2\0"));
	/* clusters of other sizes must stand at multiples of them */
	m = image(3);
	image_be(m, 20, 4, 10);
	image_be(m, 40, 8, 1024);
	image_be(m, 1024, 8, 1536);
	disk_fails(disk_in(m, "qcow2", &alone), 0, ERR_CORRUPT, "a table at 1536");
	image_be(m, 1024, 8, 2048);
	image_be(m, 2048, 8, 3072 + 512);
	disk_fails(disk_in(m, "qcow2", &alone), 0, ERR_CORRUPT, "a cluster at 3584");
}

/* Subclusters of 512 bytes: clusters of 16 KiB, so many also for each table. */
static void subclusters(void **state)
{
	(void)state;
	enum { BIG = 16 << 10 };
	struct made_image *m = image(3);
	image_be(m, 20, 4, 14);
	image_be(m, 24, 8, 2 * BIG);
	image_be(m, 40, 8, BIG);
	image_be(m, 72, 8, 16);
	image_be(m, BIG, 8, 2 * BIG);
	/* the first is stored, the second zero, the third neither, the fourth both */
	image_be(m, 2 * BIG, 8, 3 * BIG);
	image_be(m, 2 * BIG + 8, 8, 0x0000000a00000009);
	for (unsigned i = 0; i < 32; i++)
		image_text(m, 3 * BIG + i * 512, S("subcluster"));
	struct blob *disk = disk_in(m, "qcow2", &alone);
	disk_holds(disk, 0, S("subcluster"));
	disk_holds(disk, 510, S("\0\0\0\0\0"));
	disk_holds(disk, 1024, S("\0\0\0\0\0"));
	disk_fails(disk, 1536, ERR_CORRUPT, "both stored and zero");
	disk_holds(disk, BIG, S("\0\0\0\0\0"));
}

static void other_files(void **state)
{
	(void)state;
	struct made_image *m = image(3);
	struct blob_opening beside = {.found = &found, .siblings = siblings_all(m)};
	image_be(m, 8, 8, 200);
	image_be(m, 16, 4, 8);
	image_text(m, 200, S("base.raw"));
	disk_refused(m, "qcow2", &alone, ERR_UNSUPPORTED,
		     "needs its backing file \"base.raw\", see --allow-backing");
	/* a file that stands behind itself */
	disk_refused(m, "qcow2", &beside, ERR_LIMIT, "more than 8 files");
	image_text(m, 200, S("absent\0"));
	image_be(m, 16, 4, 6);
	disk_refused(m, "qcow2", &beside, ERR_MISSING, "backing file \"absent\"");
	image_be(m, 16, 4, 1024);
	disk_refused(m, "qcow2", &alone, ERR_CORRUPT, "a name of 1024 bytes");
	image_be(m, 16, 4, 8);
	image_be(m, 8, 8, UINT64_MAX - 3);
	disk_refused(m, "qcow2", &alone, ERR_CORRUPT, "ends at byte");
	/* by format: as it is, or not at all; what is past its end is zeros */
	image_be(m, 8, 8, 200);
	image_be(m, 104, 4, 0xe2792aca);
	image_be(m, 108, 4, 3);
	image_text(m, 112, S("raw"));
	image_be(m, 24, 8, 64 * CLUSTER);
	struct blob *disk = disk_in(m, "qcow2", &beside);
	disk_holds(disk, 0, S("stored"));
	disk_holds(disk, DATA, S("stored"));
	disk_holds(disk, DATA + CLUSTER - 1, S("\0\0\0"));
	disk_holds(disk, 60 * CLUSTER, S("\0\0\0"));
	image_be(m, 108, 4, 4);
	image_text(m, 112, S("vmdk"));
	disk_refused(m, "qcow2", &beside, ERR_UNSUPPORTED, "the backing file is a \"vmdk\"");
	/* a data file, in which a cluster may stand at 0 */
	m = image(3);
	image_be(m, 72, 8, 4);
	image_be(m, 104, 4, 0x44415441);
	image_be(m, 108, 4, 8);
	image_text(m, 112, S("data.raw"));
	disk_refused(m, "qcow2", &alone, ERR_UNSUPPORTED, "needs its data file \"data.raw\"");
	image_be(m, L2, 8, 1ull << 63);
	disk_holds(disk_in(m, "qcow2", &beside), 0, S("QFI\xfb"));
	image_be(m, L2, 8, 0);
	disk_holds(disk_in(m, "qcow2", &beside), 0, S("\0\0\0\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(incompatible_bits),
		cmocka_unit_test(headers),
		cmocka_unit_test(extensions),
		cmocka_unit_test(entries),
		cmocka_unit_test(tables),
		cmocka_unit_test(subclusters),
		cmocka_unit_test(other_files),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
