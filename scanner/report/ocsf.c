/*
 * ocsf.c - findings as events of the Open Cybersecurity Schema Framework, class Compliance Finding
 * (2003) of version 1.3.0: one JSON object a line. A report that is not dated has the time 0, since
 * the class demands one.
 */
#include <time.h>

#include "arena.h"
#include "blob.h"
#include "finding.h"
#include "formats.h"

struct ocsf {
	const struct report *r;
	struct arena *arena;
	struct json_out j;
	int64_t time; /* milliseconds since 1970 */
};

/* compliance.status_id: 1 pass, 3 fail; what cannot be told is 0, unknown. */
static const struct {
	int status_id;
	const char *status;
} statuses[] = {
	[VERDICT_PASS] = {1, "Pass"},
	[VERDICT_FAIL] = {3, "Fail"},
	[VERDICT_UNKNOWN] = {0, "Unknown"},
	[VERDICT_NOT_APPLICABLE] = {99, "Not Applicable"},
};

/* severity_id: 1 informational, 2 low, 3 medium, 4 high. */
static void severity(struct ocsf *x, const struct finding *f)
{
	bool open = f->verdict == VERDICT_FAIL || f->verdict == VERDICT_UNKNOWN;
	char first = f->rule->severity[0];
	int id = !open ? 1 : first == 'h' ? 4 : first == 'm' ? 3 : 2;
	static const char *const names[] = {"", "Informational", "Low", "Medium", "High"};
	json_member_int(&x->j, "severity_id", id);
	json_member_z(&x->j, "severity", names[id]);
}

static void metadata(struct ocsf *x)
{
	json_member(&x->j, "metadata", '{');
	json_member_z(&x->j, "version", "1.3.0");
	json_member(&x->j, "product", '{');
	json_member_z(&x->j, "name", "offnode");
	json_member_z(&x->j, "vendor_name", "offnode");
	json_member_z(&x->j, "version", x->r->version);
	json_close(&x->j);
	json_close(&x->j);
}

/* The same finding of the same target has the same uid. */
static void finding_info(struct ocsf *x, const struct target_report *t, const struct finding *f)
{
	struct out *key = out_new(x->arena);
	out_json(key, t->target);
	out_json(key, str_from(f->rule->id));
	out_json(key, finding_unit(f));
	json_member(&x->j, "finding_info", '{');
	json_member_str(&x->j, "uid", digest_sha256(x->arena, out_text(key)));
	json_member_z(&x->j, "title", f->rule->title);
	json_member_z(&x->j, "desc", f->rule->about);
	json_close(&x->j);
}

/* Whose numbers the rule has, benchmark by benchmark. */
static void standards(struct ocsf *x, const struct finding *f)
{
	size_t families, n = 0;
	const struct controls *const *all = controls_all(&families);
	json_member(&x->j, "standards", '[');
	for (size_t k = 0; k < families; k++)
		for (size_t i = 0; i < all[k]->n; i++)
			if (str_eq(str_from(all[k]->at[i].rule), str_from(f->rule->id))) {
				json_z(&x->j, all[k]->at[i].benchmark);
				n++;
			}
	if (!n)
		json_z(&x->j, "offnode");
	json_close(&x->j);
}

static void compliance(struct ocsf *x, const struct finding *f)
{
	struct words aliases = rule_aliases(x->arena, f->rule);
	json_member(&x->j, "compliance", '{');
	json_member_z(&x->j, "control", finding_name(f));
	json_member(&x->j, "requirements", '[');
	for (size_t i = 0; i < aliases.n; i++)
		json_str(&x->j, aliases.at[i].text);
	json_close(&x->j);
	standards(x, f);
	json_member_int(&x->j, "status_id", statuses[f->verdict].status_id);
	json_member_z(&x->j, "status", statuses[f->verdict].status);
	if (f->doubt.reason != REASON_NONE)
		json_member_z(&x->j, "status_code", reason_name(f->doubt.reason));
	json_member_str(
		&x->j, "status_detail",
		safe(x->arena, f->doubt.text.n ? f->doubt.text : finding_outcome(x->arena, f)));
	json_close(&x->j);
}

static void resource(struct ocsf *x, const struct target_report *t, const struct finding *f)
{
	struct str unit = finding_unit(f);
	const struct origin *o = finding_from(f);
	json_member(&x->j, "resources", '[');
	json_open(&x->j, '{');
	json_member_z(&x->j, "type", "Node image");
	json_member_str(&x->j, "name", safe(x->arena, t->target));
	if (t->image.digest.n)
		json_member_str(&x->j, "uid", safe(x->arena, t->image.digest));
	json_member(&x->j, "labels", '[');
	if (unit.n)
		json_str(&x->j, str_cat(x->arena, S("unit="), safe(x->arena, unit)));
	if (o)
		json_str(&x->j,
			 str_cat(x->arena, S("place="), safe(x->arena, place_text(x->arena, o))));
	json_close(&x->j);
	json_close(&x->j);
	json_close(&x->j);
}

static void event(struct ocsf *x, struct out *o, const struct target_report *t,
		  const struct finding *f)
{
	json_begin(&x->j, o);
	x->j.compact = true;
	json_open(&x->j, '{');
	json_member_int(&x->j, "activity_id", 1);
	json_member_z(&x->j, "activity_name", "Create");
	json_member_int(&x->j, "category_uid", 2);
	json_member_z(&x->j, "category_name", "Findings");
	json_member_int(&x->j, "class_uid", 2003);
	json_member_z(&x->j, "class_name", "Compliance Finding");
	json_member_int(&x->j, "type_uid", 200301);
	json_member_z(&x->j, "type_name", "Compliance Finding: Create");
	json_member_int(&x->j, "time", x->time);
	severity(x, f);
	json_member_int(&x->j, "status_id", f->waiver ? 3 : 1);
	json_member_z(&x->j, "status", f->waiver ? "Suppressed" : "New");
	json_member_str(&x->j, "message", safe(x->arena, finding_sentence(x->arena, f)));
	metadata(x);
	finding_info(x, t, f);
	compliance(x, f);
	resource(x, t, f);
	json_member(&x->j, "remediation", '{');
	json_member_str(&x->j, "desc", safe(x->arena, finding_remedy(f)));
	json_close(&x->j);
	json_close(&x->j);
}

/* The report's own date, as run.c writes it. */
static int64_t milliseconds(struct arena *a, struct str timestamp)
{
	struct tm utc = {0};
	if (!timestamp.n || !strptime(str_z(a, timestamp), "%Y-%m-%dT%H:%M:%SZ", &utc))
		return 0;
	return (int64_t)timegm(&utc) * 1000;
}

void write_ocsf(const struct report *r, struct out *o)
{
	struct ocsf x = {.r = r, .arena = r->arena, .time = milliseconds(r->arena, r->timestamp)};
	for (size_t i = 0; i < r->targets.n; i++) {
		const struct target_report *t = &r->targets.at[i];
		struct finding unread = finding_unread(t);
		for (size_t k = 0; k < t->findings.n; k++)
			event(&x, o, t, &t->findings.at[k]);
		if (t->error.kind != ERR_NONE)
			event(&x, o, t, &unread);
	}
}
