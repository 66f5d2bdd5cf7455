/*
 * squashfs.c - a squashfs 4.0 image as a tree, through libsquashfs; the one door to it.
 *
 * The library undoes compression and walks metadata blocks; what they say is read here, after
 * "SquashFS Format" of squashfs-tools-ng (doc/format.adoc), so that no size that an image
 * claims is ever allocated. An inode number is the inode's reference: the place of its metadata
 * block in the inode table, and of the inode in the block. Extended attributes are passed over.
 * Not supported: lzo, which the library leaves out, and the formats before 4.0.
 */
#include <sqfs/block.h>
#include <sqfs/compressor.h>
#include <sqfs/dir.h>
#include <sqfs/error.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_reader.h>
#include <sqfs/super.h>
#include <string.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"

enum {
	REF_OFFSET = 16, /* bits of a reference below the block's place */
	ID_SIZE = 4,
	FRAGMENT_SIZE = 16,
	LISTING_MORE = 3, /* a directory's size is told this much too large */
	LINK_MAX = 64 << 10,
	STORED_PLAIN = 1 << 24,
	STORED_SIZE = STORED_PLAIN - 1,
};

#define NO_FRAGMENT UINT32_MAX
#define NO_TABLE UINT64_MAX

/* The image, as the library reads it. What a blob fails with is kept for the caller. */
struct image {
	sqfs_file_t file;
	struct blob *blob;
	uint64_t size;
	struct error failed;
};

/* One block in plain, kept for the reads that follow. */
struct block {
	uint64_t at; /* in the image; 0: none yet, since the superblock lies there */
	size_t n;
	unsigned char *bytes;
};

/* How far the list of a file's block sizes was read: it can only be read in a row. */
struct run {
	uint64_t ino, index; /* the block whose size comes next */
	uint64_t at;         /* where that block lies in the image */
	uint64_t list_block; /* where its size lies */
	size_t list_offset;
};

struct squashfs {
	struct fs fs;
	struct image image;
	sqfs_super_t super;
	sqfs_compressor_t *codec;
	sqfs_meta_reader_t *inodes, *listings, *owners, *fragments;
	unsigned char *stored; /* a block as it lies in the image */
	struct block content, fragment;
	struct run run;
};

/* An inode, and where the library stands after it. */
struct inode {
	struct fs_stat st;
	uint32_t listing_block, listing_offset; /* of a directory */
	uint64_t blocks_at;                     /* of a file */
	uint32_t fragment, fragment_offset;
};

/* ---- the library ---- */

static int image_read(sqfs_file_t *file, sqfs_u64 at, void *buf, size_t n)
{
	struct image *image = (struct image *)file;
	if (!within(at, n, image->size))
		return SQFS_ERROR_OUT_OF_BOUNDS;
	return blob_read(image->blob, at, buf, n, &image->failed) ? 0 : SQFS_ERROR_IO;
}

static int image_write(sqfs_file_t *file, sqfs_u64 at, const void *buf, size_t n)
{
	(void)file, (void)at, (void)buf, (void)n;
	return SQFS_ERROR_UNSUPPORTED;
}

static int image_truncate(sqfs_file_t *file, sqfs_u64 size)
{
	(void)file, (void)size;
	return SQFS_ERROR_UNSUPPORTED;
}

static sqfs_u64 image_size(const sqfs_file_t *file)
{
	return ((const struct image *)file)->size;
}

/* Why the library gave up, as an error about `what`. */
static bool squash_fail(struct squashfs *f, int code, const char *what, struct error *e)
{
	if (f->image.failed.kind != ERR_NONE) {
		*e = f->image.failed;
		f->image.failed = (struct error){0};
		return false;
	}
	switch (code) {
	case SQFS_ERROR_ALLOC: return fail(e, ERR_LIMIT, "squashfs: %s: no memory left", what);
	case SQFS_ERROR_COMPRESSOR:
		return fail(e, ERR_CORRUPT, "squashfs: %s: cannot be decompressed", what);
	case SQFS_ERROR_OUT_OF_BOUNDS:
		return fail(e, ERR_CORRUPT, "squashfs: %s: lies outside of its table", what);
	default: return fail(e, ERR_CORRUPT, "squashfs: %s: damaged", what);
	}
}

