/*
 * markdown.c - findings as a comment on a pull request (GitHub Flavored Markdown): a table of
 * counts, then each failure and unknown, folded. Whatever an image or a user names is written in
 * character references where Markdown, HTML or GitHub's mentions could take it for more than text.
 */
#include "finding.h"
#include "formats.h"

/* A comment holds 65536 characters. What goes past this is counted, not shown. */
enum { COMMENT_MOST = 60000 };

struct markdown {
	struct out *o;
	struct arena *arena;
	size_t left_out; /* findings that found no room */
};

void out_markdown(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = c >= 0x80 || c == ' ' || c == '/' || c == '-' || c == ',' ||
			     (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z');
		if (plain)
			out_str(o, str_slice(s, i, i + 1));
		else
			out_fmt(o, "&#%u;", c);
	}
}

static void put(struct markdown *m, struct str s)
{
	out_markdown(m->o, safe(m->arena, s));
}

/* In <code> GitHub looks for no mentions. */
static void code(struct markdown *m, struct str s)
{
	out_z(m->o, "<code>");
	put(m, s);
	out_z(m->o, "</code>");
}

static const char *mark(const struct report_counts *n)
{
	if (n->fail)
		return ":x:";
	if (n->unknown || n->errors)
		return ":grey_question:";
	return n->pass ? ":white_check_mark:" : ":heavy_minus_sign:";
}

static void summary_line(struct markdown *m, const struct target_report *t)
{
	struct report_counts n = target_count(t);
	out_fmt(m->o, "| %s ", mark(&n));
	code(m, t->target);
	out_fmt(m->o, " | %zu | %zu | %zu | %zu | ", n.fail, n.unknown, n.pass, n.not_applicable);
	if (t->error.kind != ERR_NONE)
		put(m, str_fmt(m->arena, "not read: %s", t->error.text));
	else
		put(m, str_fmt(m->arena, "%" PRIstr "%s%" PRIstr,
			       ARG(t->os ? t->os->pretty : (struct str){0}),
			       t->os && t->os->pretty.n && t->kubelet.text.n ? ", kubelet " : "",
			       ARG(t->kubelet.text)));
	out_z(m->o, " |\n");
}

static void summary(struct markdown *m, const struct report *r)
{
	out_z(m->o, "| target | failed | unknown | passed | not applicable | |\n"
		    "|:--|--:|--:|--:|--:|:--|\n");
	for (size_t i = 0; i < r->targets.n; i++)
		summary_line(m, &r->targets.at[i]);
}

static void evidence(struct markdown *m, const struct finding *f)
{
	struct evidences all = finding_evidence(m->arena, f);
	for (size_t i = 0; i < all.n; i++) {
		const struct evidence *e = &all.at[i];
		out_fmt(m->o, "- %s ", evidence_label(e->kind));
		if (e->from) {
			code(m, place_text(m->arena, e->from));
			out_z(m->o, " ");
			if (e->text.n)
				code(m, e->text);
		} else {
			put(m, e->text);
		}
		out_z(m->o, "\n");
	}
}

static void finding(struct markdown *m, const struct target_report *t, const struct finding *f)
{
	out_fmt(m->o, "<details><summary>%s <b>",
		f->verdict == VERDICT_FAIL ? ":x:" : ":grey_question:");
	put(m, str_from(finding_name(f)));
	out_z(m->o, "</b> ");
	put(m, finding_sentence(m->arena, f));
	out_z(m->o, "</summary>\n\n");
	out_z(m->o, "- in ");
	code(m, t->target);
	if (f->launch) {
		out_z(m->o, ", of ");
		code(m, finding_unit(f));
	}
	out_z(m->o, "\n");
	evidence(m, f);
	out_z(m->o, "\n</details>\n");
}

static void findings(struct markdown *m, const struct target_report *t, enum verdict v)
{
	for (size_t i = 0; i < t->findings.n; i++) {
		const struct finding *f = &t->findings.at[i];
		if (f->verdict != v)
			continue;
		struct out *one = out_new(m->arena);
		struct markdown apart = {.o = one, .arena = m->arena};
		finding(&apart, t, f);
		if (m->left_out || out_text(m->o).n + out_text(one).n > COMMENT_MOST)
			m->left_out++;
		else
			out_str(m->o, out_text(one));
	}
}

void write_markdown(const struct report *r, struct out *o)
{
	struct markdown m = {.o = o, .arena = r->arena};
	struct report_counts n = report_count(r);
	out_fmt(o, "### offnode: %zu failed, %zu unknown, %zu passed\n\n", n.fail, n.unknown,
		n.pass);
	summary(&m, r);
	out_z(o, "\n");
	for (enum verdict v = VERDICT_FAIL; v <= VERDICT_UNKNOWN; v++)
		for (size_t i = 0; i < r->targets.n; i++)
			findings(&m, &r->targets.at[i], v);
	if (m.left_out)
		out_fmt(o, "\nand %zu more, which a comment has no room for\n", m.left_out);
	out_fmt(o, "\n<sub>offnode %s</sub>\n", r->version);
}
