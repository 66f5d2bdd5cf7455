/*
 * formats.h - the list of report formats: one file each, at least, that defines write_NAME.
 */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "report.h"

#define FORMATS(X) \
	X(text, "for people: findings with the lines that decide them") \
	X(json, "for programs: one document, schemaVersion 1.0")

#define X(name, about) void write_##name(const struct report *r, struct out *o);
FORMATS(X)
#undef X

#endif
