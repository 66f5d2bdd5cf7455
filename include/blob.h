/*
 * blob.h - bytes at any place, and bytes in a row.
 *
 * A blob is random access; a stream is front to back. Both belong to an arena, have no
 * destructor, and are used by one thread at a time, but blob_file's read is a pread and may
 * be shared by threads.
 *
 * Nothing here looks into what the bytes mean, but for the codecs.
 */
#ifndef BLOB_H
#define BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "limit.h"
#include "origin.h"
#include "str.h"

struct arena;

#define BLOB_UNSIZED UINT64_MAX

struct blob {
	struct str name; /* for messages */
	uint64_t size;   /* bytes; BLOB_UNSIZED until the end of a pipe has been seen */
	bool shared;     /* read may be called from several threads at once */
	/* Up to n bytes at `at`; *got < n only at the end. */
	bool (*read)(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e);
};

struct stream {
	struct str name;
	/* The next piece, borrowed until the next call; *n == 0 at the end and ever after. */
	bool (*next)(struct stream *s, const void **buf, size_t *n, struct error *e);
};

/* Who watches the work. Every piece of bytes that is taken from the operating system is told
 * to tick, from whatever thread took it; tick may end the work by failing. Progress, --timeout
 * and the tests that make the nth read fail all hang on this one hook. NULL watches nothing. */
struct watch {
	bool (*tick)(struct watch *w, uint64_t bytes, struct error *e);
};

bool watch_tick(struct watch *w, uint64_t bytes, struct error *e); /* w may be NULL */

/* ---- blobs ---- */

/* Opens PATH read-only. A directory, a FIFO or a device other than a block device is refused. */
struct blob *blob_open(struct arena *a, struct str path, struct watch *w, struct error *e);

/* The same, but a PATH that ends in ".000" or ".001" is followed by the files of the next numbers
 * beside it: a disk that was cut into pieces. A gap in the numbers is ERR_MISSING. */
struct blob *blob_open_pieces(struct arena *a, struct str path, struct watch *w, struct error *e);

/* blob_open over an open descriptor of a regular file, which the arena closes. */
struct blob *blob_fd(struct arena *a, int fd, struct str name, struct watch *w, struct error *e);

/* Standard input: a file is read in place, a pipe is spooled as it is read. */
struct blob *blob_stdin(struct arena *a, uint64_t max_spill, struct watch *w, struct error *e);

struct blob *blob_memory(struct arena *a, struct str name, struct str bytes);

/* `n` bytes of `of` from `at` on; reads past them see the end. */
struct blob *blob_window(struct arena *a, struct blob *of, struct str name, uint64_t at,
			 uint64_t n);

/* Random access over a stream: what has been read is kept in an unlinked temporary file
 * under $TMPDIR, no further than it was asked for, with holes for pages of zeros; ERR_LIMIT past
 * max_spill bytes on disk, or 64 times as many with the holes. */
struct blob *blob_spool(struct arena *a, struct stream *s, uint64_t max_spill, struct error *e);

/* A file that a spool fills instead of a temporary one; open for as long as the spool is used.
 * Where it cannot be written any more, it is emptied, and the spool goes on in a temporary one. */
struct spool_home {
	int fd; /* for reading and writing; empty */
	/* The stream has ended without a failure, and all of it is in the file. */
	void (*keep)(struct spool_home *h, uint64_t size);
};

struct blob *blob_spool_home(struct arena *a, struct stream *s, struct spool_home *home,
			     uint64_t max_spill, struct error *e);

/* A file without a name under $TMPDIR, open to read and write until the arena is freed. -1: a
 * failure was told. */
int blob_temporary(struct arena *a, struct error *e);

/* Fails with the text of errno about that file. */
bool blob_temporary_failed(struct error *e);

/* `n` bytes of `of` from `at` on, or zeros where `of` is NULL. */
struct blob_part {
	struct blob *of;
	uint64_t at, n;
};

/* Parts one after another, which last as long as the blob; a part that is not wholly there is
 * ERR_CORRUPT when it is read. */
struct blob *blob_joined(struct arena *a, struct str name, const struct blob_part *parts, size_t n);

/* Writes that have not reached a blob, held in memory over it: what the replay of a log gives. */
struct blob_overlay;

/* At least `size` bytes: where `under` ends before them, zeros follow. */
struct blob_overlay *blob_overlay_new(struct arena *a, struct blob *under, uint64_t size);

/* `under` as it is with the writes. */
struct blob *blob_overlaid(struct blob_overlay *o);

/* `n` bytes at p, or zeros where that is NULL. ERR_LIMIT when more than 64 MiB would be held; a
 * write that goes past the end is ERR_CORRUPT. */
bool blob_overlay_write(struct blob_overlay *o, uint64_t at, const void *p, uint64_t n,
			struct error *e);

/* Has any sector of these bytes been written to? Of no overlay (NULL), none. */
bool blob_overlay_touched(const struct blob_overlay *o, uint64_t at, size_t n);

