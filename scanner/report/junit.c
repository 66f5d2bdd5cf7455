/*
 * junit.c - findings as JUnit XML, in the elements and attributes that CI systems share (the
 * Apache Ant and Surefire shapes): a suite is a target, a case is a rule on one launch. fail is a
 * failure, unknown an error, not-applicable and what is waived are skipped. Nothing is timed.
 */
#include "finding.h"
#include "formats.h"

struct junit {
	const struct report *r;
	struct out *o;
	struct arena *arena;
};

/* safe leaves no character that XML 1.0 does not take (section 2.2). */
static void put(struct junit *x, struct str s)
{
	out_markup(x->o, safe(x->arena, s));
}

static void attribute(struct junit *x, const char *name, struct str value)
{
	out_fmt(x->o, " %s=\"", name);
	put(x, value);
	out_z(x->o, "\"");
}

static void count(struct junit *x, const char *name, size_t n)
{
	out_fmt(x->o, " %s=\"%zu\"", name, n);
}

/* A target that could not be read is a case in error of its own. */
static void counts(struct junit *x, const struct report_counts *n)
{
	count(x, "tests", n->pass + n->fail + n->unknown + n->not_applicable + n->errors);
	count(x, "failures", n->fail - n->waived);
	count(x, "errors", n->unknown + n->errors);
	count(x, "skipped", n->not_applicable + n->waived);
	out_z(x->o, " time=\"0\"");
}

static void property(struct junit *x, const char *name, struct str value)
{
	if (!value.n)
		return;
	out_z(x->o, "      <property");
	attribute(x, "name", str_from(name));
	attribute(x, "value", value);
	out_z(x->o, "/>\n");
}

static void properties(struct junit *x, const struct target_report *t)
{
	out_z(x->o, "    <properties>\n");
	property(x, "offnode", str_from(x->r->version));
	property(x, "target", t->target);
	property(x, "kind", t->image.kind);
	property(x, "digest", t->image.digest);
	property(x, "platform", t->image.platform);
	property(x, "os", t->os ? t->os->pretty : (struct str){0});
	property(x, "kubelet", t->kubelet.text);
	out_z(x->o, "    </properties>\n");
}

static void case_begin(struct junit *x, struct str class, struct str name)
{
	out_z(x->o, "    <testcase");
	attribute(x, "classname", class);
	attribute(x, "name", name);
	out_z(x->o, " time=\"0\">\n");
}

static void evidence(struct junit *x, const struct finding *f)
{
	struct evidences all = finding_evidence(x->arena, f);
	for (size_t i = 0; i < all.n; i++) {
		const struct evidence *e = &all.at[i];
		out_fmt(x->o, "%-9s", evidence_label(e->kind));
		if (e->from) {
			put(x, place_text(x->arena, e->from));
			out_z(x->o, "  ");
		}
		put(x, e->text);
		out_z(x->o, "\n");
	}
}

static void outcome(struct junit *x, const struct finding *f)
{
	bool failed = f->verdict == VERDICT_FAIL;
	if (f->verdict == VERDICT_PASS)
		return;
	if (f->verdict == VERDICT_NOT_APPLICABLE || f->waiver) {
		struct str waived = str_cat(x->arena, S("waived "), finding_waiver(x->arena, f));
		out_z(x->o, "      <skipped");
		attribute(x, "message", f->waiver ? waived : finding_outcome(x->arena, f));
		out_z(x->o, "/>\n");
		return;
	}
	out_z(x->o, failed ? "      <failure" : "      <error");
	attribute(x, "message", finding_outcome(x->arena, f));
	attribute(x, "type",
		  failed ? str_from(f->rule->id) : str_from(reason_name(f->doubt.reason)));
	out_z(x->o, ">");
	evidence(x, f);
	out_z(x->o, failed ? "</failure>\n" : "</error>\n");
}

static void testcase(struct junit *x, const struct finding *f)
{
	struct str unit = finding_unit(f);
	case_begin(x, unit.n ? unit : S("offnode"),
		   str_fmt(x->arena, "%s %s", finding_name(f), f->rule->title));
	outcome(x, f);
	out_z(x->o, "    </testcase>\n");
}

static void suite(struct junit *x, const struct target_report *t)
{
	struct report_counts n = target_count(t);
	out_z(x->o, "  <testsuite");
	attribute(x, "name", t->target);
	counts(x, &n);
	if (x->r->timestamp.n)
		attribute(x, "timestamp", str_trim(x->r->timestamp, "Z"));
	out_z(x->o, ">\n");
	properties(x, t);
	for (size_t i = 0; i < t->findings.n; i++)
		testcase(x, &t->findings.at[i]);
	struct finding unread = finding_unread(t);
	if (t->error.kind != ERR_NONE)
		testcase(x, &unread);
	out_z(x->o, "  </testsuite>\n");
}

void write_junit(const struct report *r, struct out *o)
{
	struct junit x = {r, o, r->arena};
	struct report_counts n = report_count(r);
	out_z(o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"offnode\"");
	counts(&x, &n);
	out_z(o, ">\n");
	for (size_t i = 0; i < r->targets.n; i++)
		suite(&x, &r->targets.at[i]);
	out_z(o, "</testsuites>\n");
}
