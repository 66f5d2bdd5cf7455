/*
 * nested.c - systems that lie in a file of a volume: the image that COS, Elemental and Kairos boot
 * (cOS/active.img; .snapshots/active, a link to one of several), the squashfs or erofs of a live
 * system on an ISO image (dracut's LiveOS, Debian's live-boot, Ubuntu's casper, Fedora CoreOS,
 * Talos), the initial RAM disk that is all of a system (minikube, Talos), as a file or in a unified
 * kernel image, the EFI system partition that lies in an ISO image. They are looked for by their
 * names, which are fixed by what boots them. Such a file is a volume more, within which others may
 * lie; one that cannot be had says why.
 */
#include "arena.h"
#include "disk.h"

enum { FILES_MAX = 64 };

static const struct {
	enum nested_rank rank;
	const char *path;
} places[] = {
	{NESTED_ACTIVE, "cOS/active.img"},
	{NESTED_ACTIVE, ".snapshots/active"},
	{NESTED_LIVE, "LiveOS/squashfs.img"},
	{NESTED_LIVE, "LiveOS/rootfs.img"},
	{NESTED_LIVE, "LiveOS/ext3fs.img"},
	{NESTED_LIVE, "live/filesystem.squashfs"},
	{NESTED_LIVE, "images/pxeboot/rootfs.img"},
	{NESTED_LIVE, "rootfs.squashfs"},
	{NESTED_LIVE, "root.squashfs"},
	{NESTED_LIVE, "root.erofs"},
	{NESTED_LIVE, "rootfs.sqsh"},
	{NESTED_SPARE, "cOS/passive.img"},
	{NESTED_SPARE, "cOS/recovery.img"},
	{NESTED_SPARE, "cOS/recovery.squashfs"},
	{NESTED_INITRD, "boot/initrd"},
	{NESTED_INITRD, "boot/initrd.gz"},
	{NESTED_INITRD, "boot/initramfs.xz"},
};

struct nesting {
	struct opening *o;
	struct arena *a;
	struct disk *disk;
	size_t at;   /* the volume that is looked into */
	bool kernel; /* files are unified kernel images */
};

static const struct volume *volume_at(const struct nesting *n)
{
	return &n->disk->volumes.at[n->at];
}

static struct str name_of(struct nesting *n, struct str path)
{
	const struct volume *v = volume_at(n);
	if (str_eq(v->name, S(WHOLE_DISK)))
		return path;
	return str_fmt(n->a, "%" PRIstr "/%" PRIstr, ARG(v->name), ARG(path));
}

static bool is_known(const struct nesting *n, struct str name)
{
	for (size_t i = 0; i < n->disk->volumes.n; i++)
		if (str_eq(n->disk->volumes.at[i].name, name))
			return true;
	return false;
}

static size_t count_files(const struct disk *disk)
{
	size_t files = 0;
	for (size_t i = 0; i < disk->volumes.n; i++)
		files += disk->volumes.at[i].nested > 0;
	return files;
}

/* What a read of the file costs is counted where its volume is read. */
static struct blob *cached(struct nesting *n, struct blob *b)
{
	struct blob_budget *own = NEW(n->a, struct blob_budget);
	*own = (struct blob_budget){.max_reads = UINT64_MAX, .max_bytes = UINT64_MAX};
	return blob_cached(n->a, b, own);
}

/* The initrd in a kernel; *b is NULL where it has none, and may be something else. */
static bool open_kernel(struct nesting *n, struct str path, struct blob **b, struct volume *out,
			struct error *e)
{
	struct blob *kernel = *b;
	if (!blob_pe_section(n->a, kernel, S(".initrd"), b, e))
		return false;
	if (!*b && str_starts(path, S("EFI/Linux/")))
		return fail(e, ERR_UNSUPPORTED, "no unified kernel image with an initrd");
	return !*b || kernel_additions(n->a, volume_at(n)->fs, path, kernel, &out->additions, e);
}

static bool has_room(const struct nesting *n, const struct volume *file, struct error *e)
{
	if (count_files(n->disk) == FILES_MAX)
		return fail(e, ERR_LIMIT, "files that may be systems are more than %d", FILES_MAX);
	return file->nested <= limits_depth(&n->o->opts->fs.max) ||
	       fail(e, ERR_LIMIT, "lies in more than %u files, see --max-depth", file->nested - 1);
}

static bool open_file(struct nesting *n, struct str path, uint64_t ino, struct volume *out,
		      struct error *e)
{
	if (!has_room(n, out, e))
		return false;
	struct blob *b = fs_blob(n->a, volume_at(n)->fs, ino, out->name, e);
	if (!b)
		return false;
	b = cached(n, b);
	if (n->kernel && !open_kernel(n, path, &b, out, e))
		return false;
	out->blob = b;
	out->size = b ? b->size : 0;
	return true;
}

