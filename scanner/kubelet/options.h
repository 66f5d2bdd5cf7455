/*
 * options.h - the rows of options.def, and values as flags and config fields spell them.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "kubelet.h"

/* What a flag's value must look like, and what JSON a field takes. */
enum form {
	FORM_NO,
	FORM_BOOL,
	FORM_INT32,
	FORM_INT64,
	FORM_UINT32,
	FORM_UINT64,
	FORM_FLOAT,
	FORM_STRING,
	FORM_ADDRESS, /* flag: an IP address; field: a string */
	FORM_DURATION,
	FORM_LIST,     /* of strings; flag: one CSV record */
	FORM_TAINTS,   /* flag: a=b:NoSchedule,…; the last flag counts */
	FORM_MEMORY,   /* flag: 0:memory=1Gi;… */
	FORM_PATTERNS, /* flag: a=1,b=2 */
	FORM_LABELS,   /* flag: a=b,c: the "=" may be missing */
	FORM_PAIRS,    /* string to string; flag: a=b,c=d */
	FORM_LANGLE,   /* the same, flag: a<b,c<d */
	FORM_GATES,    /* string to boolean */
	FORM_HEADERS,  /* string to strings; flag: a:b,c:d */
	FORM_OBJECTS,  /* field: a list of maps */
	FORM_LEVEL,    /* flag: klog's verbosity */
	FORM_SEVERITY, /* flag: INFO to FATAL, or a number */
	FORM_TRACE,    /* flag: file.go:234 */
	FORM_VERSION,  /* flag: a boolean, raw, or vX.Y.Z */
	FORM_ANY,
};

enum scope { SCOPE_FIELD, SCOPE_KUBELET, SCOPE_CONFIG, SCOPE_GLOBAL, SCOPE_FIRST };

struct option_row {
	struct option pub;
	enum form arg, form;
	enum scope scope;
	unsigned first, last; /* minor versions */
	bool zero_counts;     /* a zero in a file is a value */
	struct {
		const char *config, *legacy, *later;
		unsigned since;
	} preset;
};

extern const struct option_row options[];
extern const size_t options_n;

/* The row of a flag ("_" already "-") or a field; NULL without one. */
const struct option_row *row_of_flag(struct str name);
const struct option_row *row_of_path(struct str path);
size_t row_index(const struct option_row *row);

/* The default, NULL when it is nothing. */
const char *row_default(const struct option_row *row, unsigned minor, bool legacy);

/* Does a kubelet of that minor version (0: unknown) know the flag; the field of a file? */
bool row_exists(const struct option_row *row, unsigned minor);
bool field_exists(const struct option_row *row, unsigned minor);

/* Is a zero in a file a value, rather than as good as nothing? */
bool field_takes_zero(const struct option_row *row, unsigned minor);

/* Go's strconv.ParseBool, time.ParseDuration, and Duration.String. */
bool go_bool(struct str s, bool *out);
bool go_duration(struct str s, int64_t *out);
struct str go_duration_text(struct arena *a, int64_t ns);

/* A scalar as a flag has it, into its canonical text; false with Go's words. */
bool flag_scalar(struct arena *a, enum form form, struct str in, struct str *out,
		 struct str *problem);

/* Items of a list or map flag: key is empty for lists. */
struct flag_item {
	struct str key, value;
};

struct flag_items {
	struct flag_item *at;
	size_t n, cap;
};

bool form_is_list(enum form form);
bool form_is_objects(enum form form); /* a flag whose items are objects in a file */
bool form_is_map(enum form form);
bool flag_split(struct arena *a, enum form form, struct str in, struct flag_items *out,
		struct str *problem);

/* The same for items that are objects, and the tree of one that fits. */
bool objects_split(struct arena *a, enum form form, struct str in, struct flag_items *out,
		   struct str *problem);
const struct doc *objects_item(struct arena *a, enum form form, struct str spec,
			       const struct origin *from);

/* A field's JSON value: fits, or false with Go's words. */
bool field_fits(struct arena *a, const struct option_row *row, const struct doc *d,
		struct str *problem);

/* The same with its null elements as Go has them: "" or false. */
const struct doc *field_filled(struct arena *a, enum form form, const struct doc *d);

/* The text of a value for people and comparison: scalars plain, JSON for lists and maps. */
struct str field_text(struct arena *a, enum form form, const struct doc *d);
bool text_is_zero(enum form form, struct str text);

/* Entries of a map as Go's maps have them: the last of equal keys, in byte order of keys. */
struct doc_entry *entries_sorted(struct arena *a, const struct doc *map, size_t *n);

#endif
