/*
 * archive_pass.c - tar and cpio entries, and decompression, by libarchive; the one door to it.
 *
 * Formats: tar (v7, ustar, pax, GNU with long names and sparse files), cpio (newc, crc, odc,
 * binary). Compressions are those libarchive has built in; it would run programs for others,
 * which are left out. Names are bytes: libarchive converts and normalises the names of pax
 * headers in a UTF-8 locale, so that it always runs in the C locale here.
 *
 * Several cpio archives after one another, with zeros between them and each compressed in its
 * own way, are one archive, as the Linux kernel has it (initramfs buffer format).
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "archive_pass.h"
#include "archive_source.h"
#include "arena.h"
#include "late.h"

#define CALLS(X) \
	X(archive_entry_filetype) \
	X(archive_entry_free) \
	X(archive_entry_gid) \
	X(archive_entry_hardlink) \
	X(archive_entry_new) \
	X(archive_entry_pathname) \
	X(archive_entry_perm) \
	X(archive_entry_size) \
	X(archive_entry_sparse_count) \
	X(archive_entry_symlink) \
	X(archive_entry_uid) \
	X(archive_error_string) \
	X(archive_filter_bytes) \
	X(archive_filter_count) \
	X(archive_filter_name) \
	X(archive_format) \
	X(archive_read_data_block) \
	X(archive_read_data_skip) \
	X(archive_read_free) \
	X(archive_read_header_position) \
	X(archive_read_new) \
	X(archive_read_next_header) \
	X(archive_read_next_header2) \
	X(archive_read_open) \
	X(archive_read_open1) \
	X(archive_read_set_callback_data) \
	X(archive_read_set_read_callback) \
	X(archive_read_set_skip_callback) \
	X(archive_read_support_filter_bzip2) \
	X(archive_read_support_filter_compress) \
	X(archive_read_support_filter_gzip) \
	X(archive_read_support_filter_lz4) \
	X(archive_read_support_filter_lzip) \
	X(archive_read_support_filter_lzma) \
	X(archive_read_support_filter_lzop) \
	X(archive_read_support_filter_rpm) \
	X(archive_read_support_filter_xz) \
	X(archive_read_support_filter_zstd) \
	X(archive_read_support_format_cpio) \
	X(archive_read_support_format_raw) \
	X(archive_read_support_format_tar) \
	X(archive_set_error)
LATE_LIBRARY(la, "libarchive.so.13", CALLS)
#undef CALLS

enum { HEADER_MAX = 16 << 20 };

struct pass {
	struct arena *arena;
	struct archive *archive;
	struct archive_entry *entry;
	locale_t plain;
	struct source *source;
	uint64_t base; /* of the archive in the source */
	uint64_t number;
	uint64_t previous_end; /* where the bytes of the entry before this one end at most */
	bool end_marked;
	unsigned end_blocks; /* of zeros */
	char last[200];      /* for messages: the entry read last */
	bool in_entry, in_header;
	size_t header_n;     /* bytes taken for the header that is being read */
	struct error failed; /* what the source failed with, inside a callback */
	const char *block;   /* of the current entry: a run of bytes and where it belongs */
	size_t block_n;
	uint64_t block_at;
	bool block_end;
};

struct decoder {
	struct stream stream;
	struct stream *of;
	struct archive *archive;
	locale_t plain;
	struct error failed;
	bool opened;
	struct str piece; /* lent last by `of` */
	uint64_t taken;   /* up to its end */
};

static void free_archive(void *arg)
{
	struct archive **a = arg;
	if (*a)
		la.archive_read_free(*a);
	*a = NULL;
}

/* A full arena may jump out of the middle of a step, with the locale still in use. */
static void free_locale(locale_t plain)
{
	if (!plain)
		return;
	if (uselocale((locale_t)0) == plain)
		uselocale(LC_GLOBAL_LOCALE);
	freelocale(plain);
}

static void free_pass(void *arg)
{
	struct pass *p = arg;
	free_archive(&p->archive);
	if (p->entry)
		la.archive_entry_free(p->entry);
	free_locale(p->plain);
}

static void free_decoder(void *arg)
{
	struct decoder *d = arg;
	free_archive(&d->archive);
	free_locale(d->plain);
}

