/*
 * bootc.c - the deployments of bootc's own composefs backend, after its documentation ("composefs
 * backend", bootc-root-setup.service(5)) and the design of the repository in composefs-rs:
 * /state/deploy/DIGEST has a deployment's /etc and a link to the shared /var,
 * /composefs/images/DIGEST its names, /composefs/objects what is in its files. The kernel is told
 * which by composefs=DIGEST, or =?DIGEST where fs-verity may be missing; the name of a unified
 * kernel image has it too.
 */
#include "arena.h"
#include "deployment.h"
#include "root.h"

/* SHA-256 or SHA-512 */
static bool is_digest(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= '0' && name.p[i] <= '9') ||
		      (name.p[i] >= 'a' && name.p[i] <= 'f')))
			return false;
	return name.n == 64 || name.n == 128;
}

static void bootc_gather(struct rootfs *top, uint64_t *left, struct deployments *out)
{
	struct arena *a = rootfs_arena(top);
	const struct listing *l = rootfs_list_within(top, S("/state/deploy"), left);
	for (size_t i = 0; i < l->n; i++) {
		struct str digest = l->names[i];
		struct str path = str_cat(a, S("/state/deploy/"), digest);
		const struct file *f = rootfs_lstat(top, path);
		if (is_digest(digest) && f->state == FILE_OK && f->kind == FILE_DIRECTORY)
			*vec_push(a, out) = (struct deployment){
				.path = path,
				.etc = str_cat(a, path, S("/etc")),
				.var = str_cat(a, path, S("/var")),
				.image = str_cat(a, S("/composefs/images/"), digest),
				.objects = S("/composefs/objects"),
				.setup = S("/usr/lib/composefs/setup-root-conf.toml"),
				.bare = true,
			};
	}
}

static size_t bootc_booted(struct rootfs *top, const struct deployments *all,
			   const struct boot_entry *entry)
{
	struct str digest = boot_option(entry, S("composefs="));
	size_t i = 0;
	(void)top;
	digest = str_starts(digest, S("?")) ? str_tail(digest, 1) : digest;
	for (; i < all->n; i++) {
		struct str own = str_basename(all->at[i].path);
		if (digest.n ? str_eq(own, digest) : str_has(entry->image, own))
			break;
	}
	return i;
}

static void bootc_offer(struct rootfs *top, uint64_t *left, const struct deployments *all,
			struct offers *out)
{
	(void)left;
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].bare)
			*vec_push(rootfs_arena(top), out) = i;
	out->guessed |= all->n > 1 && all->at[all->n - 1].bare;
}

const struct deployer bootc_deployer = {bootc_gather, bootc_booted, bootc_offer};
