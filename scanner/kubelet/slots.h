/*
 * slots.h - settings while they are being worked out: one slot for each row of options.def.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include "config.h"
#include "flags.h"

struct slot {
	const struct setting *setting; /* the winner so far */
	const struct doc *doc;         /* its value as a tree; NULL for defaults and scalar flags */
};

struct slots {
	struct arena *a;
	unsigned minor; /* 0: unknown */
	bool own_gates; /* a vendor's kubelet: what its gates are cannot be told */
	struct slot *at;
};

/* All at their defaults; `legacy`: those of a kubelet without a config file. */
struct slots slots_new(struct arena *a, unsigned minor, bool legacy);

/* Puts a new winner over the old one. */
void slot_win(struct slots *s, const struct option_row *row, struct setting won,
	      const struct doc *doc);

/* Back to the default, over what was there; `legacy` as above. */
void slot_reset(struct slots *s, const struct option_row *row);

/* A field of a config file or drop-in: null and zero values as Go's defaulting has them. */
void slot_field(struct slots *s, const struct option_row *row, const struct doc *value,
		enum level level);

/* After the fields of a config file: defaults that hang on other fields. */
void slots_settle(struct slots *s);

/* What only the first parse took: flags of libraries, which a second one does not look at. */
void slots_libraries(struct slots *s, const struct flags *first);

void slots_flags(struct slots *s, const struct flags *f);

/* --config-dir: merges all drop-ins by the rules of that version; false with *fault and the code
 * of dropins in it. `pending` gets the directory when it is not there. */
struct drop_in {
	const struct file *file;
	const struct doc *doc; /* instead of the file: made by whoever starts the kubelet */
};

struct config_dir {
	VEC(struct drop_in) files;
	struct config_fault fault;
	const struct file *unreadable;
};

/* The drop-ins of a directory in the order in which filepath.WalkDir meets them; what is `made`
 * before the start lies over what the image holds. */
struct config_dir config_dir_find(struct rootfs *root, struct str dir, const struct mades *made);
bool config_dir_merge(struct slots *s, struct config_dir *d, struct notes *notes);

#endif
