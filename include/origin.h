/*
 * origin.h - where a byte came from.
 *
 * An origin is a span of a file and, through `via`, the span that pulled it in: the value of
 * $KUBELET_EXTRA_ARGS lies in an environment file (the origin), and was pulled in by a word of
 * ExecStart (via). Lines and columns are computed when something is printed, not before.
 *
 * All of it is plain data in the scan's arena, and is never changed once made.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"
#include "vec.h"

struct arena;

enum file_state {
	FILE_OK,
	FILE_ABSENT,     /* certainly not in the image */
	FILE_UNREADABLE, /* there, or perhaps there, but its bytes could not be had; `why` tells */
};

enum file_kind { FILE_REGULAR, FILE_DIRECTORY, FILE_SYMLINK, FILE_DEVICE, FILE_OTHER };

/* Why a file is unreadable: the reason codes of a verdict that follow from it. */
enum file_fault {
	FAULT_NONE,
	FAULT_IO,
	FAULT_LOOP, /* of links: the kernel would not find the file either */
	FAULT_CORRUPT,
	FAULT_LIMIT,
	FAULT_UNSUPPORTED,
	FAULT_ENCRYPTED,
};

/* Of a saved report, which quotes files and does not hold them: where the quoted part of a line
 * lies in its file, and whether the line goes on before and behind it. */
struct quote {
	size_t line, column; /* of the span, from 1 */
	bool cut_head, cut_tail;
};

struct file {
	struct str path;  /* as it was asked for: absolute, without links resolved */
	struct str real;  /* the path after all links; equals `path` where there are none */
	struct str layer; /* label of the layer that holds it */
	enum file_state state;
	enum file_kind kind;
	enum file_fault fault;
	uint32_t mode, uid, gid; /* mode without the type bits */
	uint64_t size;
	struct str text;           /* FILE_OK and FILE_REGULAR only, and only from rootfs_read */
	struct str why;            /* FILE_UNREADABLE: one clause */
	const struct origin *made; /* of a file that the boot writes: what writes it; else NULL */
	const struct quote *quote; /* `text` is not the file's but quoted from it; else NULL */
};

struct origin {
	const struct file *file;
	size_t at, len; /* bytes of file->text */
	const struct origin *via;
};

/* Text that matters: a slice and where it came from. `from` is NULL only for text that no
 * file holds (a built-in default, an option of ours). */
struct word {
	struct str text;
	const struct origin *from;
};

struct words {
	struct word *at;
	size_t n, cap;
};

struct origin *origin_new(struct arena *a, const struct file *file, size_t at, size_t len,
			  const struct origin *via);

/* The same span, pulled in by `via`, which is put at the end of its own trail. */
const struct origin *origin_through(struct arena *a, const struct origin *o,
				    const struct origin *via);

/* Line and column, from 1, columns counted in characters (bytes where the line is not UTF-8);
 * `line` is the whole line of the file, without its end; the span's part of it is
 * [from, from + len) in bytes. Slow: it reads the file up to the span. */
struct place {
	size_t line, column;
	struct str text;
	size_t from, len;
};

struct place origin_place(const struct origin *o);

/* Something a person should know: an oddity of the image, never a reason to stop. */
struct note {
	struct str text;           /* one clause, lower case */
	const struct origin *from; /* may be NULL */
};

struct notes {
	struct arena *arena;
	struct note *at;
	size_t n, cap;
	size_t dropped; /* more than NOTES_MAX were made */
};

enum { NOTES_MAX = 1000 };

/* The same text at the same place is noted once. */
void note(struct notes *notes, const struct origin *from, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
