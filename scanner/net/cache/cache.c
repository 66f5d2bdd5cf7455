/*
 * cache.c - blobs and what was learnt of them, as files that are named by their digests.
 *
 * Nothing is believed for having a name: a blob is hashed before it is given out, a note carries
 * the sha256 of its bytes. So no file needs to be flushed to disk, and what a power failure or a
 * hand has damaged is forgotten and fetched again.
 */
#include "cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cache_dir.h"

enum { NOTE_MAX = 256 << 20, SUM = 32 };

static const char note_magic[] = "offnode note 1\n";

enum { NOTE_HEAD = sizeof note_magic - 1 + SUM };

struct cache {
	const char *path;
	uint64_t max;
};

struct cache *cache_open(struct arena *a, struct str dir, uint64_t max_bytes)
{
	struct cache *c = NEW(a, struct cache);
	*c = (struct cache){str_z(a, dir), max_bytes};
	return c;
}

struct str cache_default(struct arena *a)
{
	struct str cache = str_from(getenv("XDG_CACHE_HOME")), home = str_from(getenv("HOME"));
	if (str_starts(cache, S("/")))
		return str_fmt(a, "%" PRIstr "/offnode", ARG(cache));
	if (str_starts(home, S("/")))
		return str_fmt(a, "%" PRIstr "/.cache/offnode", ARG(home));
	return S("");
}

static int open_dir(const struct cache *c, bool make)
{
	struct error silent;
	return cache_dir_open(c->path, make, &silent);
}

/* The file of a blob or note; -1 where there is none. */
static int open_file(const struct cache *c, struct str digest, struct str note)
{
	char name[CACHE_NAME_MAX];
	int dir = cache_name(name, digest, note) ? open_dir(c, false) : -1;
	int fd = dir >= 0 ? cache_file_open(dir, name) : -1;
	if (dir >= 0)
		close(dir);
	return fd;
}

/* ---- blobs ---- */

static bool proved(struct arena *a, struct blob *b, struct str digest, struct error *e)
{
	struct stream *s = stream_verify(a, stream_blob(a, b), digest, b->size, e);
	return s && stream_drain(s, e);
}

struct blob *cache_blob(struct arena *a, struct cache *c, struct str digest, struct watch *w)
{
	struct error why = {0};
	int fd = open_file(c, digest, S(""));
	if (fd < 0)
		return NULL;
	struct str name = str_fmt(a, "blob %" PRIstr, ARG(digest));
	struct blob *b = blob_fd(a, fd, name, w, &why);
	if (b && proved(a, b, digest, &why))
		return b;
	if (why.kind == ERR_CORRUPT || why.kind == ERR_IO)
		cache_forget(c, digest);
	return NULL;
}

struct keeping {
	struct spool_home home;
	const struct cache *cache;
	struct cache_file file;
	char name[CACHE_NAME_MAX];
};

static void keep_blob(struct spool_home *h, uint64_t size)
{
	struct keeping *k = (struct keeping *)h;
	uint64_t most = k->cache->max;
	int dir = open_dir(k->cache, true);
	if (dir < 0)
		return;
	if (size <= most && cache_file_name(dir, &k->file, k->name))
		cache_bound(dir, most);
	else
		cache_file_drop(dir, &k->file);
	close(dir);
}

static void keeping_end(void *arg)
{
	struct keeping *k = arg;
	int dir = k->file.temporary[0] ? open_dir(k->cache, false) : -1;
	if (dir >= 0) {
		cache_file_drop(dir, &k->file);
		close(dir);
	}
	close(k->file.fd);
}

struct blob *cache_spool(struct arena *a, struct cache *c, struct str digest, struct stream *s,
			 uint64_t max_spill, struct error *e)
{
	struct keeping *k = NEW(a, struct keeping);
	k->cache = c;
	k->home.keep = keep_blob;
	int dir = cache_name(k->name, digest, S("")) ? open_dir(c, true) : -1;
	bool made = dir >= 0 && cache_file_new(dir, &k->file);
	if (dir >= 0)
		close(dir);
	if (!made)
		return blob_spool(a, s, max_spill, e);
	k->home.fd = k->file.fd;
	arena_defer(a, keeping_end, k);
	return blob_spool_home(a, s, &k->home, max_spill, e);
}

/* ---- notes ---- */

