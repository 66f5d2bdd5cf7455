/*
 * target.c - from the words of a target to bytes: paths, standard input, and archives that must
 * be read in any order. Nothing but the path that was typed is ever opened, and its further
 * pieces where it is the first of several.
 */
#include <sys/stat.h>

#include "arena.h"
#include "formats.h"

bool target_exists(struct arena *a, struct str path)
{
	struct stat st;
	return str_eq(path, S("-")) || (path.n && stat(str_z(a, path), &st) == 0);
}

struct blob *target_open(struct opening *o, struct str path, struct error *e)
{
	const struct fs_options *opts = &o->opts->fs;
	if (str_eq(path, S("-")))
		return blob_stdin(o->a, limits_spill(&opts->max), opts->watch, e);
	return blob_open_pieces(o->a, path, opts->watch, e);
}

struct str target_volume(struct arena *a, struct str words, struct str *volume)
{
	size_t hash = str_rfind(words, '#');
	struct str path = str_slice(words, 0, hash);
	if (hash == words.n || target_exists(a, words) || !target_exists(a, path))
		return words;
	*volume = str_tail(words, hash + 1);
	return path;
}

struct str target_split(struct arena *a, struct str words, struct choice *out)
{
	if (target_exists(a, words))
		return words;
	struct str path = words;
	for (size_t i = words.n; i-- > 0;) {
		bool digest = words.p[i] == '@';
		if (!digest && words.p[i] != ':')
			continue;
		path = str_slice(words, 0, i);
		*out = (struct choice){0};
		*(digest ? &out->digest : &out->ref) = str_tail(words, i + 1);
		if (target_exists(a, path))
			return path;
	}
	return path;
}

struct str target_name(struct str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path.n == 1 ? path : str_basename(path);
}

struct blob *target_unpacked(struct opening *o, struct blob *b, struct error *e)
{
	char head[16];
	size_t got = 0;
	if (!b->read(b, 0, head, sizeof head, &got, e))
		return NULL;
	if (codec_of((struct str){head, got}) == CODEC_NONE)
		return b;
	struct stream *plain = fs_unpack(o->a, b, e);
	return plain ? blob_spool(o->a, plain, limits_spill(&o->opts->fs.max), e) : NULL;
}

struct fs *target_archive(struct opening *o, struct blob *b, struct error *e)
{
	struct fs_options opts = o->opts->fs;
	opts.wanted = NULL;
	opts.whiteouts = false;
	b = target_unpacked(o, b, e);
	return b ? fs_open_archive(o->a, b, &opts, e) : NULL;
}
