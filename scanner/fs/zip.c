/*
 * zip.c - a zip archive as a tree, by its central directory: APPNOTE.TXT (PKWARE, version 6.3.10),
 * sections 4.3 to 4.5, with ZIP64. A stored member is a window; a deflated one is decoded to a
 * temporary file when it is read first, and must have the size and checksum that the directory
 * tells. Not supported: other methods, encryption, archives in several parts, bytes in front of the
 * first member.
 */
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"
#include "tree.h"
#include "vec.h"

enum {
	END_SIZE = 22,
	END_REACH = END_SIZE + UINT16_MAX, /* with its comment */
	LOCATOR_SIZE = 20,
	END64_SIZE = 56,
	ENTRY_SIZE = 46,
	LOCAL_SIZE = 30,
	EXTRA_ZIP64 = 1,
	FLAG_ENCRYPTED = 1,
	METHOD_STORED = 0,
	METHOD_DEFLATED = 8,
	MADE_BY_UNIX = 3,
	DIRECTORY_MAX = 256 << 20,
};

struct member {
	uint64_t at, packed, size; /* at: of the local header */
	uint32_t crc;
	unsigned method;
	bool encrypted;
	struct blob *blob; /* once it was opened */
};

struct zip {
	struct fs fs;
	struct arena *arena;
	struct blob *blob;
	struct tree *tree;
	VEC(struct member) members; /* an inode's cookie is the index + 1 */
};

static bool damaged(const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "zip: %s", why);
}

/* ---- members ---- */

/* A deflated member as a gzip file (RFC 1952), which has the same three things in another order. */
struct as_gzip {
	struct stream stream;
	struct stream *deflated;
	unsigned char head[10], tail[8];
	enum { AT_HEAD, AT_BODY, AT_TAIL, AT_END } at;
};

static bool next_piece(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct as_gzip *g = (struct as_gzip *)s;
	*n = 0;
	if (g->at == AT_BODY) {
		if (!g->deflated->next(g->deflated, buf, n, e))
			return false;
		g->at += *n == 0;
	}
	if (*n || g->at == AT_END)
		return true;
	*buf = g->at == AT_HEAD ? g->head : g->tail;
	*n = g->at == AT_HEAD ? sizeof g->head : sizeof g->tail;
	g->at++;
	return true;
}

static struct blob *inflate(struct zip *f, const struct member *m, struct blob *packed,
			    struct error *e)
{
	struct as_gzip *g = NEW(f->arena, struct as_gzip);
	*g = (struct as_gzip){
		.stream = {.name = f->blob->name, .next = next_piece},
		.deflated = stream_blob(f->arena, packed),
		.head = {0x1f, 0x8b, METHOD_DEFLATED},
	};
	for (unsigned i = 0; i < 4; i++) {
		g->tail[i] = (unsigned char)(m->crc >> 8 * i);
		g->tail[4 + i] = (unsigned char)(m->size >> 8 * i);
	}
	return blob_spool(f->arena, stream_gunzip(f->arena, &g->stream), limits_spill(&f->fs.max),
			  e);
}

static bool open_member(struct zip *f, struct member *m, struct error *e)
{
	unsigned char p[LOCAL_SIZE];
	if (!m->blob && m->size == 0)
		m->blob = blob_window(f->arena, f->blob, f->blob->name, 0, 0);
	if (m->blob)
		return true;
	if (m->encrypted)
		return fail(e, ERR_ENCRYPTED, "zip: the file is encrypted");
	if (m->method != METHOD_STORED && m->method != METHOD_DEFLATED)
		return fail(e, ERR_UNSUPPORTED, "zip: compressed by method %u", m->method);
	if (!blob_read(f->blob, m->at, p, sizeof p, e))
		return false;
	uint64_t at = m->at + LOCAL_SIZE + load_le16(p + 26) + load_le16(p + 28);
	if (memcmp(p, "PK\3\4", 4) != 0 || !within(at, m->packed, f->blob->size))
		return damaged("a member is not where the directory has it", e);
	if (m->method == METHOD_STORED && m->packed != m->size)
		return damaged("a stored member of two sizes", e);
	struct blob *packed = blob_window(f->arena, f->blob, f->blob->name, at, m->packed);
	m->blob = m->method == METHOD_STORED ? packed : inflate(f, m, packed, e);
	return m->blob != NULL;
}

