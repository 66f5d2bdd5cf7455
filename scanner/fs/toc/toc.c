/*
 * toc.c - a layer by its table of contents as a tree: names are in the table, bytes are read by the
 * member of the blob they lie in, and believed once their chunk hashes to what the table says.
 *
 * Members that were read stay in memory up to a limit, so that a file that is read by pieces, or by
 * leaps as a program's strings are, is fetched once. Where a member ends is not told: it goes up to
 * the next one at most.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "toc.h"
#include "unpack.h"

enum {
	KEPT_MAX = 64 << 20,
	SLACK = 64 << 10, /* what a member may need beyond its plain bytes and a 64th of them */
	REFETCH_MAX = 4,  /* times the blob's size that may be fetched */
};

struct toc_fs {
	struct fs fs;
	struct arena *arena;
	struct blob *blob;
	struct toc toc;
	enum packing packing;
	struct unpacker *unpacker;
	char *packed; /* of the member that is read */
	size_t packed_room;
	struct toc_member *last; /* one that did not fit, in `spare` until another comes */
	char *spare;
	size_t spare_room, kept;
	uint64_t fetched;
};

/* ---- members ---- */

/* At least n bytes; what was there before is lost. */
static void make_room(struct toc_fs *f, char **buf, size_t *room, size_t n)
{
	size_t want = *room ? *room : SLACK;
	while (want < n)
		want *= 2;
	if (want != *room)
		*buf = NEW_N(f->arena, char, want);
	*room = want;
}

static char *place_for(struct toc_fs *f, struct toc_member *m)
{
	if (m->plain <= KEPT_MAX - f->kept) {
		f->kept += m->plain;
		return NEW_N(f->arena, char, m->plain);
	}
	if (f->last)
		f->last->bytes = NULL;
	make_room(f, &f->spare, &f->spare_room, m->plain);
	f->last = m;
	return f->spare;
}

static bool read_member(struct toc_fs *f, struct toc_member *m, struct error *e)
{
	uint64_t most = m[1].at - m->at, need = (uint64_t)m->plain + m->plain / 64 + SLACK;
	size_t n = (size_t)(most < need ? most : need), got = 0;
	if (m->bytes)
		return true;
	if (f->fetched / REFETCH_MAX > f->blob->size)
		return fail(e, ERR_LIMIT, "the layer is read more than %d times over", REFETCH_MAX);
	f->fetched += n;
	make_room(f, &f->packed, &f->packed_room, n);
	if (!blob_read(f->blob, m->at, f->packed, n, e))
		return false;
	char *bytes = place_for(f, m);
	if (!unpack(f->unpacker, f->packing, (struct str){f->packed, n}, bytes, m->plain, &got, e))
		return fail_in(e, "chunk at byte %llu of the layer", (unsigned long long)m->at);
	m->bytes = bytes;
	m->have = (uint32_t)got;
	return true;
}

static int by_place(const void *key, const void *element)
{
	const uint64_t *at = key;
	const struct toc_member *m = element;
	return (*at > m->at) - (*at < m->at);
}

/* ---- chunks ---- */

static uint64_t chunk_end(const struct toc_file *file, const struct toc_chunk *chunks, size_t i)
{
	return i + 1 < file->n ? chunks[i + 1].from : file->size;
}

/* The n plain bytes of a chunk, proved. */
static bool read_chunk(struct toc_fs *f, struct toc_chunk *c, uint64_t n, const char **out,
		       struct error *e)
{
	unsigned char sum[32];
	struct toc_member *m =
		bsearch(&c->at, f->toc.members.at, f->toc.members.n, sizeof *m, by_place);
	if (!m)
		return fail(e, ERR_CORRUPT, "no chunk at byte %llu", (unsigned long long)c->at);
	if (!read_member(f, m, e))
		return false;
	if (!within(c->inner, n, m->have))
		return fail(e, ERR_CORRUPT, "chunk at byte %llu of the layer: ends too early",
			    (unsigned long long)c->at);
	*out = m->bytes + c->inner;
	if (c->proved)
		return true;
	digest_sha256_raw((struct str){*out, (size_t)n}, sum);
	if (memcmp(sum, c->sum, sizeof sum) != 0)
		return fail(e, ERR_CORRUPT,
			    "chunk at byte %llu of the layer: digest mismatch: it is not what the "
			    "table of contents says",
			    (unsigned long long)c->at);
	c->proved = m != f->last;
	return true;
}