static bool out_of_memory(struct error *e)
{
	return fail(e, ERR_LIMIT, "no memory left to read an archive");
}

/* ---- decompression ---- */

typedef int support_fn(struct archive *a);

/* libarchive says ARCHIVE_WARN where it would run a program. */
static bool built_in(support_fn *support)
{
	struct archive *trial = la.archive_read_new();
	bool in = trial && support(trial) == ARCHIVE_OK;
	la.archive_read_free(trial);
	return in;
}

static bool support_filters(struct archive *a)
{
	support_fn *const all[] = {
		la.archive_read_support_filter_bzip2, la.archive_read_support_filter_compress,
		la.archive_read_support_filter_gzip,  la.archive_read_support_filter_lz4,
		la.archive_read_support_filter_lzip,  la.archive_read_support_filter_lzma,
		la.archive_read_support_filter_lzop,  la.archive_read_support_filter_rpm,
		la.archive_read_support_filter_xz,    la.archive_read_support_filter_zstd,
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (built_in(all[i]) && all[i](a) != ARCHIVE_OK)
			return false;
	return true;
}

static la_ssize_t decoder_input(struct archive *a, void *arg, const void **buf)
{
	struct decoder *d = arg;
	size_t n = 0;
	if (d->of->next(d->of, buf, &n, &d->failed)) {
		d->piece = (struct str){*buf, n};
		d->taken += n;
		return (la_ssize_t)n;
	}
	la.archive_set_error(a, EIO, "%s", d->failed.text);
	return ARCHIVE_FATAL;
}

static bool decoder_failed(struct decoder *d, struct error *e)
{
	if (d->failed.kind != ERR_NONE) {
		*e = d->failed;
		return false;
	}
	const char *why = la.archive_error_string(d->archive);
	const char *name = la.archive_filter_name(d->archive, 0);
	return fail(e, ERR_CORRUPT, "%s: %s", name ? name : "compression",
		    why ? why : "the compressed bytes are damaged");
}

/* Some of libarchive's decoders end silently where the compressed bytes do, though more of them,
 * or another archive, may follow. Zeros may pad the end. */
static bool decoder_ended(struct decoder *d, struct error *e)
{
	uint64_t used = (uint64_t)la.archive_filter_bytes(d->archive, -1);
	uint64_t left = d->taken - used;
	struct str rest = left < d->piece.n ? str_tail(d->piece, d->piece.n - left) : d->piece;
	while (rest.n) {
		const void *p;
		if (rest.p[0] || memcmp(rest.p, rest.p + 1, rest.n - 1) != 0)
			return fail(e, ERR_CORRUPT, "%s: something else follows its end",
				    la.archive_filter_name(d->archive, 0));
		if (!d->of->next(d->of, &p, &rest.n, e))
			return false;
		rest.p = p;
	}
	d->piece = (struct str){0};
	d->taken = used;
	return true;
}

static bool decoder_open(struct decoder *d, struct error *e)
{
	struct archive_entry *entry;
	d->opened = true;
	if (la.archive_read_open(d->archive, d, NULL, decoder_input, NULL) != ARCHIVE_OK ||
	    la.archive_read_next_header(d->archive, &entry) < ARCHIVE_WARN)
		return decoder_failed(d, e);
	if (la.archive_filter_count(d->archive) < 2)
		return fail(e, ERR_UNSUPPORTED, "compression: not one that is known here");
	return true;
}

static bool decoder_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct decoder *d = (struct decoder *)s;
	la_int64_t at;
	const void *p = NULL;
	size_t got = 0;
	locale_t before = uselocale(d->plain);
	bool ok = d->opened || decoder_open(d, e);
	while (ok && got == 0) {
		int r = la.archive_read_data_block(d->archive, &p, &got, &at);
		if (r < ARCHIVE_OK)
			ok = decoder_failed(d, e);
		if (r != ARCHIVE_EOF)
			continue;
		ok = decoder_ended(d, e);
		break;
	}
	uselocale(before);
	if (ok) {
		*buf = p;
		*n = got;
	}
	return ok;
}

