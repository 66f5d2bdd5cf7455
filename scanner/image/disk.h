/*
 * disk.h - from the bytes of a disk to its volumes; private to image/.
 *
 * A table's reader says whether the table is there at all: without one it succeeds, and *found is
 * false. A table that is there and cannot be read whole is a failure, never a shorter table.
 */
#ifndef DISK_H
#define DISK_H

#include "formats.h"

/* How the disk in a target is reached, for people: "xz > qcow2 > gpt". */
struct trail {
	struct arena *arena;
	struct str text;
};

void trail_add(struct trail *t, struct str step);

/* Puts the trail, if it has steps, in front of a message and returns false. A message that begins
 * with the last step, as those of a container do, names it once. */
bool trail_fail(const struct trail *t, struct error *e);

/* ---- peel.c: wrappers around a disk ---- */

/* What lies at the bottom of a file: a disk or one file system, else a tree. */
struct peeled {
	struct blob *disk;    /* NULL: it is no disk, but … */
	struct blob *archive; /* … bytes that are for the readers of archives, */
	struct fs *tree;      /* or a tree of files already, when the peeling needed it */
	struct trail trail;
	struct blob_findings *found; /* see blob_opening */
	struct words others;         /* files of further disks, which are not read */
	struct blob_budget *budget;
};

/* `only` is the container that must be met, by the name that blob_unwrap has for it; NULL: any. */
#define PEEL_BARE "" /* … for `only`: there is none */
bool peel(struct opening *o, struct blob *b, struct str path, const char *only, struct peeled *out,
	  struct error *e);

/* ---- ovf.c ---- */

enum { OVF_DISKS_MAX = 64 };

/* A file that holds a disk of an appliance: its name, seen from the description. */
struct ovf_disk {
	struct str href;
	bool chunked; /* it was cut into files of that name with ".000000000", … behind it */
};

struct ovf_disks {
	struct ovf_disk *at;
	size_t n, cap;
};

/* Those that have a file, the first first; none is a failure. */
bool ovf_disks(struct arena *a, struct str text, struct ovf_disks *out, struct error *e);

/* ---- signatures.c: what a volume holds, by its first and last bytes ---- */

enum role {
	ROLE_UNKNOWN,  /* nothing is known by these bytes */
	ROLE_EMPTY,    /* zeros */
	ROLE_FILES,    /* a file system, which some reader may read */
	ROLE_HARMLESS, /* swap, FAT: no root of a node is kept there */
	ROLE_ENCRYPTED,
	ROLE_MEMBER,    /* of something that must be laid together first: LVM, RAID, ZFS */
	ROLE_TABLE,     /* a partition table */
	ROLE_CONTAINER, /* of a disk: qcow2, vmdk */
	ROLE_COMPRESSED,
	ROLE_ARCHIVE,
};

struct signature {
	enum role role;
	struct str name; /* "ext4", "LUKS2", "md raid1" */
	struct str label, uuid;
	/* Where the volume that an array shows lies in this member of it, when one member is
	 * enough to read it: RAID 1. n is 0 elsewhere. */
	uint64_t at, n;
	uint64_t place; /* of the number that gave it away */
};

/* `end` looks at the last bytes too, where old members of arrays have their superblock; of a
 * compressed disk that means to decode it up to there. */
bool signature_of(struct arena *a, struct blob *b, bool end, struct signature *out,
		  struct error *e);

/* The size of a blob, which is looked for when it is not known; BLOB_UNSIZED when that fails. */
uint64_t blob_extent(struct blob *b);

/* ---- gpt.c, mbr.c, lvm.c ---- */

bool gpt_read(struct arena *a, struct blob *b, struct disk *out, bool *found, struct error *e);
bool mbr_read(struct arena *a, struct blob *b, struct disk *out, bool *found, struct error *e);

#define LVM_MEMBER "LVM2 pv" /* the signature of a physical volume */

/* The logical volumes of all physical ones on the disk are added to it. What is wrong with a
 * volume, or with a physical volume that no group is known of, is its error. */
