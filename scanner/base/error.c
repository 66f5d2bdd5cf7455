/*
 * error.c - messages of failure, kept free of control characters whatever an image put in them.
 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Image names end up in messages: one line, no escape sequences. Bytes above 0x7F stay: a
 * message is made safe for the terminal in full where it is printed. */
static void clean(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			*c = '?';
}

bool(fail)(struct error *e, enum error_kind kind, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	e->kind = kind;
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	clean(e->text);
	return false;
}

bool(fail_in)(struct error *e, const char *fmt, ...)
{
	char place[sizeof e->text], rest[sizeof e->text];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(place, sizeof place, fmt, ap);
	va_end(ap);
	clean(place);
	memcpy(rest, e->text, sizeof rest);
	int n = snprintf(e->text, sizeof e->text, "%s: ", place);
	size_t at = n < 0 ? 0 : (size_t)n < sizeof e->text ? (size_t)n : sizeof e->text - 1;
	snprintf(e->text + at, sizeof e->text - at, "%s", rest);
	return false;
}

bool(fail_errno)(struct error *e, int number, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool missing = number == ENOENT || number == EACCES || number == ENOTDIR ||
		       number == EPERM || number == ELOOP || number == ENAMETOOLONG;
	e->kind = missing ? ERR_MISSING : ERR_IO;
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	size_t at = n < 0 ? 0 : (size_t)n < sizeof e->text ? (size_t)n : sizeof e->text - 1;
	snprintf(e->text + at, sizeof e->text - at, ": %s", strerror(number));
	clean(e->text);
	return false;
}
