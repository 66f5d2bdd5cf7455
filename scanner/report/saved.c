/*
 * saved.c - a JSON report of a scan (testdata/report.schema.json) back into a report, as far as
 * formats show it: what is written of it as JSON is the same document again. Other kinds of report,
 * and other schema versions, are refused. A rule that is built in has its words of today.
 */
#include <stdio.h>

#include "arena.h"
#include "json.h"
#include "saved.h"

/* ---- rules ---- */

/* A rule of somebody's own is known by what its findings say of it. */
static const struct rule *rule_saved(struct saved *s, const struct doc *d,
				     const struct findings *before)
{
	struct str id = saved_text(d, "rule");
	size_t n;
	const struct rule *all = rules_all(&n);
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_from(all[i].id), id))
			return &all[i];
	for (size_t i = 0; i < before->n; i++)
		if (str_eq(str_from(before->at[i].rule->id), id))
			return before->at[i].rule;
	struct rule *rule = NEW(s->arena, struct rule);
	struct control *own = NEW(s->arena, struct control);
	*rule = (struct rule){
		.id = str_z(s->arena, id),
		.title = str_z(s->arena, saved_text(d, "title")),
		.severity = str_z(s->arena, saved_text(d, "severity")),
		.about = "",
		.remedy = str_z(s->arena, saved_text(d, "remediation")),
		.own = own,
	};
	own->benchmark = "";
	own->rule = rule->id;
	own->number = str_z(s->arena, saved_text(d, "number"));
	return rule;
}

/* ---- findings ---- */

static bool verdict_saved(struct saved *s, const struct doc *d, enum verdict *out)
{
	struct str name = saved_text(d, "verdict");
	for (enum verdict v = VERDICT_PASS; v <= VERDICT_NOT_APPLICABLE; v++)
		if (str_eq(name, str_from(verdict_name(v)))) {
			*out = v;
			return true;
		}
	return saved_refuse(s, d, "a result without a verdict");
}

static enum source source_named(struct str name)
{
	enum source source = SOURCE_INODE;
	while (source > SOURCE_DEFAULT && !str_eq(name, str_from(source_name(source))))
		source--;
	return source;
}

/* Only ASK_IS expects a value of the setting's own type. */
static const struct want *want_saved(const struct doc *expected)
{
	static const struct want exact = {.ask = ASK_IS}, other = {.ask = ASK_HAS};
	return expected && expected->kind != DOC_STRING ? &exact : &other;
}

static const struct launch *launch_named(const struct launches *launches, struct str name)
{
	for (size_t i = 0; name.n && i < launches->n; i++)
		if (str_eq(launch_name(&launches->at[i]), name))
			return &launches->at[i];
	return NULL;
}

/* The place of an unknown is that of its doubt. */
static void place_saved(struct saved *s, const struct doc *d, enum verdict v,
			const struct origin **from, struct doubt *doubt)
{
	const struct origin *o = saved_origin(s, d, "origin");
	if (v == VERDICT_UNKNOWN)
		doubt->from = o;
	else
		*from = o;
}

static bool answers_saved(struct saved *s, const struct doc *d, struct answers *out)
{
	const struct doc *list = saved_list(d, "answers");
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *x = list->entries[i].value;
		const struct doc *value = doc_get(x, S("effective"));
		const struct doc *expected = doc_get(x, S("expected"));
		struct answer *answer = vec_push(s->arena, out);
		if (!verdict_saved(s, x, &answer->verdict) || !saved_doubt(s, x, &answer->doubt))
			return false;
		answer->want = want_saved(expected);
		answer->option = saved_option(s, value, expected);
		answer->name = saved_exact(s, x, "name", "bytes");
		answer->value = saved_value(value);
		answer->expected = saved_value(expected);
		place_saved(s, x, answer->verdict, &answer->from, &answer->doubt);
		answer->remedy = saved_text(x, "remediation");
	}
	return true;
}

static const struct waiver *waiver_saved(struct saved *s, const struct doc *d)
{
	const struct doc *x = doc_get(d, S("waiver"));
	if (!x || x->kind != DOC_MAP)
		return NULL;
	struct waiver *w = NEW(s->arena, struct waiver);
	w->reason = saved_text(x, "reason");
	w->expires = saved_text(x, "expires");
	w->owner = saved_text(x, "owner");
	w->ticket = saved_text(x, "ticket");
	return w;
}

static bool finding_saved(struct saved *s, const struct doc *d, const struct launches *launches,
			  const struct findings *before, struct finding *f)
{
	const struct doc *value = doc_get(d, S("effective")), *expected = doc_get(d, S("expected"));
	if (!saved_text(d, "rule").n)
		return saved_refuse(s, d, "a result without a rule");
	if (!verdict_saved(s, d, &f->verdict) || !saved_doubt(s, d, &f->doubt) ||
	    !answers_saved(s, d, &f->answers))
		return false;
	f->rule = rule_saved(s, d, before);
	f->number = str_z(s->arena, saved_text(d, "number"));
	f->launch = launch_named(launches, saved_text(d, "unit"));
	f->want = want_saved(expected);
	f->option = saved_option(s, value, expected);
	f->provisional = saved_true(d, "provisional");
	f->effective = saved_value(value);
	f->expected = saved_value(expected);
	f->source = source_named(saved_text(d, "source"));
	place_saved(s, d, f->verdict, &f->from, &f->doubt);
	f->shadowed = saved_shadowed(s, d, "shadowed");
	f->pending = saved_pendings(s, d, "pending");
	f->intended = saved_intentions(s, d, "intended");
	f->note = saved_text(d, "note");
	if (f->verdict == VERDICT_FAIL)
		f->remedy = saved_text(d, "remediation");
	f->waiver = waiver_saved(s, d);
	f->known = saved_true(d, "known");
	return true;
}

