/*
 * text.c - the report for people: places, caret lines as compilers print them, headings, notes.
 * Everything that an image names goes through out_safe.
 */
#include "text.h"

#include <stdio.h>

#include "arena.h"
#include "formats.h"

void text_paint(struct text *t, enum paint paint, const char *word)
{
	static const char *const codes[] = {"1;31", "1;32", "1;33", "1", "2"};
	if (t->r->colour)
		out_fmt(t->o, "\033[%sm%s\033[0m", codes[paint], word);
	else
		out_z(t->o, word);
}

static struct str place_suffix(struct text *t, const struct origin *o)
{
	struct str suffix = {0};
	if (origin_quotable(o)) {
		struct place p = origin_place(o);
		suffix = str_fmt(t->arena, ":%zu:%zu", p.line, p.column);
	}
	if (t->layered && o->file->layer.n)
		suffix = str_fmt(t->arena, "%" PRIstr " [%" PRIstr "]", ARG(suffix),
				 ARG(o->file->layer));
	return suffix;
}

void text_place(struct text *t, const struct origin *o)
{
	if (!origin_placed(o))
		return;
	out_safe(t->o, o->file->path);
	out_safe(t->o, place_suffix(t, o));
}

size_t text_place_width(struct text *t, const struct origin *o)
{
	return origin_placed(o) ? out_safe_width(o->file->path) + out_safe_width(place_suffix(t, o))
				: 0;
}

void text_caret(struct text *t, const struct origin *o, size_t indent)
{
	struct excerpt e = excerpt_of(t->arena, o);
	if (e.cut_head) {
		out_z(t->o, "...");
		indent += 3;
	}
	out_safe(t->o, e.text);
	out_z(t->o, e.cut_tail ? "...\n" : "\n");
	size_t before = out_safe_width(str_slice(e.text, 0, e.from));
	size_t width = out_safe_width(str_slice(e.text, e.from, e.from + e.len));
	out_fill(t->o, ' ', indent + before);
	struct str tail =
		str_fmt(t->arena, "^%.*s", (int)(width > 1 ? width - 1 : 0),
			"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
			"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
			"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~");
	text_paint(t, PAINT_GREEN, str_z(t->arena, tail));
	out_z(t->o, "\n");
}

void text_target(struct text *t, const struct target_report *target)
{
	t->layered = target->image.layers.n > 1 || (target->mounted && target->mounted->n > 0);
}

void text_heading(struct text *t, const struct target_report *target)
{
	text_paint(t, PAINT_BOLD, str_z(t->arena, safe(t->arena, target->target)));
	if (target->error.kind != ERR_NONE) {
		out_z(t->o, "    not read: ");
		out_safe(t->o, str_from(target->error.text));
		out_z(t->o, "\n");
		return;
	}
	out_z(t->o, "   ");
	out_safe(t->o, target->image.trail.n ? target->image.trail : target->image.kind);
	if (target->os && target->os->pretty.n) {
		out_z(t->o, "    ");
		out_safe(t->o, target->os->pretty);
	}
	if (target->kubelet.text.n) {
		out_z(t->o, "    kubelet ");
		out_safe(t->o, target->kubelet.text);
	}
	out_z(t->o, "\n");
}

static void remark(struct text *t, struct str what, const struct origin *from)
{
	out_z(t->o, "note  ");
	if (origin_placed(from)) {
		text_place(t, from);
		out_z(t->o, ": ");
	}
	out_safe(t->o, what);
	out_z(t->o, "\n");
	if (origin_quotable(from) && t->r->verbosity > 0) {
		out_z(t->o, "      ");
		text_caret(t, from, 6);
	}
}

enum { NOTES_SHOWN = 5 };

void text_remarks(struct text *t, const struct target_report *target)
{
	if (t->r->verbosity < 0)
		return;
	size_t shown = t->r->verbosity > 0 || target->notes.n <= NOTES_SHOWN ? target->notes.n
									     : NOTES_SHOWN;
	for (size_t i = 0; i < shown; i++)
		remark(t, target->notes.at[i].text, target->notes.at[i].from);
	size_t more = target->notes.n - shown + target->notes.dropped;
	if (more)
		out_fmt(t->o, "note  and %zu more (-v)\n", more);
	for (size_t i = 0; i < target->read.limits.n; i++)
		remark(t, target->read.limits.at[i].text, NULL);
}

void write_text(const struct report *r, struct out *o)
{
	struct text t = {.r = r, .o = o, .arena = r->arena};
	switch (r->kind) {
	case REPORT_SCAN: text_scan(&t); break;
	case REPORT_ARGV: text_argv(&t); break;
	case REPORT_CONFIG: text_config(&t); break;
	case REPORT_EXPLAIN: text_explain(&t); break;
	case REPORT_STORY: text_story(&t); break;
	case REPORT_INSPECT: text_inspect(&t); break;
	case REPORT_DIFF: text_diff(&t); break;
	case REPORT_RULES: text_rules(&t); break;
	case REPORT_CACHE: text_cache(&t); break;
	case REPORT_RAW: out_str(o, r->raw); break;
	}
}
