/*
 * jbd2.c - a journal of ext3 or ext4 and the volume beneath it as one volume, nothing written.
 *
 * Specification: Linux, Documentation/filesystems/ext4/journal.rst. One pass over the log finds the
 * transactions that were committed, and notes which block of the volume each of their blocks stands
 * for, unless it was revoked later on; the blocks themselves stay where they are until somebody
 * asks. Whatever ends the log for the kernel ends it here: a block of another transaction, or one
 * with a wrong checksum that is older than the last commit. A wrong checksum in a newer one makes
 * the kernel refuse to mount, and the tree stale. Not supported: checksums of the first kind
 * (COMPAT_CHECKSUM), which no default has had; a journal with them is replayed unchecked, and
 * stale.
 */
#include "jbd2.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"
#include "vec.h"

#define MAGIC 0xC03B3998u

enum block_type { DESCRIPTOR = 1, COMMIT, SUPER_V1, SUPER_V2, REVOKE };

enum {
	COMPAT_CHECKSUM = 0x1,
	INCOMPAT_64BIT = 0x2,
	INCOMPAT_ASYNC = 0x4,
	INCOMPAT_CSUM_V2 = 0x8,
	INCOMPAT_CSUM_V3 = 0x10,
	INCOMPAT_FAST = 0x20,
	INCOMPAT_KNOWN = 0x3F,
	CRC32C_TYPE = 4,
	FAST_BLOCKS = 256, /* where the superblock does not say */
};

/* Places in the superblock. */
enum {
	S_BLOCK_SIZE = 0xC,
	S_LENGTH = 0x10,
	S_FIRST = 0x14,
	S_SEQUENCE = 0x18,
	S_START = 0x1C,
	S_COMPAT = 0x24,
	S_INCOMPAT = 0x28,
	S_UUID = 0x30,
	S_CHECKSUM_TYPE = 0x50,
	S_FAST_BLOCKS = 0x54,
	S_CHECKSUM = 0xFC,
	SUPER_BYTES = 1024,
	UUID_BYTES = 16,
};

/* Of every block of the log, and of a commit's and a revoke's. */
enum {
	HEADER_BYTES = 12,
	TAIL_BYTES = 4,
	COMMIT_CHECKSUM = 0x10,
	COMMIT_SECONDS = 0x30,
	REVOKE_BYTES = 0xC,
	REVOKE_FIRST = 0x10,
};

enum { TAG_ESCAPED = 1, TAG_SAME_UUID = 2, TAG_LAST = 8 };

/* A block of the volume whose bytes lie in the log. */
struct copy {
	uint64_t block;
	uint32_t from;     /* block of the journal */
	uint32_t age;      /* of its transaction, counted from the first of the log */
	uint32_t order;    /* in the log */
	uint32_t checksum; /* as the tag has it */
	bool escaped, checked;
};

struct revoked {
	uint64_t block;
	uint32_t age;
};

struct copies {
	struct copy *at;
	size_t n, cap;
};

struct log {
	struct arena *arena;
	struct blob *journal;
	uint32_t block_size, first, end, start; /* blocks; end is one past the last */
	uint32_t fast;                          /* blocks after the end, for fast commits */
	uint32_t compat, incompat, seed, sequence;
	unsigned char *block; /* the one looked at */
	struct copies copies;
	VEC(struct revoked) revoked;
};

struct overlay {
	struct blob blob;
	struct blob *volume;
	struct log log;
	uint32_t held; /* block of the journal that log.block holds; 0 is none */
};

/* ---- blocks of the log ---- */

static bool has_sums(const struct log *l)
{
	return l->incompat & (INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3);
}

static bool read_block(struct log *l, uint32_t block, struct error *e)
{
	uint64_t at = (uint64_t)block * l->block_size;
	return blob_read(l->journal, at, l->block, l->block_size, e) || fail_in(e, "journal");
}

static uint32_t after(const struct log *l, uint32_t block)
{
	return block + 1 < l->end ? block + 1 : l->first;
}

/* The checksum of the block, in which it lies itself at `at` and counts as zero. */
static bool sums_up(const struct log *l, size_t at)
{
	static const unsigned char zero[TAIL_BYTES];
	if (!has_sums(l))
		return true;
	uint32_t sum = crc32c(l->seed, l->block, at);
	sum = crc32c(sum, zero, sizeof zero);
	sum = crc32c(sum, l->block + at + TAIL_BYTES, l->block_size - at - TAIL_BYTES);
	return sum == load_be32(l->block + at);
}