/* All n bytes or an error: "NAME: ends at byte X of Y". */
bool blob_read(struct blob *b, uint64_t at, void *buf, size_t n, struct error *e);

/* The whole blob in memory; ERR_LIMIT past `max` bytes. */
bool blob_slurp(struct arena *a, struct blob *b, size_t max, struct str *out, struct error *e);

/* ---- disks: blocks at any place, through the containers they lie in ---- */

/* What reading a disk may cost, counted in one place beneath every reader: where bytes are taken
 * from the file that was typed, after the cache. One a target; `inspect` shows what was used. */
struct blob_budget {
	uint64_t max_reads, max_bytes; /* ERR_LIMIT past them */
	uint64_t reads, bytes;         /* so far */
};

/* `of` through a cache of pages, least recently used first out; counts against the budget. A
 * large read goes past the cache. */
struct blob *blob_cached(struct arena *a, struct blob *of, struct blob_budget *budget);

/* Opens a second file: `name` is a bare file name beside the target, of a regular file. Whoever
 * allows containers to name others gives their opening the siblings; without, such names are
 * refused. */
struct blob_siblings {
	struct blob *(*open)(struct blob_siblings *s, struct str name, struct error *e);
};

/* The files beside PATH, each cached and counted against the budget, or as they are where that is
 * NULL. */
struct blob_siblings *blob_beside(struct arena *a, struct str path, struct blob_budget *budget,
				  struct watch *w, struct error *e);

/* What is found out about the bytes on the way. */
struct blob_findings {
	/* Why they may be older than what the machine would see, one clause each: "the qcow2 is
	 * marked as corrupt". */
	struct words stale;
	struct words replayed; /* the logs over them that were: "the log of the vhdx" */
};

struct blob_opening {
	struct blob_siblings *siblings; /* NULL: a second file is refused with a sentence */
	unsigned chain;                 /* files opened on behalf of each other so far */
	struct limits max;
	struct blob_findings *found; /* never NULL; filled by what is opened */
};

/* The disk inside a container: *name is the container's ("qcow2") and *inside its bytes; *inside is
 * NULL, without a failure, when no container claims the bytes. The list is
 * scanner/blob/wrappers.h. `only` is the one that must be met, or NULL. Containers hold no tables
 * in memory but read them as they are needed: `b` had better be cached. */
bool blob_unwrap(struct arena *a, struct blob *b, const char *only, const struct blob_opening *o,
		 struct blob **inside, const char **name, struct error *e);

/* A section (".initrd", ".cmdline", …) of a PE program, as a unified kernel image is, of the
 * profile that boots unless another is asked for; *out is NULL, without a failure, when the bytes
 * are none, or have no such section. */
bool blob_pe_section(struct arena *a, struct blob *b, struct str name, struct blob **out,
		     struct error *e);

/* ---- streams ---- */

struct stream *stream_blob(struct arena *a, struct blob *b);

/* gzip (RFC 1952), any number of members; the trailer's CRC and size are checked. Zeros may
 * pad the end; anything else there is refused, where gzip(1) would warn and go on: it may be the
 * rest of an archive. isa-l where it was built in, zlib elsewhere. */
struct stream *stream_gunzip(struct arena *a, struct stream *of);

/* Passes bytes on and, at their end, fails unless they number `size` and hash to `digest`
 * ("sha256:hex", also sha512). ERR_UNSUPPORTED for other algorithms, ERR_USAGE for a
 * malformed digest, both at once from here. */
struct stream *stream_verify(struct arena *a, struct stream *of, struct str digest, uint64_t size,
			     struct error *e);

/* Fails with ERR_LIMIT when `of` has given more than `ratio` bytes for each byte that `source`
 * has given so far, once it gave `grace` bytes: decompression bombs. Both are streams made by
 * stream_count. */
struct stream *stream_count(struct arena *a, struct stream *of);
uint64_t stream_counted(const struct stream *s);
struct stream *stream_guard(struct arena *a, struct stream *of, const struct stream *source,
			    uint64_t ratio, uint64_t grace);

/* Reads to the end and throws it away: a digest is only known then. */
bool stream_drain(struct stream *s, struct error *e);

/* ---- magic ---- */

enum codec { CODEC_NONE, CODEC_GZIP, CODEC_ZSTD, CODEC_XZ, CODEC_BZIP2, CODEC_LZ4, CODEC_OTHER };

/* What the first bytes say; CODEC_OTHER is some other compression that libarchive reads. */
enum codec codec_of(struct str head);

/* "sha256:" and 64, or "sha512:" and 128 lower-case hexadecimal digits. */
bool digest_valid(struct str digest);

/* Hex sha256 of bytes in memory, as "sha256:…". */
struct str digest_sha256(struct arena *a, struct str bytes);

/* The same, as bytes. */
void digest_sha256_raw(struct str bytes, unsigned char sum[32]);

#endif
