/*
 * iso9660.c - a CD image as a tree of files: ISO 9660 (ECMA-119, fourth edition), with the names,
 * modes and links of Rock Ridge (IEEE P1282 over SUSP, P1281), else the names of Joliet, else those
 * of ISO 9660 as Linux shows them. Files lie in a row, and are windows onto the image.
 *
 * An inode's number is the place of its directory record. Not supported: files that are
 * interleaved, multi-session discs (the first is read), and UDF beside it. Files compressed as
 * zisofs has it are those of zisofs.c.
 */
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"
#include "zisofs.h"

enum {
	SECTOR = 2048,
	DESCRIPTORS_AT = 16 * SECTOR,
	DESCRIPTORS_MAX = 32,
	DESCRIPTOR_PRIMARY = 1,
	DESCRIPTOR_FURTHER = 2,
	DESCRIPTOR_END = 255,
	ROOT_RECORD = 156, /* in a descriptor */

	RECORD_MIN = 33, /* of a directory record, before its name */
	RECORD_MAX = 255,
	FLAG_DIRECTORY = 0x02,
	FLAG_CONTINUED = 0x80, /* the next record has more of the file */

	CONTINUATIONS_MAX = 32,
	LINK_MAX = 4096,
};

enum naming { NAMES_PLAIN, NAMES_JOLIET, NAMES_ROCK_RIDGE };

struct iso {
	struct fs fs;
	struct blob *blob;
	enum naming naming;
	unsigned skip; /* bytes in front of every record's Rock Ridge entries */
	struct arena *arena;
	struct zisofs *zisofs; /* once a file was compressed */
};

struct record {
	uint64_t at;
	size_t n;
	unsigned char p[RECORD_MAX];
	unsigned flags;
	uint64_t extent, size; /* in bytes */
	/* Of Rock Ridge: */
	unsigned mode; /* 0: not told */
	uint32_t uid, gid;
	uint64_t child; /* where a directory stands that was moved; 0: here */
	bool moved_here, compressed;
	struct zisofs_file packed;
	char name[FS_NAME_MAX + 1];
	size_t name_n;
	char link[LINK_MAX];
	size_t link_n;
	bool link_open; /* a component of the link goes on */
};

static bool damaged(const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "iso9660: %s", why);
}

/* ---- Rock Ridge ---- */

static bool add_name(struct record *r, const unsigned char *p, size_t n, struct error *e)
{
	if (n < 5 || p[4] & 6)
		return n >= 5 || damaged("a name entry is cut short", e);
	if (n - 5 > FS_NAME_MAX - r->name_n)
		return damaged("a name is too long", e);
	memcpy(r->name + r->name_n, p + 5, n - 5);
	r->name_n += n - 5;
	return true;
}

static bool add_text(struct record *r, const void *text, size_t n, struct error *e)
{
	if (n > LINK_MAX - r->link_n)
		return damaged("a link is too long", e);
	memcpy(r->link + r->link_n, text, n);
	r->link_n += n;
	return true;
}

/* Components of a link's target: flags, length, text. */
static bool add_link(struct record *r, const unsigned char *p, size_t n, struct error *e)
{
	enum { CONTINUED = 1, CURRENT = 2, PARENT = 4, ROOT = 8 };
	for (size_t at = 5, length; at + 2 <= n; at += 2 + length) {
		unsigned flags = p[at];
		length = p[at + 1];
		if (length > n - at - 2)
			return damaged("a link is cut short", e);
		bool slash = r->link_n && !r->link_open && r->link[r->link_n - 1] != '/';
		if ((slash && !add_text(r, "/", 1, e)) ||
		    (flags & ROOT && !add_text(r, "/", 1, e)) ||
		    (flags & CURRENT && !add_text(r, ".", 1, e)) ||
		    (flags & PARENT && !add_text(r, "..", 2, e)) ||
		    !add_text(r, p + at + 2, length, e))
			return false;
		r->link_open = flags & CONTINUED;
	}
	return true;
}

