/*
 * file.c - files, block devices and standard input as blobs.
 *
 * Nothing is mapped: a file that shrinks while it is read gives a short read, not a SIGBUS.
 * Character devices, FIFOs and sockets are refused but for a FIFO on standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "blob.h"

enum { PIECE = 256 << 10 };

struct file_blob {
	struct blob blob;
	int fd;
	uint64_t start; /* of a standard input that was handed over half read */
	struct watch *watch;
};

struct pipe_stream {
	struct stream stream;
	int fd;
	bool ended;
	struct watch *watch;
	char buf[PIECE];
};

static void close_fd(void *arg)
{
	close((int)(intptr_t)arg);
}

static bool file_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		      struct error *e)
{
	struct file_blob *f = (struct file_blob *)b;
	size_t have = 0;
	if (at >= b->size) {
		*got = 0;
		return true;
	}
	while (have < n) {
		ssize_t r =
			pread(f->fd, (char *)buf + have, n - have, (off_t)(f->start + at + have));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return fail_errno(e, errno, "%" PRIstr, ARG(b->name));
		if (!watch_tick(f->watch, (uint64_t)r, e))
			return false;
		if (r == 0)
			break;
		have += (size_t)r;
	}
	*got = have;
	return true;
}

static bool pipe_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct pipe_stream *p = (struct pipe_stream *)s;
	ssize_t r = 0;
	while (!p->ended) {
		r = read(p->fd, p->buf, sizeof p->buf);
		if (r >= 0 || errno != EINTR)
			break;
	}
	if (r < 0)
		return fail_errno(e, errno, "%" PRIstr, ARG(s->name));
	if (!watch_tick(p->watch, (uint64_t)r, e))
		return false;
	p->ended = r == 0;
	*buf = p->buf;
	*n = (size_t)r;
	return true;
}

/* What cannot be read at any place is refused before it is opened: to open a FIFO or a tape
 * does something to it. */
static bool seekable(const struct stat *st, struct str name, struct error *e)
{
	if (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode))
		return true;
	const char *what = S_ISDIR(st->st_mode)    ? "a directory"
			   : S_ISFIFO(st->st_mode) ? "a FIFO"
			   : S_ISSOCK(st->st_mode) ? "a socket"
						   : "a character device";
	return fail(e, ERR_UNSUPPORTED, "%" PRIstr ": is %s, not a file", ARG(name), what);
}

static struct blob *file_blob(struct arena *a, int fd, struct str name, uint64_t start,
			      struct watch *w, struct error *e)
{
	struct stat st;
	if (fstat(fd, &st) < 0) {
		fail_errno(e, errno, "%" PRIstr, ARG(name));
		return NULL;
	}
	if (!seekable(&st, name, e))
		return NULL;
	off_t size = S_ISBLK(st.st_mode) ? lseek(fd, 0, SEEK_END) : st.st_size;
	if (size < 0) {
		fail_errno(e, errno, "%" PRIstr, ARG(name));
		return NULL;
	}
	struct file_blob *f = NEW(a, struct file_blob);
	uint64_t whole = (uint64_t)size;
	*f = (struct file_blob){
		.blob = {.name = name,
			 .size = start < whole ? whole - start : 0,
			 .shared = true,
			 .read = file_read},
		.fd = fd,
		.start = start,
		.watch = w,
	};
	return &f->blob;
}

struct blob *blob_fd(struct arena *a, int fd, struct str name, struct watch *w, struct error *e)
{
	arena_defer(a, close_fd, (void *)(intptr_t)fd);
	return file_blob(a, fd, str_dup(a, name), 0, w, e);
}

struct blob *blob_open(struct arena *a, struct str path, struct watch *w, struct error *e)
{
	struct stat st;
	if (path.n && memchr(path.p, 0, path.n)) {
		fail(e, ERR_USAGE, "path has a NUL byte");
		return NULL;
	}
	const char *z = str_z(a, path);
	if (stat(z, &st) < 0) {
		fail_errno(e, errno, "%s", z);
		return NULL;
	}
	if (!seekable(&st, path, e))
		return NULL;
	int fd = open(z, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		fail_errno(e, errno, "%s", z);
		return NULL;
	}
	return blob_fd(a, fd, path, w, e);
}

struct blob *blob_stdin(struct arena *a, uint64_t max_spill, struct watch *w, struct error *e)
{
	struct stat st;
	if (fstat(STDIN_FILENO, &st) < 0) {
		fail_errno(e, errno, "standard input");
		return NULL;
	}
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	if ((S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) && at >= 0)
		return file_blob(a, STDIN_FILENO, S("standard input"), (uint64_t)at, w, e);
	if (S_ISDIR(st.st_mode)) {
		fail(e, ERR_UNSUPPORTED, "standard input: is a directory, not a file");
		return NULL;
	}
	struct pipe_stream *p = NEW(a, struct pipe_stream);
	p->stream = (struct stream){.name = S("standard input"), .next = pipe_next};
	p->fd = STDIN_FILENO;
	p->watch = w;
	return blob_spool(a, &p->stream, max_spill, e);
}
