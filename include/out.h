/*
 * out.h - output under construction, in an arena; written to a descriptor by main.c alone.
 *
 * Names and values from an image are hostile: out_safe writes them so that no control
 * character, bidirectional mark, newline or invalid byte reaches a terminal, out_json so
 * that the document is valid JSON and pure as well.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

struct arena;
struct out;

struct out *out_new(struct arena *a);
struct str out_text(const struct out *o); /* what was written so far; holds until the next write */

void out_str(struct out *o, struct str s); /* bytes as they are */
void out_z(struct out *o, const char *z);
void out_fmt(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void out_fill(struct out *o, char c, size_t n);

/* For people: control characters as \n, \t, \xHH; bidi and invisible marks as \u{HHHH};
 * bytes that are not UTF-8 as \xHH. */
void out_safe(struct out *o, struct str s);

/* Columns that out_safe needs for s, each escaped byte counted as its escape is printed. */
size_t out_safe_width(struct str s);

/* A JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void out_json(struct out *o, struct str s);

/*
 * A JSON document, two blanks a level, or all on one line. The emitter puts commas, newlines and
 * indentation: json_open(&j, '{'); json_key(&j, "a"); json_int(&j, 1); json_close(&j);
 */
struct json_out {
	struct out *o;
	unsigned depth;
	bool first, keyed;
	bool compact; /* on one line, without blanks */
	char closers[64];
};

void json_begin(struct json_out *j, struct out *o);
void json_open(struct json_out *j, char bracket); /* '{' or '[' */
void json_close(struct json_out *j);
void json_key(struct json_out *j, const char *key);
void json_key_str(struct json_out *j, struct str key);
void json_str(struct json_out *j, struct str s);
void json_z(struct json_out *j, const char *z); /* NULL writes null */
void json_int(struct json_out *j, int64_t v);
void json_bool(struct json_out *j, bool v);
void json_null(struct json_out *j);
void json_raw(struct json_out *j, struct str literal); /* a number literal, checked by the caller */

/* Members of the object that is open: the key and its value, or the bracket that begins it. */
void json_member(struct json_out *j, const char *key, char bracket);
void json_member_str(struct json_out *j, const char *key, struct str s);
void json_member_z(struct json_out *j, const char *key, const char *z);
void json_member_int(struct json_out *j, const char *key, int64_t v);
void json_member_bool(struct json_out *j, const char *key, bool v);

#endif
