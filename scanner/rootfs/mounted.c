/*
 * mounted.c - the mount table of a root on a disk: /etc/fstab (fstab(5), and what systemd.mount(5)
 * makes of it), then partitions by their type (UAPI group, Discoverable Partitions Specification;
 * systemd-gpt-auto-generator(8)), which are mounted where fstab says nothing and the directory is
 * empty; and mount units, which see what was mounted before them. Every volume of the disk is taken
 * for attached; kernel names of disks are those of the first one. Not supported: file systems that
 * come over a network.
 */
#include "mounted.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "composed.h"
#include "fstab.h"
#include "machine.h"
#include "map.h"
#include "mount_units.h"
#include "overlay.h"
#include "overlayfs.h"

struct laying {
	struct rootfs *top;
	struct arena *a;
	struct fs *composed;
	struct layers *layers;
	const struct disk *disk;
	struct mounted_list *out;
};

/* ---- which volume a name means ---- */

/* \x20 and the like, as udev writes them. */
static struct str undo_udev(struct arena *a, struct str s)
{
	static const char digits[] = "0123456789abcdef";
	char *text = NEW_N(a, char, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *high = NULL, *low = NULL;
		if (s.p[i] == '\\' && i + 3 < s.n && s.p[i + 1] == 'x' && s.p[i + 2] &&
		    s.p[i + 3]) {
			high = strchr(digits, s.p[i + 2] | 0x20);
			low = strchr(digits, s.p[i + 3] | 0x20);
		}
		text[n++] = high && low ? (char)((high - digits) * 16 + (low - digits)) : s.p[i];
		i += high && low ? 3 : 0;
	}
	return (struct str){text, n};
}

/* "vg--a-lv" of "vg-a/lv", as device-mapper names it. */
static struct str mapped_name(struct arena *a, struct str name)
{
	char *text = NEW_N(a, char, 2 * name.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		text[n++] = name.p[i] == '/' ? '-' : name.p[i];
		if (name.p[i] == '-')
			text[n++] = '-';
	}
	return (struct str){text, n};
}

/* "p2" of sda2, vda2, xvda2, nvme0n1p2, mmcblk0p2; empty for disks but the first. */
static struct str kernel_name(struct arena *a, struct str name)
{
	static const char *const disks[] = {"sda", "vda", "xvda", "hda", "nvme0n1p", "mmcblk0p"};
	uint64_t number;
	for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
		struct str rest = str_tail(name, strlen(disks[i]));
		if (str_starts(name, str_from(disks[i])) && str_u64(rest, &number))
			return str_fmt(a, "p%llu", (unsigned long long)number);
	}
	return (struct str){0};
}

enum key { KEY_UUID, KEY_LABEL, KEY_PARTUUID, KEY_PARTLABEL, KEY_NAME, KEY_MAPPED };

static bool has_key(struct arena *a, const struct volume *v, enum key key, struct str value)
{
	switch (key) {
	case KEY_UUID: return str_eq_nocase(v->uuid, value);
	case KEY_LABEL: return str_eq(v->label, value);
	case KEY_PARTUUID: return str_eq_nocase(v->partuuid, value);
	case KEY_PARTLABEL: return str_eq(v->partlabel, value);
	case KEY_NAME: return str_eq(v->name, value);
	case KEY_MAPPED:
		return str_find(v->name, '/') < v->name.n && str_eq(mapped_name(a, v->name), value);
	}
	return false;
}

static const struct volume *volume_by(struct laying *l, enum key key, struct str value)
{
	for (size_t i = 0; value.n && i < l->disk->volumes.n; i++)
		if (has_key(l->a, &l->disk->volumes.at[i], key, value))
			return &l->disk->volumes.at[i];
	return NULL;
}

static const struct volume *find_tagged(struct laying *l, struct str spec)
{
	static const struct {
		const char *tag, *dir;
		enum key key;
	} tags[] = {
		{"UUID=", "/dev/disk/by-uuid/", KEY_UUID},
		{"LABEL=", "/dev/disk/by-label/", KEY_LABEL},
		{"PARTUUID=", "/dev/disk/by-partuuid/", KEY_PARTUUID},
		{"PARTLABEL=", "/dev/disk/by-partlabel/", KEY_PARTLABEL},
	};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		struct str tag = str_from(tags[i].tag), dir = str_from(tags[i].dir);
		if (str_starts(spec, tag))
			return volume_by(l, tags[i].key, str_tail(spec, tag.n));
		if (str_starts(spec, dir))
			return volume_by(l, tags[i].key, undo_udev(l->a, str_tail(spec, dir.n)));
	}
	return NULL;
}

