/*
 * reason.h - why something cannot be told. The codes are part of the interface: stable, lower
 * case, with dashes. A doubt is born where the fact is missing (a unit, a launch, a setting) and
 * is carried to the verdict unchanged.
 */
#ifndef REASON_H
#define REASON_H

#include "origin.h"

#define REASONS(X) \
	X(CONFIG_ABSENT, "config-absent") \
	X(ENV_FILE_ABSENT, "env-file-absent") \
	X(UNIT_MASKED, "unit-masked") \
	X(UNIT_INVALID, "unit-invalid") \
	X(KUBELET_WOULD_NOT_START, "kubelet-would-not-start") \
	X(UNREADABLE, "unreadable") \
	X(ENCRYPTED, "encrypted") \
	X(UNSUPPORTED_FORMAT, "unsupported-format") \
	X(CORRUPT, "corrupt") \
	X(LIMIT, "limit") \
	X(WRAPPER_UNRESOLVED, "wrapper-unresolved") \
	X(TEMPLATE_UNRENDERED, "template-unrendered") \
	X(RUNTIME_SPECIFIER, "runtime-specifier") \
	X(GENERATED_AT_BOOT, "generated-at-boot") \
	X(LIVE_AUDIT, "live-audit")

enum reason {
	REASON_NONE,
#define X(id, name) REASON_##id,
	REASONS(X)
#undef X
};

const char *reason_name(enum reason r); /* "" for REASON_NONE */

struct doubt {
	enum reason reason;
	struct str text;           /* the exact thing that is missing, one clause */
	const struct origin *from; /* where it is named; may be NULL */
};

/* The doubt that an unreadable file leaves: by its fault, UNREADABLE, CORRUPT, LIMIT, …; its
 * text is "PATH: why". `from` is the place that names the file. */
struct doubt doubt_file(struct arena *a, const struct file *f, const struct origin *from);

/* An input that the image does not hold yet and that could change the answer. */
struct pending {
	struct str path;
	struct str why;            /* "optional EnvironmentFile, absent" */
	struct str writer;         /* "kubeadm", "cloud-init"; empty when that is not known */
	const struct origin *from; /* the line that names it; may be NULL */
};

struct pendings {
	struct pending *at;
	size_t n, cap;
};

#endif
