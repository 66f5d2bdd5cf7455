/*
 * test_btrfs.c - checksums by what libxxhash and Python's hashlib give; stripes laid out by hand,
 * one profile after the other; a volume of four nodes, and what may be wrong with each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "btrfs.h"
#include "fixture.h"

#include <cmocka.h>

/* ---- checksums ---- */

static const struct {
	size_t n;
	uint64_t xxhash;
	const char *blake2;
} sums[] = {
	{0, 0xef46db3751d8e999, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
	{1, 0xe934a84adb052768, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"},
	{4, 0xffced8604453cc1e, "e1eae5a8adae652ec9af9677346a9d60eced61e3a0a69bfacf518db31f86e36b"},
	{31, 0xc346d2b59b4d8ee1,
	 "9adf65b53153b1caec84cd717e00e01c2000d0569704ce38d065180adee5d964"},
	{32, 0xcbf59c5116ff32b4,
	 "cb2f5160fc1f7e05a55ef49d340b48da2e5a78099d53393351cd579dd42503d6"},
	{63, 0xe26aa9e2a95f8e4f,
	 "29e41a64fbdd2fd27612228623c0702222bf367451e7324287f181cb3dcf7237"},
	{256, 0x1facbe8406cd904b,
	 "39a7eb9fedc19aabc83425c6755dd90e6f9d0c804964a1f4aaeea3b9fb599835"},
};

static void checksums(void **state)
{
	unsigned char bytes[256], sum[32];
	char hex[65];
	(void)state;
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
		assert_int_equal(xxhash64(bytes, sums[i].n), sums[i].xxhash);
		blake2b_256(bytes, sums[i].n, sum);
		for (unsigned j = 0; j < 32; j++)
			snprintf(hex + (size_t)2 * j, 3, "%02x", sum[j]);
		assert_string_equal(hex, sums[i].blake2);
	}
}

/* ---- chunks ---- */

enum { DEVICES = 4, STRIPE = 64 << 10, ROWS = 4, CHUNK_AT = 1 << 20 };

static void put_le(unsigned char *p, uint64_t x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(x >> 8 * i);
}

static size_t put_key(unsigned char *p, uint64_t objectid, uint8_t type, uint64_t offset)
{
	put_le(p, objectid, 8);
	p[8] = type;
	put_le(p + 9, offset, 8);
	return BTRFS_KEY_SIZE;
}

struct layout {
	uint64_t profile, logical, length, stripe;
	unsigned stripes, sub_stripes;
};

/* A CHUNK_ITEM whose nth stripe begins at byte 0 of the device whose UUID begins with n. */
static size_t put_chunk(unsigned char *p, const struct layout *l)
{
	put_le(p, l->length, 8);
	put_le(p + 16, l->stripe, 8);
	put_le(p + 24, l->profile | 1, 8);
	put_le(p + 44, l->stripes, 2);
	put_le(p + 46, l->sub_stripes, 2);
	for (unsigned i = 0; i < l->stripes && i < 8; i++) {
		put_le(p + 48 + (size_t)32 * i, i + 1, 8);
		p[48 + 32 * i + 16] = (unsigned char)i;
	}
	return 48 + (size_t)32 * l->stripes;
}

/* Each device is rows of STRIPE bytes that are all 16 * device + row. */
static struct btrfs *volume(const struct layout *l, unsigned devices)
{
	static unsigned char chunks[2048];
	struct btrfs *v = NEW(arena, struct btrfs);
	memset(chunks, 0, sizeof chunks);
	size_t n = put_key(chunks, 256, BTRFS_CHUNK_ITEM, l->logical);
	n += put_chunk(chunks + n, l);
	v->arena = arena;
	v->super.system_chunks = (struct str){(char *)chunks, n};
	for (unsigned d = 0; d < devices; d++) {
		struct btrfs_device *device = vec_push(arena, &v->devices);
		char *bytes = NEW_N(arena, char, (size_t)ROWS *STRIPE);
		for (unsigned row = 0; row < ROWS; row++)
			memset(bytes + (size_t)STRIPE * row, (int)(16 * d + row), STRIPE);
		device->uuid[0] = (unsigned char)d;
		device->blob =
			blob_memory(arena, S("device"), (struct str){bytes, (size_t)ROWS * STRIPE});
	}
	return v;
}

/* The nth stripe of a chunk is found, per copy, in row 0x_R of device 0xD_. */
static const struct {
	const char *name;
	uint64_t profile;
	unsigned stripes, sub_stripes, copies;
	unsigned char at[2][6];
} profiles[] = {
	{"single", 0, 1, 1, 1, {{0x00, 0x01, 0x02, 0x03}}},
	{"dup", 0x20, 2, 1, 2, {{0x00, 0x01, 0x02}, {0x10, 0x11, 0x12}}},
	{"raid0", 0x08, 3, 1, 1, {{0x00, 0x10, 0x20, 0x01, 0x11, 0x21}}},
	{"raid1", 0x10, 2, 1, 2, {{0x00, 0x01, 0x02}, {0x10, 0x11, 0x12}}},
	{"raid10", 0x40, 4, 2, 2, {{0x00, 0x20, 0x01, 0x21}, {0x10, 0x30, 0x11, 0x31}}},
	/* data, data, parity; then each row begins one device further */
	{"raid5", 0x80, 3, 1, 2, {{0x00, 0x10, 0x11, 0x21, 0x22, 0x02}}},
	{"raid6", 0x100, 4, 1, 4, {{0x00, 0x10, 0x11, 0x21, 0x22, 0x32}}},
	{"raid1c3", 0x200, 3, 1, 3, {{0x00, 0x01}, {0x10, 0x11}}},
	{"raid1c4", 0x400, 4, 1, 4, {{0x00, 0x01}, {0x10, 0x11}}},
};

static void stripes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
		struct layout l = {profiles[i].profile, CHUNK_AT,
				   6 * STRIPE,          STRIPE,
				   profiles[i].stripes, profiles[i].sub_stripes};
		struct btrfs *v = volume(&l, DEVICES);
		struct error e = {0};
		assert_true(btrfs_add_system_chunks(v, &e));
		assert_int_equal(btrfs_copies(v, CHUNK_AT), profiles[i].copies);
		for (unsigned copy = 0; copy < 2 && profiles[i].at[copy][1]; copy++)
			for (unsigned nth = 0; nth < 6 && (!nth || profiles[i].at[copy][nth]);
			     nth++) {
				unsigned char two[2];
				uint64_t at = CHUNK_AT + (uint64_t)nth * STRIPE;
				assert_true(btrfs_read_copy(v, at, two, 1, copy, &e));
				assert_true(
					btrfs_read_copy(v, at + STRIPE - 1, two + 1, 1, copy, &e));
				if (two[0] != profiles[i].at[copy][nth] || two[1] != two[0])
					fail_msg("%s: stripe %u, copy %u: %02x", profiles[i].name,
						 nth, copy, two[0]);
			}
	}
}

