/*
 * k3s.h - K3s and RKE2: what a start is told, and the kubelet's arguments that they make of it.
 */
#ifndef K3S_H
#define K3S_H

#include "launch.h"

/* A flag of `server` or `agent`, from the configuration or the command line. */
struct told {
	struct str name;
	struct word value;
};

struct tolds {
	struct told *at;
	size_t n, cap;
};

struct k3s {
	const struct candidate *c;
	struct launch *out;
	struct str product;  /* "k3s", "rke2" */
	struct str title;    /* "K3s", "RKE2" */
	struct str prefix;   /* of variables: "K3S_", "RKE2_" */
	struct tolds told;   /* in the order in which they are read: the configuration first */
	struct str data_dir; /* "/var/lib/rancher/k3s" */
	bool protect_kernel; /* --protect-kernel-defaults */
	bool rke2;
};

/* The first one counts. */
void k3s_doubt(struct k3s *k, enum reason reason, struct str text, const struct origin *from);

/* Adds the flags that config.yaml and config.yaml.d give. */
void k3s_configuration(struct k3s *k);

/* Makes the kubelet's argv, and the drop-ins that are written before it starts. */
void k3s_arguments(struct k3s *k);

/* A path against the directory in which the unit runs. */
struct str k3s_path(const struct k3s *k, struct str path);

/* A path that K3s sees, into one of the node; false, with a doubt, where the node has none. */
bool k3s_locate(struct k3s *k, struct word *path);

#endif
