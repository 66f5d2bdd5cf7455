/*
 * intended_ignition.c - a configuration of Ignition (specifications 2 and 3) into the files and
 * units that it writes, with what it takes to read them: data: URLs (RFC 2397), gzip. Not
 * supported: contents that are fetched from elsewhere.
 */

#include "arena.h"
#include "base64.h"
#include "blob.h"
#include "intended.h"
#include "out.h"

enum { FILES_MAX = 500 };

/* ---- encodings ---- */

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct str percent_decode(struct arena *a, struct str in)
{
	char *to = arena_alloc(a, 1, in.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		int high = in.p[i] == '%' && i + 2 < in.n ? nibble(in.p[i + 1]) : -1;
		int low = high >= 0 ? nibble(in.p[i + 2]) : -1;
		to[n++] = (char)(low < 0 ? in.p[i] : high << 4 | low);
		if (low >= 0)
			i += 2;
	}
	return (struct str){to, n};
}

bool url_decode(struct arena *a, struct str url, struct str *out)
{
	struct str head, body;
	if (!str_starts(url, S("data:")) || !str_cut(str_tail(url, 5), ',', &head, &body))
		return false;
	*out = percent_decode(a, body);
	return !str_ends(head, S(";base64")) || base64_decode(a, *out, out);
}

bool gzip_decode(struct intents *in, struct str packed, struct str *out)
{
	struct error e;
	struct blob *b = blob_memory(in->a, S("gzip"), packed);
	struct stream *s = stream_gunzip(in->a, stream_blob(in->a, b));
	struct out *text = out_new(in->a);
	const void *piece;
	size_t n;
	bool read = in->texts > 0;
	in->texts -= read;
	do {
		read = read && s->next(s, &piece, &n, &e) && n <= in->room;
		if (!read)
			return false;
		in->room -= n;
		out_str(text, (struct str){piece, n});
	} while (n);
	*out = out_text(text);
	return true;
}

/* ---- what it writes ---- */

/* The place of what is written is that of its name: the line of its contents would quote them. */
static void contents(struct intents *in, const struct input *t, const struct doc *path,
		     const struct doc *of)
{
	const struct doc *source = doc_get(of, S("source"));
	struct str text, packed = doc_string(doc_get(of, S("compression")));
	if (!source || !url_decode(in->a, doc_string(source), &text))
		return;
	if (str_eq(packed, S("gzip")) && !gzip_decode(in, text, &text))
		return;
	intended_write(in, t, path->text, text, path->from, "Ignition");
}

static void written(struct intents *in, const struct input *t, const struct doc *entry)
{
	const struct doc *path = doc_get(entry, S("path"));
	const struct doc *more = doc_get(entry, S("append"));
	if (!str_starts(doc_string(path), S("/")))
		return;
	contents(in, t, path, doc_get(entry, S("contents")));
	for (size_t i = 0; more && more->kind == DOC_LIST && i < more->n && i < FILES_MAX; i++)
		contents(in, t, path, more->entries[i].value);
}

static void unit_text(struct intents *in, const struct input *t, struct str dir,
		      const struct doc *unit)
{
	const struct doc *name = doc_get(unit, S("name")), *text = doc_get(unit, S("contents"));
	struct str path = str_fmt(in->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(doc_string(name)));
	if (doc_string(name).n && doc_string(text).n)
		intended_write(in, t, path, text->text, name->from, "Ignition");
}

static void unit(struct intents *in, const struct input *t, const struct doc *entry)
{
	const struct doc *dropins = doc_get(entry, S("dropins"));
	struct str name = doc_string(doc_get(entry, S("name")));
	struct str dir = str_fmt(in->a, "/etc/systemd/system/%" PRIstr ".d", ARG(name));
	unit_text(in, t, S("/etc/systemd/system"), entry);
	for (size_t i = 0; dropins && dropins->kind == DOC_LIST && i < dropins->n && i < FILES_MAX;
	     i++)
		unit_text(in, t, dir, dropins->entries[i].value);
}

void intended_ignition(struct intents *in, const struct input *t, const struct doc *config)
{
	const struct doc *files = doc_get(doc_get(config, S("storage")), S("files"));
	const struct doc *units = doc_get(doc_get(config, S("systemd")), S("units"));
	for (size_t i = 0; files && files->kind == DOC_LIST && i < files->n && i < FILES_MAX; i++)
		written(in, t, files->entries[i].value);
	for (size_t i = 0; units && units->kind == DOC_LIST && i < units->n && i < FILES_MAX; i++)
		unit(in, t, units->entries[i].value);
}
