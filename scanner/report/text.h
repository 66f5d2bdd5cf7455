/*
 * text.h - the rooms of the text report.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "parts.h"

struct text {
	const struct report *r;
	struct out *o;
	struct arena *arena;
	bool layered; /* the target at hand has several layers: places tell theirs */
};

enum paint { PAINT_RED, PAINT_GREEN, PAINT_YELLOW, PAINT_BOLD, PAINT_DIM };

void text_paint(struct text *t, enum paint paint, const char *word);

/* "/etc/x:3:14", escaped; "PATH" alone where a file has no text; " [layer]" behind it where the
 * target has several. */
void text_place(struct text *t, const struct origin *o);

/* Columns that text_place takes. */
size_t text_place_width(struct text *t, const struct origin *o);

/* The line with the span underlined, indented by `indent`; ends with a newline. */
void text_caret(struct text *t, const struct origin *o, size_t indent);

/* One line: target, how it was read, system, kubelet. */
void text_heading(struct text *t, const struct target_report *target);

/* To be called for each target before anything of it is written. */
void text_target(struct text *t, const struct target_report *target);

/* Notes, what could not be read among them, as far as the verbosity wants them. */
void text_remarks(struct text *t, const struct target_report *target);

/* Word `i` of a command line and where it comes from; a line of a unit: its name and state. */
void text_word(struct text *t, const struct words *argv, size_t i, size_t indent);
void text_unit(struct text *t, const struct unit *u);
void text_doubt(struct text *t, const struct doubt *d);
/* "why; WRITER", and "VALUE, by the KIND PATH:1:2". */
void text_why(struct text *t, const struct pending *p);
void text_intended(struct text *t, const struct intended *x);
void text_pendings(struct text *t, const struct pendings *p);

void text_scan(struct text *t);
void text_argv(struct text *t);
void text_config(struct text *t);
void text_explain(struct text *t);
void text_story(struct text *t);
void text_inspect(struct text *t);
void text_diff(struct text *t);
void text_rules(struct text *t);

/* The volumes of a disk, for inspect. */
void text_disk(struct text *t, const struct target_report *target);
/* What came over the network, where something did. */
void text_fetched(struct text *t, const struct target_report *target);
void text_cache(struct text *t);

#endif