struct stream *pass_decode(struct arena *a, struct stream *of, struct error *e)
{
	if (!la_load(e))
		return NULL;
	struct decoder *d = NEW(a, struct decoder);
	arena_defer(a, free_decoder, d);
	d->stream = (struct stream){.name = of->name, .next = decoder_next};
	d->of = of;
	d->plain = newlocale(LC_ALL_MASK, "C", NULL);
	d->archive = la.archive_read_new();
	if (!d->plain || !d->archive || !support_filters(d->archive) ||
	    la.archive_read_support_format_raw(d->archive) != ARCHIVE_OK) {
		out_of_memory(e);
		return NULL;
	}
	return &d->stream;
}

/* ---- entries ---- */

static la_ssize_t pass_input(struct archive *a, void *arg, const void **buf)
{
	struct pass *p = arg;
	struct str piece;
	if (source_next(p->source, &piece, &p->failed)) {
		p->header_n += p->in_header ? piece.n : 0;
		*buf = piece.p;
		if (p->header_n <= HEADER_MAX)
			return (la_ssize_t)piece.n;
		fail(&p->failed, ERR_LIMIT, "an entry's header is larger than %d bytes",
		     HEADER_MAX);
	}
	la.archive_set_error(a, EIO, "%s", p->failed.text);
	return ARCHIVE_FATAL;
}

static la_int64_t pass_skip(struct archive *a, void *arg, la_int64_t n)
{
	struct pass *p = arg;
	(void)a;
	return n > 0 ? (la_int64_t)source_skip(p->source, (uint64_t)n) : 0;
}

