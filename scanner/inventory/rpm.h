/*
 * rpm.h - headers of installed packages, as all of rpm's databases hold them; private to
 * inventory/.
 */
#ifndef RPM_H
#define RPM_H

#include "packages.h"

/* Of a header no more than this is looked at: what is asked for stands at its beginning. */
enum { RPM_HEAD_MAX = 256 << 10, RPM_PACKAGES_MAX = 100000 };

/* Puts down the package that a header is of. `all` is the header's whole size, of which `head` is
 * the beginning. False when it is no header. */
bool rpm_header(struct packages *out, struct str head, uint64_t all, struct error *e);

#endif