static const struct volume *find_volume(struct laying *l, struct str spec)
{
	const struct volume *v = find_tagged(l, spec);
	if (!v && str_starts(spec, S("/dev/mapper/")))
		v = volume_by(l, KEY_MAPPED, str_tail(spec, 12));
	if (!v && str_starts(spec, S("/dev/")))
		v = volume_by(l, KEY_NAME, str_tail(spec, 5));
	if (!v && str_starts(spec, S("/dev/")))
		v = volume_by(l, KEY_NAME, kernel_name(l->a, str_tail(spec, 5)));
	return v;
}

/* What crypttab(5) opens under the name of a mapped device. */
static const struct volume *find_behind_key(struct laying *l, struct str spec)
{
	const struct file *f = rootfs_read(l->top, S("/etc/crypttab"));
	if (!str_starts(spec, S("/dev/mapper/")) || f->state != FILE_OK)
		return NULL;
	struct fstab lines = fstab_parse(l->a, f);
	for (size_t i = 0; i < lines.n; i++)
		if (str_eq(lines.at[i].spec, str_tail(spec, 12)))
			return find_volume(l, lines.at[i].dir);
	return NULL;
}

static const struct volume *find_encrypted(const struct laying *l)
{
	for (size_t i = 0; i < l->disk->volumes.n; i++)
		if (l->disk->volumes.at[i].error.kind == ERR_ENCRYPTED)
			return &l->disk->volumes.at[i];
	return NULL;
}

/* No volume has that name: one that is encrypted may hold it. */
static bool explain_missing(struct laying *l, struct str spec, struct error *why)
{
	const struct volume *v = find_encrypted(l);
	if (v)
		return fail(why, ERR_ENCRYPTED,
			    "%" PRIstr " is not on the disk, unless in %" PRIstr
			    ", which is encrypted",
			    ARG(spec), ARG(v->name));
	return fail(why, ERR_MISSING, "%" PRIstr " is not on the disk", ARG(spec));
}

static bool is_file(struct str spec)
{
	return str_starts(spec, S("/")) && !str_starts(spec, S("/dev/"));
}

bool mounted_readable(const struct volume *v, struct error *why)
{
	if (v->fs)
		return true;
	if (v->error.kind == ERR_NONE)
		return fail(why, ERR_UNSUPPORTED, "%" PRIstr ": not supported", ARG(v->holds));
	*why = v->error;
	return false;
}

/* A file that is mounted through a loop device; its name is that of the volume. */
static const struct volume *open_file(struct laying *l, struct str path, struct error *why)
{
	struct walk walk;
	enum walk_end end = fs_walk(l->a, l->composed, path, false, &walk, why);
	if (end == WALK_ABSENT || (end == WALK_FOUND && walk.st.kind != FS_REGULAR))
		fail(why, ERR_MISSING, "no such file");
	struct blob *b = end == WALK_FOUND && walk.st.kind == FS_REGULAR
				 ? fs_blob(l->a, l->composed, walk.ino, path, why)
				 : NULL;
	const struct disk *disk = b ? image_disk(l->a, b, why) : NULL;
	if (disk && (disk->table || disk->volumes.n != 1))
		fail(why, ERR_UNSUPPORTED, "no file system, but a disk of several");
	if (!disk || disk->table || disk->volumes.n != 1)
		return NULL;
	struct volume *v = NEW(l->a, struct volume);
	*v = disk->volumes.at[0];
	v->name = path;
	return v;
}

static bool resolve_file(struct laying *l, struct str path, const struct volume **out,
			 struct error *why)
{
	const struct volume *v = open_file(l, path, why);
	if (v && mounted_readable(v, why) && v->fs->stale.n)
		fail(why, ERR_UNSUPPORTED, "%" PRIstr, ARG(v->fs->stale));
	if (!v || !v->fs || v->fs->stale.n)
		return fail_in(why, "%" PRIstr, ARG(path));
	*out = v;
	return true;
}

