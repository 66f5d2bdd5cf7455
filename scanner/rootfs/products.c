/*
 * products.c - what the boot of some systems lays into their root without a line in /etc/fstab:
 * Flatcar's /usr partition and the /etc that it brings along, ChromeOS's and COS's stateful
 * partition. Each is told by its partitions, never by a name in a file.
 */
#include "products.h"

#include "arena.h"
#include "composed.h"
#include "mounted.h"
#include "overlay.h"
#include "overlayfs.h"

struct product {
	struct rootfs *top;
	struct arena *a;
	struct fs *composed;
	struct layers *layers;
	struct mounted_list *out;
};

static const struct volume *volume_of(const struct product *p, const char *type,
				      const char *partlabel)
{
	const struct disk *disk = p->layers->disk;
	for (size_t i = 0; i < disk->volumes.n; i++) {
		const struct volume *v = &disk->volumes.at[i];
		if (!v->spare && v != p->layers->root &&
		    (!type || str_eq(v->type, str_from(type))) &&
		    (!partlabel || str_eq(v->partlabel, str_from(partlabel))))
			return v;
	}
	return NULL;
}

static bool is_mounted(const struct product *p, struct str dir)
{
	for (size_t i = 0; i < p->out->n; i++)
		if (str_eq(p->out->at[i].dir, dir))
			return true;
	return false;
}

/* A directory of the composed tree that is there. */
static bool is_there(struct product *p, struct str path)
{
	struct walk walk;
	struct error e;
	return fs_walk(p->a, p->composed, path, false, &walk, &e) == WALK_FOUND &&
	       walk.st.kind == FS_DIRECTORY;
}

static void mounted_as(struct product *p, struct mounted m, bool good)
{
	struct error closed;
	if (!good) {
		note(rootfs_notes(p->top), NULL, "not mounted: %s", m.error.text);
		(void)composed_close(p->composed, m.dir, &m.error, &closed);
	}
	*vec_push(p->a, p->out) = m;
}

/* The directory `part` of a volume. */
static void mount_part(struct product *p, struct str dir, const struct volume *v, struct str part,
		       struct str what)
{
	struct mounted m = {.dir = dir, .what = what, .volume = v};
	struct walk walk = {.ino = 0};
	bool good = mounted_readable(v, &m.error) || fail_in(&m.error, "%" PRIstr, ARG(v->name));
	size_t i = p->layers->n;
	if (good) {
		*vec_push(p->a, p->layers) = (struct layer){.fs = v->fs, .label = v->name};
		struct fs *fs = overlay_open(p->a, NULL, p->layers, i, i + 1);
		enum walk_end end = fs_walk(p->a, fs, part, false, &walk, &m.error);
		good = end != WALK_FAILED;
		if (end == WALK_ABSENT)
			return;
		good = good && composed_mount(p->composed, dir, fs, walk.ino, &m.error);
	}
	mounted_as(p, m, good);
}

/* Flatcar's initramfs mounts the /usr of the bank that boots, and an overlay on /etc: the root
 * partition's own /etc over what /usr brings (Flatcar documentation, "Disk partitions"). */
static void lay_flatcar(struct product *p)
{
	struct str lower = S("/usr/share/flatcar/etc"), etc = S("/etc");
	const struct volume *usr = volume_of(p, FLATCAR_USR, NULL);
	bool chosen = str_eq(p->layers->root->type, S(FLATCAR_USR)); /* by hand, for itself */
	if (!usr || chosen || is_mounted(p, S("/usr")))
		return;
	mount_part(p, S("/usr"), usr, S("/"), S("the bank that boots"));
	if (!is_there(p, lower) || is_mounted(p, etc))
		return;
	struct mounted m = {.dir = etc, .what = lower};
	bool good = overlayfs_lay(p->composed, p->layers, etc, lower, etc, &m.error);
	mounted_as(p, m, good);
}

/* ChromiumOS's chromeos_startup and COS after it: /var and /home live on the stateful partition. */
static void lay_stateful(struct product *p)
{
	const struct volume *state = volume_of(p, NULL, "STATE");
	struct str name = p->layers->root->partlabel;
	if (!state || !str_starts(name, S("ROOT-")))
		return;
	if (!is_mounted(p, S("/var")))
		mount_part(p, S("/var"), state, S("/var"), S("the stateful partition"));
	if (!is_mounted(p, S("/home")))
		mount_part(p, S("/home"), state, S("/home"), S("the stateful partition"));
}

void products_lay(struct rootfs *top, struct fs *composed, struct layers *layers,
		  struct mounted_list *out)
{
	struct product p = {top, rootfs_arena(top), composed, layers, out};
	if (!layers->disk || !layers->root)
		return;
	lay_flatcar(&p);
	lay_stateful(&p);
}
