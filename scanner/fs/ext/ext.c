/*
 * ext.c - ext2, ext3 and ext4 as a tree.
 *
 * Specification: Linux, Documentation/filesystems/ext4/ (directory.rst, inlinedata.rst).
 * Directories are read here block by block, so that one which cannot be read whole is an error and
 * never a shorter list; holes and unwritten extents are zeros. A hashed directory is read as the
 * plain one that it also is. Not supported: names and contents under fscrypt, and the folding of
 * case in look-ups: names are bytes.
 */
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"
#include "fast.h"
#include "jbd2.h"
#include "volume.h"

enum {
	NAME_AT = 8,      /* of a name in an entry */
	ENTRY_MIN = 12,   /* bytes of the shortest entry */
	INLINE_HEAD = 4,  /* the parent's number, before entries in an inode */
	INLINE_NEAR = 60, /* bytes that lie in the inode's block map, the rest in an attribute */
};

/* A block's worth of memory, handed out again after use. */
struct page {
	struct page *next;
	unsigned char *bytes;
};

struct ext_fs {
	struct fs fs;
	struct arena *arena;
	struct blob *blob;
	struct ext_super super;
	struct volume *volume;
	struct fast *fast; /* what happened since; NULL: nothing */
	struct page *spare;
};

/* ---- inodes ---- */

static bool inode_of(struct ext_fs *x, uint64_t ino, struct ext_inode *out, struct error *e)
{
	if (ino != EXT_ROOT_INODE && ino < x->super.first_inode)
		return fail(e, ERR_CORRUPT, "inode %llu: is not one of a file",
			    (unsigned long long)ino);
	const struct fast_inode *now = fast_inode(x->fast, (uint32_t)ino);
	if (now && now->raw.n)
		return volume_inode_with(x->volume, ino, now->raw, out, e);
	return volume_inode(x->volume, ino, out, e);
}

static bool kind_of(const struct ext_inode *i, enum fs_kind *out, struct error *e)
{
	return fs_kind_of(i->mode, out) ||
	       fail(e, ERR_CORRUPT, "inode %u: is of no known kind", i->number);
}

/* Only bytes and names are encrypted, not how many there are: nothing is nothing. */
static bool readable(const struct ext_inode *i, struct error *e)
{
	if (i->flags & EXT_ENCRYPTED && i->size > 0)
		return fail(e, ERR_ENCRYPTED, "inode %u: is encrypted (fscrypt)", i->number);
	return true;
}

/* ---- contents ---- */

static struct page *take_page(struct ext_fs *x)
{
	struct page *p = x->spare;
	if (p) {
		x->spare = p->next;
		return p;
	}
	p = NEW(x->arena, struct page);
	p->bytes = NEW_N(x->arena, unsigned char, x->super.block_size);
	return p;
}

static void give_page(struct ext_fs *x, struct page *p)
{
	p->next = x->spare;
	x->spare = p;
}

static bool run_at(struct ext_fs *x, const struct ext_inode *i, uint64_t block, struct ext_run *out,
		   struct error *e)
{
	const struct fast_inode *now = fast_inode(x->fast, i->number);
	struct fast_range range;
	if (!now)
		return volume_run(x->volume, i, block, out, e);
	if (fast_range(now, block, &range)) {
		*out = (struct ext_run){range.first, range.n, range.at};
		if (range.at && !within(range.at, range.n, x->super.blocks))
			return fail(e, ERR_CORRUPT,
				    "inode %u: a block of it lies outside of the volume",
				    i->number);
		return true;
	}
	if (!volume_run(x->volume, i, block, out, e))
		return false;
	if (out->n > range.n + (block - out->first))
		out->n = range.n + (block - out->first);
	return true;
}

