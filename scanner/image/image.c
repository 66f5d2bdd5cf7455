/*
 * image.c - from the words of a target to an open image: which scheme, which list. The kinds of
 * image are in formats.h.
 */
#include "image.h"

#include "arena.h"
#include "disk.h"
#include "registry.h"

enum { LIST_BYTES_MAX = 8 << 20, LIST_TARGETS_MAX = 100000 };

typedef bool open_fn(struct opening *o, struct str words, struct error *e);

static const struct {
	const char *scheme;
	open_fn *open;
} schemes[] = {
#define X(name, scheme) {scheme, image_open_##name},
	FORMATS(X)
#undef X
};

static open_fn *scheme_open(struct str scheme)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_eq(scheme, str_from(schemes[i].scheme)))
			return schemes[i].open;
	return NULL;
}

/* "registry.example/name:tag": a word that people give to container tools. */
static bool looks_like_reference(struct arena *a, struct str target)
{
	struct reference ignored;
	struct error why;
	return str_find(target, ':') < target.n && reference_parse(a, target, &ignored, &why);
}

static bool refuse_target(struct arena *a, struct str target, struct error *e)
{
	struct str scheme, words;
	bool cut = str_cut(target, ':', &scheme, &words);
	if (cut && (str_eq(scheme, S("https")) || str_eq(scheme, S("http"))))
		return fail(e, ERR_USAGE, "%" PRIstr ": a URL begins with %" PRIstr "://",
			    ARG(target), ARG(scheme));
	if (cut && str_eq(scheme, S("list")))
		return fail(e, ERR_USAGE, "a list does not name lists");
	if (cut && (target_exists(a, words) || str_starts(words, S("//"))))
		return fail(e, ERR_USAGE, "'%" PRIstr "' is not a scheme that `offnode help` lists",
			    ARG(scheme));
	if (looks_like_reference(a, target))
		return fail(e, ERR_MISSING,
			    "%" PRIstr ": No such file or directory (an image in a registry is "
			    "docker://%" PRIstr ")",
			    ARG(target), ARG(target));
	return fail(e, ERR_MISSING, "%" PRIstr ": No such file or directory", ARG(target));
}

static bool check_platform(struct str platform, struct error *e)
{
	struct str os, rest, arch, variant;
	if (!platform.n)
		return true;
	bool good = str_cut(platform, '/', &os, &rest) && os.n;
	bool varied = str_cut(rest, '/', &arch, &variant);
	if (good && arch.n && varied == (variant.n > 0) && str_find(variant, '/') == variant.n)
		return true;
	return fail(e, ERR_USAGE, "platform '%" PRIstr "': OS/ARCHITECTURE[/VARIANT] is expected",
		    ARG(platform));
}

/* How the bytes came is the same for all roots of a disk. */
static void tell_through(struct opening *o)
{
	for (struct image *i = o->image; i; i = i->next) {
		i->remote = o->image->remote;
		if (!o->through.n)
			continue;
		i->trail = str_fmt(o->a, "%" PRIstr " > %" PRIstr, ARG(o->through), ARG(i->trail));
		i->note = S("its server gives no ranges: it was fetched from its first byte on");
	}
}

struct str image_shown(struct arena *a, struct str target)
{
	struct str scheme, url = target, volume = {0};
	if (!target_is_url(a, url) && str_cut(target, ':', &scheme, &url))
		scheme = str_slice(target, 0, scheme.n + 1);
	else
		scheme = S("");
	if (!target_is_url(a, url))
		return target;
	url = target_volume(a, url, &volume);
	return str_fmt(a, "%" PRIstr "%s%s%" PRIstr, ARG(scheme), url_shown(url).text,
		       volume.n ? "#" : "", ARG(volume));
}

