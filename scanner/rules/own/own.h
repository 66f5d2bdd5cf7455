/*
 * own.h - reading a file of rules: what both grammars share.
 */
#ifndef RULES_OWN_H
#define RULES_OWN_H

#include "checks.h"

enum { OWN_RULES_MOST = 5000, OWN_WANTS_MOST = 200 };

struct reading {
	struct arena *a;
	struct rule_file *out;
	struct doc_fault *fault;
};

/* A rule while it is put together. */
struct draft {
	struct rule rule;
	VEC(struct want) wants;
	struct str number;
	enum control_mode mode;
	const struct origin *from;
};

/* False with the fault told. */
bool read_kube_bench(struct reading *r, const struct doc *groups);

/* Tells what is wrong at a node; false. */
bool refuse(struct reading *r, const struct origin *from, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The text of a scalar, empty for anything else and for NULL. */
struct str scalar(const struct doc *d);

/* Adds a want that can be asked, its value in the canonical spelling of the setting. */
bool draft_want(struct reading *r, struct draft *draft, struct want want,
		const struct origin *from);

/* Adds the rule to what was read. */
bool draft_finish(struct reading *r, struct draft *draft);

/* Is it a setting, or a feature gate? */
bool setting_known(struct str name);

#endif