static bool read_stored(struct ext_fs *x, const struct ext_inode *i, uint64_t at, char *buf,
			size_t n, struct error *e)
{
	uint64_t bs = x->super.block_size;
	for (uint64_t runs = 1; n; runs++) {
		struct ext_run run;
		uint64_t end;
		if (!fs_pieces_fit(&x->fs, runs, e))
			return fail_in(e, "inode %u", i->number);
		if (!run_at(x, i, at / bs, &run, e))
			return false;
		if (!add_u64(run.first, run.n, &end) || !mul_u64(end, bs, &end))
			end = UINT64_MAX;
		size_t piece = end - at < n ? (size_t)(end - at) : n;
		if (!run.at)
			memset(buf, 0, piece);
		else if (!blob_read(x->blob, run.at * bs + (at - run.first * bs), buf, piece, e))
			return false;
		buf += piece, at += piece, n -= piece;
	}
	return true;
}

static void copy_slice(struct str from, uint64_t at, char *buf, size_t n)
{
	struct str part = at < from.n ? str_slice(from, (size_t)at, (size_t)at + n) : S("");
	if (part.n)
		memcpy(buf, part.p, part.n);
	memset(buf + part.n, 0, n - part.n);
}

static bool read_inline(struct ext_fs *x, const struct ext_inode *i, uint64_t at, char *buf,
			size_t n, struct error *e)
{
	struct page *page = take_page(x);
	size_t size;
	bool ok = !i->elsewhere ||
		  fail(e, ERR_UNSUPPORTED, "inode %u: lies in a fast commit", i->number);
	ok = ok && volume_inline(x->volume, i, page->bytes, &size, e);
	if (ok)
		copy_slice((struct str){(const char *)page->bytes, size}, at, buf, n);
	give_page(x, page);
	return ok;
}

static bool ext_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e)
{
	struct ext_fs *x = (struct ext_fs *)fs;
	struct ext_inode i;
	enum fs_kind kind;
	bool ok = true;
	if (!inode_of(x, ino, &i, e) || !kind_of(&i, &kind, e) || !readable(&i, e))
		return false;
	if (kind != FS_REGULAR && kind != FS_SYMLINK)
		return fail(e, ERR_CORRUPT, "inode %u: is no file", i.number);
	uint64_t left = at < i.size ? i.size - at : 0;
	n = left < n ? (size_t)left : n;
	if (i.fast_link)
		copy_slice(volume_fast_link(&i), at, buf, n);
	else if (i.flags & EXT_INLINE)
		ok = read_inline(x, &i, at, buf, n, e);
	else
		ok = read_stored(x, &i, at, buf, n, e);
	if (ok)
		*got = n;
	return ok;
}

static bool ext_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct ext_fs *x = (struct ext_fs *)fs;
	struct ext_inode i;
	enum fs_kind kind;
	if (!inode_of(x, ino, &i, e) || !kind_of(&i, &kind, e))
		return false;
	if (i.size > INT64_MAX)
		return fail(e, ERR_CORRUPT, "inode %u: its size is negative", i.number);
	*out = (struct fs_stat){
		.kind = kind,
		.mode = i.mode & 07777,
		.uid = i.uid,
		.gid = i.gid,
		.size = kind == FS_REGULAR || kind == FS_SYMLINK ? i.size : 0,
	};
	return true;
}

/* ---- directories ---- */

struct listing {
	struct ext_fs *x;
	const struct ext_inode *dir;
	fs_visit *visit;
	void *arg;
	bool stopped;
	const struct fast_inode *now; /* what happened to the directory since; or NULL */
	bool *met;                    /* which of now->names it had */
};

/* In blocks of 64 KiB a length has more than 16 bits: the two lowest ones, which are always zero,
 * hold the highest; all ones are a whole block, as is none. */
static uint32_t entry_length(const unsigned char *entry, uint32_t block_size)
{
	uint32_t n = load_le16(entry + 4);
	if (block_size < 65536)
		return n;
	return n == 65535 || n == 0 ? block_size : (n & ~3u) | (n & 3) << 16;
}