bool image_open(struct arena *a, struct str target, const struct image_options *opts,
		struct image *out, struct error *e)
{
	struct image image = {.target = image_shown(a, target)};
	struct opening o = {.a = a, .opts = opts, .image = &image};
	struct str scheme, words = target;
	open_fn *open = NULL;
	if (!check_platform(opts->platform, e))
		return false;
	bool exists = target_exists(a, target_volume(a, target, &o.choice));
	if (!exists && str_cut(target, ':', &scheme, &words))
		open = scheme_open(scheme);
	if (!exists && !open)
		return refuse_target(a, target, e);
	words = target_volume(a, words, &o.choice);
	if (!(open ? open(&o, words, e) : detect_open(&o, words, e)))
		return false;
	if (!image.layers.disk && !choice_of_deployment(o.choice, &image.layers.deployment, e))
		return false;
	tell_through(&o);
	*out = image;
	return true;
}

/* ---- deployments ---- */

/* A target may have chosen a volume already. */
static struct str with_choice(struct arena *a, struct str target, struct str choice)
{
	struct str scheme, words, chosen = {0};
	(void)target_volume(a, target, &chosen);
	if (!chosen.n && !target_exists(a, target) && str_cut(target, ':', &scheme, &words))
		(void)target_volume(a, words, &chosen);
	return str_fmt(a, "%" PRIstr "%c%" PRIstr, ARG(target), chosen.n ? ',' : '#', ARG(choice));
}

static void choose_deployment(struct arena *a, struct image *image, size_t number)
{
	struct layers own = {.disk = image->layers.disk, .root = image->layers.root};
	for (size_t i = 0; i < image->layers.n; i++)
		*vec_push(a, &own) = image->layers.at[i];
	own.deployment = str_fmt(a, "%zu", number);
	image->layers = own;
	image->target = with_choice(a, image->target, str_fmt(a, "deploy=%zu", number));
}

void image_part(struct arena *a, struct image *image, size_t n)
{
	for (size_t i = n; i-- > 1;) {
		struct image *other = NEW(a, struct image);
		*other = *image;
		choose_deployment(a, other, i);
		image->next = other;
	}
	choose_deployment(a, image, 0);
}

/* ---- lists ---- */

static bool list_parse(struct arena *a, const struct file *file, struct words *out, struct error *e)
{
	struct str rest = file->text, line;
	struct words words = {0};
	if (str_find(rest, '\0') < rest.n)
		return fail(e, ERR_USAGE, "%" PRIstr ": not a text with one target a line",
			    ARG(file->path));
	for (size_t number = 1; rest.n; number++) {
		str_cut(rest, '\n', &line, &rest);
		line = str_trim(line, " \t\r");
		if (!line.n || line.p[0] == '#')
			continue;
		if (str_starts(line, S("list:")) && !target_exists(a, line))
			return fail(e, ERR_USAGE, "%" PRIstr ":%zu: a list does not name lists",
				    ARG(file->path), number);
		if (words.n == LIST_TARGETS_MAX)
			return fail(e, ERR_LIMIT, "%" PRIstr ": more than %d targets",
				    ARG(file->path), LIST_TARGETS_MAX);
		const struct origin *from =
			origin_new(a, file, (size_t)(line.p - file->text.p), line.n, NULL);
		*vec_push(a, &words) = (struct word){line, from};
	}
	*out = words;
	return true;
}

bool image_targets(struct arena *a, struct str target, struct watch *w, struct words *out,
		   struct error *e)
{
	struct str path = str_tail(target, 5);
	if (!str_starts(target, S("list:")) || target_exists(a, target)) {
		struct words one = {0};
		*vec_push(a, &one) = (struct word){.text = target};
		*out = one;
		return true;
	}
	struct blob *b = str_eq(path, S("-")) ? blob_stdin(a, LIST_BYTES_MAX, w, e)
					      : blob_open(a, path, w, e);
	struct file *file = NEW(a, struct file);
	*file = (struct file){.path = path, .real = path};
	if (!b || !blob_slurp(a, b, LIST_BYTES_MAX, &file->text, e))
		return false;
	return list_parse(a, file, out, e);
}