static void destroy(void *object)
{
	sqfs_destroy(object);
}

static bool take(struct squashfs *f, sqfs_meta_reader_t *from, void *buf, size_t n,
		 const char *what, struct error *e)
{
	int code = sqfs_meta_reader_read(from, buf, n);
	return code == 0 || squash_fail(f, code, what, e);
}

static bool skip(struct squashfs *f, sqfs_meta_reader_t *from, uint64_t n, const char *what,
		 struct error *e)
{
	char passed[1024];
	for (size_t piece; n; n -= piece) {
		piece = n < sizeof passed ? (size_t)n : sizeof passed;
		if (!take(f, from, passed, piece, what, e))
			return false;
	}
	return true;
}

static bool seek(struct squashfs *f, sqfs_meta_reader_t *in, uint64_t table, uint64_t block,
		 size_t offset, const char *what, struct error *e)
{
	uint64_t at;
	int code = add_u64(table, block, &at) ? sqfs_meta_reader_seek(in, at, offset)
					      : SQFS_ERROR_OUT_OF_BOUNDS;
	return code == 0 || squash_fail(f, code, what, e);
}

/* Record `index` of a table of records of `size` bytes: an array of the places of its metadata
 * blocks stands at `table`. */
static bool record(struct squashfs *f, sqfs_meta_reader_t *in, uint64_t table, uint32_t index,
		   size_t size, void *buf, const char *what, struct error *e)
{
	unsigned char place[8];
	uint64_t at = (uint64_t)index * size;
	if (!within(table, at / SQFS_META_BLOCK_SIZE * 8 + 8, f->image.size))
		return fail(e, ERR_CORRUPT, "squashfs: %s: lies outside of its table", what);
	return blob_read(f->image.blob, table + at / SQFS_META_BLOCK_SIZE * 8, place, 8, e) &&
	       seek(f, in, 0, load_le64(place), at % SQFS_META_BLOCK_SIZE, what, e) &&
	       take(f, in, buf, size, what, e);
}

/* ---- inodes ---- */

static bool owner(struct squashfs *f, unsigned index, uint32_t *out, struct error *e)
{
	unsigned char id[ID_SIZE];
	if (index >= f->super.id_count)
		return squash_fail(f, SQFS_ERROR_OUT_OF_BOUNDS, "owner", e);
	if (!record(f, f->owners, f->super.id_table_start, index, sizeof id, id, "owner", e))
		return false;
	*out = load_le32(id);
	return true;
}

static bool read_dir(struct squashfs *f, bool wide, struct inode *out, struct error *e)
{
	unsigned char p[24];
	if (!take(f, f->inodes, p, wide ? 24 : 16, "inode", e))
		return false;
	out->st.kind = FS_DIRECTORY;
	out->listing_block = load_le32(wide ? p + 8 : p);
	out->listing_offset = load_le16(wide ? p + 18 : p + 10);
	out->st.size = wide ? load_le32(p + 4) : load_le16(p + 8);
	return true;
}

static bool read_file(struct squashfs *f, bool wide, struct inode *out, struct error *e)
{
	unsigned char p[40];
	if (!take(f, f->inodes, p, wide ? 40 : 16, "inode", e))
		return false;
	out->st.kind = FS_REGULAR;
	out->blocks_at = wide ? load_le64(p) : load_le32(p);
	out->st.size = wide ? load_le64(p + 8) : load_le32(p + 12);
	out->fragment = load_le32(wide ? p + 28 : p + 4);
	out->fragment_offset = load_le32(wide ? p + 32 : p + 8);
	return true;
}

