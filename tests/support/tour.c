/*
 * tour.c - see tour.h.
 */
#include "tour.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "out.h"

enum {
	NAMES_TRIED = 8,
	PIECE = 777,
	LINK_MAX = 4096,
	/* of a volume that is fuzzed */
	VOLUME_ENTRIES = 500,
	VOLUME_FILE = 64 << 10,
	VOLUME_DEPTH = 20,
};

struct entry {
	struct str name;
	uint64_t ino;
};

struct guide {
	struct arena *arena;
	struct fs *fs;
	struct tour *tour;
};

struct listing {
	struct guide *guide;
	VEC(struct entry) entries;
};

static void must(bool promise)
{
	if (!promise)
		abort();
}

static void put_escaped(struct out *o, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		out_fmt(o, c > 0x20 && c < 0x7F && c != '\\' ? "%c" : "\\x%02x", c);
	}
}

static void tell(struct guide *g, struct out *line)
{
	vec_push(g->arena, &g->tour->lines)->text = str_dup(g->arena, out_text(line));
}

static void tell_failure(struct guide *g, struct str path, const struct error *e)
{
	struct out *o = out_new(g->arena);
	must(e->kind != ERR_NONE && e->text[0]);
	put_escaped(o, path);
	out_fmt(o, " failed: %s", e->text);
	tell(g, o);
	g->tour->failures++;
}

/* ---- files ---- */

static void compare_piece(struct fs *fs, struct blob *b, uint64_t ino, struct str whole, size_t at)
{
	char piece[PIECE];
	size_t got = 0, want = whole.n - at < PIECE ? whole.n - at : PIECE;
	struct error e = {0};
	must(fs->ops->read(fs, ino, at, piece, sizeof piece, &got, &e));
	must(got == want && memcmp(piece, whole.p + at, got) == 0);
	must(b->read(b, at, piece, sizeof piece, &got, &e));
	must(got == want && memcmp(piece, whole.p + at, got) == 0);
}

/* The bytes live only as long as this: a tour may meet more of them than memory holds. */
static bool read_file(struct guide *g, uint64_t ino, struct out *line, struct error *e)
{
	struct arena *a = arena_new(g->tour->max_file + (1 << 20), NULL, NULL);
	struct str whole;
	bool ok = fs_slurp(a, g->fs, ino, g->tour->max_file, &whole, e);
	struct blob *b = ok ? fs_blob(a, g->fs, ino, S("file"), e) : NULL;
	ok = b != NULL;
	if (ok) {
		compare_piece(g->fs, b, ino, whole, 0);
		compare_piece(g->fs, b, ino, whole, whole.n / 3);
		compare_piece(g->fs, b, ino, whole, whole.n);
		out_fmt(line, " %zu %" PRIstr, whole.n,
			ARG(str_tail(digest_sha256(a, whole), sizeof "sha256:" - 1)));
	}
	arena_free(a);
	return ok;
}

static bool tell_entry(struct guide *g, struct str path, uint64_t ino, struct fs_stat *st,
		       struct error *e)
{
	static const char *const kinds[] = {"regular", "directory", "link",    "device",
					    "other",   "whiteout",  "hardlink"};
	struct out *o = out_new(g->arena);
	struct str target;
	if (!fs_stat_at(g->fs, ino, st, e))
		return false;
	must(st->kind < sizeof kinds / sizeof *kinds && st->mode <= 07777);
	put_escaped(o, path);
	out_fmt(o, " %s", kinds[st->kind]);
	if (st->kind == FS_SYMLINK || st->kind == FS_HARDLINK) {
		if (!fs_slurp(g->arena, g->fs, ino, LINK_MAX, &target, e))
			return false;
		out_z(o, " ");
		put_escaped(o, target);
	} else {
		out_fmt(o, " %04o %u %u", st->mode, st->uid, st->gid);
	}
	if (st->kind == FS_REGULAR && !read_file(g, ino, o, e))
		return false;
	tell(g, o);
	return true;
}

/* ---- directories ---- */

