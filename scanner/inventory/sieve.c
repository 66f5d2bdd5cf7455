/*
 * sieve.c - what a Go program says about the version of Kubernetes in it, found in one walk over
 * its bytes: the row of variables that the linker set (linked.c) and the build info (gobuild.c),
 * both in writable segments. The strings that variables point at lie in front of them in all that
 * linkers make; where bytes do not come again, those that look like an answer are put by.
 */
#include "sieve.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bytes.h"

enum {
	STRINGS_MAX = 4096,
	LOOKS_MAX = 1 << 18, /* at strings that a variable points at */
	HEX_COMMIT = 40,
	HEX_STEP = 32,
	OLD_INFO_MAX = 64 << 10,
};

/* ---- strings ---- */

static int by_place(const void *x, const void *y)
{
	const struct sifted *a = x, *b = y;
	return a->at < b->at ? -1 : a->at > b->at;
}

static bool stored_text(struct sieve *s, uint64_t at, size_t n, char *out)
{
	const struct sifted key = {.at = at};
	if (!s->sorted && s->strings.n)
		qsort(s->strings.at, s->strings.n, sizeof *s->strings.at, by_place);
	s->sorted = true;
	const struct sifted *hit = NULL;
	if (s->strings.n)
		hit = bsearch(&key, s->strings.at, s->strings.n, sizeof *s->strings.at, by_place);
	if (!hit || hit->text.n != n)
		return false;
	memcpy(out, hit->text.p, n);
	return true;
}

static bool text_at(void *arg, uint64_t address, size_t n, char *out)
{
	struct sieve *s = arg;
	uint64_t at;
	if (!elf_place(&s->elf, address, n, &at))
		return false;
	if (!s->blob)
		return stored_text(s, at, n, out);
	if (s->error.kind == ERR_NONE && ++s->looks > LOOKS_MAX)
		fail(&s->error, ERR_LIMIT, "more than %d strings to look at", LOOKS_MAX);
	return s->error.kind == ERR_NONE && blob_read(s->blob, at, out, n, &s->error);
}

static void put_by(struct sieve *s, uint64_t at, struct str text)
{
	if (s->strings.n == STRINGS_MAX)
		return;
	*vec_push(s->arena, &s->strings) = (struct sifted){at, str_dup(s->arena, text)};
	s->sorted = false;
}

/* The linker ends the strings that it was given with a NUL. */
static bool ends_at(struct str bytes, size_t at)
{
	return at < bytes.n && bytes.p[at] == 0;
}

static void sift_versions(struct sieve *s, uint64_t at, struct str bytes)
{
	const char *p = bytes.p, *end = bytes.p + bytes.n;
	while (p < end && (p = memmem(p, (size_t)(end - p), "v1.", 3))) {
		size_t from = (size_t)(p - bytes.p);
		struct str rest = str_slice(bytes, from, from + LINKED_TEXT_MAX + 1);
		size_t n = str_find(rest, 0);
		if (from < SIEVE_STEP && n < rest.n && linked_version(str_slice(rest, 0, n)))
			put_by(s, at + from, str_slice(rest, 0, n));
		p += 3;
	}
}

