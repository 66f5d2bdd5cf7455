/*
 * test_disks.c - VMDK, VHD, VHDX, VDI and .xz images put together after their specifications, and
 * what is wrong with each number in turn. What real programs make is read by containers.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crc32c.h"
#include "disk.h"
#include "fixture.h"

#include <cmocka.h>

static struct blob_findings found;
static const struct blob_opening alone = {.found = &found};
static struct made_image made;

/* One number of an image, and what becomes of it: refused, or for a kind of ERR_NONE read. */
struct change {
	size_t at;
	unsigned width;
	uint64_t value;
	enum error_kind kind;
	const char *words;
};

static struct made_image *blank(void)
{
	memset(&made, 0, sizeof made);
	found.stale.n = 0;
	return &made;
}

/* ---- vdi: the map at 512, blocks of 1024 from 1024 on ---- */

static struct made_image *vdi(void)
{
	struct made_image *m = blank();
	image_text(m, 0, S("<<< A virtual disk >>>\n"));
	image_le(m, 0x40, 4, 0xbeda107f);
	image_le(m, 0x44, 4, 0x00010001);
	image_le(m, 0x48, 4, 0x180);
	image_le(m, 0x4c, 4, 1);
	image_le(m, 0x154, 4, 512);
	image_le(m, 0x158, 4, 1024);
	image_le(m, 0x170, 8, 3000);
	image_le(m, 0x178, 4, 1024);
	image_le(m, 0x180, 4, 3);
	image_le(m, 512, 4, 1);
	image_le(m, 516, 4, 0xffffffff);
	image_le(m, 520, 4, 0xfffffffe);
	image_text(m, 2048, S("block"));
	image_le(m, 3071, 1, 0);
	return m;
}

static void vdi_images(void **state)
{
	(void)state;
	static const struct change changes[] = {
		{0x44, 4, 0x00010000, ERR_UNSUPPORTED, "version 1.0"},
		{0x4c, 4, 2, ERR_NONE, NULL},
		{0x4c, 4, 3, ERR_UNSUPPORTED, "only what differs"},
		{0x4c, 4, 4, ERR_UNSUPPORTED, "only what differs"},
		{0x4c, 4, 5, ERR_UNSUPPORTED, "unknown type 5"},
		{0x178, 4, 0, ERR_CORRUPT, "blocks of 0 and 0 bytes"},
		{0x178, 4, 1000, ERR_CORRUPT, "blocks of 0 and 1000 bytes"},
		{0x178, 4, 1u << 31, ERR_CORRUPT, "blocks of"},
		{0x17c, 4, 0xffffffff, ERR_CORRUPT, "blocks of"},
		{0x170, 8, 3073, ERR_CORRUPT, "3 blocks for a disk of 3073 bytes"},
		{0x170, 8, 1ull << 63, ERR_CORRUPT, "3 blocks"},
	};
	struct blob *disk = disk_in(vdi(), "vdi", &alone);
	assert_int_equal(disk->size, 3000);
	disk_holds(disk, 0, S("block"));
	disk_holds(disk, 1022, S("\0\0\0\0"));
	disk_holds(disk, 2900, S("\0\0\0\0"));
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct made_image *m = vdi();
		image_le(m, changes[i].at, changes[i].width, changes[i].value);
		if (changes[i].kind == ERR_NONE)
			disk_holds(disk_in(m, "vdi", &alone), 0, S("block"));
		else
			disk_refused(m, "vdi", &alone, changes[i].kind, changes[i].words);
	}
	struct made_image *m = vdi();
	image_le(m, 512, 4, 2);
	disk_fails(disk_in(m, "vdi", &alone), 0, ERR_CORRUPT, "before the block at 3072");
	image_le(m, 512, 4, 0xfffffffd);
	disk_fails(disk_in(m, "vdi", &alone), 0, ERR_CORRUPT, "before the block at");
	image_le(m, 0x154, 4, 0xffffffff);
	disk_fails(disk_in(m, "vdi", &alone), 0, ERR_CORRUPT, "ends at byte");
}

/* ---- vhd: the header at 512, the table at 1536, a block of 512 and its bitmap at 2048 ---- */

static void vhd_sum(struct made_image *m, size_t at)
{
	uint32_t sum = 0;
	image_be(m, at + 64, 4, 0);
	for (size_t i = 0; i < 512; i++)
		sum += m->bytes[at + i];
	image_be(m, at + 64, 4, (uint32_t)~sum);
}

