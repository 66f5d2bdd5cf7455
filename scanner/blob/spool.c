/*
 * spool.c - random access over a stream: what was read once lies in an unlinked temporary file.
 *
 * The file grows only as far as somebody asked, so that a look at the head of a pipe costs the
 * head. Pages of zeros, of which disks are full, are left out as holes. The file is never visible
 * where the file system has O_TMPFILE, and for an instant elsewhere. Who wants to keep the bytes
 * brings a file instead; when that cannot be written any more they move to a temporary one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "blob.h"

enum { PAGE = 4096 };

/* Of all bytes, holes and not, for each that may be kept: where a stream of zeros is stopped. */
enum { HOLES_RATIO = 64 };

struct spool {
	struct blob blob;
	struct stream *of;
	struct arena *arena;
	int fd;
	struct spool_home *home;  /* whose file it is; NULL: a temporary one */
	uint64_t have, kept, max; /* bytes in all; on disk; on disk at most */
	bool ended;
	struct error failed; /* a stream that failed once is not asked again */
};

static void close_temporary(void *arg)
{
	close((int)(intptr_t)arg);
}

bool blob_temporary_failed(struct error *e)
{
	fail_errno(e, errno, "temporary file");
	e->kind = ERR_IO;
	return false;
}

static int open_temporary(struct arena *a)
{
	const char *dir = getenv("TMPDIR");
	if (!dir || !*dir)
		dir = "/tmp";
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	struct str path = str_fmt(a, "%s/offnode-XXXXXX", dir);
	char *z = str_z(a, path);
	fd = mkostemp(z, O_CLOEXEC);
	if (fd >= 0)
		unlink(z);
	return fd;
}

int blob_temporary(struct arena *a, struct error *e)
{
	int fd = open_temporary(a);
	if (fd >= 0)
		arena_defer(a, close_temporary, (void *)(intptr_t)fd);
	else
		blob_temporary_failed(e);
	return fd;
}

static bool too_much(const struct spool *s, struct error *e)
{
	return fail(e, ERR_LIMIT,
		    "%" PRIstr ": more than %llu bytes to keep on disk, see --max-spill",
		    ARG(s->blob.name), (unsigned long long)s->max);
}

static bool is_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* How many bytes of p up to a page's border go the same way, all zeros or not. */
static size_t run_of(const struct spool *s, const char *p, size_t n, bool *zero)
{
	size_t at = 0;
	while (at < n) {
		size_t page = PAGE - (size_t)((s->have + at) % PAGE);
		page = page < n - at ? page : n - at;
		bool same = is_zero(p + at, page);
		if (at == 0)
			*zero = same;
		else if (same != *zero)
			break;
		at += page;
	}
	return at;
}

static bool write_at(int fd, const char *p, size_t n, uint64_t at)
{
	while (n) {
		ssize_t w = pwrite(fd, p, n, (off_t)at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
		at += (uint64_t)w;
	}
	return true;
}

static bool append(struct spool *s, const char *p, size_t n, struct error *e);

/* The file that was brought cannot be written any more: goes on in a temporary one. */
static bool leave_home(struct spool *s, struct error *e)
{
	char piece[16 * PAGE];
	int from = s->fd;
	uint64_t upto = s->have;
	if (!s->home)
		return blob_temporary_failed(e);
	s->home = NULL;
	s->fd = blob_temporary(s->arena, e);
	s->have = s->kept = 0;
	bool good = s->fd >= 0;
	while (good && s->have < upto) {
		uint64_t left = upto - s->have;
		size_t n = left < sizeof piece ? (size_t)left : sizeof piece;
		ssize_t r = pread(from, piece, n, (off_t)s->have);
		if (r >= 0 || errno != EINTR)
			good = r > 0 ? append(s, piece, (size_t)r, e) : blob_temporary_failed(e);
	}
	/* Space is short: it is given back at once. */
	(void)!ftruncate(from, 0);
	return good;
}

static bool write_run(struct spool *s, const char *p, size_t n, struct error *e)
{
	if (n > s->max - s->kept)
		return too_much(s, e);
	bool written =
		write_at(s->fd, p, n, s->have) ||
		(leave_home(s, e) && (write_at(s->fd, p, n, s->have) || blob_temporary_failed(e)));
	if (written)
		s->kept += n;
	return written;
}

static bool append(struct spool *s, const char *p, size_t n, struct error *e)
{
	bool zero = false;
	if (s->have / HOLES_RATIO > s->max)
		return too_much(s, e);
	while (n) {
		size_t run = run_of(s, p, n, &zero);
		if (!zero && !write_run(s, p, run, e))
			return false;
		p += run;
		n -= run;
		s->have += run;
	}
	/* A hole at the end must be there to be read. */
	return !zero || ftruncate(s->fd, (off_t)s->have) == 0 || blob_temporary_failed(e);
}

static bool pull(struct spool *s, struct error *e)
{
	const void *p;
	size_t n;
	if (!s->of->next(s->of, &p, &n, e))
		return false;
	if (n == 0) {
		s->ended = true;
		s->blob.size = s->have;
		if (s->home)
			s->home->keep(s->home, s->have);
		return true;
	}
	return append(s, p, n, e);
}

static bool fill(struct spool *s, uint64_t upto, struct error *e)
{
	while (!s->ended && s->have < upto) {
		if (s->failed.kind == ERR_NONE && pull(s, &s->failed))
			continue;
		*e = s->failed;
		return false;
	}
	return true;
}

static bool spool_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	struct spool *s = (struct spool *)b;
	uint64_t upto = at > UINT64_MAX - n ? UINT64_MAX : at + n;
	if (!fill(s, upto, e))
		return false;
	uint64_t left = at < s->have ? s->have - at : 0;
	n = left < n ? (size_t)left : n;
	size_t have = 0;
	while (have < n) {
		ssize_t r = pread(s->fd, (char *)buf + have, n - have, (off_t)(at + have));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return fail_errno(e, errno, "temporary file");
		if (r == 0)
			return fail(e, ERR_IO, "temporary file: ends at byte %llu of %llu",
				    (unsigned long long)(at + have), (unsigned long long)s->have);
		have += (size_t)r;
	}
	*got = n;
	return true;
}

struct blob *blob_spool_home(struct arena *a, struct stream *of, struct spool_home *home,
			     uint64_t max_spill, struct error *e)
{
	int fd = home ? home->fd : blob_temporary(a, e);
	if (fd < 0)
		return NULL;
	struct spool *s = NEW(a, struct spool);
	*s = (struct spool){
		.blob = {.name = of->name, .size = BLOB_UNSIZED, .read = spool_read},
		.of = of,
		.arena = a,
		.fd = fd,
		.home = home,
		.max = max_spill,
	};
	return &s->blob;
}

struct blob *blob_spool(struct arena *a, struct stream *of, uint64_t max_spill, struct error *e)
{
	return blob_spool_home(a, of, NULL, max_spill, e);
}
