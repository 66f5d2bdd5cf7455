/*
 * spool.c - random access over a stream: what was read once lies in an unlinked temporary file.
 *
 * The file grows only as far as somebody asked, so that a look at the head of a pipe costs the
 * head. The file is never visible where the file system has O_TMPFILE, and for an instant
 * elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "blob.h"

struct spool {
	struct blob blob;
	struct stream *of;
	int fd;
	uint64_t have, max;
	bool ended;
	struct error failed; /* a stream that failed once is not asked again */
};

static void close_spool(void *arg)
{
	close((int)(intptr_t)arg);
}

static int temporary_file(struct arena *a)
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

static bool append(struct spool *s, const char *p, size_t n, struct error *e)
{
	while (n) {
		ssize_t w = pwrite(s->fd, p, n, (off_t)s->have);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			fail_errno(e, errno, "temporary file");
			e->kind = ERR_IO;
			return false;
		}
		p += w;
		n -= (size_t)w;
		s->have += (uint64_t)w;
	}
	return true;
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
		return true;
	}
	if (n > s->max - s->have)
		return fail(e, ERR_LIMIT, "%" PRIstr ": more than %llu bytes to keep on disk",
			    ARG(s->blob.name), (unsigned long long)s->max);
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

struct blob *blob_spool(struct arena *a, struct stream *of, uint64_t max_spill, struct error *e)
{
	int fd = temporary_file(a);
	if (fd < 0) {
		fail_errno(e, errno, "temporary file");
		e->kind = ERR_IO;
		return NULL;
	}
	arena_defer(a, close_spool, (void *)(intptr_t)fd);
	struct spool *s = NEW(a, struct spool);
	*s = (struct spool){
		.blob = {.name = of->name, .size = BLOB_UNSIZED, .read = spool_read},
		.of = of,
		.fd = fd,
		.max = max_spill,
	};
	return &s->blob;
}
