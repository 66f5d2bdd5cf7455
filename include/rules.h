/*
 * rules.h - rules (what is asked of a kubelet, as a table), benchmarks (how others number them and
 * where they ask for more or less), and findings (what an image answers).
 *
 * A rule is one or more wants. A want names a subject - a setting, files, a directive of the unit -
 * and what is asked of it. Rules that are built in and rules of a user's own file are the same.
 */
#ifndef RULES_H
#define RULES_H

#include "kubelet.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_NOT_APPLICABLE };

const char *verdict_name(enum verdict v); /* "pass", "fail", "unknown", "not-applicable" */

/* ---- rules ---- */

enum subject {
	SUBJECT_SETTING, /* "readOnlyPort", "--hostname-override", "featureGates.NAME" */
	SUBJECT_FILES,   /* "unit", "config", "kubeconfig", "client-ca", "proxy-kubeconfig", "/path"
			  */
	SUBJECT_UNIT,    /* "Service.IPAddressDeny": of the unit that launches the kubelet */
	SUBJECT_PROXY,   /* "metricsBindAddress": of a kube-proxy that a unit launches */
	SUBJECT_LIVE,    /* nothing that an image has: why, one clause; always unknown */
	SUBJECT_NONE,    /* nothing at all: why, one clause; never applicable */
};

enum ask {
	ASK_IS,
	ASK_IS_NOT,
	ASK_GIVEN,     /* somebody sets it to something: a default does not count */
	ASK_NOT_GIVEN, /* nobody does; files: there is none */
	ASK_ABOVE,     /* numbers and durations */
	ASK_AT_LEAST,
	ASK_BELOW,
	ASK_AT_MOST,
	ASK_HAS, /* the text, or an item of a list */
	ASK_HAS_NOT,
	ASK_WITHIN,   /* a list with items, each of them among the words of `value` */
	ASK_MATCHES,  /* a POSIX extended regular expression, anywhere in the text */
	ASK_LOOPBACK, /* an address of the machine itself, or none */
	ASK_MODE,     /* files: no permission bit outside of the octal `value` */
	ASK_OWNER,    /* files: "root:root", or numbers */
};

struct want {
	enum subject subject;
	const char *name; /* of the subject */
	enum ask ask;
	const char *value; /* "" where the ask needs none */
	const char *fix;   /* a value that meets it, where that is not `value`; NULL: it is */
	const struct want *otherwise; /* met by this as well; or NULL */
};

struct rule {
	const char *id;         /* "kubelet-make-iptables-util-chains" */
	const char *title;      /* our words */
	const char *severity;   /* "low", "medium", "high" */
	const char *about;      /* why it matters, a sentence or two */
	const char *remedy;     /* in general; a finding has the exact words */
	const char *unset_note; /* said of a default: where benchmarks' own tests part from it */
	const char *given_note; /* the same of a value that somebody gives; each may be NULL */
	const struct want *wants;
	size_t n;
	bool any;                  /* one of the wants is enough */
	const struct control *own; /* of a rule of one's own: its number there; else NULL */
};

/* What is built in, the founding rule first. */
const struct rule *rules_all(size_t *n);

/* The one setting that a rule is about; NULL for files, for several, and so on. */
const struct option *rule_option(const struct rule *rule);

/* What it wants, for people: "authentication.anonymous.enabled is false". */
struct str rule_wants(struct arena *a, const struct rule *rule, const char *instead);

struct rule_set {
	const struct rule **at;
	size_t n, cap;
};

/* ---- benchmarks ---- */

enum control_mode { CONTROL_AUTOMATED, CONTROL_MANUAL, CONTROL_SKIPPED };

const char *control_mode_name(enum control_mode m); /* "automated", "manual", "skip" */

/* How a benchmark numbers a rule. A rule that it marks to be skipped is judged all the same. */
struct control {
	const char *benchmark; /* "cis-1.12" */
	const char *number;    /* "4.2.6" */
	const char *rule;      /* id */
	enum control_mode mode;
	const char *value; /* asked instead of the rule's own value; NULL: that */
};

/* The numbers of one family of benchmarks ("cis"), newest first. */
struct controls {
	const struct control *at;
	size_t n;
};

const struct controls *const *controls_all(size_t *n);

/* The control of a rule in a benchmark, else (or of "") in the newest CIS benchmark that has it,
 * else in any; NULL without one. */
const struct control *rule_control(const struct rule *rule, struct str benchmark);

/* Its number; "" without one. */
const char *rule_number(const struct rule *rule, struct str benchmark);

/* Every number and alias of a rule, each once, in a fixed order. */
struct words rule_aliases(struct arena *a, const struct rule *rule);

/* By id, alias ("jeq-xry-fa2") or benchmark number. What 4.2.7 means hangs on the benchmark, so it
 * is looked up there; with `benchmark` empty, or where that one has no such number, a number that
 * the founding rule has anywhere names the founding rule, and any other the rule that has it in
 * the newest benchmark, CIS before the rest. NULL when nothing has that name. */
const struct rule *rule_named(struct str name, struct str benchmark);

/* The rules of a benchmark ("cis-1.12"); false when there is no such benchmark. */
bool rules_of_benchmark(struct arena *a, struct str benchmark, struct rule_set *out);

