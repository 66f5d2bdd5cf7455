/*
 * late.h - libraries that are loaded when they are first called.
 *
 * What is linked, every run loads, with all that it brings along: libarchive takes longer to load
 * than most disks to scan. So the door of a library that most runs do not need lists the functions
 * it calls,
 *
 *	#define CALLS(X) X(archive_read_new) X(archive_read_free)
 *	LATE_LIBRARY(la, "libarchive.so.13", CALLS)
 *
 * and has them as la.archive_read_new(), each of its own type, once la_load() has succeeded.
 */
#ifndef LATE_H
#define LATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct late {
	const char *soname;
	pthread_mutex_t lock;
	bool loaded;
};

/* Puts the addresses of n functions into `calls`, an array of pointers to functions; from the
 * second call on, does nothing. ERR_UNSUPPORTED when the library or one of them is not there.
 * Usable from several threads. The library stays loaded. */
bool late_load(struct late *l, const char *const *names, size_t n, void *calls, struct error *e);

/* A name that is declared cannot stand in parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define LATE_MEMBER(function) __typeof__(function) *function;
#define LATE_NAME(function) #function,

#define LATE_LIBRARY(lib, file, CALLS) \
	static struct { \
		CALLS(LATE_MEMBER) \
	} lib; \
	static bool lib##_load(struct error *e) \
	{ \
		static struct late late = {.soname = (file), .lock = PTHREAD_MUTEX_INITIALIZER}; \
		static const char *const names[] = {CALLS(LATE_NAME)}; \
		return late_load(&late, names, sizeof names / sizeof *names, &(lib), e); \
	}

/* NOLINTEND(bugprone-macro-parentheses) */

#endif
