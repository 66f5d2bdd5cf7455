/*
 * source.c - from the words of a target to bytes: paths, standard input, and archives that must
 * be read in any order. Nothing but the path that was typed is ever opened.
 */
#include <sys/stat.h>

#include "arena.h"
#include "formats.h"

/* Decompression bombs: more than RATIO bytes out of one, once GRACE came out. */
enum { BOMB_RATIO = 1000, BOMB_GRACE = 64 << 20 };

bool source_exists(struct arena *a, struct str path)
{
	struct stat st;
	return str_eq(path, S("-")) || (path.n && stat(str_z(a, path), &st) == 0);
}

struct blob *source_open(struct opening *o, struct str path, struct error *e)
{
	const struct fs_options *opts = &o->opts->fs;
	if (str_eq(path, S("-")))
		return blob_stdin(o->a, opts->max_spill, opts->watch, e);
	return blob_open(o->a, path, opts->watch, e);
}

struct str source_split(struct arena *a, struct str words, struct choice *out)
{
	if (source_exists(a, words))
		return words;
	struct str path = words;
	for (size_t i = words.n; i-- > 0;) {
		bool digest = words.p[i] == '@';
		if (!digest && words.p[i] != ':')
			continue;
		path = str_slice(words, 0, i);
		*out = (struct choice){0};
		*(digest ? &out->digest : &out->ref) = str_tail(words, i + 1);
		if (source_exists(a, path))
			return path;
	}
	return path;
}

struct str source_name(struct str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path.n == 1 ? path : str_basename(path);
}

static bool codec_read(struct blob *b, enum codec *out, struct error *e)
{
	char head[16];
	size_t got = 0;
	if (!b->read(b, 0, head, sizeof head, &got, e))
		return false;
	*out = codec_of((struct str){head, got});
	return true;
}

struct blob *source_unpacked(struct opening *o, struct blob *b, struct error *e)
{
	enum codec codec;
	if (!codec_read(b, &codec, e))
		return NULL;
	if (codec == CODEC_NONE)
		return b;
	if (codec != CODEC_GZIP) {
		fail(e, ERR_UNSUPPORTED, "images inside this compression are not supported");
		return NULL;
	}
	struct stream *packed = stream_count(o->a, stream_blob(o->a, b));
	struct stream *tar =
		stream_guard(o->a, stream_gunzip(o->a, packed), packed, BOMB_RATIO, BOMB_GRACE);
	return blob_spool(o->a, tar, o->opts->fs.max_spill, e);
}

struct fs *source_archive(struct opening *o, struct blob *b, struct error *e)
{
	struct fs_options opts = o->opts->fs;
	opts.wanted = NULL;
	opts.whiteouts = false;
	b = source_unpacked(o, b, e);
	return b ? fs_open_archive(o->a, b, &opts, e) : NULL;
}