static bool read_all(int fd, char *p, size_t n)
{
	while (n) {
		ssize_t r = read(fd, p, n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

static bool write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t w = write(fd, s.p, s.n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		s = str_tail(s, (size_t)w);
	}
	return true;
}

static void note_head(char head[NOTE_HEAD], struct str bytes)
{
	unsigned char sum[SUM];
	digest_sha256_raw(bytes, sum);
	memcpy(head, note_magic, sizeof note_magic - 1);
	memcpy(head + sizeof note_magic - 1, sum, SUM);
}

static bool read_note(struct arena *a, int fd, struct str *out)
{
	char head[NOTE_HEAD], want[NOTE_HEAD];
	struct stat st;
	if (fstat(fd, &st) < 0 || st.st_size < NOTE_HEAD || st.st_size > NOTE_MAX)
		return false;
	size_t n = (size_t)st.st_size - NOTE_HEAD;
	char *bytes = NEW_N(a, char, n + 1);
	if (!read_all(fd, head, sizeof head) || !read_all(fd, bytes, n))
		return false;
	note_head(want, (struct str){bytes, n});
	if (memcmp(head, want, sizeof head) != 0)
		return false;
	*out = (struct str){bytes, n};
	return true;
}

bool cache_note(struct arena *a, struct cache *c, struct str digest, struct str name,
		struct str *out)
{
	int fd = name.n ? open_file(c, digest, name) : -1;
	bool good = fd >= 0 && read_note(a, fd, out);
	if (fd >= 0)
		close(fd);
	return good;
}

static void write_note(const struct cache *c, int dir, const char *name, struct str bytes)
{
	char head[NOTE_HEAD];
	struct cache_file f;
	if (!cache_file_new(dir, &f))
		return;
	note_head(head, bytes);
	if (write_all(f.fd, (struct str){head, sizeof head}) && write_all(f.fd, bytes) &&
	    cache_file_name(dir, &f, name))
		cache_bound(dir, c->max);
	cache_file_drop(dir, &f);
	close(f.fd);
}

void cache_keep_note(struct cache *c, struct str digest, struct str name, struct str bytes)
{
	char file[CACHE_NAME_MAX];
	bool fits = bytes.n <= NOTE_MAX - NOTE_HEAD && bytes.n + NOTE_HEAD <= c->max;
	int dir = name.n && fits && cache_name(file, digest, name) ? open_dir(c, true) : -1;
	if (dir < 0)
		return;
	write_note(c, dir, file, bytes);
	close(dir);
}

/* ---- all of it ---- */

static void forget(void *arg, int dir, const struct cache_entry *entry)
{
	struct str blob = str_from(arg), name = str_from(entry->name);
	struct str rest = str_tail(name, blob.n);
	if (str_starts(name, blob) && (rest.n == 0 || rest.p[0] == '.'))
		unlinkat(dir, entry->name, 0);
}

void cache_forget(struct cache *c, struct str digest)
{
	char name[CACHE_NAME_MAX];
	int dir = cache_name(name, digest, S("")) ? open_dir(c, false) : -1;
	if (dir < 0)
		return;
	cache_each(dir, forget, name);
	close(dir);
}

struct tally {
	struct cache_use use;
	int failed; /* the errno of what could not be removed; 0: nothing */
};

static void count(void *arg, int dir, const struct cache_entry *entry)
{
	struct tally *t = arg;
	(void)dir;
	t->use.blobs += entry->kind == CACHE_BLOB;
	t->use.notes += entry->kind == CACHE_NOTE;
	t->use.bytes += (uint64_t)entry->st.st_size;
}

static void clear(void *arg, int dir, const struct cache_entry *entry)
{
	struct tally *t = arg;
	if (entry->kind == CACHE_TEMPORARY)
		cache_sweep(dir, entry);
	else if (unlinkat(dir, entry->name, 0) == 0)
		count(arg, dir, entry);
	else if (errno != ENOENT)
		t->failed = errno;
}

/* A cache that was never made is an empty one. */
static bool each(const struct cache *c, cache_visit *visit, struct cache_use *out, struct error *e)
{
	struct tally t = {.failed = 0};
	if (access(c->path, F_OK) == 0 || errno != ENOENT) {
		int dir = cache_dir_open(c->path, false, e);
		if (dir < 0)
			return false;
		if (!cache_each(dir, visit, &t))
			t.failed = errno;
		close(dir);
	}
	if (t.failed)
		return fail_errno(e, t.failed, "%s", c->path);
	*out = t.use;
	return true;
}

bool cache_used(struct cache *c, struct cache_use *out, struct error *e)
{
	return each(c, count, out, e);
}

bool cache_clear(struct cache *c, struct cache_use *gone, struct error *e)
{
	return each(c, clear, gone, e);
}
