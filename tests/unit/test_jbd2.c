/*
 * test_jbd2.c - journals made by hand, block by block after journal.rst: every form of tag,
 * escapes, revokes, wrapped logs and numbers, logs that end in each way, and numbers that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "crc32c.h"
#include "fixture.h"
#include "jbd2.h"
#include <cmocka.h>

enum { BS = 1024, LOG_BLOCKS = 16, VOLUME_BLOCKS = 32 };
enum { DESCRIPTOR = 1, COMMIT, SUPER_V1, SUPER_V2, REVOKE };
enum { WIDE = 0x2, ASYNC = 0x4, V2 = 0x8, V3 = 0x10, FAST = 0x20 };

static const uint32_t magic = 0xC03B3998;

struct log {
	unsigned char bytes[LOG_BLOCKS][BS];
	uint32_t features, seed, at, sequence, end;
};

static void put16(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xFFFF);
}

static void put_header(unsigned char *p, uint32_t type, uint32_t sequence)
{
	put32(p, magic);
	put32(p + 4, type);
	put32(p + 8, sequence);
}

static bool sums(const struct log *l)
{
	return l->features & (V2 | V3);
}

static void seal(struct log *l)
{
	unsigned char *s = l->bytes[0];
	put32(s + 0xFC, 0);
	if (sums(l))
		put32(s + 0xFC, crc32c(~0u, s, BS));
}

static void begin(struct log *l, uint32_t features, uint32_t start, uint32_t sequence)
{
	unsigned char *s = l->bytes[0];
	*l = (struct log){
		.features = features, .at = start, .sequence = sequence, .end = LOG_BLOCKS};
	put_header(s, SUPER_V2, 0);
	put32(s + 0xC, BS);
	put32(s + 0x10, LOG_BLOCKS);
	put32(s + 0x14, 1);
	put32(s + 0x18, sequence);
	put32(s + 0x1C, start);
	put32(s + 0x28, features);
	memset(s + 0x30, 'U', 16);
	s[0x50] = sums(l) ? 4 : 0;
	l->seed = crc32c(~0u, s + 0x30, 16);
	seal(l);
}

static unsigned char *next(struct log *l)
{
	unsigned char *block = l->bytes[l->at];
	memset(block, 0, BS);
	l->at = l->at + 1 < l->end ? l->at + 1 : 1;
	return block;
}

static void seal_tail(struct log *l, unsigned char *block)
{
	if (sums(l))
		put32(block + BS - 4, crc32c(l->seed, block, BS));
}

static uint32_t sum_of(const struct log *l, const unsigned char *block)
{
	unsigned char sequence[4];
	put32(sequence, l->sequence);
	return crc32c(crc32c(l->seed, sequence, 4), block, BS);
}

static size_t put_tag(const struct log *l, unsigned char *p, uint64_t block, uint32_t flags,
		      uint32_t sum)
{
	put32(p, (uint32_t)block);
	if (l->features & V3) {
		put32(p + 4, flags);
		put32(p + 8, (uint32_t)(block >> 32));
		put32(p + 12, sum);
		return 16;
	}
	put16(p + 4, l->features & V2 ? sum & 0xFFFF : 0);
	put16(p + 6, flags);
	if (l->features & WIDE)
		put32(p + 8, (uint32_t)(block >> 32));
	return 8 + (l->features & WIDE ? 4 : 0) + (l->features & V2 ? 2 : 0);
}

/* A descriptor and copies: block number first[i] gets a block full of fill[i]; 'M' is one that
 * begins with the journal's magic. */
static void add_blocks(struct log *l, size_t n, const uint64_t *number, const char *fill)
{
	unsigned char *d = next(l), *p = d + 12;
	put_header(d, DESCRIPTOR, l->sequence);
	for (size_t i = 0; i < n; i++) {
		unsigned char *copy = next(l);
		uint32_t flags = (i ? 2 : 0) | (i + 1 == n ? 8 : 0) | (fill[i] == 'M' ? 1 : 0);
		memset(copy, fill[i], BS);
		if (fill[i] == 'M')
			memset(copy, 0, 4);
		p += put_tag(l, p, number[i], flags, sum_of(l, copy));
		if (i == 0) {
			memset(p, 'U', 16);
			p += 16;
		}
	}
	seal_tail(l, d);
}

