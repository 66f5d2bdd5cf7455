/*
 * fix_write.c - changed files as a layer tarball (POSIX.1-1988 ustar, which every reader of OCI
 * layers takes) and as a unified diff (POSIX diff -u).
 */
#include <stdio.h>
#include <string.h>

#include "fix.h"

enum { BLOCK = 512, NAME_MAX_USTAR = 100, PREFIX_MAX = 155, CONTEXT = 3 };

/* ---- the layer ---- */

/* A name longer than its field is cut at a slash; false when no slash serves. */
static bool put_name(char *header, struct str path)
{
	if (path.n <= NAME_MAX_USTAR) {
		memcpy(header, path.p, path.n);
		return true;
	}
	for (size_t i = path.n - 1 - NAME_MAX_USTAR; i < path.n && i <= PREFIX_MAX; i++)
		if (path.p[i] == '/' && i > 0) {
			memcpy(header + 345, path.p, i);
			memcpy(header, path.p + i + 1, path.n - i - 1);
			return true;
		}
	return false;
}

static bool put_entry(struct out *o, struct str path, uint32_t mode, uint32_t uid, uint32_t gid,
		      struct str body)
{
	char header[BLOCK] = {0};
	unsigned sum = 0;
	if (!put_name(header, path) || body.n >= 1ull << 33)
		return false;
	snprintf(header + 100, 8, "%07o", mode & 07777u);
	snprintf(header + 108, 8, "%07o", uid & 07777777u);
	snprintf(header + 116, 8, "%07o", gid & 07777777u);
	snprintf(header + 124, 12, "%011llo", (unsigned long long)body.n);
	memcpy(header + 136, "00000000000\0        0", 21);
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	out_str(o, (struct str){header, sizeof header});
	out_str(o, body);
	out_fill(o, '\0', (BLOCK - body.n % BLOCK) % BLOCK);
	return true;
}

bool fix_layer(struct arena *a, const struct changes *all, struct str *layer)
{
	struct out *o = out_new(a);
	for (size_t i = 0; i < all->n; i++) {
		const struct change *c = &all->at[i];
		if (!put_entry(o, str_tail(c->path, 1), c->mode, c->uid, c->gid, c->text))
			return false;
	}
	out_fill(o, '\0', (size_t)2 * BLOCK);
	*layer = str_dup(a, out_text(o));
	return true;
}

/* ---- the diff ---- */

struct lines {
	struct str *at;
	size_t n, cap;
};

static struct lines lines_of(struct arena *a, struct str text)
{
	struct lines lines = {0};
	while (text.n) {
		size_t end = str_find(text, '\n');
		end += end < text.n;
		*vec_push(a, &lines) = str_slice(text, 0, end);
		text = str_tail(text, end);
	}
	return lines;
}

static void put_line(struct out *o, char sign, struct str line)
{
	out_fmt(o, "%c", sign);
	out_str(o, line);
	if (!str_ends(line, S("\n")))
		out_z(o, "\n\\ No newline at end of file\n");
}

static void put_range(struct out *o, char sign, size_t from, size_t n)
{
	out_fmt(o, " %c%zu,%zu", sign, n ? from + 1 : from, n);
}

/* Lines [from, until) of the old text became [from2, until2) of the new one. */
struct hunk {
	size_t from, until, from2, until2;
};

static void put_hunk(struct out *o, const struct lines *old, const struct lines *new,
		     const struct hunk *h)
{
	size_t lead = h->from < CONTEXT ? h->from : CONTEXT;
	size_t left = old->n - h->until, trail = left < CONTEXT ? left : CONTEXT;
	out_z(o, "@@");
	put_range(o, '-', h->from - lead, h->until - h->from + lead + trail);
	put_range(o, '+', h->from2 - lead, h->until2 - h->from2 + lead + trail);
	out_z(o, " @@\n");
	for (size_t i = h->from - lead; i < h->from; i++)
		put_line(o, ' ', old->at[i]);
	for (size_t i = h->from; i < h->until; i++)
		put_line(o, '-', old->at[i]);
	for (size_t i = h->from2; i < h->until2; i++)
		put_line(o, '+', new->at[i]);
	for (size_t i = h->until; i < h->until + trail; i++)
		put_line(o, ' ', old->at[i]);
}

/* One hunk from the first line that differs to the last: the edits of a fix are few. */
static void put_change(struct arena *a, struct out *o, const struct change *c)
{
	bool there = c->file->state == FILE_OK;
	struct lines old = lines_of(a, there ? c->file->text : (struct str){0});
	struct lines new = lines_of(a, c->text);
	size_t head = 0, tail = 0;
	while (head < old.n && head < new.n &&str_eq(old.at[head], new.at[head]))
		head++;
	while (tail < old.n - head &&
	       tail < new.n - head &&str_eq(old.at[old.n - 1 - tail], new.at[new.n - 1 - tail]))
		tail++;
	out_fmt(o, "--- %s%" PRIstr "\n", there ? "a" : "/dev/null", ARG(there ? c->path : S("")));
	out_fmt(o, "+++ b%" PRIstr "\n", ARG(c->path));
	put_hunk(o, &old, &new, &(struct hunk){head, old.n - tail, head, new.n - tail});
}

static void put_inode(struct out *o, const struct change *c)
{
	const struct file *f = c->file;
	if (f->state != FILE_OK)
		return;
	if (f->mode != c->mode)
		out_fmt(o, "# chmod %04o %" PRIstr "\n", c->mode, ARG(c->path));
	if (f->uid != c->uid || f->gid != c->gid)
		out_fmt(o, "# chown %u:%u %" PRIstr "\n", c->uid, c->gid, ARG(c->path));
}

struct str fix_patch(struct arena *a, const struct changes *all)
{
	struct out *o = out_new(a);
	for (size_t i = 0; i < all->n; i++)
		put_inode(o, &all->at[i]);
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].file->state != FILE_OK ||
		    !str_eq(all->at[i].file->text, all->at[i].text))
			put_change(a, o, &all->at[i]);
	return str_dup(a, out_text(o));
}
