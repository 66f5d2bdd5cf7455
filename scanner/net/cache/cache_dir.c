/*
 * cache_dir.c - names, files and order of use in the directory of the cache (XDG Base Directory
 * Specification 0.8; the tag is that of the Cache Directory Tagging Specification 0.6).
 *
 * A file has its place in the order by its time of modification, which is set when it is used. A
 * file that is not finished has no name, or one beginning with "new-" and a lock (flock(2)) on it:
 * whoever gets that lock knows that its maker is gone.
 */
#include "cache_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TEMPORARY_TRIES = 100, OLDEST_MAX = 64 };

#define TEMPORARY "new-"

/* ---- names ---- */

static const struct {
	const char *digest, *file;
	size_t hex;
} algorithms[] = {{"sha256:", "sha256-", 64}, {"sha512:", "sha512-", 128}};

static bool all_of(struct str s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(set, s.p[i]))
			return false;
	return s.n > 0;
}

static bool note_name(struct str s)
{
	return s.n <= CACHE_NOTE_NAME_MAX && all_of(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool cache_name(char name[CACHE_NAME_MAX], struct str digest, struct str note)
{
	if (note.n && !note_name(note))
		return false;
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		struct str prefix = str_from(algorithms[i].digest);
		struct str hex = str_tail(digest, prefix.n);
		if (!str_starts(digest, prefix) || hex.n != algorithms[i].hex ||
		    !all_of(hex, "0123456789abcdef"))
			continue;
		snprintf(name, CACHE_NAME_MAX, "%s%" PRIstr "%s%" PRIstr, algorithms[i].file,
			 ARG(hex), note.n ? "." : "", ARG(note));
		return true;
	}
	return false;
}

static bool kind_of(const char *z, enum cache_kind *kind)
{
	struct str name = str_from(z), hex, note;
	if (str_starts(name, S(TEMPORARY))) {
		*kind = CACHE_TEMPORARY;
		return all_of(str_tail(name, strlen(TEMPORARY)), "0123456789-");
	}
	*kind = str_cut(name, '.', &name, &note) ? CACHE_NOTE : CACHE_BLOB;
	if (*kind == CACHE_NOTE && !note_name(note))
		return false;
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		struct str prefix = str_from(algorithms[i].file);
		hex = str_tail(name, prefix.n);
		if (str_starts(name, prefix) && hex.n == algorithms[i].hex)
			return all_of(hex, "0123456789abcdef");
	}
	return false;
}

/* ---- the directory ---- */

