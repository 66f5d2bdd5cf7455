/*
 * archive.c - a tar or cpio, compressed or not, as a tree: indexed on one pass, read on others.
 *
 * The first pass keeps every name and the bodies that were asked for. A body that was not kept
 * is read in place when the archive is not compressed; otherwise by another pass, which also
 * keeps small files of the same directory, since whoever reads one of them reads the next. A
 * layer is hashed on each pass, and nothing of it is believed before its digest was right.
 *
 * What has no end mark and no checksum that proves its end is refused, as it may be the first
 * part of something longer. Not supported: 7z and the like, encrypted archives, multi-volume
 * tars.
 */
#include <string.h>

#include "archive.h"
#include "archive_pass.h"
#include "archive_skim.h"
#include "archive_source.h"
#include "arena.h"
#include "backends.h"
#include "bytes.h"

enum {
	PASSES_MAX = 64,
	NEIGHBOUR_MAX = 256 << 10, /* of a file that is kept along with another */
	NEIGHBOURS_MAX = 8 << 20,  /* of all such on one pass */
	EMPTY_MAX = 1 << 20,       /* zeros that an archive without entries may have */
	TAR_BLOCK = 512,
	HEAD = 64, /* bytes kept of every program: is it a script, an ELF? */
	SKIMS_MAX = 64,
};

/* ---- names ---- */

/* The path as fs_wanted wants it; most need no copy. */
static struct str member_path(struct arena *a, struct str path)
{
	while (str_starts(path, S("./")) || str_starts(path, S("/")))
		path = str_tail(path, path.p[0] == '/' ? 1 : 2);
	if (str_has(path, S("//")) || str_has(path, S("/.")) || str_starts(path, S(".")))
		return tree_clean_path(a, path);
	return path;
}

/* FNV-1a: a collision only keeps a file too many. */
static uint32_t directory_hash(struct str path)
{
	size_t slash = str_rfind(path, '/');
	uint32_t h = 2166136261u;
	for (size_t i = 0; slash < path.n && i < slash; i++)
		h = (h ^ (unsigned char)path.p[i]) * 16777619u;
	return h;
}

/* ---- a pass over the whole ---- */

struct reading {
	struct pass *pass;
	struct stream *verify; /* NULL where nothing must be proven */
};

static bool begin(struct archive_fs *f, struct reading *r, struct error *e)
{
	struct source *s;
	*r = (struct reading){.pass = pass_new(f->arena)};
	if (f->digest.n) {
		r->verify = stream_verify(f->arena, stream_blob(f->arena, f->blob), f->digest,
					  f->digest_size, e);
		if (!r->verify)
			return false;
		s = source_stream(f->arena, r->verify, &f->fs.max);
	} else {
		s = source_blob(f->arena, f->blob, 0, &f->fs.max);
	}
	return pass_open(r->pass, s, e);
}

/* Takes what is left: only then is it known that the compressed bytes were whole, and that
 * they were the promised ones. */
static bool finish(struct reading *r, struct error *e)
{
	struct source *rest = pass_rest(r->pass);
	if (rest->decoded && !stream_drain(&rest->stream, e))
		return false;
	return !r->verify || stream_drain(r->verify, e);
}

static bool read_start(struct archive_fs *f, struct pass *p, size_t n, struct str *out,
		       struct error *e)
{
	char *text = NEW_N(f->arena, char, n + 1);
	if (!pass_read(p, 0, text, n, e))
		return false;
	*out = (struct str){text, n};
	return true;
}

static bool read_body(struct archive_fs *f, struct pass *p, struct body *b, struct error *e)
{
	return read_start(f, p, (size_t)b->size, &b->text, e);
}

/* ---- the index ---- */

static bool wanted(const struct archive_fs *f, struct str path, uint64_t size)
{
	return f->opts.wanted && size <= f->opts.max_kept - f->kept && f->opts.wanted(path, size);
}

static bool in_place(const struct archive_fs *f, const struct body *b)
{
	return !f->digest.n && b->depth == 0;
}

