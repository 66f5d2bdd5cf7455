/*
 * version.c - which kubelet the image holds: its version decides which flags there are, what is
 * refused and what the defaults are. From the package database; unknown where nothing tells.
 */
#include "version.h"

struct version kubelet_version(struct rootfs *root, const struct kubelet_options *opts)
{
	static const char *const packages[] = {"kubelet", "kubernetes-node", "kubernetes-kubelet"};
	if (opts && opts->version.major)
		return opts->version;
	struct version v = {0};
	for (size_t i = 0; !v.major && i < sizeof packages / sizeof packages[0]; i++)
		v = inventory_package(root, str_from(packages[i]));
	return v;
}
