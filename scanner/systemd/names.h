/*
 * names.h - unit names, and the accounts that services name; private to systemd/.
 */
#ifndef NAMES_H
#define NAMES_H

#include "rootfs.h"

enum name_kind { NAME_INVALID, NAME_PLAIN, NAME_INSTANCE, NAME_TEMPLATE };

/* "kubelet@a.service": prefix "kubelet", instance "a", suffix ".service". */
struct unit_name {
	enum name_kind kind;
	struct str prefix, instance, suffix;
};

struct unit_name unit_name_split(struct str name);
bool unit_name_valid(struct str name);
struct str unit_name_template(struct arena *a, struct str name);
struct str unit_name_instance(struct arena *a, struct str template, struct str instance);
/* "a-b\x2dc" -> "a/b-c"; false on a backslash that begins no \xHH. */
bool unit_name_unescape(struct arena *a, struct str s, struct str *out);

/* An absolute path without "//", "/./", "." and ".." parts (".." by the text alone). */
struct str path_normal(struct arena *a, struct str path);
/* The same, but ".." stays: path_simplify. */
struct str path_simplify(struct arena *a, struct str path);
struct str path_join(struct arena *a, struct str dir, struct str name);

/* Is there certainly no file to be opened? Links that run in a circle lead nowhere, too. */
bool file_missing(const struct file *f);

/* The line of /etc/passwd of a user, by name or number. */
struct account {
	bool found;
	struct str name, home, shell;
};

struct account account_read(struct rootfs *root, struct str user);
struct str account_shell(struct rootfs *root, struct str user, unsigned version);

#endif