static bool is(const unsigned char *p, const char *name)
{
	return memcmp(p, name, 2) == 0;
}

/* Where the entries go on. */
struct continuation {
	uint64_t at;
	uint32_t n;
};

static bool take_entry(struct record *r, const unsigned char *p, size_t n,
		       struct continuation *more, struct error *e)
{
	if (is(p, "NM"))
		return add_name(r, p, n, e);
	if (is(p, "SL"))
		return add_link(r, p, n, e);
	if (is(p, "PX") && n >= 36) {
		r->mode = load_le32(p + 4);
		r->uid = load_le32(p + 20);
		r->gid = load_le32(p + 28);
	} else if (is(p, "CE") && n >= 28) {
		*more = (struct continuation){
			(uint64_t)load_le32(p + 4) * SECTOR + load_le32(p + 12), load_le32(p + 20)};
	} else if (is(p, "CL") && n >= 12) {
		r->child = (uint64_t)load_le32(p + 4) * SECTOR;
	} else if (is(p, "RE")) {
		r->moved_here = true;
	} else if (is(p, "ZF")) {
		r->compressed = true;
		zisofs_entry(&r->packed, p, n);
	}
	return true;
}

static bool take_entries(struct record *r, const unsigned char *p, size_t n,
			 struct continuation *more, struct error *e)
{
	for (size_t at = 0; at + 4 <= n && !is(p + at, "ST"); at += p[at + 2]) {
		if (p[at + 2] < 4 || p[at + 2] > n - at)
			return p[at] == 0 || damaged("a Rock Ridge entry is cut short", e);
		if (!take_entry(r, p + at, p[at + 2], more, e))
			return false;
	}
	return true;
}

static bool read_entries(const struct iso *f, struct record *r, struct error *e)
{
	unsigned char area[SECTOR];
	size_t from = (size_t)RECORD_MIN + r->p[32];
	from += from % 2 + (r->at == f->fs.root ? 0 : f->skip);
	struct continuation more = {0};
	if (from < r->n && !take_entries(r, r->p + from, r->n - from, &more, e))
		return false;
	for (unsigned i = 0; more.n; i++) {
		struct continuation now = more;
		if (i == CONTINUATIONS_MAX)
			return fail(e, ERR_LIMIT, "iso9660: entries go on more than %d times",
				    CONTINUATIONS_MAX);
		if (now.n > sizeof area)
			return damaged("entries go on for more than a sector", e);
		more.n = 0;
		if (!blob_read(f->blob, now.at, area, now.n, e) ||
		    !take_entries(r, area, now.n, &more, e))
			return false;
	}
	return true;
}

/* ---- names ---- */

static void add_utf8(struct record *r, unsigned c)
{
	char *to = r->name + r->name_n;
	if (c < 0x80) {
		to[0] = (char)c;
		r->name_n += 1;
	} else if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		r->name_n += 2;
	} else {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		r->name_n += 3;
	}
}

/* Big-endian UCS-2; a ";1" at the end is no part of the name. */
static void joliet_name(struct record *r, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i + 1 < n && r->name_n + 3 <= FS_NAME_MAX; i += 2)
		add_utf8(r, (unsigned)p[i] << 8 | p[i + 1]);
	struct str name = {r->name, r->name_n};
	if (str_ends(name, S(";1")))
		r->name_n -= 2;
}

/* "README.;1" is shown as "readme". */
static void plain_name(struct record *r, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n && p[i] != ';'; i++)
		r->name[r->name_n++] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i]);
	if (r->name_n > 1 && r->name[r->name_n - 1] == '.')
		r->name_n--;
}

/* ---- records ---- */

