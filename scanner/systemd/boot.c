/*
 * boot.c - what can change a unit between the image and the running machine.
 *
 * systemd.generator(7): programs that write units or variables at every boot.
 */
#include "state.h"

/* Programs that the administrator put there and that write units or variables at boot. Those of
 * packages, in /usr/lib, are in nearly every image and know nothing of the kubelet. */
void boot_pendings(struct loading *l)
{
	static const char *const dirs[] = {"/etc/systemd/system-generators",
					   "/usr/local/lib/systemd/system-generators",
					   "/etc/systemd/system-environment-generators",
					   "/usr/local/lib/systemd/system-environment-generators"};
	struct systemd *sd = l->sd;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		struct str dir = str_from(dirs[i]);
		const struct listing *list = rootfs_list(sd->root, dir);
		for (size_t k = 0; k < list->n; k++) {
			struct str path = path_join(sd->arena, dir, list->names[k]);
			const struct file *f = rootfs_stat(sd->root, path);
			if (f->state != FILE_OK || f->kind != FILE_REGULAR || !(f->mode & 0111))
				continue;
			*vec_push(sd->arena, &l->unit->pending) = (struct pending){
				path, S("generator, may add units or variables at boot"), NULL};
		}
	}
}
