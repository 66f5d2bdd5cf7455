/*
 * gate.c - which failures count: not those that a waiver excuses, nor, with --fail-on-new, those
 * that a saved report (--baseline) has already. Both stay failures in every report.
 *
 * A failure is the same as an earlier one when rule, unit, deciding file and value are; targets are
 * told apart by their names, but one target may be compared with one of another name.
 */
#include <string.h>

#include "session.h"

enum { BASELINE_FILE_MAX = 256 << 20, WAIVER_FILE_MAX = 1 << 20 };

static bool read_waivers(struct offnode_report *r, struct str path)
{
	struct doc_fault fault = {0};
	const struct file *file = run_file(r, "ignorefile", path, WAIVER_FILE_MAX);
	if (!file)
		return false;
	return waivers_read(r->report.arena, file, &r->report.waivers, &fault) ||
	       run_fault(r, file, &fault);
}

static bool read_baseline(struct offnode_report *r, struct str path)
{
	struct doc_fault fault = {0};
	const struct file *file = run_file(r, "baseline", path, BASELINE_FILE_MAX);
	if (!file)
		return false;
	r->baseline = doc_json(r->report.arena, file, &fault);
	if (!r->baseline)
		return run_fault(r, file, &fault);
	const struct doc *targets = doc_get(r->baseline, S("targets"));
	if (!targets || targets->kind != DOC_LIST)
		return run_fail(r, OFFNODE_USAGE,
				"--baseline: %" PRIstr ": is no report of offnode in JSON",
				ARG(path));
	return true;
}

bool gate_begin(struct offnode_report *r)
{
	const struct offnode *o = r->session;
	struct str waivers = option_text(o, OPTION_ignorefile);
	struct str baseline = option_text(o, OPTION_baseline);
	r->report.fail_on_new = option_on(o, OPTION_fail_on_new);
	if (r->report.fail_on_new && !baseline.n)
		return run_fail(r, OFFNODE_USAGE, "--fail-on-new: needs --baseline");
	return (!waivers.n || read_waivers(r, waivers)) &&
	       (!baseline.n || read_baseline(r, baseline));
}

/* ---- the baseline ---- */

/* A value as the report writes it. */
static struct str written(const struct doc *d)
{
	if (!d || d->kind == DOC_NULL)
		return (struct str){0};
	if (d->kind == DOC_LIST || d->kind == DOC_MAP)
		return str_slice(d->from->file->text, d->from->at, d->from->at + d->from->len);
	return d->text;
}

static bool same_failure(const struct doc *result, const struct finding *f)
{
	const struct origin *from = f->from;
	struct str path = from ? from->file->path : (struct str){0};
	struct str unit = f->launch && f->launch->unit ? f->launch->unit->id : (struct str){0};
	return str_eq(doc_string(doc_get(result, S("verdict"))), S("fail")) &&
	       str_eq(doc_string(doc_get(result, S("rule"))), str_from(f->rule->id)) &&
	       str_eq(doc_string(doc_get(result, S("unit"))), unit) &&
	       str_eq(doc_string(doc_get(doc_get(result, S("origin")), S("path"))), path) &&
	       str_eq(written(doc_get(result, S("effective"))), f->effective);
}

static bool in_target(const struct doc *target, const struct finding *f)
{
	const struct doc *results = doc_get(target, S("results"));
	for (size_t i = 0; results && results->kind == DOC_LIST && i < results->n; i++)
		if (same_failure(results->entries[i].value, f))
			return true;
	return false;
}

static bool in_baseline(const struct offnode_report *r, const struct target_report *t,
			const struct finding *f)
{
	const struct doc *targets = doc_get(r->baseline, S("targets"));
	bool any_name = targets->n == 1 && r->report.targets.n == 1;
	for (size_t i = 0; i < targets->n; i++) {
		const struct doc *target = targets->entries[i].value;
		struct str name = doc_string(doc_get(target, S("target")));
		if ((any_name || str_eq(name, t->target)) && in_target(target, f))
			return true;
	}
	return false;
}

/* ---- after all targets ---- */

static void tell_waivers(struct offnode_report *r)
{
	bool strict = option_on(r->session, OPTION_strict_waivers);
	for (size_t i = 0; i < r->report.waivers.n; i++) {
		const struct waiver *w = &r->report.waivers.at[i];
		const char *trouble = waiver_trouble(w);
		if (!trouble)
			continue;
		struct str more = w->wrong.n ? w->wrong : w->expired ? w->expires : (struct str){0};
		run_fail(r, strict ? OFFNODE_CORRUPT : OFFNODE_OK,
			 "%" PRIstr ":%zu: %s waiver of '%" PRIstr "'%s%" PRIstr,
			 ARG(w->from->file->path), origin_place(w->from).line, trouble,
			 ARG(w->rule), more.n ? ": " : "", ARG(more));
	}
}

void gate_end(struct offnode_report *r)
{
	struct str today = r->report.timestamp.n ? r->report.timestamp : run_time(r, S("now"));
	for (size_t i = 0; i < r->report.targets.n; i++) {
		struct target_report *t = &r->report.targets.at[i];
		waivers_apply(r->report.arena, &r->report.waivers, str_slice(today, 0, 10),
			      t->target, &t->findings);
		for (size_t k = 0; r->baseline && k < t->findings.n; k++) {
			struct finding *f = &t->findings.at[k];
			f->known = f->verdict == VERDICT_FAIL && in_baseline(r, t, f);
		}
	}
	if (r->report.kind == REPORT_SCAN)
		tell_waivers(r);
}