/* The newest benchmark that fits a node: its distribution's family, and in it the one made for the
 * version of its kubelet. *why gets the reason, one clause. Never empty. */
struct str benchmark_choose(struct arena *a, const struct launches *launches,
			    const struct version *kubelet, struct str *why);

/* ---- rules of one's own ---- */

/* A file of rules: ours ("rules:") or control files of kube-bench ("groups:"). */
struct rule_file {
	struct str benchmark; /* "version:" of the file, else its name */
	struct rule_set rules;
	size_t live; /* items that only a running node can answer */
};

/* False with *fault: what is wrong, and where. The file's text is borrowed. */
bool rules_read(struct arena *a, const struct file *file, struct rule_file *out,
		struct doc_fault *fault);

/* ---- findings ---- */

struct node {
	struct rootfs *root;
	struct systemd *sd; /* for other services than the kubelet's; may be NULL */
	const struct launch *launch;
	const struct settings *settings;
};

/* Where a value comes from; the first four are the levels of settings. */
enum source {
	SOURCE_DEFAULT,
	SOURCE_CONFIG,
	SOURCE_CONFIG_DIR,
	SOURCE_FLAG,
	SOURCE_UNIT,  /* a directive of the unit */
	SOURCE_INODE, /* mode and owner of a file */
};

const char *source_name(enum source s); /* "default", "config", …, "unit", "inode" */

/* One thing that was looked at: a setting, a file, a directive. */
struct answer {
	const struct want *want;
	const struct option *option; /* a setting's; else NULL */
	enum verdict verdict;
	struct str name;     /* "readOnlyPort", "/etc/kubernetes/kubelet.conf" */
	struct str value;    /* "10255", "0644", "0:0"; empty: nothing */
	struct str expected; /* "0", "0600 or tighter" */
	enum source source;
	const struct origin *from; /* of a file, a span without text; NULL for a default */
	const struct setting *shadowed;
	struct doubt doubt; /* unknown: why; not-applicable: its text alone */
	bool provisional;
	struct pendings pending;
	struct intentions intended; /* hints about this setting alone */
	struct str remedy;
	struct str fix; /* a failure's: a value that would meet it ("0", "0600"), or empty */
};

struct answers {
	struct answer *at;
	size_t n, cap;
};

/* Everything but `answers` speaks of the answer that decided. */
struct finding {
	const struct rule *rule;
	const struct control *control; /* in the benchmark that was asked for or chosen; NULL */
	const char *number;            /* in it, else in the newest CIS one, else "" */
	const struct launch *launch;   /* NULL: of none */
	const struct want *want;
	const struct option *option; /* whose value `effective` is; NULL: of no setting */
	enum verdict verdict;
	bool provisional;     /* inputs that the image does not hold could change the verdict */
	struct doubt doubt;   /* unknown: why; not-applicable: its text alone */
	struct str effective; /* empty when it cannot be told */
	struct str expected;
	enum source source;
	const struct origin *from;
	const struct setting *shadowed;
	struct pendings pending;
	struct intentions intended; /* hints about this setting alone */
	struct str remedy;
	struct str note;        /* where a benchmark's own test says something else; or empty */
	struct answers answers; /* one a setting or file, in order; each file is a line */
	const struct waiver *waiver; /* of a failure that somebody answers for; else NULL */
	bool known;                  /* a failure that the baseline has already */
};

struct findings {
	struct finding *at;
	size_t n, cap;
};

/* `strict` turns a provisional pass or fail into unknown. node->launch NULL is an image without a
 * kubelet: not-applicable, or unknown where a kubelet could be in what was not readable.
 * `control` (may be NULL) may ask for another value. */
struct finding rule_evaluate(const struct node *node, const struct rule *rule,
			     const struct control *control, bool strict);

/* Every rule on every launch (settings[i] belongs to launches->at[i]), in that order; on none when
 * there is no launch. Units that could not be read and may launch another kubelet are an
 * unknown more. */
struct findings rules_evaluate(struct rootfs *root, struct systemd *sd,
			       const struct launches *launches,
			       const struct settings *const *settings, const struct rule_set *rules,
			       struct str benchmark, bool strict);

/* ---- waivers ---- */

/* A failure that somebody answers for, until a day. */
struct waiver {
	struct str rule;             /* as written: an id, a number, an alias, "*" */
	struct words targets, paths; /* globs; empty: all */
	struct str reason, owner, ticket;
	struct str expires;        /* "2027-01-31": the last day on which it holds */
	const struct origin *from; /* in the file of waivers */
	struct str wrong;          /* why it is malformed and excuses nothing; else empty */
	bool used, expired;        /* as far as findings were looked at */
};

struct waivers {
	struct waiver *at;
	size_t n, cap;
};

/* A file of waivers; scanner/rules/waivers.c has its form. False with *fault when it is none: a
 * single waiver that is malformed is in *out, and says so. */
bool waivers_read(struct arena *a, const struct file *file, struct waivers *out,
		  struct doc_fault *fault);

/* Gives each failed finding of a target the first waiver that covers it and has not expired. */
void waivers_apply(struct arena *a, struct waivers *all, struct str today, struct str target,
		   struct findings *findings);

/* What is the matter with it after all targets: "malformed", "expired", "unused"; or NULL. */
const char *waiver_trouble(const struct waiver *w);

#endif
