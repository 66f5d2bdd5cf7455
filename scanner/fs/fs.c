/*
 * fs.c - what every tree can do, derived from the few functions of its backend; and which
 * backend reads a blob.
 */
#include "fs.h"

#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "backends.h"

bool fs_name_valid(struct str name)
{
	return name.n >= 1 && name.n <= FS_NAME_MAX && !memchr(name.p, '/', name.n) &&
	       !memchr(name.p, 0, name.n) && !str_eq(name, S(".")) && !str_eq(name, S(".."));
}

bool fs_directory_fits(const struct fs *fs, uint64_t bytes, struct error *e)
{
	unsigned long long most = limits_directory(&fs->max);
	return bytes <= most ||
	       fail(e, ERR_LIMIT, "larger than %llu bytes, see --max-directory", most);
}

bool fs_pieces_fit(const struct fs *fs, uint64_t n, struct error *e)
{
	unsigned long long most = limits_extents(&fs->max);
	return n <= most || fail(e, ERR_LIMIT, "in more than %llu pieces, see --max-extents", most);
}

struct str fs_uuid_text(struct arena *a, const unsigned char uuid[16])
{
	static const unsigned char none[16];
	if (!memcmp(uuid, none, sizeof none))
		return S("");
	return str_uuid(a, uuid);
}

bool fs_stat_at(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	return fs->ops->stat(fs, ino, out, e);
}

bool fs_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	return fs->ops->list(fs, ino, visit, arg, e);
}

struct fs *fs_subvolume(struct arena *a, struct fs *fs, struct str which, struct error *e)
{
	if (fs->ops->subvolume)
		return fs->ops->subvolume(fs, a, which, e);
	fail(e, ERR_UNSUPPORTED, "subvolume %" PRIstr ": %s has none", ARG(which), fs->ops->name);
	return NULL;
}

bool fs_kind_of(uint32_t mode, enum fs_kind *out)
{
	switch (mode & S_IFMT) {
	case S_IFREG: *out = FS_REGULAR; return true;
	case S_IFDIR: *out = FS_DIRECTORY; return true;
	case S_IFLNK: *out = FS_SYMLINK; return true;
	case S_IFCHR:
	case S_IFBLK: *out = FS_DEVICE; return true;
	case S_IFIFO:
	case S_IFSOCK: *out = FS_OTHER; return true;
	default: return false;
	}
}

struct search {
	struct str name;
	uint64_t ino;
	bool found;
};

static bool search_visit(void *arg, struct str name, uint64_t ino)
{
	struct search *s = arg;
	s->found = str_eq(name, s->name);
	s->ino = ino;
	return !s->found;
}

bool fs_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
	       struct error *e)
{
	if (fs->ops->lookup)
		return fs->ops->lookup(fs, dir, name, found, ino, e);
	struct search s = {.name = name};
	if (!fs->ops->list(fs, dir, search_visit, &s, e))
		return false;
	*found = s.found;
	*ino = s.ino;
	return true;
}

bool fs_slurp(struct arena *a, struct fs *fs, uint64_t ino, size_t max, struct str *out,
	      struct error *e)
{
	struct fs_stat st;
	if (!fs_stat_at(fs, ino, &st, e))
		return false;
	if (st.size > max)
		return fail(e, ERR_LIMIT, "%llu bytes long, the limit is %zu",
			    (unsigned long long)st.size, max);
	char *text = arena_alloc(a, 1, (size_t)st.size + 1);
	size_t n = 0, got = 1;
	while (n < st.size && got) {
		if (!fs->ops->read(fs, ino, n, text + n, (size_t)st.size - n, &got, e))
			return false;
		n += got;
	}
	*out = (struct str){text, n};
	return true;
}

bool fs_redirect(struct arena *a, struct fs *fs, uint64_t ino, struct str *out, struct error *e)
{
	if (fs->ops->redirect)
		return fs->ops->redirect(fs, a, ino, out, e);
	*out = S("");
	return true;
}

bool fs_hides(struct fs *fs, uint64_t dir, bool *out, struct error *e)
{
	if (fs->ops->hides)
		return fs->ops->hides(fs, dir, out, e);
	*out = false;
	return true;
}

struct file_blob {
	struct blob blob;
	struct fs *fs;
	uint64_t ino;
};

static bool file_blob_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			   struct error *e)
{
	struct file_blob *f = (struct file_blob *)b;
	return f->fs->ops->read(f->fs, f->ino, at, buf, n, got, e);
}

struct blob *fs_blob(struct arena *a, struct fs *fs, uint64_t ino, struct str name, struct error *e)
{
	struct blob *own = NULL;
	struct fs_stat st;
	if (fs->ops->blob && !fs->ops->blob(fs, a, ino, &own, e))
		return NULL;
	if (own) {
		own->name = name;
		return own;
	}
	if (!fs_stat_at(fs, ino, &st, e))
		return NULL;
	struct file_blob *f = NEW(a, struct file_blob);
	*f = (struct file_blob){{.name = name, .size = st.size, .read = file_blob_read}, fs, ino};
	return &f->blob;
}

struct fs *fs_open(struct arena *a, struct blob *b, const struct fs_options *opts, struct error *e)
{
	static const struct fs_backend backends[] = {
#define X(name) {#name, fs_probe_##name, fs_open_##name},
		BACKENDS(X)
#undef X
	};
	for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
		bool mine = false;
		if (!backends[i].probe(b, &mine, e))
			return NULL;
		if (mine)
			return backends[i].open(a, b, opts, e);
	}
	fail(e, ERR_UNSUPPORTED, "not a file system or archive that is known here");
	return NULL;
}

bool fs_open_volume(struct arena *a, struct blob *b, const char *only,
		    const struct fs_options *opts, struct fs **out, struct error *e)
{
	static const struct fs_backend backends[] = {
#define X(name) {#name, fs_probe_##name, fs_open_##name},
		FILE_SYSTEMS(X)
#undef X
			{0},
	};
	for (const struct fs_backend *x = backends; x->name; x++) {
		bool mine = false;
		if (only && strcmp(only, x->name) != 0)
			continue;
		if (!x->probe(b, &mine, e))
			return false;
		if (!mine)
			continue;
		struct fs *fs = x->open(a, b, opts, e);
		if (fs)
			*out = fs;
		return fs != NULL;
	}
	*out = NULL;
	return true;
}