static void add_block(struct log *l, uint64_t number, char fill)
{
	add_blocks(l, 1, &number, &fill);
}

static void add_revoke(struct log *l, uint64_t number)
{
	unsigned char *r = next(l);
	bool wide = l->features & WIDE;
	put_header(r, REVOKE, l->sequence);
	put32(r + 12, 16 + (wide ? 8 : 4));
	if (wide)
		put32(r + 16, (uint32_t)(number >> 32));
	put32(r + (wide ? 20 : 16), (uint32_t)number);
	seal_tail(l, r);
}

static unsigned char *add_commit(struct log *l, uint32_t seconds)
{
	unsigned char *c = next(l);
	put_header(c, COMMIT, l->sequence++);
	put32(c + 0x34, seconds);
	if (sums(l))
		put32(c + 0x10, crc32c(l->seed, c, BS));
	return c;
}

static struct jbd2 replay(const struct log *l)
{
	static const char zero[VOLUME_BLOCKS * BS];
	struct jbd2 out;
	struct error e = {0};
	struct blob *volume = blob_memory(arena, S("volume"), (struct str){zero, sizeof zero});
	struct str bytes = {(const char *)l->bytes, sizeof l->bytes};
	assert_true(
		jbd2_replay(arena, volume, blob_memory(arena, S("journal"), bytes), BS, &out, &e));
	return out;
}

/* The block's fill, 0 where it is the volume's. */
static char fill_of(const struct jbd2 *j, uint64_t block)
{
	char bytes[BS];
	struct error e = {0};
	assert_true(blob_read(j->volume, block * BS, bytes, BS, &e));
	assert_memory_equal(bytes + 5, bytes + 4, BS - 5);
	if (bytes[4] == 'M')
		assert_int_equal(load_be32((unsigned char *)bytes), magic);
	return bytes[4];
}

static void assert_stale(const struct log *l, const char *words)
{
	struct jbd2 j = replay(l);
	if (!str_has(j.stale, str_from(words)))
		fail_msg("'%.*s' is not about %s", ARG(j.stale), words);
}

/* ---- forms ---- */

static void all_forms_of_tags(void **state)
{
	static const uint32_t forms[] = {0, WIDE, V2, V2 | WIDE, V3, V3 | WIDE};
	static const uint64_t numbers[] = {3, 30, 4};
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct log l;
		begin(&l, forms[i], 1, 7);
		add_blocks(&l, 3, numbers, "aMc");
		add_commit(&l, 1);
		struct jbd2 j = replay(&l);
		assert_int_equal(j.stale.n, 0);
		assert_int_equal(j.transaction, 8);
		assert_int_equal(fill_of(&j, 3), 'a');
		assert_int_equal(fill_of(&j, 30), 'M');
		assert_int_equal(fill_of(&j, 4), 'c');
		assert_int_equal(fill_of(&j, 5), 0);
		/* From the midst of one block to that of another. */
		char piece[BS];
		size_t got;
		struct error e = {0};
		assert_true(j.volume->read(j.volume, 3 * BS + 1000, piece, BS, &got, &e));
		assert_int_equal(got, BS);
		assert_int_equal(piece[23], 'a');
		assert_int_equal(piece[24], 'c');
	}
}

static void blocks_beyond_32_bits(void **state)
{
	(void)state;
	struct log l;
	begin(&l, WIDE, 1, 7);
	add_block(&l, (uint64_t)1 << 32 | 3, 'x');
	add_block(&l, UINT64_MAX, 'y');
	add_block(&l, (uint64_t)1 << 63, 'z');
	add_commit(&l, 1);
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 0);
	assert_int_equal(j.volume->size, VOLUME_BLOCKS * BS);
}

static void a_later_copy_counts(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V3, 1, 7);
	add_block(&l, 3, 'a');
	add_block(&l, 3, 'b');
	add_commit(&l, 1);
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'b');
	add_block(&l, 3, 'c');
	add_commit(&l, 2);
	j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'c');
}

