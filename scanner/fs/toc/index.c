/*
 * index.c - the JSON of a table of contents to names, and to the chunks that files are made of.
 *
 * Both formats have the entries of stargz (stargz-snapshotter, docs/estargz.md, "TOC and
 * TOCEntries"), in the order of the layer's tar, so that names mean what they mean there. A file's
 * first chunk is told by its own entry and the others by entries of type "chunk" behind it; where a
 * chunk goes up to the file's end its size may be 0. eStargz adds innerOffset (docs/
 * smaller-estargz.md), zstd:chunked endOffset and chunkType "zeros". Keys are taken as Go's
 * encoding/json takes them, in any case. Not supported: digests other than sha256, versions other
 * than 1.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "pull.h"
#include "toc.h"

struct entry {
	struct str type, name, link, digest, chunk_digest, chunk_type;
	uint64_t mode, uid, gid, size, offset, end_offset, chunk_offset, chunk_size, inner_offset;
};

static const struct {
	struct str key;
	size_t at;
	bool number;
} fields[] = {
#define TEXT(key, member) \
	{ \
		{key, sizeof(key) - 1}, offsetof(struct entry, member), false \
	}
#define NUMBER(key, member) \
	{ \
		{key, sizeof(key) - 1}, offsetof(struct entry, member), true \
	}
	TEXT("type", type),
	TEXT("name", name),
	TEXT("linkName", link),
	TEXT("digest", digest),
	TEXT("chunkDigest", chunk_digest),
	TEXT("chunkType", chunk_type),
	NUMBER("mode", mode),
	NUMBER("uid", uid),
	NUMBER("gid", gid),
	NUMBER("size", size),
	NUMBER("offset", offset),
	NUMBER("endOffset", end_offset),
	NUMBER("chunkOffset", chunk_offset),
	NUMBER("chunkSize", chunk_size),
	NUMBER("innerOffset", inner_offset),
#undef TEXT
#undef NUMBER
};

struct indexing {
	struct arena *arena;
	struct toc *toc;
	uint64_t end; /* of all chunks in the blob */
	const struct limits *max;
	size_t entries;
	/* The file whose chunks follow: */
	struct toc_file *file; /* NULL: there is none */
	struct str name;
	uint64_t reached; /* how far its chunks go */
	bool whole;       /* the digest of its first chunk is that of the whole file */
};

static bool damaged(const struct indexing *x, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "table of contents: entry %zu (%" PRIstr "): %s", x->entries,
		    ARG(str_slice(x->name, 0, 200)), why);
}

/* ---- chunks ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_sum(struct str digest, unsigned char sum[32])
{
	struct str hex = str_tail(digest, sizeof "sha256:" - 1);
	if (!str_starts(digest, S("sha256:")) || hex.n != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		int high = hex_digit(hex.p[2 * i]), low = hex_digit(hex.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		sum[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static void add_member(struct indexing *x, uint64_t at, uint64_t plain)
{
	*vec_push(x->arena, &x->toc->members) =
		(struct toc_member){.at = at, .plain = (uint32_t)plain};
}

/* Where the chunk of n bytes lies, and what it hashes to. */
static bool place_chunk(struct indexing *x, const struct entry *entry, uint64_t n,
			struct toc_chunk *c, struct error *e)
{
	struct str digest = entry->chunk_digest.n ? entry->chunk_digest : entry->digest;
	if (!entry->offset || entry->offset >= x->end)
		return damaged(x, "a chunk outside of the layer", e);
	if (n > TOC_MEMBER_MAX || entry->inner_offset > TOC_MEMBER_MAX - n)
		return fail(e, ERR_LIMIT, "table of contents: a chunk of more than %d bytes",
			    TOC_MEMBER_MAX);
	if (!read_sum(digest, c->sum))
		return damaged(x, "a chunk without a sha256", e);
	c->at = entry->offset;
	c->inner = (uint32_t)entry->inner_offset;
	add_member(x, c->at, c->inner + n);
	if (entry->end_offset > entry->offset && entry->end_offset < x->end)
		add_member(x, entry->end_offset, 0);
	return true;
}

static bool add_chunk(struct indexing *x, const struct entry *entry, struct error *e)
{
	struct toc_chunk c = {.from = x->reached, .zeros = str_eq(entry->chunk_type, S("zeros"))};
	if (!x->file)
		return damaged(x, "a chunk of no file", e);
	uint64_t left = x->file->size - x->reached;
	uint64_t n = entry->chunk_size ? entry->chunk_size : left;
	if (entry->chunk_offset != x->reached || n == 0 || n > left)
		return damaged(x, "its chunks do not follow each other", e);
	if (!c.zeros && entry->chunk_type.n)
		return damaged(x, "a chunk of a kind that is not known here", e);
	if (x->whole)
		return damaged(x, "a chunk has no digest of its own", e);
	if (!c.zeros && !place_chunk(x, entry, n, &c, e))
		return false;
	x->whole = !c.zeros && !entry->chunk_digest.n;
	x->reached += n;
	x->file->n++;
	*vec_push(x->arena, &x->toc->chunks) = c;
	return true;
}

/* No more chunks come. */
static bool close_file(struct indexing *x, struct error *e)
{
	if (x->file && x->reached < x->file->size)
		return damaged(x, "its chunks end before the file does", e);
	if (x->file && x->whole && x->file->n > 1)
		return damaged(x, "a chunk has no digest of its own", e);
	x->file = NULL;
	x->whole = false;
	x->reached = 0;
	return true;
}

/* ---- names ---- */

