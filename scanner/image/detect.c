/*
 * detect.c - what kind of image a path is, by its bytes and never by its name. Disk images and
 * file systems are recognised by their magic numbers so that they can be named, and refused.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "formats.h"

/* The farthest magic number here is btrfs's, 64 KiB in. */
enum { HEAD_MAX = 66 << 10 };

static const struct {
	size_t at;
	const char *magic;
	size_t n;
	const char *name;
} foreign[] = {
#define M(at, magic, name) \
	{ \
		at, magic, sizeof(magic) - 1, name \
	}
	M(0, "QFI\xfb", "qcow2 disk image"),
	M(0, "KDMV", "vmdk disk image"),
	M(0, "# Disk DescriptorFile", "vmdk disk image"),
	M(0, "conectix", "vhd disk image"),
	M(0, "vhdxfile", "vhdx disk image"),
	M(64, "\x7f\x10\xda\xbe", "vdi disk image"),
	M(0, "LUKS\xba\xbe", "LUKS encrypted volume"),
	M(0, "hsqs", "squashfs file system"),
	M(0, "XFSB", "xfs file system"),
	M(1024, "\xe2\xe1\xf5\xe0", "erofs file system"),
	M(1080, "\x53\xef", "ext file system"),
	M(32769, "CD001", "iso9660 image"),
	M(65600, "_BHRfS_M", "btrfs file system"),
	M(512, "EFI PART", "disk image with a GPT"),
	M(4096, "EFI PART", "disk image with a GPT"),
	M(0, "PK\x03\x04", "zip archive"),
	M(0, "7z\xbc\xaf\x27\x1c", "7z archive"),
	M(0, "!<arch>\n", "ar archive"),
	M(0, "\xed\xab\xee\xdb", "rpm package"),
#undef M
};

static bool magic_at(struct str head, size_t at, const char *magic, size_t n)
{
	return head.n >= at + n && memcmp(head.p + at, magic, n) == 0;
}

static const char *foreign_name(struct str head)
{
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (magic_at(head, foreign[i].at, foreign[i].magic, foreign[i].n))
			return foreign[i].name;
	return NULL;
}

/* Reads until `max` bytes or the end: pipes give less at a time. */
static bool read_head(struct arena *a, struct blob *b, uint64_t at, size_t max, struct str *out,
		      struct error *e)
{
	char *p = arena_alloc(a, 1, max);
	size_t n = 0, got = 1;
	while (n < max && got) {
		if (!b->read(b, at + n, p + n, max - n, &got, e))
			return false;
		n += got;
	}
	*out = (struct str){p, n};
	return true;
}

/* A fixed-size vhd has its magic in the last sector. */
static bool is_fixed_vhd(struct arena *a, struct blob *b)
{
	struct str tail;
	struct error ignored;
	return b->size != BLOB_UNSIZED && b->size >= 1024 &&
	       read_head(a, b, b->size - 512, 512, &tail, &ignored) &&
	       magic_at(tail, 0, "conectix", 8);
}

static bool refuse_unknown(struct str head, struct error *e)
{
	char hex[3 * 8 + 1] = "";
	for (size_t i = 0; i < 8 && i < head.n; i++)
		snprintf(hex + 3 * i, 4, "%02x ", (unsigned char)head.p[i]);
	if (!head.n)
		return fail(e, ERR_UNSUPPORTED, "not an image: it is empty");
	hex[strlen(hex) - 1] = '\0';
	return fail(e, ERR_UNSUPPORTED, "not an image: no known format (first bytes: %s)", hex);
}

static bool find_disk(void *arg, struct str name, uint64_t ino)
{
	const char **found = arg;
	(void)ino;
	if (str_ends(name, S(".ovf")))
		*found = "ova appliance";
	else if (str_eq(name, S("disk.raw")))
		*found = "disk image inside an archive (disk.raw)";
	return !*found;
}

/* Archives that are no root: an appliance, a cloud's disk in a tar. */
static bool refuse_wrapped_disk(struct fs *fs, struct error *e)
{
	const char *name = NULL;
	if (!fs_list(fs, fs->root, find_disk, &name, e))
		return false;
	return !name || fail(e, ERR_UNSUPPORTED, "%s: not supported by this version", name);
}

static bool open_tree(struct opening *o, struct blob *b, struct fs *fs, struct str path,
		      struct error *e)
{
	static const struct choice any;
	if (strcmp(fs->ops->name, "txtar") == 0)
		return plain_layer(o, fs, target_name(path), fs->ops->name);
	bool docker = docker_has_manifest(o, fs);
	if (docker || oci_has_layout(o->a, fs)) {
		struct fs *store = target_archive(o, b, e);
		if (!store)
			return false;
		return docker ? docker_open(o, store, &any, e)
			      : oci_open(o, store, &any, "oci-archive", e);
	}
	return refuse_wrapped_disk(fs, e) && plain_archive(o, fs, target_name(path), e);
}

static bool detect_blob(struct opening *o, struct blob *b, struct str path, struct error *e)
{
	struct str head;
	if (!read_head(o->a, b, 0, HEAD_MAX, &head, e))
		return false;
	const char *name = foreign_name(head);
	if (!name && is_fixed_vhd(o->a, b))
		name = "vhd disk image";
	if (name)
		return fail(e, ERR_UNSUPPORTED, "%s: not supported by this version", name);
	struct fs *fs = head.n ? fs_open(o->a, b, &o->opts->fs, e) : NULL;
	if (fs)
		return open_tree(o, b, fs, path, e);
	bool unknown = !head.n || (e->kind == ERR_UNSUPPORTED && codec_of(head) == CODEC_NONE);
	if (unknown && magic_at(head, 510, "\x55\xaa", 2))
		return fail(e, ERR_UNSUPPORTED,
			    "disk image with an MBR: not supported by this version");
	return unknown ? refuse_unknown(head, e) : false;
}

static bool detect_dir(struct opening *o, struct str path, struct error *e)
{
	static const struct choice any;
	struct fs *fs = fs_open_dir(o->a, path, &o->opts->fs, e);
	if (!fs)
		return false;
	return oci_has_layout(o->a, fs) ? oci_open(o, fs, &any, "oci", e)
					: plain_layer(o, fs, target_name(path), fs->ops->name);
}

bool detect_open(struct opening *o, struct str path, struct error *e)
{
	struct stat st;
	if (!str_eq(path, S("-")) && stat(str_z(o->a, path), &st) == 0 && S_ISDIR(st.st_mode))
		return detect_dir(o, path, e);
	struct blob *b = target_open(o, path, e);
	return b && detect_blob(o, b, path, e);
}
