/*
 * image.h - from the words a user typed to layers of files.
 *
 * A target is SCHEME:PATH, or a PATH whose kind is found by looking at its bytes (never at its
 * name), or "-" for standard input. Where PATH is a URL, https://… or http://…, the object behind
 * it is read as a file would be, by ranges, and nothing beside it. An existing path always wins
 * over anything else the words could mean. Layers come lowest first.
 *
 * A disk has volumes, and each volume that holds a root file system is an image of its own. What
 * else has to be mounted in that root is for rootfs to say: it gets the disk along with the
 * layers. "#p2" or "#vg0/root" after a path chooses one of several roots. Which deployments an
 * ostree or bootc system has is for rootfs to say too; they are chosen, and scanned, like roots.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "cache.h"
#include "fs.h"
#include "net.h"
#include "origin.h"
#include "vec.h"

struct layer {
	struct fs *fs;
	struct str label; /* "sha256:1234abcd5678" (digest, shortened), or the target's name */
	bool upper;       /* of overlayfs: a device stands for an entry that is gone */
};

/* A stretch of a disk: a partition, a logical volume, or the whole. */
struct volume {
	struct str name;    /* "p2", "vg0/root", "p2/cOS/active.img"; "disk" is the whole */
	struct str holds;   /* "ext4", "swap", "LUKS2", "md raid1", "empty", "unknown" */
	struct str through; /* "md raid1", "subvolume @", "p2 ext4 > cOS/active.img": what is in
			       between; else empty */
	struct str label;   /* of what it holds, */
	struct str uuid;    /* as lsblk(8) prints them */
	struct blob *blob;  /* NULL: its bytes cannot be laid together, `error` says why */
	struct fs *fs;      /* NULL: it holds none, or one that cannot be read */
	struct error
		error; /* why what it holds cannot be read; kind ERR_NONE where nothing is lost */
	/* What the partition table says of it; empty elsewhere. */
	struct str type;      /* a GUID, or "0x83" */
	struct str partuuid;  /* "1234abcd-02" where the table is an MBR */
	struct str partlabel; /* of a GPT */
	uint64_t attributes;  /* of a GPT */
	struct str additions; /* what its boot adds that is not counted here; or empty */
	bool spare;           /* it belongs to a bank that does not boot, see slots.c, or its file
				 system is another volume's as well */
	unsigned nested;      /* it is a file of a volume: how many lie inside each other, */
	size_t in;            /* and which volume it is in */
	bool upper;           /* it is laid over another volume as a layer, */
	size_t over;          /* which is this one, the lowest */
	uint64_t at, size;    /* bytes on the disk; size BLOB_UNSIZED where that is not known */
};

#define FLATCAR_USR "5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6" /* a partition's type */

struct disk {
	const char *table; /* "gpt", "mbr", "cosi"; NULL: there is none */
	VEC(struct volume) volumes;
	struct blob *bytes;               /* all of it; NULL: there are its volumes alone */
	const struct blob_budget *budget; /* what reading has cost so far */
};

struct layers {
	struct layer *at;
	size_t n, cap;
	/* The disk that the root is a volume of, and which; NULL elsewhere. The volumes that are
	 * mounted in the root, and those that nobody can read, are found there. */
	const struct disk *disk;
	const struct volume *root; /* NULL: there is none, and there are no layers either */
	struct str deployment;     /* by its number; empty: the one that boots */
};

struct image_options {
	struct fs_options fs;
	struct str platform; /* "os/arch[/variant]"; empty: linux and this machine's, else the only
				one */
	unsigned jobs;       /* layers read at once; 0 is the number of CPUs */
	bool allow_backing;  /* files beside the target may be opened, when it names them */
	struct cache *cache; /* of what is fetched; NULL: nothing is kept */
	bool whole_layers;   /* tables of contents of layers are not made use of */
	struct net *net;     /* for targets that lie elsewhere; NULL: there are none */
};

struct image_label {
	struct str key, value;
};

struct image {
	struct str target;   /* image_shown, and "#NAME" when it is one of several roots */
	struct str kind;     /* "directory", "tar", "disk", "oci", "registry", "txtar", … */
	struct str trail;    /* how it was read, for people: "oci > index > manifest > 3 layers",
				"xz > qcow2 > gpt > p1 ext4" */
	struct str digest;   /* of the manifest, or of the docker config; empty elsewhere */
	struct str platform; /* "linux/amd64"; empty where nothing tells */
	VEC(struct image_label) labels; /* of the image configuration */
	struct layers layers;
	/* Bytes of what lies elsewhere, behind a URL or in a registry, whether fetched or not; 0:
	 * all of it lies here; BLOB_UNSIZED: nobody told. */
	uint64_t remote;
	struct str note;    /* what is odd about how it was read, one clause; or empty */
	struct image *next; /* another root of the same disk, or another deployment of the root */
};

/* The target as it may be told: of a URL without user and query, in which secrets stand. */
struct str image_shown(struct arena *a, struct str target);

/* Opens and indexes every layer. The message begins with the part that failed, not with the
 * target. Nothing else that the image names is opened. */
bool image_open(struct arena *a, struct str target, const struct image_options *opts,
		struct image *out, struct error *e);

/* Makes an image of each of the first `n` deployments of the root of `image`: that becomes the
 * first of them ("TARGET#deploy=0"), and the others follow it. */
void image_part(struct arena *a, struct image *image, size_t n);

/* The disk in the bytes of a file of an image, with what its volumes hold. */
struct disk *image_disk(struct arena *a, struct blob *b, struct error *e);

/* The targets of a `list:FILE`, in order: one a line, blank lines and lines beginning with '#'
 * left out. A list does not name lists. When `target` is no list, *out is just it. */
bool image_targets(struct arena *a, struct str target, struct watch *w, struct words *out,
		   struct error *e);

#endif