static bool is_cpio(const struct pass *p)
{
	return (la.archive_format(p->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_CPIO;
}

/* libarchive's reason, at the entry it was met at. */
static bool pass_failed(struct pass *p, struct error *e)
{
	const char *why = la.archive_error_string(p->archive);
	if (p->failed.kind != ERR_NONE) {
		*e = p->failed;
		return false;
	}
	if (la.archive_format(p->archive) == 0)
		return fail(e, ERR_UNSUPPORTED, "not a tar or cpio archive");
	fail(e, ERR_CORRUPT, "%s: %s", pass_format(p), why ? why : "damaged");
	if (p->number)
		fail_in(e, "after entry %llu (%s)", (unsigned long long)p->number, p->last);
	return false;
}

/* A handle over what the source has next. */
static bool pass_start(struct pass *p, struct error *e)
{
	struct str head;
	/* libarchive looks at no more than this much before it knows the format, so that going
	 * back to an archive's end never reaches behind a piece. */
	if (!source_peek(p->source, &head, e))
		return false;
	free_archive(&p->archive);
	struct archive *a = p->archive = la.archive_read_new();
	p->base = p->source->piece_at + p->source->piece.n;
	p->failed = (struct error){0};
	if (!a || la.archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    la.archive_read_support_format_cpio(a) != ARCHIVE_OK)
		return out_of_memory(e);
	la.archive_read_set_read_callback(a, pass_input);
	la.archive_read_set_skip_callback(a, pass_skip);
	la.archive_read_set_callback_data(a, p);
	if (la.archive_read_open1(a) != ARCHIVE_OK)
		return pass_failed(p, e);
	return true;
}

struct pass *pass_new(struct arena *a)
{
	struct pass *p = NEW(a, struct pass);
	p->arena = a;
	arena_defer(a, free_pass, p);
	return p;
}

bool pass_open(struct pass *p, struct source *s, struct error *e)
{
	if (!la_load(e))
		return false;
	if (!p->plain)
		p->plain = newlocale(LC_ALL_MASK, "C", NULL);
	if (!p->entry)
		p->entry = la.archive_entry_new();
	if (!p->plain || !p->entry)
		return out_of_memory(e);
	p->number = 0;
	p->in_entry = false;
	p->block_n = 0;
	p->last[0] = 0;
	p->source = s;
	locale_t before = uselocale(p->plain);
	bool ok = source_decode(&p->source, e) && pass_start(p, e);
	uselocale(before);
	return ok;
}

/* After the trailer of a cpio: *more when another archive follows. */
static bool next_cpio(struct pass *p, bool *more, struct error *e)
{
	struct str head;
	uint64_t end = p->base + (uint64_t)la.archive_filter_bytes(p->archive, 0);
	*more = false;
	if (!source_rewind(p->source, end, e) || !source_skip_zeros(p->source, more, e))
		return false;
	if (!*more)
		return true;
	if (!source_peek(p->source, &head, e) || !source_decode(&p->source, e) ||
	    !source_peek(p->source, &head, e))
		return false;
	if (!str_starts(head, S("0707")))
		return fail(e, ERR_UNSUPPORTED,
			    "cpio: what follows entry %llu (%s) is not another cpio archive",
			    (unsigned long long)p->number, p->last);
	return pass_start(p, e);
}

/* One block of zeros ends the reading, but it takes two to end a tar: where more follows, that was
 * a header. */
static bool ends_here(struct pass *p, struct error *e)
{
	struct str head;
	if (!source_peek(p->source, &head, e))
		return false;
	return !head.n || (!head.p[0] && !memcmp(head.p, head.p + 1, head.n - 1)) ||
	       fail(e, ERR_CORRUPT, "tar: after entry %llu (%s) a block is zeros",
		    (unsigned long long)p->number, p->last);
}

/* What libarchive looked at behind a tar's end is left for others to read. A piece may end
 * between the two blocks of the end mark; nothing of it is missed then. */
static bool back_to_end(struct pass *p, struct error *e)
{
	struct source *s = p->source;
	uint64_t end = p->base + (uint64_t)la.archive_filter_bytes(p->archive, 0);
	if (end < s->piece_at || end > s->piece_at + s->piece.n)
		return true;
	return source_rewind(s, end, e) && (p->end_blocks != 1 || ends_here(p, e));
}

static void note_end(struct pass *p)
{
	uint64_t header = p->base + (uint64_t)la.archive_read_header_position(p->archive);
	uint64_t end = p->base + (uint64_t)la.archive_filter_bytes(p->archive, 0);
	uint64_t marker = end - header;
	bool zeros =
		(marker == 512 || marker == 1024) && source_zeros_before(p->source, end, marker);
	p->end_blocks = zeros ? (unsigned)(marker / 512) : 0;
	p->end_marked = is_cpio(p) || zeros;
}

/* Warnings mean that something of an entry was not understood. Only what is never looked at
 * here may be lost so: owners' names, ACLs. A name that cannot be converted is kept as bytes. */
static bool harmless(struct archive *a)
{
	const char *why = la.archive_error_string(a);
	return why && (strstr(why, "can't be converted") || strstr(why, "ACL"));
}

static enum fs_kind kind_of(const struct archive_entry *e)
{
	struct {
		unsigned type;
		enum fs_kind kind;
	} const kinds[] = {
		{AE_IFREG, FS_REGULAR}, {AE_IFDIR, FS_DIRECTORY}, {AE_IFLNK, FS_SYMLINK},
		{AE_IFCHR, FS_DEVICE},  {AE_IFBLK, FS_DEVICE},
	};
	unsigned type = la.archive_entry_filetype((struct archive_entry *)(uintptr_t)e);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].type == type)
			return kinds[i].kind;
	return FS_OTHER;
}