static size_t usable(const struct log *l)
{
	return has_sums(l) ? l->block_size - TAIL_BYTES : l->block_size;
}

/* ---- tags ---- */

struct tag {
	uint64_t block;
	uint32_t flags, checksum;
};

static size_t tag_bytes(const struct log *l)
{
	if (l->incompat & INCOMPAT_CSUM_V3)
		return 16;
	size_t n = l->incompat & INCOMPAT_64BIT ? 12 : 8;
	return l->incompat & INCOMPAT_CSUM_V2 ? n + 2 : n;
}

static struct tag read_tag(const struct log *l, const unsigned char *p)
{
	struct tag t = {.block = load_be32(p)};
	uint32_t word = load_be32(p + 4);
	if (l->incompat & INCOMPAT_CSUM_V3) {
		t.flags = word;
		t.checksum = load_be32(p + 12);
	} else {
		t.flags = word & 0xFFFF;
		t.checksum = word >> 16;
	}
	if (l->incompat & INCOMPAT_64BIT)
		t.block |= (uint64_t)load_be32(p + 8) << 32;
	return t;
}

/* A descriptor block: what the blocks that follow it are copies of. *at moves past them. */
static void take_tags(struct log *l, uint32_t age, uint32_t *at, uint32_t *left)
{
	size_t size = tag_bytes(l), end = usable(l);
	struct tag t = {0};
	for (size_t p = HEADER_BYTES; p + size <= end && !(t.flags & TAG_LAST) && *left;) {
		t = read_tag(l, l->block + p);
		*vec_push(l->arena, &l->copies) = (struct copy){
			.block = t.block,
			.from = *at,
			.age = age,
			.order = (uint32_t)l->copies.n,
			.checksum = t.checksum,
			.escaped = t.flags & TAG_ESCAPED,
		};
		*at = after(l, *at);
		--*left;
		p += size + (t.flags & TAG_SAME_UUID ? 0 : UUID_BYTES);
	}
}

static void take_revokes(struct log *l, uint32_t age)
{
	size_t size = l->incompat & INCOMPAT_64BIT ? 8 : 4;
	size_t end = load_be32(l->block + REVOKE_BYTES), most = usable(l);
	for (size_t p = REVOKE_FIRST; p + size <= (end < most ? end : most); p += size) {
		const unsigned char *number = l->block + p;
		uint64_t block = size == 8 ? load_be64(number) : load_be32(number);
		*vec_push(l->arena, &l->revoked) = (struct revoked){block, age};
	}
}

/* ---- the pass ---- */

struct pass {
	uint32_t at, left, age;
	uint64_t last_commit;   /* seconds */
	bool doubtful;          /* a checksum in this transaction was wrong */
	size_t copies, revoked; /* that are committed */
	struct str stale;
};

/* True while the log goes on. */
static bool take_commit(struct log *l, struct pass *p)
{
	uint64_t seconds = load_be64(l->block + COMMIT_SECONDS);
	bool sound = !p->doubtful && sums_up(l, COMMIT_CHECKSUM);
	if (!sound) {
		/* Older than the last one: the rest of an earlier turn of the log. */
		if (seconds >= p->last_commit && !(l->incompat & INCOMPAT_ASYNC))
			p->stale = S("its journal is damaged: the checksum of a transaction is "
				     "wrong; e2fsck would settle it");
		return false;
	}
	p->last_commit = seconds;
	p->copies = l->copies.n;
	p->revoked = l->revoked.n;
	p->age++;
	return true;
}

static bool take_block(struct log *l, struct pass *p)
{
	uint32_t type = load_be32(l->block + 4);
	if (load_be32(l->block) != MAGIC || load_be32(l->block + 8) != l->sequence + p->age)
		return false;
	p->at = after(l, p->at);
	if (type == COMMIT)
		return take_commit(l, p);
	if (type != DESCRIPTOR && type != REVOKE)
		return false;
	/* Blocks of an earlier turn may be found in a log: the commit tells. */
	if (!sums_up(l, l->block_size - TAIL_BYTES))
		p->doubtful = true;
	if (type == DESCRIPTOR)
		take_tags(l, p->age, &p->at, &p->left);
	else
		take_revokes(l, p->age);
	return true;
}