static bool damaged(const struct listing *l, struct error *e)
{
	return fail(e, ERR_CORRUPT, "directory %u: an entry is damaged", l->dir->number);
}

static void take_name(struct listing *l, struct str name, uint32_t ino)
{
	l->stopped = !l->visit(l->arg, name, ino);
}

static bool is_linked(void *arg, uint32_t ino, bool *out, struct error *e)
{
	return volume_linked(((struct ext_fs *)arg)->volume, ino, out, e);
}

/* Where an entry of the volume leads since the fast commits; 0: nowhere. */
static bool follow(struct listing *l, struct str name, uint32_t *ino, struct error *e)
{
	const struct fast_name *since = fast_name(l->x->fast, l->dir->number, name);
	if (!since)
		return true;
	l->met[since->index] = true;
	return fast_follow(since, is_linked, l->x, ino, e);
}

static bool take_entry(struct listing *l, struct str name, uint32_t ino, struct error *e)
{
	if (str_eq(name, S(".")) || str_eq(name, S("..")))
		return true;
	if (name.n == 0 || memchr(name.p, '/', name.n) || memchr(name.p, 0, name.n) ||
	    ino > l->x->super.inodes)
		return damaged(l, e);
	if (l->now && !follow(l, name, &ino, e))
		return false;
	if (ino)
		take_name(l, name, ino);
	return true;
}

static bool take_entries(struct listing *l, const unsigned char *bytes, size_t n, struct error *e)
{
	for (size_t at = 0; at < n && !l->stopped;) {
		const unsigned char *entry = bytes + at;
		if (n - at < ENTRY_MIN)
			return damaged(l, e);
		uint32_t length = entry_length(entry, l->x->super.block_size),
			 ino = load_le32(entry);
		struct str name = {(const char *)entry + NAME_AT, entry[6]};
		if (length < ENTRY_MIN || length % 4 || length > n - at ||
		    length < NAME_AT + name.n)
			return damaged(l, e);
		if (ino && !take_entry(l, name, ino, e))
			return false;
		at += length;
	}
	return true;
}

static bool list_inline(struct listing *l, const struct page *page, struct error *e)
{
	size_t n = 0;
	if (!volume_inline(l->x->volume, l->dir, page->bytes, &n, e))
		return false;
	if (n < INLINE_NEAR)
		return damaged(l, e);
	return take_entries(l, page->bytes + INLINE_HEAD, INLINE_NEAR - INLINE_HEAD, e) &&
	       take_entries(l, page->bytes + INLINE_NEAR, n - INLINE_NEAR, e);
}

static bool list_run(struct listing *l, const struct ext_run *run, uint64_t from, uint64_t to,
		     const struct page *page, struct error *e)
{
	for (uint64_t block = from; block < to && !l->stopped; block++)
		if (!volume_directory_block(l->x->volume, l->dir, run->at + (block - run->first),
					    page->bytes, e) ||
		    !take_entries(l, page->bytes, l->x->super.block_size, e))
			return false;
	return true;
}

static bool list_stored(struct listing *l, const struct page *page, struct error *e)
{
	uint64_t bs = l->x->super.block_size, blocks = l->dir->size / bs;
	for (uint64_t block = 0; block < blocks && !l->stopped;) {
		struct ext_run run;
		if (!volume_run(l->x->volume, l->dir, block, &run, e))
			return false;
		if (!run.at)
			return fail(e, ERR_CORRUPT, "directory %u: has a hole", l->dir->number);
		uint64_t end = run.n < blocks - run.first ? run.first + run.n : blocks;
		if (!list_run(l, &run, block, end, page, e))
			return false;
		block = end;
	}
	return true;
}

