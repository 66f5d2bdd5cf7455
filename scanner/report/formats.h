/*
 * formats.h - the list of report formats: one file each, at least, that defines write_ID.
 *
 * X(id, name, the kinds of report that it can show, about)
 */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "report.h"

enum {
	SHOWS_ALL = ~0u >> 1,
	SHOWS_DOCUMENTS = SHOWS_ALL & ~(1 << REPORT_RAW),
	SHOWS_SCAN = 1 << REPORT_SCAN
};

#define FORMATS(X) \
	X(text, "text", SHOWS_ALL, "for people: findings with the lines that decide them") \
	X(json, "json", SHOWS_DOCUMENTS, "for programs: one document, schemaVersion 1.0") \
	X(sarif, "sarif", SHOWS_SCAN, "SARIF 2.1.0, for code scanning") \
	X(junit, "junit", SHOWS_SCAN, "JUnit XML, for CI systems") \
	X(csv, "csv", SHOWS_SCAN, "a table, one finding a line") \
	X(markdown, "markdown", SHOWS_SCAN, "a comment on a pull request") \
	X(ocsf, "ocsf", SHOWS_SCAN, "OCSF Compliance Findings, one JSON object a line") \
	X(html, "html", SHOWS_SCAN, "one page for a browser, without a network") \
	X(kube_bench, "kube-bench-json", SHOWS_SCAN, "the shape of what kube-bench writes")

#define X(id, name, kinds, about) void write_##id(const struct report *r, struct out *o);
FORMATS(X)
#undef X

#endif
