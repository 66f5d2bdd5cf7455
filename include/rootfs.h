/*
 * rootfs.h - layers as one tree, and the fail line: from here up nothing fails.
 *
 * Paths are absolute and are resolved inside the root: links, absolute ones too, cannot leave
 * it. A file that is not there is FILE_ABSENT; a file whose bytes could not be had is
 * FILE_UNREADABLE and says why. The two are never confused: a directory on the way that cannot
 * be read makes everything below it unreadable, not absent.
 *
 * Answers are cached: the same path gives the same pointer for the life of the root.
 */
#ifndef ROOTFS_H
#define ROOTFS_H

#include "image.h"
#include "origin.h"
#include "out.h"
#include "reason.h"

struct rootfs;

/* Largest file that is read whole (a unit, an environment file, a config): larger ones are
 * FILE_UNREADABLE with FAULT_LIMIT. */
enum { ROOTFS_FILE_MAX = 8 << 20 };

struct rootfs *rootfs_new(struct arena *a, const struct layers *layers, struct notes *notes);

/* Of an ostree or bootc system: which deployment is the root, and why it was chosen; empty
 * elsewhere. The root is that directory then, with /var, /sysroot and /boot as they are when it
 * runs. */
struct str rootfs_deployment(const struct rootfs *root);

/* How many deployments such a system offers to boot: layers.deployment chooses "0", the default,
 * "1" and so on, in the order of the menu. */
size_t rootfs_deployments(const struct rootfs *root);

/* What is mounted in a root on a disk, in the order of mounting. */
struct mounted {
	struct str dir;
	struct str what;             /* as fstab has it, or why it is mounted without that */
	const struct volume *volume; /* NULL: a bind mount, an overlay, a file, or no such volume */
	struct str subvolume;        /* of it, as fs_subvolume takes it; or empty */
	const struct origin *from;   /* the line of fstab; or NULL */
	struct error error;          /* why nothing below `dir` can be read; else ERR_NONE */
};

struct mounted_list {
	struct mounted *at;
	size_t n, cap;
};

const struct mounted_list *rootfs_mounted(const struct rootfs *root);

/* Is the part of an extension in the root known? It was laid over /usr or /etc as the boot does it,
 * or is none of this system. False where nobody merges it at boot, or it cannot be read. */
bool rootfs_extended(const struct rootfs *root, struct str path);

struct arena *rootfs_arena(struct rootfs *root);
struct notes *rootfs_notes(struct rootfs *root);

/* Follows links. Never NULL. Text is there for a regular file in FILE_OK alone. */
const struct file *rootfs_read(struct rootfs *root, struct str path);

/* Without the text: what is there, following links (stat) or not (lstat). Never NULL. */
const struct file *rootfs_stat(struct rootfs *root, struct str path);
const struct file *rootfs_lstat(struct rootfs *root, struct str path);

/* Does the layer that holds the file tell owners? What a user unpacks or packs belongs to that
 * user, file by file; then no file of the layer belongs to root, and its modes were cut by a umask.
 */
bool rootfs_owned(struct rootfs *root, const struct file *file);

/* The target of a symbolic link, as it is written; empty when `path` is none. */
struct str rootfs_link(struct rootfs *root, struct str path);

/* Names in a directory, sorted by bytes; a directory that is absent is FILE_ABSENT, something
 * else of that name too. */
struct listing {
	enum file_state state;
	const struct file *unread; /* FILE_UNREADABLE: the directory, with its fault; else NULL */
	struct str *names;
	size_t n;
};

const struct listing *rootfs_list(struct rootfs *root, struct str dir);

/* Up to `n` bytes at `at` of a regular file, however large; *got < n only at its end or when it is
 * not FILE_OK. Never NULL; the text of the answer stays empty. */
const struct file *rootfs_peek(struct rootfs *root, struct str path, uint64_t at, void *buf,
			       size_t n, size_t *got);

/* A short text that stands for what a large file's bytes say. It was made by a skim while an
 * archive went by, or was captured in the file's place; else `make` makes it now, of the file's
 * bytes where they are. Empty where nothing is to be said, or `path` is no file. */
typedef bool rootfs_gist_fn(struct arena *a, struct blob *b, struct str *out, struct error *e);
struct str rootfs_gist(struct rootfs *root, struct str path, rootfs_gist_fn *make);

/* A directory that is empty when the machine has booted, whatever the image holds there; and a
 * file, directory or link (whose text is where it leads) that the boot makes. Every later question
 * finds them; a trace does not. Nothing may have been asked of these paths before. */
void rootfs_empty(struct rootfs *root, struct str dir);
void rootfs_make(struct rootfs *root, const struct file *file);

/* The version of systemd in the name of the library that its own programs are linked to; 0 where
 * there is none. */
unsigned rootfs_systemd(struct rootfs *root);

/* Every path that was asked for so far, with what it turned out to be: in byte order of paths.
 * This is what `capture` writes. `links` on the way are among them. */
struct trace {
	const struct file *file; /* as lstat sees it; text where it was read */
	struct str target;       /* symlinks */
	struct str gist;         /* of a file that was not read, where it has one */
	bool listed;             /* a directory whose names were asked for */
};

struct traces {
	struct trace *at;
	size_t n, cap;
};

struct traces rootfs_trace(struct rootfs *root);

/* Writes the trace as a text capture (the manual page, "TEXT CAPTURES"): scanned again, it gives
 * the same answers to the same questions. A file that was only seen, never read, stands there
 * with its mode and a line that tells its size, followed by its gist. */
void rootfs_capture(struct rootfs *root, struct out *o);

/* What could not be read, each once, for the report: "PATH: why". */
struct words rootfs_unreadable(struct rootfs *root);

/* Why what was found may be older than what the machine would see: the first of the trees that
 * are, among those that were looked into so far. REASON_NONE where there is none. */
struct doubt rootfs_stale(struct rootfs *root);

/* Why a file, or all of a kubelet, may be in the image although nobody saw it: a tree that is
 * stale, something that was asked for and could not be read, a volume that cannot be, a compressed
 * disk that is damaged up to its end, which is read for that. REASON_NONE where the image was
 * wholly readable. */
struct doubt rootfs_doubt(struct rootfs *root);

#endif