static bool parse_record(const struct iso *f, struct record *r, struct error *e)
{
	const unsigned char *p = r->p;
	size_t name_n = p[32];
	if (RECORD_MIN + name_n > r->n)
		return damaged("a directory record is cut short", e);
	r->flags = p[25];
	r->extent = ((uint64_t)load_le32(p + 2) + p[1]) * SECTOR;
	r->size = load_le32(p + 10);
	if (p[26] || p[27])
		return fail(e, ERR_UNSUPPORTED, "iso9660: a file that is interleaved");
	if (f->naming == NAMES_ROCK_RIDGE && !read_entries(f, r, e))
		return false;
	if (r->name_n == 0 && f->naming == NAMES_JOLIET)
		joliet_name(r, p + RECORD_MIN, name_n);
	else if (r->name_n == 0)
		plain_name(r, p + RECORD_MIN, name_n);
	return true;
}

/* The record at a place; n == 0 where the rest of the sector is empty. */
static bool read_record(const struct iso *f, uint64_t at, struct record *r, struct error *e)
{
	memset(r, 0, sizeof *r);
	r->at = at;
	if (!blob_read(f->blob, at, r->p, 1, e))
		return false;
	r->n = r->p[0];
	if (r->n == 0)
		return true;
	bool whole = r->n > RECORD_MIN && r->n <= SECTOR - at % SECTOR;
	if (!whole)
		return damaged("a directory record is cut short", e);
	return blob_read(f->blob, at, r->p, r->n, e) && parse_record(f, r, e);
}

static bool read_inode(const struct iso *f, uint64_t ino, struct record *r, struct error *e)
{
	return read_record(f, ino, r, e) && (r->n || damaged("a directory record is empty", e));
}

/* The record behind one, which may stand in the next sector. */
static bool next_record(const struct iso *f, struct record *r, struct error *e)
{
	uint64_t at = r->at + r->n;
	if (!read_record(f, at, r, e))
		return false;
	if (r->n)
		return true;
	return read_inode(f, (at + SECTOR) & ~(uint64_t)(SECTOR - 1), r, e);
}

static bool describe(const struct iso *f, struct record *r, struct fs_stat *out, struct error *e)
{
	bool dir = r->flags & FLAG_DIRECTORY;
	struct fs_stat st = {.kind = dir ? FS_DIRECTORY : FS_REGULAR,
			     .mode = dir ? 0555 : 0444,
			     .uid = r->uid,
			     .gid = r->gid,
			     .size = r->size};
	if (r->mode) {
		st.mode = r->mode & 07777;
		if (S_ISLNK(r->mode))
			st.kind = FS_SYMLINK;
		else if (S_ISCHR(r->mode) || S_ISBLK(r->mode))
			st.kind = FS_DEVICE;
		else if (!S_ISREG(r->mode) && !dir)
			st.kind = FS_OTHER;
	}
	if (st.kind == FS_SYMLINK)
		st.size = r->link_n;
	struct record *more = r;
	for (unsigned i = 2; st.kind == FS_REGULAR && more->flags & FLAG_CONTINUED; i++) {
		if (!fs_pieces_fit(&f->fs, i, e))
			return fail_in(e, "iso9660: a file");
		if (!next_record(f, more, e))
			return false;
		st.size += more->size;
	}
	if (st.kind == FS_REGULAR && r->packed.known)
		st.size = r->packed.plain_n;
	*out = st;
	return true;
}

/* ---- operations ---- */

static bool iso_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct record r;
	return read_inode((struct iso *)fs, ino, &r, e) && describe((struct iso *)fs, &r, out, e);
}

struct listing {
	fs_visit *visit;
	void *arg;
	bool continued, stopped;
};

static bool list_record(struct listing *l, const struct record *r, struct error *e)
{
	bool dots = r->p[32] == 1 && r->p[RECORD_MIN] <= 1;
	bool more = l->continued;
	l->continued = r->flags & FLAG_CONTINUED;
	if (dots || more || r->moved_here)
		return true;
	struct str name = {r->name, r->name_n};
	if (!fs_name_valid(name))
		return damaged("a directory holds something that is not a name", e);
	l->stopped = !l->visit(l->arg, name, r->child ? r->child : r->at);
	return true;
}