static void vhd_footer(struct made_image *m, size_t at, uint64_t header, uint64_t size,
		       uint32_t type)
{
	image_text(m, at, S("conectix"));
	image_be(m, at + 12, 4, 0x10000);
	image_be(m, at + 16, 8, header);
	image_be(m, at + 48, 8, size);
	image_be(m, at + 60, 4, type);
	image_be(m, at + 511, 1, 0);
	vhd_sum(m, at);
}

static struct made_image *vhd(uint32_t type)
{
	struct made_image *m = blank();
	vhd_footer(m, 0, 512, 1000, type);
	image_text(m, 512, S("cxsparse"));
	image_be(m, 512 + 16, 8, 1536);
	image_be(m, 512 + 28, 4, 2);
	image_be(m, 512 + 32, 4, 512);
	image_be(m, 1536, 4, 4);
	image_be(m, 1540, 4, 0xffffffff);
	image_text(m, 2048 + 512, S("block"));
	vhd_footer(m, 3072, 512, 1000, type);
	return m;
}

static void vhd_images(void **state)
{
	(void)state;
	static const struct change changes[] = {
		{512, 1, 'C', ERR_CORRUPT, "no header at byte 512"},
		{512 + 16, 8, 1ull << 63, ERR_CORRUPT, "2 blocks for"},
		{512 + 16, 8, UINT64_MAX, ERR_CORRUPT, "2 blocks for"},
		{512 + 28, 4, 1, ERR_CORRUPT, "1 blocks for a disk of 1000 bytes"},
		{512 + 28, 4, 0xffffffff, ERR_CORRUPT, "4294967295 blocks for"},
		{512 + 32, 4, 0, ERR_CORRUPT, "blocks of 0 bytes"},
		{512 + 32, 4, 513, ERR_CORRUPT, "blocks of 513 bytes"},
		{512 + 32, 4, 1u << 31, ERR_CORRUPT, "blocks of"},
	};
	struct blob *disk = disk_in(vhd(3), "vhd", &alone);
	assert_int_equal(disk->size, 1000);
	disk_holds(disk, 0, S("block"));
	disk_holds(disk, 510, S("\0\0\0\0"));
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct made_image *m = vhd(3);
		image_be(m, changes[i].at, changes[i].width, changes[i].value);
		disk_refused(m, "vhd", &alone, changes[i].kind, changes[i].words);
	}
	disk_refused(vhd(4), "vhd", &alone, ERR_UNSUPPORTED, "only what differs");
	disk_refused(vhd(5), "vhd", &alone, ERR_UNSUPPORTED, "unknown type 5");
	struct made_image *m = vhd(3);
	image_be(m, 1536, 4, 100);
	disk_fails(disk_in(m, "vhd", &alone), 0, ERR_CORRUPT, "before the block at 51712");
	/* the footer at the end will do where its copy is damaged, and the other way round */
	m = vhd(3);
	image_be(m, 20, 1, 1);
	disk_holds(disk_in(m, "vhd", &alone), 0, S("block"));
	m = vhd(3);
	m->n -= 100;
	disk_holds(disk_in(m, "vhd", &alone), 0, S("block"));
	/* a fixed disk has nothing but the footer */
	m = blank();
	image_text(m, 0, S("first"));
	vhd_footer(m, 1024, UINT64_MAX, 1024, 2);
	disk = disk_in(m, "vhd", &alone);
	assert_int_equal(disk->size, 1024);
	disk_holds(disk, 0, S("first"));
	image_be(m, 1024 + 48, 8, 1025);
	vhd_sum(m, 1024);
	disk_refused(m, "vhd", &alone, ERR_CORRUPT, "1025 bytes of disk in 1536");
}

/* ---- vhdx: the table at 512 KiB, metadata at 576 KiB, a block of 1 MiB at 1 MiB ---- */

enum { TABLE = 512 << 10, META = 576 << 10, BLOCK = 1 << 20 };

static void vhdx_sum(struct made_image *m, size_t at, size_t n)
{
	image_le(m, at + 4, 4, 0);
	image_le(m, at + 4, 4, (uint32_t)~crc32c(~0u, m->bytes + at, n));
}

static void vhdx_entry(struct made_image *m, size_t at, struct str guid, uint64_t a, uint64_t b)
{
	image_text(m, at, guid);
	image_le(m, at + 16, 8, a);
	image_le(m, at + 24, 8, b);
}

