/*
 * xfs.c - an XFS volume as a tree of files: versions 4 and 5 with every size of block, sector,
 * inode and directory block, as "XFS Algorithms & Data Structures" describes them; what the later
 * features changed since is named where it matters. Quotas, times, free space and extended
 * attributes are not read, but for overlayfs's mark of an opaque directory. Files on a real-time
 * device are refused, as are features that are not known.
 */
#include "xfs.h"

#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "backends.h"
#include "xfs_log.h"

static struct xfs *of(struct fs *fs)
{
	return (struct xfs *)fs;
}

static bool xfs_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct xfs_inode i;
	enum fs_kind kind = FS_OTHER;
	if (!xfs_inode_read(of(fs), ino, &i, e))
		return false;
	(void)fs_kind_of(i.mode, &kind);
	*out = (struct fs_stat){
		.kind = kind,
		.mode = i.mode & 07777,
		.uid = i.uid,
		.gid = i.gid,
		.size = i.size,
	};
	return true;
}

static bool directory(struct xfs *x, uint64_t ino, struct xfs_inode *out, struct error *e)
{
	if (!xfs_inode_read(x, ino, out, e))
		return false;
	return S_ISDIR(out->mode) ||
	       fail(e, ERR_CORRUPT, "inode %llu: is not a directory", (unsigned long long)ino);
}

static bool xfs_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct xfs_inode dir;
	return directory(of(fs), ino, &dir, e) && xfs_dir_list(of(fs), &dir, visit, arg, e);
}

static bool xfs_lookup(struct fs *fs, uint64_t ino, struct str name, bool *found, uint64_t *out,
		       struct error *e)
{
	struct xfs_inode dir;
	return directory(of(fs), ino, &dir, e) && xfs_dir_lookup(of(fs), &dir, name, found, out, e);
}

static bool read_target(struct xfs *x, const struct xfs_inode *i, uint64_t at, void *buf, size_t n,
			size_t *got, struct error *e)
{
	char target[XFS_LINK_MAX];
	if (!xfs_link_read(x, i, target, e))
		return false;
	uint64_t left = at < i->size ? i->size - at : 0;
	*got = left < n ? (size_t)left : n;
	if (*got)
		memcpy(buf, target + at, *got);
	return true;
}

static bool xfs_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e)
{
	struct xfs_inode i;
	if (!xfs_inode_read(of(fs), ino, &i, e))
		return false;
	if (S_ISLNK(i.mode))
		return read_target(of(fs), &i, at, buf, n, got, e);
	if (!S_ISREG(i.mode))
		return fail(e, ERR_CORRUPT, "inode %llu: is no file", (unsigned long long)ino);
	if (i.realtime && i.extents && i.size > 0)
		return fail(e, ERR_UNSUPPORTED, "inode %llu: its bytes are on a real-time device",
			    (unsigned long long)ino);
	return xfs_contents(of(fs), &i, at, buf, n, got, e);
}

static bool xfs_hides(struct fs *fs, uint64_t ino, bool *out, struct error *e)
{
	return xfs_is_marked(of(fs), ino, S("overlay.opaque"), S("y"), out, e);
}

static const struct fs_ops xfs_ops = {
	.name = "xfs",
	.stat = xfs_stat,
	.list = xfs_list,
	.read = xfs_read,
	.lookup = xfs_lookup,
	.hides = xfs_hides,
};

bool fs_probe_xfs(struct blob *b, bool *mine, struct error *e)
{
	char head[4];
	size_t got = 0;
	if (!b->read(b, 0, head, sizeof head, &got, e))
		return false;
	*mine = got == sizeof head && memcmp(head, "XFSB", sizeof head) == 0;
	return true;
}

/* The log may change the superblock too: a volume that was grown. */
static bool replay(struct xfs *x, struct error *e)
{
	struct str why = {0};
	if (!xfs_log_replay(x, &why, e))
		return false;
	if (why.n)
		xfs_say_stale(x, why);
	if (x->replayed && !xfs_super_read(x->blob, true, &x->sb, e))
		return false;
	return xfs_date_groups(x, e);
}

struct fs *fs_open_xfs(struct arena *a, struct blob *b, const struct fs_options *opts,
		       struct error *e)
{
	struct xfs *x = NEW(a, struct xfs);
	*x = (struct xfs){.fs = {.ops = &xfs_ops, .max = opts->max}, .arena = a, .blob = b};
	if (!xfs_super_read(b, false, &x->sb, e) || !replay(x, e)) {
		fail_in(e, "xfs");
		return NULL;
	}
	if (x->sb.incompat & XFS_NEEDSREPAIR)
		xfs_say_stale(x, S("it is marked as in need of repair; run xfs_repair on it"));
	struct str label = {x->sb.label, sizeof x->sb.label};
	x->fs.label = str_dup(a, str_slice(label, 0, str_find(label, 0)));
	x->fs.uuid = str_uuid(a, x->sb.uuid);
	x->fs.replayed = x->replayed ? S("its log") : (struct str){0};
	x->fs.root = x->sb.root;
	return &x->fs;
}
