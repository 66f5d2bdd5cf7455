/*
 * dir.c - a directory of the running system as a tree that is never left.
 *
 * Paths are walked from a descriptor of the root, one name at a time, with O_NOFOLLOW: a name
 * in the way that is or becomes a symbolic link is an error and leads nowhere. A directory that
 * is moved away while it is read is still one that was inside. Only regular files are opened
 * for reading; FIFOs, sockets and devices are only looked at. Mount points inside belong to the
 * tree. What changes while it is read is read as it happens to be.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "backends.h"
#include "map.h"
#include "vec.h"

enum { DEPTH_MAX = 256, LINK_MAX_BYTES = 4096, NAME_BYTES_MAX = 255, NO_FD = -1 };

/* A name that was seen; inode numbers are indexes, 0 is the root. */
struct seen {
	uint64_t parent;
	const char *name;
};

struct key {
	char bytes[8 + NAME_BYTES_MAX];
};

struct dir_fs {
	struct fs fs;
	struct arena *arena;
	struct fs_options opts;
	struct str path; /* of the root, for messages */
	int root;
	int near; /* the directory walked to last … */
	uint64_t near_ino;
	DIR *listing; /* open while names are taken from it */
	VEC(struct seen) seen;
	struct map *index; /* parent's number and name, to index + 1 */
};

static void close_all(void *arg)
{
	struct dir_fs *d = arg;
	if (d->listing)
		closedir(d->listing);
	if (d->near != NO_FD)
		close(d->near);
	if (d->root != NO_FD)
		close(d->root);
}

/* ---- numbers and names ---- */

/* False when the limit of names is reached. */
static bool number_of(struct dir_fs *d, uint64_t parent, struct str name, uint64_t *ino,
		      struct error *e)
{
	struct key k;
	memcpy(k.bytes, &parent, 8);
	memcpy(k.bytes + 8, name.p, name.n);
	struct str key = {k.bytes, 8 + name.n};
	uintptr_t known = (uintptr_t)map_get(d->index, key);
	if (known) {
		*ino = known - 1;
		return true;
	}
	if (d->seen.n > limits_entries(&d->fs.max))
		return fail(e, ERR_LIMIT, "%" PRIstr ": more than %zu names, see --max-entries",
			    ARG(d->path), d->seen.n - 1);
	*ino = d->seen.n;
	*vec_push(d->arena, &d->seen) = (struct seen){parent, str_z(d->arena, name)};
	map_put(d->index, str_dup(d->arena, key), (void *)(uintptr_t)d->seen.n);
	return true;
}

static unsigned depth_of(const struct dir_fs *d, uint64_t ino)
{
	unsigned depth = 0;
	for (; ino && depth <= DEPTH_MAX; ino = d->seen.at[ino].parent)
		depth++;
	return depth;
}

/* errno, at the path of an inode. */
static bool fail_at(struct dir_fs *d, uint64_t ino, int number, struct error *e)
{
	struct str path = {0};
	for (unsigned i = 0; ino && i <= DEPTH_MAX; i++, ino = d->seen.at[ino].parent)
		path = str_fmt(d->arena, "/%s%" PRIstr, d->seen.at[ino].name, ARG(path));
	return fail_errno(e, number, "%" PRIstr, ARG(path.n ? path : S("/")));
}

static bool known(const struct dir_fs *d, uint64_t ino, struct error *e)
{
	return ino < d->seen.n || fail(e, ERR_CORRUPT, "no inode %llu", (unsigned long long)ino);
}

/* ---- walking ---- */

