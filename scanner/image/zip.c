/*
 * zip.c - a zip archive as a flat tree of the files in it, for the disk that it may hold; after
 * PKWARE's APPNOTE 6.3.10: the central directory at its end (sections 4.3.12 and 4.3.16), with the
 * 64-bit extensions (4.3.14, 4.5.3). A stored file is read in place; a deflated one is wrapped into
 * gzip (RFC 1952), whose reader checks the sum and the size that the directory promises, and is
 * kept on disk as far as it is asked for. Folders are passed over, names are those behind the last
 * slash. Not supported: other methods, encryption, archives in several parts, more than a few
 * files.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "disk.h"

enum {
	END_BYTES = 22,
	END64_BYTES = 56,
	LOCATOR_BYTES = 20,
	COMMENT_MAX = 65535,
	RECORD_BYTES = 46,
	LOCAL_BYTES = 30,
	FILES_MAX = 1000,
	DIRECTORY_MAX = 1 << 20,
	STORED = 0,
	DEFLATED = 8,
};

struct zip_file {
	struct str name;
	uint64_t packed, size, header_at;
	uint32_t crc;
	unsigned method;
	bool encrypted;
	struct blob *bytes; /* made when it is asked for */
};

struct zip {
	struct fs fs;
	struct arena *arena;
	struct blob *blob;
	uint64_t max_spill;
	VEC(struct zip_file) files; /* an inode is the index + 1 */
};

/* ---- deflated files ---- */

/* A gzip member around raw deflate: its header, the bytes, its trailer. */
struct wrapped {
	struct stream stream;
	struct stream *of;
	unsigned char head[10], tail[8];
	unsigned step;
};

static bool wrapped_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct wrapped *w = (struct wrapped *)s;
	*n = 0;
	if (w->step == 0) {
		w->step++;
		*buf = w->head;
		*n = sizeof w->head;
		return true;
	}
	if (w->step == 1 && !w->of->next(w->of, buf, n, e))
		return false;
	if (*n || w->step == 2)
		return true;
	w->step = 2;
	*buf = w->tail;
	*n = sizeof w->tail;
	return true;
}

static struct stream *inflated(struct zip *z, const struct zip_file *f, struct blob *packed)
{
	struct wrapped *w = NEW(z->arena, struct wrapped);
	w->stream = (struct stream){.name = f->name, .next = wrapped_next};
	w->of = stream_blob(z->arena, packed);
	memcpy(w->head, "\x1f\x8b\x08\0\0\0\0\0\0\xff", sizeof w->head);
	for (unsigned i = 0; i < 4; i++) {
		w->tail[i] = (unsigned char)(f->crc >> 8 * i);
		w->tail[4 + i] = (unsigned char)(f->size >> 8 * i);
	}
	return stream_gunzip(z->arena, &w->stream);
}

/* The directory tells all but how long the file's own header is. */
static struct blob *file_bytes(struct zip *z, struct zip_file *f, struct error *e)
{
	unsigned char p[LOCAL_BYTES];
	uint64_t at;
	if (f->bytes)
		return f->bytes;
	if (f->encrypted) {
		fail(e, ERR_ENCRYPTED, "zip: %" PRIstr " is encrypted", ARG(f->name));
		return NULL;
	}
	if (!blob_read(z->blob, f->header_at, p, sizeof p, e))
		return NULL;
	if (memcmp(p, "PK\3\4", 4) != 0 ||
	    !add_u64(f->header_at, LOCAL_BYTES + load_le16(p + 26) + load_le16(p + 28), &at)) {
		fail(e, ERR_CORRUPT, "zip: no header of %" PRIstr " where it should be",
		     ARG(f->name));
		return NULL;
	}
	struct blob *packed = blob_window(z->arena, z->blob, f->name, at, f->packed);
	if (f->method == STORED)
		return f->bytes = packed;
	if (f->method != DEFLATED) {
		fail(e, ERR_UNSUPPORTED, "zip: method %u of %" PRIstr " is not supported",
		     f->method, ARG(f->name));
		return NULL;
	}
	struct blob *plain = blob_spool(z->arena, inflated(z, f, packed), z->max_spill, e);
	return f->bytes = plain ? blob_window(z->arena, plain, f->name, 0, f->size) : NULL;
}

/* ---- the directory ---- */

/* The record that ends an archive; a comment may follow, of the length that it says. */
static bool find_end(struct arena *a, struct blob *b, uint64_t size, const unsigned char **end,
		     uint64_t *at, struct error *e)
{
	size_t n = size < END_BYTES + COMMENT_MAX ? (size_t)size : END_BYTES + COMMENT_MAX;
	unsigned char *tail = NEW_N(a, unsigned char, n + 1);
	if (!blob_read(b, size - n, tail, n, e))
		return false;
	for (size_t left = END_BYTES; left <= n; left++) {
		const unsigned char *p = tail + n - left;
		if (memcmp(p, "PK\5\6", 4) != 0 || load_le16(p + 20) != left - END_BYTES)
			continue;
		*end = p;
		*at = size - left;
		return true;
	}
	return fail(e, ERR_CORRUPT, "zip: its directory is missing");
}