/* P and Q by the letter of "The mathematics of RAID-6": sums, and sums that are doubled in between,
 * from the last stripe to the first. */
static void put_parities(unsigned char stripe[][256], unsigned n_data)
{
	for (unsigned at = 0; at < 256; at++) {
		unsigned p = 0, q = 0;
		for (unsigned i = n_data; i-- > 0;) {
			p ^= stripe[i][at];
			q = q << 1 ^ (q & 0x80 ? 0x11d : 0) ^ stripe[i][at];
		}
		stripe[n_data][at] = (unsigned char)p;
		stripe[n_data + 1][at] = (unsigned char)q;
	}
}

static void parity_gives_back_two_stripes(void **state)
{
	enum { DATA_MAX = 14 };
	unsigned char stripe[DATA_MAX + 2][256], sum[256];
	(void)state;
	for (unsigned i = 0; i < DATA_MAX; i++)
		for (unsigned at = 0; at < 256; at++)
			stripe[i][at] = (unsigned char)(at * (2 * i + 1) + i);
	for (unsigned n = 1; n <= DATA_MAX; n++) {
		put_parities(stripe, n);
		for (unsigned lost = 0; lost < n; lost++)
			for (unsigned other = 0; other < n + 2; other++) {
				memset(sum, 0, sizeof sum);
				for (unsigned i = 0; i < n + 2; i++)
					if (i != lost && i != other)
						btrfs_parity_add(
							sum, stripe[i], sizeof sum,
							btrfs_parity_weight(n, lost, other, i));
				if (other != lost)
					assert_memory_equal(sum, stripe[lost], sizeof sum);
			}
	}
}