static void add_file(struct nesting *n, struct str path)
{
	const struct volume *v = volume_at(n);
	struct volume file = {.nested = v->nested + 1, .in = n->at};
	size_t files = count_files(n->disk);
	struct walk walk;
	file.name = name_of(n, path);
	if (is_known(n, file.name) || files > FILES_MAX)
		return;
	switch (fs_walk(n->a, v->fs, path, false, &walk, &file.error)) {
	case WALK_ABSENT: return;
	case WALK_FAILED:
		if (v->error.kind != ERR_NONE)
			return; /* of which this would be one more consequence */
		break;
	case WALK_FOUND:
		if (walk.st.kind != FS_REGULAR)
			return;
		if (open_file(n, path, walk.ino, &file, &file.error) && !file.blob)
			return;
	}
	file.through =
		str_fmt(n->a, "%" PRIstr " > %" PRIstr, ARG(volume_step(n->a, v)), ARG(path));
	*vec_push(n->a, &n->disk->volumes) = file;
}

static void say(struct volume *v, const struct error *e, const char *where)
{
	if (v->error.kind != ERR_NONE)
		return;
	v->error = *e;
	if (where)
		fail_in(&v->error, "%s", where);
}

static bool has_layers(const struct nesting *n)
{
	for (size_t i = 0; i < n->disk->volumes.n; i++) {
		const struct volume *v = &n->disk->volumes.at[i];
		if (v->nested && v->in == n->at && str_has(v->name, S("casper/")))
			return true;
	}
	return false;
}

/* The live system that lies in several files, one over the other. */
static void add_layers(struct nesting *n)
{
	struct words layers = {0};
	struct error e;
	if (has_layers(n) || volume_at(n)->error.kind != ERR_NONE)
		return;
	if (!casper_layers(n->o, volume_at(n)->fs, &layers, &e)) {
		say(&n->disk->volumes.at[n->at], &e, NULL);
		return;
	}
	for (size_t i = 0, lowest = n->disk->volumes.n; i < layers.n; i++) {
		size_t before = n->disk->volumes.n;
		add_file(n, layers.at[i].text);
		if (n->disk->volumes.n == before)
			return;
		n->disk->volumes.at[before].upper = i > 0;
		n->disk->volumes.at[before].over = lowest;
	}
}

static void add_kernels(struct nesting *n)
{
	struct words kernels = {0};
	struct error e;
	if (!kernels_list(n->a, volume_at(n)->fs, &kernels, &e))
		say(&n->disk->volumes.at[n->at], &e, NULL);
	n->kernel = true;
	for (size_t i = 0; i < kernels.n; i++)
		add_file(n, kernels.at[i].text);
	n->kernel = false;
}

static void add_boot_image(struct nesting *n, struct blob *b, size_t number)
{
	const struct volume *v = volume_at(n);
	struct str name = str_fmt(n->a, "boot image %zu", number);
	struct volume file = {.name = name_of(n, name), .nested = v->nested + 1, .in = n->at};
	if (is_known(n, file.name) || count_files(n->disk) > FILES_MAX)
		return;
	if (has_room(n, &file, &file.error))
		file.blob = b;
	file.size = b->size;
	file.through =
		str_fmt(n->a, "%" PRIstr " > %" PRIstr, ARG(volume_step(n->a, v)), ARG(name));
	*vec_push(n->a, &n->disk->volumes) = file;
}

static void add_boot_images(struct nesting *n)
{
	struct boot_images images = {0};
	struct error e;
	struct volume *v = &n->disk->volumes.at[n->at];
	if (v->blob && !eltorito_read(n->a, v->blob, &images, &e))
		say(v, &e, "boot catalog");
	for (size_t i = 0; i < images.n; i++)
		add_boot_image(n, images.at[i], i + 1);
}

bool nested_add(struct opening *o, struct disk *disk, enum nested_rank rank)
{
	struct nesting n = {.o = o, .a = o->a, .disk = disk};
	size_t before = disk->volumes.n;
	for (; n.at < before; n.at++) {
		const struct volume *v = volume_at(&n);
		if (!v->fs || v->spare)
			continue;
		if (rank >= NESTED_LIVE)
			add_layers(&n);
		for (size_t i = 0; i < sizeof places / sizeof *places; i++)
			if (places[i].rank <= rank)
				add_file(&n, str_from(places[i].path));
		if (rank < NESTED_INITRD)
			continue;
		add_kernels(&n);
		add_boot_images(&n);
	}
	return disk->volumes.n > before;
}

struct disk *nested_in_tree(struct arena *a, struct fs *fs)
{
	struct disk *disk = NEW(a, struct disk);
	*vec_push(a, &disk->volumes) =
		(struct volume){.name = S(WHOLE_DISK), .holds = str_from(fs->ops->name), .fs = fs};
	return disk;
}

bool nested_there(struct opening *o, struct fs *fs)
{
	struct disk *disk = nested_in_tree(o->a, fs);
	return !roots_find(o->a, disk).n && nested_add(o, disk, NESTED_INITRD);
}
