/*
 * sarif.c - findings as a SARIF 2.1.0 log (OASIS), with what GitHub code scanning asks for besides
 * ("SARIF support for code scanning"): every result has a location with a region and a fingerprint
 * that does not hang on line numbers. Failures and unknowns are results, rules that were met are
 * none; a target that could not be read is a notification of the invocation. One run for all
 * targets: GitHub takes one for each tool and category.
 */
#include "arena.h"
#include "blob.h"
#include "finding.h"
#include "formats.h"
#include "map.h"

/* GitHub refuses a run with more results, and cuts a result with more locations. */
enum { RESULTS_MOST = 25000, LOCATIONS_MOST = 1000 };

struct sarif {
	const struct report *r;
	struct arena *arena;
	struct json_out j;
	struct rule_set rules;
	struct map *seen; /* fingerprints, and how often each was given */
	size_t results, left_out;
};

/* Section 3.11: in messages, braces are placeholders and brackets are links. */
static struct str message_text(struct arena *a, struct str s)
{
	struct out *o = out_new(a);
	s = safe(a, s);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '{' || c == '}')
			out_fill(o, c, 1);
		else if (c == '[' || c == ']' || c == '\\')
			out_z(o, "\\");
		out_fill(o, c, 1);
	}
	return out_text(o);
}

static void message(struct sarif *s, const char *key, struct str text)
{
	json_member(&s->j, key, '{');
	json_member_str(&s->j, "text", message_text(s->arena, text));
	json_close(&s->j);
}

/* ---- rules ---- */

static struct str cut(struct str s, size_t most)
{
	return str_slice(s, 0, most);
}

/* GitHub's scale: below 4 is low, below 7 medium, below 9 high. */
static const char *security_severity(const char *severity)
{
	switch (severity[0]) {
	case 'h': return "8.0";
	case 'm': return "5.5";
	default: return "3.0";
	}
}

static void rule_properties(struct sarif *s, const struct rule *rule)
{
	static const char *const tags[] = {"security", "kubernetes", "kubelet", "configuration"};
	struct words aliases = rule_aliases(s->arena, rule);
	json_member(&s->j, "properties", '{');
	json_member(&s->j, "tags", '[');
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		json_z(&s->j, tags[i]);
	json_close(&s->j);
	json_member_z(&s->j, "precision", "very-high");
	json_member_z(&s->j, "security-severity", security_severity(rule->severity));
	json_member(&s->j, "aliases", '[');
	for (size_t i = 0; i < aliases.n; i++)
		json_str(&s->j, aliases.at[i].text);
	json_close(&s->j);
	json_close(&s->j);
}

static void rule_help(struct sarif *s, const struct rule *rule)
{
	struct str about = str_from(rule->about), remedy = str_from(rule->remedy);
	struct out *markdown = out_new(s->arena);
	out_markdown(markdown, about);
	out_z(markdown, "\n\n**What to do:** ");
	out_markdown(markdown, remedy);
	json_member(&s->j, "help", '{');
	json_member_str(&s->j, "text",
			str_fmt(s->arena, "%" PRIstr "\n\nWhat to do: %" PRIstr,
				ARG(message_text(s->arena, about)),
				ARG(message_text(s->arena, remedy))));
	json_member_str(&s->j, "markdown", out_text(markdown));
	json_close(&s->j);
}

static void rules(struct sarif *s)
{
	json_member(&s->j, "rules", '[');
	for (size_t i = 0; i < s->rules.n; i++) {
		const struct rule *rule = s->rules.at[i];
		struct str title = str_from(rule->title), about = str_from(rule->about);
		json_open(&s->j, '{');
		json_member_z(&s->j, "id", rule->id);
		json_member_str(&s->j, "name", cut(str_from(rule->id), 255));
		message(s, "shortDescription", cut(title, 1000));
		message(s, "fullDescription", cut(about.n ? about : title, 1000));
		rule_help(s, rule);
		json_member(&s->j, "defaultConfiguration", '{');
		json_member_z(&s->j, "level", "error");
		json_close(&s->j);
		rule_properties(s, rule);
		json_close(&s->j);
	}
	json_close(&s->j);
}