static bool of_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Backups and the like pass over a directory that says so. */
static void tag(int dir)
{
	static const char text[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
				   "# This directory is a cache of offnode, which makes it anew.\n";
	int fd = openat(dir, "CACHEDIR.TAG", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (fd < 0)
		return;
	if (write(fd, text, sizeof text - 1) < 0)
		unlinkat(dir, "CACHEDIR.TAG", 0);
	close(fd);
}

/* Makes the directory, and the one it is in: ~/.cache may not be there, but a home is not made. */
static bool make_dir(const char *path)
{
	char parent[4096];
	size_t n = str_dirname(str_from(path)).n;
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	if (errno != ENOENT || n >= sizeof parent)
		return false;
	memcpy(parent, path, n);
	parent[n] = 0;
	return (mkdir(parent, 0700) == 0 || errno == EEXIST) &&
	       (mkdir(path, 0700) == 0 || errno == EEXIST);
}

int cache_dir_open(const char *path, bool make, struct error *e)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	struct stat st;
	int dir = open(path, FLAGS);
	bool made = false;
	if (dir < 0 && errno == ENOENT && make && make_dir(path)) {
		made = true;
		dir = open(path, FLAGS);
	}
	if (dir < 0) {
		fail_errno(e, errno, "%s", path);
		return -1;
	}
	if (fstat(dir, &st) == 0 && of_ours(&st)) {
		if (made)
			tag(dir);
		return dir;
	}
	fail(e, ERR_MISSING, "%s: others than this user may write there", path);
	close(dir);
	return -1;
}

/* ---- files ---- */

bool cache_file_new(int dir, struct cache_file *f)
{
	f->temporary[0] = 0;
	f->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	for (unsigned i = 0; f->fd < 0 && i < TEMPORARY_TRIES; i++) {
		snprintf(f->temporary, sizeof f->temporary, TEMPORARY "%ld-%u", (long)getpid(), i);
		f->fd = openat(dir, f->temporary,
			       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (f->fd < 0 && errno != EEXIST)
			break;
	}
	if (f->fd >= 0 && f->temporary[0])
		flock(f->fd, LOCK_EX | LOCK_NB);
	return f->fd >= 0;
}

/* linkat(2) tells of this way to name a file that has no name, and of no other without privilege.
 */
static bool link_open(int fd, int dir, const char *name)
{
	char self[40];
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW) == 0;
}

bool cache_file_name(int dir, struct cache_file *f, const char *name)
{
	if (f->temporary[0]) {
		bool named = renameat(dir, f->temporary, dir, name) == 0;
		if (named)
			f->temporary[0] = 0;
		return named;
	}
	if (link_open(f->fd, dir, name))
		return true;
	return errno == EEXIST && unlinkat(dir, name, 0) == 0 && link_open(f->fd, dir, name);
}

void cache_file_drop(int dir, struct cache_file *f)
{
	if (f->temporary[0])
		unlinkat(dir, f->temporary, 0);
	f->temporary[0] = 0;
}

int cache_file_open(int dir, const char *name)
{
	static const struct timespec used[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && of_ours(&st)) {
		futimens(fd, used);
		return fd;
	}
	close(fd);
	return -1;
}

/* ---- all of them ---- */

bool cache_each(int dir, cache_visit *visit, void *arg)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	const struct dirent *one;
	while ((one = readdir(d))) {
		struct cache_entry entry = {.name = one->d_name};
		if (kind_of(one->d_name, &entry.kind) &&
		    fstatat(dir, one->d_name, &entry.st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISDIR(entry.st.st_mode))
			visit(arg, dir, &entry);
	}
	closedir(d);
	return true;
}

void cache_sweep(int dir, const struct cache_entry *entry)
{
	int fd = openat(dir, entry->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dir, entry->name, 0);
	if (fd >= 0)
		close(fd);
}

struct old_file {
	char name[CACHE_NAME_MAX];
	struct timespec used;
	uint64_t size;
};

/* The files that were not used for the longest time, the oldest first, and what all hold. */
struct oldest {
	struct old_file at[OLDEST_MAX];
	size_t n;
	uint64_t bytes;
};

static bool older(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static void oldest_add(void *arg, int dir, const struct cache_entry *entry)
{
	struct oldest *o = arg;
	if (entry->kind == CACHE_TEMPORARY) {
		cache_sweep(dir, entry);
		return;
	}
	uint64_t size = (uint64_t)entry->st.st_size;
	size_t i = o->n;
	o->bytes += size;
	while (i > 0 && older(entry->st.st_mtim, o->at[i - 1].used))
		i--;
	if (i == OLDEST_MAX)
		return;
	size_t behind = (o->n < OLDEST_MAX ? o->n : OLDEST_MAX - 1) - i;
	memmove(&o->at[i + 1], &o->at[i], behind * sizeof *o->at);
	o->n += o->n < OLDEST_MAX;
	o->at[i] = (struct old_file){.used = entry->st.st_mtim, .size = size};
	snprintf(o->at[i].name, sizeof o->at[i].name, "%s", entry->name);
}

void cache_bound(int dir, uint64_t most)
{
	bool removed = true;
	while (removed) {
		struct oldest o = {.n = 0};
		removed = false;
		if (!cache_each(dir, oldest_add, &o))
			return;
		for (size_t i = 0; i < o.n && o.bytes > most; i++) {
			if (unlinkat(dir, o.at[i].name, 0) != 0)
				continue;
			removed = true;
			o.bytes -= o.at[i].size;
		}
		if (o.bytes <= most)
			return;
	}
}