#define PARAMETERS S("\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b")
#define DISK_SIZE S("\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8")
#define SECTOR_SIZE S("\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f")
#define REGION_BAT S("\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08")
#define REGION_META S("\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e")
#define NOBODY S("0123456789abcdef")

static void vhdx_header(struct made_image *m, size_t at, uint64_t sequence, unsigned log)
{
	image_text(m, at, S("head"));
	image_le(m, at + 8, 8, sequence);
	image_le(m, at + 48, 1, log);
	image_le(m, at + 66, 2, 1);
	vhdx_sum(m, at, 4096);
}

static struct made_image *vhdx(void)
{
	struct made_image *m = blank();
	image_text(m, 0, S("vhdxfile"));
	image_le(m, 2 * BLOCK - 1, 1, 0);
	vhdx_header(m, 64 << 10, 1, 1);
	vhdx_header(m, 128 << 10, 2, 0);
	image_text(m, 192 << 10, S("regi"));
	image_le(m, (192 << 10) + 8, 4, 2);
	vhdx_entry(m, (192 << 10) + 16, REGION_BAT, TABLE, 1ull << 32 | 64 << 10);
	vhdx_entry(m, (192 << 10) + 48, REGION_META, META, 1ull << 32 | 128 << 10);
	vhdx_sum(m, 192 << 10, 64 << 10);
	image_text(m, META, S("metadata"));
	image_le(m, META + 10, 2, 3);
	vhdx_entry(m, META + 32, PARAMETERS, 8ull << 32 | 64 << 10, 4);
	vhdx_entry(m, META + 64, DISK_SIZE, 8ull << 32 | ((64 << 10) + 8), 6);
	vhdx_entry(m, META + 96, SECTOR_SIZE, 4ull << 32 | ((64 << 10) + 16), 6);
	image_le(m, META + (64 << 10), 4, BLOCK);
	image_le(m, META + (64 << 10) + 8, 8, 2 * BLOCK);
	image_le(m, META + (64 << 10) + 16, 4, 512);
	image_le(m, TABLE, 8, BLOCK | 6);
	image_text(m, BLOCK, S("block"));
	return m;
}

static void vhdx_images(void **state)
{
	(void)state;
	static const struct change changes[] = {
		{META, 1, 'M', ERR_CORRUPT, "no table of them"},
		{META + 10, 2, 2048, ERR_CORRUPT, "no table of them"},
		{META + 48, 4, 0xffffffff, ERR_CORRUPT, "an item at 4294967295"},
		{META + 10, 2, 4, ERR_NONE, NULL},
		{META + (64 << 10), 4, 0, ERR_CORRUPT, "blocks of 0 bytes"},
		{META + (64 << 10), 4, 3 << 20, ERR_CORRUPT, "blocks of 3145728 bytes"},
		{META + (64 << 10) + 4, 4, 2, ERR_UNSUPPORTED, "only what differs"},
		{META + (64 << 10) + 8, 8, UINT64_MAX, ERR_CORRUPT, "with a table of 65536"},
		{META + (64 << 10) + 16, 4, 0, ERR_CORRUPT, "sectors of 0 bytes"},
		{META + (64 << 10) + 16, 4, 4096, ERR_NONE, NULL},
		{192 << 10, 1, 0, ERR_CORRUPT, "neither region table is sound"},
		{(192 << 10) + 16, 1, 0, ERR_CORRUPT, "neither region table is sound"},
	};
	struct blob *disk = disk_in(vhdx(), "vhdx", &alone);
	disk_holds(disk, 0, S("block"));
	disk_holds(disk, BLOCK - 2, S("\0\0\0\0"));
	assert_int_equal(disk->size, 2 * BLOCK);
	assert_int_equal(found.stale.n, 0);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct made_image *m = vhdx();
		image_le(m, changes[i].at, changes[i].width, changes[i].value);
		if (changes[i].kind == ERR_NONE)
			disk_holds(disk_in(m, "vhdx", &alone), 0, S("block"));
		else
			disk_refused(m, "vhdx", &alone, changes[i].kind, changes[i].words);
	}
	/* what must be known and is not */
	struct made_image *m = vhdx();
	vhdx_entry(m, META + 128, NOBODY, 64 << 10, 4);
	image_le(m, META + 10, 2, 4);
	disk_refused(m, "vhdx", &alone, ERR_UNSUPPORTED, "metadata: an unknown item");
	m = vhdx();
	vhdx_entry(m, (192 << 10) + 80, NOBODY, TABLE, 1ull << 32);
	image_le(m, (192 << 10) + 8, 4, 3);
	vhdx_sum(m, 192 << 10, 64 << 10);
	disk_refused(m, "vhdx", &alone, ERR_UNSUPPORTED, "an unknown region");
	image_le(m, (192 << 10) + 8, 4, 1);
	vhdx_sum(m, 192 << 10, 64 << 10);
	disk_refused(m, "vhdx", &alone, ERR_CORRUPT, "a region is missing");
	m = vhdx();
	image_le(m, TABLE, 8, BLOCK | 7);
	disk_fails(disk_in(m, "vhdx", &alone), 0, ERR_CORRUPT, "block 0 has state 7");
	image_le(m, TABLE, 8, (uint64_t)BLOCK << 40 | 6);
	disk_fails(disk_in(m, "vhdx", &alone), 0, ERR_CORRUPT, "before the block at");
}

