/*
 * html.c - findings as one page that needs no network: its style and script are page.css and
 * page.js, and a Content-Security-Policy lets nothing else run or load (CSP Level 3, hashes). All
 * text is there without the script, which filters, follows permalinks and draws wires. Whatever an
 * image names is escaped on its way in, and never reaches the script but as text.
 */
#include "html.h"

#include "arena.h"
#include "base64.h"
#include "blob.h"
#include "formats.h"

void html_text(struct html *h, struct str s)
{
	out_markup(h->o, safe(h->arena, s));
}

void html_code(struct html *h, struct str s)
{
	out_z(h->o, "<code>");
	html_text(h, s);
	out_z(h->o, "</code>");
}

/* "<code>…</code>", with a span of it marked. */
static void excerpt(struct html *h, const struct excerpt *e)
{
	out_z(h->o, e->cut_head ? "<code>…" : "<code>");
	html_text(h, str_slice(e->text, 0, e->from));
	out_z(h->o, "<mark>");
	html_text(h, str_slice(e->text, e->from, e->from + e->len));
	out_z(h->o, "</mark>");
	html_text(h, str_tail(e->text, e->from + e->len));
	out_z(h->o, e->cut_tail ? "…</code>" : "</code>");
}

static void put(struct html *h, const char *before, struct str s, const char *after)
{
	out_z(h->o, before);
	html_text(h, s);
	out_z(h->o, after);
}

/* ---- style and script ---- */

static struct str whole(struct arena *a, const char *const *lines)
{
	struct out *o = out_new(a);
	for (; *lines; lines++)
		out_z(o, *lines);
	return out_text(o);
}

static void allowed(struct html *h, const char *directive, struct str content)
{
	unsigned char sum[32];
	digest_sha256_raw(content, sum);
	struct str raw = {(const char *)sum, sizeof sum};
	out_fmt(h->o, "; %s 'sha256-%" PRIstr "'", directive, ARG(base64_encode(h->arena, raw)));
}

static void head(struct html *h, struct str css, struct str js)
{
	struct report_counts n = report_count(h->r);
	out_z(h->o, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'");
	allowed(h, "style-src", css);
	allowed(h, "script-src", js);
	out_z(h->o, "; base-uri 'none'; form-action 'none'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n");
	out_fmt(h->o, "<title>offnode: %zu failed, %zu unknown, %zu passed</title>\n<style>",
		n.fail, n.unknown, n.pass);
	out_str(h->o, css);
	out_z(h->o, "</style>\n</head>\n<body>\n");
}

/* ---- filters ---- */

/* How a verdict is written in classes, in words and on its filter. */
static const struct {
	const char *class, *word, *filter;
} shown[] = {
	[VERDICT_PASS] = {"pass", "pass", "passed"},
	[VERDICT_FAIL] = {"fail", "fail", "failed"},
	[VERDICT_UNKNOWN] = {"unknown", "unknown", "unknown"},
	[VERDICT_NOT_APPLICABLE] = {"na", "n/a", "not applicable"},
};

static void filters(struct html *h)
{
	static const enum verdict order[] = {VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_PASS,
					     VERDICT_NOT_APPLICABLE};
	struct report_counts n = report_count(h->r);
	const size_t counts[] = {n.pass, n.fail, n.unknown, n.not_applicable};
	out_z(h->o, "<div class=\"filters\" role=\"search\">\n");
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		enum verdict v = order[i];
		if (!counts[v])
			continue;
		out_fmt(h->o,
			"<label class=\"%s\"><input type=\"checkbox\" value=\"%s\" checked>"
			"<span>%zu %s</span></label>\n",
			shown[v].class, shown[v].class, counts[v], shown[v].filter);
	}
	out_z(h->o, "<input type=\"search\" aria-label=\"filter by text\" "
		    "placeholder=\"rule, path or value\">\n<output aria-live=\"polite\"></output>\n"
		    "<span class=\"hint\"><kbd>/</kbd> <kbd>j</kbd> <kbd>k</kbd></span>\n</div>\n");
}

/* ---- findings ---- */