static uint32_t clamp32(la_int64_t n)
{
	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static bool describe(struct pass *p, struct pass_entry *out, struct error *e)
{
	struct archive_entry *entry = p->entry;
	const char *path = la.archive_entry_pathname(entry);
	if (!path)
		return fail(e, ERR_CORRUPT, "%s: entry %llu has no name", pass_format(p),
			    (unsigned long long)p->number);
	snprintf(p->last, sizeof p->last, "%s", path);
	enum fs_kind kind = kind_of(entry);
	const char *hard = kind == FS_DIRECTORY ? NULL : la.archive_entry_hardlink(entry);
	const char *soft = kind == FS_SYMLINK ? la.archive_entry_symlink(entry) : NULL;
	la_int64_t size = kind == FS_REGULAR ? la.archive_entry_size(entry) : 0;
	*out = (struct pass_entry){
		.path = str_from(path),
		.link = str_from(hard ? hard : soft),
		.hardlink = hard != NULL,
		.sparse = la.archive_entry_sparse_count(entry) > 0,
		.header_at = p->base + (uint64_t)la.archive_read_header_position(p->archive),
		.content_at = p->base + (uint64_t)la.archive_filter_bytes(p->archive, 0),
		.number = p->number,
		.depth = p->source->depth,
	};
	out->st = (struct fs_stat){
		.kind = kind,
		.mode = la.archive_entry_perm(entry) & 07777,
		.uid = clamp32(la.archive_entry_uid(entry)),
		.gid = clamp32(la.archive_entry_gid(entry)),
		.size = size > 0             ? (uint64_t)size
			: kind == FS_SYMLINK ? out->link.n
					     : 0,
	};
	return true;
}

/* Passes what is left of the entry. Done apart, so that what is taken for the next header can
 * be limited: libarchive keeps all of a header in memory, whatever size it claims to have. */
static bool leave_entry(struct pass *p, struct error *e)
{
	bool in_entry = p->in_entry;
	p->in_entry = false;
	if (!in_entry)
		return true;
	int r = la.archive_read_data_skip(p->archive);
	return r == ARCHIVE_OK || r == ARCHIVE_EOF || pass_failed(p, e);
}

static enum pass_step step(struct pass *p, struct pass_entry *out, struct error *e)
{
	if (!leave_entry(p, e))
		return PASS_FAILED;
	for (bool first = true;; first = false) {
		p->in_header = true;
		p->header_n = 0;
		int r = la.archive_read_next_header2(p->archive, p->entry);
		p->in_header = false;
		if (first)
			p->previous_end =
				p->base + (uint64_t)la.archive_read_header_position(p->archive);
		if (r == ARCHIVE_OK || (r == ARCHIVE_WARN && harmless(p->archive))) {
			p->number++;
			p->in_entry = true;
			p->block_n = 0;
			p->block_end = false;
			return describe(p, out, e) ? PASS_ENTRY : PASS_FAILED;
		}
		if (r != ARCHIVE_EOF) {
			pass_failed(p, e);
			return PASS_FAILED;
		}
		bool more = false;
		note_end(p);
		if (!(is_cpio(p) ? next_cpio(p, &more, e) : back_to_end(p, e)))
			return PASS_FAILED;
		if (!more)
			return PASS_END;
	}
}

enum pass_step pass_next(struct pass *p, struct pass_entry *out, struct error *e)
{
	locale_t before = uselocale(p->plain);
	enum pass_step end = step(p, out, e);
	uselocale(before);
	return end;
}

/* The next run of bytes of the current entry into p->block. */
static bool next_block(struct pass *p, struct error *e)
{
	const void *block;
	size_t n;
	la_int64_t at;
	int r = la.archive_read_data_block(p->archive, &block, &n, &at);
	p->block_end = r == ARCHIVE_EOF;
	if (p->block_end)
		return true;
	if (r != ARCHIVE_OK)
		return pass_failed(p, e);
	if (at < 0)
		return fail(e, ERR_CORRUPT, "%s: entry %llu (%s) has a run at byte %lld",
			    pass_format(p), (unsigned long long)p->number, p->last, (long long)at);
	p->block = block;
	p->block_n = n;
	p->block_at = (uint64_t)at;
	return true;
}

bool pass_read(struct pass *p, uint64_t at, void *buf, size_t n, struct error *e)
{
	memset(buf, 0, n);
	while (!p->block_end) {
		uint64_t end = p->block_at + p->block_n;
		if (p->block_n && p->block_at >= at + n)
			return true;
		if (p->block_n && end > at) {
			uint64_t from = p->block_at > at ? p->block_at : at;
			uint64_t to = end < at + n ? end : at + n;
			memcpy((char *)buf + (from - at), p->block + (from - p->block_at),
			       (size_t)(to - from));
			if (end > at + n)
				return true;
		}
		p->block_n = 0;
		if (!next_block(p, e))
			return false;
	}
	return true;
}

uint64_t pass_previous_end(const struct pass *p)
{
	return p->previous_end;
}

struct source *pass_rest(const struct pass *p)
{
	return p->source;
}

bool pass_end_marked(const struct pass *p)
{
	return p->end_marked;
}

const char *pass_format(const struct pass *p)
{
	return is_cpio(p) ? "cpio" : "tar";
}
