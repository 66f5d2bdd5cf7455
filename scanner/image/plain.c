/*
 * plain.c - images that are one tree: a directory, an archive of a root, a single layer, a text
 * capture.
 */
#include "arena.h"
#include "formats.h"

static bool any_entry(void *arg, struct str name, uint64_t ino)
{
	(void)name;
	(void)ino;
	*(bool *)arg = true;
	return false;
}

bool plain_layer(struct opening *o, struct fs *fs, struct str name, const char *kind)
{
	struct image *image = o->image;
	image->kind = str_from(kind);
	image->trail = image->kind;
	*vec_push(o->a, &image->layers) = (struct layer){.fs = fs, .label = name};
	return true;
}

bool plain_archive(struct opening *o, struct fs *fs, struct str name, struct error *e)
{
	bool any = false;
	if (!fs_list(fs, fs->root, any_entry, &any, e))
		return false;
	if (!any)
		return fail(e, ERR_CORRUPT, "empty archive: there is no file in it");
	return plain_layer(o, fs, name, fs->ops->name);
}

bool image_open_dir(struct opening *o, struct str words, struct error *e)
{
	struct fs *fs = fs_open_dir(o->a, words, &o->opts->fs, e);
	return fs && plain_layer(o, fs, target_name(words), fs->ops->name);
}

bool image_open_tar(struct opening *o, struct str words, struct error *e)
{
	struct blob *b = target_open(o, words, e);
	struct fs *fs = b ? fs_open_archive(o->a, b, &o->opts->fs, e) : NULL;
	return fs && plain_archive(o, fs, target_name(words), e);
}

bool image_open_layer(struct opening *o, struct str words, struct error *e)
{
	struct blob *b = target_open(o, words, e);
	struct fs *fs = b ? fs_open_archive(o->a, b, &o->opts->fs, e) : NULL;
	return fs && plain_layer(o, fs, target_name(words), "layer");
}

bool image_open_txtar(struct opening *o, struct str words, struct error *e)
{
	struct blob *b = target_open(o, words, e);
	struct fs *fs = b ? fs_open_txtar(o->a, b, &o->opts->fs, e) : NULL;
	return fs && plain_layer(o, fs, target_name(words), fs->ops->name);
}