static void bytes_across_stripes(void **state)
{
	(void)state;
	struct layout l = {0x08, CHUNK_AT, 6 * STRIPE, STRIPE, 3, 1};
	struct btrfs *v = volume(&l, DEVICES);
	unsigned char *buf = NEW_N(arena, unsigned char, 3 * STRIPE);
	struct error e = {0};
	assert_true(btrfs_add_system_chunks(v, &e));
	assert_true(btrfs_read_copy(v, CHUNK_AT + STRIPE - 5, buf, STRIPE + 10, 0, &e));
	assert_memory_equal(buf, "\0\0\0\0\0\x10", 6);
	assert_memory_equal(buf + STRIPE + 4, "\x10\x20\x20\x20\x20\x20", 6);
	/* before the chunk, behind it, from within to behind it, past every address */
	assert_false(btrfs_read_copy(v, CHUNK_AT - 1, buf, 2, 0, &e));
	assert_false(btrfs_read_copy(v, CHUNK_AT + 6 * STRIPE, buf, 1, 0, &e));
	assert_false(btrfs_read_copy(v, CHUNK_AT + 6 * STRIPE - 1, buf, 2, 0, &e));
	assert_false(btrfs_read_copy(v, UINT64_MAX, buf, 2, 0, &e));
	assert_false(btrfs_read_copy(v, CHUNK_AT, buf, 1, 1, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
}

static void missing_devices(void **state)
{
	(void)state;
	struct layout l = {0x08, CHUNK_AT, 6 * STRIPE, STRIPE, 3, 1};
	struct btrfs *v = volume(&l, 2);
	struct error e = {0};
	char byte;
	assert_true(btrfs_add_system_chunks(v, &e));
	assert_true(btrfs_read_copy(v, CHUNK_AT + STRIPE, &byte, 1, 0, &e));
	assert_false(btrfs_read_copy(v, CHUNK_AT + 2 * STRIPE, &byte, 1, 0, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "02000000-0000-0000-0000-000000000000"));
}

static const struct {
	const char *what;
	struct layout layout;
} impossible[] = {
	{"no stripes", {0, CHUNK_AT, STRIPE, STRIPE, 0, 0}},
	{"no length", {0, CHUNK_AT, 0, STRIPE, 1, 0}},
	{"past 2^64", {0, UINT64_MAX - 10, STRIPE, STRIPE, 1, 0}},
	{"stripes of 0 bytes", {0x08, CHUNK_AT, STRIPE, 0, 2, 1}},
	{"raid10 of pairs of none", {0x40, CHUNK_AT, STRIPE, STRIPE, 4, 0}},
	{"raid10 of one and a half pair", {0x40, CHUNK_AT, STRIPE, STRIPE, 3, 2}},
	{"raid5 of parity", {0x80, CHUNK_AT, STRIPE, STRIPE, 1, 1}},
	{"raid6 of parities", {0x100, CHUNK_AT, STRIPE, STRIPE, 2, 1}},
	{"two profiles", {0x30, CHUNK_AT, STRIPE, STRIPE, 2, 1}},
};

static void impossible_chunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
		struct btrfs *v = volume(&impossible[i].layout, DEVICES);
		struct error e = {0};
		if (btrfs_add_system_chunks(v, &e) || e.kind != ERR_CORRUPT)
			fail_msg("%s is taken", impossible[i].what);
	}
	struct layout good = {0, CHUNK_AT, STRIPE, STRIPE, 1, 1};
	for (size_t n = 1; n < 17 + 48 + 32; n++) {
		struct btrfs *v = volume(&good, 1);
		struct error e = {0};
		v->super.system_chunks.n = n;
		assert_false(btrfs_add_system_chunks(v, &e));
	}
}