/* What can be read in place is not read now. */
static struct skim *skim_of(struct archive_fs *f, const struct body *b, struct str path)
{
	if (!f->opts.skim || in_place(f, b) || f->skims >= SKIMS_MAX)
		return NULL;
	struct skim *skim = f->opts.skim(f->arena, path, b->size);
	f->skims += skim != NULL;
	return skim;
}

/* Bytes come with the entry at hand: notes where, keeps them when they are wanted. */
static bool index_body(struct archive_fs *f, struct pass *p, const struct pass_entry *entry,
		       struct tree_inode *inode, struct error *e)
{
	struct str path = member_path(f->arena, entry->path);
	struct body *b = NEW(f->arena, struct body);
	*vec_push(f->arena, &f->bodies) = b;
	*b = (struct body){
		.header_at = entry->header_at,
		.content_at = entry->content_at,
		.size = entry->st.size,
		.number = (uint32_t)entry->number,
		.directory = directory_hash(path),
		.depth = (uint16_t)entry->depth,
		.in_a_row = !entry->sparse,
	};
	inode->cookie = f->bodies.n;
	inode->st.size = entry->st.size;
	if (!wanted(f, path, b->size)) {
		struct skim *skim = skim_of(f, b, path);
		if (skim)
			return skim_entry(f->arena, p, b->size, skim, &b->head, &b->gist, e);
		return !(entry->st.mode & 0111) ||
		       read_start(f, p, b->size < HEAD ? (size_t)b->size : HEAD, &b->head, e);
	}
	f->kept += (size_t)b->size;
	b->kept = true;
	return read_body(f, p, b, e);
}

/* A second name. In a cpio the bytes may come with any of the names, and mostly do with the
 * last; in a tar with the first. */
static bool index_link(struct archive_fs *f, struct pass *p, const struct pass_entry *entry,
		       struct error *e)
{
	if (!tree_link(f->tree, entry->path, entry->link, e))
		return false;
	if (entry->st.kind != FS_REGULAR || entry->st.size == 0 ||
	    strcmp(pass_format(p), "cpio") != 0)
		return true;
	struct str rest = tree_clean_path(f->arena, entry->path), part;
	uint64_t ino = TREE_ROOT;
	while (rest.n) {
		str_cut(rest, '/', &part, &rest);
		if (!tree_find(f->tree, ino, part, &ino))
			return true;
	}
	struct tree_inode *inode = tree_inode(f->tree, ino);
	return inode->st.kind != FS_REGULAR || index_body(f, p, entry, inode, e);
}

static bool index_entry(struct archive_fs *f, struct pass *p, const struct pass_entry *entry,
			struct error *e)
{
	struct tree_inode *inode;
	if (entry->number > limits_entries(&f->fs.max))
		return fail(e, ERR_LIMIT, "more than %llu entries, see --max-entries",
			    (unsigned long long)limits_entries(&f->fs.max));
	if (entry->hardlink)
		return index_link(f, p, entry, e);
	if (!tree_add(f->tree, entry->path, &entry->st, &inode, e))
		return false;
	if (!inode)
		return true;
	if (entry->st.kind == FS_SYMLINK) {
		inode->text = str_dup(f->arena, entry->link);
		inode->kept = true;
	} else if (entry->st.kind == FS_REGULAR && entry->st.size) {
		return index_body(f, p, entry, inode, e);
	}
	return true;
}

/* Now that the next entry is known: did the last one take up just what it needs? */
static void check_in_a_row(struct archive_fs *f, const struct pass *p, size_t bodies)
{
	if (f->bodies.n == bodies)
		return;
	struct body *b = f->bodies.at[f->bodies.n - 1];
	uint64_t end = pass_previous_end(p);
	uint64_t stored = end >= b->content_at ? end - b->content_at : 0;
	b->in_a_row = b->in_a_row && stored >= b->size && stored - b->size < TAR_BLOCK;
}

/* An archive may be empty, but what begins with zeros and goes on with something else is no
 * archive: a disk image begins like that. */
