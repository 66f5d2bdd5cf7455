/*
 * kube_bench.c - findings in the shape of kube-bench's --json output, member for member, so that
 * what reads that reads this: Controls, of node type "node", one for each target; their sections;
 * a result each finding. unknown is WARN with its reason, not-applicable INFO. There is no audit
 * command, since nothing is run.
 */
#include "arena.h"
#include "finding.h"
#include "formats.h"

enum { STATES = 4 };

/* By verdict. */
static const char *const states[STATES] = {"PASS", "FAIL", "WARN", "INFO"};
static const char *const tallies[STATES] = {"pass", "fail", "warn", "info"};

struct tally {
	int64_t n[STATES];
};

struct bench {
	const struct report *r;
	struct arena *arena;
	struct json_out j;
};

/* "4.2" of "4.2.6"; a rule without a number is in section "0". */
static struct str section_of(const struct finding *f)
{
	struct str number = str_from(f->number);
	size_t dot = str_rfind(number, '.');
	return dot < number.n ? str_slice(number, 0, dot) : S("0");
}

static struct str section_title(struct str section)
{
	if (str_ends(section, S(".1")))
		return S("Worker Node Configuration Files");
	if (str_ends(section, S(".2")))
		return S("Kubelet");
	return str_ends(section, S(".3")) ? S("kube-proxy") : S("Other rules");
}

static void put_tally(struct bench *b, const char *prefix, const struct tally *t)
{
	for (size_t i = 0; i < STATES; i++) {
		json_key_str(&b->j, str_fmt(b->arena, "%s%s", prefix, tallies[i]));
		json_int(&b->j, t->n[i]);
	}
}

static void put_safe(struct bench *b, const char *key, struct str s)
{
	json_member_str(&b->j, key, safe(b->arena, s));
}

static struct str actual(struct bench *b, const struct finding *f)
{
	const struct origin *o = finding_from(f);
	struct str outcome = finding_outcome(b->arena, f);
	if (!o)
		return outcome;
	return str_fmt(b->arena, "%" PRIstr ": %" PRIstr, ARG(outcome),
		       ARG(place_text(b->arena, o)));
}

static void result(struct bench *b, const struct finding *f)
{
	bool judged = f->verdict == VERDICT_PASS || f->verdict == VERDICT_FAIL;
	struct str remedy = finding_remedy(f);
	json_open(&b->j, '{');
	json_member_z(&b->j, "test_number", finding_name(f));
	put_safe(b, "test_desc", str_from(f->rule->title));
	json_member_z(&b->j, "audit", "");
	json_member_z(&b->j, "AuditEnv", "");
	json_member_z(&b->j, "AuditConfig", "");
	json_member_z(&b->j, "type", "");
	put_safe(b, "remediation", remedy);
	json_member(&b->j, "test_info", '[');
	json_str(&b->j, safe(b->arena, remedy));
	json_close(&b->j);
	json_member_z(&b->j, "status", states[f->verdict]);
	put_safe(b, "actual_value", judged ? actual(b, f) : (struct str){0});
	json_member_bool(&b->j, "scored", true);
	json_member_bool(&b->j, "IsMultiple", false);
	put_safe(b, "expected_result", f->expected);
	if (!judged)
		put_safe(b, "reason",
			 f->doubt.text.n ? f->doubt.text : finding_outcome(b->arena, f));
	json_close(&b->j);
}

static void section(struct bench *b, const struct findings *all, struct str id)
{
	struct tally tally = {0};
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(section_of(&all->at[i]), id))
			tally.n[all->at[i].verdict]++;
	json_open(&b->j, '{');
	json_member_str(&b->j, "section", id);
	json_member_z(&b->j, "type", "");
	put_tally(b, "", &tally);
	json_member_str(&b->j, "desc", section_title(id));
	json_member(&b->j, "results", '[');
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(section_of(&all->at[i]), id))
			result(b, &all->at[i]);
	json_close(&b->j);
	json_close(&b->j);
}

static bool met(const struct findings *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(section_of(&all->at[k]), section_of(&all->at[i])))
			return true;
	return false;
}

static void controls(struct bench *b, const struct target_report *t, struct tally *totals)
{
	struct tally tally = {0};
	struct finding unread = finding_unread(t);
	struct findings all =
		t->error.kind != ERR_NONE ? (struct findings){&unread, 1, 1} : t->findings;
	struct str first = all.n ? section_of(&all.at[0]) : S("0");
	for (size_t i = 0; i < all.n; i++) {
		tally.n[all.at[i].verdict]++;
		totals->n[all.at[i].verdict]++;
	}
	json_open(&b->j, '{');
	json_member_str(&b->j, "id", str_slice(first, 0, str_find(first, '.')));
	put_safe(b, "version", t->benchmark);
	put_safe(b, "detected_version", t->kubelet.text);
	json_member_z(&b->j, "text", "Worker Node Security Configuration");
	json_member_z(&b->j, "node_type", "node");
	json_member(&b->j, "tests", '[');
	for (size_t i = 0; i < all.n; i++)
		if (!met(&all, i))
			section(b, &all, section_of(&all.at[i]));
	json_close(&b->j);
	put_tally(b, "total_", &tally);
	json_close(&b->j);
}

void write_kube_bench(const struct report *r, struct out *o)
{
	struct bench b = {.r = r, .arena = r->arena};
	struct tally totals = {0};
	json_begin(&b.j, o);
	json_open(&b.j, '{');
	json_member(&b.j, "Controls", '[');
	for (size_t t = 0; t < r->targets.n; t++)
		controls(&b, &r->targets.at[t], &totals);
	json_close(&b.j);
	json_member(&b.j, "Totals", '{');
	put_tally(&b, "total_", &totals);
	json_close(&b.j);
	json_close(&b.j);
}