/* Names that only the fast commits know. */
static bool list_since(struct listing *l, struct error *e)
{
	for (size_t i = 0; l->now && i < l->now->names.n && !l->stopped; i++) {
		uint32_t ino = 0;
		if (l->met[i])
			continue;
		if (!fast_follow(l->now->names.at[i], is_linked, l->x, &ino, e))
			return false;
		if (ino)
			take_name(l, l->now->names.at[i]->name, ino);
	}
	return true;
}

static bool list_volume(struct listing *l, const struct page *page, struct error *e)
{
	const struct ext_inode *dir = l->dir;
	if (dir->flags & EXT_INLINE)
		return list_inline(l, page, e);
	if (!fs_directory_fits(&l->x->fs, dir->size, e))
		return fail_in(e, "directory %u", dir->number);
	if (dir->size == 0 || dir->size % l->x->super.block_size)
		return fail(e, ERR_CORRUPT, "directory %u: ends within a block", dir->number);
	return list_stored(l, page, e);
}

static bool directory_of(struct ext_fs *x, uint64_t ino, struct ext_inode *out, struct error *e)
{
	if (!inode_of(x, ino, out, e) || !readable(out, e))
		return false;
	return S_ISDIR(out->mode) || fail(e, ERR_CORRUPT, "inode %u: is no directory", out->number);
}

static bool ext_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct ext_fs *x = (struct ext_fs *)fs;
	struct ext_inode dir;
	struct listing l = {.x = x, .dir = &dir, .visit = visit, .arg = arg};
	if (!directory_of(x, ino, &dir, e))
		return false;
	l.now = fast_inode(x->fast, dir.number);
	if (l.now)
		l.met = NEW_N(x->arena, bool, l.now->names.n + 1);
	if (l.now && l.now->made)
		return list_since(&l, e);
	/* The entries are those of the directory as it lies, which may be shorter. */
	if (dir.elsewhere && !volume_inode(x->volume, ino, &dir, e))
		return false;
	struct page *page = take_page(x);
	bool ok = list_volume(&l, page, e);
	give_page(x, page);
	return ok && list_since(&l, e);
}

/* ---- opening ---- */

/* Attributes of an inode that a fast commit changed are not looked for. */
static bool ext_hides(struct fs *fs, uint64_t ino, bool *out, struct error *e)
{
	struct ext_fs *x = (struct ext_fs *)fs;
	struct ext_inode i;
	char value[2];
	size_t got = 0;
	if (!inode_of(x, ino, &i, e))
		return false;
	if (i.elsewhere)
		return fail(e, ERR_UNSUPPORTED,
			    "inode %u: its attributes were changed by a fast commit", i.number);
	if (!volume_attribute(x->volume, &i, "trusted.overlay.opaque", value, sizeof value, &got,
			      e))
		return false;
	*out = got == 1 && value[0] == 'y';
	return true;
}

static const struct fs_ops ext_ops[] = {
	{.name = "ext2", .stat = ext_stat, .list = ext_list, .read = ext_read, .hides = ext_hides},
	{.name = "ext3", .stat = ext_stat, .list = ext_list, .read = ext_read, .hides = ext_hides},
	{.name = "ext4", .stat = ext_stat, .list = ext_list, .read = ext_read, .hides = ext_hides},
};

static const struct fs_ops *ops_named(const char *kind)
{
	size_t i = 0;
	while (strcmp(ext_ops[i].name, kind) != 0)
		i++;
	return &ext_ops[i];
}

bool fs_probe_ext(struct blob *b, bool *mine, struct error *e)
{
	unsigned char s[EXT_SUPER_BYTES];
	size_t got;
	if (!b->read(b, EXT_SUPER_AT, s, sizeof s, &got, e))
		return false;
	*mine = got == sizeof s && ext_super_looks(s);
	return true;
}