/* The first record of every directory (ECMA-119, 6.8.2.2). */
static bool is_itself(const struct record *r, uint64_t extent)
{
	return r->n && r->p[32] == 1 && r->p[RECORD_MIN] == 0 && r->extent == extent;
}

static bool iso_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct iso *f = (struct iso *)fs;
	struct listing l = {.visit = visit, .arg = arg};
	struct record r;
	if (!read_inode(f, ino, &r, e))
		return false;
	if (!(r.flags & FLAG_DIRECTORY))
		return damaged("not a directory", e);
	if (!fs_directory_fits(fs, r.size, e))
		return fail_in(e, "iso9660: a directory");
	uint64_t begin = r.extent, at = begin, end = begin + r.size;
	while (at < end && !l.stopped) {
		if (!read_record(f, at, &r, e))
			return false;
		if (at == begin && !is_itself(&r, begin))
			return damaged("a directory does not begin with itself", e);
		if (r.n && !list_record(&l, &r, e))
			return false;
		at = r.n ? at + r.n : (at + SECTOR) & ~(uint64_t)(SECTOR - 1);
	}
	return true;
}

/* A file's bytes, part by part; r is its first record. */
static bool read_parts(struct iso *f, struct record *r, uint64_t at, char *buf, size_t n,
		       struct error *e)
{
	while (n) {
		size_t some = 0;
		if (at < r->size) {
			some = r->size - at < n ? (size_t)(r->size - at) : n;
			if (!blob_read(f->blob, r->extent + at, buf, some, e))
				return false;
		}
		buf += some;
		n -= some;
		at = at + some - r->size;
		if (n && !next_record(f, r, e))
			return false;
	}
	return true;
}

static bool read_packed(struct iso *f, struct record *r, uint64_t at, char *buf, size_t n,
			struct error *e)
{
	if (r->flags & FLAG_CONTINUED)
		return fail(e, ERR_UNSUPPORTED, "iso9660: a compressed file in sections");
	if (!f->zisofs)
		f->zisofs = zisofs_new(f->arena, f->blob);
	r->packed.at = r->extent;
	r->packed.n = r->size;
	return zisofs_read(f->zisofs, &r->packed, at, buf, n, e);
}

static bool iso_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e)
{
	struct iso *f = (struct iso *)fs;
	struct record r;
	struct fs_stat st;
	if (!iso_stat(fs, ino, &st, e) || !read_inode(f, ino, &r, e))
		return false;
	uint64_t left = at < st.size ? st.size - at : 0;
	n = left < n ? (size_t)left : n;
	if (st.kind != FS_REGULAR && st.kind != FS_SYMLINK)
		return damaged("neither a file nor a link", e);
	if (n && st.kind == FS_SYMLINK)
		memcpy(buf, r.link + at, n);
	else if (n && !(r.compressed ? read_packed : read_parts)(f, &r, at, buf, n, e))
		return false;
	*got = n;
	return true;
}

static bool iso_blob(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
		     struct error *e)
{
	struct iso *f = (struct iso *)fs;
	struct record r;
	if (!read_inode(f, ino, &r, e))
		return false;
	bool whole = !r.compressed && !(r.flags & (FLAG_CONTINUED | FLAG_DIRECTORY)) &&
		     (r.mode == 0 || S_ISREG(r.mode)) && within(r.extent, r.size, f->blob->size);
	*out = whole ? blob_window(a, f->blob, f->blob->name, r.extent, r.size) : NULL;
	return true;
}

static const struct fs_ops iso_ops = {
	.name = "iso9660",
	.stat = iso_stat,
	.list = iso_list,
	.read = iso_read,
	.blob = iso_blob,
};

