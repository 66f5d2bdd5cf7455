/*
 * disk.c - see disk.h.
 */
#include "disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"

#include <cmocka.h>

static void grow(struct made_image *m, size_t end)
{
	assert_true(end <= IMAGE_MAX);
	m->n = end > m->n ? end : m->n;
}

void image_be(struct made_image *m, size_t at, unsigned width, uint64_t v)
{
	grow(m, at + width);
	for (unsigned i = width; i-- > 0; v >>= 8)
		m->bytes[at + i] = (unsigned char)v;
}

void image_le(struct made_image *m, size_t at, unsigned width, uint64_t v)
{
	grow(m, at + width);
	for (unsigned i = 0; i < width; i++, v >>= 8)
		m->bytes[at + i] = (unsigned char)v;
}

void image_text(struct made_image *m, size_t at, struct str text)
{
	grow(m, at + text.n);
	if (text.n)
		memcpy(m->bytes + at, text.p, text.n);
}

/* A copy of its exact size, so that memory checkers see a read past its end. */
static struct blob *blob_of(const struct made_image *m)
{
	struct str all = {(const char *)m->bytes, m->n};
	return blob_memory(arena, S("image"), str_dup(arena, all));
}

struct same {
	struct blob_siblings siblings;
	const struct made_image *image;
};

static struct blob *open_same(struct blob_siblings *s, struct str name, struct error *e)
{
	if (!str_eq(name, S("absent")))
		return blob_of(((struct same *)s)->image);
	(fail)(e, ERR_MISSING, "absent: No such file");
	return NULL;
}

struct blob_siblings *siblings_all(const struct made_image *m)
{
	struct same *s = NEW(arena, struct same);
	*s = (struct same){{open_same}, m};
	return &s->siblings;
}

struct blob *disk_in(const struct made_image *m, const char *container,
		     const struct blob_opening *o)
{
	struct error e = {0};
	struct blob *disk = NULL;
	const char *name = "nothing";
	if (!blob_unwrap(arena, blob_of(m), NULL, o, &disk, &name, &e))
		fail_msg("%s: %s", container, e.text);
	assert_string_equal(name, container);
	return disk;
}

void disk_refused(const struct made_image *m, const char *container, const struct blob_opening *o,
		  enum error_kind kind, const char *words)
{
	struct error e = {0};
	struct blob *disk = NULL;
	const char *name = "nothing";
	if (blob_unwrap(arena, blob_of(m), NULL, o, &disk, &name, &e))
		fail_msg("'%s' was wanted, but it was opened as %s", words, name);
	if (e.kind != kind || !strstr(e.text, words) ||
	    strncmp(e.text, container, strlen(container)))
		fail_msg("'%s' was wanted: %d %s", words, e.kind, e.text);
}

void disk_holds(struct blob *disk, uint64_t at, struct str want)
{
	struct error e = {0};
	size_t got;
	char *bytes = NEW_N(arena, char, want.n);
	if (!disk->read(disk, at, bytes, want.n, &got, &e))
		fail_msg("byte %llu: %s", (unsigned long long)at, e.text);
	if (got != want.n || memcmp(bytes, want.p, want.n))
		fail_msg("byte %llu: '%.*s' where '%.*s' was wanted", (unsigned long long)at,
			 (int)got, bytes, ARG(want));
}

void disk_fails(struct blob *disk, uint64_t at, enum error_kind kind, const char *words)
{
	struct error e = {0};
	size_t got;
	char c;
	if (disk->read(disk, at, &c, 1, &got, &e))
		fail_msg("byte %llu was read", (unsigned long long)at);
	if (e.kind != kind || !strstr(e.text, words))
		fail_msg("'%s' was wanted: %d %s", words, e.kind, e.text);
}
