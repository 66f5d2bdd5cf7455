/*
 * text_config.c - the effective KubeletConfiguration as YAML, each value with its origin as a
 * comment; and the chain of one setting, winner first.
 */
#include "text.h"

#include <string.h>

/* ---- YAML ---- */

static bool plain_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       memchr("_./-", c, 4);
}

/* A scalar that YAML 1.1 and 1.2 alike read back as this very string. */
static bool plain(struct str s)
{
	static const char *const words[] = {"true", "false", "yes", "no",  "on",
					    "off",  "y",     "n",   "null"};
	if (s.n == 0 || !((s.p[0] >= 'a' && s.p[0] <= 'z') || (s.p[0] >= 'A' && s.p[0] <= 'Z') ||
			  s.p[0] == '/'))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!plain_byte(s.p[i]))
			return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq_nocase(s, str_from(words[i])))
			return false;
	return true;
}

static void value(struct text *t, const struct setting *x)
{
	struct str shown = setting_shown(t->arena, x);
	if (x->option->type == VALUE_STRING && !plain(shown))
		out_json(t->o, shown);
	else
		out_safe(t->o, shown);
}

/* A value is told with what keeps it from being final: a file that is to come may change it. */
static void comment(struct text *t, const struct settings *s, const struct setting *x)
{
	bool open = s->doubt.reason != REASON_NONE || s->error;
	out_fmt(t->o, "  # %s", level_name(x->level));
	if (open && !setting_decided(s, x))
		out_z(t->o, ", undecided");
	if (origin_placed(x->from)) {
		out_z(t->o, " ");
		text_place(t, x->from);
	}
	out_z(t->o, "\n");
}

static struct str segment(struct str path, size_t depth)
{
	struct str head = {0};
	for (size_t i = 0; i <= depth; i++)
		str_cut(path, '.', &head, &path);
	return head;
}

static size_t depth_of(struct str path)
{
	size_t n = 0;
	for (size_t i = 0; i < path.n; i++)
		n += path.p[i] == '.';
	return n;
}

/* How many leading segments two paths share. */
static size_t shared(struct str a, struct str b)
{
	size_t n = 0, most = depth_of(a) < depth_of(b) ? depth_of(a) : depth_of(b);
	while (n < most && str_eq(segment(a, n), segment(b, n)))
		n++;
	return n;
}

static void flags_alone(struct text *t, const struct settings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct setting *x = &s->at[i];
		if (x->option->path || x->level == LEVEL_DEFAULT)
			continue;
		out_fmt(t->o, "# --%s=", x->option->flag);
		value(t, x);
		comment(t, s, x);
	}
}

/* Why a file cannot say it as it is shown, NULL when it can. */
static const char *unsaid(struct text *t, const struct settings *s, const struct setting *x)
{
	if (!str_eq(setting_shown(t->arena, x), x->value))
		return "  # masked";
	return setting_sayable(s, x) ? NULL : "  # no file can say so";
}