/* Borrows a descriptor of directory `ino`: the root's, or the one kept from the last walk. */
static bool reach(struct dir_fs *d, uint64_t ino, int *fd, struct error *e)
{
	uint64_t chain[DEPTH_MAX];
	unsigned n = 0;
	if (ino == 0 || (ino == d->near_ino && d->near != NO_FD)) {
		*fd = ino ? d->near : d->root;
		return true;
	}
	if (depth_of(d, ino) > DEPTH_MAX)
		return fail(e, ERR_LIMIT, "%" PRIstr ": more than %d directories deep",
			    ARG(d->path), DEPTH_MAX);
	for (uint64_t i = ino; i; i = d->seen.at[i].parent)
		chain[n++] = i;
	int at = d->root;
	while (n) {
		uint64_t step = chain[--n];
		int next = openat(at, d->seen.at[step].name,
				  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int number = errno;
		if (at != d->root)
			close(at);
		if (next < 0)
			return fail_at(d, step, number, e);
		at = next;
	}
	if (d->near != NO_FD)
		close(d->near);
	d->near = *fd = at;
	d->near_ino = ino;
	return true;
}

static bool look(struct dir_fs *d, uint64_t ino, int *parent, struct stat *st, struct error *e)
{
	if (!known(d, ino, e) || !reach(d, d->seen.at[ino].parent, parent, e))
		return false;
	int r = ino ? fstatat(*parent, d->seen.at[ino].name, st, AT_SYMLINK_NOFOLLOW)
		    : fstat(d->root, st);
	if (r < 0)
		return fail_at(d, ino, errno, e);
	return true;
}

static bool out_of_place(struct dir_fs *d, uint64_t ino, const char *what, struct error *e)
{
	return fail(e, ERR_IO, "%s: is not %s", d->seen.at[ino].name, what);
}

/* For reading, and only when it is a regular file: before it is opened, so that no device is
 * touched, and after, as it may have been replaced. */
static bool open_regular(struct dir_fs *d, uint64_t ino, int *fd, struct error *e)
{
	struct stat st;
	int parent = NO_FD;
	if (!look(d, ino, &parent, &st, e))
		return false;
	if (!S_ISREG(st.st_mode))
		return out_of_place(d, ino, "a regular file", e);
	int opened = openat(parent, d->seen.at[ino].name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (opened < 0)
		return fail_at(d, ino, errno, e);
	if (fstat(opened, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(opened);
		return out_of_place(d, ino, "a regular file", e);
	}
	*fd = opened;
	return true;
}

/* ---- operations ---- */

static bool dir_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct dir_fs *d = (struct dir_fs *)fs;
	struct stat st;
	int parent = NO_FD;
	enum fs_kind kind = FS_OTHER;
	if (!look(d, ino, &parent, &st, e))
		return false;
	(void)fs_kind_of(st.st_mode, &kind);
	*out = (struct fs_stat){
		.kind = kind,
		.mode = st.st_mode & 07777,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.size = (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) && st.st_size > 0
				? (uint64_t)st.st_size
				: 0,
	};
	return true;
}

struct numbers {
	VEC(uint64_t) ino;
};

/* All names at once: visitors walk elsewhere in the tree in the meantime. */
static bool take_names(struct dir_fs *d, uint64_t ino, struct numbers *out, struct error *e)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(d->listing);
		if (!entry)
			return errno == 0 || fail_at(d, ino, errno, e);
		struct str name = str_from(entry->d_name);
		uint64_t number;
		if (str_eq(name, S(".")) || str_eq(name, S("..")) || name.n > NAME_BYTES_MAX)
			continue;
		if (!watch_tick(d->opts.watch, name.n, e) || !number_of(d, ino, name, &number, e))
			return false;
		*vec_push(d->arena, &out->ino) = number;
	}
}

static bool dir_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct dir_fs *d = (struct dir_fs *)fs;
	struct numbers all = {0};
	int at;
	if (!known(d, ino, e) || !reach(d, ino, &at, e))
		return false;
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_at(d, ino, errno, e);
	d->listing = fdopendir(fd);
	if (!d->listing) {
		int number = errno;
		close(fd);
		return fail_at(d, ino, number, e);
	}
	bool ok = take_names(d, ino, &all, e);
	closedir(d->listing);
	d->listing = NULL;
	for (size_t i = 0; ok && i < all.ino.n; i++) {
		struct str name = str_from(d->seen.at[all.ino.at[i]].name);
		if (!visit(arg, name, all.ino.at[i]))
			break;
	}
	return ok;
}

