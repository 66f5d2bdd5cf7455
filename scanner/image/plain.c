/*
 * plain.c - images that are one tree: a directory, an archive of a root, a single layer, a text
 * capture.
 */
#include "arena.h"
#include "formats.h"

bool plain_layer(struct opening *o, struct fs *fs, struct str name, const char *kind)
{
	struct image *image = o->image;
	image->kind = str_from(kind);
	image->trail = image->kind;
	*vec_push(o->a, &image->layers) = (struct layer){.fs = fs, .label = name};
	return true;
}

typedef struct fs *open_fn(struct arena *a, struct blob *b, const struct fs_options *opts,
			   struct error *e);

/* A NULL `kind` is the backend's own name. */
static bool open_blob(struct opening *o, struct str path, open_fn *open, bool whiteouts,
		      const char *kind, struct error *e)
{
	struct fs_options opts = o->opts->fs;
	opts.whiteouts = whiteouts;
	struct blob *b = target_open(o, path, e);
	struct fs *fs = b ? open(o->a, b, &opts, e) : NULL;
	if (!fs)
		return false;
	return plain_layer(o, fs, target_name(path), kind ? kind : fs->ops->name);
}

bool image_open_dir(struct opening *o, struct str words, struct error *e)
{
	struct fs *fs = fs_open_dir(o->a, words, &o->opts->fs, e);
	return fs && plain_layer(o, fs, target_name(words), fs->ops->name);
}

bool image_open_tar(struct opening *o, struct str words, struct error *e)
{
	return open_blob(o, words, fs_open_archive, false, NULL, e);
}

bool image_open_layer(struct opening *o, struct str words, struct error *e)
{
	return open_blob(o, words, fs_open_archive, true, "layer", e);
}

bool image_open_txtar(struct opening *o, struct str words, struct error *e)
{
	return open_blob(o, words, fs_open_txtar, false, NULL, e);
}
