/*
 * waivers.c - failures that somebody answers for: a file of waivers, and the findings that they
 * excuse. Each names a rule, why it may fail and until when; globs (fnmatch(3), '*' crosses '/') of
 * targets and of the file that decides narrow it. A waived failure stays a failure in every report,
 * but does not count. One that has expired, that nothing needs, or that is not well-formed excuses
 * nothing and is told.
 *
 *	waivers:
 *	- rule: 4.2.6                    # id, number, alias, or "*"
 *	  targets: ["*.qcow2"]           # optional
 *	  paths: [/etc/default/kubelet]  # optional
 *	  reason: kube-proxy runs in nftables mode here
 *	  expires: 2027-01-31            # the last day on which it holds
 *	  owner: node team               # optional
 *	  ticket: NODE-123               # optional
 */
#include <fnmatch.h>

#include "arena.h"
#include "rules.h"

enum { WAIVERS_MAX = 10000, GLOBS_MAX = 1000 };

static bool fault(struct doc_fault *f, const struct doc *at, const char *text)
{
	*f = (struct doc_fault){.text = str_from(text), .from = at ? at->from : NULL};
	return false;
}

static bool all_digits(struct str s)
{
	return s.n && str_trim(s, "0123456789").n == 0;
}

/* "2027-01-31": dates of that form sort as text does. */
static bool is_date(struct str s)
{
	static const unsigned char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint64_t month = 0, day = 0;
	bool formed = s.n == 10 && s.p[4] == '-' && s.p[7] == '-' &&
		      all_digits(str_slice(s, 0, 4)) && all_digits(str_slice(s, 5, 7)) &&
		      all_digits(str_slice(s, 8, 10));
	return formed && str_u64(str_slice(s, 5, 7), &month) &&
	       str_u64(str_slice(s, 8, 10), &day) && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1];
}

/* ---- one waiver ---- */

static void malformed(struct waiver *w, const struct origin *from, const char *why)
{
	if (w->wrong.n)
		return;
	w->wrong = str_from(why);
	w->from = from ? from : w->from;
}

static struct words globs_of(struct arena *a, struct waiver *w, const struct doc *d)
{
	struct words globs = {0};
	if (d->kind == DOC_STRING)
		*vec_push(a, &globs) = (struct word){d->text, d->from};
	else if (d->kind != DOC_LIST || d->n > GLOBS_MAX)
		malformed(w, d->from, "a glob or a list of globs is expected");
	for (size_t i = 0; d->kind == DOC_LIST && i < d->n && i < GLOBS_MAX; i++) {
		const struct doc *item = d->entries[i].value;
		if (item->kind != DOC_STRING)
			malformed(w, item->from, "a glob is expected");
		*vec_push(a, &globs) = (struct word){item->text, item->from};
	}
	return globs;
}

/* Scalars as they are written: 4.20 is a number to YAML, and so is a ticket. */
static struct str scalar_of(struct waiver *w, const struct doc *d)
{
	if (d->kind == DOC_STRING)
		return d->text;
	if (d->kind == DOC_NUMBER && d->from)
		return str_slice(d->from->file->text, d->from->at, d->from->at + d->from->len);
	malformed(w, d->from, "a word is expected");
	return (struct str){0};
}

static void read_member(struct arena *a, struct waiver *w, const struct doc_entry *e)
{
	struct {
		const char *key;
		struct str *value;
	} const words[] = {
		{"rule", &w->rule},   {"reason", &w->reason}, {"expires", &w->expires},
		{"owner", &w->owner}, {"ticket", &w->ticket},
	};
	if (str_eq(e->key, S("targets"))) {
		w->targets = globs_of(a, w, e->value);
		return;
	}
	if (str_eq(e->key, S("paths"))) {
		w->paths = globs_of(a, w, e->value);
		return;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(e->key, str_from(words[i].key))) {
			*words[i].value = scalar_of(w, e->value);
			return;
		}
	malformed(w, e->key_from, "a key that no waiver has");
}

static void read_waiver(struct arena *a, const struct doc *d, struct waiver *w)
{
	*w = (struct waiver){.from = d->from};
	if (d->kind != DOC_MAP) {
		malformed(w, d->from, "a waiver is a map with rule, reason and expires");
		return;
	}
	for (size_t i = 0; i < d->n; i++)
		read_member(a, w, &d->entries[i]);
	if (!w->rule.n)
		malformed(w, NULL, "it names no rule");
	else if (!str_eq(w->rule, S("*")) && !rule_named(w->rule, (struct str){0}))
		malformed(w, NULL, "no rule has that name");
	else if (!str_trim(w->reason, " \t").n)
		malformed(w, NULL, "it gives no reason");
	else if (!w->expires.n)
		malformed(w, NULL, "it never expires: a date is needed");
	else if (!is_date(w->expires))
		malformed(w, NULL, "it expires on no date of the form 2027-01-31");
}

bool waivers_read(struct arena *a, const struct file *file, struct waivers *out,
		  struct doc_fault *why)
{
	const struct doc *d = doc_yaml(a, file, why);
	if (!d)
		return false;
	if (d->kind == DOC_NULL)
		return true;
	const struct doc *list = doc_get(d, S("waivers"));
	if (d->kind != DOC_MAP || !list || d->n != 1)
		return fault(why, d, "a map with the one key \"waivers\" is expected");
	if (list->kind != DOC_LIST && list->kind != DOC_NULL)
		return fault(why, list, "a list of waivers is expected");
	if (list->n > WAIVERS_MAX)
		return fault(why, list, "more waivers than are read here");
	for (size_t i = 0; i < list->n; i++)
		read_waiver(a, list->entries[i].value, vec_push(a, out));
	return true;
}

/* ---- what they excuse ---- */

static bool any_glob(struct arena *a, const struct words *globs, struct str text)
{
	for (size_t i = 0; i < globs->n; i++)
		if (fnmatch(str_z(a, globs->at[i].text), str_z(a, text), 0) == 0)
			return true;
	return globs->n == 0;
}

/* Of a finding of several answers, every one that failed must be meant. */
static bool covers_paths(struct arena *a, const struct waiver *w, const struct finding *f)
{
	bool any = false;
	for (size_t i = 0; i < f->answers.n; i++) {
		const struct answer *x = &f->answers.at[i];
		if (x->verdict != VERDICT_FAIL)
			continue;
		struct str path = x->from ? x->from->file->path : (struct str){0};
		if (!any_glob(a, &w->paths, path))
			return false;
		any = true;
	}
	return any || w->paths.n == 0;
}

static bool covers(struct arena *a, const struct waiver *w, struct str target,
		   const struct finding *f)
{
	const struct rule *rule = rule_named(w->rule, (struct str){0});
	bool number = f->number[0] && str_eq(w->rule, str_from(f->number));
	return (str_eq(w->rule, S("*")) || number || rule == f->rule) &&
	       any_glob(a, &w->targets, target) && covers_paths(a, w, f);
}

void waivers_apply(struct arena *a, struct waivers *all, struct str today, struct str target,
		   struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		struct finding *f = &findings->at[i];
		for (size_t k = 0; f->verdict == VERDICT_FAIL && !f->waiver && k < all->n; k++) {
			struct waiver *w = &all->at[k];
			if (w->wrong.n || !covers(a, w, target, f))
				continue;
			w->used = true;
			w->expired = str_cmp(today, w->expires) > 0;
			f->waiver = w->expired ? NULL : w;
		}
	}
}

const char *waiver_trouble(const struct waiver *w)
{
	if (w->wrong.n)
		return "malformed";
	if (w->expired)
		return "expired";
	return w->used ? NULL : "unused";
}
