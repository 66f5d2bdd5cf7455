/*
 * json_scan.c - results of a scan, launches, and the rules that are built in, as JSON.
 */
#include "json.h"

static void reason_members(struct json *j, const struct doubt *d)
{
	json_key(&j->out, "reason");
	json_z(&j->out, d->reason == REASON_NONE ? NULL : reason_name(d->reason));
	put_text(j, "reasonText", d->text);
}

static void source_member(struct json *j, const struct finding *f)
{
	bool told = f->verdict == VERDICT_PASS || f->verdict == VERDICT_FAIL;
	json_key(&j->out, "source");
	json_z(&j->out, told ? source_name(f->source) : NULL);
}

static void waiver_member(struct json *j, const struct waiver *w)
{
	if (!w)
		return;
	json_key(&j->out, "waiver");
	json_open(&j->out, '{');
	put_text(j, "reason", w->reason);
	put_text(j, "expires", w->expires);
	put_text(j, "owner", w->owner);
	put_text(j, "ticket", w->ticket);
	json_close(&j->out);
}

/* A number or truth value is one in JSON, but "0600 or tighter" is a text. */
static void values_members(struct json *j, const struct want *want, const struct option *option,
			   struct str effective, struct str expected)
{
	const struct option *exact = want && want->ask == ASK_IS ? option : NULL;
	put_value(j, "effective", option, effective, effective.n == 0);
	put_value(j, "expected", exact, expected, false);
}

static void answer(struct json *j, const struct answer *x)
{
	json_open(&j->out, '{');
	put_exact(j, "name", x->name);
	json_key(&j->out, "verdict");
	json_z(&j->out, verdict_name(x->verdict));
	reason_members(j, &x->doubt);
	values_members(j, x->want, x->option, x->value, x->expected);
	put_origin(j, "origin", x->verdict == VERDICT_UNKNOWN ? x->doubt.from : x->from);
	put_text(j, "remediation", x->remedy);
	json_close(&j->out);
}

/* Of a rule that looks at one thing the result says all. */
static void answers_member(struct json *j, const struct answers *answers)
{
	json_key(&j->out, "answers");
	json_open(&j->out, '[');
	for (size_t i = 0; answers->n > 1 && i < answers->n; i++)
		answer(j, &answers->at[i]);
	json_close(&j->out);
}

static void result(struct json *j, const struct finding *f)
{
	struct words aliases = rule_aliases(j->arena, f->rule);
	json_open(&j->out, '{');
	json_key(&j->out, "rule");
	json_z(&j->out, f->rule->id);
	put_text(j, "number", str_from(f->number));
	put_texts(j, "aliases", &aliases);
	json_key(&j->out, "title");
	json_z(&j->out, f->rule->title);
	json_key(&j->out, "severity");
	json_z(&j->out, f->rule->severity);
	put_text(j, "unit", f->launch ? launch_name(f->launch) : (struct str){0});
	json_key(&j->out, "verdict");
	json_z(&j->out, verdict_name(f->verdict));
	json_key(&j->out, "provisional");
	json_bool(&j->out, f->provisional);
	put_pendings(j, "pending", &f->pending);
	put_intentions(j, &f->intended);
	reason_members(j, &f->doubt);
	values_members(j, f->want, f->option, f->effective, f->expected);
	source_member(j, f);
	put_origin(j, "origin", f->verdict == VERDICT_UNKNOWN ? f->doubt.from : f->from);
	put_shadowed(j, f->shadowed);
	answers_member(j, &f->answers);
	put_text(j, "note", f->note);
	put_text(j, "remediation", f->remedy.n ? f->remedy : str_from(f->rule->remedy));
	waiver_member(j, f->waiver);
	if (f->known) {
		json_key(&j->out, "known");
		json_bool(&j->out, true);
	}
	json_close(&j->out);
}

void json_results(struct json *j, const struct target_report *target)
{
	json_key(&j->out, "results");
	json_open(&j->out, '[');
	for (size_t i = 0; i < target->findings.n; i++)
		result(j, &target->findings.at[i]);
	json_close(&j->out);
}

/* ---- launches ---- */

