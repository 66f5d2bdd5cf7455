/*
 * extensions.c - trees that are laid over /usr and /opt (systemd-sysext(8)) and over /etc
 * (systemd-confext(8)) by a service of systemd, where an image enables that: directories, and
 * images named .raw, which are one file system or a GPT with a root or /usr partition (UAPI group,
 * "Extension Images"). One counts when its extension-release file fits the os-release of the host;
 * they are laid in the order of their names, the last on top. Of a directory NAME.v the newest
 * counts (systemd.v(7), from 256 on); the host's ID_LIKE is accepted from 258 on. Nobody can tell
 * here what a hierarchy becomes that may be mutable, nor whether an attribute allows a release file
 * of another name.
 *
 * A capture holds the root with its extensions laid, and not the images: in the place of each there
 * is a line that says so.
 */
#include "extensions.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "composed.h"
#include "overlay.h"
#include "overlayfs.h"
#include "pick.h"
#include "root.h"
#include "version_order.h"

enum { EXTENSIONS_MAX = 200, RELEASE_BYTES_MAX = 64 << 10 };

#define SETTLED "what the boot makes of this extension is in the root\n"

struct kind {
	const char *service, *release, *level, *scope, *suffix;
	const char *dirs[4], *hierarchies[3];
};

static const struct kind kinds[] = {
	{"systemd-sysext.service",
	 "/usr/lib/extension-release.d",
	 "SYSEXT_LEVEL",
	 "SYSEXT_SCOPE",
	 ".sysext",
	 {"/etc/extensions", "/var/lib/extensions"},
	 {"/usr", "/opt"}},
	{"systemd-confext.service",
	 "/etc/extension-release.d",
	 "CONFEXT_LEVEL",
	 "CONFEXT_SCOPE",
	 ".confext",
	 {"/var/lib/confexts", "/usr/local/lib/confexts", "/usr/lib/confexts"},
	 {"/etc"}},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

struct extension {
	struct str name, path;
	struct fs *tree;
	bool usr; /* the root of the tree is what becomes /usr */
};

struct extending {
	struct rootfs *root;
	struct arena *a;
	const struct kind *kind;
	struct layers *layers;
	struct words *settled;
	struct str host;         /* its os-release */
	struct str architecture; /* in the words of systemd; empty: nothing tells */
	unsigned systemd;        /* its version; 0: nothing tells */
	VEC(struct extension) all;
};

/* ---- is it merged at all? ---- */

static bool is_linked(struct rootfs *root, const char *dir, const char *service)
{
	static const char *const targets[] = {"sysinit", "basic", "multi-user", "local-fs"};
	bool linked = false;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		struct str path = str_fmt(rootfs_arena(root), "%s/%s.target.wants/%s", dir,
					  targets[i], service);
		linked |= rootfs_lstat(root, path)->state == FILE_OK;
	}
	return linked;
}

static bool is_enabled(struct rootfs *root, const char *service)
{
	struct arena *a = rootfs_arena(root);
	struct str own = str_fmt(a, "/etc/systemd/system/%s", service);
	struct str shipped = str_fmt(a, "/usr/lib/systemd/system/%s", service);
	bool there = rootfs_stat(root, own)->state == FILE_OK ||
		     rootfs_stat(root, shipped)->state == FILE_OK;
	bool linked = is_linked(root, "/etc/systemd/system", service);
	linked |= is_linked(root, "/usr/lib/systemd/system", service);
	return there && linked && !str_eq(rootfs_link(root, own), S("/dev/null"));
}

/* ---- what it depends on ---- */

/* By the program of systemd itself: ELF's e_machine, in the words of systemd. */
static struct str architecture(struct rootfs *root)
{
	static const struct {
		unsigned machine;
		const char *name;
	} all[] = {{62, "x86-64"}, {183, "arm64"}, {3, "x86"}, {40, "arm"}, {243, "riscv64"}};
	unsigned char head[20];
	size_t got = 0;
	rootfs_peek(root, S("/usr/lib/systemd/systemd"), 0, head, sizeof head, &got);
	if (got == sizeof head && !memcmp(head,
					  "\x7f"
					  "ELF",
					  4))
		for (size_t i = 0; i < sizeof all / sizeof *all; i++)
			if (all[i].machine == load_le16(head + 18))
				return str_from(all[i].name);
	return S("");
}