static bool take_entry(void *arg, struct str name, uint64_t ino)
{
	struct listing *l = arg;
	must(name.n >= 1 && name.n <= 255 && str_find(name, '/') == name.n);
	must(!memchr(name.p, 0, name.n) && !str_eq(name, S(".")) && !str_eq(name, S("..")));
	if (l->guide->tour->entries >= l->guide->tour->max_entries)
		return false;
	l->guide->tour->entries++;
	struct entry *entry = vec_push(l->guide->arena, &l->entries);
	*entry = (struct entry){str_dup(l->guide->arena, name), ino};
	return true;
}

/* The index by which names are found may be damaged where the names themselves are not. */
static void try_name(struct guide *g, struct str path, uint64_t dir, struct str name, bool there)
{
	struct error e = {0};
	bool found = !there;
	uint64_t ino;
	if (fs_lookup(g->fs, dir, name, &found, &ino, &e) && found != there)
		fail(&e, ERR_CORRUPT, "a name is %s", there ? "listed and not found" : "made up");
	if (e.kind)
		tell_failure(g, path, &e);
}

/* Looking up may fail where a listing ended early, so it is tried after one that did not. */
static void try_names(struct guide *g, struct str path, uint64_t dir, const struct listing *l)
{
	for (size_t i = 0; i < l->entries.n && i < NAMES_TRIED; i++)
		try_name(g, path, dir, l->entries.at[l->entries.n - 1 - i].name, true);
	try_name(g, path, dir, S("there is no such name"), false);
}

static void tour_directory(struct guide *g, struct str path, uint64_t ino, unsigned depth);

static void tour_entry(struct guide *g, struct str path, uint64_t ino, unsigned depth)
{
	struct fs_stat st;
	struct error e = {0};
	if (!tell_entry(g, path, ino, &st, &e))
		tell_failure(g, path, &e);
	else if (st.kind == FS_DIRECTORY && depth < g->tour->max_depth)
		tour_directory(g, path, ino, depth);
}

static void tour_directory(struct guide *g, struct str path, uint64_t ino, unsigned depth)
{
	struct listing l = {.guide = g};
	struct error e = {0}, unheard;
	bool hides;
	(void)fs_hides(g->fs, ino, &hides, &unheard); /* any answer will do */
	if (!fs_list(g->fs, ino, take_entry, &l, &e)) {
		tell_failure(g, path, &e);
		return;
	}
	if (g->tour->entries < g->tour->max_entries)
		try_names(g, path, ino, &l);
	for (size_t i = 0; i < l.entries.n; i++) {
		struct str name = l.entries.at[i].name;
		struct str at = str_eq(path, S("/")) ? S("") : path;
		tour_entry(g, str_fmt(g->arena, "%" PRIstr "/%" PRIstr, ARG(at), ARG(name)),
			   l.entries.at[i].ino, depth + 1);
	}
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(((const struct word *)a)->text, ((const struct word *)b)->text);
}

void tour_tree(struct arena *a, struct fs *fs, struct tour *t)
{
	struct guide g = {a, fs, t};
	tour_entry(&g, S("/"), fs->root, 0);
	if (t->lines.n)
		qsort(t->lines.at, t->lines.n, sizeof *t->lines.at, by_text);
}

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

void tour_volume(const char *only, struct str image)
{
	static const struct fs_options opts = {.max.entries = VOLUME_ENTRIES};
	struct tour t = {
		.max_file = VOLUME_FILE, .max_entries = VOLUME_ENTRIES, .max_depth = VOLUME_DEPTH};
	jmp_buf out;
	struct error e = {0};
	struct fs *fs = NULL;
	struct arena *a = arena_new((size_t)64 << 20, full, &out);
	if (setjmp(out) == 0) {
		struct blob *b = blob_memory(a, S("image"), image);
		bool known = only && fs_open_volume(a, b, only, &opts, &fs, &e);
		if (!only)
			fs = fs_open(a, b, &opts, &e);
		must(known || fs || (e.kind != ERR_NONE && e.text[0]));
		if (fs)
			tour_tree(a, fs, &t);
	}
	arena_free(a);
}