static bool resolve(struct laying *l, struct str spec, const struct volume **out, struct error *why)
{
	if (is_file(spec))
		return resolve_file(l, spec, out, why);
	const struct volume *v = find_volume(l, spec);
	if (!v)
		v = find_behind_key(l, spec);
	if (!v)
		return explain_missing(l, spec, why);
	*out = v;
	return mounted_readable(v, why) || fail_in(why, "%" PRIstr, ARG(v->name));
}

/* ---- one mount ---- */

/* `subvolume` as fs_subvolume takes it; empty is the volume's own tree. */
static bool show_volume(struct laying *l, const struct mounted *m, struct error *e)
{
	const struct volume *v = m->volume;
	struct str dir = m->dir;
	size_t i = l->layers->n;
	struct fs *tree = m->subvolume.n ? fs_subvolume(l->a, v->fs, m->subvolume, e) : v->fs;
	if (!tree)
		return false;
	*vec_push(l->a, l->layers) = (struct layer){.fs = tree, .label = v->name};
	struct fs *fs = overlay_open(l->a, NULL, l->layers, i, i + 1);
	return composed_mount(l->composed, dir, fs, fs->root, e);
}

static bool show(struct laying *l, const struct mounted *m, bool bind, struct error *e)
{
	return bind ? composed_bind(l->composed, m->dir, m->what, e) : show_volume(l, m, e);
}

/* What cannot be shown must not look as if nothing were there. */
static void add_mount(struct laying *l, struct mounted m, bool bind)
{
	struct error e = {0};
	bool shown = m.error.kind == ERR_NONE && show(l, &m, bind, &m.error);
	if (!shown && !composed_close(l->composed, m.dir, &m.error, &e))
		note(rootfs_notes(l->top), m.from, "not mounted: %s", e.text);
	if (is_file(m.what))
		m.volume = NULL; /* it is none of the disk's */
	*vec_push(l->a, l->out) = m;
}

/* ---- fstab ---- */

static bool one_of(struct str s, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(s, str_from(*names)))
			return true;
	return false;
}

static bool below_one_of(struct str path, const char *const *dirs)
{
	for (; *dirs; dirs++) {
		struct str dir = str_from(*dirs);
		if (str_starts(path, dir) && (path.n == dir.n || path.p[dir.n] == '/'))
			return true;
	}
	return false;
}

/* What the kernel makes up, what is not mounted at boot, and what is the root itself. */
static bool passed_over(const struct fstab_line *line)
{
	static const char *const types[] = {"swap",     "proc",        "sysfs",     "devtmpfs",
					    "devpts",   "cgroup",      "cgroup2",   "debugfs",
					    "tracefs",  "securityfs",  "pstore",    "bpf",
					    "efivarfs", "configfs",    "hugetlbfs", "mqueue",
					    "fusectl",  "binfmt_misc", NULL};
	static const char *const dirs[] = {"/proc", "/sys", "/dev", "/run", "/tmp", NULL};
	return !str_starts(line->dir, S("/")) || str_eq(line->dir, S("/")) ||
	       one_of(line->type, types) || below_one_of(line->dir, dirs) || !fstab_mounts(line);
}

static bool is_bind(const struct fstab_line *line)
{
	struct str value;
	return fstab_option(line, S("bind"), &value) || fstab_option(line, S("rbind"), &value);
}

static struct str clean_dir(struct str dir)
{
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	return dir;
}

static size_t depth_of(struct str path)
{
	size_t n = 0;
	for (size_t i = 0; i < path.n; i++)
		n += path.p[i] == '/';
	return n;
}

/* A bind mount comes after what is mounted above its source. */
static size_t rank_of(const struct fstab_line *line)
{
	size_t dir = depth_of(line->dir), source = is_bind(line) ? depth_of(line->spec) : 0;
	return 2 * (source > dir ? source : dir) + (source > 0);
}

/* systemd orders mounts by their directories; the order of the file stands among equals. */
static int by_rank(const void *a, const void *b)
{
	const struct fstab_line *x = a, *y = b;
	size_t rx = rank_of(x), ry = rank_of(y);
	if (rx != ry)
		return rx < ry ? -1 : 1;
	return (x->from->at > y->from->at) - (x->from->at < y->from->at);
}

