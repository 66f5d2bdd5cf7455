/*
 * test_xfs_log.c - logs of XFS volumes made by hand, as "Journaling Log" in "XFS Algorithms & Data
 * Structures" lays them out: what is replayed, in what order, around the ring's end, and what is
 * not taken for a log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"
#include "out.h"
#include "xfs_volume.h"

#include <cmocka.h>

enum {
	FILE_INO = 34,
	REGULAR = 0100644,
	FILE_BLOCK = 100,
	SECTORS = VOLUME_LOG, /* of the log: a block is one */
	START = 1,
	COMMIT = 2,
	CONTINUED = 4,
	WAS_CONTINUED = 8,
	UNMOUNT = 0x20,
	ID = 0x77,
};

/* ---- making a log ---- */

struct record {
	struct out *contents;
	unsigned operations;
};

static struct record *record_new(void)
{
	struct record *r = NEW(arena, struct record);
	r->contents = out_new(arena);
	return r;
}

static void operation(struct record *r, unsigned flags, const void *region, size_t n)
{
	unsigned char head[12] = {0};
	put_be(head, ID, 4);
	put_be(head + 4, n, 4);
	head[8] = 0x69;
	head[9] = (unsigned char)flags;
	out_str(r->contents, (struct str){(char *)head, sizeof head});
	if (n)
		out_str(r->contents, (struct str){region, n});
	r->operations++;
}

static void begin(struct record *r)
{
	unsigned char header[16] = {0};
	put_le(header, 0x5452414e, 4);
	operation(r, START, NULL, 0);
	operation(r, 0, header, sizeof header);
}

static void commit(struct record *r)
{
	operation(r, COMMIT, NULL, 0);
}

/* A run of 128-byte chunks of one sector, from chunk `from` on. */
static void buffer(struct record *r, uint64_t sector, unsigned flags, unsigned from,
		   const char *fill, unsigned chunks)
{
	unsigned char format[24] = {0}, region[512];
	put_le(format, 0x123c, 2);
	put_le(format + 2, chunks ? 2 : 1, 2);
	put_le(format + 4, flags, 2);
	put_le(format + 6, 1, 2);
	put_le(format + 8, sector, 8);
	put_le(format + 16, 1, 4);
	put_le(format + 20, ((1u << chunks) - 1) << from, 4);
	operation(r, 0, format, sizeof format);
	memset(region, fill[0], sizeof region);
	if (chunks)
		operation(r, 0, region, (size_t)chunks * 128);
}

static void intent(struct record *r, unsigned type, uint64_t id)
{
	unsigned char format[16] = {0};
	put_le(format, type, 2);
	put_le(format + 2, 1, 2);
	put_le(format + 8, id, 8);
	operation(r, 0, format, sizeof format);
}

/* Lays a record into the ring; returns the sectors it takes. */
static unsigned lay(struct xfs_volume *v, const struct record *r, unsigned cycle, unsigned at,
		    unsigned tail_cycle, unsigned tail)
{
	unsigned char *log = xfs_volume_block(v, VOLUME_LOG_AT), head[512] = {0};
	struct str contents = out_text(r->contents);
	unsigned sectors = (unsigned)((contents.n + 511) / 512);
	put_be(head, 0xfeedbabe, 4);
	put_be(head + 4, cycle, 4);
	put_be(head + 8, 2, 4);
	put_be(head + 12, (uint64_t)sectors * 512, 4);
	put_be(head + 16, (uint64_t)cycle << 32 | at, 8);
	put_be(head + 24, (uint64_t)tail_cycle << 32 | tail, 8);
	put_be(head + 40, r->operations, 4);
	put_be(head + 300, 1, 4);
	put_be(head + 320, 32768, 4);
	for (unsigned i = 0; i < sectors; i++) {
		unsigned char *p = log + (at + 1 + i) % SECTORS * 512;
		struct str piece = str_slice(contents, (size_t)i * 512, (size_t)i * 512 + 512);
		memset(p, 0, 512);
		memcpy(p, piece.p, piece.n);
		memcpy(head + 44 + (size_t)i * 4, p, 4);
		put_be(p, cycle + (at + 1 + i >= SECTORS), 4);
	}
	memcpy(log + (size_t)at * 512, head, 512);
	return sectors + 1;
}