/* The header that counts has a log in use, at 2 MiB, of which nothing is sound. */
static struct made_image *vhdx_in_use(void)
{
	struct made_image *m = vhdx();
	image_le(m, 3 * BLOCK - 1, 1, 0);
	image_le(m, (64 << 10) + 68, 4, BLOCK);
	image_le(m, (64 << 10) + 72, 8, 2 * BLOCK);
	vhdx_header(m, 64 << 10, 3, 1);
	return m;
}

static void vhdx_headers(void **state)
{
	(void)state;
	struct made_image *m = vhdx_in_use();
	disk_refused(m, "vhdx", &alone, ERR_CORRUPT, "log: is in use, but no sequence");
	/* of two sound ones that with the higher number counts, else the one that is sound */
	vhdx_header(m, 128 << 10, 4, 0);
	disk_holds(disk_in(m, "vhdx", &alone), 0, S("block"));
	image_le(m, 128 << 10, 1, 0);
	disk_refused(m, "vhdx", &alone, ERR_CORRUPT, "log: is in use, but no sequence");
	image_le(m, 64 << 10, 1, 0);
	disk_refused(m, "vhdx", &alone, ERR_CORRUPT, "neither header is sound");
	/* of the same number they must be the same */
	m = vhdx();
	vhdx_header(m, 64 << 10, 2, 1);
	disk_refused(m, "vhdx", &alone, ERR_CORRUPT, "neither header is the newer one");
	vhdx_header(m, 64 << 10, 2, 0);
	disk_holds(disk_in(m, "vhdx", &alone), 0, S("block"));
	/* the version of the log is of no matter while it is not in use */
	image_le(m, (64 << 10) + 64, 2, 1);
	vhdx_header(m, 64 << 10, 3, 0);
	disk_holds(disk_in(m, "vhdx", &alone), 0, S("block"));
	vhdx_header(m, 64 << 10, 3, 1);
	disk_refused(m, "vhdx", &alone, ERR_UNSUPPORTED, "log: unknown version 1");
	image_le(m, (64 << 10) + 66, 2, 2);
	vhdx_header(m, 64 << 10, 3, 0);
	image_le(m, (64 << 10) + 66, 2, 2);
	vhdx_sum(m, 64 << 10, 4096);
	disk_refused(m, "vhdx", &alone, ERR_UNSUPPORTED, "header: unknown version 2");
}

/* An entry of the log that writes a sector: the first 8 bytes of it, and zeros. */
static void vhdx_logged(struct made_image *m, uint64_t at, uint64_t first)
{
	enum { RING = 2 * BLOCK, DATA = RING + 4096 };
	image_text(m, RING, S("loge"));
	image_le(m, RING + 8, 4, 8192);
	image_le(m, RING + 16, 8, 1);
	image_le(m, RING + 24, 4, 1);
	image_le(m, RING + 32, 1, 1);
	image_text(m, RING + 64, S("desc"));
	image_le(m, RING + 72, 8, first);
	image_le(m, RING + 80, 8, at);
	image_le(m, RING + 88, 8, 1);
	image_text(m, DATA, S("data"));
	image_le(m, DATA + 4092, 4, 1);
	vhdx_sum(m, RING, 8192);
}