/* ---- locations ---- */

static void region(struct sarif *s, const struct excerpt *e)
{
	struct str span = str_slice(e->text, e->from, e->from + e->len);
	json_member(&s->j, "region", '{');
	json_member_int(&s->j, "startLine", (int64_t)e->line);
	json_member_int(&s->j, "startColumn", (int64_t)e->column);
	json_member_int(&s->j, "endLine", (int64_t)e->line);
	json_member_int(&s->j, "endColumn", (int64_t)(e->column + runes(span)));
	if (span.n) {
		json_member(&s->j, "snippet", '{');
		json_member_str(&s->j, "text", safe(s->arena, span));
		json_close(&s->j);
	}
	json_close(&s->j);
}

static void physical_location(struct sarif *s, struct str path, const struct excerpt *e)
{
	json_member(&s->j, "physicalLocation", '{');
	json_member(&s->j, "artifactLocation", '{');
	json_member_str(&s->j, "uri", place_uri(s->arena, path));
	json_close(&s->j);
	if (e)
		region(s, e);
	json_close(&s->j);
}

/* The start of the file where no place in it is known: GitHub wants a region. */
static void origin_location(struct sarif *s, const struct origin *o)
{
	struct excerpt e = {.line = 1, .column = 1};
	if (origin_quotable(o))
		e = excerpt_of(s->arena, o);
	physical_location(s, o->file->path, &e);
}

static void location(struct sarif *s, const struct target_report *t, const struct finding *f)
{
	const struct origin *o = finding_from(f);
	json_member(&s->j, "locations", '[');
	json_open(&s->j, '{');
	if (o)
		origin_location(s, o);
	else
		physical_location(s, finding_home(t, f), &(struct excerpt){.line = 1, .column = 1});
	json_member(&s->j, "logicalLocations", '[');
	json_open(&s->j, '{');
	json_member_str(&s->j, "fullyQualifiedName",
			safe(s->arena, str_fmt(s->arena, "%" PRIstr "%s%" PRIstr, ARG(t->target),
					       f->launch ? "!" : "", ARG(finding_unit(f)))));
	json_member_z(&s->j, "kind", "resource");
	json_close(&s->j);
	json_close(&s->j);
	json_close(&s->j);
	json_close(&s->j);
}

static void related(struct sarif *s, const struct evidences *all)
{
	json_member(&s->j, "relatedLocations", '[');
	size_t id = 0;
	for (size_t i = 0; i < all->n && id < LOCATIONS_MOST; i++) {
		const struct evidence *e = &all->at[i];
		bool lost = e->kind == EVIDENCE_OVER;
		if (!lost && e->kind != EVIDENCE_THROUGH)
			continue;
		json_open(&s->j, '{');
		json_member_int(&s->j, "id", (int64_t)++id);
		origin_location(s, e->from);
		message(s, "message",
			str_fmt(s->arena, "%s %" PRIstr, lost ? "overruled:" : "through",
				ARG(e->text)));
		json_close(&s->j);
	}
	json_close(&s->j);
}

/* How the value got there: from the line that asks for it to the line that gives it. */
static void code_flow(struct sarif *s, const struct origin *o)
{
	const struct origin *trail[LOCATIONS_MOST];
	size_t n = 0;
	for (; origin_placed(o) && n < LOCATIONS_MOST; o = o->via)
		trail[n++] = o;
	if (n < 2)
		return;
	json_member(&s->j, "codeFlows", '[');
	json_open(&s->j, '{');
	json_member(&s->j, "threadFlows", '[');
	json_open(&s->j, '{');
	json_member(&s->j, "locations", '[');
	while (n--) {
		struct excerpt e = {0};
		if (origin_quotable(trail[n]))
			e = excerpt_of(s->arena, trail[n]);
		json_open(&s->j, '{');
		json_member(&s->j, "location", '{');
		origin_location(s, trail[n]);
		message(s, "message", n ? str_slice(e.text, e.from, e.from + e.len) : e.text);
		json_close(&s->j);
		json_close(&s->j);
	}
	for (int i = 0; i < 5; i++)
		json_close(&s->j);
}