/* Nobody can tell whether an extension is merged. */
static void note_open(struct extending *x, struct str path, const struct error *e)
{
	note(rootfs_notes(x->root), NULL, "whether it is merged is not known: %" PRIstr ": %s",
	     ARG(path), e->text);
}

/* ---- which there are ---- */

static bool is_named(const struct extending *x, struct str name)
{
	for (size_t i = 0; i < x->all.n; i++)
		if (str_eq(x->all.at[i].name, name))
			return true;
	return false;
}

static struct str stem(struct str name, const char *suffix)
{
	struct str end = str_from(suffix);
	return str_ends(name, end) ? str_slice(name, 0, name.n - end.n) : name;
}

static void settle(struct extending *x, struct str path)
{
	*vec_push(x->a, x->settled) = (struct word){path, NULL};
}

/* The newest in a directory NAME.v or NAME.raw.v. False: it stays out, or nobody can tell. */
static bool take_newest(struct extending *x, struct extension *found)
{
	struct str dir = found->path, name = stem(found->name, ".v"), newest = {0};
	struct error e = {0};
	struct str suffix = str_ends(name, S(".raw")) ? S(".raw") : S("");
	found->name = stem(name, ".raw");
	if (!x->systemd)
		fail(&e, ERR_MISSING, "nothing tells the version of systemd");
	else if (x->systemd >= 256)
		pick_newest(x->root, dir, found->name, suffix, x->architecture, &newest, &e);
	if (e.kind == ERR_NONE)
		settle(x, dir);
	else
		note_open(x, dir, &e);
	found->path = str_fmt(x->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(newest));
	return newest.n > 0;
}

/* Of the same name in two directories the first counts. */
static void gather(struct extending *x, struct str dir)
{
	const struct listing *l = rootfs_list(x->root, dir);
	for (size_t i = 0; i < l->n && x->all.n < EXTENSIONS_MAX; i++) {
		struct extension found = {.name = l->names[i]};
		found.path = str_fmt(x->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(found.name));
		const struct file *f = rootfs_stat(x->root, found.path);
		bool versions = f->kind == FILE_DIRECTORY && str_ends(found.name, S(".v"));
		if (f->state != FILE_OK || (versions && !take_newest(x, &found)))
			continue;
		f = rootfs_stat(x->root, found.path);
		bool raw = str_ends(found.path, S(".raw")) && f->kind == FILE_REGULAR;
		found.name = raw && !versions ? stem(found.name, ".raw") : found.name;
		if (!raw && f->kind != FILE_DIRECTORY)
			continue;
		if (is_named(x, found.name))
			settle(x, found.path);
		else
			*vec_push(x->a, &x->all) = found;
	}
}

static int by_version(const void *a, const void *b)
{
	const struct extension *left = a, *right = b;
	return version_order(left->name, right->name);
}

/* ---- what is in one ---- */

static bool is_partition(const struct volume *v, bool usr)
{
	static const char *const types[2][2] = {
		{"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "b921b045-1df0-41c3-af44-4c6f280d3fae"},
		{"8484680c-9521-48c6-9c11-b0720656f69e", "b0e01050-ee5f-4390-949a-9101b17104e9"},
	};
	return str_eq(v->type, str_from(types[usr][0])) || str_eq(v->type, str_from(types[usr][1]));
}

static const struct volume *find_volume(const struct disk *disk, bool *usr)
{
	*usr = false;
	if (!disk->table && disk->volumes.n == 1)
		return &disk->volumes.at[0];
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 0; i < disk->volumes.n; i++)
			if (is_partition(&disk->volumes.at[i], round == 1)) {
				*usr = round == 1;
				return &disk->volumes.at[i];
			}
	return NULL;
}

