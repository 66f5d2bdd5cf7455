/*
 * checks.h - the parts of an evaluation: a want is put to the subject that it names, what is there
 * is held against what is asked, and a failure gets the words that mend it.
 */
#ifndef RULES_CHECKS_H
#define RULES_CHECKS_H

#include "rules.h"

/* A want as it is put to one node. */
struct question {
	struct arena *a;
	const struct node *node;
	const struct rule *rule;
	const struct want *want;
	const char *value; /* of the want, or of the benchmark */
};

/* Adds what the subject answers: one answer, of files one a file. */
typedef void answer_fn(const struct question *q, struct answers *out);

answer_fn answer_setting, answer_files, answer_unit, answer_proxy;

/* A value that was found. */
struct held {
	const struct option *option; /* of a setting; or NULL */
	struct str text;
	bool given; /* by anybody: it is no default */
};

bool ask_met(struct arena *a, enum ask ask, const struct held *held, struct str wanted);

/* "false", "not AlwaysAllow", "0600 or tighter": what is asked, for people. */
struct str ask_words(struct arena *a, enum ask ask, struct str wanted);

/* Can the ask be put to such a subject with that value? Otherwise *why. */
bool ask_fits(enum subject subject, enum ask ask, struct str value, struct str *why);

/* The value that would meet the want, as a config file has it; empty: a person must choose. */
struct str want_fix(const struct want *want, const char *value);

/* The exact words that mend a setting. */
struct str remedy_setting(const struct question *q, const struct answer *answer,
			  const struct option *option);

struct answer answer_unknown(const struct question *q, struct str name, struct doubt doubt);
struct answer answer_none(const struct question *q, struct str name, struct str why);

/* Why nothing that hangs on flags and config can be told; REASON_NONE when it can. `decided`: a
 * missing config file changes nothing. */
struct doubt settings_doubt(const struct launch *l, const struct settings *s, bool decided);

/* The kubeconfig of a kube-proxy that a unit launches; empty when there is none. */
struct word proxy_kubeconfig(const struct node *node);

/* What of the launch's unit could not be read: it may be another fragment, one more drop-in, or a
 * unit that launches no kubelet. REASON_NONE where all of it was. */
struct doubt unit_unread(const struct launch *l);

#endif