static bool read_link(struct squashfs *f, struct inode *out, struct error *e)
{
	unsigned char p[8];
	if (!take(f, f->inodes, p, sizeof p, "inode", e))
		return false;
	out->st.kind = FS_SYMLINK;
	out->st.size = load_le32(p + 4);
	return out->st.size <= LINK_MAX ||
	       fail(e, ERR_CORRUPT, "squashfs: inode: a symbolic link of %llu bytes",
		    (unsigned long long)out->st.size);
}

/* The part of an inode that hangs on its type, which stands behind the part that all have. */
static bool read_kind(struct squashfs *f, unsigned type, struct inode *out, struct error *e)
{
	switch (type) {
	case SQFS_INODE_DIR:
	case SQFS_INODE_EXT_DIR: return read_dir(f, type == SQFS_INODE_EXT_DIR, out, e);
	case SQFS_INODE_FILE:
	case SQFS_INODE_EXT_FILE: return read_file(f, type == SQFS_INODE_EXT_FILE, out, e);
	case SQFS_INODE_SLINK:
	case SQFS_INODE_EXT_SLINK: return read_link(f, out, e);
	case SQFS_INODE_BDEV:
	case SQFS_INODE_CDEV:
	case SQFS_INODE_EXT_BDEV:
	case SQFS_INODE_EXT_CDEV: out->st.kind = FS_DEVICE; return true;
	case SQFS_INODE_FIFO:
	case SQFS_INODE_SOCKET:
	case SQFS_INODE_EXT_FIFO:
	case SQFS_INODE_EXT_SOCKET: out->st.kind = FS_OTHER; return true;
	default: return fail(e, ERR_CORRUPT, "squashfs: inode: type %u is not known", type);
	}
}

/* Leaves the library behind the fixed part: at a file's block sizes, at a link's target. */
static bool read_inode(struct squashfs *f, uint64_t ino, struct inode *out, struct error *e)
{
	unsigned char p[16];
	struct inode inode = {.fragment = NO_FRAGMENT};
	if (!seek(f, f->inodes, f->super.inode_table_start, ino >> REF_OFFSET, ino & 0xffff,
		  "inode", e) ||
	    !take(f, f->inodes, p, sizeof p, "inode", e) ||
	    !read_kind(f, load_le16(p), &inode, e) ||
	    !owner(f, load_le16(p + 4), &inode.st.uid, e) ||
	    !owner(f, load_le16(p + 6), &inode.st.gid, e))
		return false;
	inode.st.mode = load_le16(p + 2) & 07777;
	*out = inode;
	return true;
}

/* ---- directories ---- */

struct listing {
	fs_visit *visit;
	void *arg;
	uint64_t left;  /* bytes */
	uint64_t block; /* where the library stands: visit may read another directory */
	size_t offset;
	char name[SQFS_MAX_DIR_ENT], last[SQFS_MAX_DIR_ENT];
	size_t last_n;
	bool stopped;
};

static bool take_listing(struct squashfs *f, struct listing *l, void *buf, size_t n,
			 struct error *e)
{
	if (n > l->left)
		return fail(e, ERR_CORRUPT, "squashfs: directory: an entry is cut short");
	l->left -= n;
	return take(f, f->listings, buf, n, "directory", e);
}

/* An entry; `block` is where the inodes of its run lie. Names go upward, so that each comes
 * once. */
static bool list_entry(struct squashfs *f, struct listing *l, uint32_t block, struct error *e)
{
	unsigned char p[8];
	if (!take_listing(f, l, p, sizeof p, e))
		return false;
	size_t n = (size_t)load_le16(p + 6) + 1;
	if (n > FS_NAME_MAX)
		return fail(e, ERR_CORRUPT, "squashfs: directory: a name of %zu bytes", n);
	if (!take_listing(f, l, l->name, n, e))
		return false;
	struct str name = {l->name, n};
	if (!fs_name_valid(name) || str_cmp((struct str){l->last, l->last_n}, name) >= 0)
		return fail(e, ERR_CORRUPT, "squashfs: directory: %s",
			    fs_name_valid(name) ? "names out of order" : "not a name");
	memcpy(l->last, l->name, n);
	l->last_n = n;
	sqfs_meta_reader_get_position(f->listings, &l->block, &l->offset);
	l->stopped = !l->visit(l->arg, name, (uint64_t)block << REF_OFFSET | load_le16(p));
	return l->stopped || !l->left ||
	       seek(f, f->listings, 0, l->block, l->offset, "directory", e);
}