/* What lies in the log counts for the tables, before they are read. */
static void vhdx_replayed(void **state)
{
	(void)state;
	struct made_image *m = vhdx_in_use();
	vhdx_logged(m, TABLE, 2);
	disk_holds(disk_in(m, "vhdx", &alone), 0, S("\0\0\0\0\0"));
	vhdx_logged(m, META + (64 << 10), 2 << 20);
	disk_refused(m, "vhdx", &alone, ERR_CORRUPT, "metadata: sectors of 0 bytes");
	m = vhdx_in_use();
	image_le(m, TABLE, 8, 0);
	vhdx_logged(m, TABLE, BLOCK | 6);
	disk_holds(disk_in(m, "vhdx", &alone), 0, S("block"));
	memset(m->bytes + (192 << 10), 0, 4);
	disk_refused(m, "vhdx", &alone, ERR_CORRUPT, "neither region table is sound");
	assert_int_equal(found.stale.n, 0);
}

/* ---- vmdk: text at 512, the directory at 1024, a table at 1536, a grain of 4096 at 4096 ---- */

static struct made_image *vmdk(void)
{
	struct made_image *m = blank();
	image_text(m, 0, S("KDMV"));
	image_le(m, 4, 4, 1);
	image_le(m, 8, 4, 3);
	image_le(m, 12, 8, 16);
	image_le(m, 20, 8, 8);
	image_le(m, 28, 8, 1);
	image_le(m, 36, 8, 1);
	image_le(m, 44, 4, 2);
	image_le(m, 56, 8, 2);
	image_text(m, 512,
		   S("# Disk DescriptorFile\nparentCID=ffffffff\nRW 16 SPARSE \"a.vmdk\"\n"));
	image_le(m, 1024, 4, 3);
	image_le(m, 1536, 4, 8);
	image_le(m, 1540, 4, 1);
	image_text(m, 4096, S("grain"));
	image_le(m, 8191, 1, 0);
	return m;
}

static void vmdk_extents(void **state)
{
	(void)state;
	static const struct change changes[] = {
		{4, 4, 4, ERR_UNSUPPORTED, "unknown version 4"},
		{12, 8, 1ull << 63, ERR_CORRUPT, "a disk of 9223372036854775808 sectors"},
		{20, 8, 0, ERR_CORRUPT, "grains of 0 sectors"},
		{20, 8, 3, ERR_CORRUPT, "grains of 3 sectors"},
		{20, 8, 1ull << 63, ERR_CORRUPT, "grains of"},
		{28, 8, 0, ERR_UNSUPPORTED, "a descriptor in another file"},
		{28, 8, UINT64_MAX, ERR_CORRUPT, "a descriptor of 1 sectors"},
		{36, 8, 0, ERR_UNSUPPORTED, "a descriptor in another file"},
		{512, 1, 0, ERR_UNSUPPORTED, "a descriptor in another file"},
		{12, 8, 15, ERR_CORRUPT, "15 of 16 sectors"},
		{36, 8, UINT64_MAX, ERR_CORRUPT, "a descriptor of 18446744073709551615 sectors"},
		{44, 4, 0, ERR_CORRUPT, "tables of 0 entries"},
		{44, 4, 0xffffffff, ERR_CORRUPT, "tables of 4294967295 entries"},
		{56, 8, UINT64_MAX, ERR_CORRUPT, "footer: no header"},
		{8, 4, 0x10000, ERR_UNSUPPORTED, "unknown compression 0"},
		{512 + 32, 1, '0', ERR_UNSUPPORTED, "only what differs"},
	};
	struct blob *disk = disk_in(vmdk(), "vmdk", &alone);
	assert_int_equal(disk->size, 8192);
	disk_holds(disk, 0, S("grain"));
	disk_holds(disk, 4094, S("\0\0\0\0"));
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct made_image *m = vmdk();
		image_le(m, changes[i].at, changes[i].width, changes[i].value);
		disk_refused(m, "vmdk", &alone, changes[i].kind, changes[i].words);
	}
	struct made_image *m = vmdk();
	image_le(m, 1536, 4, 0xffffffff);
	disk_fails(disk_in(m, "vmdk", &alone), 0, ERR_CORRUPT, "before the block at");
	image_le(m, 1024, 4, 0xffffffff);
	disk_fails(disk_in(m, "vmdk", &alone), 0, ERR_CORRUPT, "ends at byte");
	/* compressed grains say which they are, and how long */
	m = vmdk();
	image_le(m, 8, 4, 0x30003);
	image_le(m, 77, 2, 1);
	image_le(m, 4096, 8, 1);
	disk_fails(disk_in(m, "vmdk", &alone), 0, ERR_CORRUPT, "says it is another");
	image_le(m, 4096, 8, 0);
	image_le(m, 4104, 4, 0xffffffff);
	disk_fails(disk_in(m, "vmdk", &alone), 0, ERR_CORRUPT, "has 4294967295 bytes for 4096");
	image_le(m, 4104, 4, 3);
	disk_fails(disk_in(m, "vmdk", &alone), 0, ERR_CORRUPT, "zlib: no zlib header");
	m = blank();
	image_text(m, 0, S("COWD\1\0\0\0"));
	disk_refused(m, "vmdk", &alone, ERR_UNSUPPORTED, "a sparse extent of ESX");
}

