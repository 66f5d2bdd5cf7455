/*
 * error.h - what failed, in words; for the stages that touch bytes (blob, fs, image).
 *
 * Such a function returns bool or a pointer and takes `struct error *e` last. Success leaves
 * *e untouched, failure leaves the outputs untouched. A message is one clause, lower case,
 * that begins with the thing: "superblock: block size 3 is not a power of two". Callers add
 * the place in front with fail_in. The text is free of control characters.
 */
#ifndef ERROR_H
#define ERROR_H

#include <stdbool.h>

enum error_kind {
	ERR_NONE,
	ERR_IO,          /* the operating system would not give the bytes */
	ERR_MISSING,     /* the target is not there, or may not be read */
	ERR_LOOP,        /* links lead in a circle, or too far: an ELOOP */
	ERR_CORRUPT,     /* the bytes are not what their format promises */
	ERR_UNSUPPORTED, /* recognised, but not readable here */
	ERR_ENCRYPTED,   /* recognised, but only a key opens it */
	ERR_LIMIT,       /* a limit of ours was hit */
	ERR_USAGE,       /* the target's words cannot be right */
};

struct error {
	enum error_kind kind;
	char text[400];
};

/* Fills *e and returns false: `return fail(e, ERR_CORRUPT, "manifest: no layers");` */
bool fail(struct error *e, enum error_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "place: " in front of the message and returns false. */
bool fail_in(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* fail with the text of errno: "PATH: No such file or directory"; kind by errno. */
bool fail_errno(struct error *e, int number, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The analyzer sees one file at a time: it must be told that these return false. */
#ifdef __clang_analyzer__
#define fail(...) ((void)fail(__VA_ARGS__), false)
#define fail_in(...) ((void)fail_in(__VA_ARGS__), false)
#define fail_errno(...) ((void)fail_errno(__VA_ARGS__), false)
#endif

#endif
