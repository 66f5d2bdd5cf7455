/*
 * parts.h - pieces of a report that several formats show.
 */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "report.h"

/* A line of a file, cut to a window around a span when it is long, with its secrets masked. */
struct excerpt {
	size_t line, column;
	struct str text;
	size_t from, len; /* the span's part of text */
	bool cut_head, cut_tail;
};

struct excerpt excerpt_of(struct arena *a, const struct origin *o);

/* An origin that leads to bytes of a file. */
static inline bool origin_placed(const struct origin *o)
{
	return o && o->file;
}

/* One whose line can be quoted, be it an empty one. */
static inline bool origin_quotable(const struct origin *o)
{
	return o && o->file && (o->file->text.n || o->file->quote);
}

/* Characters of a text, each byte that is not UTF-8 counted as one: what columns count. */
size_t runes(struct str s);

/* A text with nothing in it that a terminal or a reader could take for something else, as out_safe
 * writes it. */
struct str safe(struct arena *a, struct str s);

/* Text as text between the tags and in the attributes of XML and HTML. */
void out_markup(struct out *o, struct str s);

/* Text as text in Markdown as GitHub has it (GFM): whatever could be markup, a link or a mention is
 * a character reference. */
void out_markdown(struct out *o, struct str s);

/* The value of a setting as shown: masked by the name of its option. */
struct str setting_shown(struct arena *a, const struct setting *x);

/* The same of one side of a difference; empty where that side has nothing. */
struct str side_shown(struct arena *a, const struct difference *d, unsigned side);

struct str intended_shown(struct arena *a, const struct intended *x);

/* "kubelet.service", or the layout's name where no unit launches it. */
struct str launch_name(const struct launch *l);

/* The first command of a unit, NULL when there is none. */
const struct command *unit_first(const struct unit *u);

/* Settings of a launch that have a config path, in order of paths. */
struct setting_list {
	const struct setting **at;
	size_t n, cap;
};

struct setting_list settings_sorted(struct arena *a, const struct settings *s);

#endif