/* The rest of the ring as an earlier turn left it. */
static void age(struct xfs_volume *v, unsigned from, unsigned to, unsigned cycle)
{
	for (unsigned i = from; i < to; i++)
		put_be(xfs_volume_block(v, VOLUME_LOG_AT) + (size_t)i * 512, cycle, 4);
}

/* A file of one block of 'd'. */
static struct xfs_volume *volume(void)
{
	struct xfs_volume *v = xfs_volume_new(arena, false);
	unsigned char *fork = xfs_volume_inode(v, FILE_INO, REGULAR, FORM_EXTENTS, 512, 1);
	xfs_volume_extent(fork, false, 0, FILE_BLOCK, 1);
	memset(xfs_volume_block(v, FILE_BLOCK), 'd', VOLUME_BLOCK);
	return v;
}

/* ---- reading it ---- */

static struct fs *opened(struct xfs_volume *v)
{
	struct error e = {0};
	struct fs *fs = xfs_volume_open(v, &e);
	if (!fs)
		fail_msg("%s", e.text);
	return fs;
}

/* What the file says at the start of each of its four chunks. */
static void says(struct xfs_volume *v, const char *expected)
{
	struct error e = {0};
	struct fs *fs = opened(v);
	char text[513] = "";
	size_t got;
	if (!fs->ops->read(fs, FILE_INO, 0, text, 512, &got, &e))
		fail_msg("%s", e.text);
	char chunks[5] = {text[0], text[128], text[256], text[384], 0};
	assert_string_equal(chunks, expected);
	if (fs->stale.n)
		fail_msg("stale: %s", fs->stale.p);
}

static void is_stale(struct xfs_volume *v, const char *why)
{
	struct fs *fs = opened(v);
	if (!fs->stale.n || !strstr(fs->stale.p, why))
		fail_msg("\"%s\" does not say \"%s\"", fs->stale.n ? fs->stale.p : "", why);
}

/* ---- the tests ---- */

static void buffers_are_written(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	struct record *r = record_new();
	says(v, "dddd"); /* an empty log */
	begin(r);
	buffer(r, FILE_BLOCK, 0, 1, "n", 2);
	commit(r);
	lay(v, r, 1, 0, 1, 0);
	says(v, "dnnd");
}

static void what_is_not_committed_has_not_happened(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	struct record *r = record_new();
	begin(r);
	buffer(r, FILE_BLOCK, 0, 0, "n", 4);
	lay(v, r, 1, 0, 1, 0);
	says(v, "dddd");
}

static void what_was_unmounted_is_in_place(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	struct record *r = record_new(), *end = record_new();
	begin(r);
	buffer(r, FILE_BLOCK, 0, 0, "n", 4);
	commit(r);
	unsigned at = lay(v, r, 1, 0, 1, 0);
	operation(end, UNMOUNT, "nU\0\0\0\0\0\0", 8);
	lay(v, end, 1, at, 1, 0);
	says(v, "dddd");
}

static void given_up_buffers_are_not_written(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	struct record *r = record_new();
	begin(r);
	buffer(r, FILE_BLOCK, 0x2, 0, "", 0); /* takes effect last in its transaction */
	buffer(r, FILE_BLOCK, 0, 0, "o", 4);
	commit(r);
	unsigned at = lay(v, r, 1, 0, 1, 0);
	says(v, "dddd");
	r = record_new();
	begin(r);
	buffer(r, FILE_BLOCK, 0, 3, "n", 1); /* written to again */
	commit(r);
	lay(v, r, 1, at, 1, 0);
	says(v, "dddn");
}

