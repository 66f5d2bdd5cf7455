/*
 * deployment.h - the systems that lie beside each other on one volume, of which the boot loader
 * starts one; private to rootfs/.
 */
#ifndef DEPLOYMENT_H
#define DEPLOYMENT_H

#include "boot_menu.h"

struct deployment {
	struct str path; /* "/ostree/deploy/OS/deploy/CHECKSUM.0", "/state/deploy/DIGEST" */
	struct str etc, var, boot; /* directories that become those of the root; or empty */
	struct str image,
		objects; /* of composefs: the names, and the store of what is in the files */
	struct str
		setup; /* the file of the image that says how /etc and /var are mounted; or empty */
	bool bare;     /* of bootc: without the image there is no root */
};

struct deployments {
	struct deployment *at;
	size_t n, cap;
};

/* Deployments by their number, in the order in which they are offered, the one that boots first. */
struct offers {
	size_t *at;
	size_t n, cap;
	bool guessed; /* nothing tells which of them is the first */
};

bool offers_have(const struct offers *offers, size_t which);

/* What lays deployments on a volume, and finds them at boot. Names of directories are counted off
 * *left, see rootfs_list_within. */
struct deployer {
	void (*gather)(struct rootfs *top, uint64_t *left, struct deployments *out);
	/* That which an entry of the boot menu starts; all->n when it is none of them. */
	size_t (*booted)(struct rootfs *top, const struct deployments *all,
			 const struct boot_entry *entry);
	/* What of its own may be booted where no entry is at hand. */
	void (*offer)(struct rootfs *top, uint64_t *left, const struct deployments *all,
		      struct offers *out);
};

extern const struct deployer ostree_deployer, bootc_deployer;

/* The one that is the root. */
struct chosen {
	struct deployment deployment;
	struct str why; /* for people: which, why, and that there are others */
	size_t offered; /* how many may be booted */
};

/* The one that boots, or of a `wanted` number: "0" is the one that boots. False: the root is no
 * such system, or which deployment boots cannot be told because something could not be read. */
bool deployment_find(struct rootfs *top, struct str wanted, struct chosen *out);

/* The tree that the initramfs makes of it; NULL where its directory is not there. A layer is pushed
 * for each overlay in it. */
struct fs *deployment_tree(struct rootfs *top, const struct deployment *d, struct layers *layers);

#endif