/* "rule-" and the rule's id; "-2" and so on for its later findings. */
static struct str anchor(struct html *h, const struct finding *f)
{
	size_t times = 0;
	for (size_t t = 0; t < h->r->targets.n; t++)
		for (size_t i = 0; i < h->r->targets.at[t].findings.n; i++) {
			const struct finding *other = &h->r->targets.at[t].findings.at[i];
			times += other->rule == f->rule;
			if (other != f)
				continue;
			struct out *o = out_new(h->arena);
			out_z(o, "rule-");
			for (const char *c = f->rule->id; *c; c++)
				out_fill(o,
					 (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ? *c
											      : '-',
					 1);
			if (times > 1)
				out_fmt(o, "-%zu", times);
			return out_text(o);
		}
	return S("rule");
}

static void step(struct html *h, const char *level, struct str value, bool won)
{
	out_fmt(h->o, "<li><small>%s</small> %s", level, won ? "<b>" : "<s>");
	html_code(h, value.n ? value : S("unset"));
	out_z(h->o, won ? "</b></li>" : "</s></li>");
}

/* Lowest level first. */
static void overruled(struct html *h, const struct setting *lost, unsigned depth)
{
	if (!lost || depth > 8)
		return;
	overruled(h, lost->shadowed, depth + 1);
	step(h, level_name(lost->level), setting_shown(h->arena, lost), false);
}

static void chain(struct html *h, const struct finding *f)
{
	if ((f->verdict != VERDICT_PASS && f->verdict != VERDICT_FAIL) || !f->shadowed)
		return;
	out_z(h->o, "<ol class=\"chain\">");
	overruled(h, f->shadowed, 0);
	step(h, source_name(f->source), f->effective, true);
	out_z(h->o, "</ol>\n");
}

static void evidence_line(struct html *h, const struct evidence *e)
{
	out_fmt(h->o, "<dt>%s</dt><dd class=\"%s\">", evidence_label(e->kind),
		evidence_label(e->kind));
	if (!e->from) {
		put(h, "", e->text, "</dd>\n");
		return;
	}
	put(h, "<span class=\"place\">", place_text(h->arena, e->from), "</span>");
	if (origin_quotable(e->from)) {
		struct excerpt x = excerpt_of(h->arena, e->from);
		out_z(h->o, e->kind == EVIDENCE_OVER ? "<s>" : "");
		excerpt(h, &x);
		out_z(h->o, e->kind == EVIDENCE_OVER ? "</s>" : "");
	}
	out_z(h->o, "</dd>\n");
}

static void body(struct html *h, const struct finding *f)
{
	struct evidences all = finding_evidence(h->arena, f);
	struct words aliases = rule_aliases(h->arena, f->rule);
	out_z(h->o, "<div class=\"body\">\n");
	chain(h, f);
	out_z(h->o, "<dl class=\"evidence\">\n");
	if (f->expected.n)
		put(h, "<dt>expected</dt><dd>", f->expected, "</dd>\n");
	for (size_t i = 0; i < all.n; i++)
		evidence_line(h, &all.at[i]);
	if (!f->remedy.n && f->verdict != VERDICT_PASS)
		put(h, "<dt>in general</dt><dd>", str_from(f->rule->remedy), "</dd>\n");
	out_z(h->o, "</dl>\n");
	put(h, "<p class=\"about\">", str_from(f->rule->about), "</p>\n<p class=\"about\">");
	put(h, "", str_from(f->rule->id), ", ");
	put(h, "severity ", str_from(f->rule->severity), "");
	for (size_t i = 0; i < aliases.n; i++)
		put(h, i ? ", " : "; also ", aliases.at[i].text, "");
	out_z(h->o, "</p>\n</div>\n");
}

static void finding(struct html *h, const struct target_report *t, const struct finding *f)
{
	struct str id = anchor(h, f), unit = finding_unit(f);
	bool open = f->verdict == VERDICT_FAIL || f->verdict == VERDICT_UNKNOWN;
	const char *class = shown[f->verdict].class;
	out_fmt(h->o,
		"<article class=\"finding %s\" id=\"%" PRIstr "\" data-verdict=\"%s\">"
		"<details%s><summary><span class=\"verdict\">%s</span>",
		class, ARG(id), class, open ? " open" : "", shown[f->verdict].word);
	put(h, "<span class=\"number\">", str_from(f->number), "</span>");
	put(h, "<span class=\"title\">", str_from(f->rule->title), "</span>");
	out_fmt(h->o,
		"<a class=\"permalink\" href=\"#%" PRIstr
		"\" aria-label=\"link to this rule\">#</a>",
		ARG(id));
	put(h, "<span class=\"outcome\">", finding_outcome(h->arena, f), "");
	if (unit.n && t->launches.n > 1)
		put(h, ", in ", unit, "");
	out_z(h->o, "</span></summary>\n");
	body(h, f);
	out_z(h->o, "</details></article>\n");
}

/* ---- targets ---- */

static void fact(struct html *h, const char *name, struct str value)
{
	if (!value.n)
		return;
	out_fmt(h->o, "<div><dt>%s</dt>", name);
	put(h, "<dd>", value, "</dd></div>\n");
}

static void facts(struct html *h, const struct target_report *t)
{
	out_z(h->o, "<dl class=\"facts\">\n");
	fact(h, "read as", t->image.trail.n ? t->image.trail : t->image.kind);
	fact(h, "system", t->os ? t->os->pretty : (struct str){0});
	fact(h, "kubelet", t->kubelet.text);
	fact(h, "systemd", t->systemd.text);
	fact(h, "rules", t->benchmark);
	fact(h, "platform", t->image.platform);
	fact(h, "digest", t->image.digest);
	out_z(h->o, "</dl>\n");
}

static void notes(struct html *h, const struct target_report *t)
{
	size_t n = t->notes.n + t->read.unreadable.n + t->read.limits.n;
	if (!n)
		return;
	out_fmt(h->o, "<details class=\"notes\"><summary>Notes <small>%zu</small></summary><ul>\n",
		n);
	for (size_t i = 0; i < t->read.unreadable.n; i++)
		put(h, "<li>could not be read: ", t->read.unreadable.at[i].text, "</li>\n");
	for (size_t i = 0; i < t->read.limits.n; i++)
		put(h, "<li>", t->read.limits.at[i].text, "</li>\n");
	for (size_t i = 0; i < t->notes.n; i++) {
		const struct note *note = &t->notes.at[i];
		out_z(h->o, "<li>");
		if (origin_placed(note->from))
			put(h, "<code>", place_text(h->arena, note->from), "</code> ");
		put(h, "", note->text, "</li>\n");
	}
	out_z(h->o, "</ul></details>\n");
}

static void target(struct html *h, const struct target_report *t)
{
	static const enum verdict order[] = {VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_PASS,
					     VERDICT_NOT_APPLICABLE};
	put(h, "<section class=\"target\">\n<h2><code>", t->target, "</code></h2>\n");
	if (t->error.kind != ERR_NONE) {
		put(h, "<p class=\"trouble\">not read: ", str_from(t->error.text), "</p>\n");
		out_z(h->o, "</section>\n");
		return;
	}
	facts(h, t);
	for (size_t v = 0; v < sizeof order / sizeof *order; v++)
		for (size_t i = 0; i < t->findings.n; i++)
			if (t->findings.at[i].verdict == order[v])
				finding(h, t, &t->findings.at[i]);
	out_z(h->o, "<p class=\"empty\" hidden>Nothing here that the filters show.</p>\n");
	for (size_t i = 0; i < t->launches.n; i++)
		html_flow(h, t, i);
	notes(h, t);
	out_z(h->o, "</section>\n");
}

void write_html(const struct report *r, struct out *o)
{
	struct html h = {.r = r, .o = o, .arena = r->arena};
	struct str css = whole(r->arena, page_css), js = whole(r->arena, page_js);
	head(&h, css, js);
	out_z(o, "<header class=\"top\"><h1>offnode</h1><p>");
	out_fmt(o, "%zu target%s", r->targets.n, r->targets.n == 1 ? "" : "s");
	if (report_count(r).errors)
		out_fmt(o, ", %zu not read", report_count(r).errors);
	if (r->timestamp.n)
		put(&h, ", ", r->timestamp, "");
	out_z(o, "</p></header>\n");
	filters(&h);
	out_z(o, "<main>\n");
	for (size_t i = 0; i < r->targets.n; i++)
		target(&h, &r->targets.at[i]);
	out_fmt(o, "</main>\n<footer>offnode %s</footer>\n<script>", r->version);
	out_str(o, js);
	out_z(o, "</script>\n</body>\n</html>\n");
}
