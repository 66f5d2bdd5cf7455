/*
 * traced.c - slices with a trail: text and the file offset of each of its bytes.
 *
 * Most text lies in its file in one row and costs nothing; only what was joined, unquoted or
 * filled in carries an array of offsets. Files are smaller than 4 GiB by ROOTFS_FILE_MAX.
 */
#include "traced.h"

#include <string.h>

struct traced traced_file(const struct file *file, size_t from, size_t to)
{
	return (struct traced){.text = str_slice(file->text, from, to), .file = file, .base = from};
}

size_t traced_offset(const struct traced *t, size_t i)
{
	return t->at ? t->at[i] : t->base + i;
}

struct traced traced_slice(struct traced t, size_t from, size_t to)
{
	if (to > t.text.n)
		to = t.text.n;
	if (from > to)
		from = to;
	t.text = str_slice(t.text, from, to);
	if (t.at)
		t.at += from;
	else
		t.base += from;
	return t;
}

struct traced traced_trim(struct traced t, const char *set)
{
	size_t from = 0, to = t.text.n;
	while (from < to && t.text.p[from] && strchr(set, t.text.p[from]))
		from++;
	while (to > from && t.text.p[to - 1] && strchr(set, t.text.p[to - 1]))
		to--;
	return traced_slice(t, from, to);
}

const struct origin *traced_origin(struct arena *a, struct traced t)
{
	if (!t.file)
		return NULL;
	size_t from = traced_offset(&t, 0);
	size_t to = t.text.n ? traced_offset(&t, t.text.n - 1) + 1 : from;
	return origin_new(a, t.file, from, to > from ? to - from : 0, NULL);
}

struct word traced_word(struct arena *a, struct traced t)
{
	return (struct word){t.text, traced_origin(a, t)};
}

void gather_start(struct gather *g, struct arena *a, const struct file *file)
{
	*g = (struct gather){.arena = a, .file = file};
}

static void gather_room(struct gather *g, size_t room)
{
	char *p = arena_alloc(g->arena, 1, room);
	uint32_t *at = NEW_N(g->arena, uint32_t, room);
	for (size_t i = 0; i < g->n; i++)
		at[i] = g->p ? g->at[i] : (uint32_t)(g->first + i);
	if (g->n)
		memcpy(p, g->p ? g->p : g->file->text.p + g->first, g->n);
	g->p = p;
	g->at = at;
	g->cap = room;
}

void gather_byte(struct gather *g, char c, size_t offset)
{
	struct str text = g->file ? g->file->text : (struct str){0};
	if (g->n == 0)
		g->first = offset;
	if (!g->p && offset == g->first + g->n && offset < text.n && text.p[offset] == c) {
		g->n++;
		return;
	}
	if (!g->p || g->n + 1 >= g->cap)
		gather_room(g, 2 * g->n + 32);
	g->p[g->n] = c;
	g->at[g->n++] = (uint32_t)offset;
}

void gather_traced(struct gather *g, struct traced t)
{
	for (size_t i = 0; i < t.text.n; i++)
		gather_byte(g, t.text.p[i], traced_offset(&t, i));
}

void gather_replace_last(struct gather *g, char c)
{
	if (!g->p)
		gather_room(g, 2 * g->n + 32);
	g->p[g->n - 1] = c;
}

struct traced gather_done(struct gather *g, size_t end)
{
	if (g->n == 0)
		return (struct traced){.file = g->file, .base = end};
	if (!g->p)
		return traced_file(g->file, g->first, g->first + g->n);
	g->at[g->n] = (uint32_t)end;
	return (struct traced){
		.text = {g->p, g->n}, .file = g->file, .base = g->first, .at = g->at};
}