static void starts_members(struct json *j, const struct launch *l, const struct settings *s)
{
	bool no = s->error || (l->unit && l->unit->starts == STARTS_NO);
	bool yes = !no && s->doubt.reason == REASON_NONE && l->doubt.reason == REASON_NONE &&
		   (!l->unit || l->unit->starts == STARTS_YES);
	json_key(&j->out, "starts");
	if (yes || no)
		json_bool(&j->out, yes);
	else
		json_null(&j->out);
	json_key(&j->out, "error");
	json_z(&j->out, s->error);
	put_text(j, "errorText", s->error_text);
	put_origin(j, "errorOrigin", s->error_from);
}

/* What flags decide, whatever the files that are missing will say. */
static void fixed_member(struct json *j, const struct settings *s)
{
	json_key(&j->out, "fixed");
	json_open(&j->out, '[');
	for (size_t i = 0; s->doubt.reason != REASON_NONE && i < s->n; i++)
		if (s->at[i].option->path && setting_decided(s, &s->at[i]))
			json_z(&j->out, s->at[i].option->path);
	json_close(&j->out);
}

static void launch(struct json *j, const struct launch *l, const struct settings *s)
{
	const struct doubt *d = l->doubt.reason != REASON_NONE ? &l->doubt : &s->doubt;
	const struct file *fragment = l->unit ? l->unit->fragment : NULL;
	json_open(&j->out, '{');
	put_text(j, "unit", l->unit ? launch_name(l) : (struct str){0});
	put_text(j, "fragment", fragment ? fragment->path : (struct str){0});
	json_key(&j->out, "layout");
	json_z(&j->out, l->layout);
	put_text(j, "recognised", l->recognised);
	put_words(j, "argv", &l->argv);
	put_text(j, "kubeletVersion", s->version.text);
	put_text(j, "config", s->config.text);
	put_text(j, "configDir", s->config_dir.text);
	starts_members(j, l, s);
	reason_members(j, d);
	if (j->r->kind == REPORT_CONFIG) {
		put_pendings(j, "pending", &s->pending);
		put_intentions(j, &s->intended);
		fixed_member(j, s);
		put_settings(j, s, NULL);
	}
	if (j->r->kind == REPORT_EXPLAIN)
		put_settings(j, s, j->r->option);
	json_close(&j->out);
}

void json_launches(struct json *j, const struct target_report *target)
{
	json_key(&j->out, "launches");
	json_open(&j->out, '[');
	for (size_t i = 0; i < target->launches.n; i++)
		launch(j, &target->launches.at[i], target->settings[i]);
	json_close(&j->out);
}

/* ---- rules ---- */

static void controls(struct json *j, const struct rule *rule)
{
	size_t families;
	const struct controls *const *all = controls_all(&families);
	json_key(&j->out, "controls");
	json_open(&j->out, '[');
	for (size_t f = 0; f < families; f++)
		for (size_t i = 0; i < all[f]->n; i++) {
			const struct control *c = &all[f]->at[i];
			if (!str_eq(str_from(c->rule), str_from(rule->id)))
				continue;
			json_open(&j->out, '{');
			json_key(&j->out, "benchmark");
			json_z(&j->out, c->benchmark);
			json_key(&j->out, "number");
			json_z(&j->out, c->number);
			json_key(&j->out, "mode");
			json_z(&j->out, control_mode_name(c->mode));
			put_text(j, "value", str_from(c->value));
			json_close(&j->out);
		}
	json_close(&j->out);
}

void json_rules(struct json *j)
{
	json_key(&j->out, "rules");
	json_open(&j->out, '[');
	for (size_t i = 0; i < j->r->rules.n; i++) {
		const struct rule *rule = j->r->rules.at[i];
		json_open(&j->out, '{');
		json_key(&j->out, "rule");
		json_z(&j->out, rule->id);
		put_text(j, "title", str_from(rule->title));
		put_text(j, "severity", str_from(rule->severity));
		put_text(j, "about", str_from(rule->about));
		put_text(j, "remediation", str_from(rule->remedy));
		const struct want *want = &rule->wants[0];
		bool setting = want->subject == SUBJECT_SETTING;
		put_text(j, "setting", setting ? str_from(want->name) : S(""));
		put_value(j, "expected", want->ask == ASK_IS ? rule_option(rule) : NULL,
			  want->ask == ASK_IS ? str_from(want->value)
					      : rule_wants(j->arena, rule, NULL),
			  false);
		controls(j, rule);
		json_close(&j->out);
	}
	json_close(&j->out);
}