static bool dir_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
		       struct error *e)
{
	struct dir_fs *d = (struct dir_fs *)fs;
	struct stat st;
	int at;
	*found = false;
	if (name.n == 0 || name.n > NAME_BYTES_MAX || str_eq(name, S(".")) ||
	    str_eq(name, S("..")) || str_find(name, '/') < name.n || memchr(name.p, 0, name.n))
		return true;
	if (!known(d, dir, e) || !reach(d, dir, &at, e))
		return false;
	char z[NAME_BYTES_MAX + 1] = {0};
	memcpy(z, name.p, name.n);
	if (fstatat(at, z, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		*found = true;
		return number_of(d, dir, name, ino, e);
	}
	if (errno == ENOENT)
		return true;
	int number = errno;
	fail_at(d, dir, number, e);
	return fail_in(e, "%" PRIstr, ARG(name));
}

static bool read_link(struct dir_fs *d, uint64_t ino, int parent, uint64_t at, void *buf, size_t n,
		      size_t *got, struct error *e)
{
	char target[LINK_MAX_BYTES];
	ssize_t r = readlinkat(parent, d->seen.at[ino].name, target, sizeof target);
	if (r < 0)
		return fail_at(d, ino, errno, e);
	size_t left = at < (uint64_t)r ? (size_t)r - (size_t)at : 0;
	*got = left < n ? left : n;
	if (*got)
		memcpy(buf, target + at, *got);
	return true;
}

static bool read_regular(struct dir_fs *d, uint64_t ino, uint64_t at, void *buf, size_t n,
			 size_t *got, struct error *e)
{
	int fd = NO_FD;
	size_t have = 0;
	bool ok = true;
	if (!open_regular(d, ino, &fd, e))
		return false;
	while (ok && have < n) {
		ssize_t r = pread(fd, (char *)buf + have, n - have, (off_t)(at + have));
		if (r < 0 && errno == EINTR)
			continue;
		ok = r < 0 ? fail_at(d, ino, errno, e) : watch_tick(d->opts.watch, (uint64_t)r, e);
		if (r <= 0)
			break;
		have += (size_t)r;
	}
	close(fd);
	if (ok)
		*got = have;
	return ok;
}

static bool dir_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e)
{
	struct dir_fs *d = (struct dir_fs *)fs;
	struct stat st;
	int parent = NO_FD;
	if (!look(d, ino, &parent, &st, e))
		return false;
	if (S_ISLNK(st.st_mode))
		return read_link(d, ino, parent, at, buf, n, got, e);
	if (at > INT64_MAX - n) {
		*got = 0;
		return true;
	}
	return read_regular(d, ino, at, buf, n, got, e);
}

static bool dir_blob(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
		     struct error *e)
{
	struct dir_fs *d = (struct dir_fs *)fs;
	int fd = NO_FD;
	if (!known(d, ino, e) || !open_regular(d, ino, &fd, e))
		return false;
	struct blob *b = blob_fd(a, fd, str_from(d->seen.at[ino].name), d->opts.watch, e);
	if (b)
		*out = b;
	return b != NULL;
}

static const struct fs_ops dir_ops;

struct fs *fs_open_dir(struct arena *a, struct str path, const struct fs_options *opts,
		       struct error *e)
{
	if (path.n && memchr(path.p, 0, path.n)) {
		fail(e, ERR_USAGE, "path has a NUL byte");
		return NULL;
	}
	struct dir_fs *d = NEW(a, struct dir_fs);
	d->fs = (struct fs){.ops = &dir_ops, .root = 0, .max = opts->max};
	d->arena = a;
	d->opts = *opts;
	d->path = str_dup(a, path);
	d->index = map_new(a);
	d->near = d->root = NO_FD;
	arena_defer(a, close_all, d);
	d->root = open(str_z(a, path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* A root that may be neither listed nor entered is no root with unreadable files. */
	if (d->root < 0 || faccessat(d->root, ".", R_OK | X_OK, AT_EACCESS) < 0) {
		fail_errno(e, errno, "%" PRIstr, ARG(path));
		return NULL;
	}
	*vec_push(a, &d->seen) = (struct seen){.name = "."};
	return &d->fs;
}

static const struct fs_ops dir_ops = {
	.name = "directory",
	.stat = dir_stat,
	.list = dir_list,
	.read = dir_read,
	.lookup = dir_lookup,
	.blob = dir_blob,
};
