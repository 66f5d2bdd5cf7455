/*
 * target.c - from the words of a target to bytes: paths, URLs, standard input, and archives that
 * must be read in any order. Nothing but the path that was typed is ever opened, and its further
 * pieces where it is the first of several; and nothing but the URL that was typed is fetched.
 */
#include <sys/stat.h>

#include "arena.h"
#include "formats.h"

static bool is_there(struct arena *a, struct str path)
{
	struct stat st;
	return path.n && stat(str_z(a, path), &st) == 0;
}

static bool begins_url(struct str words)
{
	return str_starts(words, S("https://")) || str_starts(words, S("http://"));
}

bool target_is_url(struct arena *a, struct str path)
{
	return begins_url(path) && !is_there(a, path);
}

bool target_exists(struct arena *a, struct str path)
{
	return str_eq(path, S("-")) || begins_url(path) || is_there(a, path);
}

/* A disk that was cut into pieces is more objects than one. */
static bool is_piece(struct str url)
{
	struct str path = str_slice(url, 0, str_find(url, '?'));
	return str_ends(path, S(".000")) || str_ends(path, S(".001"));
}

static struct blob *url_open(struct opening *o, struct str url, struct error *e)
{
	const struct fs_options *opts = &o->opts->fs;
	struct http_request request = {.url = url, .watch = opts->watch};
	struct http_reply reply = {0};
	const char *why = !o->opts->net   ? "nothing is fetched here"
			  : is_piece(url) ? "is a piece, and no second object is fetched"
					  : NULL;
	if (why) {
		fail(e, ERR_UNSUPPORTED, "%s: %s", url_shown(url).text, why);
		return NULL;
	}
	request.login = net_login(o->a, o->opts->net, url, opts->watch);
	struct blob *b =
		net_blob(o->a, o->opts->net, &request, limits_spill(&opts->max), &reply, e);
	if (!b)
		return NULL;
	o->image->remote = reply.size;
	if (!reply.ranges)
		o->through = str_fmt(o->a, "%" PRIstr " (no ranges)",
				     ARG(str_slice(url, 0, str_find(url, ':'))));
	return b;
}

struct blob *target_open(struct opening *o, struct str path, struct error *e)
{
	const struct fs_options *opts = &o->opts->fs;
	if (str_eq(path, S("-")))
		return blob_stdin(o->a, limits_spill(&opts->max), opts->watch, e);
	if (target_is_url(o->a, path))
		return url_open(o, path, e);
	return blob_open_pieces(o->a, path, opts->watch, e);
}

static struct blob *refuse_second(struct blob_siblings *s, struct str name, struct error *e)
{
	(void)s;
	(void)name;
	fail(e, ERR_UNSUPPORTED, "no second object is fetched");
	return NULL;
}

bool target_beside(struct opening *o, struct str path, struct blob_budget *budget,
		   struct blob_siblings **out, struct error *e)
{
	static struct blob_siblings none = {refuse_second};
	if (target_is_url(o->a, path))
		*out = &none;
	else if (!o->opts->allow_backing || str_eq(path, S("-")))
		*out = NULL;
	else
		return (*out = blob_beside(o->a, path, budget, o->opts->fs.watch, e)) != NULL;
	return true;
}

struct str target_volume(struct arena *a, struct str words, struct str *volume)
{
	bool url = target_is_url(a, words);
	size_t hash = url ? str_find(words, '#') : str_rfind(words, '#');
	struct str path = str_slice(words, 0, hash);
	if (hash == words.n || (!url && (target_exists(a, words) || !target_exists(a, path))))
		return words;
	*volume = str_tail(words, hash + 1);
	return path;
}

/* What stands behind '#' chooses among the images of a store, of which no name has a '=': that is a
 * deployment in one of them. */
static void take_choice(struct opening *o, struct choice *out)
{
	if (str_has(o->choice, S("=")))
		return;
	bool digest = str_starts(o->choice, S("@"));
	*(digest ? &out->digest : &out->ref) = str_tail(o->choice, digest);
	o->choice = (struct str){0};
}

struct str target_split(struct opening *o, struct str words, struct choice *out)
{
	if (target_is_url(o->a, words))
		take_choice(o, out);
	if (target_exists(o->a, words))
		return words;
	struct str path = words;
	for (size_t i = words.n; i-- > 0;) {
		bool digest = words.p[i] == '@';
		if (!digest && words.p[i] != ':')
			continue;
		path = str_slice(words, 0, i);
		*out = (struct choice){0};
		*(digest ? &out->digest : &out->ref) = str_tail(words, i + 1);
		if (target_exists(o->a, path))
			return path;
	}
	return path;
}

struct str target_name(struct str path)
{
	if (begins_url(path))
		path = str_slice(path, 0, str_find(path, '?'));
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
