/*
 * own.c - rules of one's own, from a YAML file (offnode-rules(5)), and what its grammar shares with
 * that of kube-bench: rules are put together from wants, and become what built-in rules are.
 *
 * In a file of ours nothing is passed over: a key that is not known, a setting that no kubelet has,
 * a value that it would refuse is told with its place.
 */
#include <stdarg.h>
#include <string.h>

#include "arena.h"
#include "own.h"

bool refuse(struct reading *r, const struct origin *from, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	*r->fault = (struct doc_fault){.text = str_vfmt(r->a, fmt, ap), .from = from};
	va_end(ap);
	return false;
}

struct str scalar(const struct doc *d)
{
	bool plain = d && (d->kind == DOC_STRING || d->kind == DOC_NUMBER || d->kind == DOC_BOOL);
	return plain ? d->text : (struct str){0};
}

bool setting_known(struct str name)
{
	static const char gates[] = "featureGates.";
	return option_find(name) ||
	       (str_starts(name, str_from(gates)) && name.n > sizeof gates - 1);
}

/* ---- drafts ---- */

/* Values are compared with settings by their bytes: 0 becomes 0s for a duration. */
static bool spelled(struct reading *r, struct want *want, const struct origin *from)
{
	const struct option *option = option_find(str_from(want->name));
	bool exact = want->ask == ASK_IS || want->ask == ASK_IS_NOT || want->ask == ASK_ABOVE ||
		     want->ask == ASK_AT_LEAST || want->ask == ASK_BELOW ||
		     want->ask == ASK_AT_MOST;
	struct str text;
	if (want->subject != SUBJECT_SETTING || !exact || !option)
		return true;
	if (!option_spell(r->a, option, str_from(want->value), &text))
		return refuse(r, from, "%s: a kubelet would not take the value '%s'", want->name,
			      want->value);
	want->value = str_z(r->a, text);
	return true;
}

bool draft_want(struct reading *r, struct draft *draft, struct want want, const struct origin *from)
{
	struct str why;
	if (draft->wants.n == OWN_WANTS_MOST)
		return refuse(r, from, "more than %d wants in a rule", OWN_WANTS_MOST);
	if (!ask_fits(want.subject, want.ask, str_from(want.value), &why))
		return refuse(r, from, "%s: %" PRIstr, want.name, ARG(why));
	if (!spelled(r, &want, from))
		return false;
	*vec_push(r->a, &draft->wants) = want;
	return true;
}

bool draft_finish(struct reading *r, struct draft *draft)
{
	if (r->out->rules.n == OWN_RULES_MOST)
		return refuse(r, draft->from, "more than %d rules", OWN_RULES_MOST);
	struct control *control = NEW(r->a, struct control);
	struct rule *rule = NEW(r->a, struct rule);
	*control = (struct control){.benchmark = str_z(r->a, r->out->benchmark),
				    .number = str_z(r->a, draft->number),
				    .rule = draft->rule.id,
				    .mode = draft->mode};
	*rule = draft->rule;
	rule->own = control;
	rule->wants = draft->wants.at;
	rule->n = draft->wants.n;
	*vec_push(r->a, &r->out->rules) = rule;
	return true;
}

/* ---- our grammar ---- */

static const struct {
	const char *key;
	enum subject subject;
} subjects[] = {
	{"setting", SUBJECT_SETTING},
	{"files", SUBJECT_FILES},
	{"unit", SUBJECT_UNIT},
	{"proxy", SUBJECT_PROXY},
};

static const struct {
	const char *key;
	enum ask ask;
} asks[] = {
	{"is", ASK_IS},           {"is-not", ASK_IS_NOT},     {"given", ASK_GIVEN},
	{"above", ASK_ABOVE},     {"at-least", ASK_AT_LEAST}, {"below", ASK_BELOW},
	{"at-most", ASK_AT_MOST}, {"has", ASK_HAS},           {"has-not", ASK_HAS_NOT},
	{"within", ASK_WITHIN},   {"matches", ASK_MATCHES},   {"loopback", ASK_LOOPBACK},
	{"mode", ASK_MODE},       {"owner", ASK_OWNER},
};

