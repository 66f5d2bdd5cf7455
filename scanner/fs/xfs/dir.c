/*
 * dir.c - an XFS directory to its entries: "XFS Algorithms & Data Structures", chapter
 * "Directories", in all its forms: in the inode, in one block, and in blocks of entries beside
 * which hashes and free space are kept (those lie at 32 GiB and beyond in the file, and listing
 * does without them). A directory block is one or more blocks of the volume, not always in a row.
 */
#include "backends.h"
#include "bytes.h"
#include "xfs.h"

enum {
	BLOCK_MAGIC_V4 = 0x58443242, /* "XD2B": one block, hashes at its end */
	BLOCK_MAGIC_V5 = 0x58444233, /* "XDB3" */
	DATA_MAGIC_V4 = 0x58443244,  /* "XD2D": one of several */
	DATA_MAGIC_V5 = 0x58444433,  /* "XDD3" */
	DATA_HEADER_V4 = 16,
	DATA_HEADER_V5 = 64,
	TAIL = 8,
	HASH_ENTRY = 8,
	FREE_TAG = 0xffff,
	ALIGN = 8,
	ENTRY_FIXED = 11, /* inode, length of the name, tag */
	SHORT_FIXED = 3,
};

static const uint64_t hashes_at = (uint64_t)32 << 30;

static bool wrong(const struct xfs_inode *dir, const char *what, struct error *e)
{
	return fail(e, ERR_CORRUPT, "directory %llu: %s", (unsigned long long)dir->ino, what);
}

static bool dots(struct str name)
{
	return str_eq(name, S(".")) || str_eq(name, S(".."));
}

/* ---- in the inode ---- */

/* Inode numbers are of 4 bytes each, or of 8 when one of them needs it. */
static bool list_short(struct xfs *x, const struct xfs_inode *dir, fs_visit *visit, void *arg,
		       struct error *e)
{
	const unsigned char *p = dir->fork;
	size_t end = dir->size, type = x->sb.ftype ? 1 : 0;
	if (dir->size > dir->fork_n || dir->size < 2)
		return wrong(dir, "is larger than its inode", e);
	size_t wide = p[1] ? 8 : 4, at = 2 + wide;
	for (unsigned left = p[0]; left; left--) {
		if (at > end || end - at < SHORT_FIXED)
			return wrong(dir, "ends within an entry", e);
		struct str name = {(const char *)p + at + SHORT_FIXED, p[at]};
		at += SHORT_FIXED + name.n + type + wide;
		if (at > end)
			return wrong(dir, "ends within an entry", e);
		if (!fs_name_valid(name))
			return wrong(dir, "a name is none", e);
		uint64_t ino = wide == 8 ? load_be64(p + at - 8) : load_be32(p + at - 4);
		if (!visit(arg, name, ino))
			return true;
	}
	return true;
}

/* ---- in blocks ---- */

bool xfs_dir_read(struct xfs *x, const struct xfs_inode *dir, uint64_t at, struct xfs_dir_block *b,
		  struct error *e)
{
	uint64_t whole = (uint64_t)1 << x->sb.dir_log, byte;
	for (uint64_t have = 0; have < whole;) {
		struct xfs_run run;
		if (!xfs_map(x, dir, at + have, &run, e))
			return false;
		b->hole = run.hole && have == 0 && run.count >= whole;
		b->next = (at + run.count) & ~(whole - 1);
		if (b->hole)
			return true;
		if (run.hole)
			return wrong(dir, "a block is partly a hole", e);
		uint64_t n = run.count < whole - have ? run.count : whole - have;
		if (!xfs_block_at(&x->sb, run.block, n, &byte, e) ||
		    !blob_read(x->blob, byte, b->p + have * x->sb.block, n * x->sb.block, e))
			return fail_in(e, "directory %llu", (unsigned long long)dir->ino);
		b->address = have ? b->address : byte;
		have += n;
	}
	b->next = at + whole;
	return true;
}

bool xfs_dir_entries(struct xfs *x, const struct xfs_inode *dir, const struct xfs_dir_block *b,
		     size_t *from, size_t *to, struct error *e)
{
	size_t n = (size_t)x->sb.block << x->sb.dir_log;
	uint32_t magic = load_be32(b->p);
	size_t header = x->sb.v5 ? DATA_HEADER_V5 : DATA_HEADER_V4, end = n;
	if (magic == (x->sb.v5 ? BLOCK_MAGIC_V5 : BLOCK_MAGIC_V4)) {
		uint32_t hashes = load_be32(b->p + n - TAIL);
		if (hashes > (n - TAIL - header) / HASH_ENTRY || dir->size != n)
			return wrong(dir, "its one block is out of shape", e);
		end = n - TAIL - (size_t)hashes * HASH_ENTRY;
	} else if (magic != (x->sb.v5 ? DATA_MAGIC_V5 : DATA_MAGIC_V4)) {
		return wrong(dir, "a block of entries is none", e);
	}
	if (!xfs_sealed(x, &xfs_seal_data, b->p, n, b->address, dir->ino, e))
		return fail_in(e, "directory %llu", (unsigned long long)dir->ino);
	*from = header;
	*to = end;
	return true;
}