static bool check_empty(struct reading *r, struct error *e)
{
	struct source *rest = pass_rest(r->pass);
	struct str piece;
	for (size_t n = 0; n <= EMPTY_MAX; n += piece.n) {
		if (!source_next(rest, &piece, e))
			return false;
		if (piece.n == 0)
			return true;
		if (piece.p[0] || memcmp(piece.p, piece.p + 1, piece.n - 1) != 0)
			return fail(e, ERR_UNSUPPORTED, "not a tar or cpio archive");
	}
	return fail(e, ERR_CORRUPT, "empty archive: zeros where its entries should be");
}

static bool index_all(struct archive_fs *f, struct reading *r, struct error *e)
{
	struct pass_entry entry;
	size_t bodies = 0, entries = 0;
	for (;;) {
		enum pass_step step = pass_next(r->pass, &entry, e);
		if (step == PASS_FAILED)
			return false;
		check_in_a_row(f, r->pass, bodies);
		bodies = f->bodies.n;
		if (step == PASS_END)
			break;
		entries++;
		if (!index_entry(f, r->pass, &entry, e))
			return false;
	}
	bool proven = f->digest.n || pass_rest(r->pass)->decoded;
	if (!proven && !pass_end_marked(r->pass))
		return fail(e, ERR_CORRUPT, "%s: ends without an end mark after entry %zu",
			    pass_format(r->pass), entries);
	if (entries == 0 && !f->digest.n && !check_empty(r, e))
		return false;
	f->compressed = pass_rest(r->pass)->depth > 0;
	return finish(r, e);
}

/* ---- bodies that were not kept ---- */

/* The bodies of one pass, not to be believed before its end. */
struct harvest {
	const struct body *want;
	size_t room;
	VEC(struct body *) bodies;
};

/* The entry at hand: reads it when it is the wanted one or a small one next to it. */
static bool reap(struct archive_fs *f, struct harvest *h, struct pass *p, struct body *b,
		 const struct pass_entry *entry, struct error *e)
{
	const struct body *want = h->want;
	bool near =
		b->directory == want->directory && b->size <= NEIGHBOUR_MAX && b->size <= h->room;
	if (b->kept || (b != want && !near))
		return true;
	if (entry->st.size != b->size)
		return fail(e, ERR_CORRUPT, "changed while it was read");
	h->room -= b != want ? (size_t)b->size : 0;
	*vec_push(f->arena, &h->bodies) = b;
	return read_body(f, p, b, e);
}

static bool reap_all(struct archive_fs *f, struct harvest *h, struct pass *p, struct error *e)
{
	struct pass_entry entry;
	enum pass_step step = PASS_END;
	size_t i = 0;
	while (i < f->bodies.n && (step = pass_next(p, &entry, e)) == PASS_ENTRY) {
		while (i < f->bodies.n && f->bodies.at[i]->number < entry.number)
			i++;
		if (i < f->bodies.n && f->bodies.at[i]->number == entry.number &&
		    !reap(f, h, p, f->bodies.at[i], &entry, e))
			return false;
	}
	return step != PASS_FAILED;
}

/* Another pass: keeps the bytes of one file, and of small neighbours of it. */
static bool keep_bodies(struct archive_fs *f, struct body *want, struct error *e)
{
	struct reading r;
	struct harvest h = {.want = want, .room = NEIGHBOURS_MAX};
	if (++f->passes > PASSES_MAX)
		return fail(e, ERR_LIMIT, "more than %d passes over a compressed archive",
			    PASSES_MAX);
	if (!begin(f, &r, e) || !reap_all(f, &h, r.pass, e) || !finish(&r, e))
		return false;
	for (size_t i = 0; i < h.bodies.n; i++)
		h.bodies.at[i]->kept = h.bodies.at[i]->late = true;
	if (!want->kept)
		return fail(e, ERR_CORRUPT, "changed while it was read");
	return true;
}

static struct body *body_of(struct archive_fs *f, const struct tree_inode *inode)
{
	return inode->cookie ? f->bodies.at[inode->cookie - 1] : NULL;
}