static bool list_run(struct squashfs *f, struct listing *l, struct error *e)
{
	unsigned char p[12];
	if (!take_listing(f, l, p, sizeof p, e))
		return false;
	uint64_t count = (uint64_t)load_le32(p) + 1;
	if (count > SQFS_MAX_DIR_ENT)
		return fail(e, ERR_CORRUPT, "squashfs: directory: a run of %llu entries",
			    (unsigned long long)count);
	for (; count && !l->stopped; count--)
		if (!list_entry(f, l, load_le32(p + 4), e))
			return false;
	return true;
}

static bool squashfs_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct squashfs *f = (struct squashfs *)fs;
	struct inode dir;
	if (!read_inode(f, ino, &dir, e))
		return false;
	if (dir.st.kind != FS_DIRECTORY)
		return fail(e, ERR_CORRUPT, "squashfs: inode: not a directory");
	if (!fs_directory_fits(fs, dir.st.size, e))
		return fail_in(e, "squashfs: directory");
	if (dir.st.size <= LISTING_MORE)
		return true;
	if (!seek(f, f->listings, f->super.directory_table_start, dir.listing_block,
		  dir.listing_offset, "directory", e))
		return false;
	struct listing l = {.visit = visit, .arg = arg, .left = dir.st.size - LISTING_MORE};
	while (l.left && !l.stopped)
		if (!list_run(f, &l, e))
			return false;
	return true;
}

/* ---- files ---- */

/* The block that lies at `at` in `stored` bytes, by way of a cache of one. */
static bool load_block(struct squashfs *f, struct block *cache, uint64_t at, uint32_t stored,
		       struct error *e)
{
	uint32_t n = stored & STORED_SIZE;
	if (cache->at == at && cache->at)
		return true;
	if (n == 0 || n > f->super.block_size || !within(at, n, f->super.bytes_used))
		return fail(e, ERR_CORRUPT, "squashfs: block at %llu: %u bytes cannot lie there",
			    (unsigned long long)at, (unsigned)n);
	bool plain = stored & STORED_PLAIN;
	cache->at = 0;
	if (!blob_read(f->image.blob, at, plain ? cache->bytes : f->stored, n, e))
		return false;
	sqfs_s32 got = plain ? (sqfs_s32)n
			     : f->codec->do_block(f->codec, f->stored, n, cache->bytes,
						  f->super.block_size);
	if (got <= 0)
		return squash_fail(f, SQFS_ERROR_COMPRESSOR, "block", e);
	cache->n = (size_t)got;
	cache->at = at;
	return true;
}

static bool load_fragment(struct squashfs *f, uint32_t index, struct error *e)
{
	unsigned char p[FRAGMENT_SIZE];
	if (index >= f->super.fragment_entry_count || f->super.fragment_table_start == NO_TABLE)
		return squash_fail(f, SQFS_ERROR_OUT_OF_BOUNDS, "fragment", e);
	return record(f, f->fragments, f->super.fragment_table_start, index, sizeof p, p,
		      "fragment", e) &&
	       load_block(f, &f->fragment, load_le64(p), load_le32(p + 8), e);
}

/* Where block `index` of a file lies and in how many bytes, from the list behind its inode,
 * where the library stands. Reads that go upward read the list once. */
