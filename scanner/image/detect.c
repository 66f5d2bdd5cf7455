/*
 * detect.c - what kind of image a path is, by its bytes and never by its name: a disk or a file
 * system, once what is wrapped around it has been peeled off, or else an archive.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "disk.h"

/* Reads until `max` bytes or the end: pipes give less at a time. */
static bool read_head(struct blob *b, char *p, size_t max, struct str *out, struct error *e)
{
	size_t n = 0, got = 1;
	while (n < max && got) {
		if (!b->read(b, n, p + n, max - n, &got, e))
			return false;
		n += got;
	}
	*out = (struct str){p, n};
	return true;
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

static bool open_tree(struct opening *o, struct blob *b, struct fs *fs, struct str path,
		      struct error *e)
{
	struct choice choice = {0};
	if (strcmp(fs->ops->name, "txtar") == 0)
		return plain_layer(o, fs, target_name(path), fs->ops->name);
	bool docker = docker_has_manifest(o, fs);
	if (docker || layout_there(o->a, fs)) {
		struct fs *store = target_archive(o, b, e);
		if (!store)
			return false;
		target_split(o, path, &choice);
		return docker ? docker_open(o, store, &choice, e)
			      : layout_open(o, store, &choice, "oci-archive", e);
	}
	bool cosi = cosi_has_metadata(o->a, fs);
	if (!cosi && !nested_there(o, fs))
		return plain_archive(o, fs, target_name(path), e);
	struct fs *store = target_archive(o, b, e);
	if (cosi)
		return store && cosi_open(o, store, path, e);
	return store && disk_of_volumes(o, nested_in_tree(o->a, store), disk_budget(o), path, e);
}

/* Bytes that are no disk. */
static bool detect_archive(struct opening *o, struct blob *b, struct fs *tree, struct str path,
			   struct error *e)
{
	char bytes[64];
	struct str head;
	if (!read_head(b, bytes, sizeof bytes, &head, e))
		return false;
	struct fs *fs = tree || !head.n ? tree : fs_open(o->a, b, &o->opts->fs, e);
	if (fs)
		return open_tree(o, b, fs, path, e);
	bool unknown = !head.n || (e->kind == ERR_UNSUPPORTED && codec_of(head) == CODEC_NONE);
	return unknown ? refuse_unknown(head, e) : false;
}

static bool detect_blob(struct opening *o, struct blob *b, struct str path, struct error *e)
{
	struct peeled p = {0};
	if (!peel(o, b, path, NULL, &p, e))
		return false;
	return p.disk ? disk_open(o, &p, NULL, path, e)
		      : detect_archive(o, p.archive, p.tree, path, e);
}

static bool detect_dir(struct opening *o, struct str path, struct error *e)
{
	static const struct choice any;
	struct fs *fs = fs_open_dir(o->a, path, &o->opts->fs, e);
	if (!fs)
		return false;
	return layout_there(o->a, fs) ? layout_open(o, fs, &any, "oci", e)
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