/* ---- a volume of four nodes ---- */

enum { NODE = 4096, IMAGE = 256 << 10, BASE = 128 << 10, GENERATION = 7 };

/* Logical addresses are those of bytes here. */
enum {
	CHUNK_ROOT = BASE,
	ROOT_ROOT = BASE + NODE,
	FS_ROOT = BASE + 2 * NODE,
	FS_LEAF = BASE + 3 * NODE
};

struct image {
	unsigned char bytes[IMAGE];
};

static unsigned char *put_node(struct image *m, uint64_t at, uint8_t level, uint32_t n)
{
	unsigned char *p = m->bytes + at;
	put_le(p + 48, at, 8);
	put_le(p + 80, GENERATION, 8);
	put_le(p + 96, n, 4);
	p[100] = level;
	return p + BTRFS_HEADER_SIZE;
}

/* The nth item of a leaf, whose content lies in the nth piece of 450 bytes from the leaf's end. */
static unsigned char *put_item(unsigned char *items, unsigned nth, uint64_t objectid, uint8_t type,
			       uint64_t offset, uint32_t size)
{
	uint32_t at = NODE - BTRFS_HEADER_SIZE - 450 * (nth + 1);
	unsigned char *p = items + (size_t)25 * nth;
	put_key(p, objectid, type, offset);
	put_le(p + 17, at, 4);
	put_le(p + 21, size, 4);
	return items + at;
}

static void put_pointer(unsigned char *pointers, unsigned nth, uint64_t objectid, uint64_t to)
{
	unsigned char *p = pointers + (size_t)33 * nth;
	put_key(p, objectid, BTRFS_INODE_ITEM, 0);
	put_le(p + 17, to, 8);
	put_le(p + 25, GENERATION, 8);
}

static void put_inode(unsigned char *p, uint64_t size, uint32_t mode)
{
	put_le(p, GENERATION, 8);
	put_le(p + 16, size, 8);
	put_le(p + 40, 1, 4);
	put_le(p + 52, mode, 4);
}

static void put_super(struct image *m)
{
	struct layout l = {0, BASE, IMAGE - BASE, STRIPE, 1, 1};
	unsigned char *p = m->bytes + BTRFS_SUPER_AT;
	put_le(p + 0x30, BTRFS_SUPER_AT, 8);
	memcpy(p + 0x40, "_BHRfS_M", 8);
	put_le(p + 0x48, GENERATION, 8);
	put_le(p + 0x50, ROOT_ROOT, 8);
	put_le(p + 0x58, CHUNK_ROOT, 8);
	put_le(p + 0x90, 4096, 4);
	put_le(p + 0x94, NODE, 4);
	put_le(p + 0xA4, GENERATION, 8);
	size_t n = put_key(p + 0x32B, 256, BTRFS_CHUNK_ITEM, BASE);
	unsigned char *chunk = p + 0x32B + n;
	n += put_chunk(chunk, &l);
	put_le(chunk + 48 + 8, BASE, 8);
	put_le(p + 0xA0, n, 4);
	put_chunk(put_item(put_node(m, CHUNK_ROOT, 0, 1), 0, 256, BTRFS_CHUNK_ITEM, BASE, 80), &l);
	put_le(m->bytes + CHUNK_ROOT + NODE - 450 + 48 + 8, BASE, 8);
}

