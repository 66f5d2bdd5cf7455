/*
 * forced.c - disks whose format was written in front of them: "qcow2:PATH", "xfs:PATH". What is
 * wrapped around the disk is peeled off all the same.
 */
#include "disk.h"

/* A disk in the container `only`, and nothing else. */
static bool open_container(struct opening *o, struct str words, const char *only, struct error *e)
{
	struct blob *b = target_open(o, words, e);
	struct peeled p = {0};
	if (!b || !peel(o, b, words, only, &p, e))
		return false;
	if (!p.disk)
		return fail(e, ERR_UNSUPPORTED, "not a disk image");
	return disk_open(o, &p, NULL, words, e);
}

/* A disk without a container around it; `only` forces the file system on the whole of it. */
static bool open_bare(struct opening *o, struct str words, const char *only, struct error *e)
{
	struct blob *b = target_open(o, words, e);
	struct peeled p = {0};
	if (!b || !peel(o, b, words, PEEL_BARE, &p, e))
		return false;
	if (!p.disk)
		return fail(e, ERR_UNSUPPORTED, "not a disk image");
	return disk_open(o, &p, only, words, e);
}

#define CONTAINER(name) \
	bool image_open_##name(struct opening *o, struct str words, struct error *e) \
	{ \
		return open_container(o, words, #name, e); \
	}

#define FILE_SYSTEM(name, backend) \
	bool image_open_##name(struct opening *o, struct str words, struct error *e) \
	{ \
		return open_bare(o, words, backend, e); \
	}

CONTAINER(qcow2)
CONTAINER(vmdk)
CONTAINER(vhd)
CONTAINER(vhdx)
CONTAINER(vdi)

FILE_SYSTEM(raw, NULL)
FILE_SYSTEM(iso, "iso9660")
FILE_SYSTEM(squashfs, "squashfs")
FILE_SYSTEM(erofs, "erofs")
FILE_SYSTEM(ext4, "ext")
FILE_SYSTEM(xfs, "xfs")
FILE_SYSTEM(btrfs, "btrfs")

/* An archive with a description of the machine in it, which names the disk. */
bool image_open_ova(struct opening *o, struct str words, struct error *e)
{
	struct blob *b = target_open(o, words, e);
	struct peeled p = {0};
	if (!b || !peel(o, b, words, NULL, &p, e))
		return false;
	if (!p.disk || !str_has(p.trail.text, S("ova")))
		return fail(e, ERR_UNSUPPORTED, "not an appliance: there is no OVF in it");
	return disk_open(o, &p, NULL, words, e);
}
