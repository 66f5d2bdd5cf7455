/*
 * convert.c - a saved JSON report shown in any format, and judged again: options that choose rules
 * leave findings out, and the exit status is that of a scan. Nothing is scanned: what the image
 * was is what the report says.
 */
#include "arena.h"
#include "session.h"

enum { SAVED_MAX = 1 << 30 };

static bool read_saved(struct arena *a, struct str path, struct report *out, struct error *e)
{
	struct file *file = NEW(a, struct file);
	struct blob *b = str_eq(path, S("-")) ? blob_stdin(a, SAVED_MAX, NULL, e)
					      : blob_open(a, path, NULL, e);
	*file = (struct file){.path = path, .real = path, .kind = FILE_REGULAR};
	if (!b || !blob_slurp(a, b, SAVED_MAX, &file->text, e))
		return false;
	return report_read(a, file, out, e) || fail_in(e, "%" PRIstr, ARG(path));
}

/* With a benchmark: only its rules, under its numbers. */
static bool finding_stays(struct offnode_report *r, const struct target_report *t,
			  struct finding *f)
{
	struct str asked = r->report.benchmark;
	const struct control *control = asked.n ? rule_control(f->rule, asked) : NULL;
	if (asked.n && (!control || !str_eq(str_from(control->benchmark), asked)))
		return false;
	if (control)
		f->number = control->number;
	return rule_admitted(r, f->rule, asked.n ? asked : t->benchmark);
}

static void filter(struct offnode_report *r, struct target_report *t)
{
	size_t kept = 0;
	for (size_t i = 0; i < t->findings.n; i++)
		if (finding_stays(r, t, &t->findings.at[i]))
			t->findings.at[kept++] = t->findings.at[i];
	t->findings.n = kept;
	if (r->report.benchmark.n) {
		t->benchmark = r->report.benchmark;
		t->benchmark_why = S("asked for");
	}
}

/* Looks like one: an object that says its schema's version first. */
static bool is_saved(struct arena *a, struct str path)
{
	char head[64];
	size_t got = 0;
	struct error e;
	struct blob *b = str_eq(path, S("-")) ? NULL : blob_open(a, path, NULL, &e);
	if (!b || !b->read(b, 0, head, sizeof head, &got, &e))
		return false;
	struct str text = str_trim((struct str){head, got}, " \t\r\n");
	return str_starts(text, S("{")) && str_has(text, S("\"schemaVersion\""));
}

bool take_saved(struct offnode_report *r, struct str path)
{
	struct report saved = {0};
	struct error e = {0};
	if (!is_saved(run_arena(r), path))
		return false;
	if (!read_saved(run_arena(r), path, &saved, &e))
		run_unread(r, path, &e);
	for (size_t i = 0; i < saved.targets.n; i++)
		*vec_push(r->report.arena, &r->report.targets) = saved.targets.at[i];
	return true;
}

bool begin_convert(struct offnode_report *r, const char *const *words, size_t n)
{
	(void)n;
	struct report saved = {0};
	struct error e = {0};
	if (!rules_select(r))
		return false;
	if (!read_saved(run_arena(r), str_from(words[0]), &saved, &e)) {
		run_unread(r, str_from(words[0]), &e);
		return false;
	}
	r->report.version = saved.version;
	if (!r->report.timestamp.n)
		r->report.timestamp = saved.timestamp;
	for (size_t i = 0; i < saved.targets.n; i++) {
		struct target_report *t = &saved.targets.at[i];
		filter(r, t);
		*vec_push(r->report.arena, &r->report.targets) = *t;
		if (t->error.kind != ERR_NONE)
			run_target_failed(r, t);
	}
	return true;
}