/* Inode 256 has a file "f", inode 257, of 5 bytes inline. */
static struct image *small_volume(void)
{
	struct image *m = NEW(arena, struct image);
	put_super(m);
	unsigned char *root = put_item(put_node(m, ROOT_ROOT, 0, 1), 0, 5, BTRFS_ROOT_ITEM, 0, 439);
	put_le(root + 160, GENERATION, 8);
	put_le(root + 168, 256, 8);
	put_le(root + 176, FS_ROOT, 8);
	put_le(root + 216, 1, 4);
	root[238] = 1;
	put_pointer(put_node(m, FS_ROOT, 1, 1), 0, 256, FS_LEAF);
	unsigned char *items = put_node(m, FS_LEAF, 0, 4), *p;
	put_inode(put_item(items, 0, 256, BTRFS_INODE_ITEM, 0, 160), 0, 040755);
	p = put_item(items, 1, 256, BTRFS_DIR_ITEM, btrfs_name_hash(S("f")), 31);
	put_key(p, 257, BTRFS_INODE_ITEM, 0);
	put_le(p + 27, 1, 2);
	p[30] = 'f';
	put_inode(put_item(items, 2, 257, BTRFS_INODE_ITEM, 0, 160), 5, 0100644);
	p = put_item(items, 3, 257, BTRFS_EXTENT_DATA, 0, 26);
	put_le(p + 8, 5, 8);
	memcpy(p + 21, "hello", 5);
	return m;
}

/* Opens it and reads "f". */
static bool read_f(const struct image *m, struct str *out, struct error *e)
{
	static const struct fs_options opts = {.max.entries = 100};
	struct str bytes = {(const char *)m->bytes, IMAGE};
	bool found;
	uint64_t ino;
	struct fs *fs = btrfs_open(arena, blob_memory(arena, S("image"), bytes), &opts, true, e);
	if (!fs || !fs_lookup(fs, fs->root, S("f"), &found, &ino, e))
		return false;
	assert_true(found);
	return fs_slurp(arena, fs, ino, 1 << 20, out, e);
}

static void small_volume_is_read(void **state)
{
	(void)state;
	struct str text;
	struct error e = {0};
	assert_true(read_f(small_volume(), &text, &e));
	assert_memory_equal(text.p, "hello", 5);
	assert_int_equal(text.n, 5);
}

