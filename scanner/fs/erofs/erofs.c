/*
 * erofs.c - an erofs image as a tree: the superblock, and the operations. "Superblock" of the
 * on-disk format.
 *
 * Read: every layout of data, with lz4, lzma, deflate and zstd; block addresses of 48 bits;
 * metadata that is compressed, in a metabox. Files whose bytes lie in another tree (composefs) say
 * where. Not supported, and named: files on further devices. Extended attributes are passed over
 * but for those two that overlayfs gives a meaning.
 */
#include "erofs.h"

#include <string.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"
#include "crc32c.h"

enum {
	SUPER_AT = 1024,
	SUPER_SIZE = 128,
	BLOCK_BITS_MIN = 9,
	BLOCK_BITS_MAX = 16,
	READ_FEATURES = EROFS_PADDED | EROFS_BIG_CLUSTER | EROFS_CHUNKED | EROFS_DEVICES |
			EROFS_INLINE_TAIL | EROFS_FRAGMENTS | EROFS_PREFIXES | EROFS_48BIT |
			EROFS_METABOX,
	BOX_AT = SUPER_SIZE, /* in the first of the slots that follow the superblock */
	LABEL_AT = 64,
	LABEL_SIZE = 16,
};

static const unsigned char magic[] = {0xe2, 0xe1, 0xf5, 0xe0};

/* ---- bytes ---- */

static bool unbox(struct erofs *f, uint64_t at, void *buf, size_t n, size_t *got, struct error *e)
{
	const struct erofs_inode *box = f->box;
	if (!box || f->unboxing)
		return fail(e, ERR_CORRUPT, "erofs: metadata is in a metabox that %s",
			    box ? "needs it itself" : "is not there");
	uint64_t left = at < box->st.size ? box->st.size - at : 0;
	n = left < n ? (size_t)left : n;
	f->unboxing = true;
	bool read = n == 0 || erofs_content(f, box, at, buf, n, e);
	f->unboxing = false;
	*got = n;
	return read || fail_in(e, "metabox");
}

static bool load_page(struct erofs *f, struct erofs_page *page, uint64_t at, struct error *e)
{
	page->loaded = false;
	if (!(at & EROFS_BOXED ? unbox(f, at ^ EROFS_BOXED, page->bytes, EROFS_PAGE, &page->n, e)
			       : f->blob->read(f->blob, at, page->bytes, EROFS_PAGE, &page->n, e)))
		return false;
	page->at = at;
	page->loaded = true;
	return true;
}

bool erofs_load(struct erofs *f, uint64_t at, void *buf, size_t n, struct error *e)
{
	struct erofs_page *page = at & EROFS_BOXED ? &f->boxed : &f->page;
	char *to = buf;
	while (n) {
		uint64_t page_at = at & ~(uint64_t)(EROFS_PAGE - 1);
		size_t into = (size_t)(at - page_at);
		if ((!page->loaded || page->at != page_at) && !load_page(f, page, page_at, e))
			return false;
		size_t left = into < page->n ? page->n - into : 0, some = left < n ? left : n;
		if (some == 0)
			return fail(e, ERR_CORRUPT, "erofs: %sends at byte %llu, before byte %llu",
				    page == &f->boxed ? "metabox: " : "",
				    (unsigned long long)(page_at + page->n) & ~EROFS_BOXED,
				    (unsigned long long)at & ~EROFS_BOXED);
		memcpy(to, page->bytes + into, some);
		to += some;
		at += some;
		n -= some;
	}
	return true;
}

bool erofs_bytes(struct erofs *f, uint64_t at, void *buf, size_t n, struct error *e)
{
	return at & EROFS_BOXED || n < EROFS_PAGE ? erofs_load(f, at, buf, n, e)
						  : blob_read(f->blob, at, buf, n, e);
}

bool erofs_block_at(const struct erofs *f, uint64_t block, uint64_t into, uint64_t *at)
{
	uint64_t sum;
	if (!mul_u64(block, UINT64_C(1) << f->block_bits, &sum) || !add_u64(sum, into, &sum) ||
	    sum & EROFS_BOXED)
		return false;
	*at = sum;
	return true;
}