/* Where the directory lies; the 64-bit record counts where there is one. */
static bool find_directory(struct arena *a, struct blob *b, uint64_t *at, uint64_t *n,
			   struct error *e)
{
	unsigned char locator[LOCATOR_BYTES], p[END64_BYTES];
	const unsigned char *end;
	uint64_t end_at, size = blob_extent(b);
	if (size == BLOB_UNSIZED)
		return fail(e, ERR_LIMIT, "zip: its end is too far away");
	if (!find_end(a, b, size, &end, &end_at, e))
		return false;
	*n = load_le32(end + 12);
	*at = load_le32(end + 16);
	if (end_at >= LOCATOR_BYTES) {
		if (!blob_read(b, end_at - LOCATOR_BYTES, locator, sizeof locator, e))
			return false;
		if (memcmp(locator, "PK\6\7", 4) == 0) {
			if (!blob_read(b, load_le64(locator + 8), p, sizeof p, e))
				return false;
			*n = load_le64(p + 40);
			*at = load_le64(p + 48);
		}
	}
	if (*n > DIRECTORY_MAX)
		return fail(e, ERR_LIMIT, "zip: its directory is larger than %d bytes",
			    DIRECTORY_MAX);
	return within(*at, *n, size) || fail(e, ERR_CORRUPT, "zip: its directory lies outside");
}

/* Numbers that did not fit into 32 bits stand in an extra field, those alone, in this order. */
static void read_extra(struct str extra, struct zip_file *f)
{
	uint64_t *const numbers[] = {&f->size, &f->packed, &f->header_at};
	while (extra.n >= 4) {
		const unsigned char *p = (const unsigned char *)extra.p;
		struct str field = str_slice(extra, 4, 4 + (size_t)load_le16(p + 2));
		for (size_t i = 0; load_le16(p) == 1 && i < 3; i++) {
			if (*numbers[i] != UINT32_MAX || field.n < 8)
				continue;
			*numbers[i] = load_le64((const unsigned char *)field.p);
			field = str_tail(field, 8);
		}
		extra = str_tail(extra, 4 + (size_t)load_le16(p + 2));
	}
}

static bool read_record(struct zip *z, struct str *rest, struct error *e)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	if (rest->n < RECORD_BYTES || memcmp(p, "PK\1\2", 4) != 0)
		return fail(e, ERR_CORRUPT, "zip: its directory is damaged");
	size_t name = load_le16(p + 28), extra = load_le16(p + 30), comment = load_le16(p + 32);
	if (rest->n - RECORD_BYTES < name + extra + comment)
		return fail(e, ERR_CORRUPT, "zip: its directory is damaged");
	struct zip_file f = {
		.name = str_basename(str_slice(*rest, RECORD_BYTES, RECORD_BYTES + name)),
		.encrypted = load_le16(p + 8) & 1,
		.method = load_le16(p + 10),
		.crc = load_le32(p + 16),
		.packed = load_le32(p + 20),
		.size = load_le32(p + 24),
		.header_at = load_le32(p + 42),
	};
	read_extra(str_slice(*rest, RECORD_BYTES + name, RECORD_BYTES + name + extra), &f);
	*rest = str_tail(*rest, RECORD_BYTES + name + extra + comment);
	if (f.name.n && f.name.n < 256)
		*vec_push(z->arena, &z->files) = f;
	return z->files.n <= FILES_MAX || fail(e, ERR_LIMIT, "zip: more than %d files", FILES_MAX);
}

/* ---- fs_ops ---- */

static struct zip_file *file_at(struct zip *z, uint64_t ino)
{
	return ino && ino <= z->files.n ? &z->files.at[ino - 1] : NULL;
}

static bool zip_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	const struct zip_file *f = file_at((struct zip *)fs, ino);
	(void)e;
	*out = f ? (struct fs_stat){.kind = FS_REGULAR, .mode = 0644, .size = f->size}
		 : (struct fs_stat){.kind = FS_DIRECTORY, .mode = 0755};
	return true;
}

static bool zip_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	const struct zip *z = (struct zip *)fs;
	(void)ino;
	(void)e;
	for (size_t i = 0; i < z->files.n && visit(arg, z->files.at[i].name, i + 1); i++)
		;
	return true;
}

static bool zip_blob(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
		     struct error *e)
{
	struct zip_file *f = file_at((struct zip *)fs, ino);
	struct blob *b = f ? file_bytes((struct zip *)fs, f, e) : NULL;
	(void)a;
	if (b)
		*out = b;
	return b != NULL;
}

static bool zip_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e)
{
	struct blob *b;
	return zip_blob(fs, NULL, ino, &b, e) && b->read(b, at, buf, n, got, e);
}

static const struct fs_ops zip_ops = {
	.name = "zip",
	.stat = zip_stat,
	.list = zip_list,
	.read = zip_read,
	.blob = zip_blob,
};

struct fs *zip_open(struct arena *a, struct blob *b, uint64_t max_spill, struct error *e)
{
	struct zip *z = NEW(a, struct zip);
	uint64_t at = 0, n = 0;
	*z = (struct zip){.fs = {.ops = &zip_ops}, .arena = a, .blob = b, .max_spill = max_spill};
	if (!find_directory(a, b, &at, &n, e))
		return NULL;
	char *directory = NEW_N(a, char, (size_t)n + 1);
	struct str rest = {directory, (size_t)n};
	if (!blob_read(b, at, directory, rest.n, e))
		return NULL;
	while (rest.n)
		if (!read_record(z, &rest, e))
			return NULL;
	return &z->fs;
}
