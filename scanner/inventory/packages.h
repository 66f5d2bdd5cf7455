/*
 * packages.h - the package databases that are looked into; private to inventory/.
 *
 * A database X brings packages_X, which goes through all of its bytes' packages and puts down
 * those of the names that are asked for here. What it puts down is the file's gist (rootfs.h),
 * one line each: "package NAME VERSION".
 */
#ifndef PACKAGES_H
#define PACKAGES_H

#include "inventory.h"

/* Nothing else is ever asked for. */
#define PACKAGE_NAMES(X) \
	X("kubelet") \
	X("kubernetes-node") \
	X("kubernetes-kubelet") \
	X("k3s") \
	X("rke2-server") \
	X("rke2-agent") \
	X("rke2-common") \
	X("k0s") \
	X("systemd")

struct packages {
	struct arena *arena;
	struct out *gist;
};

bool package_asked_for(struct str name);

/* Keeps it when it is asked for and fit to print. */
void package_put(struct packages *p, struct str name, struct str version);

typedef bool packages_fn(struct packages *out, struct blob *b, struct error *e);

packages_fn packages_dpkg, packages_apk, packages_rpm_sqlite, packages_rpm_ndb, packages_rpm_bdb;

enum { PACKAGES_TEXT_MAX = 32 << 20 };

/* The next paragraph of `rest`, up to an empty line; false at the end. */
bool paragraph_next(struct str *rest, struct str *out);

/* The value of the line that begins with `key`, trimmed; empty when there is none. */
struct str paragraph_field(struct str paragraph, struct str key);

#endif