static bool find_block(struct squashfs *f, uint64_t ino, const struct inode *file, uint64_t index,
		       uint64_t *at, uint32_t *stored, struct error *e)
{
	struct run run = f->run;
	unsigned char p[4];
	if (!fs_pieces_fit(&f->fs, index + 1, e))
		return fail_in(e, "squashfs: file");
	if (run.ino != ino || run.index > index)
		run = (struct run){.ino = ino, .at = file->blocks_at};
	else if (!seek(f, f->inodes, 0, run.list_block, run.list_offset, "block list", e))
		return false;
	for (;;) {
		sqfs_meta_reader_get_position(f->inodes, &run.list_block, &run.list_offset);
		if (!take(f, f->inodes, p, sizeof p, "block list", e))
			return false;
		if (run.index == index)
			break;
		run.index++;
		if (!add_u64(run.at, load_le32(p) & STORED_SIZE, &run.at))
			return squash_fail(f, SQFS_ERROR_OUT_OF_BOUNDS, "block list", e);
	}
	f->run = run;
	*at = run.at;
	*stored = load_le32(p);
	return true;
}

/* Up to the end of one block or of the fragment that is the file's tail. */
static bool read_piece(struct squashfs *f, uint64_t ino, const struct inode *file, uint64_t at,
		       char *buf, size_t n, struct error *e)
{
	uint64_t index = at / f->super.block_size, start = index * f->super.block_size;
	uint64_t length = file->st.size - start, place;
	uint32_t stored;
	bool tail = length < f->super.block_size && file->fragment != NO_FRAGMENT;
	length = length < f->super.block_size ? length : f->super.block_size;
	if (tail) {
		if (!load_fragment(f, file->fragment, e))
			return false;
		if (!within(file->fragment_offset, length, f->fragment.n))
			return squash_fail(f, SQFS_ERROR_OUT_OF_BOUNDS, "fragment", e);
		memcpy(buf, f->fragment.bytes + file->fragment_offset + (at - start), n);
		return true;
	}
	if (!find_block(f, ino, file, index, &place, &stored, e))
		return false;
	if (stored == 0) {
		memset(buf, 0, n);
		return true;
	}
	if (!load_block(f, &f->content, place, stored, e))
		return false;
	if (f->content.n != length)
		return fail(e, ERR_CORRUPT, "squashfs: block at %llu: holds %zu bytes of %llu",
			    (unsigned long long)place, f->content.n, (unsigned long long)length);
	memcpy(buf, f->content.bytes + (at - start), n);
	return true;
}

static bool read_link_text(struct squashfs *f, uint64_t at, void *buf, size_t n, struct error *e)
{
	return n == 0 ||
	       (skip(f, f->inodes, at, "link", e) && take(f, f->inodes, buf, n, "link", e));
}

static bool read_blocks(struct squashfs *f, uint64_t ino, const struct inode *file, uint64_t at,
			char *buf, size_t n, struct error *e)
{
	for (size_t piece; n; n -= piece, at += piece, buf += piece) {
		uint64_t room = f->super.block_size - at % f->super.block_size;
		piece = room < n ? (size_t)room : n;
		if (!read_piece(f, ino, file, at, buf, piece, e))
			return false;
	}
	return true;
}

/* ---- operations ---- */

static bool squashfs_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct inode inode;
	if (!read_inode((struct squashfs *)fs, ino, &inode, e))
		return false;
	*out = inode.st;
	return true;
}

static bool squashfs_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n,
			  size_t *got, struct error *e)
{
	struct squashfs *f = (struct squashfs *)fs;
	struct inode inode;
	if (!read_inode(f, ino, &inode, e))
		return false;
	uint64_t left = at < inode.st.size ? inode.st.size - at : 0;
	n = left < n ? (size_t)left : n;
	bool link = inode.st.kind == FS_SYMLINK;
	if (!link && inode.st.kind != FS_REGULAR)
		return fail(e, ERR_CORRUPT, "squashfs: inode: neither a file nor a link");
	if (!(link ? read_link_text(f, at, buf, n, e) : read_blocks(f, ino, &inode, at, buf, n, e)))
		return false;
	*got = n;
	return true;
}

