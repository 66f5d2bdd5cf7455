/*
 * fuzz_immutable.c - any bytes as the files from which the boot of cOS, Kairos or Elemental takes
 * its layout: in the image, on the partition for them, and Elemental's configuration. What holds
 * for every input: what is mounted has a directory, and a reason where it is not; what the image
 * holds is there, is covered by a mount, or cannot be told.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

static void add(struct arena *a, struct disk *disk, struct str name, struct str label,
		struct str partlabel, struct str text)
{
	static const struct fs_options none = {0};
	struct error e = {0};
	struct fs *fs = fs_open_txtar(a, blob_memory(a, name, text), &none, &e);
	if (!fs)
		abort();
	*vec_push(a, &disk->volumes) = (struct volume){
		.name = name, .holds = S("ext4"), .label = label, .partlabel = partlabel, .fs = fs};
}

static struct layers *layers_of(struct arena *a, struct str image, struct str rest)
{
	struct layers *layers = NEW(a, struct layers);
	struct disk *disk = NEW(a, struct disk);
	struct str system = captured_part(&rest), oem = captured_part(&rest);
	add(a, disk, image, S("COS_ACTIVE"), S(""),
	    str_fmt(a,
		    "-- /etc/systemd/unit --\nu\n-- /var/lib/kubelet/file --\nf\n-- /usr/local/ --\n"
		    "-- /system/oem/10.yaml hex --\n%" PRIstr
		    "-- /etc/elemental/config.yaml hex --\n%" PRIstr,
		    ARG(captured_hex(a, system)), ARG(captured_hex(a, rest))));
	add(a, disk, S("p2"), S("COS_OEM"), S("oem"),
	    str_fmt(a, "-- /91.yaml hex --\n%" PRIstr, ARG(captured_hex(a, oem))));
	add(a, disk, S("p3"), S("COS_PERSISTENT"), S("persistent"),
	    S("-- /.state/etc-systemd.bind/x --\nx\n"
	      "-- /.state/etc-systemd.overlay/upper/x --\nx\n"));
	layers->disk = disk;
	layers->root = &disk->volumes.at[0];
	*vec_push(a, layers) = (struct layer){.fs = layers->root->fs, .label = image};
	return layers;
}

static bool covered(const struct mounted_list *mounts, struct str path)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->at[i].volume && str_starts(path, mounts->at[i].dir))
			return true;
	return false;
}

static void check(struct rootfs *root)
{
	static const char *const paths[] = {"/etc/systemd/unit", "/var/lib/kubelet/file"};
	const struct mounted_list *mounts = rootfs_mounted(root);
	for (size_t i = 0; i < mounts->n; i++)
		if (!str_starts(mounts->at[i].dir, S("/")) ||
		    (mounts->at[i].error.kind != ERR_NONE && !mounts->at[i].error.text[0]))
			abort();
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (rootfs_read(root, str_from(paths[i]))->state == FILE_ABSENT &&
		    !covered(mounts, str_from(paths[i])))
			abort();
}

static void look(struct str image, struct str bytes)
{
	jmp_buf out_of_memory;
	struct arena *a = arena_new(256 << 20, full, &out_of_memory);
	if (setjmp(out_of_memory) == 0) {
		struct notes *notes = NEW(a, struct notes);
		notes->arena = a;
		check(rootfs_new(a, layers_of(a, image, bytes), notes));
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = {(const char *)bytes, size};
	if (size > 1 << 16)
		return 0;
	look(S("p1/cOS/active.img"), text);
	look(S("p1/.snapshots/active"), text);
	return 0;
}