/* An initramfs names directories of the root that it is about to make: "/sysroot/a:/sysroot/b". */
static struct str in_root(struct arena *a, struct str paths)
{
	struct str all = {0}, path;
	while (paths.n) {
		str_cut(paths, ':', &path, &paths);
		path = str_starts(path, S("/sysroot/")) ? str_tail(path, 8) : path;
		all = all.n ? str_fmt(a, "%" PRIstr ":%" PRIstr, ARG(all), ARG(path)) : path;
	}
	return all;
}

static void lay_overlay(struct laying *l, const struct fstab_line *line, struct mounted m)
{
	struct str lower = {0}, upper = {0};
	(void)fstab_option(line, S("lowerdir"), &lower);
	(void)fstab_option(line, S("upperdir"), &upper);
	m.what = in_root(l->a, lower);
	if (overlayfs_lay(l->composed, l->layers, m.dir, m.what, in_root(l->a, upper), &m.error))
		*vec_push(l->a, l->out) = m;
	else
		add_mount(l, m, false);
}

/* What the image holds in that directory is hidden. */
static void lay_memory(struct laying *l, struct mounted m)
{
	struct fs *empty = overlay_open(l->a, NULL, l->layers, l->layers->n, l->layers->n);
	if (composed_mount(l->composed, m.dir, empty, empty->root, &m.error))
		*vec_push(l->a, l->out) = m;
	else
		add_mount(l, m, false);
}

static void lay_line(struct laying *l, const struct fstab_line *line)
{
	struct mounted m = {.dir = line->dir, .what = line->spec, .from = line->from};
	bool bind = is_bind(line);
	struct str value;
	if (str_eq(line->type, S("tmpfs")) || str_eq(line->type, S("ramfs"))) {
		lay_memory(l, m);
		return;
	}
	if (!bind && str_eq(line->type, S("overlay"))) {
		lay_overlay(l, line, m);
		return;
	}
	if (!bind && resolve(l, line->spec, &m.volume, &m.error)) {
		if (fstab_option(line, S("subvol"), &value))
			m.subvolume = str_starts(value, S("/")) ? str_tail(value, 1) : value;
		else if (fstab_option(line, S("subvolid"), &value))
			m.subvolume = str_cat(l->a, S("subvolid="), value);
	}
	add_mount(l, m, bind);
}

/* Of two lines for one directory systemd takes the first, whatever that says. */
static void lay_lines(struct laying *l, const struct fstab *all)
{
	struct map *seen = map_new(l->a);
	struct fstab lines = {0};
	for (size_t i = 0; i < l->out->n; i++)
		map_put(seen, l->out->at[i].dir, seen);
	for (size_t i = 0; i < all->n; i++) {
		struct fstab_line line = all->at[i];
		line.dir = clean_dir(line.dir);
		if (!passed_over(&line) && !map_get(seen, line.dir))
			*vec_push(l->a, &lines) = line;
		map_put(seen, line.dir, seen);
	}
	if (lines.n)
		qsort(lines.at, lines.n, sizeof *lines.at, by_rank);
	for (size_t i = 0; i < lines.n; i++)
		lay_line(l, &lines.at[i]);
}

static void lay_fstab(struct laying *l)
{
	const struct file *f = rootfs_read(l->top, S("/etc/fstab"));
	struct fstab lines = {0};
	if (f->state == FILE_OK && f->kind == FILE_REGULAR)
		lines = fstab_parse(l->a, f);
	lay_lines(l, &lines);
}

/* ---- partitions by their types ---- */

#define VAR "4d21b016-b534-45c2-a9fb-5c16e091fd2d"