static bool open_image(struct extending *x, struct extension *ext, uint64_t ino, struct error *e)
{
	struct blob *b = fs_blob(x->a, x->root->fs, ino, ext->path, e);
	const struct disk *disk = b ? image_disk(x->a, b, e) : NULL;
	if (!disk)
		return false;
	const struct volume *v = find_volume(disk, &ext->usr);
	if (!v)
		return fail(e, ERR_UNSUPPORTED, "there is no root and no /usr partition in it");
	if (!v->fs && v->error.kind == ERR_NONE)
		return fail(e, ERR_UNSUPPORTED, "no file system but %" PRIstr, ARG(v->holds));
	if (v->fs && v->fs->stale.n)
		return fail(e, ERR_UNSUPPORTED, "%" PRIstr, ARG(v->fs->stale));
	if (!v->fs)
		*e = v->error;
	ext->tree = v->fs;
	return v->fs != NULL;
}

static bool open_tree(struct extending *x, struct extension *ext, struct error *e)
{
	struct walk walk;
	if (fs_walk(x->a, x->root->fs, ext->path, false, &walk, e) != WALK_FOUND)
		return false;
	if (walk.st.kind == FS_REGULAR)
		return open_image(x, ext, walk.ino, e);
	ext->tree = composed_new(x->a, x->root->fs, walk.ino);
	return true;
}

/* Does a capture say of the image what became of it? */
static bool was_settled(struct extending *x, const struct extension *ext, bool *settled,
			struct error *e)
{
	struct fs *fs = x->root->fs;
	struct str gist = {0};
	struct walk walk;
	*settled = false;
	if (!fs->ops->gist || fs_walk(x->a, fs, ext->path, false, &walk, e) != WALK_FOUND)
		return true;
	if (walk.st.kind == FS_REGULAR && !fs->ops->gist(fs, walk.ino, &gist, e))
		return false;
	*settled = str_eq(gist, S(SETTLED));
	return true;
}

static enum walk_end walk_in(struct extending *x, const struct extension *ext, struct str path,
			     struct walk *out, struct error *e)
{
	bool inside = str_starts(path, S("/usr"));
	if (ext->usr && !inside)
		return WALK_ABSENT;
	return fs_walk(x->a, ext->tree, ext->usr ? str_tail(path, 4) : path, false, out, e);
}

/* ---- does it fit? ---- */

/* The last assignment of a key, as os-release(5) has them, but for escapes. */
static struct str value_of(struct str text, const char *key)
{
	struct str line, name, value, found = {0};
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		if (!str_cut(str_trim(line, " \t\r"), '=', &name, &value) ||
		    !str_eq(name, str_from(key)))
			continue;
		found = str_trim(value, "\"'");
	}
	return found;
}

static bool has_word(struct str words, struct str wanted)
{
	struct str word;
	while (words.n) {
		str_cut(words, ' ', &word, &words);
		if (str_eq(word, wanted))
			return true;
	}
	return false;
}

static bool is_like(const struct extending *x, struct str id)
{
	return has_word(value_of(x->host, "ID_LIKE"), id);
}

/* The rules of systemd-sysext(8). NULL: it fits; else why not. */
static const char *misfit(const struct extending *x, struct str release)
{
	struct str id = value_of(release, "ID"), scope = value_of(release, x->kind->scope);
	struct str level = value_of(release, x->kind->level);
	struct str host_level = value_of(x->host, x->kind->level);
	struct str host_version = value_of(x->host, "VERSION_ID");
	if (scope.n && !has_word(scope, S("system")))
		return "it is not for the system";
	if (!id.n)
		return "its extension-release has no ID";
	if (str_eq(id, S("_any")))
		return NULL;
	if (!str_eq(id, value_of(x->host, "ID")) && !(x->systemd >= 258 && is_like(x, id)))
		return "it is for another ID";
	if (level.n && host_level.n)
		return str_eq(level, host_level) ? NULL : "it is for another level";
	if (host_version.n && !str_eq(value_of(release, "VERSION_ID"), host_version))
		return "it is for another VERSION_ID";
	return NULL;
}

/* What is written to a hierarchy may be kept elsewhere, and lie over its extensions then
 * (systemd-sysext(8), "MUTABILITY"; from 256 on). */