static struct ext_fs *open_as_it_lies(struct arena *a, struct blob *b, const struct limits *max,
				      struct error *e)
{
	struct ext_fs *x = NEW(a, struct ext_fs);
	x->arena = a;
	x->blob = b;
	if (!ext_super_read(a, b, &x->super, e))
		return NULL;
	x->volume = volume_open(a, b, &x->super, e);
	if (!x->volume)
		return NULL;
	x->fs = (struct fs){
		.ops = ops_named(x->super.kind),
		.root = EXT_ROOT_INODE,
		.label = x->super.label,
		.uuid = x->super.uuid,
		.max = *max,
	};
	return x;
}

/* ---- the journal ---- */

/* A file's bytes, of an inode that no name leads to. */
struct stored {
	struct blob blob;
	struct ext_fs *x;
	struct ext_inode inode;
};

static bool stored_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	struct stored *s = (struct stored *)b;
	uint64_t left = at < b->size ? b->size - at : 0;
	n = left < n ? (size_t)left : n;
	if (!read_stored(s->x, &s->inode, at, buf, n, e))
		return false;
	*got = n;
	return true;
}

static struct blob *journal_of(struct ext_fs *x, struct error *e)
{
	struct stored *s = NEW(x->arena, struct stored);
	if (!volume_inode(x->volume, x->super.journal_inode, &s->inode, e))
		return NULL;
	if (!S_ISREG(s->inode.mode) || (s->inode.flags & EXT_INLINE)) {
		fail(e, ERR_CORRUPT, "inode %u: is no journal", s->inode.number);
		return NULL;
	}
	s->blob = (struct blob){.name = S("journal"), .size = s->inode.size, .read = stored_read};
	s->x = x;
	return &s->blob;
}

/* What a mount would replay. */
struct replayed {
	struct jbd2 blocks;
	struct fast *files;
};

/* A journal whose bytes are damaged makes the tree stale; one that could not be had, no tree. */
static bool replay_own(struct ext_fs *x, struct replayed *out, struct error *e)
{
	uint32_t bs = x->super.block_size;
	struct error why = {0};
	struct blob *journal = journal_of(x, &why);
	if (!journal || !jbd2_replay(x->arena, x->blob, journal, bs, &out->blocks, &why)) {
		if (why.kind != ERR_CORRUPT) {
			*e = why;
			return false;
		}
		out->blocks.stale = str_fmt(x->arena,
					    "its journal cannot be read: %s; e2fsck would "
					    "settle it",
					    why.text);
		return true;
	}
	if (out->blocks.stale.n ||
	    fast_read(x->arena, journal, bs, &out->blocks, &out->files, &why))
		return true;
	if (why.kind != ERR_UNSUPPORTED) {
		*e = why;
		return false;
	}
	out->blocks.stale = str_fmt(x->arena,
				    "its journal ends in fast commits that cannot be "
				    "replayed here: %s; mount it once",
				    why.text);
	return true;
}

static bool replay(struct ext_fs *x, struct replayed *out, struct error *e)
{
	*out = (struct replayed){.blocks.volume = x->blob};
	if (x->super.journal_inode)
		return replay_own(x, out, e);
	out->blocks.stale = str_fmt(x->arena,
				    "its journal lies on another device (%" PRIstr "); "
				    "mount it once",
				    ARG(x->super.journal_uuid));
	return true;
}

struct fs *fs_open_ext(struct arena *a, struct blob *b, const struct fs_options *opts,
		       struct error *e)
{
	struct replayed now;
	struct ext_fs *x = open_as_it_lies(a, b, &opts->max, e);
	if (!x)
		return NULL;
	/* Without this mark a mount forgets what the journal holds. */
	if (!x->super.recover)
		return &x->fs;
	if (!replay(x, &now, e))
		return NULL;
	/* Anew even over the same bytes: a journal's inode is read as it lies. */
	x = open_as_it_lies(a, now.blocks.volume, &opts->max, e);
	if (!x)
		return NULL;
	x->fast = now.files;
	x->fs.stale = now.blocks.stale;
	if (!x->fs.stale.n)
		x->fs.replayed = S("its journal");
	return &x->fs;
}