/* ---- the directory ---- */

/* The numbers that did not fit follow in this order. */
static bool widen(struct member *m, const unsigned char *extra, size_t n, struct error *e)
{
	uint64_t *numbers[] = {&m->size, &m->packed, &m->at};
	for (size_t at = 0; at + 4 <= n;) {
		size_t size = load_le16(extra + at + 2), used = at + 4;
		if (size > n - used)
			break;
		for (size_t i = 0; load_le16(extra + at) == EXTRA_ZIP64 && i < 3; i++) {
			if (*numbers[i] != UINT32_MAX)
				continue;
			if (used + 8 > at + 4 + size)
				return damaged("a ZIP64 number is missing", e);
			*numbers[i] = load_le64(extra + used);
			used += 8;
		}
		at += 4 + size;
	}
	return true;
}

static struct fs_stat describe(const unsigned char *p, struct str name, uint64_t size)
{
	unsigned mode = p[5] == MADE_BY_UNIX ? load_le16(p + 40) : 0;
	bool dir = S_ISDIR(mode) || str_ends(name, S("/"));
	struct fs_stat st = {
		.kind = dir             ? FS_DIRECTORY
			: S_ISLNK(mode) ? FS_SYMLINK
					: FS_REGULAR,
		.mode = mode  ? mode & 07777
			: dir ? 0755
			      : 0644,
		.size = dir ? 0 : size,
	};
	return st;
}

/* One entry at the head of *rest, which then begins behind it. */
static bool add_entry(struct zip *f, struct str *rest, struct error *e)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	struct tree_inode *inode;
	if (rest->n < ENTRY_SIZE || memcmp(p, "PK\1\2", 4) != 0)
		return damaged("its directory is cut short", e);
	size_t name_n = load_le16(p + 28), extra_n = load_le16(p + 30);
	size_t whole = ENTRY_SIZE + name_n + extra_n + load_le16(p + 32);
	if (whole > rest->n)
		return damaged("its directory is cut short", e);
	struct str name = str_slice(*rest, ENTRY_SIZE, ENTRY_SIZE + name_n);
	struct member m = {.at = load_le32(p + 42),
			   .packed = load_le32(p + 20),
			   .size = load_le32(p + 24),
			   .crc = load_le32(p + 16),
			   .method = load_le16(p + 10),
			   .encrypted = p[8] & FLAG_ENCRYPTED};
	if (!widen(&m, p + ENTRY_SIZE + name_n, extra_n, e))
		return false;
	if (m.size == 0 && m.crc)
		return damaged("an empty member has a checksum", e);
	struct fs_stat st = describe(p, name, m.size);
	if (!tree_add(f->tree, name, &st, &inode, e))
		return false;
	if (inode && st.kind != FS_DIRECTORY) {
		*vec_push(f->arena, &f->members) = m;
		inode->cookie = f->members.n;
	}
	*rest = str_tail(*rest, whole);
	return true;
}

struct directory {
	uint64_t at, size, entries;
};

/* Where numbers are too large for the end record, one in front of it points to another. */
static bool read_end64(struct zip *f, uint64_t end_at, struct directory *out, struct error *e)
{
	unsigned char locator[LOCATOR_SIZE], p[END64_SIZE];
	if (end_at < LOCATOR_SIZE)
		return true;
	if (!blob_read(f->blob, end_at - LOCATOR_SIZE, locator, sizeof locator, e))
		return false;
	if (memcmp(locator, "PK\6\7", 4) != 0)
		return true;
	if (!blob_read(f->blob, load_le64(locator + 8), p, sizeof p, e))
		return false;
	if (memcmp(p, "PK\6\6", 4) != 0)
		return damaged("its ZIP64 end is not where it should be", e);
	*out = (struct directory){load_le64(p + 48), load_le64(p + 40), load_le64(p + 32)};
	return true;
}

/* The end record stands last, but for a comment that it tells the size of. */
static bool find_directory(struct zip *f, struct directory *out, struct error *e)
{
	uint64_t size = f->blob->size;
	size_t n = size < END_REACH ? (size_t)size : END_REACH;
	unsigned char *p = NEW_N(f->arena, unsigned char, n + 1);
	if (!blob_read(f->blob, size - n, p, n, e))
		return false;
	for (size_t left = END_SIZE; left <= n; left++) {
		const unsigned char *end = p + n - left;
		if (memcmp(end, "PK\5\6", 4) != 0 || load_le16(end + 20) != left - END_SIZE)
			continue;
		*out = (struct directory){load_le32(end + 16), load_le32(end + 12),
					  load_le16(end + 10)};
		return read_end64(f, size - left, out, e);
	}
	return damaged("there is no directory at its end", e);
}