static void revokes(void **state)
{
	static const uint32_t forms[] = {0, WIDE, V2, V3 | WIDE};
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct log l;
		begin(&l, forms[i], 1, 0xFFFFFFFF); /* the numbers wrap in between */
		add_block(&l, 3, 'a');
		add_block(&l, 4, 'a');
		add_block(&l, 5, 'a');
		add_commit(&l, 1);
		add_revoke(&l, 3);
		add_revoke(&l, 5);
		add_commit(&l, 2);
		add_block(&l, 5, 'b');
		add_commit(&l, 3);
		struct jbd2 j = replay(&l);
		assert_int_equal(j.transaction, 2);
		assert_int_equal(fill_of(&j, 3), 0);
		assert_int_equal(fill_of(&j, 4), 'a');
		assert_int_equal(fill_of(&j, 5), 'b');
	}
}

static void a_log_that_wraps(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V3, LOG_BLOCKS - 2, 7);
	add_block(&l, 3, 'a');
	add_block(&l, 4, 'b');
	add_commit(&l, 1);
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'a');
	assert_int_equal(fill_of(&j, 4), 'b');
}

static void the_area_of_fast_commits(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V3 | FAST, 9, 7);
	put32(l.bytes[0] + 0x54, 5);
	seal(&l);
	l.end = LOG_BLOCKS - 5;
	add_block(&l, 3, 'a');
	add_commit(&l, 1); /* wraps before the area */
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'a');
	assert_int_equal(j.transaction, 8);
	assert_int_equal(j.fast_first, LOG_BLOCKS - 4);
	assert_int_equal(j.fast_n, 4);
}

/* ---- ends ---- */

static void what_is_not_committed_is_not_there(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V3, 1, 7);
	add_block(&l, 3, 'a');
	add_commit(&l, 1);
	add_block(&l, 3, 'b');
	add_revoke(&l, 3);
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'a');
	assert_int_equal(j.stale.n, 0);
	l.sequence += 5;
	add_commit(&l, 2); /* of another time */
	j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'a');
}

static void a_clean_journal_is_not_read(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V3, 1, 7);
	add_block(&l, 3, 'a');
	add_commit(&l, 1);
	put32(l.bytes[0] + 0x1C, 0);
	seal(&l);
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 0);
	assert_int_equal(j.stale.n, 0);
}

static void a_wrong_checksum_of_an_older_turn_ends_the_log(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V3, 1, 7);
	add_block(&l, 3, 'a');
	add_commit(&l, 10);
	add_block(&l, 3, 'b');
	add_commit(&l, 9)[900] = 1;
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'a');
	assert_int_equal(j.stale.n, 0);
	assert_int_equal(j.transaction, 8);
}

static void a_wrong_checksum_of_a_newer_transaction_is_damage(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V2, 1, 7);
	add_block(&l, 3, 'a');
	add_commit(&l, 10);
	add_block(&l, 3, 'b');
	add_commit(&l, 11)[900] = 1;
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'a');
	assert_stale(&l, "the checksum of a transaction is wrong");

	begin(&l, V3, 1, 7);
	add_block(&l, 3, 'a');
	add_commit(&l, 10);
	l.bytes[1][900] = 1; /* the descriptor */
	assert_stale(&l, "the checksum of a transaction is wrong");

	begin(&l, V3 | ASYNC, 1, 7);
	add_block(&l, 3, 'a');
	add_commit(&l, 10)[900] = 1; /* commits may come before their blocks: not yet one */
	j = replay(&l);
	assert_int_equal(j.stale.n, 0);
	assert_int_equal(fill_of(&j, 3), 0);
}

static void a_wrong_checksum_of_a_block_is_told_when_it_is_read(void **state)
{
	static const uint32_t forms[] = {V2, V3};
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct log l;
		char bytes[BS];
		struct error e = {0};
		begin(&l, forms[i], 1, 7);
		add_block(&l, 3, 'a');
		add_block(&l, 4, 'b');
		add_commit(&l, 10);
		l.bytes[2][500] = 'x';
		struct jbd2 j = replay(&l);
		assert_int_equal(fill_of(&j, 4), 'b');
		assert_false(blob_read(j.volume, 3 * BS, bytes, BS, &e));
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_string_equal(e.text, "journal: the checksum of block 2 is wrong");
	}
}

