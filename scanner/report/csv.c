/*
 * csv.c - findings as a table with a heading (RFC 4180, UTF-8): a line a finding, and one for each
 * target that could not be read. A cell that a spreadsheet would take for a formula begins with
 * an apostrophe (OWASP, "CSV Injection").
 */
#include <string.h>

#include "finding.h"
#include "formats.h"

static const char *const columns[] = {
	"target",  "unit",        "rule",      "number",      "title",  "severity",
	"verdict", "provisional", "effective", "expected",    "source", "path",
	"line",    "column",      "reason",    "explanation", "remedy",
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static void cell(struct out *o, struct arena *a, struct str s)
{
	s = safe(a, s);
	if (s.n && strchr("=+-@\t\r", s.p[0]))
		s = str_cat(a, S("'"), s);
	out_z(o, "\"");
	for (size_t i = 0; i < s.n; i++)
		out_fill(o, s.p[i], s.p[i] == '"' ? 2 : 1);
	out_z(o, "\"");
}

static void line(struct out *o, struct arena *a, const struct str *cells)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		if (i)
			out_z(o, ",");
		if (cells[i].n)
			cell(o, a, cells[i]);
	}
	out_z(o, "\r\n");
}

static void heading(struct out *o)
{
	for (size_t i = 0; i < COLUMNS; i++)
		out_fmt(o, "%s%s", i ? "," : "", columns[i]);
	out_z(o, "\r\n");
}

static void finding(struct out *o, struct arena *a, const struct target_report *t,
		    const struct finding *f)
{
	const struct origin *from = finding_from(f);
	struct place p = {0};
	if (origin_quotable(from))
		p = origin_place(from);
	bool told = f->verdict == VERDICT_PASS || f->verdict == VERDICT_FAIL;
	const struct str cells[COLUMNS] = {
		t->target,
		finding_unit(f),
		str_from(f->rule->id),
		str_from(f->number),
		str_from(f->rule->title),
		str_from(f->rule->severity),
		str_from(verdict_name(f->verdict)),
		f->provisional ? S("true") : S("false"),
		f->effective,
		f->expected,
		told ? str_from(source_name(f->source)) : (struct str){0},
		from ? from->file->path : (struct str){0},
		p.line ? str_fmt(a, "%zu", p.line) : (struct str){0},
		p.line ? str_fmt(a, "%zu", p.column) : (struct str){0},
		str_from(reason_name(f->doubt.reason)),
		f->doubt.text,
		f->verdict == VERDICT_PASS ? (struct str){0} : finding_remedy(f),
	};
	line(o, a, cells);
}

void write_csv(const struct report *r, struct out *o)
{
	heading(o);
	for (size_t t = 0; t < r->targets.n; t++) {
		const struct target_report *target = &r->targets.at[t];
		for (size_t i = 0; i < target->findings.n; i++)
			finding(o, r->arena, target, &target->findings.at[i]);
		struct finding unread = finding_unread(target);
		if (target->error.kind != ERR_NONE)
			finding(o, r->arena, target, &unread);
	}
}