static const struct {
	const char *type, *dir;
} by_type[] = {
	{"8484680c-9521-48c6-9c11-b0720656f69e", "/usr"}, /* x86-64 */
	{"b0e01050-ee5f-4390-949a-9101b17104e9", "/usr"}, /* arm64 */
	{VAR, "/var"},
	{"933ac7e1-2eb4-4f13-b844-0e14e2aef915", "/home"},
	{"3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "/srv"},
	{"7ec6f557-3bc5-4aca-b293-16ef5df639d1", "/var/tmp"},
	{"bc13c2ff-59e6-4262-a352-b275fd6f7172", "/boot"},
};

#define NO_AUTO (1ull << 63)

static bool taken(const struct laying *l, struct str dir)
{
	for (size_t i = 0; i < l->out->n; i++)
		if (str_eq(l->out->at[i].dir, dir))
			return true;
	return false;
}

static bool stop(void *arg, struct str name, uint64_t ino)
{
	(void)name;
	(void)ino;
	*(bool *)arg = true;
	return false;
}

static bool is_empty(struct laying *l, struct str dir)
{
	struct walk walk;
	struct error e;
	bool any = false;
	return fs_walk(l->a, l->composed, dir, false, &walk, &e) == WALK_FOUND &&
	       walk.st.kind == FS_DIRECTORY && fs_list(l->composed, walk.ino, stop, &any, &e) &&
	       !any;
}

/* A disk may hold the /usr of several architectures; the type of the root tells which it is. */
static bool is_of_other_kind(const struct laying *l, const struct volume *v)
{
	static const struct {
		const char *root, *usr;
	} kinds[] = {
		{"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "8484680c-9521-48c6-9c11-b0720656f69e"},
		{"b921b045-1df0-41c3-af44-4c6f280d3fae", "b0e01050-ee5f-4390-949a-9101b17104e9"},
	};
	bool other = false;
	for (size_t i = 0; l->layers->root && i < 2; i++)
		other |= str_eq(l->layers->root->type, str_from(kinds[i].root)) &&
			 str_eq(v->type, str_from(kinds[1 - i].usr));
	return other;
}

/* A partition for /var belongs to one installation. */
static bool is_foreign(struct laying *l, const struct volume *v)
{
	if (!str_eq(v->type, S(VAR)) || !v->partuuid.n ||
	    !machine_disowns(l->top, v->type, v->partuuid))
		return false;
	note(rootfs_notes(l->top), NULL,
	     "not mounted: %" PRIstr ": it is a /var of another machine-id", ARG(v->name));
	return true;
}

static void lay_by_type(struct laying *l, const struct volume *v)
{
	for (size_t i = 0; i < sizeof by_type / sizeof *by_type; i++) {
		struct mounted m = {.dir = str_from(by_type[i].dir), .volume = v};
		if (!str_eq(v->type, str_from(by_type[i].type)) || v->attributes & NO_AUTO ||
		    v->spare || taken(l, m.dir) || !is_empty(l, m.dir) || is_foreign(l, v) ||
		    is_of_other_kind(l, v))
			continue;
		m.what = str_fmt(l->a, "the type of %" PRIstr, ARG(v->name));
		resolve(l, str_cat(l->a, S("/dev/"), v->name), &m.volume, &m.error);
		add_mount(l, m, false);
	}
}

static struct laying laying_in(struct rootfs *top, struct fs *composed, struct layers *layers,
			       struct mounted_list *out)
{
	return (struct laying){.top = top,
			       .a = rootfs_arena(top),
			       .composed = composed,
			       .layers = layers,
			       .disk = layers->disk,
			       .out = out};
}

void mounted_add(struct rootfs *top, struct fs *composed, struct layers *layers,
		 struct mounted_list *out, struct str spec, struct str dir,
		 const struct origin *from)
{
	struct laying l = laying_in(top, composed, layers, out);
	struct mounted m = {.dir = clean_dir(dir), .what = spec, .from = from};
	(void)resolve(&l, spec, &m.volume, &m.error);
	add_mount(&l, m, false);
}

void mounted_lay(struct rootfs *top, struct fs *composed, struct layers *layers,
		 struct mounted_list *out)
{
	struct laying l = laying_in(top, composed, layers, out);
	lay_fstab(&l);
	for (size_t i = 0; i < l.disk->volumes.n; i++)
		lay_by_type(&l, &l.disk->volumes.at[i]);
}

void mounted_lay_units(struct rootfs *top, struct fs *composed, struct layers *layers,
		       struct mounted_list *out)
{
	struct laying l = laying_in(top, composed, layers, out);
	struct fstab lines = mount_units(top);
	lay_lines(&l, &lines);
}
