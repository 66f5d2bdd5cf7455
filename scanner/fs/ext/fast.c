/*
 * fast.c - the fast commits in a journal, gathered by inode and by name.
 *
 * Specification: Linux, Documentation/filesystems/ext4/journal.rst, "Fast commits". The area after
 * the log is a row of blocks of tags; HEAD names the transaction that they follow, TAIL ends a
 * commit with a checksum over all since the last one. Tags count up to the last TAIL that is right:
 * the rest is of an earlier time, or was never finished. Nothing is changed on the volume; its
 * reader asks here what became of an inode, a block or a name.
 */
#include "fast.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32c.h"
#include "map.h"

enum tag_kind { ADD_RANGE = 1, DEL_RANGE, CREATE, LINK, UNLINK, INODE, PAD, TAIL, HEAD };

enum {
	TAG_BYTES = 4,
	HEAD_BYTES = 8,
	TAIL_BYTES = 8,
	TRANSACTION_BYTES = 4, /* of a tail, before its checksum */
	ADD_BYTES = 16,
	DEL_BYTES = 12,
	NAME_AT = 8,         /* after the directory's number and the inode's */
	INODE_MIN = 132,     /* a number and the 128 bytes of the oldest inode */
	LINKS_AT = 26,       /* of an inode */
	WRITTEN_MAX = 32768, /* blocks; an extent of more is unwritten, and that much shorter */
	RANGES_MAX = 4096,   /* of one inode */
	NAME_MAX_BYTES = 255,
};

struct tag {
	uint32_t kind;
	struct str value;
};

struct scan {
	struct arena *arena;
	uint32_t transaction, sum;
	VEC(struct tag) tags;
	size_t complete; /* of them */
	bool begun, strange;
};

struct fast {
	struct arena *arena;
	struct map *inodes; /* 4 bytes of number, to struct fast_inode */
	struct map *names;  /* and a name, to struct fast_name */
};

struct key {
	char bytes[sizeof(uint32_t) + NAME_MAX_BYTES];
	size_t n;
};

static const unsigned char *at(struct str value, size_t i)
{
	return (const unsigned char *)value.p + i;
}

/* ---- tags ---- */

static bool legal_name(struct str name)
{
	return name.n >= 1 && name.n <= NAME_MAX_BYTES && !memchr(name.p, '/', name.n) &&
	       !memchr(name.p, 0, name.n) && !str_eq(name, S(".")) && !str_eq(name, S(".."));
}

static bool well_formed(uint32_t kind, struct str value)
{
	switch (kind) {
	case ADD_RANGE: return value.n >= ADD_BYTES;
	case DEL_RANGE: return value.n >= DEL_BYTES;
	case CREATE:
	case LINK:
	case UNLINK: return value.n > NAME_AT && legal_name(str_tail(value, NAME_AT));
	case INODE: return value.n >= INODE_MIN;
	case PAD: return true;
	case TAIL: return value.n >= TAIL_BYTES;
	case HEAD: return value.n >= HEAD_BYTES;
	default: return false;
	}
}

static bool take_head(struct scan *s, struct str value)
{
	if (load_le32(at(value, 4)) != s->transaction)
		return false;
	/* Features that change what tags mean; none is known. */
	s->strange = load_le32(at(value, 0)) != 0;
	s->begun = !s->strange;
	return s->begun;
}

static bool take_tail(struct scan *s, const unsigned char *tag, struct str value)
{
	s->sum = crc32c(s->sum, tag, TAG_BYTES + TRANSACTION_BYTES);
	if (load_le32(at(value, 0)) != s->transaction || load_le32(at(value, 4)) != s->sum)
		return false;
	s->complete = s->tags.n;
	s->sum = 0;
	return true;
}

/* False where the commits end. */
static bool take_tag(struct scan *s, const unsigned char *tag, size_t n)
{
	uint32_t kind = load_le16(tag);
	struct str value = {(const char *)tag + TAG_BYTES, n};
	if (!well_formed(kind, value) || (!s->begun && kind != HEAD))
		return false;
	if (kind == HEAD && !take_head(s, value))
		return false;
	if (kind == TAIL)
		return take_tail(s, tag, value);
	s->sum = crc32c(s->sum, tag, TAG_BYTES + n);
	if (kind < PAD)
		*vec_push(s->arena, &s->tags) = (struct tag){kind, str_dup(s->arena, value)};
	return true;
}

static bool take_block(struct scan *s, const unsigned char *block, size_t size)
{
	for (size_t p = 0; p + TAG_BYTES <= size;) {
		size_t n = load_le16(block + p + 2);
		if (n > size - p - TAG_BYTES || !take_tag(s, block + p, n))
			return false;
		p += TAG_BYTES + n;
	}
	return true;
}

/* ---- what they say ---- */

static struct str key_of(struct key *k, uint32_t number, struct str name)
{
	memcpy(k->bytes, &number, sizeof number);
	memcpy(k->bytes + sizeof number, name.p ? name.p : "", name.n);
	return (struct str){k->bytes, sizeof number + name.n};
}

static struct fast_inode *inode_for(struct fast *f, uint32_t number)
{
	struct key k;
	struct str key = key_of(&k, number, S(""));
	struct fast_inode *i = map_get(f->inodes, key);
	if (!i) {
		i = NEW(f->arena, struct fast_inode);
		map_put(f->inodes, str_dup(f->arena, key), i);
	}
	return i;
}

