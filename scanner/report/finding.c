/*
 * finding.c - a finding in words: its outcome, its evidence line by line, and the names that
 * formats give to its places (RFC 3986 for URIs).
 */
#include "finding.h"

#include <string.h>

#include "arena.h"

const char *finding_name(const struct finding *f)
{
	return f->number[0] ? f->number : f->rule->id;
}

struct str finding_unit(const struct finding *f)
{
	return f->launch ? launch_name(f->launch) : (struct str){0};
}

const struct origin *finding_from(const struct finding *f)
{
	const struct origin *o = f->verdict == VERDICT_UNKNOWN ? f->doubt.from : f->from;
	return origin_placed(o) ? o : NULL;
}

struct str finding_outcome(struct arena *a, const struct finding *f)
{
	static const char *const from[] = {
		"by default",  "from the config file", "from the config directory",
		"from a flag", "from the unit",        "of the file"};
	if (f->verdict == VERDICT_UNKNOWN)
		return str_from(reason_name(f->doubt.reason));
	if (f->verdict == VERDICT_NOT_APPLICABLE)
		return f->doubt.text;
	struct str value = f->effective.n ? f->effective : S("unset");
	return str_fmt(a, "effective: %" PRIstr ", %s%s%s", ARG(value), from[f->source],
		       f->provisional ? ", provisional" : "",
		       f->waiver  ? ", waived"
		       : f->known ? ", known"
				  : "");
}

struct str finding_waiver(struct arena *a, const struct finding *f)
{
	const struct waiver *w = f->waiver;
	if (!w)
		return (struct str){0};
	bool both = w->owner.n && w->ticket.n, any = w->owner.n || w->ticket.n;
	return str_fmt(a, "until %" PRIstr ": %" PRIstr "%s%" PRIstr "%s%" PRIstr "%s",
		       ARG(w->expires), ARG(w->reason), any ? " (" : "", ARG(w->owner),
		       both ? ", " : "", ARG(w->ticket), any ? ")" : "");
}

struct str finding_sentence(struct arena *a, const struct finding *f)
{
	return str_fmt(a, "%s: %" PRIstr, f->rule->title, ARG(finding_outcome(a, f)));
}

struct str finding_remedy(const struct finding *f)
{
	return f->remedy.n ? f->remedy : str_from(f->rule->remedy);
}

static const struct settings *settings_of(const struct target_report *t, const struct finding *f)
{
	for (size_t i = 0; i < t->launches.n; i++)
		if (&t->launches.at[i] == f->launch)
			return t->settings[i];
	return NULL;
}

struct str finding_home(const struct target_report *t, const struct finding *f)
{
	const struct settings *s = settings_of(t, f);
	const struct unit *u = f->launch ? f->launch->unit : NULL;
	if (s && s->config.text.n)
		return s->config.text;
	if (u && u->fragment)
		return u->fragment->path;
	return f->launch ? launch_name(f->launch) : t->target;
}

struct finding finding_unread(const struct target_report *t)
{
	static const struct rule readable = {
		.id = "target-readable",
		.title = "the target must be readable",
		.severity = "medium",
		.about = "Of a target that cannot be read nothing can be told.",
		.remedy = "see what standard error says of the target, and scan it again",
	};
	static const enum reason reasons[] = {
		[ERR_NONE] = REASON_NONE,           [ERR_IO] = REASON_UNREADABLE,
		[ERR_MISSING] = REASON_UNREADABLE,  [ERR_LOOP] = REASON_CORRUPT,
		[ERR_CORRUPT] = REASON_CORRUPT,     [ERR_UNSUPPORTED] = REASON_UNSUPPORTED_FORMAT,
		[ERR_ENCRYPTED] = REASON_ENCRYPTED, [ERR_LIMIT] = REASON_LIMIT,
		[ERR_USAGE] = REASON_UNREADABLE,
	};
	return (struct finding){
		.rule = &readable,
		.number = "",
		.verdict = VERDICT_UNKNOWN,
		.doubt = {reasons[t->error.kind], str_from(t->error.text), NULL},
	};
}

/* ---- evidence ---- */

const char *evidence_label(enum evidence_kind kind)
{
	static const char *const labels[] = {"why",     "at",       "through", "over",   "also",
					     "pending", "intended", "note",    "waived", "fix"};
	return labels[kind];
}

static void add(struct arena *a, struct evidences *all, enum evidence_kind kind,
		const struct origin *from, struct str text)
{
	*vec_push(a, all) = (struct evidence){kind, from, text};
}

static struct str quoted_span(struct arena *a, const struct origin *o)
{
	struct excerpt e = {0};
	if (origin_quotable(o))
		e = excerpt_of(a, o);
	return str_slice(e.text, e.from, e.from + e.len);
}

