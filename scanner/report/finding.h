/*
 * finding.h - what all formats say of a finding, in the same words. Texts are as the image has
 * them: whoever writes them escapes them.
 */
#ifndef REPORT_FINDING_H
#define REPORT_FINDING_H

#include "parts.h"

/* The number that is shown, or the rule's id where no benchmark numbers it. */
const char *finding_name(const struct finding *f);

/* What launches the kubelet that it speaks of; empty where it speaks of none. */
struct str finding_unit(const struct finding *f);

/* The place that decides, or at which it cannot be told; NULL for a default and the like. */
const struct origin *finding_from(const struct finding *f);

/* "effective: false, from a flag", "config-absent", "no kubelet is launched" */
struct str finding_outcome(struct arena *a, const struct finding *f);

/* What it asks and how that came out, a sentence: "TITLE: OUTCOME". */
struct str finding_sentence(struct arena *a, const struct finding *f);

/* The exact words, else the rule's. */
struct str finding_remedy(const struct finding *f);

/* "until 2027-01-31: REASON (OWNER, TICKET)"; empty of a failure that nobody answers for. */
struct str finding_waiver(struct arena *a, const struct finding *f);

/* Where a file is to be changed or looked at when no place decides: the configuration file, the
 * unit's fragment, or what else names the kubelet; the target when there is none. */
struct str finding_home(const struct target_report *t, const struct finding *f);

/* What a target that could not be read is told as where every line is a finding: an unknown. */
struct finding finding_unread(const struct target_report *t);

/* The evidence, one line each: why it cannot be told, the place that decides, what pulled that in,
 * what it won over, each file that was looked at where they are several, what is still to come,
 * what to do. */
enum evidence_kind {
	EVIDENCE_WHY,
	EVIDENCE_AT,
	EVIDENCE_THROUGH,
	EVIDENCE_OVER,
	EVIDENCE_ALSO,
	EVIDENCE_PENDING,
	EVIDENCE_INTENDED,
	EVIDENCE_NOTE,
	EVIDENCE_WAIVED,
	EVIDENCE_FIX,
};

const char *evidence_label(enum evidence_kind kind); /* "why", "at", "through", … */

struct evidence {
	enum evidence_kind kind;
	const struct origin *from; /* of AT, THROUGH and OVER; else NULL */
	struct str text;           /* the quoted span, or words */
};

struct evidences {
	struct evidence *at;
	size_t n, cap;
};

struct evidences finding_evidence(struct arena *a, const struct finding *f);

/* "PATH:LINE:COLUMN", or the path alone. */
struct str place_text(struct arena *a, const struct origin *o);

/* A file's path as a relative reference of RFC 3986, never empty. */
struct str place_uri(struct arena *a, struct str path);

/* The distinct rules of a report, in order of first appearance, and where one stands among them. */
struct rule_set report_rules(struct arena *a, const struct report *r);
size_t rule_index(const struct rule_set *set, const struct rule *rule);

#endif