void lvm_read(struct arena *a, struct disk *disk);

/* ---- disk.c ---- */

/* The volumes of a disk, each with its file system, and the roots among them as images. `only`
 * forces a file system on the whole. */
bool disk_open(struct opening *o, const struct peeled *p, const char *only, struct str path,
	       struct error *e);

/* How a volume is reached from its disk: "p2 ext4 \"node\"". */
struct str volume_step(struct arena *a, const struct volume *v);

#define WHOLE_DISK "disk" /* the volume that a disk without a table is */

/* ---- nested.c ---- */

/* Which files are looked for, after all of those before them: the system that boots, one that runs
 * from a medium, those that are kept for the case that it does not, initial RAM disks. */
enum nested_rank { NESTED_ACTIVE, NESTED_LIVE, NESTED_SPARE, NESTED_INITRD, NESTED_RANKS };

/* Adds the files that hold systems to the volumes, which have been identified; the new ones have
 * not. False: there are no new ones. */
bool nested_add(struct opening *o, struct disk *disk, enum nested_rank rank);

/* Does a tree that is no root, as an initial RAM disk or the archive of a live medium is none, hold
 * systems in its files? It is a disk then, of the volumes that disk_of_volumes takes. */
bool nested_there(struct opening *o, struct fs *fs);
struct disk *nested_in_tree(struct arena *a, struct fs *fs);

/* ---- kernels.c ---- */

/* The files of an EFI system partition that may be unified kernel images. */
bool kernels_list(struct arena *a, struct fs *fs, struct words *out, struct error *e);

/* What the boot of a kernel at PATH adds to its initrd that is not counted here, with commas
 * between; or empty. False where that may be any file. */
bool kernel_additions(struct arena *a, struct fs *fs, struct str path, struct blob *kernel,
		      struct str *out, struct error *e);

/* ---- eltorito.c ---- */

struct boot_images {
	struct blob *at[8];
	size_t n;
};

/* The EFI system partitions that firmware finds on a CD image; none where the bytes are none. */
bool eltorito_read(struct arena *a, struct blob *b, struct boot_images *out, struct error *e);

/* ---- casper.c ---- */

/* The files that an Ubuntu live system in a tree is stacked of, lowest first; none where it is no
 * such. False: it cannot be told. */
bool casper_layers(struct opening *o, struct fs *fs, struct words *out, struct error *e);

/* The same of volumes that are at hand: what they hold is found out, and the roots among them. */
bool disk_of_volumes(struct opening *o, struct disk *disk, struct blob_budget *budget,
		     struct str path, struct error *e);

/* What reading one disk may cost, by the options. */
struct blob_budget *disk_budget(struct opening *o);

/* ---- cosi.c ---- */

bool cosi_has_metadata(struct arena *a, struct fs *fs);
bool cosi_open(struct opening *o, struct fs *store, struct str path, struct error *e);

/* ---- choice.c: what stands behind '#' ---- */

/* "p2", "vg0/root", "slot=B", "subvol=@", "deploy=1", or several with commas between them. */
struct picks {
	struct str volume, slot, subvol, deployment; /* empty: not said */
};

bool choice_parse(struct str text, struct picks *out, struct error *e);

/* The same of what is no disk, where there is nothing else to choose. */
bool choice_of_deployment(struct str text, struct str *out, struct error *e);

/* ---- slots.c ---- */

/* Marks as spare what belongs to banks that do not boot. `slot` names one, or is empty. False when
 * the disk has no bank of that name. */
bool slots_mark(struct disk *disk, struct str slot, struct error *e);

/* ---- roots.c ---- */

struct roots {
	const struct volume **at;
	size_t n, cap;
};

/* The volumes that a system has its root on. Where that cannot be told of one, its error is set. */
struct roots roots_find(struct arena *a, struct disk *disk);

/* Tells of a /usr on a disk that holds no root: nobody can tell what runs of it. */
void roots_miss(struct arena *a, struct disk *disk);

#endif