/* ---- descriptors ---- */

bool fs_probe_iso9660(struct blob *b, bool *mine, struct error *e)
{
	char head[6];
	size_t got = 0;
	if (!b->read(b, DESCRIPTORS_AT + 1, head, sizeof head, &got, e))
		return false;
	*mine = got == sizeof head && memcmp(head, "CD001\1", sizeof head) == 0;
	return true;
}

/* The escape sequences of UCS-2, levels 1 to 3. */
static bool is_joliet(const unsigned char *d)
{
	return memcmp(d + 88, "%/@", 3) == 0 || memcmp(d + 88, "%/C", 3) == 0 ||
	       memcmp(d + 88, "%/E", 3) == 0;
}

/* The root is its own first record; does that say that it, and all, have Rock Ridge entries? */
static bool open_root(struct iso *f, const unsigned char *record, enum naming without,
		      struct error *e)
{
	unsigned char p[RECORD_MAX] = {0};
	f->fs.root = ((uint64_t)load_le32(record + 2) + record[1]) * SECTOR;
	if (!blob_read(f->blob, f->fs.root, p, 1, e) || !blob_read(f->blob, f->fs.root, p, p[0], e))
		return false;
	const unsigned char *sp = p + RECORD_MIN + 1;
	bool rock_ridge =
		p[0] >= RECORD_MIN + 1 + 7 && is(sp, "SP") && sp[4] == 0xbe && sp[5] == 0xef;
	f->skip = rock_ridge ? sp[6] : 0;
	f->naming = rock_ridge ? NAMES_ROCK_RIDGE : without;
	return true;
}

/* The volume's date of change, else of making, as blkid prints it. */
static struct str date_text(struct arena *a, const unsigned char *d)
{
	const char *t = (const char *)d + (d[830] > '0' ? 830 : 813);
	for (size_t i = 0; i < 16; i++)
		if (t[i] < '0' || t[i] > '9')
			return S("");
	return str_fmt(a, "%.4s-%.2s-%.2s-%.2s-%.2s-%.2s-%.2s", t, t + 4, t + 6, t + 8, t + 10,
		       t + 12, t + 14);
}

static bool open_primary(struct iso *f, struct arena *a, const unsigned char *d, struct error *e)
{
	if (load_le16(d + 128) != SECTOR)
		return fail(e, ERR_UNSUPPORTED, "iso9660: blocks of %u bytes", load_le16(d + 128));
	f->fs.label = str_trim(str_dup(a, (struct str){(const char *)d + 40, 32}), " ");
	f->fs.uuid = date_text(a, d);
	return open_root(f, d + ROOT_RECORD, NAMES_PLAIN, e);
}

struct fs *fs_open_iso9660(struct arena *a, struct blob *b, const struct fs_options *opts,
			   struct error *e)
{
	struct iso *f = NEW(a, struct iso);
	unsigned char d[SECTOR];
	f->fs = (struct fs){.ops = &iso_ops, .max = opts->max};
	f->blob = b;
	f->arena = a;
	for (unsigned i = 0; i < DESCRIPTORS_MAX; i++) {
		uint64_t at = DESCRIPTORS_AT + (uint64_t)i * SECTOR;
		if (!blob_read(b, at, d, sizeof d, e))
			return NULL;
		if (memcmp(d + 1, "CD001", 5) != 0 || d[0] == DESCRIPTOR_END)
			break;
		if (d[0] == DESCRIPTOR_PRIMARY && !f->fs.root && !open_primary(f, a, d, e))
			return NULL;
		if (d[0] == DESCRIPTOR_FURTHER && f->fs.root && f->naming == NAMES_PLAIN &&
		    is_joliet(d) && !open_root(f, d + ROOT_RECORD, NAMES_JOLIET, e))
			return NULL;
	}
	if (f->fs.root)
		return &f->fs;
	damaged("no primary volume descriptor", e);
	return NULL;
}