bool fs_probe_squashfs(struct blob *b, bool *mine, struct error *e)
{
	char magic[4];
	size_t got = 0;
	if (!b->read(b, 0, magic, sizeof magic, &got, e))
		return false;
	*mine = got == sizeof magic &&
		(memcmp(magic, "hsqs", 4) == 0 || memcmp(magic, "sqsh", 4) == 0);
	return true;
}

static bool read_super(struct squashfs *f, struct error *e)
{
	int code = sqfs_super_read(&f->super, &f->image.file);
	if (code == SFQS_ERROR_SUPER_MAGIC || code == SFQS_ERROR_SUPER_VERSION)
		return fail(e, ERR_UNSUPPORTED, "squashfs: a version before 4.0");
	if (code)
		return squash_fail(f, code, "superblock", e);
	if (f->super.bytes_used > f->image.size)
		return fail(e, ERR_CORRUPT, "squashfs: %llu bytes long, but %llu are there",
			    (unsigned long long)f->super.bytes_used,
			    (unsigned long long)f->image.size);
	f->image.size = f->super.bytes_used;
	return true;
}

static bool open_codec(struct squashfs *f, struct arena *a, struct error *e)
{
	sqfs_compressor_config_t config;
	const char *name = sqfs_compressor_name_from_id(f->super.compression_id);
	int code = sqfs_compressor_config_init(&config, f->super.compression_id,
					       f->super.block_size, SQFS_COMP_FLAG_UNCOMPRESS);
	if (code == 0)
		code = sqfs_compressor_create(&config, &f->codec);
	if (code && name)
		return fail(e, ERR_UNSUPPORTED, "squashfs with %s compression", name);
	if (code)
		return fail(e, ERR_UNSUPPORTED, "squashfs with a compression of unknown number %u",
			    f->super.compression_id);
	arena_defer(a, destroy, f->codec);
	return true;
}

static bool open_table(struct squashfs *f, struct arena *a, uint64_t from, uint64_t to,
		       sqfs_meta_reader_t **out, struct error *e)
{
	*out = sqfs_meta_reader_create(&f->image.file, f->codec, from, to);
	if (!*out)
		return squash_fail(f, SQFS_ERROR_ALLOC, "table", e);
	arena_defer(a, destroy, *out);
	return true;
}

static bool open_tables(struct squashfs *f, struct arena *a, struct error *e)
{
	const sqfs_super_t *s = &f->super;
	return open_table(f, a, s->inode_table_start, s->directory_table_start, &f->inodes, e) &&
	       open_table(f, a, s->directory_table_start, s->id_table_start, &f->listings, e) &&
	       open_table(f, a, s->directory_table_start, s->id_table_start, &f->owners, e) &&
	       open_table(f, a, s->directory_table_start, s->id_table_start, &f->fragments, e);
}

static const struct fs_ops squashfs_ops = {
	.name = "squashfs",
	.stat = squashfs_stat,
	.list = squashfs_list,
	.read = squashfs_read,
};

struct fs *fs_open_squashfs(struct arena *a, struct blob *b, const struct fs_options *opts,
			    struct error *e)
{
	struct squashfs *f = NEW(a, struct squashfs);
	*f = (struct squashfs){
		.fs = {.ops = &squashfs_ops, .max = opts->max},
		.image = {{.read_at = image_read,
			   .write_at = image_write,
			   .get_size = image_size,
			   .truncate = image_truncate},
			  .blob = b,
			  .size = b->size},
		.run = {.ino = UINT64_MAX},
	};
	if (!read_super(f, e) || !open_codec(f, a, e) || !open_tables(f, a, e))
		return NULL;
	f->fs.root = f->super.root_inode_ref;
	f->stored = NEW_N(a, unsigned char, f->super.block_size);
	f->content.bytes = NEW_N(a, unsigned char, f->super.block_size);
	f->fragment.bytes = NEW_N(a, unsigned char, f->super.block_size);
	return &f->fs;
}
