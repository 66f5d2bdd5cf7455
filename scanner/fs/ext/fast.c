/*
 * fast.c - the tags of the fast commits in a journal.
 *
 * Specification: Linux, Documentation/filesystems/ext4/journal.rst, "Fast commits". The area after
 * the log is a row of blocks of tags; HEAD names the transaction that they follow, TAIL ends a
 * commit with a checksum over all since the last one. Tags count up to the last TAIL that is right;
 * the rest is of an earlier time, or was never finished.
 */
#include "fast.h"

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"

enum {
	TAG_BYTES = 4,
	HEAD_BYTES = 8,
	TAIL_BYTES = 8,
	TRANSACTION_BYTES = 4, /* of a tail, before its checksum */
	RANGE_BYTES = 16,
	ENTRY_MIN = 9,   /* two inodes and a name of one byte */
	INODE_MIN = 132, /* a number and the 128 bytes of the oldest inode */
};

struct scan {
	struct arena *arena;
	struct fast_commits *out;
	uint32_t transaction, sum;
	size_t complete; /* tags */
	bool begun;
};

static bool long_enough(uint32_t kind, size_t n)
{
	switch (kind) {
	case FAST_ADD_RANGE: return n >= RANGE_BYTES;
	case FAST_DEL_RANGE: return n >= RANGE_BYTES - 4;
	case FAST_CREATE:
	case FAST_LINK:
	case FAST_UNLINK: return n >= ENTRY_MIN;
	case FAST_INODE: return n >= INODE_MIN;
	case FAST_PAD: return true;
	case FAST_TAIL: return n >= TAIL_BYTES;
	case FAST_HEAD: return n >= HEAD_BYTES;
	default: return false;
	}
}

/* False where the commits end. */
static bool take_tag(struct scan *s, uint32_t kind, const unsigned char *tag, size_t n)
{
	const unsigned char *value = tag + TAG_BYTES;
	if (!long_enough(kind, n) || (!s->begun && kind != FAST_HEAD))
		return false;
	if (kind == FAST_HEAD) {
		/* Its first word is of features, of which none is known. */
		if (load_le32(value) || load_le32(value + 4) != s->transaction)
			return false;
		s->begun = true;
	}
	if (kind == FAST_TAIL) {
		s->sum = crc32c(s->sum, tag, TAG_BYTES + TRANSACTION_BYTES);
		if (load_le32(value) != s->transaction || load_le32(value + 4) != s->sum)
			return false;
		s->complete = s->out->tags.n;
		s->sum = 0;
		return true;
	}
	s->sum = crc32c(s->sum, tag, TAG_BYTES + n);
	if (kind < FAST_PAD) {
		struct fast_tag *t = vec_push(s->arena, &s->out->tags);
		t->kind = (enum fast_kind)kind;
		t->value = str_dup(s->arena, (struct str){(const char *)value, n});
	}
	return true;
}

static bool take_block(struct scan *s, const unsigned char *block, size_t size)
{
	for (size_t at = 0; at + TAG_BYTES <= size;) {
		size_t n = load_le16(block + at + 2);
		if (n > size - at - TAG_BYTES || !take_tag(s, load_le16(block + at), block + at, n))
			return false;
		at += TAG_BYTES + n;
	}
	return true;
}

bool fast_read(struct arena *a, struct blob *journal, uint32_t block_size, const struct jbd2 *j,
	       struct fast_commits *out, struct error *e)
{
	struct fast_commits found = {0};
	struct scan s = {.arena = a, .out = &found, .transaction = j->transaction};
	unsigned char *block = j->fast_n ? NEW_N(a, unsigned char, block_size) : NULL;
	for (uint32_t i = 0; i < j->fast_n; i++) {
		uint64_t at = ((uint64_t)j->fast_first + i) * block_size;
		if (!blob_read(journal, at, block, block_size, e))
			return fail_in(e, "journal");
		if (!take_block(&s, block, block_size))
			break;
	}
	found.tags.n = s.complete;
	*out = found;
	return true;
}