/* The text of a scalar, or the words of a list of them. */
static struct str value_text(struct reading *r, const struct doc *d)
{
	struct str all = scalar(d);
	for (size_t i = 0; d->kind == DOC_LIST && i < d->n; i++)
		all = i ? str_fmt(r->a, "%" PRIstr " %" PRIstr, ARG(all),
				  ARG(scalar(d->entries[i].value)))
			: scalar(d->entries[i].value);
	return all;
}

/* "given: false" asks for the opposite, "loopback: true" for nothing more than it says. */
static bool switched(struct reading *r, const struct doc_entry *e, struct want *want)
{
	bool truth = e->value->kind == DOC_BOOL;
	bool on = truth && str_eq(e->value->text, S("true"));
	if (want->ask != ASK_GIVEN && want->ask != ASK_LOOPBACK)
		return true;
	if (!truth || (want->ask == ASK_LOOPBACK && !on))
		return refuse(r, e->value->from, "%" PRIstr ": %s", ARG(e->key),
			      want->ask == ASK_GIVEN ? "is true or false" : "is true");
	want->value = "";
	if (want->ask == ASK_GIVEN && !on)
		want->ask = ASK_NOT_GIVEN;
	return true;
}

static bool read_ask(struct reading *r, struct draft *draft, struct want want,
		     const struct doc_entry *e)
{
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		if (!str_eq(e->key, str_from(asks[i].key)))
			continue;
		struct str value = value_text(r, e->value);
		want.ask = asks[i].ask;
		want.value = str_z(r->a, value);
		if (!value.n)
			return refuse(r, e->value->from, "%" PRIstr ": wants a value", ARG(e->key));
		return switched(r, e, &want) && draft_want(r, draft, want, e->value->from);
	}
	return refuse(r, e->key_from, "'%" PRIstr "' asks nothing that is known", ARG(e->key));
}

/* One subject, and one or more asks of it. */
static bool read_want(struct reading *r, struct draft *draft, const struct doc *d)
{
	struct want want = {.name = NULL, .value = ""};
	size_t before = draft->wants.n;
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		const struct doc *named = doc_get(d, str_from(subjects[i].key));
		if (named && (want.name || !scalar(named).n))
			return refuse(r, named->from, "a want has one subject, a name");
		if (named && subjects[i].subject == SUBJECT_SETTING &&
		    !setting_known(scalar(named)))
			return refuse(r, named->from, "'%" PRIstr "' is no setting of a kubelet",
				      ARG(scalar(named)));
		if (named) {
			want.subject = subjects[i].subject;
			want.name = str_z(r->a, scalar(named));
		}
	}
	if (!want.name)
		return refuse(r, d->from, "a want names a setting, files, unit or proxy");
	for (size_t i = 0; i < d->n; i++) {
		bool subject = false;
		for (size_t k = 0; k < sizeof subjects / sizeof *subjects; k++)
			subject |= str_eq(d->entries[i].key, str_from(subjects[k].key));
		if (!subject && !read_ask(r, draft, want, &d->entries[i]))
			return false;
	}
	return draft->wants.n > before || refuse(r, d->from, "a want asks for something");
}

static bool read_wants(struct reading *r, struct draft *draft, const struct doc *d)
{
	if (d->kind == DOC_MAP)
		return read_want(r, draft, d);
	if (d->kind != DOC_LIST || !d->n)
		return refuse(r, d->from, "want: is a map, or a list of them");
	for (size_t i = 0; i < d->n; i++)
		if (!read_want(r, draft, d->entries[i].value))
			return false;
	return true;
}

static bool one_of(struct str text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(text, str_from(words[i])))
			return true;
	return false;
}

