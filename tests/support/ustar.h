/* ustar.h - small tar archives for tests, made without the code under test. */
#ifndef USTAR_H
#define USTAR_H

#include "out.h"

/* An entry of any type ('0' file, '2' link, '5' directory); longer names and targets than 99 bytes
 * as GNU tar writes them. */
void ustar_entry(struct out *o, char type, unsigned mode, const char *name, const char *target,
		 struct str body);

/* One regular file, mode 0644. */
void ustar_add(struct out *o, const char *name, struct str body);

/* The two zero blocks at the end. */
void ustar_end(struct out *o);

/* An archive of one file. */
struct str ustar_of(struct arena *a, const char *name, struct str body);

#endif