static bool index_all(struct zip *f, struct error *e)
{
	struct directory d = {0};
	struct str rest;
	if (f->blob->size == BLOB_UNSIZED)
		return fail(e, ERR_UNSUPPORTED, "zip: its end must be known, and is not of a pipe");
	if (!find_directory(f, &d, e))
		return false;
	if (!within(d.at, d.size, f->blob->size))
		return damaged("its directory lies outside of it", e);
	if (d.size > DIRECTORY_MAX)
		return fail(e, ERR_LIMIT, "zip: its directory is larger than %d bytes",
			    DIRECTORY_MAX);
	struct blob *directory = blob_window(f->arena, f->blob, f->blob->name, d.at, d.size);
	if (!blob_slurp(f->arena, directory, DIRECTORY_MAX, &rest, e))
		return false;
	while (rest.n && d.entries--)
		if (!add_entry(f, &rest, e))
			return false;
	return rest.n == 0 || damaged("its directory has more entries than it counts", e);
}

/* ---- operations ---- */

static bool zip_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	const struct tree_inode *inode = tree_inode(((struct zip *)fs)->tree, ino);
	if (!inode)
		return damaged("no such inode", e);
	*out = inode->st;
	return true;
}

static bool zip_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	(void)e;
	tree_each(((struct zip *)fs)->tree, ino, visit, arg);
	return true;
}

static bool zip_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
		       struct error *e)
{
	(void)e;
	*found = tree_find(((struct zip *)fs)->tree, dir, name, ino);
	return true;
}

static struct member *member_of(struct zip *f, uint64_t ino, struct error *e)
{
	const struct tree_inode *inode = tree_inode(f->tree, ino);
	if (inode && inode->cookie)
		return &f->members.at[inode->cookie - 1];
	damaged("neither a file nor a link", e);
	return NULL;
}

static bool zip_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e)
{
	struct zip *f = (struct zip *)fs;
	struct member *m = member_of(f, ino, e);
	if (!m || !open_member(f, m, e))
		return false;
	uint64_t left = at < m->size ? m->size - at : 0;
	n = left < n ? (size_t)left : n;
	if (n && !blob_read(m->blob, at, buf, n, e))
		return false;
	/* Its checksum is looked at where it ends. */
	char past;
	size_t more = 0;
	if (n == left && !m->blob->read(m->blob, m->size, &past, 1, &more, e))
		return false;
	if (more)
		return damaged("a member is longer than the directory has it", e);
	*got = n;
	return true;
}

static bool zip_blob(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
		     struct error *e)
{
	struct zip *f = (struct zip *)fs;
	struct member *m = member_of(f, ino, e);
	if (!m || !open_member(f, m, e))
		return false;
	/* Who looks for the end of a packed one learns whether its checksum is right. */
	*out = m->method == METHOD_STORED ? blob_window(a, m->blob, f->blob->name, 0, m->size)
					  : m->blob;
	return true;
}

static const struct fs_ops zip_ops = {
	.name = "zip",
	.stat = zip_stat,
	.list = zip_list,
	.read = zip_read,
	.lookup = zip_lookup,
	.blob = zip_blob,
};

bool fs_probe_zip(struct blob *b, bool *mine, struct error *e)
{
	char head[4];
	size_t got = 0;
	if (!b->read(b, 0, head, sizeof head, &got, e))
		return false;
	*mine = got == sizeof head && memcmp(head, "PK\3\4", sizeof head) == 0;
	return true;
}

struct fs *fs_open_zip(struct arena *a, struct blob *b, const struct fs_options *opts,
		       struct error *e)
{
	struct zip *f = NEW(a, struct zip);
	*f = (struct zip){
		.fs = {.ops = &zip_ops, .root = TREE_ROOT, .max = opts->max},
		.arena = a,
		.blob = b,
		.tree = tree_new(a, limits_entries(&opts->max), false),
	};
	return index_all(f, e) ? &f->fs : NULL;
}