/* ---- operations ---- */

static bool stat_inode(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct erofs_inode inode;
	if (!erofs_inode((struct erofs *)fs, ino, &inode, e))
		return false;
	*out = inode.st;
	return true;
}

static bool list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct erofs_inode dir;
	return erofs_inode((struct erofs *)fs, ino, &dir, e) &&
	       erofs_list((struct erofs *)fs, &dir, visit, arg, e);
}

/* A file whose bytes are elsewhere has none here, though its size would have it full of zeros. */
static bool readable(struct erofs *f, const struct erofs_inode *inode, struct error *e)
{
	bool away = false;
	if (inode->st.kind == FS_SYMLINK)
		return true;
	if (inode->st.kind != FS_REGULAR)
		return fail(e, ERR_CORRUPT, "erofs: inode %llu: neither a file nor a link",
			    (unsigned long long)inode->nid);
	if (!erofs_away(f, NULL, inode, &away, NULL, e))
		return false;
	return !away ||
	       fail(e, ERR_UNSUPPORTED, "erofs: inode %llu: its content lies in a store of objects",
		    (unsigned long long)inode->nid);
}

static bool read_file(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		      struct error *e)
{
	struct erofs *f = (struct erofs *)fs;
	struct erofs_inode inode;
	if (!erofs_inode(f, ino, &inode, e) || !readable(f, &inode, e))
		return false;
	uint64_t left = at < inode.st.size ? inode.st.size - at : 0;
	n = left < n ? (size_t)left : n;
	if (n && !erofs_content(f, &inode, at, buf, n, e))
		return false;
	*got = n;
	return true;
}

/* Files that lie in a row are windows onto the image. */
static bool file_blob(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
		      struct error *e)
{
	struct erofs *f = (struct erofs *)fs;
	struct erofs_inode inode;
	if (!erofs_inode(f, ino, &inode, e) || !readable(f, &inode, e))
		return false;
	uint64_t at;
	bool whole = inode.layout == EROFS_FLAT && inode.st.size &&
		     erofs_block_at(f, inode.place, 0, &at) &&
		     within(at, inode.st.size, f->blob->size);
	*out = whole ? blob_window(a, f->blob, f->blob->name, at, inode.st.size) : NULL;
	return true;
}

static bool redirect(struct fs *fs, struct arena *a, uint64_t ino, struct str *out, struct error *e)
{
	struct erofs *f = (struct erofs *)fs;
	struct erofs_inode inode;
	bool away = false;
	if (!erofs_inode(f, ino, &inode, e))
		return false;
	if (inode.st.kind == FS_REGULAR)
		return erofs_away(f, a, &inode, &away, out, e);
	*out = S("");
	return true;
}

static const struct fs_ops erofs_ops = {
	.name = "erofs",
	.stat = stat_inode,
	.list = list,
	.read = read_file,
	.blob = file_blob,
	.redirect = redirect,
};

/* ---- the superblock ---- */

bool fs_probe_erofs(struct blob *b, bool *mine, struct error *e)
{
	unsigned char head[sizeof magic];
	size_t got = 0;
	if (!b->read(b, SUPER_AT, head, sizeof head, &got, e))
		return false;
	*mine = got == sizeof head && memcmp(head, magic, sizeof head) == 0;
	return true;
}

/* The checksum is that of the rest of the superblock's block, its own bytes taken as zero. */
static bool check_sum(struct erofs *f, const unsigned char *super, struct error *e)
{
	static const unsigned char zero[4];
	unsigned char rest[1024];
	size_t n = (size_t)1 << f->block_bits;
	n -= n > SUPER_AT ? SUPER_AT : 0;
	uint32_t crc = crc32c(crc32c(~UINT32_C(0), super, 4), zero, sizeof zero);
	size_t at = 8;
	for (size_t some; at < n; at += some) {
		some = n - at < sizeof rest ? n - at : sizeof rest;
		if (!erofs_load(f, SUPER_AT + at, rest, some, e))
			return false;
		crc = crc32c(crc, rest, some);
	}
	return crc == load_le32(super + 4) ||
	       fail(e, ERR_CORRUPT, "erofs: superblock: does not match its checksum");
}

