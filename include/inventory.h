/*
 * inventory.h - what is installed: the operating system and the versions that decide how other
 * files are to be read. Everything here is optional: an empty slice is "the image does not say".
 */
#ifndef INVENTORY_H
#define INVENTORY_H

#include "rootfs.h"

struct os_field {
	struct str key;
	struct word value;
};

struct os {
	struct str id, version_id, pretty; /* os-release(5): ID, VERSION_ID, PRETTY_NAME */
	const struct file *file;           /* /etc/os-release or /usr/lib/os-release; NULL */
	VEC(struct os_field) fields;
};

const struct os *os_read(struct rootfs *root);
struct word os_get(const struct os *os, struct str key); /* empty when it is not there */

/* A version and what told it ("dpkg", "libsystemd-shared", "--kubelet-version"). */
struct version {
	unsigned major, minor; /* 0.0: unknown */
	struct str text;       /* "v1.29.3" */
	struct str source;
};

/* "v1.29.3", "1.29", "1.29.3-1.1"; false on anything that has no MAJOR.MINOR in front. */
bool version_parse(struct str text, struct version *out);

/* The version of Kubernetes that a program, or the file that the path leads to, was built of;
 * unknown when its bytes do not tell. */
struct version inventory_program(struct rootfs *root, struct str path);

/* For fs_options: skims programs that may carry a kubelet for inventory_program. */
fs_skim program_skim;

/* Counts the changes of what it looks at and what it makes of that. */
enum { PROGRAM_GIST = 1 };

/* The version of an installed package, from the package database; unknown when there is none. */
struct version inventory_package(struct rootfs *root, struct str package);

#endif
