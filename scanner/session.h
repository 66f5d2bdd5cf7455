/*
 * session.h - what the rooms of the library side share: a session's options, a run's report, and
 * one target while it is being scanned.
 */
#ifndef SESSION_H
#define SESSION_H

#include <setjmp.h>
#include <stdatomic.h>

#include "arena.h"
#include "offnode.h"
#include "options.h"
#include "report.h"

struct offnode {
	struct arena *arena;
	jmp_buf full;
	VEC(struct str) values[OPTIONS_N];
	offnode_progress_fn *progress;
	void *progress_arg;
};

/* The last value of an option; empty when it was not set. NUL-terminated. */
struct str option_text(const struct offnode *o, enum option_id id);
bool option_on(const struct offnode *o, enum option_id id);
/* A count, size or duration (in milliseconds), checked when it was set. */
uint64_t option_number(const struct offnode *o, enum option_id id, uint64_t otherwise);

/* The nearest of n names to a mistyped word; NULL when none is near. `stride` is the size of the
 * records whose first member each name is. */
const char *nearest(const char *word, const void *names, size_t stride, size_t n);

struct scan;

/* A command: what it needs of its words, and what it does with each target. */
struct command_room {
	struct offnode_command told;
	enum report_kind kind;
	int targets; /* how many of its words are targets; < 0: all */
	bool (*begin)(struct offnode_report *r, const char *const *words, size_t n);
	void (*visit)(struct scan *s);
};

const struct command_room *command_find(struct str name);

struct offnode_report {
	struct report report;
	const struct offnode *session;
	const struct command_room *command;
	struct str path; /* of cat and ls */
	struct out *raw;
	struct image_options image_options;
	VEC(struct rule_file) own;  /* of --rules */
	struct rule_set selected;   /* rules that may be evaluated */
	int64_t deadline;           /* monotonic, in milliseconds; 0: none */
	const struct doc *baseline; /* a saved report; NULL without one */
	atomic_bool timed_out;
	VEC(struct arena *) arenas; /* one a target */
	VEC(const char *) messages;
	enum offnode_status trouble; /* the first failure that is not a verdict */
	enum offnode_status status;
	jmp_buf full;
};

/* Tells a failure of the whole run: a line for standard error, and its status. False. */
bool run_fail(struct offnode_report *r, enum offnode_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The file that an option names, whole; NULL after run_fail. */
const struct file *run_file(struct offnode_report *r, const char *option, struct str path,
			    size_t max);

/* Tells what is wrong in such a file, and where in it. False. */
bool run_fault(struct offnode_report *r, const struct file *file, const struct doc_fault *fault);

/* Tells that a target could not be read; run_unread makes a target of it first. */
void run_target_failed(struct offnode_report *r, const struct target_report *t);
void run_unread(struct offnode_report *r, struct str target, const struct error *e);

/* Memory that lives as long as the report, up to --max-memory. */
struct arena *run_arena(struct offnode_report *r);

/* "2026-11-28T12:00:00Z" of "now" or of seconds since 1970; empty for the empty text. */
struct str run_time(struct offnode_report *r, struct str wanted);

/* Reads --ignorefile and --baseline; false after run_fail. */
bool gate_begin(struct offnode_report *r);

/* Marks the failures of all targets that are waived or known, and tells of bad waivers. */
void gate_end(struct offnode_report *r);

/* One target, or one root of a target that has several. */
struct scan {
	struct watch watch;    /* first: tick finds the scan by it */
	struct str target;     /* as typed; only image_shown of it is told */
	struct net_use before; /* what had been fetched when it began */
	struct offnode_report *run;
	struct target_report *out;
	struct arena *arena;
	struct image *image; /* open already where it is not the target's first root; else NULL */
	struct rootfs *root;
	struct systemd *sd;
	const char *name;
	atomic_uint_fast64_t done;
	jmp_buf full;
};

/* Opens the image and lays the overlays on it. False: s->out->error tells. */
bool scan_open(struct scan *s);

/* What commands do with a target that scan_open opened. */
void visit_scan(struct scan *s);
void visit_argv(struct scan *s);
void visit_launches(struct scan *s);
void visit_explain(struct scan *s);
void visit_capture(struct scan *s);
void visit_fix(struct scan *s);
void visit_ls(struct scan *s);
void visit_cat(struct scan *s);

/* Compares the two targets, once both are scanned. */
void diff_end(struct offnode_report *r);

/* The rules that the options select where `chosen` is the benchmark that fits; of "", of any. */
struct rule_set rules_selected(struct offnode_report *r, struct str chosen);

/* Do --check, --skip and --severity let a rule pass, where `chosen` is the benchmark? */
bool rule_admitted(const struct offnode_report *r, const struct rule *rule, struct str chosen);

/* The one that a name stands for, or those of one's own files; none for what is no name. */
struct rule_set rules_called(struct offnode_report *r, struct str name);

/* Those of any; reads the files of --rules. False after run_fail where there is none. */
bool rules_select(struct offnode_report *r);

/* Is it a saved report, and no image? Then its targets are taken as they were. */
bool take_saved(struct offnode_report *r, struct str path);

/* Puts the targets of a saved report into this one. */
bool begin_convert(struct offnode_report *r, const char *const *words, size_t n);

/* Where what is fetched is kept; NULL: nowhere. */
struct cache *run_cache(struct offnode_report *r);

/* Tells what the cache holds, or removes it. */
bool begin_cache(struct offnode_report *r, const char *const *words, size_t n);

/* Writes the functions of a shell that complete our words. */
bool begin_completion(struct offnode_report *r, const char *const *words, size_t n);

/* Which file bodies an archive keeps on its one pass. */
fs_wanted scan_wanted;

/* A name for its choice, and for what program_skim makes of the others: another version's is
 * another one. */
struct str scan_kept_as(struct arena *a);

#endif