/* ---- lies ---- */

static void a_superblock_that_lies(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *words;
	} lies[] = {
		{0x0, 0, "it has no superblock"},
		{0x4, COMMIT, "it has no superblock"},
		{0xC, 4096, "its blocks are not those of the volume"},
		{0x10, LOG_BLOCKS + 1, "shorter than it says"},
		{0x10, 0xFFFFFFFF, "shorter than it says"},
		{0x10, 1, "begins or ends nowhere"},
		{0x14, 0, "begins or ends nowhere"},
		{0x14, LOG_BLOCKS, "begins or ends nowhere"},
		{0x1C, LOG_BLOCKS, "begins or ends nowhere"},
		{0x1C, 0xFFFFFFFF, "begins or ends nowhere"},
		{0x28, 0x40, "features that are not known"},
		{0x28, V2 | V3, "of no known kind"},
		{0x28, V3, "of no known kind"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct log l;
		begin(&l, 0, 1, 7);
		add_block(&l, 3, 'a');
		add_commit(&l, 1);
		put32(l.bytes[0] + lies[i].at, lies[i].value);
		assert_stale(&l, lies[i].words);
	}
	struct log l;
	begin(&l, V3, 1, 7);
	l.bytes[0][0x100] = 1;
	assert_stale(&l, "checksum of its superblock");
	begin(&l, FAST, 1, 7);
	put32(l.bytes[0] + 0x54, 0xFFFFFFFF);
	assert_stale(&l, "begins or ends nowhere");
}

/* All of the log is one transaction that never ends: it is gone round once. */
static void a_log_that_bites_its_tail(void **state)
{
	(void)state;
	struct log l;
	begin(&l, 0, 1, 7);
	for (unsigned i = 1; i < LOG_BLOCKS; i++)
		add_revoke(&l, i);
	struct jbd2 j = replay(&l);
	assert_int_equal(j.transaction, 7);
	assert_int_equal(fill_of(&j, 3), 0);
}

/* More tags than the log has blocks. */
static void tags_without_an_end(void **state)
{
	(void)state;
	struct log l;
	begin(&l, 0, 1, 7);
	unsigned char *d = next(&l);
	put_header(d, DESCRIPTOR, 7);
	for (size_t p = 12; p + 8 <= BS; p += 8)
		put_tag(&l, d + p, 3, 2, 0);
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 0);
}

static void revokes_without_an_end(void **state)
{
	(void)state;
	struct log l;
	begin(&l, V3, 1, 7);
	add_block(&l, 3, 'a');
	add_commit(&l, 1);
	add_revoke(&l, 9);
	unsigned char *r = l.bytes[l.at - 1];
	put32(r + 12, 0xFFFFFFFF);
	put32(r + BS - 4, 0);
	seal_tail(&l, r);
	add_commit(&l, 2);
	struct jbd2 j = replay(&l);
	assert_int_equal(fill_of(&j, 3), 'a');
	assert_int_equal(j.transaction, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_of_tags),
		cmocka_unit_test(blocks_beyond_32_bits),
		cmocka_unit_test(a_later_copy_counts),
		cmocka_unit_test(revokes),
		cmocka_unit_test(a_log_that_wraps),
		cmocka_unit_test(the_area_of_fast_commits),
		cmocka_unit_test(what_is_not_committed_is_not_there),
		cmocka_unit_test(a_clean_journal_is_not_read),
		cmocka_unit_test(a_wrong_checksum_of_an_older_turn_ends_the_log),
		cmocka_unit_test(a_wrong_checksum_of_a_newer_transaction_is_damage),
		cmocka_unit_test(a_wrong_checksum_of_a_block_is_told_when_it_is_read),
		cmocka_unit_test(a_superblock_that_lies),
		cmocka_unit_test(a_log_that_bites_its_tail),
		cmocka_unit_test(tags_without_an_end),
		cmocka_unit_test(revokes_without_an_end),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
