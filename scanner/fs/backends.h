/*
 * backends.h - the trees that fs_open finds inside a blob, in the order in which they look; private
 * to fs/.
 *
 * A backend X brings fs_probe_X, which looks at the bytes that give it away (and fails only when
 * they cannot be read), and fs_open_X. The archive comes last: it claims whatever libarchive might
 * read.
 */
#ifndef BACKENDS_H
#define BACKENDS_H

#include "fs.h"

/* What may stand on a volume: these alone are looked for by fs_open_volume. */
#define FILE_SYSTEMS(X) X(ext) X(xfs) X(btrfs) X(squashfs) X(erofs) X(iso9660) X(vfat)

#define BACKENDS(X) X(txtar) FILE_SYSTEMS(X) X(zip) X(archive)

struct fs_backend {
	const char *name;
	bool (*probe)(struct blob *b, bool *mine, struct error *e);
	struct fs *(*open)(struct arena *a, struct blob *b, const struct fs_options *opts,
			   struct error *e);
};

#define X(name) bool fs_probe_##name(struct blob *b, bool *mine, struct error *e);
BACKENDS(X)
#undef X

#define X(name) \
	struct fs *fs_open_##name(struct arena *a, struct blob *b, const struct fs_options *opts, \
				  struct error *e);
FILE_SYSTEMS(X)
X(zip)
#undef X

/* Is it a name that a tree may have, by fs.h? Any other in a directory is damage. */
enum { FS_NAME_MAX = 255 };
bool fs_name_valid(struct str name);

/* The kind that the type bits of a mode tell (inode(7)); false where they tell none. */
bool fs_kind_of(uint32_t mode, enum fs_kind *out);

/* Is a directory of so many bytes, a file in so many pieces, within the limits of its tree? */
bool fs_directory_fits(const struct fs *fs, uint64_t bytes, struct error *e);
bool fs_pieces_fit(const struct fs *fs, uint64_t n, struct error *e);

/* A UUID as lsblk prints it; empty when all its bytes are zero. */
struct str fs_uuid_text(struct arena *a, const unsigned char uuid[16]);

#endif
