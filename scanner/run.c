/*
 * run.c - a command from its words to a finished report: targets one after another, each in an
 * arena of its own, so that what one of them costs or breaks is not felt by the others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session.h"

enum { REPORT_MEMORY = 256 << 20 };

static const enum offnode_status status_of[] = {
	[ERR_NONE] = OFFNODE_OK,
	[ERR_IO] = OFFNODE_MISSING,
	[ERR_MISSING] = OFFNODE_MISSING,
	[ERR_LOOP] = OFFNODE_CORRUPT,
	[ERR_CORRUPT] = OFFNODE_CORRUPT,
	[ERR_UNSUPPORTED] = OFFNODE_UNSUPPORTED,
	[ERR_LIMIT] = OFFNODE_INTERNAL,
	[ERR_USAGE] = OFFNODE_USAGE,
	[ERR_ENCRYPTED] = OFFNODE_UNSUPPORTED,
};

/* ---- messages ---- */

static void message(struct offnode_report *r, enum offnode_status status, struct str text)
{
	struct arena *a = r->report.arena;
	struct out *o = out_new(a);
	out_safe(o, text);
	*vec_push(a, &r->messages) = str_z(a, out_text(o));
	if (r->trouble == OFFNODE_OK)
		r->trouble = status;
}

bool run_fail(struct offnode_report *r, enum offnode_status status, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	message(r, status, str_vfmt(r->report.arena, fmt, ap));
	va_end(ap);
	return false;
}

/* The target stands in front, unless the message begins with it or with its path anyway. */
void run_target_failed(struct offnode_report *r, const struct target_report *t)
{
	struct str text = str_from(t->error.text), scheme, path = t->target;
	bool named = str_starts(text, path);
	if (str_cut(t->target, ':', &scheme, &path))
		named |= path.n && str_starts(text, path);
	if (named)
		run_fail(r, status_of[t->error.kind], "%s", t->error.text);
	else
		run_fail(r, status_of[t->error.kind], "%" PRIstr ": %s", ARG(t->target),
			 t->error.text);
}

/* ---- files of the user's own ---- */

const struct file *run_file(struct offnode_report *r, const char *option, struct str path,
			    size_t max)
{
	struct arena *a = r->report.arena;
	struct error e = {0};
	struct blob *b = blob_open(a, path, NULL, &e);
	struct file *file = NEW(a, struct file);
	*file = (struct file){.path = path, .real = path, .kind = FILE_REGULAR};
	if (b && blob_slurp(a, b, max, &file->text, &e))
		return file;
	run_fail(r, OFFNODE_USAGE, "--%s: %s", option, e.text);
	return NULL;
}

bool run_fault(struct offnode_report *r, const struct file *file, const struct doc_fault *fault)
{
	struct place p = {.line = 1, .column = 1};
	if (fault->from)
		p = origin_place(fault->from);
	return run_fail(r, OFFNODE_USAGE, "%" PRIstr ":%zu:%zu: %" PRIstr, ARG(file->path), p.line,
			p.column, ARG(fault->text));
}

/* ---- watching ---- */

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool scan_tick(struct watch *w, uint64_t bytes, struct error *e)
{
	struct scan *s = (struct scan *)w;
	struct offnode_report *r = s->run;
	uint64_t done = atomic_fetch_add(&s->done, bytes) + bytes;
	bool late = r->deadline && now_ms() > r->deadline;
	offnode_progress_fn *progress = r->session->progress;
	bool stopped = progress && !progress(r->session->progress_arg, s->name, done);
	if (!late && !stopped)
		return true;
	atomic_store(&r->timed_out, true);
	return fail(e, ERR_LIMIT, late ? "the time is up" : "stopped");
}

/* ---- one target ---- */

static void scan_full(void *arg)
{
	struct scan *s = arg;
	longjmp(s->full, 1);
}

static void report_full(void *arg)
{
	struct offnode_report *r = arg;
	longjmp(r->full, 1);
}

struct arena *run_arena(struct offnode_report *r)
{
	struct arena *a = arena_new(limits_memory(&r->image_options.fs.max), report_full, r);
	*vec_push(r->report.arena, &r->arenas) = a;
	return a;
}

static void scan_one(struct scan *s)
{
	if (!scan_open(s))
		return;
	s->run->command->visit(s);
	struct net_use now = net_used(s->run->image_options.net);
	s->out->read.fetched =
		(struct net_use){now.requests - s->before.requests, now.bytes - s->before.bytes};
	s->out->read.unreadable = rootfs_unreadable(s->root);
	if (!s->out->launches.n && s->run->report.kind != REPORT_RAW)
		s->out->read.doubt = rootfs_doubt(s->root);
}

