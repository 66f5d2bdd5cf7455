/* ustar.h - small tar archives for tests, made without the code under test. */
#ifndef USTAR_H
#define USTAR_H

#include "out.h"

/* One regular file, mode 0644, as POSIX.1-1988 has it; names of at most 99 bytes. */
void ustar_add(struct out *o, const char *name, struct str body);

/* The two zero blocks at the end. */
void ustar_end(struct out *o);

/* An archive of one file. */
struct str ustar_of(struct arena *a, const char *name, struct str body);

#endif
