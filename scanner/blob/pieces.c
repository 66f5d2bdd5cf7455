/*
 * pieces.c - a file that was cut into numbered pieces (disk.raw.001, disk.raw.002, …), as one. The
 * name that was typed is the first one's, so that the others are asked for by the user, not by an
 * image.
 */
#include "arena.h"
#include "blob.h"
#include "vec.h"

enum { DIGITS = 3, NUMBER_MAX = 999 };

/* "disk.raw.001" -> "disk.raw." and 1; false for names that no first piece has. */
static bool first_number(struct str name, struct str *stem, unsigned *number)
{
	if (name.n <= DIGITS + 1 || name.p[name.n - DIGITS - 1] != '.')
		return false;
	struct str digits = str_tail(name, name.n - DIGITS);
	*stem = str_slice(name, 0, name.n - DIGITS);
	*number = str_eq(digits, S("001"));
	return *number == 1 || str_eq(digits, S("000"));
}

static struct str piece_name(struct arena *a, struct str stem, unsigned number)
{
	return str_fmt(a, "%" PRIstr "%03u", ARG(stem), number);
}

/* NULL without a failure where there is no such piece. */
static bool open_piece(struct arena *a, struct blob_siblings *s, struct str stem, unsigned number,
		       struct blob **out, struct error *e)
{
	struct error why;
	struct blob *b = NULL;
	if (number <= NUMBER_MAX) {
		b = s->open(s, piece_name(a, stem, number), &why);
		if (!b && why.kind != ERR_MISSING) {
			*e = why;
			return false;
		}
	}
	*out = b;
	return true;
}

static struct blob *join(struct arena *a, struct blob *first, struct blob_siblings *s,
			 struct str stem, unsigned number, struct error *e)
{
	VEC(struct blob_part) parts = {0};
	struct blob *b = first;
	while (b) {
		*vec_push(a, &parts) = (struct blob_part){b, 0, b->size};
		if (!open_piece(a, s, stem, ++number, &b, e))
			return NULL;
	}
	if (!open_piece(a, s, stem, number + 1, &b, e))
		return NULL;
	if (b) {
		fail(e, ERR_MISSING, "%" PRIstr ": there is none, but a next one",
		     ARG(piece_name(a, stem, number)));
		return NULL;
	}
	return parts.n == 1 ? first : blob_joined(a, first->name, parts.at, parts.n);
}

struct blob *blob_open_pieces(struct arena *a, struct str path, struct watch *w, struct error *e)
{
	struct str stem;
	unsigned number;
	struct blob *before = NULL, *first = blob_open(a, path, w, e);
	if (!first || !first_number(str_basename(path), &stem, &number))
		return first;
	struct blob_siblings *s = blob_beside(a, path, NULL, w, e);
	if (!s || (number == 1 && !open_piece(a, s, stem, 0, &before, e)))
		return NULL;
	if (before) {
		fail(e, ERR_USAGE, "%" PRIstr ": %" PRIstr " is the first piece", ARG(path),
		     ARG(before->name));
		return NULL;
	}
	return join(a, first, s, stem, number, e);
}