static void add_trail(struct arena *a, struct evidences *all, const struct origin *o)
{
	if (!origin_placed(o))
		return;
	add(a, all, EVIDENCE_AT, o, quoted_span(a, o));
	for (o = o->via; origin_placed(o); o = o->via)
		add(a, all, EVIDENCE_THROUGH, o, quoted_span(a, o));
}

static void add_overruled(struct arena *a, struct evidences *all, const struct setting *lost)
{
	for (; lost; lost = lost->shadowed)
		if (origin_placed(lost->from))
			add(a, all, EVIDENCE_OVER, lost->from,
			    lost->level == LEVEL_FLAG ? quoted_span(a, lost->from)
						      : excerpt_of(a, lost->from).text);
}

/* The files and settings of a rule that looks at several: each with what was found. */
static void add_answers(struct arena *a, struct evidences *all, const struct answers *answers)
{
	for (size_t i = 0; answers->n > 1 && i < answers->n; i++) {
		const struct answer *x = &answers->at[i];
		struct str found = x->value.n ? x->value : x->doubt.text;
		add(a, all, EVIDENCE_ALSO, NULL,
		    str_fmt(a, "%s  %" PRIstr "  %" PRIstr, verdict_name(x->verdict), ARG(x->name),
			    ARG(found)));
	}
}

static void add_pending(struct arena *a, struct evidences *all, const struct pendings *pending)
{
	for (size_t i = 0; i < pending->n; i++) {
		const struct pending *p = &pending->at[i];
		struct str text = p->path;
		if (p->why.n)
			text = str_fmt(a, "%" PRIstr "  %" PRIstr, ARG(text), ARG(p->why));
		if (p->writer.n && !str_has(p->why, p->writer))
			text = str_fmt(a, "%" PRIstr "; %" PRIstr " writes it", ARG(text),
				       ARG(p->writer));
		add(a, all, EVIDENCE_PENDING, NULL, text);
	}
}

static void add_intended(struct arena *a, struct evidences *all, const struct intentions *intended)
{
	for (size_t i = 0; i < intended->n; i++) {
		const struct intended *x = &intended->at[i];
		add(a, all, EVIDENCE_INTENDED, NULL,
		    str_fmt(a, "%" PRIstr ", by the %" PRIstr, ARG(intended_shown(a, x)),
			    ARG(x->by)));
	}
}

struct evidences finding_evidence(struct arena *a, const struct finding *f)
{
	struct evidences all = {0};
	if (f->verdict == VERDICT_UNKNOWN)
		add(a, &all, EVIDENCE_WHY, NULL,
		    f->doubt.text.n ? f->doubt.text : str_from(reason_name(f->doubt.reason)));
	add_trail(a, &all, finding_from(f));
	add_overruled(a, &all, f->shadowed);
	add_answers(a, &all, &f->answers);
	add_pending(a, &all, &f->pending);
	add_intended(a, &all, &f->intended);
	if (f->note.n)
		add(a, &all, EVIDENCE_NOTE, NULL, f->note);
	if (f->waiver)
		add(a, &all, EVIDENCE_WAIVED, NULL, finding_waiver(a, f));
	if (f->remedy.n)
		add(a, &all, EVIDENCE_FIX, NULL, f->remedy);
	return all;
}

/* ---- places ---- */

struct str place_text(struct arena *a, const struct origin *o)
{
	if (!origin_quotable(o))
		return o->file->path;
	struct place p = origin_place(o);
	return str_fmt(a, "%" PRIstr ":%zu:%zu", ARG(o->file->path), p.line, p.column);
}

struct str place_uri(struct arena *a, struct str path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	struct out *o = out_new(a);
	while (str_starts(path, S("/")))
		path = str_tail(path, 1);
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] && strchr(plain, path.p[i]))
			out_str(o, str_slice(path, i, i + 1));
		else
			out_fmt(o, "%%%02X", (unsigned char)path.p[i]);
	}
	return out_text(o).n ? out_text(o) : S(".");
}

/* ---- rules ---- */

size_t rule_index(const struct rule_set *set, const struct rule *rule)
{
	size_t i = 0;
	while (i < set->n && set->at[i] != rule)
		i++;
	return i;
}

struct rule_set report_rules(struct arena *a, const struct report *r)
{
	struct rule_set set = {0};
	for (size_t t = 0; t < r->targets.n; t++)
		for (size_t i = 0; i < r->targets.at[t].findings.n; i++) {
			const struct rule *rule = r->targets.at[t].findings.at[i].rule;
			if (rule_index(&set, rule) == set.n)
				*vec_push(a, &set) = rule;
		}
	return set;
}
