/*
 * config.h - one KubeletConfiguration file, decoded; and a directory of drop-ins, merged.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "options.h"

/* CONFIG_LIMIT is no error of the kubelet: more than is read here. */
enum config_error {
	CONFIG_OK,
	CONFIG_READ,
	CONFIG_EMPTY,
	CONFIG_KIND,
	CONFIG_DECODE,
	CONFIG_LIMIT,
};

/* "config-decode", or "config-dir-decode"; NULL for CONFIG_OK and CONFIG_LIMIT. */
const char *config_code(enum config_error e, bool dropin);

struct config_fault {
	enum config_error error;
	struct str text;
	const struct origin *from;
};

/* A field that the file names; the value may be null. */
struct field {
	const struct option_row *row;
	const struct doc *value;
};

struct fields {
	struct field *at;
	size_t n, cap;
};

/* The fields of a whole config file that a kubelet of that minor version (0: unknown) knows, in the
 * order in which they are set; false with *fault. */
bool config_decode(struct arena *a, const struct file *f, unsigned minor, struct notes *notes,
		   struct fields *out, struct config_fault *fault);

/* The same for a document that has no need to say what it is. */
bool config_fields(struct arena *a, const struct doc *d, unsigned minor, struct notes *notes,
		   struct fields *out, struct config_fault *fault);

/* What a drop-in must be: strict (no key twice), with a kind, and from 1.30 on of exactly our
 * version and kind. */
const struct doc *config_dropin(struct arena *a, const struct file *f, unsigned minor,
				struct config_fault *fault);

/* The row of a key below `prefix` ("" or "authentication."): *row for a field, or *deeper with the
 * prefix of what lies inside it. With `fold`, case does not matter unless the exact name is there.
 */
bool config_key(struct arena *a, struct str prefix, struct str key, bool fold, unsigned minor,
		const struct option_row **row, struct str *deeper);

#endif
