/*
 * rules.h - checks (what is looked at), rules (what is expected) and benchmarks (how others
 * number it). A new benchmark version is one table.
 */
#ifndef RULES_H
#define RULES_H

#include "kubelet.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_NOT_APPLICABLE };

const char *verdict_name(enum verdict v); /* "pass", "fail", "unknown", "not-applicable" */

struct node {
	struct rootfs *root;
	const struct launch *launch;
	const struct settings *settings;
};

/* What a rule wants of one setting. */
struct expect {
	const char *path;  /* of options.def */
	const char *value; /* canonical value that passes */
};

struct finding;
struct rule;

/* Fills verdict, effective, level, from, shadowed, doubt, pending of *out. Never fails. */
typedef void check_fn(const struct node *node, const struct rule *rule, struct finding *out);

struct rule {
	const char *id;       /* "kubelet-make-iptables-util-chains" */
	const char *title;    /* our words */
	const char *severity; /* "low", "medium", "high" */
	const char *about;    /* why it matters, a sentence or two */
	const char *remedy;   /* in general; a finding has the exact words */
	check_fn *check;
	struct expect want;
};

/* How a benchmark numbers one of our rules. */
struct control {
	const char *benchmark; /* "cis-1.12" */
	const char *number;    /* "4.2.6" */
	const char *rule;      /* id */
};

struct finding {
	const struct rule *rule;
	const char *number; /* in the benchmark that was asked for, else the newest CIS one */
	const struct launch *launch; /* NULL for not-applicable */
	enum verdict verdict;
	bool provisional;     /* inputs that the image does not hold could change the verdict */
	struct doubt doubt;   /* unknown: why */
	struct str effective; /* empty when it cannot be told */
	struct str expected;
	enum level level;
	const struct origin *from;
	const struct setting *shadowed;
	struct pendings pending;
	struct intentions intended; /* hints about this setting alone */
	struct str remedy;
};

struct findings {
	struct finding *at;
	size_t n, cap;
};

/* The numbers of one family of benchmarks ("cis"), newest first. */
struct controls {
	const struct control *at;
	size_t n;
};

const struct rule *rules_all(size_t *n);
const struct controls *const *controls_all(size_t *n);

/* By id, benchmark number ("4.2.6") or alias ("jeq-xry-fa2"). More than one rule can have a
 * number in different benchmarks: all are given. Empty when nothing has that name. */
struct rule_set {
	const struct rule **at;
	size_t n, cap;
};

struct rule_set rules_named(struct arena *a, struct str name);

/* The rules of a benchmark ("cis-1.12"); false when there is no such benchmark. */
bool rules_of_benchmark(struct arena *a, struct str benchmark, struct rule_set *out);

/* Every number and alias of a rule, each once, in a fixed order. */
struct words rule_aliases(struct arena *a, const struct rule *rule);

/* The number in a benchmark, or in the newest CIS benchmark that has it; "" without one. */
const char *rule_number(const struct rule *rule, struct str benchmark);

/* `strict` turns a provisional pass or fail into unknown. node->launch NULL is an image without a
 * kubelet: not-applicable, or unknown where a kubelet could be in what was not readable. */
struct finding rule_evaluate(const struct node *node, const struct rule *rule, bool strict);

/* Every rule on every launch (settings[i] belongs to launches->at[i]), in that order; on none when
 * there is no launch. Units that could not be read and may launch another kubelet are an
 * unknown more. */
struct findings rules_evaluate(struct rootfs *root, const struct launches *launches,
			       const struct settings *const *settings, const struct rule_set *rules,
			       struct str benchmark, bool strict);

/* The check of all rules that want one value of one setting. */
check_fn check_setting;

#endif
