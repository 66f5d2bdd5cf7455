/*
 * text_inspect.c - what a target is, and what rules there are, for people.
 */
#include "text.h"

static void line(struct text *t, const char *name, struct str value)
{
	if (!value.n)
		return;
	out_fmt(t->o, "  %-10s", name);
	out_safe(t->o, value);
	out_z(t->o, "\n");
}

static void version(struct text *t, const char *name, const struct version *v)
{
	if (v->text.n)
		line(t, name,
		     str_fmt(t->arena, "%" PRIstr "  (%" PRIstr ")", ARG(v->text), ARG(v->source)));
}

/* What the image decides already, and what only the machine will. */
static void decided(struct text *t, const struct settings *s)
{
	bool open = s->doubt.reason != REASON_NONE;
	if (open)
		line(t, "  unknown",
		     str_fmt(t->arena, "%s  %" PRIstr, reason_name(s->doubt.reason),
			     ARG(s->doubt.text)));
	for (size_t i = 0; i < s->pending.n; i++) {
		out_fmt(t->o, "  %-10s", "  pending");
		out_safe(t->o, s->pending.at[i].path);
		out_z(t->o, "  ");
		text_why(t, &s->pending.at[i]);
		out_z(t->o, "\n");
	}
	for (size_t i = 0; open && i < s->n; i++)
		if (setting_decided(s, &s->at[i]) && s->at[i].option->path)
			line(t, "  fixed",
			     str_fmt(t->arena, "%s: %" PRIstr, s->at[i].option->path,
				     ARG(setting_shown(t->arena, &s->at[i]))));
}

static void launch(struct text *t, const struct launch *l, const struct settings *s)
{
	line(t, "launch",
	     str_fmt(t->arena, "%" PRIstr "%s%s%s%" PRIstr "%s", ARG(launch_name(l)),
		     l->unit ? "  " : "", l->unit ? l->layout : "", l->recognised.n ? " (" : "",
		     ARG(l->recognised), l->recognised.n ? ")" : ""));
	if (l->unit && l->unit->fragment)
		line(t, "  unit", l->unit->fragment->path);
	for (size_t i = 0; l->unit && i < l->unit->dropins.n; i++)
		line(t, "  drop-in", l->unit->dropins.at[i]->path);
	decided(t, s);
}

void text_inspect(struct text *t)
{
	for (size_t i = 0; i < t->r->targets.n; i++) {
		const struct target_report *target = &t->r->targets.at[i];
		text_target(t, target);
		text_heading(t, target);
		if (target->error.kind != ERR_NONE)
			continue;
		line(t, "kind", target->image.kind);
		line(t, "read as", target->image.trail);
		text_disk(t, target);
		text_fetched(t, target);
		line(t, "root", target->deployment);
		line(t, "digest", target->image.digest);
		line(t, "platform", target->image.platform);
		for (size_t k = 0; k < target->image.layers.n; k++)
			line(t, "layer",
			     str_fmt(t->arena, "%" PRIstr "  %s",
				     ARG(target->image.layers.at[k].label),
				     target->image.layers.at[k].fs->ops->name));
		if (target->os)
			line(t, "system", target->os->pretty);
		version(t, "systemd", &target->systemd);
		version(t, "kubelet", &target->kubelet);
		for (size_t k = 0; k < target->launches.n; k++)
			launch(t, &target->launches.at[k], target->settings[k]);
		if (!target->launches.n)
			line(t, "launch", S("none"));
		text_remarks(t, target);
	}
}

/* ---- rules ---- */

static void rule_brief(struct text *t, const struct rule *rule)
{
	out_fmt(t->o, "%-7s %-33s %-6s  %s\n", rule_number(rule, t->r->benchmark), rule->id,
		rule->severity, rule->title);
}

/* A line for each family, newest first. */
static void benchmarks(struct text *t)
{
	size_t families;
	const struct controls *const *all = controls_all(&families);
	out_z(t->o, "\nBenchmarks\n");
	for (size_t f = 0; f < families; f++) {
		struct str last = {0};
		for (size_t i = 0; i < all[f]->n; i++) {
			struct str name = str_from(all[f]->at[i].benchmark);
			if (str_eq(name, last))
				continue;
			out_fmt(t->o, "%s%" PRIstr, last.n ? " " : "  ", ARG(name));
			last = name;
		}
		out_z(t->o, "\n");
	}
}

static void rule_numbers(struct text *t, const struct rule *rule)
{
	size_t families;
	const struct controls *const *all = controls_all(&families);
	for (size_t f = 0; f < families; f++)
		for (size_t i = 0; i < all[f]->n; i++) {
			const struct control *c = &all[f]->at[i];
			if (!str_eq(str_from(c->rule), str_from(rule->id)))
				continue;
			out_fmt(t->o, "  %-12s%-26s%s", c->number, c->benchmark,
				control_mode_name(c->mode));
			if (c->value)
				out_fmt(t->o, "  %s", c->value);
			out_z(t->o, "\n");
		}
}

static void rule_whole(struct text *t, const struct rule *rule)
{
	const struct option *opt = rule_option(rule);
	out_fmt(t->o, "%s\n\n", rule->id);
	line(t, "title", str_from(rule->title));
	line(t, "severity", str_from(rule->severity));
	line(t, "wants", rule_wants(t->arena, rule, NULL));
	if (opt && opt->flag)
		line(t, "flag", str_fmt(t->arena, "--%s", opt->flag));
	line(t, "about", str_from(rule->about));
	if (rule->unset_note)
		line(t, "unset", str_from(rule->unset_note));
	if (rule->given_note)
		line(t, "given", str_from(rule->given_note));
	line(t, "fix", str_from(rule->remedy));
	out_z(t->o, "\n");
	rule_numbers(t, rule);
}

void text_rules(struct text *t)
{
	for (size_t i = 0; i < t->r->rules.n; i++)
		if (t->r->about.n)
			rule_whole(t, t->r->rules.at[i]);
		else
			rule_brief(t, t->r->rules.at[i]);
	if (!t->r->about.n)
		benchmarks(t);
}