static bool is_fixed(struct extending *x, struct error *e)
{
	for (const char *const *dir = x->kind->hierarchies; *dir; dir++) {
		struct str path = str_fmt(x->a, "/var/lib/extensions.mutable%s", *dir);
		if ((!x->systemd || x->systemd >= 256) &&
		    rootfs_lstat(x->root, path)->state != FILE_ABSENT)
			return fail(e, ERR_UNSUPPORTED, "%s may be mutable: there is %" PRIstr,
				    *dir, ARG(path));
	}
	return true;
}

/* What no rule decides: it depends on what is not known here. */
static bool is_decided(struct extending *x, const struct extension *ext, struct str release,
		       struct error *e)
{
	struct str made = value_of(release, "ARCHITECTURE"), id = value_of(release, "ID");
	struct walk walk;
	bool like = is_like(x, id) && !str_eq(id, value_of(x->host, "ID"));
	if (made.n && !str_eq(made, S("_any")) && !x->architecture.n)
		return fail(e, ERR_MISSING, "it is for %" PRIstr ", and nothing tells what this is",
			    ARG(made));
	if (like && !x->systemd)
		return fail(e, ERR_MISSING,
			    "nothing tells the version of systemd, from 258 on it is");
	if (x->kind == &kinds[0] &&
	    walk_in(x, ext, S("/usr/lib/os-release"), &walk, e) != WALK_ABSENT)
		return fail(e, ERR_UNSUPPORTED, "it has a /usr/lib/os-release, which it must not");
	return is_fixed(x, e);
}

static bool is_release(void *arg, struct str name, uint64_t ino)
{
	(void)ino;
	*(bool *)arg |= str_starts(name, S("extension-release."));
	return !*(bool *)arg;
}

/* One of another name counts where the attribute user.extension-release.strict says so. */
static bool has_no_other(struct extending *x, const struct extension *ext, struct error *e)
{
	struct walk walk;
	bool other = false;
	enum walk_end end = walk_in(x, ext, str_from(x->kind->release), &walk, e);
	if (end == WALK_FAILED)
		return false;
	if (end == WALK_FOUND && walk.st.kind == FS_DIRECTORY &&
	    !fs_list(ext->tree, walk.ino, is_release, &other, e))
		return false;
	return !other || fail(e, ERR_UNSUPPORTED,
			      "its extension-release has another name, which an attribute allows");
}

/* The text of its release file; *found is false where there is none of its name. */
static bool read_release(struct extending *x, struct extension *ext, bool *found, struct str *out,
			 struct error *e)
{
	struct str path =
		str_fmt(x->a, "%s/extension-release.%" PRIstr, x->kind->release, ARG(ext->name));
	struct walk walk;
	enum walk_end end = walk_in(x, ext, path, &walk, e);
	*found = end == WALK_FOUND;
	if (end == WALK_ABSENT && str_ends(ext->name, str_from(x->kind->suffix)))
		return fail(e, ERR_UNSUPPORTED, "later versions of systemd take %s off its name",
			    x->kind->suffix);
	if (end == WALK_ABSENT)
		return has_no_other(x, ext, e);
	return end == WALK_FOUND && fs_slurp(x->a, ext->tree, walk.ino, RELEASE_BYTES_MAX, out, e);
}

/* True: what becomes of it is known, and *fits. */
static bool judge(struct extending *x, struct extension *ext, bool *fits, struct error *e)
{
	struct str text = {0};
	bool found, settled;
	if (!was_settled(x, ext, &settled, e))
		return false;
	if (settled)
		return true;
	if (!open_tree(x, ext, e) || !read_release(x, ext, &found, &text, e) ||
	    !is_decided(x, ext, text, e))
		return false;
	struct str made = value_of(text, "ARCHITECTURE");
	bool other = made.n && !str_eq(made, S("_any")) && !str_eq(made, x->architecture);
	const char *why = !found  ? "it has no extension-release of its name"
			  : other ? "it is for another architecture"
				  : misfit(x, text);
	*fits = !why;
	if (why)
		note(rootfs_notes(x->root), NULL, "not merged: %" PRIstr ": %s", ARG(ext->path),
		     why);
	return true;
}