static bool findings(struct saved *s, const struct doc *d, const struct launches *launches,
		     struct findings *out)
{
	const struct doc *list = doc_get(d, S("results"));
	if (!list || list->kind != DOC_LIST)
		return saved_refuse(s, d,
				    "a target without results: is this the report of a scan?");
	for (size_t i = 0; i < list->n; i++) {
		struct finding f = {0};
		if (!finding_saved(s, list->entries[i].value, launches, out, &f))
			return false;
		*vec_push(s->arena, out) = f;
	}
	return true;
}

/* ---- launches ---- */

static const struct file *file_saved(struct saved *s, struct str path)
{
	struct file *file = NEW(s->arena, struct file);
	file->path = file->real = path;
	return path.n ? file : NULL;
}

/* What is known of a unit is its name, its fragment, and whether it starts. */
static const struct unit *unit_saved(struct saved *s, const struct doc *d)
{
	const struct doc *starts = doc_get(d, S("starts"));
	struct unit *u = NEW(s->arena, struct unit);
	u->name = u->id = saved_text(d, "unit");
	u->fragment = file_saved(s, saved_text(d, "fragment"));
	u->starts = !starts || starts->kind != DOC_BOOL ? STARTS_UNTOLD
		    : saved_true(d, "starts")           ? STARTS_YES
							: STARTS_NO;
	return u->name.n ? u : NULL;
}

static bool launch_saved(struct saved *s, const struct doc *d, struct launch *l,
			 struct settings *set)
{
	struct str error = saved_text(d, "error");
	l->layout = str_z(s->arena, saved_text(d, "layout"));
	l->recognised = saved_text(d, "recognised");
	l->unit = unit_saved(s, d);
	l->argv = saved_words(s, d, "argv");
	set->version.text = saved_text(d, "kubeletVersion");
	set->config.text = saved_text(d, "config");
	set->config_dir.text = saved_text(d, "configDir");
	set->error = error.n ? str_z(s->arena, error) : NULL;
	set->error_text = saved_text(d, "errorText");
	set->error_from = saved_origin(s, d, "errorOrigin");
	return saved_doubt(s, d, &l->doubt);
}

static bool launches_saved(struct saved *s, const struct doc *d, struct target_report *t)
{
	const struct doc *list = saved_list(d, "launches");
	t->settings = NEW_N(s->arena, const struct settings *, list->n + 1);
	for (size_t i = 0; i < list->n; i++) {
		struct settings *set = NEW(s->arena, struct settings);
		t->settings[i] = set;
		if (!launch_saved(s, list->entries[i].value, vec_push(s->arena, &t->launches), set))
			return false;
	}
	return true;
}

/* ---- targets ---- */

static bool error_saved(struct saved *s, const struct doc *d, struct error *out)
{
	const struct doc *x = doc_get(d, S("error"));
	struct str kind = saved_text(x, "kind"), text = saved_text(x, "text");
	if (!x || x->kind == DOC_NULL)
		return true;
	for (enum error_kind k = ERR_IO; k <= ERR_USAGE; k++)
		if (str_eq(kind, str_from(json_error_kind(k))))
			out->kind = k;
	snprintf(out->text, sizeof out->text, "%" PRIstr, ARG(text));
	return out->kind != ERR_NONE || saved_refuse(s, x, "not a kind of error");
}

static struct version version_saved(const struct doc *d, const char *key)
{
	const struct doc *x = doc_get(d, str_from(key));
	return (struct version){.text = saved_text(x, "version"),
				.source = saved_text(x, "versionSource")};
}

static bool target_saved(struct saved *s, const struct doc *d, struct target_report *t)
{
	const struct doc *benchmark = doc_get(d, S("benchmark"));
	struct os *os = NEW(s->arena, struct os);
	os->pretty = saved_text(d, "os");
	t->target = t->image.target = saved_text(d, "target");
	t->image.kind = saved_text(d, "kind");
	t->image.trail = saved_text(d, "readAs");
	t->image.digest = saved_text(d, "digest");
	t->image.platform = saved_text(d, "platform");
	t->os = os;
	t->kubelet = version_saved(d, "kubelet");
	t->systemd = version_saved(d, "systemd");
	saved_read(s, doc_get(d, S("read")), t);
	t->benchmark = saved_text(benchmark, "name");
	t->benchmark_why = saved_text(benchmark, "why");
	t->notes = saved_notes(s, d, "notes");
	return error_saved(s, d, &t->error) && launches_saved(s, d, t) &&
	       findings(s, d, &t->launches, &t->findings);
}

bool report_read(struct arena *a, const struct file *file, struct report *out, struct error *e)
{
	struct saved s = {a, e};
	struct doc_fault fault = {0};
	const struct doc *d = doc_json_within(a, file, REPORT_VALUES_MAX, &fault);
	if (!d)
		return fail(e, fault.limit ? ERR_LIMIT : ERR_CORRUPT, "is not JSON: %" PRIstr,
			    ARG(fault.text));
	const struct doc *targets = doc_get(d, S("targets"));
	if (!str_eq(saved_text(d, "schemaVersion"), S("1.0")) || !targets ||
	    targets->kind != DOC_LIST)
		return saved_refuse(&s, d, "not a report of a scan, schemaVersion 1.0");
	out->kind = REPORT_SCAN;
	out->version = str_z(a, saved_text(doc_get(d, S("tool")), "version"));
	out->timestamp = saved_text(d, "timestamp");
	for (size_t i = 0; i < targets->n; i++) {
		struct target_report *t = vec_push(a, &out->targets);
		if (!target_saved(&s, targets->entries[i].value, t))
			return false;
	}
	return true;
}
