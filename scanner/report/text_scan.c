/*
 * text_scan.c - findings for people: the verdict, the line that decides it, what pulled it in,
 * what it won over, and what to do.
 */
#include "finding.h"
#include "text.h"

enum { INDENT = 6, LABEL = 9 };

static void label(struct text *t, const char *name)
{
	out_fmt(t->o, "%*s%-*s", INDENT, "", LABEL, name);
}

/* A line of its own; none for an empty text. */
static void labelled(struct text *t, const char *name, struct str text)
{
	if (!text.n)
		return;
	label(t, name);
	out_safe(t->o, text);
	out_z(t->o, "\n");
}

static void verdict(struct text *t, enum verdict v)
{
	static const struct {
		const char *word;
		enum paint paint;
	} shown[] = {
		[VERDICT_PASS] = {"PASS", PAINT_GREEN},
		[VERDICT_FAIL] = {"FAIL", PAINT_RED},
		[VERDICT_UNKNOWN] = {"UNKNOWN", PAINT_YELLOW},
		[VERDICT_NOT_APPLICABLE] = {"N/A", PAINT_DIM},
	};
	text_paint(t, shown[v].paint, shown[v].word);
}

static void quoted(struct text *t, const struct origin *o)
{
	out_fill(t->o, ' ', INDENT);
	text_place(t, o);
	out_z(t->o, origin_quotable(o) ? "   " : "\n");
	if (origin_quotable(o))
		text_caret(t, o, INDENT + text_place_width(t, o) + 3);
}

static void span(struct text *t, const struct origin *o)
{
	struct excerpt e = excerpt_of(t->arena, o);
	text_place(t, o);
	out_z(t->o, "  ");
	out_safe(t->o, str_slice(e.text, e.from, e.from + e.len));
	out_z(t->o, "\n");
}

static void through(struct text *t, const struct origin *o)
{
	for (const struct origin *via = o->via; origin_placed(via); via = via->via) {
		label(t, "through");
		span(t, via);
	}
}

static void over(struct text *t, const struct setting *lost)
{
	for (; lost; lost = lost->shadowed) {
		if (!origin_placed(lost->from))
			continue;
		label(t, "over");
		text_place(t, lost->from);
		out_z(t->o, "  ");
		struct excerpt e = excerpt_of(t->arena, lost->from);
		bool flag = lost->level == LEVEL_FLAG;
		out_safe(t->o, flag ? str_slice(e.text, e.from, e.from + e.len) : e.text);
		out_z(t->o, "\n");
	}
}

static void pending(struct text *t, const struct pendings *pending)
{
	for (size_t i = 0; i < pending->n; i++) {
		label(t, "pending");
		out_safe(t->o, pending->at[i].path);
		if (pending->at[i].why.n || pending->at[i].writer.n) {
			out_z(t->o, "  ");
			text_why(t, &pending->at[i]);
		}
		out_z(t->o, "\n");
	}
}

static void intended(struct text *t, const struct intentions *all)
{
	for (size_t i = 0; i < all->n; i++) {
		label(t, "intended");
		text_intended(t, &all->at[i]);
		out_z(t->o, "\n");
	}
}

static void reason(struct text *t, const struct doubt *d)
{
	label(t, "why");
	out_safe(t->o, d->text.n ? d->text : str_from(reason_name(d->reason)));
	out_z(t->o, "\n");
	if (!origin_placed(d->from))
		return;
	quoted(t, d->from);
	through(t, d->from);
}

/* Each file and setting that was looked at, where there are several. */
static void answers(struct text *t, const struct answers *all)
{
	for (size_t i = 0; all->n > 1 && i < all->n; i++) {
		const struct answer *x = &all->at[i];
		label(t, "also");
		out_fmt(t->o, "%s  ", verdict_name(x->verdict));
		out_safe(t->o, x->name);
		out_z(t->o, "  ");
		out_safe(t->o, x->value.n ? x->value : x->doubt.text);
		out_z(t->o, "\n");
	}
}

static bool shown(const struct text *t, const struct finding *f)
{
	return t->r->verbosity >= 0 || f->verdict == VERDICT_FAIL || f->verdict == VERDICT_UNKNOWN;
}

static void finding(struct text *t, const struct finding *f, bool several)
{
	bool loud = t->r->verbosity > 0 || f->verdict != VERDICT_PASS;
	if (!shown(t, f))
		return;
	verdict(t, f->verdict);
	out_fmt(t->o, "  %s  %s          ", finding_name(f), f->rule->title);
	out_safe(t->o, finding_outcome(t->arena, f));
	out_z(t->o, "\n");
	if (f->launch && several)
		labelled(t, "unit", launch_name(f->launch));
	if (f->verdict == VERDICT_UNKNOWN)
		reason(t, &f->doubt);
	if (origin_placed(f->from) && loud) {
		quoted(t, f->from);
		through(t, f->from);
		over(t, f->shadowed);
	}
	if (loud) {
		answers(t, &f->answers);
		labelled(t, "note", f->note);
	}
	if (f->provisional || loud)
		pending(t, &f->pending);
	intended(t, &f->intended);
	if (f->waiver)
		labelled(t, "waived", finding_waiver(t->arena, f));
	labelled(t, "fix", f->remedy);
}

static void summary(struct text *t)
{
	struct report_counts n = report_count(t->r);
	out_fmt(t->o, "%zu failed", n.fail);
	if (n.waived)
		out_fmt(t->o, " (%zu waived)", n.waived);
	if (n.known)
		out_fmt(t->o, " (%zu known)", n.known);
	out_fmt(t->o, ", %zu passed, %zu unknown", n.pass, n.unknown);
	if (n.not_applicable)
		out_fmt(t->o, ", %zu not applicable", n.not_applicable);
	if (n.provisional)
		out_fmt(t->o, "; %zu provisional", n.provisional);
	if (n.errors)
		out_fmt(t->o, "; %zu not read", n.errors);
	out_z(t->o, "\n");
}

static void target_part(struct text *t, const struct target_report *target)
{
	bool any = t->r->verbosity >= 0 || target->error.kind != ERR_NONE;
	for (size_t i = 0; i < target->findings.n; i++)
		any |= shown(t, &target->findings.at[i]);
	if (!any)
		return;
	text_target(t, target);
	text_heading(t, target);
	if (target->benchmark.n && !t->r->benchmark.n) {
		out_z(t->o, "benchmark ");
		out_safe(t->o, target->benchmark);
		out_z(t->o, ": ");
		out_safe(t->o, target->benchmark_why);
		out_z(t->o, "\n");
	}
	out_z(t->o, "\n");
	for (size_t i = 0; i < target->findings.n; i++)
		finding(t, &target->findings.at[i], target->launches.n > 1 || t->r->verbosity > 0);
	text_remarks(t, target);
	if (target->findings.n || target->notes.n)
		out_z(t->o, "\n");
}

void text_scan(struct text *t)
{
	for (size_t i = 0; i < t->r->targets.n; i++)
		target_part(t, &t->r->targets.at[i]);
	if (t->r->timestamp.n)
		out_fmt(t->o, "%" PRIstr "  ", ARG(t->r->timestamp));
	summary(t);
}