static void sift_dates(struct sieve *s, uint64_t at, struct str bytes)
{
	const char *p = bytes.p, *end = bytes.p + bytes.n;
	while (p < end && (p = memmem(p, (size_t)(end - p), "Z", 2))) {
		size_t last = (size_t)(p - bytes.p);
		if (last >= 19 && last - 19 < SIEVE_STEP &&
		    linked_date(str_slice(bytes, last - 19, last + 1)))
			put_by(s, at + last - 19, str_slice(bytes, last - 19, last + 1));
		p++;
	}
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* A run of 40 lies under one of every 32 bytes. */
static void sift_commits(struct sieve *s, uint64_t at, struct str bytes)
{
	static const char none[] = "not_available";
	for (size_t i = 0; i < bytes.n; i += HEX_STEP) {
		size_t from = i, to = i;
		while (from > 0 && is_hex(bytes.p[from - 1]) && i - from < HEX_COMMIT)
			from--;
		while (to < bytes.n && is_hex(bytes.p[to]) && to - i < HEX_COMMIT + 1)
			to++;
		/* What stands in front of it may be digits too. */
		if (to - from >= HEX_COMMIT && ends_at(bytes, to) && to - HEX_COMMIT < SIEVE_STEP)
			put_by(s, at + to - HEX_COMMIT, str_slice(bytes, to - HEX_COMMIT, to));
	}
	const char *p = memmem(bytes.p, bytes.n, none, sizeof none);
	if (p && (size_t)(p - bytes.p) < SIEVE_STEP)
		put_by(s, at + (size_t)(p - bytes.p), str_slice(str_from(none), 0, 13));
}

/* ---- the build info ---- */

/* The mark; what follows it comes with this window and the next ones. */
static void find_info(struct sieve *s, uint64_t at, struct str bytes)
{
	static const char mark[] = "\xff Go buildinf:";
	const char *p = bytes.p, *end = bytes.p + bytes.n;
	while (!s->info && p < end && (p = memmem(p, (size_t)(end - p), mark, sizeof mark - 1))) {
		size_t from = (size_t)(p - bytes.p);
		if (from < SIEVE_STEP && from % 16 == 0) {
			s->info = NEW_N(s->arena, char, SIEVE_INFO_MAX);
			s->info_end = at + from;
		}
		p++;
	}
}

static void take_info(struct sieve *s, uint64_t at, struct str bytes)
{
	if (!s->info || s->info_end < at || s->info_end - at >= bytes.n)
		return;
	struct str more = str_tail(bytes, (size_t)(s->info_end - at));
	more = str_slice(more, 0, SIEVE_INFO_MAX - s->info_n);
	memcpy(s->info + s->info_n, more.p, more.n);
	s->info_n += more.n;
	s->info_end += more.n;
}

/* ---- windows ---- */

bool sieve_begin(struct sieve *s, struct arena *a, struct blob *blob, struct str head)
{
	*s = (struct sieve){.arena = a, .blob = blob};
	if (!elf_parse(head, &s->elf))
		return false;
	s->linked = (struct linked){.elf = &s->elf, .text = text_at, .arg = s};
	return true;
}

static void sift_segment(struct sieve *s, const struct segment *g, uint64_t at, struct str bytes)
{
	uint64_t from = g->at > at ? g->at : at, end;
	size_t word = elf_word_size(&s->elf);
	if (!add_u64(g->at, g->n, &end))
		end = UINT64_MAX;
	end = end - at < bytes.n ? end : at + bytes.n;
	from += (word - from % word) % word;
	if (from >= end || from - at >= SIEVE_STEP)
		return;
	struct str part = str_slice(bytes, (size_t)(from - at), (size_t)(end - at));
	linked_scan(&s->linked, part, SIEVE_STEP - (size_t)(from - at));
	find_info(s, from, part);
}

static bool lies_here(const struct segment *g, uint64_t at, struct str bytes)
{
	return g->n && at + bytes.n > g->at && (at < g->at || at - g->at < g->n);
}

/* Strings lie in a segment of their own, or among the code where there is none for them; never
 * in symbols and other things behind the segments. */
static bool has_strings(const struct sieve *s, uint64_t at, struct str bytes)
{
	bool apart = false, here = false, code = false;
	for (size_t i = 0; i < s->elf.n; i++) {
		const struct segment *g = &s->elf.segments[i];
		apart |= !g->writable && !g->executable && g->n > SIEVE_STEP;
		here |= !g->executable && lies_here(g, at, bytes);
		code |= g->executable && lies_here(g, at, bytes);
	}
	return here || (code && !apart);
}

void sieve_window(struct sieve *s, uint64_t at, struct str bytes)
{
	take_info(s, at, bytes);
	if (!s->blob && has_strings(s, at, bytes)) {
		sift_versions(s, at, bytes);
		sift_dates(s, at, bytes);
		sift_commits(s, at, bytes);
	}
	for (size_t i = 0; i < s->elf.n; i++) {
		const struct segment *g = &s->elf.segments[i];
		if (!g->writable || !lies_here(g, at, bytes))
			continue;
		sift_segment(s, g, at, bytes);
		take_info(s, at, bytes);
	}
}

/* ---- what was found ---- */

/* A string by the address of its header: before Go 1.18, and where bytes come again. */
static struct str old_string(struct sieve *s, uint64_t header)
{
	char words[16];
	uint64_t at;
	size_t word = elf_word_size(&s->elf);
	if (!s->blob || !elf_place(&s->elf, header, 2 * word, &at) ||
	    !blob_read(s->blob, at, words, 2 * word, &s->error))
		return (struct str){0};
	uint64_t n = elf_word(&s->elf, words + word);
	if (n > OLD_INFO_MAX || !elf_place(&s->elf, elf_word(&s->elf, words), n, &at))
		return (struct str){0};
	char *text = NEW_N(s->arena, char, (size_t)n + 1);
	if (!blob_read(s->blob, at, text, (size_t)n, &s->error))
		return (struct str){0};
	return (struct str){text, (size_t)n};
}

struct gobuild sieve_build(struct sieve *s)
{
	struct gobuild build = {0};
	struct str bytes = {s->info, s->info_n};
	uint64_t go, text;
	if (!gobuild_parse(bytes, &build) && gobuild_pointers(bytes, &s->elf, &go, &text)) {
		build.go = old_string(s, go);
		build.text = gobuild_unmarked(old_string(s, text));
	}
	return build;
}

struct str sieve_version(struct sieve *s, bool *contradicted)
{
	struct gobuild build = sieve_build(s);
	*contradicted = s->linked.contradicted;
	if (s->linked.version[0])
		return str_from(s->linked.version);
	return gobuild_kubernetes(build.text);
}
