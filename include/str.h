/*
 * str.h - bytes somebody else keeps.
 *
 * A `struct str` is a window onto memory that lives at least as long as its user: a file's
 * text, an arena, a literal. It is passed by value, is not NUL-terminated and may hold any
 * byte. The empty slice has n == 0; its pointer may be NULL and is never looked at.
 */
#ifndef STR_H
#define STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
	const char *p;
	size_t n;
};

#define S(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define PRIstr ".*s"
#define ARG(s) ((int)((s).n > 1000000 ? 1000000 : (s).n)), ((s).p ? (s).p : "")

struct str str_from(const char *z); /* NULL gives the empty slice */

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII only */
int str_cmp(struct str a, struct str b);        /* byte order, a prefix first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* The position of the first (last) `c`, or s.n when there is none. */
size_t str_find(struct str s, char c);
size_t str_rfind(struct str s, char c);
bool str_has(struct str s, struct str part);

/* A slice of s: from byte `from` up to, not including, `to`. Both are clamped to s.n. */
struct str str_slice(struct str s, size_t from, size_t to);
struct str str_tail(struct str s, size_t from);

/* Cuts at the first `c`: *head is what stands before it, *tail what comes after; without
 * a `c`, *head is all, *tail is empty and the answer is false. */
bool str_cut(struct str s, char c, struct str *head, struct str *tail);

/* Without leading and trailing bytes of `set`. */
struct str str_trim(struct str s, const char *set);

/* What stands after (before) the last '/': "a/b/c" -> "c" ("a/b"); "/a" -> "a" ("/"). */
struct str str_basename(struct str path);
struct str str_dirname(struct str path);

/* A decimal number without sign or blanks. False on anything else and on overflow. */
bool str_u64(struct str s, uint64_t *out);

bool str_utf8(struct str s); /* valid UTF-8, by RFC 3629: no surrogates, no overlong forms */

/* Length of the valid UTF-8 sequence at the head of s, 0 if there is none; *cp gets it. */
size_t str_rune(struct str s, uint32_t *cp);

/* Copies into an arena. */
struct str str_dup(struct arena *a, struct str s);
char *str_z(struct arena *a, struct str s); /* NUL-terminated */
struct str str_cat(struct arena *a, struct str x, struct str y);
struct str str_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str str_vfmt(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* 16 bytes as a UUID, in their order: "0c7f3e5a-…". */
struct str str_uuid(struct arena *a, const unsigned char uuid[16]);

/* For qsort over arrays of struct str: byte order. */
int str_order(const void *a, const void *b);

#endif
