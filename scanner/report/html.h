/*
 * html.h - the rooms of the HTML report.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "finding.h"

struct html {
	const struct report *r;
	struct out *o;
	struct arena *arena;
	size_t ids; /* given so far, so that each is its own */
};

/* page.css and page.js, line by line, up to NULL. */
extern const char *const page_css[], *const page_js[];

/* Text between tags and in attributes. */
void html_text(struct html *h, struct str s);

void html_code(struct html *h, struct str s); /* "<code>…</code>" */

/* The command line of a launch, drawn from the lines of files to its words, and the values that
 * findings take from files besides; what lost is struck out. */
void html_flow(struct html *h, const struct target_report *t, size_t launch);

#endif
