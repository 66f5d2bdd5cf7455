/*
 * fs.h - a read-only tree of files, whatever it is stored in.
 *
 * A backend is a handful of functions over inode numbers; everything else (path walks, symbolic
 * links, whole files) is derived here, once. Inode numbers are the backend's own and mean
 * nothing outside it. Names in a tree are 1..255 bytes, without '/' and NUL, never "." or "..".
 *
 * A tree made from an image layer may hold two kinds no file system has: FS_WHITEOUT says that
 * lower layers' entry of this name is gone (OCI image spec, layer.md), FS_HARDLINK is a second
 * name of a path that this layer does not hold itself. overlay.c gives both their meaning.
 */
#ifndef FS_H
#define FS_H

#include "blob.h"
#include "vec.h"

enum fs_kind {
	FS_REGULAR,
	FS_DIRECTORY,
	FS_SYMLINK,
	FS_DEVICE, /* character or block */
	FS_OTHER,  /* FIFO, socket */
	FS_WHITEOUT,
	FS_HARDLINK, /* read gives the target: a path from the root */
};

struct fs_stat {
	enum fs_kind kind;
	bool opaque;             /* a directory that hides lower layers' entries */
	uint32_t mode, uid, gid; /* mode without the type bits */
	uint64_t size;           /* of a symlink, the length of its target */
	uint32_t layer;          /* which layer of an overlay it came from, 0 elsewhere */
};

struct fs;
struct out;

/* One directory entry. Returning false stops the listing, which then still succeeds. */
typedef bool fs_visit(void *arg, struct str name, uint64_t ino);

struct fs_ops {
	const char *name; /* "tar", "directory": what `inspect` says */
	bool (*stat)(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e);
	/* Entries in any order, each once. */
	bool (*list)(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e);
	/* Bytes of a regular file, or the target of a link; *got < n only at the end. */
	bool (*read)(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		     struct error *e);
	/* Optional; without it, names are looked up by listing. *found false is no error. */
	bool (*lookup)(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
		       struct error *e);
	/* Optional: the file as a blob without copying its bytes; NULL without a failure when
	 * this one cannot be had so. */
	bool (*blob)(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
		     struct error *e);
	/* Optional: the gist of a file that was skimmed; out->p is NULL where it was not. */
	bool (*gist)(struct fs *fs, uint64_t ino, struct str *out, struct error *e);
	/* Optional: another of the trees on the same volume. */
	struct fs *(*subvolume)(struct fs *fs, struct arena *a, struct str which, struct error *e);
	/* Optional: see fs_redirect. */
	bool (*redirect)(struct fs *fs, struct arena *a, uint64_t ino, struct str *out,
			 struct error *e);
	/* Optional: see fs_hides. */
	bool (*hides)(struct fs *fs, uint64_t dir, bool *out, struct error *e);
};

/* Backends embed this as their first member. What stands on a volume is told besides: fstab names
 * volumes by label and UUID. */
struct fs {
	const struct fs_ops *ops;
	uint64_t root;
	struct str label, uuid; /* a volume's own, uuid as lsblk prints it; or empty */
	/* Why the tree may be older than what the machine would see, one clause with what would
	 * settle it: "its log is dirty and was not replayed; mount it once". Else empty. */
	struct str stale;
	struct str replayed; /* logs that were replayed to read it, nothing written, or empty */
	/* Which of opts->volumes it lies on, the one that was opened among them; n_devices 0 where
	 * it lies on that one alone. */
	struct blob *const *devices;
	size_t n_devices;
	struct str lacks; /* what of it is not here, though all was read so far; or empty */
	struct limits max;
};

/* Which file bodies an archive should keep on its one pass: a path without leading slash, and
 * its size. What is not kept can still be read, by another pass. Called from any thread. */
typedef bool fs_wanted(struct str path, uint64_t size);

/* One that reads a large file as it goes by, front to back, so that its bytes need not be kept:
 * what it makes of them is the file's gist, a short text. */
struct skim {
	void (*take)(struct skim *s, struct str piece);
	struct str (*gist)(struct skim *s); /* at the end of the file */
};

/* NULL where there is nothing to be made of such a file. Called from any thread. */
typedef struct skim *fs_skim(struct arena *a, struct str path, uint64_t size);

struct fs_options {
	bool whiteouts;     /* ".wh." names are whiteouts (a layer), not files (a root) */
	fs_wanted *wanted;  /* NULL keeps nothing */
	fs_skim *skim;      /* NULL skims nothing */
	struct str kept_as; /* names what those two choose and make: fs_open_saved */
	size_t max_kept;    /* bytes of bodies; wanted files past it are not kept */
	struct limits max;
	/* A file system may lie on several volumes: the target's, among which one that does finds
	 * its own. The one that is opened may be among them. */
	struct blob *const *volumes;
	size_t n_volumes;
	struct watch *watch;
};

/* ---- opening; the probe table is scanner/fs/backends.h ---- */

/* The tree inside a blob: a txtar, tar, cpio, … ERR_UNSUPPORTED when no backend knows it. */
struct fs *fs_open(struct arena *a, struct blob *b, const struct fs_options *opts, struct error *e);

/* The same for a volume, on which only the file systems of that table are looked for: *out is NULL,
 * without a failure, when none of them claims the bytes. `only` is the one that is looked for
 * ("ext"), or NULL. */
bool fs_open_volume(struct arena *a, struct blob *b, const char *only,
		    const struct fs_options *opts, struct fs **out, struct error *e);

