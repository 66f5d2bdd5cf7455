/*
 * report.h - everything a command found out, ready to be written in any format.
 *
 * The report is complete before the first byte is written, is made by scan.c alone, and points
 * into the arenas of its targets. Writers change nothing and compute nothing but lines and
 * columns.
 */
#ifndef REPORT_H
#define REPORT_H

#include "out.h"
#include "rules.h"

enum report_kind {
	REPORT_SCAN,
	REPORT_ARGV,
	REPORT_CONFIG,
	REPORT_EXPLAIN,
	REPORT_STORY, /* explain UNIT */
	REPORT_INSPECT,
	REPORT_DIFF,
	REPORT_RULES,
	REPORT_CACHE,
	REPORT_RAW, /* cat, ls, capture: bytes as they are, in "text" alone */
};

struct read_stats {
	struct net_use fetched;  /* what came over the network, of image.remote bytes */
	struct words unreadable; /* "PATH: why" */
	struct words limits;     /* limits of ours that were hit, one clause each */
	struct doubt doubt;      /* why something may be in the image that was not seen */
};

struct target_report {
	struct str target;  /* as typed */
	struct error error; /* kind ERR_NONE unless the target could not be opened */
	struct image image;
	struct str deployment; /* of an ostree or bootc system: the root, and why it is that */
	const struct mounted_list *mounted; /* NULL where the target was not opened */
	const struct os *os;
	struct version kubelet, systemd;
	struct read_stats read;
	struct launches launches;
	const struct settings **settings;    /* one for each launch */
	VEC(const struct unit *) units;      /* argv UNIT, explain UNIT: the units asked for */
	const struct story *story;           /* explain UNIT: that of the unit */
	struct str benchmark, benchmark_why; /* whose rules and numbers, and why those */
	struct findings findings;
	struct notes notes;
};

/* What changed from the first target to the second. */
enum difference_kind {
	DIFFERENCE_LAUNCH,  /* of a kubelet: only one of them has it */
	DIFFERENCE_VERDICT, /* `name` is the rule's id */
	DIFFERENCE_SETTING, /* `name` is its path, or its flag with dashes */
	DIFFERENCE_WORD,    /* of the command line: only one of them has it */
};

const char *difference_name(enum difference_kind kind); /* "launch", "verdict", … */

struct side {
	bool there;
	struct str value;
	const struct origin *from; /* NULL for a default */
};

struct difference {
	enum difference_kind kind;
	struct str unit; /* that launches it; empty of a finding of no launch */
	struct str name;
	struct side sides[2];
};

/* What is kept of what was fetched, or was until it was cleared. */
struct cache_report {
	struct str directory; /* empty: there is none that can be used */
	uint64_t limit;
	struct cache_use use;
	bool cleared;
};

struct report {
	enum report_kind kind;
	const char *version; /* of offnode */
	struct arena *arena;
	VEC(struct target_report) targets;
	struct str about;            /* explain: KEY, RULE or UNIT; argv: UNIT */
	const struct option *option; /* explain: what KEY or RULE speaks of */
	struct str raw;
	bool strict;
	bool colour;          /* of "text" */
	int verbosity;        /* -1 quiet, 0, 1 verbose */
	struct str timestamp; /* ISO 8601, or empty */
	struct cache_report cache;
	struct rule_set rules; /* evaluated, or to be listed */
	struct str benchmark;
	VEC(struct difference) differences; /* diff: in order of units, then of kinds */
	struct waivers waivers;             /* all of --ignorefile, in order */
	bool fail_on_new;                   /* failures that the baseline has do not count */
};

struct report_counts {
	size_t pass, fail, unknown, not_applicable, errors, provisional;
	size_t waived, known; /* of the failures: excused by a waiver; else in the baseline */
};

struct report_counts report_count(const struct report *r);
struct report_counts target_count(const struct target_report *t); /* errors: 0 or 1 */

struct report_format {
	const char *name;  /* "text" */
	unsigned kinds;    /* 1 << REPORT_SCAN | …: what it can show */
	const char *about; /* for --help */
	void (*write)(const struct report *r, struct out *o);
};

const struct report_format *report_formats(size_t *n);
const struct report_format *report_format_find(struct str name);

/* Can this format show that kind of report? */
bool report_format_shows(const struct report_format *f, enum report_kind kind);

/* More values than this in a saved report are a limit. */
enum { REPORT_VALUES_MAX = 8000000 };

/* A report of a scan that was saved as JSON: its targets, its date and the version that wrote it
 * are put into *out, and written as JSON it is the same document again. The file's text is
 * borrowed. False with what is wrong, and in which line, when it is no such report. */
bool report_read(struct arena *a, const struct file *file, struct report *out, struct error *e);

/* A line with its secrets starred out, for all formats alike: the value of a flag, variable or key
 * whose name speaks of a token, a password or a bootstrap secret. Paths, numbers, truth values
 * and references to variables are no secrets. The length stays, so that columns do. */
struct str report_mask(struct arena *a, struct str line);

/* The same for word `i` of a command line, which may be the value of the flag before it. */
struct str report_mask_word(struct arena *a, const struct words *words, size_t i);

#endif