static bool read_member(struct reading *r, struct draft *draft, const struct doc_entry *e)
{
	static const char *const severities[] = {"low", "medium", "high"};
	static const char *const matches[] = {"all", "any"};
	struct str key = e->key, text = scalar(e->value);
	const char **const members[] = {&draft->rule.id, &draft->rule.title, &draft->rule.severity,
					&draft->rule.about, &draft->rule.remedy};
	static const char *const names[] = {"id", "title", "severity", "about", "remedy"};
	if (str_eq(key, S("want")))
		return read_wants(r, draft, e->value);
	if (!text.n)
		return refuse(r, e->value->from, "%" PRIstr ": wants a text", ARG(key));
	if (str_eq(key, S("severity")) && !one_of(text, severities, 3))
		return refuse(r, e->value->from, "severity: is low, medium or high");
	if (str_eq(key, S("match")) && !one_of(text, matches, 2))
		return refuse(r, e->value->from, "match: is all or any");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(key, str_from(names[i]))) {
			*members[i] = str_z(r->a, text);
			return true;
		}
	if (str_eq(key, S("number")))
		draft->number = text;
	else if (str_eq(key, S("match")))
		draft->rule.any = str_eq(text, S("any"));
	else
		return refuse(r, e->key_from, "'%" PRIstr "' is no member of a rule", ARG(key));
	return true;
}

static bool taken(const struct reading *r, struct str id)
{
	for (size_t i = 0; i < r->out->rules.n; i++)
		if (str_eq(str_from(r->out->rules.at[i]->id), id))
			return true;
	return rule_named(id, (struct str){0}) != NULL;
}

static bool read_rule(struct reading *r, const struct doc *d)
{
	struct draft draft = {.from = d->from};
	if (d->kind != DOC_MAP)
		return refuse(r, d->from, "a rule is a map");
	for (size_t i = 0; i < d->n; i++)
		if (!read_member(r, &draft, &d->entries[i]))
			return false;
	if (!draft.rule.id)
		return refuse(r, d->from, "a rule has an id");
	if (taken(r, str_from(draft.rule.id)))
		return refuse(r, d->from, "the rule '%s' is there already", draft.rule.id);
	if (!draft.wants.n)
		return refuse(r, d->from, "the rule '%s' wants nothing", draft.rule.id);
	if (!draft.rule.title)
		draft.rule.title = draft.rule.id;
	if (!draft.rule.severity)
		draft.rule.severity = "medium";
	if (!draft.rule.about)
		draft.rule.about = draft.rule.title;
	if (!draft.rule.remedy)
		draft.rule.remedy = "see what the rule wants";
	return draft_finish(r, &draft);
}

static bool read_ours(struct reading *r, const struct doc *rules)
{
	if (rules->kind != DOC_LIST)
		return refuse(r, rules->from, "rules: is a list");
	for (size_t i = 0; i < rules->n; i++)
		if (!read_rule(r, rules->entries[i].value))
			return false;
	return true;
}

/* ---- either ---- */

/* A file of ours says nothing else at the top. */
static bool top_known(struct reading *r, const struct doc *top)
{
	for (size_t i = 0; i < top->n; i++) {
		struct str key = top->entries[i].key;
		if (!str_eq(key, S("rules")) && !str_eq(key, S("version")))
			return refuse(r, top->entries[i].key_from,
				      "'%" PRIstr "' is neither version nor rules", ARG(key));
	}
	return true;
}

bool rules_read(struct arena *a, const struct file *file, struct rule_file *out,
		struct doc_fault *fault)
{
	struct rule_file read = {.benchmark = str_basename(file->path)};
	struct reading r = {a, &read, fault};
	const struct doc *top = doc_yaml(a, file, fault);
	if (!top)
		return false;
	const struct doc *ours = doc_get(top, S("rules")), *theirs = doc_get(top, S("groups"));
	struct str version = scalar(doc_get(top, S("version")));
	if (version.n)
		read.benchmark = version;
	if (!ours && !theirs)
		return refuse(&r, top->from, "has neither rules: nor groups:");
	if (ours ? !top_known(&r, top) || !read_ours(&r, ours) : !read_kube_bench(&r, theirs))
		return false;
	if (!read.rules.n)
		return refuse(&r, top->from, "has no rule");
	*out = read;
	return true;
}