static void a_region_goes_on_in_the_next_record(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	struct record *r = record_new();
	unsigned char format[24] = {0}, region[512];
	memset(region, 'n', sizeof region);
	put_le(format, 0x123c, 2);
	put_le(format + 2, 2, 2);
	put_le(format + 6, 1, 2);
	put_le(format + 8, FILE_BLOCK, 8);
	put_le(format + 16, 1, 4);
	put_le(format + 20, 0xf, 4);
	begin(r);
	operation(r, CONTINUED, format, 10);
	unsigned at = lay(v, r, 1, 0, 1, 0);
	r = record_new();
	operation(r, WAS_CONTINUED, format + 10, sizeof format - 10);
	operation(r, CONTINUED, region, 100);
	at += lay(v, r, 1, at, 1, 0);
	r = record_new();
	operation(r, WAS_CONTINUED, region + 100, sizeof region - 100);
	commit(r);
	lay(v, r, 1, at, 1, 0);
	says(v, "nnnn");
}

static void records_go_around_the_ring(void **state)
{
	(void)state;
	for (unsigned at = SECTORS - 4; at < SECTORS; at++) {
		struct xfs_volume *v = volume();
		struct record *r = record_new();
		begin(r);
		buffer(r, FILE_BLOCK, 0, 0, "n", 4);
		buffer(r, FILE_BLOCK + 1, 0, 0, "x", 4);
		commit(r);
		age(v, 0, SECTORS, 6);
		age(v, 0, at, 7);
		unsigned next = at + lay(v, r, 7, at, 7, at);
		r = record_new();
		begin(r);
		buffer(r, FILE_BLOCK, 0, 2, "m", 1);
		commit(r);
		lay(v, r, 7 + (next >= SECTORS), next % SECTORS, 7, at);
		says(v, "nnmn");
	}
}

static void records_that_were_not_written_whole(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	unsigned at = 0, last = 0;
	for (unsigned i = 0; i < 3; i++) {
		struct record *r = record_new();
		begin(r);
		buffer(r, FILE_BLOCK, 0, i, "n", 1);
		commit(r);
		last = at;
		at += lay(v, r, 3, at, 3, 0);
	}
	age(v, at, SECTORS, 2);
	says(v, "nnnd");
	unsigned char *log = xfs_volume_block(v, VOLUME_LOG_AT);
	put_be(log + (size_t)(last + 1) * 512, 2, 4); /* its contents are missing */
	says(v, "nndd");
	put_be(log + (size_t)last * 512, 2, 4); /* all of it is */
	says(v, "nndd");
	put_be(log + 512, 2, 4); /* there is nothing before it */
	is_stale(v, "its log was not replayed");
}

static void inodes_are_turned_around(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	struct record *r = record_new();
	unsigned char format[56] = {0}, core[96] = {0}, fork[16];
	put_le(format, 0x123b, 2);
	put_le(format + 2, 3, 2);
	put_le(format + 4, 0x5, 4);
	put_le(format + 16, FILE_INO, 8);
	put_le(core, 0x494e, 2);
	put_le(core + 2, 0100600, 2);
	core[4] = 2;
	core[5] = FORM_EXTENTS;
	put_le(core + 8, 1000, 4);
	put_le(core + 56, 512, 8);
	put_le(core + 76, 1, 4);
	xfs_volume_extent(fork, false, 0, FILE_BLOCK + 1, 1);
	memset(xfs_volume_block(v, FILE_BLOCK + 1), 'i', VOLUME_BLOCK);
	begin(r);
	operation(r, 0, format, sizeof format);
	operation(r, 0, core, sizeof core);
	operation(r, 0, fork, sizeof fork);
	commit(r);
	lay(v, r, 1, 0, 1, 0);
	says(v, "iiii");
	struct fs_stat st;
	struct error e = {0};
	assert_true(fs_stat_at(opened(v), FILE_INO, &st, &e));
	assert_int_equal(st.mode, 0600);
	assert_int_equal(st.uid, 1000);
	put_be(v->p + FILE_INO * 256 + 30, 1, 2); /* flushed since */
	says(v, "dddd");
}

/* To give the file `block` as its first, or (UNMAP) to take what it has there. */
static void move(struct record *r, uint64_t id, unsigned flags, uint64_t block)
{
	unsigned char format[48] = {0};
	put_le(format, 0x1244, 2);
	put_le(format + 2, 1, 2);
	put_le(format + 4, 1, 4);
	put_le(format + 8, id, 8);
	put_le(format + 16, FILE_INO, 8);
	put_le(format + 24, block, 8);
	put_le(format + 40, 1, 4);
	put_le(format + 44, flags, 4);
	operation(r, 0, format, sizeof format);
}