/* ---- results ---- */

/* Of what stays when lines move: the rule, the unit, the file. The n-th of the same has n behind
 * it, as CodeQL's have. */
static void fingerprint(struct sarif *s, const struct target_report *t, const struct finding *f)
{
	const struct origin *o = finding_from(f);
	struct str path = o ? o->file->path : finding_home(t, f), unit = finding_unit(f);
	struct out *key = out_new(s->arena);
	out_json(key, str_from(f->rule->id));
	out_json(key, unit);
	out_json(key, path);
	struct str hash = str_tail(digest_sha256(s->arena, out_text(key)), 7);
	hash = str_slice(hash, 0, 16);
	size_t *times = map_get(s->seen, hash);
	if (!times) {
		times = NEW(s->arena, size_t);
		map_put(s->seen, hash, times);
	}
	json_member(&s->j, "partialFingerprints", '{');
	json_member_str(&s->j, "primaryLocationLineHash",
			str_fmt(s->arena, "%" PRIstr ":%zu", ARG(hash), ++*times));
	json_close(&s->j);
}

static struct str result_text(struct sarif *s, const struct finding *f)
{
	struct arena *a = s->arena;
	struct str sentence = finding_sentence(a, f);
	if (f->verdict == VERDICT_UNKNOWN)
		return str_fmt(a, "%s: cannot be told, %" PRIstr ".", f->rule->title,
			       ARG(f->doubt.text.n ? f->doubt.text
						   : str_from(reason_name(f->doubt.reason))));
	return str_fmt(a, "%" PRIstr "; expected: %" PRIstr ". To mend it, %" PRIstr ".",
		       ARG(sentence), ARG(f->expected), ARG(finding_remedy(f)));
}

static void result_properties(struct sarif *s, const struct target_report *t,
			      const struct finding *f)
{
	json_member(&s->j, "properties", '{');
	json_member_str(&s->j, "target", safe(s->arena, t->target));
	json_member_str(&s->j, "number", str_from(f->number));
	json_member_z(&s->j, "verdict", verdict_name(f->verdict));
	json_member_bool(&s->j, "provisional", f->provisional);
	if (f->verdict == VERDICT_UNKNOWN) {
		json_member_z(&s->j, "reason", reason_name(f->doubt.reason));
	} else {
		json_member_str(&s->j, "effective", safe(s->arena, f->effective));
		json_member_str(&s->j, "expected", safe(s->arena, f->expected));
	}
	json_close(&s->j);
}

/* Section 3.35: a waiver stands outside of the log. */
static void suppression(struct sarif *s, const struct finding *f)
{
	if (!f->waiver)
		return;
	json_member(&s->j, "suppressions", '[');
	json_open(&s->j, '{');
	json_member_z(&s->j, "kind", "external");
	json_member_z(&s->j, "status", "accepted");
	json_member_str(&s->j, "justification", safe(s->arena, finding_waiver(s->arena, f)));
	json_close(&s->j);
	json_close(&s->j);
}

/* A level other than "none" demands the kind "fail" (section 3.27.10), and what has no level is
 * not shown: an unknown is a failure to tell, of level warning. */
static void result(struct sarif *s, const struct target_report *t, const struct finding *f)
{
	struct evidences all = finding_evidence(s->arena, f);
	json_open(&s->j, '{');
	json_member_z(&s->j, "ruleId", f->rule->id);
	json_member_int(&s->j, "ruleIndex", (int64_t)rule_index(&s->rules, f->rule));
	json_member_z(&s->j, "kind", "fail");
	json_member_z(&s->j, "level", f->verdict == VERDICT_FAIL ? "error" : "warning");
	message(s, "message", result_text(s, f));
	location(s, t, f);
	related(s, &all);
	code_flow(s, finding_from(f));
	fingerprint(s, t, f);
	suppression(s, f);
	result_properties(s, t, f);
	json_close(&s->j);
}