static bool check_features(const struct erofs *f, struct error *e)
{
	uint32_t unknown = f->features & ~(uint32_t)READ_FEATURES;
	return !unknown ||
	       fail(e, ERR_UNSUPPORTED, "erofs with features of unknown number 0x%x", unknown);
}

/* The root's nid has a place of 8 bytes in larger images, which use that of 2 bytes for their size.
 */
static bool read_size(struct erofs *f, const unsigned char *super, struct error *e)
{
	uint64_t blocks = load_le32(super + 36), size = UINT64_MAX;
	f->fs.root = f->features & EROFS_48BIT ? load_le64(super + 112) : 0;
	if (f->fs.root)
		blocks |= (uint64_t)load_le16(super + 14) << 32;
	else
		f->fs.root = load_le16(super + 14);
	return (erofs_block_at(f, blocks, 0, &size) && size <= f->blob->size) ||
	       fail(e, ERR_CORRUPT, "erofs: %llu bytes long, but %llu are there",
		    (unsigned long long)size, (unsigned long long)f->blob->size);
}

static bool open_box(struct erofs *f, bool has_slot, struct error *e)
{
	unsigned char p[8];
	struct erofs_inode *box = NEW(f->arena, struct erofs_inode);
	if (!has_slot)
		return fail(e, ERR_CORRUPT, "erofs: superblock: names no metabox");
	if (!erofs_load(f, SUPER_AT + BOX_AT, p, sizeof p, e) ||
	    !erofs_inode(f, load_le64(p), box, e))
		return fail_in(e, "metabox");
	if (box->st.kind != FS_REGULAR)
		return fail(e, ERR_CORRUPT, "erofs: metabox: not a file");
	f->box = box;
	return true;
}

static bool open_super(struct erofs *f, struct error *e)
{
	unsigned char p[SUPER_SIZE];
	if (!erofs_load(f, SUPER_AT, p, sizeof p, e))
		return false;
	f->block_bits = p[12];
	if (f->block_bits < BLOCK_BITS_MIN || f->block_bits > BLOCK_BITS_MAX)
		return fail(e, ERR_CORRUPT, "erofs: superblock: blocks of 2^%u bytes",
			    f->block_bits);
	f->hints = load_le32(p + 8);
	f->features = load_le32(p + 80);
	if (f->hints & EROFS_CHECKSUM && !check_sum(f, p, e))
		return false;
	if (!check_features(f, e) || !read_size(f, p, e))
		return false;
	if (p[90])
		return fail(e, ERR_UNSUPPORTED, "erofs with directory blocks of their own size");
	f->inodes_at = (uint64_t)load_le32(p + 40) << f->block_bits;
	f->shared_at = (uint64_t)load_le32(p + 44) << f->block_bits;
	f->shared_at |= f->hints & EROFS_SHARED_BOXED ? EROFS_BOXED : 0;
	f->packed = f->features & EROFS_FRAGMENTS ? load_le64(p + 96) : 0;
	f->prefixes_n = p[91];
	f->prefixes_at = UINT64_C(4) * load_le32(p + 92);
	struct str label = {(const char *)p + LABEL_AT, LABEL_SIZE};
	f->fs.label = str_dup(f->arena, str_slice(label, 0, str_find(label, '\0')));
	f->fs.uuid = fs_uuid_text(f->arena, p + 48);
	return !(f->features & EROFS_METABOX) || open_box(f, p[13], e);
}

struct fs *fs_open_erofs(struct arena *a, struct blob *b, const struct fs_options *opts,
			 struct error *e)
{
	struct erofs *f = NEW(a, struct erofs);
	f->fs = (struct fs){.ops = &erofs_ops, .max = opts->max};
	f->arena = a;
	f->blob = b;
	return open_super(f, e) ? &f->fs : NULL;
}