static void vmdk_descriptors(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool beside;
		enum error_kind kind;
		const char *words;
	} cases[] = {
		{"RW 1 FLAT \"a-flat.vmdk\" 0", false, ERR_UNSUPPORTED,
		 "needs its extent \"a-flat.vmdk\", see --allow-backing"},
		{"RW 1 FLAT \"absent\" 0", true, ERR_MISSING, "extent \"absent\""},
		{"RW 9 FLAT \"a-flat.vmdk\" 8", true, ERR_CORRUPT, "has 8192 bytes of 8704"},
		{"RW 17 SPARSE \"a-s001.vmdk\"", true, ERR_CORRUPT, "has 8192 bytes of 8704"},
		{"RW 99999999999999 SPARSE \"x\"", true, ERR_CORRUPT,
		 "an extent of \"99999999999999\""},
		{"RW -1 FLAT \"x\" 0", true, ERR_CORRUPT, "an extent of \"-1\""},
		{"RW 1 FLAT \"x\" 99999999999999999999", true, ERR_CORRUPT, "an extent of \"1\""},
		{"RW 1 VMFSSPARSE \"x\"", true, ERR_UNSUPPORTED, "kind \"VMFSSPARSE\""},
		{"RW", true, ERR_CORRUPT, "an extent of \"\""},
		{"NOACCESS 1 FLAT \"x\" 0", true, ERR_UNSUPPORTED, "without access"},
		{"createType=\"custom\"", true, ERR_CORRUPT, "no extents"},
		{"parentCID = 12345678\nRW 1 ZERO", true, ERR_UNSUPPORTED, "only what differs"},
		{"encryption.keySafe = \"vmware:key\"\nRW 1 ZERO", true, ERR_UNSUPPORTED,
		 "encrypted"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct blob_opening o = {.found = &found};
		struct made_image *extent = NEW(arena, struct made_image);
		*extent = *vmdk();
		if (cases[i].beside)
			o.siblings = siblings_all(extent);
		struct made_image *m = blank();
		image_text(m, 0,
			   str_fmt(arena, "# Disk DescriptorFile\nversion=1\n%s\n", cases[i].text));
		disk_refused(m, "vmdk", &o, cases[i].kind, cases[i].words);
	}
	struct made_image *extent = NEW(arena, struct made_image);
	*extent = *vmdk();
	struct blob_opening o = {.found = &found, .siblings = siblings_all(extent)};
	struct made_image *m = blank();
	image_text(
		m, 0,
		S("# Disk DescriptorFile\r\nparentCID=FFFFFFFF\r\n# RW 5 ZERO\r\nRW 1 ZERO\r\n"
		  "RW 2 SPARSE \"s.vmdk\"\r\nRDONLY 1 FLAT \"f.vmdk\" 8\r\nRW 1 VMFS \"v.vmdk\"\r\n"));
	struct blob *disk = disk_in(m, "vmdk", &o);
	assert_int_equal(disk->size, 5 * 512);
	disk_holds(disk, 508, S("\0\0\0\0grain"));
	disk_holds(disk, 3 * 512 - 1, S("\0grain"));
	disk_holds(disk, 4 * 512, S("KDMV"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vdi_images),       cmocka_unit_test(vhd_images),
		cmocka_unit_test(vhdx_images),      cmocka_unit_test(vhdx_headers),
		cmocka_unit_test(vhdx_replayed),    cmocka_unit_test(vmdk_extents),
		cmocka_unit_test(vmdk_descriptors),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