static void results(struct sarif *s)
{
	json_member(&s->j, "results", '[');
	for (size_t t = 0; t < s->r->targets.n; t++) {
		const struct target_report *target = &s->r->targets.at[t];
		for (size_t i = 0; i < target->findings.n; i++) {
			const struct finding *f = &target->findings.at[i];
			if (f->verdict != VERDICT_FAIL && f->verdict != VERDICT_UNKNOWN)
				continue;
			if (s->results++ < RESULTS_MOST)
				result(s, target, f);
			else
				s->left_out++;
		}
	}
	json_close(&s->j);
}

/* ---- the invocation ---- */

static void notification(struct sarif *s, const char *level, struct str text,
			 const struct target_report *t)
{
	json_open(&s->j, '{');
	json_member_z(&s->j, "level", level);
	message(s, "message", text);
	if (t) {
		json_member(&s->j, "locations", '[');
		json_open(&s->j, '{');
		physical_location(s, t->target, NULL);
		json_close(&s->j);
		json_close(&s->j);
	}
	json_close(&s->j);
}

static void notifications(struct sarif *s, const struct target_report *t)
{
	struct str error = str_from(t->error.text);
	if (t->error.kind != ERR_NONE)
		notification(s, "error",
			     str_starts(error, t->target)
				     ? error
				     : str_fmt(s->arena, "%" PRIstr ": %" PRIstr, ARG(t->target),
					       ARG(error)),
			     t);
	for (size_t i = 0; i < t->read.unreadable.n; i++)
		notification(s, "warning", t->read.unreadable.at[i].text, t);
	for (size_t i = 0; i < t->read.limits.n; i++)
		notification(s, "warning", t->read.limits.at[i].text, t);
}

static void invocation(struct sarif *s)
{
	json_member(&s->j, "invocations", '[');
	json_open(&s->j, '{');
	json_member_bool(&s->j, "executionSuccessful", report_count(s->r).errors == 0);
	if (s->r->timestamp.n)
		json_member_str(&s->j, "endTimeUtc", s->r->timestamp);
	json_member(&s->j, "toolExecutionNotifications", '[');
	for (size_t t = 0; t < s->r->targets.n; t++)
		notifications(s, &s->r->targets.at[t]);
	if (s->left_out)
		notification(s, "error",
			     str_fmt(s->arena, "%zu more results were left out: a run holds %d",
				     s->left_out, RESULTS_MOST),
			     NULL);
	json_close(&s->j);
	json_close(&s->j);
	json_close(&s->j);
}

static void driver(struct sarif *s)
{
	json_member(&s->j, "tool", '{');
	json_member(&s->j, "driver", '{');
	json_member_z(&s->j, "name", "offnode");
	json_member_z(&s->j, "version", s->r->version);
	json_member_z(&s->j, "semanticVersion", s->r->version);
	rules(s);
	json_close(&s->j);
	json_close(&s->j);
}

void write_sarif(const struct report *r, struct out *o)
{
	struct sarif s = {.r = r,
			  .arena = r->arena,
			  .rules = report_rules(r->arena, r),
			  .seen = map_new(r->arena)};
	json_begin(&s.j, o);
	json_open(&s.j, '{');
	json_member_z(&s.j, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_member_z(&s.j, "version", "2.1.0");
	json_member(&s.j, "runs", '[');
	json_open(&s.j, '{');
	driver(&s);
	json_member_z(&s.j, "columnKind", "unicodeCodePoints");
	results(&s);
	invocation(&s);
	json_close(&s.j);
	json_close(&s.j);
	json_close(&s.j);
}