static void scan_guarded(struct scan *s)
{
	struct str target = s->out->target;
	if (setjmp(s->full)) {
		*s->out = (struct target_report){.target = target};
		fail(&s->out->error, ERR_LIMIT, "needs more memory than --max-memory allows");
		return;
	}
	if (!s->arena) {
		size_t limit = limits_memory(&s->run->image_options.fs.max);
		s->arena = arena_new(limit, scan_full, s);
		*vec_push(s->run->report.arena, &s->run->arenas) = s->arena;
	}
	scan_one(s);
}

/* The image to go on with: another root of the same disk. */
static struct image *run_image(struct offnode_report *r, struct scan *s, struct str target)
{
	struct target_report *t = vec_push(r->report.arena, &r->report.targets);
	t->target = target;
	s->out = t;
	scan_guarded(s);
	if (t->error.kind != ERR_NONE)
		run_target_failed(r, t);
	return s->image ? s->image->next : NULL;
}

/* All roots share what was opened for the first, and its arena. */
static void run_target(struct offnode_report *r, struct str target)
{
	struct arena *a = r->report.arena;
	struct scan *s = NEW(a, struct scan);
	struct str shown = image_shown(a, target);
	*s = (struct scan){
		.watch = {scan_tick},
		.target = target,
		.before = net_used(r->image_options.net),
		.run = r,
		.name = str_z(a, shown),
	};
	struct image *next = run_image(r, s, shown);
	while (next) {
		s->image = next;
		s->root = NULL;
		s->sd = NULL;
		next = run_image(r, s, next->target);
	}
	net_settle(r->image_options.net);
}

void run_unread(struct offnode_report *r, struct str target, const struct error *e)
{
	struct target_report *t = vec_push(r->report.arena, &r->report.targets);
	t->target = target;
	t->error = *e;
	run_target_failed(r, t);
}

/* A word is a target, or a list of them. */
static void run_word(struct offnode_report *r, const char *word)
{
	struct words targets = {0};
	struct error e = {0};
	if (!image_targets(r->report.arena, str_from(word), NULL, &targets, &e)) {
		run_unread(r, str_from(word), &e);
		return;
	}
	for (size_t i = 0; i < targets.n; i++)
		run_target(r, targets.at[i].text);
}

/* ---- the whole run ---- */

struct str run_time(struct offnode_report *r, struct str wanted)
{
	struct arena *a = r->report.arena;
	uint64_t seconds = 0;
	if (wanted.n == 0)
		return wanted;
	time_t t = time(NULL);
	if (str_u64(wanted, &seconds))
		t = (time_t)seconds;
	struct tm utc;
	char text[40];
	gmtime_r(&t, &utc);
	return str_dup(a,
		       (struct str){text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)});
}

static struct net *run_net(struct offnode_report *r)
{
	const struct offnode *o = r->session;
	uint64_t wait = option_number(o, OPTION_net_timeout, 0);
	const struct net_options opts = {
		.agent = "offnode/" OFFNODE_VERSION,
		.offline = option_on(o, OPTION_offline),
		.plain_http = option_on(o, OPTION_plain_http),
		.cacert = option_text(o, OPTION_cacert),
		.cert = option_text(o, OPTION_cert),
		.key = option_text(o, OPTION_key),
		.authfile = option_text(o, OPTION_authfile),
		.tries = (unsigned)option_number(o, OPTION_net_tries, 0),
		.connect_ms = wait,
		.stall_ms = wait,
	};
	return net_new(r->report.arena, &opts);
}

static void run_options(struct offnode_report *r)
{
	const struct offnode *o = r->session;
	r->report.version = OFFNODE_VERSION;
	r->report.strict = option_on(o, OPTION_strict);
	r->report.verbosity = option_on(o, OPTION_quiet) ? -1 : option_on(o, OPTION_verbose);
	r->report.timestamp = run_time(r, option_text(o, OPTION_timestamp));
	r->report.benchmark = option_text(o, OPTION_benchmark);
	r->raw = out_new(r->report.arena);
	uint64_t timeout = option_number(o, OPTION_timeout, 0);
	r->deadline = timeout ? now_ms() + (int64_t)timeout : 0;
	r->image_options = (struct image_options){
		.fs = {.wanted = scan_wanted,
		       .skim = program_skim,
		       .kept_as = scan_kept_as(r->report.arena),
		       .max_kept = 64 << 20},
		.platform = option_text(o, OPTION_platform),
		.jobs = (unsigned)option_number(o, OPTION_jobs, 0),
		.allow_backing = option_on(o, OPTION_allow_backing),
		.net = run_net(r),
		.cache = run_cache(r),
		.whole_layers = option_on(o, OPTION_whole_layers),
	};
#define X(name, usual) r->image_options.fs.max.name = option_number(o, OPTION_max_##name, 0);
	LIMITS(X)
#undef X
}

static bool words_fit(struct offnode_report *r, const struct offnode_command *c, size_t n)
{
	if (n < (size_t)c->least)
		return run_fail(r, OFFNODE_USAGE, "%s: needs %s", c->name, c->args);
	if (c->most >= 0 && n > (size_t)c->most)
		return run_fail(r, OFFNODE_USAGE, "%s: takes %s and no more", c->name, c->args);
	return true;
}