static void add_link(struct fast *f, const struct tag *t)
{
	struct key k;
	uint32_t directory = load_le32(at(t->value, 0)), number = load_le32(at(t->value, 4));
	struct str told = inode_for(f, number)->raw;
	if (told.n && load_le16(at(told, LINKS_AT)) == 0)
		return;
	struct str text = str_tail(t->value, NAME_AT), key = key_of(&k, directory, text);
	struct fast_name *name = map_get(f->names, key);
	if (!name) {
		name = NEW(f->arena, struct fast_name);
		name->name = text;
		map_put(f->names, str_dup(f->arena, key), name);
		struct fast_inode *i = inode_for(f, directory);
		name->index = i->names.n;
		*vec_push(f->arena, &i->names) = name;
	}
	*vec_push(f->arena, &name->links) =
		(struct fast_link){number, t->kind != UNLINK, t->kind != CREATE && !told.n};
	if (t->kind == CREATE)
		inode_for(f, number)->made = true;
}

static struct fast_range range_of(const struct tag *t)
{
	struct fast_range r = {.first = load_le32(at(t->value, 4))};
	if (t->kind == DEL_RANGE) {
		r.n = load_le32(at(t->value, 8));
		return r;
	}
	r.n = load_le16(at(t->value, 8));
	if (r.n > WRITTEN_MAX)
		r.n -= WRITTEN_MAX;
	else
		r.at = (uint64_t)load_le16(at(t->value, 10)) << 32 | load_le32(at(t->value, 12));
	return r;
}

static bool take(struct fast *f, const struct tag *t, struct error *e)
{
	if (t->kind == CREATE || t->kind == LINK || t->kind == UNLINK) {
		add_link(f, t);
		return true;
	}
	struct fast_inode *i = inode_for(f, load_le32(at(t->value, 0)));
	if (t->kind == INODE) {
		i->raw = str_tail(t->value, sizeof(uint32_t));
		return true;
	}
	if (i->ranges.n >= RANGES_MAX)
		return fail(e, ERR_UNSUPPORTED, "more than %d ranges of one file", RANGES_MAX);
	*vec_push(f->arena, &i->ranges) = range_of(t);
	return true;
}

static bool gather(struct arena *a, const struct scan *s, struct fast **out, struct error *e)
{
	struct fast *f = NEW(a, struct fast);
	*f = (struct fast){a, map_new(a), map_new(a)};
	for (size_t i = 0; i < s->complete; i++)
		if (!take(f, &s->tags.at[i], e))
			return false;
	*out = f;
	return true;
}

bool fast_read(struct arena *a, struct blob *journal, uint32_t block_size, const struct jbd2 *j,
	       struct fast **out, struct error *e)
{
	struct scan s = {.arena = a, .transaction = j->transaction};
	unsigned char *block = j->fast_n ? NEW_N(a, unsigned char, block_size) : NULL;
	for (uint32_t i = 0; i < j->fast_n; i++) {
		uint64_t from = ((uint64_t)j->fast_first + i) * block_size;
		if (!blob_read(journal, from, block, block_size, e))
			return fail_in(e, "journal");
		if (!take_block(&s, block, block_size))
			break;
	}
	if (s.strange)
		return fail(e, ERR_UNSUPPORTED, "features that are not known here");
	*out = NULL;
	return s.complete == 0 || gather(a, &s, out, e);
}

/* ---- what became of it ---- */

const struct fast_inode *fast_inode(const struct fast *f, uint32_t number)
{
	struct key k;
	return f ? map_get(f->inodes, key_of(&k, number, S(""))) : NULL;
}

const struct fast_name *fast_name(const struct fast *f, uint32_t directory, struct str name)
{
	struct key k;
	return f && name.n <= NAME_MAX_BYTES ? map_get(f->names, key_of(&k, directory, name))
					     : NULL;
}

/* As Linux does it again: a name that is there is not added, and one that meanwhile leads elsewhere
 * is not taken away. An inode without a link is no inode yet, and its name is passed over: so a
 * file that was made by O_TMPFILE is lost with the name that it got. */
bool fast_follow(const struct fast_name *name, fast_linked *linked, void *arg, uint32_t *inode,
		 struct error *e)
{
	uint32_t now = *inode;
	for (size_t i = 0; i < name->links.n; i++) {
		const struct fast_link *l = &name->links.at[i];
		bool acts = l->added ? now == 0 : now == l->inode;
		if (acts && l->untold && !linked(arg, l->inode, &acts, e))
			return false;
		if (acts)
			now = l->added ? l->inode : 0;
	}
	*inode = now;
	return true;
}

bool fast_range(const struct fast_inode *i, uint64_t block, struct fast_range *out)
{
	uint64_t end = UINT64_MAX;
	for (size_t k = i->ranges.n; k-- > 0;) {
		const struct fast_range *r = &i->ranges.at[k];
		uint64_t into = block - r->first;
		if (block >= r->first && into < r->n) {
			uint64_t left = r->n - into;
			*out = (struct fast_range){block, left < end - block ? left : end - block,
						   r->at ? r->at + into : 0};
			return true;
		}
		if (r->n && r->first > block && r->first < end)
			end = r->first;
	}
	*out = (struct fast_range){block, end - block, 0};
	return false;
}