/* The chunk of a file that byte `at` lies in. */
static size_t chunk_at(const struct toc_file *file, const struct toc_chunk *chunks, uint64_t at)
{
	size_t low = 0, high = file->n;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		*(chunks[middle].from <= at ? &low : &high) = middle;
	}
	return low;
}

static bool read_file(struct toc_fs *f, const struct toc_file *file, uint64_t at, char *buf,
		      size_t n, struct error *e)
{
	struct toc_chunk *chunks = f->toc.chunks.at + file->first;
	for (size_t i = chunk_at(file, chunks, at); n; i++) {
		struct toc_chunk *c = &chunks[i];
		uint64_t end = chunk_end(file, chunks, i);
		size_t some = end - at < n ? (size_t)(end - at) : n;
		const char *bytes = NULL;
		if (!c->zeros && !read_chunk(f, c, end - c->from, &bytes, e))
			return false;
		if (bytes)
			memcpy(buf, bytes + (at - c->from), some);
		else
			memset(buf, 0, some);
		at += some;
		buf += some;
		n -= some;
	}
	return true;
}

/* ---- operations ---- */

static struct tree_inode *inode_of(struct toc_fs *f, uint64_t ino, struct error *e)
{
	struct tree_inode *inode = tree_inode(f->toc.tree, ino);
	if (!inode)
		fail(e, ERR_CORRUPT, "no inode %llu", (unsigned long long)ino);
	return inode;
}

static bool toc_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	const struct tree_inode *inode = inode_of((struct toc_fs *)fs, ino, e);
	if (inode)
		*out = inode->st;
	return inode != NULL;
}

static bool toc_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	(void)e;
	tree_each(((struct toc_fs *)fs)->toc.tree, ino, visit, arg);
	return true;
}

static bool toc_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
		       struct error *e)
{
	(void)e;
	*found = tree_find(((struct toc_fs *)fs)->toc.tree, dir, name, ino);
	return true;
}

static bool toc_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e)
{
	struct toc_fs *f = (struct toc_fs *)fs;
	const struct tree_inode *inode = inode_of(f, ino, e);
	if (!inode)
		return false;
	const struct toc_file *file = inode->cookie ? &f->toc.files.at[inode->cookie - 1] : NULL;
	uint64_t size = file ? file->size : inode->text.n;
	uint64_t left = at < size ? size - at : 0;
	n = left < n ? (size_t)left : n;
	if (n && file && !read_file(f, file, at, buf, n, e))
		return false;
	if (n && !file)
		memcpy(buf, inode->text.p + at, n);
	*got = n;
	return true;
}

#define OPS(format) \
	{ \
		.name = (format), .stat = toc_stat, .list = toc_list, .read = toc_read, \
		.lookup = toc_lookup \
	}

static const struct fs_ops stargz_ops = OPS("eStargz");
static const struct fs_ops zstd_ops = OPS("zstd:chunked");

struct fs *fs_open_toc(struct arena *a, struct blob *b, const struct toc_bound *bound,
		       const struct fs_options *opts, struct error *e)
{
	struct toc_fs *f = NEW(a, struct toc_fs);
	struct str json;
	uint64_t end;
	*f = (struct toc_fs){
		.fs = {.ops = bound->packed ? &zstd_ops : &stargz_ops,
		       .root = TREE_ROOT,
		       .max = opts->max},
		.arena = a,
		.blob = b,
		.packing = bound->packed ? PACKING_ZSTD : PACKING_GZIP,
		.unpacker = unpacker_new(a),
	};
	if (!toc_table(a, b, bound, &json, &end, e) || !toc_index(a, json, end, opts, &f->toc, e))
		return NULL;
	return &f->fs;
}