static bool formats_fit(struct offnode_report *r)
{
	const struct offnode *o = r->session;
	for (size_t i = 0; i < o->values[OPTION_format].n; i++) {
		struct str name, file;
		(void)str_cut(o->values[OPTION_format].at[i], '=', &name, &file);
		if (!report_format_shows(report_format_find(name), r->report.kind))
			return run_fail(r, OFFNODE_USAGE, "%s: has no format '%" PRIstr "'",
					r->command->told.name, ARG(name));
	}
	return true;
}

static void run_command(struct offnode_report *r, const char *command, const char *const *words,
			size_t n)
{
	r->command = command_find(str_from(command));
	run_options(r);
	if (!r->command) {
		run_fail(r, OFFNODE_USAGE, "unknown command '%s'", command);
		return;
	}
	r->report.kind = r->command->kind;
	if (!words_fit(r, &r->command->told, n) ||
	    (r->command->begin && !r->command->begin(r, words, n)))
		return;
	if (!formats_fit(r) || !gate_begin(r))
		return;
	size_t targets = r->command->targets < 0 ? n : (size_t)r->command->targets;
	for (size_t i = 0; i < targets; i++)
		if (r->report.kind != REPORT_DIFF || !take_saved(r, str_from(words[i])))
			run_word(r, words[i]);
	gate_end(r);
	if (r->report.kind == REPORT_DIFF)
		diff_end(r);
	r->report.raw = out_text(r->raw);
}

/* A target without a kubelet, or without the unit that was asked for, is nothing to judge; where
 * a kubelet could be in what was not readable, there is an unknown instead. */
static bool run_empty(const struct offnode_report *r)
{
	bool units = r->report.kind == REPORT_STORY ||
		     (r->report.kind == REPORT_ARGV && r->report.about.n);
	for (size_t i = 0; i < r->report.targets.n; i++) {
		const struct target_report *t = &r->report.targets.at[i];
		if (!units && t->launches.n)
			return false;
		for (size_t k = 0; k < t->units.n; k++)
			if (t->units.at[k]->load != UNIT_NOT_FOUND)
				return false;
	}
	return !option_on(r->session, OPTION_allow_empty);
}

/* Nothing was found, in an image that was not wholly readable. */
static bool run_doubtful(const struct offnode_report *r)
{
	for (size_t i = 0; i < r->report.targets.n; i++)
		if (r->report.targets.at[i].read.doubt.reason != REASON_NONE)
			return true;
	return false;
}

static enum offnode_status status_of_verdicts(const struct offnode_report *r)
{
	struct report_counts n = report_count(&r->report);
	struct str fail_on = option_text(r->session, OPTION_fail_on);
	bool unknown = n.unknown && !str_eq(fail_on, S("fail"));
	bool provisional = n.provisional && str_eq(fail_on, S("provisional"));
	bool judged = r->report.kind != REPORT_RULES && r->report.kind != REPORT_RAW &&
		      r->report.kind != REPORT_CACHE;
	if (!judged || option_on(r->session, OPTION_exit_zero))
		return OFFNODE_OK;
	if (r->report.kind == REPORT_DIFF)
		return r->report.differences.n ? OFFNODE_FAILED : OFFNODE_OK;
	if (n.fail > n.waived + (r->report.fail_on_new ? n.known : 0))
		return (enum offnode_status)option_number(r->session, OPTION_exit_code, 1);
	if (unknown || provisional)
		return OFFNODE_UNKNOWN;
	if (n.unknown || !run_empty(r))
		return OFFNODE_OK;
	return run_doubtful(r) ? OFFNODE_UNKNOWN : OFFNODE_EMPTY;
}

struct offnode_report *offnode_run(struct offnode *o, const char *command, const char *const *words,
				   size_t n)
{
	struct offnode_report *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->session = o;
	if (setjmp(r->full)) {
		r->status = OFFNODE_INTERNAL;
		return r;
	}
	r->report.arena = arena_new(REPORT_MEMORY, report_full, r);
	run_command(r, command, words, n);
	r->status = r->trouble != OFFNODE_OK ? r->trouble : status_of_verdicts(r);
	if (atomic_load(&r->timed_out)) {
		run_fail(r, OFFNODE_TIMEOUT, "the time was up before all was read");
		r->status = OFFNODE_TIMEOUT;
	}
	return r;
}

void offnode_report_free(struct offnode_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->arenas.n; i++)
		arena_free(r->arenas.at[i]);
	arena_free(r->report.arena);
	free(r);
}

enum offnode_status offnode_status(const struct offnode_report *r)
{
	return r->status;
}

const char *offnode_message(const struct offnode_report *r, size_t i)
{
	return i < r->messages.n ? r->messages.at[i] : NULL;
}