/* Bytes of the entry, or of the free space, that begins at p; 0 when it cannot be told. */
static size_t entry_size(const struct xfs *x, const unsigned char *p, size_t left)
{
	if (left < ALIGN)
		return 0;
	if (load_be16(p) == FREE_TAG)
		return load_be16(p + 2);
	if (left == ALIGN)
		return 0;
	return (ENTRY_FIXED + p[ALIGN] + (x->sb.ftype ? 1 : 0) + ALIGN - 1) & -(size_t)ALIGN;
}

/* The tag at an entry's end tells where it begins. */
bool xfs_dir_entry(const struct xfs *x, const unsigned char *p, size_t at, size_t to,
		   struct xfs_entry *out, struct error *e)
{
	size_t left = at < to ? to - at : 0, n = entry_size(x, p + at, left);
	if (n == 0 || n % ALIGN || n > left || load_be16(p + at + n - 2) != at)
		return fail(e, ERR_CORRUPT, "entry at %zu does not end where it should", at);
	*out = (struct xfs_entry){.end = at + n};
	if (load_be16(p + at) == FREE_TAG)
		return true;
	out->name = (struct str){(const char *)p + at + ALIGN + 1, p[at + ALIGN]};
	out->ino = load_be64(p + at);
	return dots(out->name) || fs_name_valid(out->name) ||
	       fail(e, ERR_CORRUPT, "entry at %zu: its name is none", at);
}

/* *on becomes false when the visitor has had enough. */
static bool list_block(struct xfs *x, const struct xfs_inode *dir, const struct xfs_dir_block *b,
		       fs_visit *visit, void *arg, bool *on, struct error *e)
{
	size_t at, to;
	struct xfs_entry entry;
	if (!xfs_dir_entries(x, dir, b, &at, &to, e))
		return false;
	for (; *on && at < to; at = entry.end) {
		if (!xfs_dir_entry(x, b->p, at, to, &entry, e))
			return fail_in(e, "directory %llu", (unsigned long long)dir->ino);
		if (entry.name.n && !dots(entry.name))
			*on = visit(arg, entry.name, entry.ino);
	}
	return true;
}

static bool list_blocks(struct xfs *x, const struct xfs_inode *dir, struct xfs_dir_block *b,
			fs_visit *visit, void *arg, struct error *e)
{
	uint64_t blocks = dir->size >> x->sb.block_log, seen = 0;
	bool on = true;
	for (uint64_t at = 0; on && at < blocks; at = b->next) {
		if (!xfs_dir_read(x, dir, at, b, e))
			return false;
		if (b->hole)
			continue;
		seen += (uint64_t)x->sb.block << x->sb.dir_log;
		if (!fs_directory_fits(&x->fs, seen, e))
			return fail_in(e, "directory %llu", (unsigned long long)dir->ino);
		if (!list_block(x, dir, b, visit, arg, &on, e))
			return false;
	}
	return true;
}

bool xfs_dir_list(struct xfs *x, const struct xfs_inode *dir, fs_visit *visit, void *arg,
		  struct error *e)
{
	size_t whole = (size_t)x->sb.block << x->sb.dir_log;
	if (dir->format == XFS_LOCAL)
		return list_short(x, dir, visit, arg, e);
	if (dir->size % whole || dir->size == 0 || dir->size > hashes_at)
		return wrong(dir, "its size is not one of whole blocks", e);
	struct xfs_dir_block b = {.p = xfs_take(x)};
	bool listed = list_blocks(x, dir, &b, visit, arg, e);
	xfs_give(x, b.p);
	return listed;
}

/* ---- one name ---- */

struct search {
	struct str name;
	bool nocase, found;
	uint64_t ino;
};

static bool search_visit(void *arg, struct str name, uint64_t ino)
{
	struct search *s = arg;
	s->found = str_eq(name, s->name) || (s->nocase && str_eq_nocase(name, s->name));
	s->ino = ino;
	return !s->found;
}

bool xfs_dir_lookup(struct xfs *x, const struct xfs_inode *dir, struct str name, bool *found,
		    uint64_t *ino, struct error *e)
{
	size_t whole = (size_t)x->sb.block << x->sb.dir_log;
	struct search s = {.name = name, .nocase = x->sb.nocase};
	if (dir->format != XFS_LOCAL && dir->size > whole && !x->sb.nocase)
		return xfs_dir_hashed(x, dir, name, found, ino, e);
	if (!xfs_dir_list(x, dir, search_visit, &s, e))
		return false;
	*found = s.found;
	*ino = s.ino;
	return true;
}