/* A sparse file: a pass that begins at its header, and goes on where the last read ended. */
static bool read_runs(struct archive_fs *f, uint64_t ino, const struct body *b, uint64_t at,
		      void *buf, size_t n, struct error *e)
{
	struct pass_entry entry;
	if (!f->runs)
		f->runs = pass_new(f->arena);
	if (f->runs_ino != ino || f->runs_at > at) {
		struct source *s = source_blob(f->arena, f->blob, b->header_at, &f->fs.max);
		f->runs_ino = TREE_ROOT;
		if (!pass_open(f->runs, s, e))
			return false;
		if (pass_next(f->runs, &entry, e) != PASS_ENTRY || entry.st.size != b->size)
			return fail(e, ERR_CORRUPT, "changed while it was read");
		f->runs_ino = ino;
	}
	f->runs_at = at + n;
	return pass_read(f->runs, at, buf, n, e);
}

static bool read_regular(struct archive_fs *f, uint64_t ino, struct body *b, uint64_t at, void *buf,
			 size_t n, struct error *e)
{
	if (!b->kept && within(at, n, b->head.n)) {
		memcpy(buf, b->head.p + at, n);
		return true;
	}
	if (!b->kept && in_place(f, b))
		return b->in_a_row ? blob_read(f->blob, b->content_at + at, buf, n, e)
				   : read_runs(f, ino, b, at, buf, n, e);
	if (!b->kept && b->size > limits_file(&f->fs.max))
		return fail(e, ERR_LIMIT, "%llu bytes long, see --max-file",
			    (unsigned long long)b->size);
	if (!b->kept && !keep_bodies(f, b, e))
		return false;
	b->asked = true;
	memcpy(buf, b->text.p + at, n);
	return true;
}

/* ---- operations ---- */

static struct tree_inode *inode_of(struct archive_fs *f, uint64_t ino, struct error *e)
{
	struct tree_inode *inode = tree_inode(f->tree, ino);
	if (!inode)
		fail(e, ERR_CORRUPT, "no inode %llu", (unsigned long long)ino);
	return inode;
}

static bool archive_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	const struct tree_inode *inode = inode_of((struct archive_fs *)fs, ino, e);
	if (inode)
		*out = inode->st;
	return inode != NULL;
}

static bool archive_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	(void)e;
	tree_each(((struct archive_fs *)fs)->tree, ino, visit, arg);
	return true;
}

static bool archive_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
			   struct error *e)
{
	(void)e;
	*found = tree_find(((struct archive_fs *)fs)->tree, dir, name, ino);
	return true;
}

static bool archive_read_at(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n,
			    size_t *got, struct error *e)
{
	struct archive_fs *f = (struct archive_fs *)fs;
	const struct tree_inode *inode = inode_of(f, ino, e);
	if (!inode)
		return false;
	struct body *b = body_of(f, inode);
	uint64_t size = b ? b->size : inode->text.n;
	uint64_t left = at < size ? size - at : 0;
	n = left < n ? (size_t)left : n;
	if (n && b && !read_regular(f, ino, b, at, buf, n, e))
		return false;
	if (n && !b)
		memcpy(buf, inode->text.p + at, n);
	*got = n;
	return true;
}

static struct blob *plain_blob(struct archive_fs *f, struct error *e)
{
	if (!f->spool) {
		struct source *s = source_blob(f->arena, f->blob, 0, &f->fs.max);
		if (!source_decode(&s, e))
			return NULL;
		f->spool = blob_spool(f->arena, &s->stream, limits_spill(&f->fs.max), e);
	}
	return f->spool;
}

