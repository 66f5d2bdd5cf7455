/*
 * field.h - the fields of a reply's head (RFC 9110 section 5); private to net/.
 */
#ifndef FIELD_H
#define FIELD_H

#include <time.h>

#include "net.h"

/* The value of the first field of that name; empty where there is none, or where it holds control
 * characters. */
struct str field_find(struct str fields, struct str name);

/* Those of all fields of that name, with commas between them. */
struct str field_all(struct arena *a, struct str fields, struct str name);

/* Do all fields of that name say the same? */
bool field_agrees(struct str fields, struct str name);

/* Content-Range (section 14.4): bytes `first` to `last`, both included, of `size`. */
struct content_range {
	uint64_t first, last;
	uint64_t size; /* BLOB_UNSIZED: not told */
};

bool field_content_range(struct str value, struct content_range *out);

/* Retry-After (section 10.2.3) in milliseconds from `now` on, at most UINT32_MAX. False: it says
 * nothing. */
bool field_retry_after(struct str value, time_t now, uint64_t *ms);

#endif