/* Another tree on the volume of `fs`, as mount(8) names a subvolume of btrfs: a path from the top
 * level ("@/.snapshots/1/snapshot", "" or "/" for the top level itself) or "subvolid=N".
 * ERR_MISSING where there is none of that name, ERR_UNSUPPORTED where the volume has one tree. */
struct fs *fs_subvolume(struct arena *a, struct fs *fs, struct str which, struct error *e);

struct fs *fs_open_dir(struct arena *a, struct str path, const struct fs_options *opts,
		       struct error *e);
struct fs *fs_open_txtar(struct arena *a, struct blob *b, const struct fs_options *opts,
			 struct error *e);

/* The body of the first section of a capture whose marker holds exactly `name`: what tests and
 * tools keep beside the files. Borrowed from `text`. */
bool fs_txtar_section(struct str text, struct str name, struct str *body);

/* A tar, cpio, … with or without compression, indexed in one pass from front to back, in memory
 * that grows with the number of names only. */
struct fs *fs_open_archive(struct arena *a, struct blob *b, const struct fs_options *opts,
			   struct error *e);

/* The same for bytes that must prove themselves: fails unless the blob has `size` bytes that
 * hash to `digest`, and checks that again on every later pass. */
struct fs *fs_open_layer(struct arena *a, struct blob *b, struct str digest, uint64_t size,
			 const struct fs_options *opts, struct error *e);

/* What a manifest says of the table of contents that a layer carries along. */
struct toc_bound {
	struct str digest; /* of the table: an eStargz's as JSON, zstd:chunked's as it is stored */
	uint64_t at;       /* zstd:chunked: where it is stored, */
	uint64_t packed;   /* its bytes there (0: this is an eStargz, whose end tells) */
	uint64_t plain;    /* and unpacked */
};

/* A layer by its table of contents: an eStargz (containerd's stargz-snapshotter, docs/estargz.md)
 * or zstd:chunked (containers/storage). Names come from the table, bytes from the chunks that are
 * asked for; nothing else of the blob is read. The table must hash to what the manifest says of it,
 * each chunk to what the table says: ERR_CORRUPT. Whoever has the whole layer had better read it
 * with fs_open_layer: bytes between the chunks are not proved here, nor that a tar reader would
 * find in them what the table says. */
struct fs *fs_open_toc(struct arena *a, struct blob *b, const struct toc_bound *bound,
		       const struct fs_options *opts, struct error *e);

/* What was learnt of a layer since fs_open_layer, as bytes from which it is opened again. `b` is
 * not read then, but for a body that was neither kept nor asked for, and proved each time. NULL
 * when the bytes are not those of a layer of this size that was saved by this version, with the
 * same whiteouts and kept_as. */
void fs_save_layer(const struct fs *layer, struct out *o);

/* Was there a body that was not kept when the layer was opened? Then there is more to save. */
bool fs_layer_read_late(const struct fs *layer);

struct fs *fs_open_saved(struct arena *a, struct str saved, struct blob *b, struct str digest,
			 uint64_t size, const struct fs_options *opts);

/* The bytes behind whatever compression a file may have. A disk is mostly zeros, so there is no
 * guard against bombs: whoever takes the bytes has a limit. */
struct stream *fs_unpack(struct arena *a, struct blob *b, struct error *e);

/* ---- using ---- */

bool fs_stat_at(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e);
bool fs_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e);
bool fs_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
	       struct error *e);

/* The whole of a file or link target; ERR_LIMIT past `max` bytes. */
bool fs_slurp(struct arena *a, struct fs *fs, uint64_t ino, size_t max, struct str *out,
	      struct error *e);

/* A file as a blob: the backend's own, or one that calls its read. */
struct blob *fs_blob(struct arena *a, struct fs *fs, uint64_t ino, struct str name,
		     struct error *e);

/* A tree may have the names of files whose bytes lie in another: composefs is an erofs of names
 * over a store of objects. *out is the path of a regular file's bytes in that other tree
 * ("/ab/cdef…"), and empty for a file that has its bytes here. To read one that has not is an
 * error. */
bool fs_redirect(struct arena *a, struct fs *fs, uint64_t ino, struct str *out, struct error *e);

/* Has a directory the attribute trusted.overlay.opaque, "y"? As a layer of overlayfs it hides then
 * what lower ones have there. False in trees that keep no such attributes. */
bool fs_hides(struct fs *fs, uint64_t dir, bool *out, struct error *e);

/* A link that was followed on the way: where it stands, free of links itself, and its text. */
struct walk_link {
	struct str path, target;
};

/*
 * A path walk that cannot leave the tree: absolute links restart at the root, ".." stops
 * there, at most 40 links are followed (the 41st is an ELOOP, as in Linux path_resolution(7); a
 * lower limit of ours is ERR_LIMIT), at most 256 components deep, a link's target is at most 4096
 * bytes.
 */
enum walk_end { WALK_FOUND, WALK_ABSENT, WALK_FAILED };

struct walk {
	uint64_t ino;
	struct fs_stat st;
	struct str real; /* absolute, no links left but, with nofollow, the last; for WALK_ABSENT,
			    the path that does not exist */
	VEC(struct walk_link) links; /* in the order in which they were met, also on failure */
};

enum walk_end fs_walk(struct arena *a, struct fs *fs, struct str path, bool nofollow,
		      struct walk *out, struct error *e);

#endif