static bool kind_of(struct str type, enum fs_kind *out)
{
	static const struct {
		struct str type;
		enum fs_kind kind;
	} table[] = {
		{{"reg", 3}, FS_REGULAR},       {{"dir", 3}, FS_DIRECTORY},
		{{"symlink", 7}, FS_SYMLINK},   {{"char", 4}, FS_DEVICE},
		{{"block", 5}, FS_DEVICE},      {{"fifo", 4}, FS_OTHER},
		{{"hardlink", 8}, FS_HARDLINK},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (!str_eq(type, table[i].type))
			continue;
		*out = table[i].kind;
		return true;
	}
	return false;
}

static uint32_t clamp32(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static bool open_file(struct indexing *x, const struct entry *entry, struct tree_inode *inode,
		      struct error *e)
{
	if (entry->size == 0)
		return true;
	x->file = vec_push(x->arena, &x->toc->files);
	*x->file = (struct toc_file){.size = entry->size, .first = x->toc->chunks.n};
	if (inode) /* a mark has none */
		inode->cookie = x->toc->files.n;
	return add_chunk(x, entry, e);
}

static bool add_name(struct indexing *x, const struct entry *entry, struct error *e)
{
	struct fs_stat st = {.mode = (uint32_t)(entry->mode & 07777),
			     .uid = clamp32(entry->uid),
			     .gid = clamp32(entry->gid)};
	struct tree_inode *inode;
	bool link = str_eq(entry->type, S("symlink")) || str_eq(entry->type, S("hardlink"));
	if (!kind_of(entry->type, &st.kind))
		return damaged(x, "a type that is not known here", e);
	if (x->entries > limits_entries(x->max))
		return fail(e, ERR_LIMIT, "more than %llu entries, see --max-entries",
			    (unsigned long long)limits_entries(x->max));
	if (!entry->name.n || (link && !entry->link.n))
		return damaged(x, "a name is missing", e);
	if (st.kind == FS_HARDLINK)
		return tree_link(x->toc->tree, entry->name, entry->link, e);
	st.size = st.kind == FS_REGULAR ? entry->size : st.kind == FS_SYMLINK ? entry->link.n : 0;
	if (!tree_add(x->toc->tree, entry->name, &st, &inode, e))
		return false;
	if (inode && st.kind == FS_SYMLINK) {
		inode->text = entry->link;
		inode->kept = true;
	}
	return st.kind != FS_REGULAR || open_file(x, entry, inode, e);
}

static bool add_entry(struct indexing *x, const struct entry *entry, struct error *e)
{
	x->entries++;
	if (str_eq(entry->type, S("chunk")))
		return str_eq(entry->name, x->name) ? add_chunk(x, entry, e)
						    : damaged(x, "a chunk of another file", e);
	if (!close_file(x, e))
		return false;
	x->name = entry->name;
	return add_name(x, entry, e);
}

/* ---- the document ---- */

static void pull_field(struct pull *p, struct str key, struct entry *entry)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (!str_eq_nocase(key, fields[i].key))
			continue;
		char *to = (char *)entry + fields[i].at;
		if (fields[i].number)
			*(uint64_t *)(void *)to = pull_u64(p);
		else
			*(struct str *)(void *)to = pull_string(p);
		return;
	}
	pull_skip(p);
}

static bool add_entries(struct indexing *x, struct pull *p, struct error *e)
{
	struct str key;
	pull_list(p);
	while (pull_item(p)) {
		struct entry entry = {0};
		pull_map(p);
		while (pull_member(p, &key))
			pull_field(p, key, &entry);
		if (!p->failed && !add_entry(x, &entry, e))
			return false;
	}
	return close_file(x, e);
}

static bool read_document(struct indexing *x, struct str json, struct error *e)
{
	struct pull p = pull_new(x->arena, json);
	struct str key;
	uint64_t version = 0;
	bool listed = false;
	pull_map(&p);
	while (pull_member(&p, &key)) {
		if (str_eq_nocase(key, S("version"))) {
			version = pull_u64(&p);
		} else if (!str_eq_nocase(key, S("entries"))) {
			pull_skip(&p);
		} else {
			if (listed)
				return damaged(x, "a second list of entries", e);
			if (!add_entries(x, &p, e))
				return false;
			listed = true;
		}
	}
	if (!pull_end(&p))
		return fail(e, ERR_CORRUPT, "table of contents: is not JSON of its shape, byte %zu",
			    p.at);
	if (version != 1 || !listed)
		return fail(e, ERR_UNSUPPORTED, "table of contents: is not one of version 1");
	return true;
}

static int by_place(const void *x, const void *y)
{
	const struct toc_member *a = x, *b = y;
	return (a->at > b->at) - (a->at < b->at);
}

/* Each place once. */
static void settle_members(struct indexing *x)
{
	struct toc *t = x->toc;
	size_t n = 0;
	add_member(x, x->end, 0);
	qsort(t->members.at, t->members.n, sizeof *t->members.at, by_place);
	for (size_t i = 1; i < t->members.n; i++) {
		const struct toc_member *m = &t->members.at[i];
		struct toc_member *last = &t->members.at[n];
		if (m->at != last->at)
			t->members.at[++n] = *m;
		else if (m->plain > last->plain)
			last->plain = m->plain;
	}
	t->members.n = n + 1;
}

bool toc_index(struct arena *a, struct str json, uint64_t end, const struct fs_options *opts,
	       struct toc *out, struct error *e)
{
	struct indexing x = {.arena = a, .toc = out, .end = end, .max = &opts->max};
	out->tree = tree_new(a, limits_entries(&opts->max), opts->whiteouts);
	if (!read_document(&x, json, e))
		return false;
	settle_members(&x);
	return true;
}