static void yaml(struct text *t, const struct settings *s)
{
	out_z(t->o, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n");
	struct setting_list list = settings_sorted(t->arena, s);
	struct str before = {0};
	for (size_t i = 0; i < list.n; i++) {
		const struct setting *x = list.at[i];
		struct str path = str_from(x->option->path);
		if (x->null)
			continue;
		const char *why = unsaid(t, s, x);
		for (size_t d = shared(before, path); d < depth_of(path); d++)
			out_fmt(t->o, "%*s%" PRIstr ":\n", (int)(2 * d), "", ARG(segment(path, d)));
		out_fmt(t->o, "%s%*s%" PRIstr ": ", why ? "# " : "", (int)(2 * depth_of(path)), "",
			ARG(segment(path, depth_of(path))));
		value(t, x);
		out_z(t->o, why ? why : "");
		comment(t, s, x);
		before = path;
	}
	flags_alone(t, s);
}

static void trouble(struct text *t, const struct settings *s)
{
	if (s->error) {
		out_fmt(t->o, "# the kubelet would not start: %s: ", s->error);
		out_safe(t->o, s->error_text);
		out_z(t->o, "\n");
	}
	if (s->doubt.reason != REASON_NONE) {
		out_fmt(t->o, "# cannot be told: %s: ", reason_name(s->doubt.reason));
		out_safe(t->o, s->doubt.text);
		out_z(t->o, "\n");
	}
}

/* What is still to come, and what it is meant to say. */
static void to_come(struct text *t, const struct settings *s)
{
	for (size_t i = 0; i < s->pending.n; i++) {
		out_z(t->o, "# pending: ");
		out_safe(t->o, s->pending.at[i].path);
		out_z(t->o, "  ");
		text_why(t, &s->pending.at[i]);
		out_z(t->o, "\n");
	}
	for (size_t i = 0; i < s->intended.n; i++) {
		const struct option *opt = s->intended.at[i].option;
		out_fmt(t->o, "# intended: %s%s: ", opt->path ? "" : "--",
			opt->path ? opt->path : opt->flag);
		text_intended(t, &s->intended.at[i]);
		out_z(t->o, "\n");
	}
}

static void source_line(struct text *t, const struct target_report *target, size_t i)
{
	out_z(t->o, "# ");
	out_safe(t->o, target->target);
	out_z(t->o, "  ");
	out_safe(t->o, launch_name(&target->launches.at[i]));
	const struct settings *s = target->settings[i];
	if (s->config.text.n) {
		out_z(t->o, "  --config ");
		out_safe(t->o, s->config.text);
	}
	if (s->config_dir.text.n) {
		out_z(t->o, "  --config-dir ");
		out_safe(t->o, s->config_dir.text);
	}
	out_z(t->o, "\n");
}

void text_config(struct text *t)
{
	size_t documents = 0;
	for (size_t i = 0; i < t->r->targets.n; i++) {
		const struct target_report *target = &t->r->targets.at[i];
		text_target(t, target);
		for (size_t k = 0; k < target->launches.n; k++) {
			if (documents++)
				out_z(t->o, "---\n");
			source_line(t, target, k);
			trouble(t, target->settings[k]);
			to_come(t, target->settings[k]);
			yaml(t, target->settings[k]);
		}
	}
	if (!documents)
		out_z(t->o, "# no kubelet is launched\n");
}

/* ---- explain ---- */

static void contender(struct text *t, const char *role, const struct setting *x)
{
	struct str shown = x->null ? S("unset") : setting_shown(t->arena, x);
	out_fmt(t->o, "  %-6s%-12s", role, level_name(x->level));
	out_safe(t->o, shown.n ? shown : S("''"));
	out_z(t->o, "\n");
	if (!origin_placed(x->from))
		return;
	out_fill(t->o, ' ', 8);
	text_place(t, x->from);
	out_z(t->o, "   ");
	if (!origin_quotable(x->from)) {
		out_z(t->o, "\n");
		return;
	}
	text_caret(t, x->from, 8 + text_place_width(t, x->from) + 3);
	for (const struct origin *via = x->from->via; origin_placed(via); via = via->via) {
		out_z(t->o, "        through ");
		text_place(t, via);
		out_z(t->o, "\n");
	}
}

static void chain(struct text *t, const struct target_report *target, size_t i)
{
	const struct settings *s = target->settings[i];
	const struct option *opt = t->r->option;
	const struct setting *x = setting_get(s, t->r->about);
	out_safe(t->o, launch_name(&target->launches.at[i]));
	out_fmt(t->o, "   %s%s%s%s%s\n", opt->path ? opt->path : "",
		opt->path && opt->flag ? " (" : "", opt->flag ? "--" : "",
		opt->flag ? opt->flag : "", opt->path && opt->flag ? ")" : "");
	trouble(t, s);
	for (const char *role = "wins"; x; x = x->shadowed, role = "over")
		contender(t, role, x);
	for (size_t k = 0; k < s->intended.n; k++)
		if (s->intended.at[k].option == opt) {
			out_z(t->o, "  intended  ");
			text_intended(t, &s->intended.at[k]);
			out_z(t->o, "\n");
		}
}

void text_explain(struct text *t)
{
	for (size_t i = 0; i < t->r->targets.n; i++) {
		const struct target_report *target = &t->r->targets.at[i];
		text_target(t, target);
		text_heading(t, target);
		for (size_t k = 0; k < target->launches.n; k++)
			chain(t, target, k);
		if (!target->launches.n && target->error.kind == ERR_NONE)
			out_z(t->o, "no kubelet is launched\n");
	}
}