static unsigned lay_move(struct xfs_volume *v, unsigned at, uint64_t id, unsigned flags)
{
	struct record *r = record_new();
	begin(r);
	move(r, id, flags, FILE_BLOCK + 1);
	commit(r);
	return at + lay(v, r, 1, at, 1, 0);
}

static unsigned lay_intent(struct xfs_volume *v, unsigned at, unsigned type, uint64_t id)
{
	struct record *r = record_new();
	begin(r);
	intent(r, type, id);
	commit(r);
	return at + lay(v, r, 1, at, 1, 0);
}

static void moves_of_blocks_are_finished(void **state)
{
	(void)state;
	static const unsigned MAP = 1, UNMAP = 2, OF_ATTRIBUTES = 1u << 31;
	struct xfs_volume *v = volume();
	memset(xfs_volume_block(v, FILE_BLOCK + 1), 'm', VOLUME_BLOCK);
	unsigned at = lay_intent(v, 0, 0x1236, 1); /* to free an extent: no file has it any more */
	at = lay_move(v, at, 2, MAP | OF_ATTRIBUTES);
	says(v, "dddd");
	at = lay_move(v, at, 3, UNMAP);
	says(v, "");
	at = lay_move(v, at, 4, MAP);
	says(v, "mmmm");
	at = lay_intent(v, at, 0x1245, 4);
	says(v, "");
	at = lay_intent(v, at, 0x1245, 3);
	says(v, "dddd");
	at = lay_intent(v, at, 0x1248, 5);
	is_stale(v, "exchanging");
	lay_intent(v, at, 0x1249, 5);
	says(v, "dddd");
}

static void what_is_no_log_is_said(void **state)
{
	static const struct {
		unsigned at, n;
		uint64_t value;
		const char *why;
	} rows[] = {
		{300, 4, 2, "big-endian"},       {304, 8, 1, "another file system"},
		{12, 4, 1 << 20, "shape"},       {24, 8, 5, "tail"},
		{24, 8, 1ull << 32 | 9, "tail"}, {8, 4, 9, "no record"},
		{40, 4, 1000, "unknown client"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct xfs_volume *v = volume();
		struct record *r = record_new();
		begin(r);
		commit(r);
		lay(v, r, 1, 0, 1, 0);
		put_be(xfs_volume_block(v, VOLUME_LOG_AT) + rows[i].at, rows[i].value, rows[i].n);
		is_stale(v, rows[i].why);
		is_stale(v, "mount it once");
	}
}

static void items_that_do_not_fit(void **state)
{
	(void)state;
	struct xfs_volume *v = volume();
	struct record *r = record_new();
	begin(r);
	buffer(r, FILE_BLOCK, 0, 3, "n", 2); /* past its one sector */
	commit(r);
	lay(v, r, 1, 0, 1, 0);
	is_stale(v, "do not fit");
	r = record_new();
	begin(r);
	buffer(r, (uint64_t)1 << 54, 0, 0, "n", 1);
	commit(r);
	lay(v, r, 1, 0, 1, 0);
	is_stale(v, "log");
	r = record_new();
	begin(r);
	intent(r, 0x1234, 1);
	commit(r);
	lay(v, r, 1, 0, 1, 0);
	is_stale(v, "unknown type");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_are_written),
		cmocka_unit_test(what_is_not_committed_has_not_happened),
		cmocka_unit_test(what_was_unmounted_is_in_place),
		cmocka_unit_test(given_up_buffers_are_not_written),
		cmocka_unit_test(a_region_goes_on_in_the_next_record),
		cmocka_unit_test(records_go_around_the_ring),
		cmocka_unit_test(records_that_were_not_written_whole),
		cmocka_unit_test(inodes_are_turned_around),
		cmocka_unit_test(moves_of_blocks_are_finished),
		cmocka_unit_test(what_is_no_log_is_said),
		cmocka_unit_test(items_that_do_not_fit),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
