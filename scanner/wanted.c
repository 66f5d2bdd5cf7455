/*
 * wanted.c - which files of an archive can decide: their bodies are kept on the one pass. It is
 * a matter of speed alone, what was not kept is fetched by another pass.
 */
#include <inttypes.h>

#include "session.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

/* A directory (with its final '/') or a file, and how large a body is kept. */
static const struct wanted {
	const char *prefix;
	uint32_t most;
} wanted[] = {
	{"etc/systemd/", MIB},
	{"etc/default/", MIB},
	{"etc/sysconfig/", MIB},
	{"etc/kubernetes/", MIB},
	{"etc/rancher/", MIB},
	{"etc/", 256 * KIB},
	{"usr/lib/systemd/system/", MIB},
	{"usr/lib/systemd/system.conf.d/", MIB},
	{"usr/local/lib/systemd/", MIB},
	{"lib/systemd/system/", MIB},
	{"usr/lib/tmpfiles.d/", 64 * KIB},
	{"usr/lib/os-release", MIB},
	{"run/systemd/", MIB},
	{"home/kubernetes/", 64 * KIB},
	{"opt/", 64 * KIB},
	{"usr/local/bin/", 64 * KIB},
	{"var/lib/kubelet/", 64 * KIB},
	{"var/lib/rancher/", 64 * KIB},
	{"var/lib/cloud/seed/", MIB},
	{"var/lib/cloud/instance", 256 * KIB},
	{"root/kubeadm", 64 * KIB},
	{"kind/", 64 * KIB},
	{"usr/share/templates/kubelet", 64 * KIB},
	{"usr/lib/ignition/", MIB},
	{"boot/ignition/", MIB},
	{"boot/loader", 64 * KIB},
	{"usr/share/oem/", MIB},
	{"oem/", MIB},
	{"var/lib/dpkg/status", 8 * MIB},
	{"var/lib/rpm/", 64 * MIB},
	{"usr/lib/sysimage/rpm/", 64 * MIB},
	{"usr/share/rpm/", 64 * MIB},
	{"kind/version", 4 * KIB},
	{"lib/apk/db/installed", 8 * MIB},
	{"usr/lib/apk/db/installed", 8 * MIB},
	{"manifest.json", 4 * MIB},
	{"index.json", 4 * MIB},
	{"oci-layout", 4 * KIB},
};

/* Arguments of a snap: var/snap/NAME/REVISION/args/PROGRAM. */
static bool snap_args(struct str path, uint64_t size)
{
	return str_starts(path, S("var/snap/")) && str_has(path, S("/args/")) &&
	       size <= (uint64_t)64 * KIB;
}

/* What is ostree/deploy/OS/deploy/CHECKSUM.0/etc/x in the image is etc/x in the root, and
 * ostree/deploy/OS/var/x is var/x. */
static struct str below_deployment(struct str path)
{
	struct str rest = path, part;
	size_t parts = 3;
	if (!str_starts(path, S("ostree/deploy/")))
		return path;
	for (size_t i = 0; i < parts && rest.n; i++) {
		str_cut(rest, '/', &part, &rest);
		if (i == 2 && str_starts(rest, S("deploy/")))
			parts = 5;
	}
	return rest;
}

struct str scan_kept_as(struct arena *a)
{
	struct out *o = out_new(a);
	out_fmt(o, "offnode %s, gist %d", OFFNODE_VERSION, PROGRAM_GIST);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		out_fmt(o, ", %s %" PRIu32, wanted[i].prefix, wanted[i].most);
	return out_text(o);
}

bool scan_wanted(struct str path, uint64_t size)
{
	path = below_deployment(path);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (str_starts(path, str_from(wanted[i].prefix)))
			return size <= wanted[i].most;
	return snap_args(path, size);
}