/* ---- laying ---- */

static void keep_fitting(struct extending *x)
{
	size_t n = 0;
	for (size_t i = 0; i < x->all.n; i++) {
		struct extension ext = x->all.at[i];
		struct error e = {0};
		bool fits = false;
		if (judge(x, &ext, &fits, &e))
			settle(x, ext.path);
		else
			note_open(x, ext.path, &e);
		if (fits)
			x->all.at[n++] = ext;
	}
	x->all.n = n;
}

static bool lay_hierarchy(struct extending *x, struct fs *composed, struct str dir, struct error *e)
{
	size_t first = x->layers->n;
	struct walk walk;
	struct fs *base = NULL;
	for (size_t i = 0; i < x->all.n; i++) {
		const struct extension *ext = &x->all.at[i];
		enum walk_end end = walk_in(x, ext, dir, &walk, e);
		if (end == WALK_FAILED)
			return fail_in(e, "%" PRIstr, ARG(ext->path));
		if (end == WALK_FOUND && walk.st.kind == FS_DIRECTORY)
			*vec_push(x->a, x->layers) = (struct layer){
				.fs = overlayfs_upper(x->a,
						      composed_new(x->a, ext->tree, walk.ino)),
				.label = ext->path};
	}
	if (x->layers->n == first)
		return true;
	enum walk_end end = fs_walk(x->a, composed, dir, false, &walk, e);
	if (end == WALK_FAILED)
		return false;
	if (end == WALK_FOUND)
		base = composed_new(x->a, composed, walk.ino);
	struct fs *merged = overlay_open(x->a, base, x->layers, first, x->layers->n);
	return composed_mount(composed, dir, merged, merged->root, e);
}

/* What cannot be laid must not look as if nothing were there. */
static void lay(struct extending *x, struct fs *composed)
{
	for (const char *const *dir = x->kind->hierarchies; *dir; dir++) {
		struct error e = {0}, closed;
		if (!lay_hierarchy(x, composed, str_from(*dir), &e))
			(void)composed_close(composed, str_from(*dir), &e, &closed);
	}
}

static struct str os_release(struct rootfs *root)
{
	const struct file *f = rootfs_read(root, S("/etc/os-release"));
	return f->state == FILE_OK ? f->text : rootfs_read(root, S("/usr/lib/os-release"))->text;
}

static bool any_there(const struct extending *x)
{
	for (const char *const *dir = x->kind->dirs; *dir; dir++)
		if (rootfs_list(x->root, str_from(*dir))->n)
			return true;
	return false;
}

struct fs *extensions_lay(struct rootfs *root, struct layers *layers, struct words *settled)
{
	struct fs *composed = NULL;
	for (size_t k = 0; k < KINDS; k++) {
		struct extending x = {.root = root,
				      .a = rootfs_arena(root),
				      .kind = &kinds[k],
				      .layers = layers,
				      .settled = settled};
		if (!any_there(&x) || !is_enabled(root, kinds[k].service))
			continue;
		x.host = os_release(root);
		x.architecture = architecture(root);
		x.systemd = rootfs_systemd(root);
		for (const char *const *dir = kinds[k].dirs; *dir; dir++)
			gather(&x, str_from(*dir));
		if (x.all.n)
			qsort(x.all.at, x.all.n, sizeof *x.all.at, by_version);
		keep_fitting(&x);
		if (!x.all.n)
			continue;
		if (!composed)
			composed = composed_new(x.a, root->fs, root->fs->root);
		lay(&x, composed);
	}
	return composed;
}

static bool say_settled(struct arena *a, struct blob *b, struct str *out, struct error *e)
{
	(void)a;
	(void)b;
	(void)e;
	*out = S(SETTLED);
	return true;
}

void extensions_trace(struct rootfs *root)
{
	for (size_t k = 0; k < KINDS && root->settled.n; k++)
		(void)is_enabled(root, kinds[k].service);
	for (size_t i = 0; i < root->settled.n; i++)
		(void)rootfs_gist(root, root->settled.at[i].text, say_settled);
	if (root->settled.n)
		(void)rootfs_systemd(root);
}