/* One number changed. */
static const struct {
	const char *what;
	size_t at;
	uint64_t value;
	size_t n;
	const char *says;
} traps[] = {
	{"a node that is its own child", FS_ROOT + 101 + 17, FS_ROOT, 8, "another level"},
	{"a child of another generation", FS_ROOT + 101 + 25, 6, 8, "another generation"},
	{"a child that begins with another key", FS_ROOT + 101, 255, 8, "keys of another"},
	{"a child in no chunk", FS_ROOT + 101 + 17, 1 << 30, 8, "no chunk holds"},
	{"a child past every address", FS_ROOT + 101 + 17, UINT64_MAX, 8, "no chunk holds"},
	{"a root of level 8", ROOT_ROOT + NODE - 450 + 238, 8, 1, "root of tree 5"},
	{"a node that says it is elsewhere", FS_LEAF + 48, FS_ROOT, 8, "belongs elsewhere"},
	{"more items than fit", FS_LEAF + 96, UINT32_MAX, 4, "does not hold together"},
	{"keys that fall", FS_LEAF + 101 + 50, 1, 8, "does not hold together"},
	{"an item behind its leaf", FS_LEAF + 101 + 17, NODE, 4, "does not hold together"},
	{"an item of 4 GiB", FS_LEAF + 101 + 21, UINT32_MAX, 4, "does not hold together"},
	{"an inner node without children", FS_ROOT + 96, 0, 4, "keys of another"},
	{"a leaf without items", FS_LEAF + 96, 0, 4, "keys of another"},
	{"a file of 2^63 bytes", FS_LEAF + NODE - 3 * 450 + 16, (uint64_t)1 << 63, 8, "inode 257"},
	{"a file of 2^62 bytes", FS_LEAF + NODE - 3 * 450 + 16, (uint64_t)1 << 62, 8, "limit"},
	{"a name of 0 bytes", FS_LEAF + NODE - 2 * 450 + 27, 0, 2, "impossible name"},
	{"a name behind its item", FS_LEAF + NODE - 2 * 450 + 27, 200, 2, "impossible name"},
	{"a slash in a name", FS_LEAF + NODE - 2 * 450 + 30, '/', 1, "impossible name"},
	{"a name that leads nowhere", FS_LEAF + NODE - 2 * 450 + 8, 77, 1, "leads nowhere"},
	{"a packing of tomorrow", FS_LEAF + NODE - 4 * 450 + 16, 4, 1, "unknown way"},
	{"an encrypted extent", FS_LEAF + NODE - 4 * 450 + 17, 1, 1, "unknown way"},
	{"an extent of no kind", FS_LEAF + NODE - 4 * 450 + 20, 3, 1, "does not hold together"},
	{"a regular extent that is cut short", FS_LEAF + NODE - 4 * 450 + 20, 1, 1,
	 "does not hold together"},
	{"a sector of 24 bytes", BTRFS_SUPER_AT + 0x90, 24, 4, "sector size"},
	{"nodes of 128K", BTRFS_SUPER_AT + 0x94, 128 << 10, 4, "node size"},
	{"a checksum of tomorrow", BTRFS_SUPER_AT + 0xC4, 4, 2, "checksum type 4"},
	{"zoned", BTRFS_SUPER_AT + 0xBC, 1 << 12, 8, "feature zoned"},
	{"extent-tree-v2", BTRFS_SUPER_AT + 0xBC, 1 << 13, 8, "feature extent-tree-v2"},
	{"raid-stripe-tree", BTRFS_SUPER_AT + 0xBC, 1 << 14, 8, "feature raid-stripe-tree"},
	{"a feature of tomorrow", BTRFS_SUPER_AT + 0xBC, (uint64_t)1 << 40, 8, "features 0x"},
	{"a dump without files", BTRFS_SUPER_AT + 0x38, (uint64_t)1 << 33, 8, "dump of metadata"},
};

static void traps_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
		struct image *m = small_volume();
		struct str text;
		struct error e = {0};
		put_le(m->bytes + traps[i].at, traps[i].value, traps[i].n);
		if (read_f(m, &text, &e) || !strstr(e.text, traps[i].says))
			fail_msg("%s: %s", traps[i].what, e.text);
	}
}

/* A log that is not where the superblock says. */
static void broken_log_is_stale(void **state)
{
	static const struct fs_options opts = {.max.entries = 100};
	(void)state;
	struct image *m = small_volume();
	struct error e = {0};
	put_le(m->bytes + BTRFS_SUPER_AT + 0x60, FS_LEAF, 8);
	struct str bytes = {(const char *)m->bytes, IMAGE};
	struct fs *fs = btrfs_open(arena, blob_memory(arena, S("image"), bytes), &opts, true, &e);
	assert_non_null(fs);
	assert_true(str_has(fs->stale, S("cannot be replayed")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums),
		cmocka_unit_test(stripes),
		cmocka_unit_test(parity_gives_back_two_stripes),
		cmocka_unit_test(bytes_across_stripes),
		cmocka_unit_test(missing_devices),
		cmocka_unit_test(impossible_chunks),
		cmocka_unit_test(small_volume_is_read),
		cmocka_unit_test(traps_are_refused),
		cmocka_unit_test(broken_log_is_stale),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("btrfs", tests, arena_up, arena_down);
}