static bool pass_over(struct log *l, struct pass *p, struct error *e)
{
	*p = (struct pass){.at = l->start, .left = l->end - l->first};
	for (bool on = true; on && p->left;) {
		if (!read_block(l, p->at, e))
			return false;
		p->left--;
		on = take_block(l, p);
	}
	l->copies.n = p->copies;
	l->revoked.n = p->revoked;
	return true;
}

/* ---- what counts in the end ---- */

static int by_block(const void *a, const void *b)
{
	const struct copy *x = a, *y = b;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int revoked_by_block(const void *a, const void *b)
{
	const struct revoked *x = a, *y = b;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->age < y->age ? -1 : x->age > y->age;
}

/* Of each block the last copy, unless its transaction or a later one revoked it. Both lists are in
 * order, and are walked side by side. */
static void settle(struct log *l)
{
	struct copies *c = &l->copies;
	size_t kept = 0, r = 0;
	if (c->n)
		qsort(c->at, c->n, sizeof *c->at, by_block);
	if (l->revoked.n)
		qsort(l->revoked.at, l->revoked.n, sizeof *l->revoked.at, revoked_by_block);
	for (size_t i = 0; i < c->n; i++) {
		struct copy last = c->at[i];
		if (i + 1 < c->n && c->at[i + 1].block == last.block)
			continue;
		while (r < l->revoked.n && l->revoked.at[r].block < last.block)
			r++;
		bool gone = false;
		for (; r < l->revoked.n && l->revoked.at[r].block == last.block; r++)
			gone = gone || l->revoked.at[r].age >= last.age;
		if (!gone)
			c->at[kept++] = last;
	}
	c->n = kept;
}

/* ---- the overlay ---- */

/* The first copy of a block that is not below `block`. */
static size_t seek(const struct copies *c, uint64_t block)
{
	size_t low = 0, high = c->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c->at[middle].block < block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool check_copy(const struct log *l, struct copy *c, struct error *e)
{
	unsigned char sequence[4];
	uint32_t n = l->sequence + c->age;
	for (unsigned i = 0; i < sizeof sequence; i++)
		sequence[i] = (unsigned char)(n >> (24 - 8 * i));
	uint32_t sum = crc32c(crc32c(l->seed, sequence, sizeof sequence), l->block, l->block_size);
	if (!(l->incompat & INCOMPAT_CSUM_V3))
		sum &= 0xFFFF;
	if (has_sums(l) && sum != c->checksum)
		return fail(e, ERR_CORRUPT, "journal: the checksum of block %u is wrong", c->from);
	c->checked = true;
	return true;
}

static bool hold(struct overlay *o, struct copy *c, struct error *e)
{
	static const unsigned char magic[] = {0xC0, 0x3B, 0x39, 0x98};
	if (o->held == c->from)
		return true;
	o->held = 0;
	if (!read_block(&o->log, c->from, e) || (!c->checked && !check_copy(&o->log, c, e)))
		return false;
	if (c->escaped)
		memcpy(o->log.block, magic, sizeof magic);
	o->held = c->from;
	return true;
}

/* The copy of the block in which byte `at` lies, or NULL where the volume has it; *room is how many
 * bytes from there on are of the same kind. */
static struct copy *copy_at(const struct overlay *o, uint64_t at, uint64_t *room)
{
	uint64_t bs = o->log.block_size, block = at / bs, next;
	const struct copies *c = &o->log.copies;
	size_t i = seek(c, block);
	*room = UINT64_MAX;
	if (i == c->n)
		return NULL;
	if (c->at[i].block == block) {
		*room = bs - at % bs;
		return &c->at[i];
	}
	if (mul_u64(c->at[i].block, bs, &next))
		*room = next - at;
	return NULL;
}

static bool read_piece(struct overlay *o, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	uint64_t room;
	struct copy *c = copy_at(o, at, &room);
	if (n > room)
		n = (size_t)room;
	if (!c)
		return o->volume->read(o->volume, at, buf, n, got, e);
	if (!hold(o, c, e))
		return false;
	memcpy(buf, o->log.block + at % o->log.block_size, n);
	*got = n;
	return true;
}

static bool overlay_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			 struct error *e)
{
	struct overlay *o = (struct overlay *)b;
	size_t done = 0, piece = 1;
	uint64_t left = at < b->size ? b->size - at : 0;
	n = left < n ? (size_t)left : n;
	for (; done < n && piece; done += piece)
		if (!read_piece(o, at + done, (char *)buf + done, n - done, &piece, e))
			return false;
	*got = done;
	return true;
}

static struct blob *overlay_new(const struct log *l, struct blob *volume)
{
	struct overlay *o = NEW(l->arena, struct overlay);
	*o = (struct overlay){
		.blob = {.name = volume->name, .size = volume->size, .read = overlay_read},
		.volume = volume,
		.log = *l,
	};
	return &o->blob;
}

/* ---- the superblock ---- */

static bool super_sums_up(const unsigned char *s)
{
	static const unsigned char zero[TAIL_BYTES];
	uint32_t sum = crc32c(~0u, s, S_CHECKSUM);
	sum = crc32c(sum, zero, sizeof zero);
	sum = crc32c(sum, s + S_CHECKSUM + TAIL_BYTES, SUPER_BYTES - S_CHECKSUM - TAIL_BYTES);
	return sum == load_be32(s + S_CHECKSUM);
}

/* What is wrong with a journal's superblock and the log that it describes, or NULL. */
static const char *complaint(const struct log *l, const unsigned char *s)
{
	uint64_t bytes;
	bool both = (l->incompat & INCOMPAT_CSUM_V2) && (l->incompat & INCOMPAT_CSUM_V3);
	if (load_be32(s + S_BLOCK_SIZE) != l->block_size)
		return "its blocks are not those of the volume";
	if (l->incompat & ~(uint32_t)INCOMPAT_KNOWN)
		return "it has features that are not known here";
	if (both || (has_sums(l) && s[S_CHECKSUM_TYPE] != CRC32C_TYPE))
		return "its checksums are of no known kind";
	if (has_sums(l) && !super_sums_up(s))
		return "the checksum of its superblock is wrong";
	if (!mul_u64(load_be32(s + S_LENGTH), l->block_size, &bytes) || bytes > l->journal->size)
		return "it is shorter than it says";
	if (l->first == 0 || l->first >= l->end || l->start < l->first || l->start >= l->end)
		return "its log begins or ends nowhere";
	return NULL;
}

static void take_super(struct log *l, const unsigned char *s)
{
	bool plain = load_be32(s + 4) == SUPER_V1;
	l->compat = plain ? 0 : load_be32(s + S_COMPAT);
	l->incompat = plain ? 0 : load_be32(s + S_INCOMPAT);
	l->first = load_be32(s + S_FIRST);
	l->start = load_be32(s + S_START);
	l->sequence = load_be32(s + S_SEQUENCE);
	l->seed = crc32c(~0u, s + S_UUID, UUID_BYTES);
	l->end = load_be32(s + S_LENGTH);
	if (l->incompat & INCOMPAT_FAST) {
		uint32_t fast = load_be32(s + S_FAST_BLOCKS);
		l->fast = fast ? fast : FAST_BLOCKS;
		l->end = l->fast < l->end ? l->end - l->fast : 0;
	}
	l->block = NEW_N(l->arena, unsigned char, l->block_size);
}

static bool replay(struct log *l, struct jbd2 *out, struct error *e)
{
	struct pass p;
	if (!pass_over(l, &p, e))
		return false;
	settle(l);
	if (l->copies.n)
		out->volume = overlay_new(l, out->volume);
	out->transaction = l->sequence + p.age;
	if (l->fast) {
		/* The block between the log and them is not used. */
		out->fast_first = l->end + 1;
		out->fast_n = l->fast - 1;
	}
	out->stale = p.stale;
	if (!p.stale.n && (l->compat & COMPAT_CHECKSUM))
		out->stale = S(
			"its journal has checksums of a kind that is not checked here; mount it once");
	return true;
}

bool jbd2_replay(struct arena *a, struct blob *volume, struct blob *journal, uint32_t block_size,
		 struct jbd2 *out, struct error *e)
{
	unsigned char s[SUPER_BYTES];
	struct jbd2 result = {.volume = volume};
	struct log l = {.arena = a, .journal = journal, .block_size = block_size};
	if (!blob_read(journal, 0, s, sizeof s, e))
		return fail_in(e, "journal");
	uint32_t type = load_be32(s + 4);
	bool known = load_be32(s) == MAGIC && (type == SUPER_V1 || type == SUPER_V2);
	take_super(&l, s);
	/* A log that begins nowhere is one in which everything is in place. */
	bool clean = known && l.start == 0;
	const char *wrong = known ? complaint(&l, s) : "it has no superblock";
	if (!clean && wrong)
		result.stale =
			str_fmt(a, "its journal is damaged: %s; e2fsck would settle it", wrong);
	else if (!clean && !replay(&l, &result, e))
		return false;
	*out = result;
	return true;
}