static bool archive_blob(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
			 struct error *e)
{
	struct archive_fs *f = (struct archive_fs *)fs;
	const struct tree_inode *inode = inode_of(f, ino, e);
	if (!inode)
		return false;
	const struct body *b = body_of(f, inode);
	if (!b || inode->st.kind != FS_REGULAR) {
		*out = NULL;
	} else if (b->kept) {
		*out = blob_memory(a, f->blob->name, b->text);
	} else if (in_place(f, b) && b->in_a_row) {
		*out = blob_window(a, f->blob, f->blob->name, b->content_at, b->size);
	} else if (!f->digest.n && b->depth == 1 && f->compressed && b->in_a_row) {
		struct blob *plain = plain_blob(f, e);
		if (!plain)
			return false;
		*out = blob_window(a, plain, f->blob->name, b->content_at, b->size);
	} else {
		*out = NULL;
	}
	return true;
}

static bool archive_gist(struct fs *fs, uint64_t ino, struct str *out, struct error *e)
{
	struct archive_fs *f = (struct archive_fs *)fs;
	const struct tree_inode *inode = inode_of(f, ino, e);
	if (!inode)
		return false;
	const struct body *b = body_of(f, inode);
	*out = b ? b->gist : (struct str){0};
	return true;
}

bool fs_probe_archive(struct blob *b, bool *mine, struct error *e)
{
	(void)b;
	(void)e;
	*mine = true;
	return true;
}

/* "not a tar or cpio archive" is a poor answer where it is plain what it is instead. */
static void name_format(struct archive_fs *f, struct error *e)
{
	static const struct {
		const char *magic, *name;
	} others[] = {
		{"PK\3\4", "a zip archive"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
		{"Rar!\x1a\x07", "a RAR archive"},
		{"!<arch>\n", "an ar archive"},
		{"\x89LZO", "compressed with lzop"},
		{"LRZI", "compressed with lrzip"},
		{"Salted__", "encrypted by openssl"},
		{"age-encryption.org/", "encrypted by age"},
		{"-----BEGIN PGP MESSAGE", "encrypted by PGP"},
		{"hsqs", "a squashfs file system"},
	};
	char head[32];
	size_t n;
	struct error ignored;
	if (e->kind != ERR_UNSUPPORTED ||
	    !f->blob->read(f->blob, 0, head, sizeof head, &n, &ignored))
		return;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (str_starts((struct str){head, n}, str_from(others[i].magic)))
			fail(e, ERR_UNSUPPORTED, "not a tar or cpio archive but %s",
			     others[i].name);
}

static struct fs *open_archive(struct archive_fs *f, struct error *e)
{
	struct reading r;
	if (!begin(f, &r, e) || !index_all(f, &r, e)) {
		name_format(f, e);
		return NULL;
	}
	f->fs.ops = strcmp(pass_format(r.pass), "cpio") == 0 ? &archive_cpio : &archive_tar;
	return &f->fs;
}

struct archive_fs *archive_new(struct arena *a, struct blob *b, const struct fs_options *opts)
{
	struct archive_fs *f = NEW(a, struct archive_fs);
	f->fs.root = TREE_ROOT;
	f->arena = a;
	f->blob = b;
	f->opts = *opts;
	f->fs.max = opts->max;
	f->tree = tree_new(a, limits_entries(&opts->max), opts->whiteouts);
	return f;
}

struct fs *fs_open_archive(struct arena *a, struct blob *b, const struct fs_options *opts,
			   struct error *e)
{
	return open_archive(archive_new(a, b, opts), e);
}

struct fs *fs_open_layer(struct arena *a, struct blob *b, struct str digest, uint64_t size,
			 const struct fs_options *opts, struct error *e)
{
	struct archive_fs *f = archive_new(a, b, opts);
	f->digest = digest;
	f->digest_size = size;
	return open_archive(f, e);
}

const struct fs_ops archive_tar = {
	.name = "tar",
	.stat = archive_stat,
	.list = archive_list,
	.read = archive_read_at,
	.lookup = archive_lookup,
	.blob = archive_blob,
	.gist = archive_gist,
};

const struct fs_ops archive_cpio = {
	.name = "cpio",
	.stat = archive_stat,
	.list = archive_list,
	.read = archive_read_at,
	.lookup = archive_lookup,
	.blob = archive_blob,
	.gist = archive_gist,
};
